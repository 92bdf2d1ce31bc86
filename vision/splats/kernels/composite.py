"""Front-to-back alpha compositing tile by tile (Kerbl et al. 2023, sections 4 and 6), forward and backward."""

from __future__ import annotations

import numpy as np

from .compiled import compiled
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
    columns, weights = np.empty(TILE, np.float32), np.empty(TILE, np.float32)
    transmittance, last = np.empty((TILE, TILE), np.float32), np.empty((TILE, TILE), np.float32)
    sums = np.empty((channels, TILE, TILE), np.float32)
    open_rows = np.empty(TILE, np.bool_)
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
            splat, order = splats[index], np.float32(member - begin)
            upper, lower = reached(splat[1], splat[7], top, high)
            for y in range(upper, lower):
                if not open_rows[y]:
                    continue
                weigh(splat, columns, splat[1] - (np.float32(top + y) + HALF), transmittance, y, weights)
                for x in range(TILE):
                    last[y, x] = order if weights[x] > ZERO else last[y, x]
                for channel in range(channels):
                    colour = colours[index, channel]
                    for x in range(TILE):
                        sums[channel, y, x] += weights[x] * colour
        for y in range(high):
            for x in range(wide):
                t = abs(transmittance[y, x])
                alphas[image, top + y, left + x] = ONE - t
                left_over[image, top + y, left + x] = t
                lasts[image, top + y, left + x] = last[y, x]
                for channel in range(channels):
                    value = sums[channel, y, x]
                    if backgrounds.shape[0] > 0:
                        value += t * backgrounds[image, channel]
                    renders[image, top + y, left + x, channel] = value


@compiled
def composite_back(  # type: ignore[no-untyped-def]
    chunk, first, end, across, down, width, height, starts, members, places, splats, colours, backgrounds, left_over,
    lasts, v_renders, v_alphas, absolute, gradients,
):  # fmt: skip
    """What each Gaussian learns in each of tiles first … end, into gradients[places[member]]: [slots, 8 + X].

    Mean x, y; conic xx, xy, yy; opacity; the sums of |mean x| and |mean y| over pixels if `absolute`; colours.
    """
    channels = colours.shape[1]
    columns, faces, dots = np.empty(TILE, np.float32), np.empty(TILE, np.float32), np.empty(TILE, np.float32)
    transmittance, last = np.empty((TILE, TILE), np.float32), np.empty((TILE, TILE), np.float32)
    behind = np.empty((TILE, TILE), np.float32)  # what lies behind, by how much the loss wants of it
    v_sums = np.empty((channels, TILE, TILE), np.float32)
    flat, tilted, curved = np.empty(TILE, np.float32), np.empty(TILE, np.float32), np.empty(TILE, np.float32)
    v_sigmas = np.empty(TILE, np.float32)
    abs_x, abs_y = np.empty(TILE, np.float32), np.empty(TILE, np.float32)
    v_colours = np.empty((channels, TILE), np.float32)
    for tile in range(first, end):
        image, left, top, wide, high = open_tile(tile, across, down, width, height, columns, transmittance)
        last[:] = -ONE
        behind[:] = ZERO
        v_sums[:] = ZERO
        furthest = np.float32(-1.0)
        for y in range(high):
            for x in range(wide):
                t = left_over[image, top + y, left + x]
                transmittance[y, x] = t
                last[y, x] = lasts[image, top + y, left + x]
                furthest = max(furthest, last[y, x])
                wanted = -v_alphas[image, top + y, left + x]
                for channel in range(channels):
                    value = v_renders[image, top + y, left + x, channel]
                    v_sums[channel, y, x] = value
                    if backgrounds.shape[0] > 0:
                        wanted += value * backgrounds[image, channel]
                behind[y, x] = wanted * t
        begin = starts[tile]
        contributing = begin + int(furthest) + 1
        for member in range(contributing, starts[tile + 1]):
            gradients[places[member], :] = ZERO
        for member in range(contributing - 1, begin - 1, -1):
            index = members[member]
            x0, y0, opacity = splats[index, 0], splats[index, 1], splats[index, 5]
            ha, b, hc = splats[index, 2], splats[index, 3], splats[index, 4]
            order = np.float32(member - begin)
            flat[:] = ZERO
            tilted[:] = ZERO
            curved[:] = ZERO
            abs_x[:] = ZERO
            abs_y[:] = ZERO
            v_colours[:] = ZERO
            upper, lower = reached(y0, splats[index, 7], top, high)
            for y in range(upper, lower):
                dy = y0 - (np.float32(top + y) + HALF)
                bdy, cdy2 = b * dy, hc * dy * dy
                dots[:] = ZERO
                for channel in range(channels):
                    colour = colours[index, channel]
                    for x in range(TILE):
                        dots[x] += colour * v_sums[channel, y, x]
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
                    v_alpha = before * dots[x] - inverse * behind[y, x]
                    v_sigma = -full * v_alpha if counts & (full <= ALPHA_MAX) else ZERO
                    transmittance[y, x] = before if counts else t
                    behind[y, x] += face * dots[x] if counts else ZERO
                    faces[x] = face if counts else ZERO
                    flat[x] += v_sigma
                    tilted[x] += v_sigma * dy
                    curved[x] += v_sigma * dy * dy
                    v_sigmas[x] = v_sigma
                for channel in range(channels):
                    for x in range(TILE):
                        v_colours[channel, x] += faces[x] * v_sums[channel, y, x]
                if absolute:
                    for x in range(TILE):
                        dx = x0 - columns[x]
                        abs_x[x] += abs(v_sigmas[x] * ((ha + ha) * dx + bdy))
                        abs_y[x] += abs(v_sigmas[x] * (b * dx + (hc + hc) * dy))
            s0 = s1 = s2 = s3 = s4 = s5 = s6 = s7 = ZERO
            for x in range(TILE):
                dx = x0 - columns[x]
                s0 += flat[x]
                s1 += dx * flat[x]
                s2 += dx * dx * flat[x]
                s3 += tilted[x]
                s4 += dx * tilted[x]
                s5 += curved[x]
                s6 += abs_x[x]
                s7 += abs_y[x]
            place = places[member]
            gradients[place, 0] = ha * s1 + ha * s1 + b * s3
            gradients[place, 1] = b * s1 + hc * s3 + hc * s3
            gradients[place, 2] = HALF * s2
            gradients[place, 3] = s4
            gradients[place, 4] = HALF * s5
            gradients[place, 5] = -s0 / opacity
            gradients[place, 6] = s6
            gradients[place, 7] = s7
            for channel in range(channels):
                total = ZERO
                for x in range(TILE):
                    total += v_colours[channel, x]
                gradients[place, 8 + channel] = total


@compiled
def gather(chunk, first, end, slots, touched, gradients, totals):  # type: ignore[no-untyped-def]
    """The sums over each Gaussian's tiles, in the tiles' order, into totals: [C·N, 8 + X]."""
    for index in range(first, end):
        for place in range(slots[index], slots[index] + touched[index]):
            for column in range(totals.shape[1]):
                totals[index, column] += gradients[place, column]
