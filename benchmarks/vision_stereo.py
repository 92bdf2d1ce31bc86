"""Depth from disparity, and warping by it, on scikit-image's stereo pair of a motorcycle.

    python -m benchmarks.vision_stereo

The pair is Middlebury's (Scharstein et al. 2014) at a quarter of its size, with the disparity that structured light
measured. Prints JSON: how far depth is from f·b / (d + doffs), and by how many of 255 steps the right image, warped to
the left by the disparity, differs from the left one, over the pixels that both eyes see; beside it the same unwarped,
with what is hidden counted too, and with disparities half a pixel off.
"""

from __future__ import annotations

import argparse
import json
import sys
import time

import numpy as np
from multisynth.vision.labels.stereo import depth_of, disparity, shown, warp

from benchmarks.machine import machine

FOCAL, BASELINE, DOFFS = 994.978, 0.193001, 31.086  # px, m, px


def main() -> None:
    """Measure and print."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    from skimage.data import stereo_motorcycle

    left, right, measured = stereo_motorcycle()
    known = np.isfinite(measured)
    started = time.process_time()
    depth = depth_of(measured, FOCAL, BASELINE, DOFFS)
    seconds = time.process_time() - started
    formula = FOCAL * BASELINE / (measured[known].astype(np.float64) + DOFFS)
    back = disparity(depth, FOCAL, BASELINE, DOFFS)
    seen = shown(measured) & np.isfinite(warp(right, measured)[..., 0])

    def residual(image: np.ndarray, where: np.ndarray) -> dict[str, float]:
        steps = np.abs(image - left.astype(np.float32))[where & np.isfinite(image[..., 0])]
        return {"mean": round(float(steps.mean()), 3), "median": round(float(np.median(steps)), 3)}

    print(json.dumps({
        "benchmark": "vision_stereo", "command": " ".join(["python", "-m", "benchmarks.vision_stereo", *sys.argv[1:]]),
        **machine("scikit-image", "numpy"), "width": left.shape[1], "height": left.shape[0],
        "known_share": round(float(known.mean()), 4), "seen_by_both_share": round(float(seen.mean()), 4),
        "depth_m": [round(float(depth[known].min()), 3), round(float(depth[known].max()), 3)],
        "depth_largest_relative_error": float(f"{np.abs(depth[known] / formula - 1).max():.2g}"),
        "disparity_back_largest_error_px": float(f"{np.abs(back - measured)[known].max():.2g}"),
        "residual_of_255": {
            "warped": residual(warp(right, measured), seen),
            "unwarped": residual(right.astype(np.float32), seen),
            "warped, hidden pixels too": residual(warp(right, measured), known),
            "warped, half a pixel more": residual(warp(right, measured + 0.5), seen),
            "warped, half a pixel less": residual(warp(right, measured - 0.5), seen),
        },
        "cpu_ms": round(1000 * seconds, 2),
    }, indent=2))  # fmt: skip


if __name__ == "__main__":
    main()
