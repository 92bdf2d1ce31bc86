"""Real spherical harmonics to degree 3 and their gradients (Sloan, Efficient spherical harmonic evaluation, 2013)."""

from __future__ import annotations

import math

import numpy as np

from .compiled import compiled


@compiled
def bases(degree, x, y, z, basis):  # type: ignore[no-untyped-def]
    """Values at a unit direction into basis: [16]."""
    basis[0] = 0.2820947917738781
    if degree < 1:
        return
    basis[1], basis[2], basis[3] = -0.48860251190292 * y, 0.48860251190292 * z, -0.48860251190292 * x
    if degree < 2:
        return
    z2, c1, s1 = z * z, x * x - y * y, 2 * x * y
    basis[4], basis[8] = 0.5462742152960395 * s1, 0.5462742152960395 * c1
    basis[5], basis[7] = -1.092548430592079 * z * y, -1.092548430592079 * z * x
    basis[6] = 0.9461746957575601 * z2 - 0.3153915652525201
    if degree < 3:
        return
    ring = -2.285228997322329 * z2 + 0.4570457994644658
    basis[9], basis[15] = -0.5900435899266435 * (x * s1 + y * c1), -0.5900435899266435 * (x * c1 - y * s1)
    basis[10], basis[14] = 1.445305721320277 * z * s1, 1.445305721320277 * z * c1
    basis[11], basis[13] = ring * y, ring * x
    basis[12] = z * (1.865881662950577 * z2 - 1.119528997770346)


@compiled
def _slope(degree, x, y, z, s):  # type: ignore[no-untyped-def]
    """Gradient of Σ s[k] basis[k] by the direction."""
    d_x = d_y = d_z = 0.0
    if degree >= 1:
        d_x, d_y, d_z = -0.48860251190292 * s[3], -0.48860251190292 * s[1], 0.48860251190292 * s[2]
    if degree >= 2:
        c, t = 1.0925484305920790, 1.8923493915151202
        d_x += c * (y * s[4] + x * s[8] - z * s[7])
        d_y += c * (x * s[4] - y * s[8] - z * s[5])
        d_z += t * z * s[6] - c * (y * s[5] + x * s[7])
    if degree >= 3:
        c1, s1, z2 = x * x - y * y, 2 * x * y, z * z
        ring, slope = -2.285228997322329 * z2 + 0.4570457994644658, -4.570457994644658 * z
        p, q = -0.5900435899266435, 1.445305721320277
        d_x += 3 * p * (s1 * s[9] + c1 * s[15]) + 2 * q * z * (y * s[10] + x * s[14]) + ring * s[13]
        d_y += 3 * p * (c1 * s[9] - s1 * s[15]) + 2 * q * z * (x * s[10] - y * s[14]) + ring * s[11]
        d_z += q * (s1 * s[10] + c1 * s[14]) + slope * (y * s[11] + x * s[13])
        d_z += (5.597644988851731 * z2 - 1.119528997770346) * s[12]
    return d_x, d_y, d_z


@compiled
def harmonics(chunk, first, end, degree, means, centres, radii, coefficients, colours):  # type: ignore[no-untyped-def]
    """Colours of Gaussians first … end of C·N without the 0.5; coefficients are one set for all cameras, or C·N."""
    count = means.shape[0]
    own = coefficients.shape[0] != count
    terms = (degree + 1) ** 2
    basis = np.empty(16)
    for index in range(first, end):
        if radii[index, 0] <= 0 or radii[index, 1] <= 0:
            continue
        camera, g = index // count, index % count
        x, y, z = means[g, 0] - centres[camera, 0], means[g, 1] - centres[camera, 1], means[g, 2] - centres[camera, 2]
        length = math.sqrt(x * x + y * y + z * z)
        bases(degree, x / length, y / length, z / length, basis)
        row = index if own else g
        red = green = blue = 0.0
        for k in range(terms):
            red += basis[k] * coefficients[row, k, 0]
            green += basis[k] * coefficients[row, k, 1]
            blue += basis[k] * coefficients[row, k, 2]
        colours[index, 0], colours[index, 1], colours[index, 2] = red, green, blue


@compiled
def harmonics_back(  # type: ignore[no-untyped-def]
    chunk, first, end, degree, means, centres, radii, coefficients, v_colours, v_means, v_centres, v_coefficients
):
    """Gradients of Gaussians first … end of N, over all cameras; those of the centres into v_centres[chunk]: [C, 3]."""
    count = means.shape[0]
    own = coefficients.shape[0] != count
    terms = (degree + 1) ** 2
    basis, dots = np.empty(16), np.empty(16)
    for g in range(first, end):
        v_m0 = v_m1 = v_m2 = 0.0
        for camera in range(centres.shape[0]):
            index = camera * count + g
            if radii[index, 0] <= 0 or radii[index, 1] <= 0:
                continue
            red, green, blue = v_colours[index, 0], v_colours[index, 1], v_colours[index, 2]
            x = means[g, 0] - centres[camera, 0]
            y = means[g, 1] - centres[camera, 1]
            z = means[g, 2] - centres[camera, 2]
            inverse = 1 / math.sqrt(x * x + y * y + z * z)
            x, y, z = x * inverse, y * inverse, z * inverse
            bases(degree, x, y, z, basis)
            row = index if own else g
            for k in range(terms):
                dots[k] = (
                    coefficients[row, k, 0] * red + coefficients[row, k, 1] * green + coefficients[row, k, 2] * blue
                )
                v_coefficients[row, k, 0] += basis[k] * red
                v_coefficients[row, k, 1] += basis[k] * green
                v_coefficients[row, k, 2] += basis[k] * blue
            d_x, d_y, d_z = _slope(degree, x, y, z, dots)
            along = d_x * x + d_y * y + d_z * z
            d_x, d_y, d_z = (d_x - along * x) * inverse, (d_y - along * y) * inverse, (d_z - along * z) * inverse
            v_m0, v_m1, v_m2 = v_m0 + d_x, v_m1 + d_y, v_m2 + d_z
            v_centres[chunk, camera, 0] -= d_x
            v_centres[chunk, camera, 1] -= d_y
            v_centres[chunk, camera, 2] -= d_z
        v_means[g, 0], v_means[g, 1], v_means[g, 2] = v_m0, v_m1, v_m2
