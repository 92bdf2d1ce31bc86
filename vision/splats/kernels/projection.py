"""3D Gaussians to 2D by the Jacobian of the lens at their mean (Zwicker et al., EWA splatting, 2002), and back.

As gsplat 1.5 has it, clamping and thresholds included; inside in float64, so that what differs is gsplat's rounding.
"""

from __future__ import annotations

import math

import numpy as np

from .compiled import compiled

PINHOLE, ORTHO, FISHEYE = 0, 1, 2
_ALPHA_MIN = 1.0 / 255.0
_EXTENT = 3.33  # standard deviations, gsplat's cap
_FISHEYE_EPS = 1e-7


@compiled
def _rotation(w, x, y, z):  # type: ignore[no-untyped-def]
    """Rows of the rotation of a unit quaternion."""
    return (
        1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y),
        2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x),
        2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y),
    )  # fmt: skip


@compiled
def _depth(view, x, y, z):  # type: ignore[no-untyped-def]
    """Depth, rounded where CUDA's instructions round: the order of Gaussians hangs on its last bit."""
    depth = np.float32(view[2, 0] * x)
    depth = np.float32(view[2, 1] * y + depth)
    depth = np.float32(view[2, 2] * z + depth)
    return float(np.float32(depth + view[2, 3]))


@compiled
def _lens(model, x, y, z, fx, fy, cx, cy, width, height):  # type: ignore[no-untyped-def]
    """Image point and the six entries of its Jacobian, pinhole's clamped to 1.3 times the field of view."""
    if model == PINHOLE:
        tx, ty = _clamped(x, y, z, fx, fy, cx, cy, width, height)
        return (
            fx * x / z + cx, fy * y / z + cy,
            fx / z, 0.0, -fx * tx / (z * z), 0.0, fy / z, -fy * ty / (z * z),
        )  # fmt: skip
    if model == ORTHO:
        return fx * x + cx, fy * y + cy, fx, 0.0, 0.0, 0.0, fy, 0.0
    length = math.sqrt(x * x + y * y) + _FISHEYE_EPS
    theta = math.atan2(length, z + _FISHEYE_EPS)
    x2, y2, xy = x * x + _FISHEYE_EPS, y * y, x * y
    flat, whole = x2 + y2, x2 + y2 + z * z
    b = math.atan2(length, z) / length / flat
    a = z / whole / flat
    return (
        x * fx * theta / length + cx, y * fy * theta / length + cy,
        fx * (x2 * a + y2 * b), fx * xy * (a - b), -fx * x / whole,
        fy * xy * (a - b), fy * (y2 * a + x2 * b), -fy * y / whole,
    )  # fmt: skip


@compiled
def _clamped(x, y, z, fx, fy, cx, cy, width, height):  # type: ignore[no-untyped-def]
    margin_x, margin_y = 0.15 * width / fx, 0.15 * height / fy
    tx = z * min((width - cx) / fx + margin_x, max(-(cx / fx + margin_x), x / z))
    ty = z * min((height - cy) / fy + margin_y, max(-(cy / fy + margin_y), y / z))
    return tx, ty


@compiled
def project(  # type: ignore[no-untyped-def]
    chunk, first, end, means, quats, scales, opacities, viewmats, intrinsics, width, height, eps2d, near, far,
    radius_clip, model, antialiased, radii, means2d, depths, conics, compensations,
):  # fmt: skip
    """Gaussians first … end of C·N: camera-major. What is not seen keeps the zeros that it finds."""
    count = means.shape[0]
    for index in range(first, end):
        camera, g = index // count, index % count
        view, lens = viewmats[camera], intrinsics[camera]
        mx, my, mz = float(means[g, 0]), float(means[g, 1]), float(means[g, 2])
        z = _depth(view, mx, my, mz)
        if not near <= z <= far:
            continue
        x = view[0, 0] * mx + view[0, 1] * my + view[0, 2] * mz + view[0, 3]
        y = view[1, 0] * mx + view[1, 1] * my + view[1, 2] * mz + view[1, 3]
        w, i, j, k = float(quats[g, 0]), float(quats[g, 1]), float(quats[g, 2]), float(quats[g, 3])
        norm = 1.0 / math.sqrt(w * w + i * i + j * j + k * k)
        r = _rotation(w * norm, i * norm, j * norm, k * norm)
        u, v, j00, j01, j02, j10, j11, j12 = _lens(
            model, x, y, z, lens[0, 0], lens[1, 1], lens[0, 2], lens[1, 2], width, height
        )
        a = b = c = 0.0
        for axis in range(3):  # the columns of J V R S, whose products with themselves are the covariance
            s = float(scales[g, axis])
            r0, r1, r2 = r[axis] * s, r[3 + axis] * s, r[6 + axis] * s
            v0 = view[0, 0] * r0 + view[0, 1] * r1 + view[0, 2] * r2
            v1 = view[1, 0] * r0 + view[1, 1] * r1 + view[1, 2] * r2
            v2 = view[2, 0] * r0 + view[2, 1] * r1 + view[2, 2] * r2
            p, q = j00 * v0 + j01 * v1 + j02 * v2, j10 * v0 + j11 * v1 + j12 * v2
            a, b, c = a + p * p, b + p * q, c + q * q
        sharp = a * c - b * b
        a, c = a + eps2d, c + eps2d
        det = a * c - b * b
        if not det > 0:
            continue
        compensation = math.sqrt(max(0.0, sharp / det))
        opacity = float(opacities[g]) * (compensation if antialiased else 1.0)
        if not opacity >= _ALPHA_MIN:
            continue
        extent = min(_EXTENT, math.sqrt(2 * math.log(opacity / _ALPHA_MIN)))
        rx, ry = math.ceil(extent * math.sqrt(a)), math.ceil(extent * math.sqrt(c))
        if rx <= radius_clip and ry <= radius_clip:
            continue
        if u + rx <= 0 or u - rx >= width or v + ry <= 0 or v - ry >= height:
            continue
        radii[index, 0], radii[index, 1] = min(rx, 2147483647.0), min(ry, 2147483647.0)
        means2d[index, 0], means2d[index, 1] = u, v
        depths[index] = z
        conics[index, 0], conics[index, 1], conics[index, 2] = c / det, -b / det, a / det
        compensations[index] = compensation


@compiled
def project_back(  # type: ignore[no-untyped-def]
    chunk, first, end, means, quats, scales, viewmats, intrinsics, width, height, eps2d, model, radii, conics,
    compensations, antialiased, v_means2d, v_depths, v_conics, v_compensations, v_means, v_quats, v_scales, v_views,
):  # fmt: skip
    """Gradients of Gaussians first … end of N over all cameras; those of cameras into v_views[chunk]: [C, 3, 4]."""
    count = means.shape[0]
    v_r = np.empty(9)
    for g in range(first, end):
        mx, my, mz = float(means[g, 0]), float(means[g, 1]), float(means[g, 2])
        w, i, j, k = float(quats[g, 0]), float(quats[g, 1]), float(quats[g, 2]), float(quats[g, 3])
        norm = 1.0 / math.sqrt(w * w + i * i + j * j + k * k)
        w, i, j, k = w * norm, i * norm, j * norm, k * norm
        r = _rotation(w, i, j, k)
        v_r[:] = 0.0
        v_m0 = v_m1 = v_m2 = v_s0 = v_s1 = v_s2 = 0.0
        for camera in range(viewmats.shape[0]):
            index = camera * count + g
            if radii[index, 0] <= 0 or radii[index, 1] <= 0:
                continue
            view, lens, v_view = viewmats[camera], intrinsics[camera], v_views[chunk, camera]
            fx, fy, cx, cy = lens[0, 0], lens[1, 1], lens[0, 2], lens[1, 2]
            x = view[0, 0] * mx + view[0, 1] * my + view[0, 2] * mz + view[0, 3]
            y = view[1, 0] * mx + view[1, 1] * my + view[1, 2] * mz + view[1, 3]
            z = view[2, 0] * mx + view[2, 1] * my + view[2, 2] * mz + view[2, 3]
            _, _, j00, j01, j02, j10, j11, j12 = _lens(model, x, y, z, fx, fy, cx, cy, width, height)

            # d(M⁻¹) = -M⁻¹ dM M⁻¹, of the symmetric 2×2 covariance: v_a, v_b (each off-diagonal entry), v_c
            pa, pb, pc = float(conics[index, 0]), float(conics[index, 1]), float(conics[index, 2])
            ga, gb, gc = float(v_conics[index, 0]), 0.5 * v_conics[index, 1], float(v_conics[index, 2])
            h00, h01 = ga * pa + gb * pb, ga * pb + gb * pc
            h10, h11 = gb * pa + gc * pb, gb * pb + gc * pc
            v_a, v_b, v_c = -(pa * h00 + pb * h10), -(pa * h01 + pb * h11), -(pb * h01 + pc * h11)
            if antialiased:
                compensation = float(compensations[index])
                v_square = v_compensations[index] * 0.5 / (compensation + 1e-6)
                rest, inverse = 1 - compensation * compensation, pa * pc - pb * pb
                v_a += v_square * (rest * pa - eps2d * inverse)
                v_b += v_square * rest * pb
                v_c += v_square * (rest * pc - eps2d * inverse)

            # covariance = P Pᵀ with the columns P = J (V R S)
            v_j00 = v_j01 = v_j02 = v_j10 = v_j11 = v_j12 = 0.0
            for axis in range(3):
                s = float(scales[g, axis])
                r0, r1, r2 = r[axis], r[3 + axis], r[6 + axis]
                n0 = view[0, 0] * r0 + view[0, 1] * r1 + view[0, 2] * r2
                n1 = view[1, 0] * r0 + view[1, 1] * r1 + view[1, 2] * r2
                n2 = view[2, 0] * r0 + view[2, 1] * r1 + view[2, 2] * r2
                p, q = s * (j00 * n0 + j01 * n1 + j02 * n2), s * (j10 * n0 + j11 * n1 + j12 * n2)
                v_p, v_q = 2 * (v_a * p + v_b * q), 2 * (v_b * p + v_c * q)
                v_j00, v_j01, v_j02 = v_j00 + v_p * s * n0, v_j01 + v_p * s * n1, v_j02 + v_p * s * n2
                v_j10, v_j11, v_j12 = v_j10 + v_q * s * n0, v_j11 + v_q * s * n1, v_j12 + v_q * s * n2
                v_n0, v_n1, v_n2 = j00 * v_p + j10 * v_q, j01 * v_p + j11 * v_q, j02 * v_p + j12 * v_q
                v_scale = v_n0 * n0 + v_n1 * n1 + v_n2 * n2
                if axis == 0:
                    v_s0 += v_scale
                elif axis == 1:
                    v_s1 += v_scale
                else:
                    v_s2 += v_scale
                v_r[axis] += s * (view[0, 0] * v_n0 + view[1, 0] * v_n1 + view[2, 0] * v_n2)
                v_r[3 + axis] += s * (view[0, 1] * v_n0 + view[1, 1] * v_n1 + view[2, 1] * v_n2)
                v_r[6 + axis] += s * (view[0, 2] * v_n0 + view[1, 2] * v_n1 + view[2, 2] * v_n2)
                v_view[0, 0] += s * v_n0 * r0
                v_view[0, 1] += s * v_n0 * r1
                v_view[0, 2] += s * v_n0 * r2
                v_view[1, 0] += s * v_n1 * r0
                v_view[1, 1] += s * v_n1 * r1
                v_view[1, 2] += s * v_n1 * r2
                v_view[2, 0] += s * v_n2 * r0
                v_view[2, 1] += s * v_n2 * r1
                v_view[2, 2] += s * v_n2 * r2

            v_u, v_v = float(v_means2d[index, 0]), float(v_means2d[index, 1])
            v_x = v_y = 0.0
            v_z = float(v_depths[index])
            if model == PINHOLE:
                z2 = z * z
                v_x += fx / z * v_u
                v_y += fy / z * v_v
                v_z -= (fx * x * v_u + fy * y * v_v) / z2
                tx, ty = _clamped(x, y, z, fx, fy, cx, cy, width, height)
                margin_x, margin_y = 0.15 * width / fx, 0.15 * height / fy
                if -(cx / fx + margin_x) <= x / z <= (width - cx) / fx + margin_x:
                    v_x -= fx / z2 * v_j02
                else:
                    v_z -= fx / (z2 * z) * v_j02 * tx
                if -(cy / fy + margin_y) <= y / z <= (height - cy) / fy + margin_y:
                    v_y -= fy / z2 * v_j12
                else:
                    v_z -= fy / (z2 * z) * v_j12 * ty
                v_z += -fx / z2 * v_j00 - fy / z2 * v_j11 + 2 * (fx * tx * v_j02 + fy * ty * v_j12) / (z2 * z)
            elif model == ORTHO:
                v_x += fx * v_u
                v_y += fy * v_v
            else:
                d_x, d_y, d_z = _fisheye_back(x, y, z, fx, fy, v_j00, v_j01, v_j02, v_j10, v_j11, v_j12)
                v_x += j00 * v_u + j10 * v_v + d_x
                v_y += j01 * v_u + j11 * v_v + d_y
                v_z += j02 * v_u + j12 * v_v + d_z

            v_m0 += view[0, 0] * v_x + view[1, 0] * v_y + view[2, 0] * v_z
            v_m1 += view[0, 1] * v_x + view[1, 1] * v_y + view[2, 1] * v_z
            v_m2 += view[0, 2] * v_x + view[1, 2] * v_y + view[2, 2] * v_z
            v_view[0, 0] += v_x * mx
            v_view[0, 1] += v_x * my
            v_view[0, 2] += v_x * mz
            v_view[0, 3] += v_x
            v_view[1, 0] += v_y * mx
            v_view[1, 1] += v_y * my
            v_view[1, 2] += v_y * mz
            v_view[1, 3] += v_y
            v_view[2, 0] += v_z * mx
            v_view[2, 1] += v_z * my
            v_view[2, 2] += v_z * mz
            v_view[2, 3] += v_z

        v_means[g, 0], v_means[g, 1], v_means[g, 2] = v_m0, v_m1, v_m2
        v_scales[g, 0], v_scales[g, 1], v_scales[g, 2] = v_s0, v_s1, v_s2
        r00, r01, r02, r10, r11, r12, r20, r21, r22 = v_r
        v_w = 2 * (i * (r21 - r12) + j * (r02 - r20) + k * (r10 - r01))
        v_i = 2 * (-2 * i * (r11 + r22) + j * (r10 + r01) + k * (r20 + r02) + w * (r21 - r12))
        v_j = 2 * (i * (r10 + r01) - 2 * j * (r00 + r22) + k * (r21 + r12) + w * (r02 - r20))
        v_k = 2 * (i * (r20 + r02) + j * (r21 + r12) - 2 * k * (r00 + r11) + w * (r10 - r01))
        along = v_w * w + v_i * i + v_j * j + v_k * k
        v_quats[g, 0], v_quats[g, 1] = (v_w - along * w) * norm, (v_i - along * i) * norm
        v_quats[g, 2], v_quats[g, 3] = (v_j - along * j) * norm, (v_k - along * k) * norm


@compiled
def _fisheye_back(x, y, z, fx, fy, v00, v01, v02, v10, v11, v12):  # type: ignore[no-untyped-def]
    """The gradient of the fisheye's Jacobian, by its point in the camera's frame (gsplat's fisheye_proj_vjp)."""
    x2, y2, xy = x * x + _FISHEYE_EPS, y * y, x * y
    length = math.sqrt(x * x + y * y) + _FISHEYE_EPS
    flat, whole = x2 + y2, x2 + y2 + z * z
    theta = math.atan2(length, z)
    square = whole * whole
    e = -square * flat * theta + whole * flat * length * z
    f = 3 * square * theta - 3 * whole * length * z - 2 * flat * length * z
    one = 1 / square
    two = one / (flat * flat * length)
    a, b = x * (3 * e + x2 * f) * two, y * (e + x2 * f) * two
    c, d = x * (e + y2 * f) * two, y * (3 * e + y2 * f) * two
    s1, s2 = (x2 - y2 - z * z) * one, (y2 - x2 - z * z) * one
    cross, xz, yz = 2 * xy * one, 2 * x * z * one, 2 * y * z * one
    d_x = fx * (a * v00 + b * v01 + s1 * v02) + fy * (b * v10 + c * v11 + cross * v12)
    d_y = fx * (b * v00 + c * v01 + cross * v02) + fy * (c * v10 + d * v11 + s2 * v12)
    d_z = fx * (s1 * v00 + cross * v01 + xz * v02) + fy * (cross * v10 + s2 * v11 + yz * v12)
    return d_x, d_y, d_z
