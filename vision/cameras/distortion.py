"""How lenses bend: from the plane z = 1 to where a pixel lies before K, and back.

The models are those of OpenCV (docs.opencv.org, `calib3d`): radial k1 to k6 and tangential p1, p2 (Brown 1966, with the
rational radial part of Claus and Fitzgibbon 2005), and for fisheye lenses the odd polynomial of the angle from the axis
(Kannala and Brandt 2006). Each model ends where it turns back on itself, and a fisheye at 90° from its axis.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from .viewpoint import Lens

EXACT = 1e-12
"""Of a pixel's place on the plane z = 1, at which its inversion stops; far under a millionth of a pixel."""
STEPS = 50
"""Of Newton's method, at most; a lens that OpenCV can undistort takes about six."""
WIDEST = 0.999 * np.pi / 2
"""rad from the axis that a fisheye sees, at most."""


@lru_cache(maxsize=64)
def reach(lens: Lens, coefficients: tuple[float, ...]) -> float:
    """The distance from the axis on the plane z = 1 up to which the radial model grows; inf if it always does."""
    if lens == "pinhole":
        return np.inf
    if lens == "fisheye":
        slope = np.zeros(9)  # of θ (1 + k1 θ² + k2 θ⁴ + …)
        slope[0] = 1
        slope[2::2][: len(coefficients)] = [(2 * n + 3) * k for n, k in enumerate(coefficients)]
        return float(np.tan(min(_first_root(slope), WIDEST)))
    k1, k2, k3, k4, k5, k6 = radial(coefficients)
    upper = np.polynomial.Polynomial([0, 1, 0, k1, 0, k2, 0, k3])
    lower = np.polynomial.Polynomial([1, 0, k4, 0, k5, 0, k6])
    rise = upper.deriv() * lower - upper * lower.deriv()
    return min(_first_root(rise.coef), _first_root(lower.coef))


def radial(coefficients: tuple[float, ...]) -> tuple[float, ...]:
    """k1 to k6 of OpenCV's order k1, k2, p1, p2, k3, k4, k5, k6, of which any number may be given."""
    k1, k2, _, _, *others = (*coefficients, *[0.0] * 8)[:8]
    return (k1, k2, *others)


def _first_root(polynomial: np.ndarray) -> float:
    """The least positive root of a polynomial that starts above 0, inf if there is none; coefficients rise."""
    roots = np.roots(np.trim_zeros(np.asarray(polynomial, np.float64)[::-1], "f"))
    real = roots.real[(np.abs(roots.imag) < 1e-9) & (roots.real > 0)]
    return float(real.min(initial=np.inf))


def bend(
    plane: np.ndarray, lens: Lens, coefficients: tuple[float, ...], jacobian: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """Where places on the plane z = 1 come to lie before K is applied.

    Args:
        plane: x / z and y / z. [..., 2]
        lens: The model.
        coefficients: As OpenCV orders them.
        jacobian: Whether the derivative is wanted.

    Returns:
        [..., 2]; and the derivative, [..., 2, 2], empty where it is not wanted.
    """
    if lens == "pinhole":
        return plane, np.broadcast_to(np.eye(2), (*plane.shape, 2))
    return (_fisheye if lens == "fisheye" else _brown)(plane, coefficients, jacobian)


def _fisheye(plane: np.ndarray, coefficients: tuple[float, ...], jacobian: bool) -> tuple[np.ndarray, np.ndarray]:
    radius = np.linalg.norm(plane, axis=-1)
    angle = np.arctan(radius)
    bent = np.polynomial.Polynomial([0, 1, *(c for k in coefficients for c in (0, k))])
    near = radius < 1e-9
    factor = np.where(near, 1.0, bent(angle) / np.where(near, 1.0, radius))
    if not jacobian:
        return plane * factor[..., None], np.empty(0)
    # d(x f(r)) = f + x f' r', with r f' = θ_d' / (1 + r²) - f
    swing = bent.deriv()(angle) / (1 + radius**2) - factor
    unit = plane / np.where(near, 1.0, radius)[..., None]
    return plane * factor[..., None], (
        factor[..., None, None] * np.eye(2) + swing[..., None, None] * unit[..., :, None] * unit[..., None, :]
    )


def _brown(plane: np.ndarray, coefficients: tuple[float, ...], jacobian: bool) -> tuple[np.ndarray, np.ndarray]:
    k1, k2, k3, k4, k5, k6 = radial(coefficients)
    p1, p2 = (*coefficients, 0.0, 0.0, 0.0, 0.0)[2:4]
    x, y = plane[..., 0], plane[..., 1]
    square = x * x + y * y
    upper = 1 + square * (k1 + square * (k2 + square * k3))
    lower = 1 + square * (k4 + square * (k5 + square * k6))
    factor = upper / lower
    bent = np.stack([
        x * factor + 2 * p1 * x * y + p2 * (square + 2 * x * x),
        y * factor + p1 * (square + 2 * y * y) + 2 * p2 * x * y,
    ], -1)  # fmt: skip
    if not jacobian:
        return bent, np.empty(0)
    slope = (k1 + square * (2 * k2 + 3 * square * k3) - factor * (k4 + square * (2 * k5 + 3 * square * k6))) / lower
    xy = 2 * x * y * slope + 2 * p1 * x + 2 * p2 * y
    return bent, np.stack([
        np.stack([factor + 2 * x * x * slope + 2 * p1 * y + 6 * p2 * x, xy], -1),
        np.stack([xy, factor + 2 * y * y * slope + 6 * p1 * y + 2 * p2 * x], -1),
    ], -2)  # fmt: skip


def straighten(wanted: np.ndarray, lens: Lens, coefficients: tuple[float, ...]) -> np.ndarray:
    """The inverse of `bend`, by Newton's method that never leaves the model's reach; NaN where it has none. [..., 2]"""
    if lens == "pinhole" or (lens == "opencv" and not any(coefficients)):
        return wanted
    if lens == "fisheye":  # the tangent makes Newton's method slow near 90°, the angle does not
        return _straighten_fisheye(wanted, coefficients)
    limit = reach(lens, coefficients)
    length = np.linalg.norm(wanted, axis=-1, keepdims=True)
    # never start at or beyond the turning point: from there Newton's method runs away
    plane = wanted * np.minimum(1.0, 0.9 * limit / np.maximum(length, 1e-12))
    for _ in range(STEPS):
        bent, slope = bend(plane, lens, coefficients, jacobian=True)
        miss = wanted - bent
        if np.abs(miss).max(initial=0) < EXACT:
            break
        (a, b), (c, d) = np.moveaxis(slope, (-2, -1), (0, 1))
        area = a * d - b * c
        miss /= np.where(np.abs(area) < 1e-9, 1e-9, area)[..., None]
        moved = plane + np.stack([d * miss[..., 0] - b * miss[..., 1], a * miss[..., 1] - c * miss[..., 0]], -1)
        if np.isfinite(limit):  # a step beyond the turning point goes half of the way there instead
            radius = np.linalg.norm(moved, axis=-1, keepdims=True)
            inside = (np.linalg.norm(plane, axis=-1, keepdims=True) + limit) / 2
            moved *= np.where(radius < limit, 1.0, inside / np.maximum(radius, 1e-12))
        plane = moved
    bent, _ = bend(plane, lens, coefficients)
    return np.where(np.abs(wanted - bent).max(-1, keepdims=True) < 1e-6, plane, np.nan)


def _straighten_fisheye(wanted: np.ndarray, coefficients: tuple[float, ...]) -> np.ndarray:
    bent = np.polynomial.Polynomial([0, 1, *(c for k in coefficients for c in (0, k))])
    slope, widest = bent.deriv(), np.arctan(reach("fisheye", coefficients))
    radius = np.linalg.norm(wanted, axis=-1)
    # the polynomial grows from 0 to its turning point: bisect where Newton's method leaves the bracket
    low, high = np.zeros_like(radius), np.full_like(radius, widest)
    angle = np.clip(radius, 0, widest)
    for _ in range(STEPS):
        miss = bent(angle) - radius
        if np.abs(miss).max(initial=0) < EXACT:
            break
        low, high = np.where(miss < 0, angle, low), np.where(miss > 0, angle, high)
        moved = angle - miss / np.maximum(slope(angle), 1e-9)
        angle = np.where((moved >= low) & (moved <= high), moved, (low + high) / 2)
    found = (np.abs(bent(angle) - radius) < 1e-6) & (angle < widest * (1 + 1e-12))
    plane = wanted * np.where(radius < 1e-9, 1.0, np.tan(angle) / np.maximum(radius, 1e-12))[..., None]
    return np.where(found[..., None], plane, np.nan)
