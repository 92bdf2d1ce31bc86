"""Front-to-back alpha compositing tile by tile (Kerbl et al. 2023, sections 4 and 6), forward and backward."""

from __future__ import annotations

import numpy as np

from .compiled import compiled, reordered
from .exponential import exp_minus
from .pixels import ALPHA_MAX, ALPHA_MIN, HALF, LOOK, ONE, ZERO, look, open_tile, reached, weigh
from .tiles import TILE


@compiled
def composite(  # type: ignore[no-untyped-def]
    chunk, first, end, across, down, width, height, starts, members, splats, colours, backgrounds, renders, alphas,
    left_over, lasts,
):  # fmt: skip
    """Tiles first … end of all images.

    Tile t's Gaussians are members[starts[t] : starts[t + 1]], near to far, rows of splats [C·N, 8] (from `pack`) and of
    colours [C·N, X]; backgrounds are [C, X], or [0, X] for none. Out go renders [C, H, W, X], and of [C, H, W] alphas,
    the transmittance left over, and the last that contributed, counted in its tile's run (-1: none).
    """
    channels = colours.shape[1]
    columns, open_rows = np.empty(TILE, np.float32), np.empty(TILE, np.bool_)
    transmittance, weights = np.empty((TILE, TILE), np.float32), np.empty((TILE, TILE), np.float32)
    flat_weights, last = weights.reshape(-1), np.empty(TILE * TILE, np.float32)
    sums = np.empty((channels, TILE * TILE), np.float32)
    for tile in range(first, end):
        image, left, top, wide, high = open_tile(tile, across, down, width, height, columns, transmittance)
        last[:] = -ONE
        sums[:] = ZERO
        open_rows[:] = True
        begin = starts[tile]
        for member in range(begin, starts[tile + 1]):
            if (member - begin) % LOOK == LOOK - 1 and not look(transmittance, open_rows, high):
                break
            index = members[member]
            splat = splats[index]
            upper, lower = reached(splat[1], splat[7], top, high)
            if lower <= upper:
                continue
            for y in range(upper, lower):
                if open_rows[y]:
                    weigh(splat, columns, splat[1] - (np.float32(top + y) + HALF), transmittance, y, weights)
                else:
                    weights[y] = ZERO
            rows = slice(upper * TILE, lower * TILE)
            _note(last[rows], flat_weights[rows], np.float32(member - begin))
            for channel in range(channels):
                _add(sums[channel, rows], flat_weights[rows], colours[index, channel])
        for y in range(high):
            for x in range(wide):
                t, pixel = abs(transmittance[y, x]), y * TILE + x
                alphas[image, top + y, left + x] = ONE - t
                left_over[image, top + y, left + x] = t
                lasts[image, top + y, left + x] = last[pixel]
                for channel in range(channels):
                    value = sums[channel, pixel]
                    if backgrounds.shape[0] > 0:
                        value += t * backgrounds[image, channel]
                    renders[image, top + y, left + x, channel] = value


@compiled
def _add(sums, weights, value):  # type: ignore[no-untyped-def]
    for pixel in range(len(sums)):
        sums[pixel] += weights[pixel] * value


@compiled
def _note(last, weights, order):  # type: ignore[no-untyped-def]
    for pixel in range(len(last)):
        last[pixel] = order if weights[pixel] > ZERO else last[pixel]


@reordered
def _dot(one, other):  # type: ignore[no-untyped-def]
    total = ZERO
    for place in range(len(one)):
        total += one[place] * other[place]
    return total


@compiled
def composite_back(  # type: ignore[no-untyped-def]
    chunk, first, end, across, down, width, height, starts, members, places, splats, colours, backgrounds, left_over,
    lasts, v_renders, v_alphas, absolute, gradients,
):  # fmt: skip
    """What each Gaussian learns in each of tiles first … end, into gradients[places[member]]: [slots, 8 + X].

    Mean x, y; conic xx, xy, yy; opacity; the sums of |mean x| and |mean y| over pixels if `absolute`; colours.
    """
    channels = colours.shape[1]
    columns = np.empty(TILE, np.float32)
    transmittance, last = np.empty((TILE, TILE), np.float32), np.empty((TILE, TILE), np.float32)
    behind = np.empty((TILE, TILE), np.float32)  # what lies behind, by how much the loss wants of it
    faces, dots = np.empty((TILE, TILE), np.float32), np.empty((TILE, TILE), np.float32)
    flat_faces, flat_dots = faces.reshape(-1), dots.reshape(-1)
    v_sums = np.empty((channels, TILE * TILE), np.float32)
    v_sigmas = np.empty((TILE, TILE), np.float32)
    lanes, powers = np.empty((5, TILE), np.float32), np.empty((3, TILE), np.float32)
    furthest = np.empty(TILE, np.float32)
    powers[0] = ONE
    for tile in range(first, end):
        image, left, top, wide, high = open_tile(tile, across, down, width, height, columns, transmittance)
        last[:] = -ONE
        behind[:] = ZERO
        v_sums[:] = ZERO
        for y in range(high):
            for x in range(wide):
                t = left_over[image, top + y, left + x]
                transmittance[y, x] = t
                last[y, x] = lasts[image, top + y, left + x]
                wanted = -v_alphas[image, top + y, left + x]
                for channel in range(channels):
                    value = v_renders[image, top + y, left + x, channel]
                    v_sums[channel, y * TILE + x] = value
                    if backgrounds.shape[0] > 0:
                        wanted += value * backgrounds[image, channel]
                behind[y, x] = wanted * t
            furthest[y] = last[y].max()
        begin = starts[tile]
        contributing = begin + int(furthest[:high].max()) + 1
        for member in range(contributing, starts[tile + 1]):
            gradients[places[member], :] = ZERO
        for member in range(contributing - 1, begin - 1, -1):
            index, gradient = members[member], gradients[places[member]]
            splat = splats[index]
            x0, y0, opacity = splat[0], splat[1], splat[5]
            ha, b, hc = splat[2], splat[3], splat[4]
            order = np.float32(member - begin)
            upper, lower = reached(y0, splat[7], top, high)
            if lower <= upper:
                gradient[:] = ZERO
                continue
            rows = slice(upper * TILE, lower * TILE)
            lanes[:] = ZERO
            flat_dots[rows] = ZERO
            for channel in range(channels):
                _add(flat_dots[rows], v_sums[channel, rows], colours[index, channel])
            for y in range(upper, lower):
                if order > furthest[y]:
                    faces[y] = ZERO
                    continue
                dy = y0 - (np.float32(top + y) + HALF)
                bdy, cdy2 = b * dy, hc * dy * dy
                for x in range(TILE):
                    dx = x0 - columns[x]
                    sigma = (ha * dx + bdy) * dx + cdy2
                    full = opacity * exp_minus(sigma)
                    alpha = full if full < ALPHA_MAX else ALPHA_MAX
                    counts = (sigma >= ZERO) & (alpha >= ALPHA_MIN) & (order <= last[y, x])
                    inverse = ONE / (ONE - alpha)
                    t = transmittance[y, x]
                    before = t * inverse
                    face = alpha * before
                    v_alpha = before * dots[y, x] - inverse * behind[y, x]
                    v_sigma = -full * v_alpha if counts & (full <= ALPHA_MAX) else ZERO
                    transmittance[y, x] = before if counts else t
                    behind[y, x] += face * dots[y, x] if counts else ZERO
                    faces[y, x] = face if counts else ZERO
                    v_sigmas[y, x] = v_sigma
                    lanes[0, x] += v_sigma
                    lanes[1, x] += v_sigma * dy
                    lanes[2, x] += v_sigma * dy * dy
                if absolute:
                    for x in range(TILE):
                        dx, v_sigma = x0 - columns[x], v_sigmas[y, x]
                        lanes[3, x] += abs(v_sigma * ((ha + ha) * dx + bdy))
                        lanes[4, x] += abs(v_sigma * (b * dx + (hc + hc) * dy))
            for x in range(TILE):
                dx = x0 - columns[x]
                powers[1, x], powers[2, x] = dx, dx * dx
            along_x, along_y = _dot(lanes[0], powers[1]), _dot(lanes[1], powers[0])
            gradient[0] = (ha + ha) * along_x + b * along_y
            gradient[1] = b * along_x + (hc + hc) * along_y
            gradient[2] = HALF * _dot(lanes[0], powers[2])
            gradient[3] = _dot(lanes[1], powers[1])
            gradient[4] = HALF * _dot(lanes[2], powers[0])
            gradient[5] = -_dot(lanes[0], powers[0]) / opacity
            gradient[6], gradient[7] = _dot(lanes[3], powers[0]), _dot(lanes[4], powers[0])
            for channel in range(channels):
                gradient[8 + channel] = _dot(flat_faces[rows], v_sums[channel, rows])


@compiled
def gather(chunk, first, end, slots, touched, gradients, totals):  # type: ignore[no-untyped-def]
    """The sums over each Gaussian's tiles, in the tiles' order, into totals: [C·N, 8 + X]."""
    for index in range(first, end):
        for place in range(slots[index], slots[index] + touched[index]):
            for column in range(totals.shape[1]):
                totals[index, column] += gradients[place, column]
