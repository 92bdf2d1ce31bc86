"""Fog and water by formula against Mitsuba's volumetric path tracer, on the same meshes.

    python -m benchmarks.vision_light [--samples 64] [--pictures FOLDER]

Boxes stand 2.5 to 60 m from the camera, in water 1 to 8 m. Mitsuba renders them without a medium, for the radiance and
the distance that the formulas start from, and inside one.

    even        boxes in even light from all around, medium of albedo 1: what Koschmieder's law assumes
    overcast    boxes on ground of albedo 0.5 under an even sky, 100 m of fog above, Henyey and Greenstein's g = 0.8
    sun         the same with a sun
    water       boxes on sand, 2 m under the surface of water of one of Jerlov's types, g = 0.9; what is within 10 m

`error` is the mean absolute difference of linear radiance over the range of the clear picture, nothing fitted: airlight
as bright as the light. It has the tracer's noise in it, which is `monte_carlo`, from two renderings a and b of equal
size; `rms` is the root mean square error without it, as mean((m - a)(m - b)) has none. Real fog dims what lights the
scene and dark ground dims the fog, which the law knows nothing of and a camera makes up for: in `fitted` exposure
and the airlight's colour are those nearest to the tracer's picture, and errors are over the exposed range. In water the
light left and the veil of each colour are fitted, as Sea-thru does: in `preset` with the coefficients of the water's
type, in `effective` with these times a factor, which is less than 1 as light scattered by small angles is not lost.
Prints JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Literal

import numpy as np
from multisynth.vision.light.fog import extinction, fog, transmittance
from multisynth.vision.light.underwater import _WATER, Jerlov, Water, jerlov

from benchmarks.machine import machine

SIZE = 160, 120
LIGHT = 0.8
VISIBILITIES = 20.0, 50.0, 200.0, 1000.0
DEPTH = 2.0
"""m, of the camera under the surface."""
WATERS: tuple[Jerlov, ...] = ("IB", "II", "1C")
Lighting = Literal["even", "overcast", "sun", "water"]


def main() -> None:
    """Render, compare and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--samples", type=int, default=64, help="paths a pixel in each of two renderings, 8 times as many in even light"
    )
    parser.add_argument("--pictures", type=Path, help="folder for PNGs of clear, formula and tracer side by side")
    options = parser.parse_args()
    os.environ.setdefault("DRJIT_LIBLLVM_PATH", "/usr/lib/x86_64-linux-gnu/libLLVM.so.19.1")
    import mitsuba

    mitsuba.set_variant("llvm_ad_rgb")
    started = time.perf_counter()
    rows = list(_rows(options.samples, options.pictures))
    print(json.dumps({
        "benchmark": "vision_light", "command": " ".join(["python", "-m", "benchmarks.vision_light", *sys.argv[1:]]),
        **machine("mitsuba", "numpy"), "width": SIZE[0], "height": SIZE[1],
        "seconds": round(time.perf_counter() - started, 1), "bar": 0.02, "table": rows,
    }, indent=2))  # fmt: skip


def _rows(samples: int, pictures: Path | None) -> Iterator[dict[str, Any]]:
    for lighting in ("even", "overcast", "sun"):
        clear, distance = _clear(lighting)
        for visibility in VISIBILITIES:
            beta, paths = extinction(visibility), samples * (8 if lighting == "even" else 1)
            medium = {"sigma_t": beta, "albedo": 1.0, "g": 0.0 if lighting == "even" else 0.8}
            seen = np.stack([_traced(lighting, medium, paths, seed) for seed in (1, 2)])
            made = fog(clear, distance, visibility, (LIGHT,) * 3)
            light, airlight = _exposed(clear, transmittance(distance, beta)[..., None], seen.mean(0))
            best = fog(clear, distance, visibility, airlight / light)
            if pictures is not None:
                _save(pictures / f"{lighting}_{visibility:g}.png", clear, made, best, seen.mean(0) / light)
            yield {
                "scene": lighting,
                "visibility": visibility,
                "paths": 2 * paths,
                **_errors(clear, made, seen),
                "fitted": {"light_left": round(light, 3), **_errors(clear, best, seen / light)},
            }
    clear, distance = _clear("water")
    near = (distance > 0) & (distance < 10)
    for kind in WATERS:
        absorption, scattering, diffuse = (np.array(row) for row in _WATER[kind])
        beam = absorption + scattering
        medium = {"sigma_t": beam, "albedo": scattering / beam, "g": 0.9}
        seen = np.stack([_traced("water", medium, samples, seed) for seed in (1, 2)])
        exposed = float(np.exp(-DEPTH * diffuse.min()))
        rows = {}
        for name, factors in {"preset": (1.0,), "effective": np.linspace(0.1, 1.2, 45)}.items():
            best, found = _sea_thru(clear, distance, seen.mean(0), jerlov(kind), factors)
            rows[name] = found | _errors(clear[near], best[near] / exposed, seen[:, near] / exposed)
        if pictures is not None:
            _save(pictures / f"water_{kind}.png", clear, best / exposed, seen.mean(0) / exposed)
        yield {"scene": "water", "type": kind, "paths": 2 * samples, **rows}


def _errors(clear: np.ndarray, made: np.ndarray, seen: np.ndarray) -> dict[str, float]:
    """Of what was made against two renderings. [2, H, W, 3]"""
    span = float(np.ptp(clear))
    square = float(((made - seen[0]) * (made - seen[1])).mean())
    return {
        "error": round(float(np.abs(made - seen.mean(0)).mean()) / span, 4),
        "rms": round(float(np.sqrt(max(square, 0))) / span, 4),
        "monte_carlo": round(float(np.abs(seen[0] - seen[1]).mean()) / 2 / span, 4),
    }


def _exposed(clear: np.ndarray, share: np.ndarray, seen: np.ndarray) -> tuple[float, np.ndarray]:
    """Light s and airlight A for which s · clear · share + A · (1 - share) is nearest to what was seen. [], [3]"""
    veils = [(1 - share) * np.eye(3)[channel] for channel in range(3)]
    matrix = np.stack([(clear * share).ravel(), *(veil.ravel() for veil in veils)], 1)
    found = np.linalg.lstsq(matrix, seen.ravel(), rcond=None)[0]
    return float(found[0]), found[1:]


def _sea_thru(
    clear: np.ndarray, distance: np.ndarray, seen: np.ndarray, water: Water, factors: Iterable[float]
) -> tuple[np.ndarray, dict[str, list[float]]]:
    """The picture of Akkaynak and Treibitz's formula nearest to what was seen within 10 m. [H, W, 3]

    Light and veil of each colour are fitted, and what the water's coefficients are to be multiplied with.
    """
    from scipy.optimize import nnls

    near = (distance > 0) & (distance < 10)
    made, found = np.empty_like(seen), []
    for channel in range(3):
        trials = []
        for factor in factors:
            direct = clear[..., channel] * transmittance(distance, factor * water.attenuation[channel])
            veil = 1 - transmittance(distance, factor * water.backscatter[channel])
            pair = np.stack([direct, veil], -1)
            amounts, miss = nnls(pair[near].astype(np.float64), seen[..., channel][near].astype(np.float64))
            trials.append((miss, factor, *amounts, pair @ amounts))
        _, *values, made[..., channel] = min(trials, key=lambda trial: trial[0])
        found.append([round(float(value), 3) for value in values])
    return made, dict(zip(("factor", "light_left", "veil"), map(list, zip(*found, strict=True)), strict=True))


def _clear(lighting: Lighting) -> tuple[np.ndarray, np.ndarray]:
    """Radiance without a medium, [H, W, 3], and distance along the ray, m, 0 where nothing is. [H, W]"""
    import mitsuba

    scene = mitsuba.load_dict(_scene(lighting))
    radiance = mitsuba.render(scene, integrator=mitsuba.load_dict({"type": "path", "max_depth": -1}), spp=256)
    depth = mitsuba.load_dict({"type": "aov", "aovs": "distance:depth"})
    return np.array(radiance), np.array(mitsuba.render(scene, integrator=depth, spp=1))[..., -1]


def _traced(lighting: Lighting, medium: dict[str, Any], samples: int, seed: int) -> np.ndarray:
    import mitsuba

    integrator = mitsuba.load_dict({"type": "volpath", "max_depth": -1, "rr_depth": 200})
    scene = mitsuba.load_dict(_scene(lighting, medium))
    return np.array(mitsuba.render(scene, integrator=integrator, spp=samples, seed=seed))


def _scene(lighting: Lighting, medium: dict[str, Any] | None = None) -> dict[str, Any]:
    import mitsuba

    place = mitsuba.ScalarTransform4f
    film = {"type": "hdrfilm", "width": SIZE[0], "height": SIZE[1], "rfilter": {"type": "box"}, "pixel_format": "rgb",
            "component_format": "float32"}  # fmt: skip
    eye = place().look_at(origin=[0, 0, 1.5], target=[0, 10, 1.2], up=[0, 0, 1])
    scene: dict[str, Any] = {
        "type": "scene", "light": {"type": "constant", "radiance": LIGHT},
        "sensor": {"type": "perspective", "fov": 60, "fov_axis": "x", "to_world": eye, "film": film},
    }  # fmt: skip
    near, far, size = (1.0, 8.0, 0.5) if lighting == "water" else (2.5, 60.0, 1.0)
    rng = np.random.default_rng(4)
    for box in range(14):
        away = near * (far / near) ** (box / 13) + 0.5
        half = size * rng.uniform(0.2, 0.7) * (0.3 + 0.05 * away) * (0.6 if lighting == "even" else 1.0)
        across, turn = rng.uniform(-0.45, 0.45) * away, rng.uniform(0, 90)
        # in even light nothing holds them, and they hang about the line of sight
        high = rng.uniform(0.5, 2.5) if lighting == "even" else 1.6 * half
        scene[f"box{box}"] = {
            "type": "cube",
            "to_world": place().translate([across, away, high]).rotate([0, 0, 1], turn).scale([half, half, 1.6 * half]),
            "bsdf": {"type": "diffuse", "reflectance": {"type": "rgb", "value": rng.uniform(0.05, 0.9, 3).tolist()}},
        }
    if lighting != "even":
        scene["ground"] = {
            "type": "disk", "to_world": place().translate([0, 30, 0]).scale([290, 290, 1]),
            "bsdf": {"type": "diffuse", "reflectance": {"type": "rgb", "value": [0.55, 0.5, 0.4]}},
        }  # fmt: skip
    if lighting == "sun":
        scene["sun"] = {"type": "directional", "direction": [0.5, 0.6, -0.8], "irradiance": 2.0}
    if medium is not None:
        inside = mitsuba.load_dict(_medium(**medium))
        middle, half_size = {
            "even": ([0, 31, 1.5], [25, 35, 8]), "water": ([0, 30, DEPTH / 2 + 0.5], [200, 200, DEPTH / 2 + 1]),
        }.get(lighting, ([0, 30, 49.5], [300, 300, 50.5]))  # fmt: skip
        scene["hull"] = {
            "type": "cube", "to_world": place().translate(middle).scale(half_size), "bsdf": {"type": "null"},
            "interior": inside,
        }  # fmt: skip
        scene["sensor"]["medium"] = inside
    return scene


def _medium(sigma_t: float | np.ndarray, albedo: float | np.ndarray, g: float) -> dict[str, Any]:
    def colour(value: float | np.ndarray) -> Any:
        return value if isinstance(value, float) else {"type": "rgb", "value": value.tolist()}

    # sampling the light at each collision would only add variance: wherever a path leaves, it finds the same
    return {"type": "homogeneous", "sigma_t": colour(sigma_t), "albedo": colour(albedo), "sample_emitters": False,
            "phase": {"type": "hg", "g": g}}  # fmt: skip


def _save(path: Path, *pictures: np.ndarray) -> None:
    from PIL import Image

    from multisynth.srgb import encoded

    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.concatenate([encoded(picture) for picture in pictures], 1)).save(path)


if __name__ == "__main__":
    main()
