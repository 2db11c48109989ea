# mypy: disallow-untyped-defs=False, disallow-untyped-calls=False
"""The compiled inner loops of the layout: every one parallel over rows, every one the same bit for bit with any threads.

Each row writes only to its own cells, so there are no locks and no atomics; where rows meet on the grid, a fixed number
of private grids is summed in a fixed order. Forces are derived in `belvedere.layout.descend` and `belvedere.layout.field`.
"""

import numba
import numpy as np

MOST_GAIN = np.float32(32)  # what nothing holds must not fly off ever faster
N_GRIDS = 4  # private grids of `spread`; fixed, so that the sum does not depend on the number of threads

compiled = numba.njit(parallel=True, fastmath=True, cache=True, error_model="numpy")
inlined = numba.njit(fastmath=True, inline="always")


@inlined
def three_weights(f):
    """Weights of three equally spaced nodes (-1, 0, 1) in the quadratic B-spline, at offset `f` from the middle."""
    half = np.float32(0.5)
    return half * (half - f) * (half - f), np.float32(0.75) - f * f, half * (half + f) * (half + f)


@compiled
def spread(places, low, per_unit, grids):
    """Spread a charge of 1 per row over 3 x 3 nodes, into `grids` (N_GRIDS, nodes, nodes)."""
    n_rows, n_grids = places.shape[0], grids.shape[0]
    for g in numba.prange(n_grids):
        for i in range(g * n_rows // n_grids, (g + 1) * n_rows // n_grids):
            gx, gy = (places[i, 0] - low) * per_unit, (places[i, 1] - low) * per_unit
            cx, cy = int(gx + np.float32(0.5)), int(gy + np.float32(0.5))
            wx, wy = three_weights(gx - np.float32(cx)), three_weights(gy - np.float32(cy))
            for a in range(3):
                for b in range(3):
                    grids[g, cx - 1 + a, cy - 1 + b] += wx[a] * wy[b]


@compiled
def add_grids(grids, total):
    """Sum the private grids in their order, into `total` (nodes, nodes), and empty them."""
    for u in numba.prange(grids.shape[1]):
        for v in range(grids.shape[2]):
            value = np.float32(0)
            for g in range(grids.shape[0]):
                value += grids[g, u, v]
                grids[g, u, v] = np.float32(0)
            total[u, v] = value


@inlined
def read_field(field, x, y, low, per_unit):
    """Read the force `sum_j q_j^2 (y - y_j)` at one place from `field` (nodes, nodes, 2); outside, at the nearest edge."""
    nodes, half = field.shape[0], np.float32(0.5)
    gx, gy = (x - low) * per_unit, (y - low) * per_unit
    cx, cy = min(max(int(gx + half), 1), nodes - 2), min(max(int(gy + half), 1), nodes - 2)
    wx = three_weights(min(max(gx - np.float32(cx), -half), half))
    wy = three_weights(min(max(gy - np.float32(cy), -half), half))
    fx = fy = np.float32(0)
    for a in range(3):
        for b in range(3):
            w = wx[a] * wy[b]
            fx += w * field[cx - 1 + a, cy - 1 + b, 0]
            fy += w * field[cx - 1 + a, cy - 1 + b, 1]
    return fx, fy


@compiled
def read_forces(places, field, low, per_unit, push):
    """Read the repulsion of every row into `push` (rows, 2)."""
    for i in numba.prange(places.shape[0]):
        push[i, 0], push[i, 1] = read_field(field, places[i, 0], places[i, 1], low, per_unit)


@inlined
def pull_of(i, places, graph):
    """Attraction of one row by its graph neighbors, `sum_j p_ij q_ij (y_i - y_j)`."""
    starts, others, weights = graph
    x, y = places[i, 0], places[i, 1]
    ax = ay = np.float32(0)
    for p in range(starts[i], starts[i + 1]):
        dx, dy = x - places[others[p], 0], y - places[others[p], 1]
        q = weights[p] / (np.float32(1) + dx * dx + dy * dy)
        ax += q * dx
        ay += q * dy
    return ax, ay


@inlined
def speed_of(force, speed, gain, pace):
    """Speed and gain after one step of gradient descent with momentum (Jacobs 1988, delta-bar-delta)."""
    rate, momentum, longest = pace
    gain = gain + np.float32(0.2) if (force > 0) != (speed > 0) else gain * np.float32(0.8)
    gain = min(max(gain, np.float32(0.01)), MOST_GAIN)
    return min(max(momentum * speed - rate * gain * force, -longest), longest), gain


@compiled
def move(places, there, speed, gain, graph, field, corner, group_of, groups, rates, pace):  # noqa: PLR0913 - plain arrays
    """One step of all rows from `places` to `there` (rows, 2); what the rates are: see `belvedere.layout.descend`.

    `places` may hold more rows than `there`: those are only looked at.

    `groups` (groups, 4) holds the force on each group and its center; a row that has strayed from the center feels
    less of it, or a row that nothing holds would be driven off for ever.
    """
    attraction, repulsion, overview, per_reach = rates
    for i in numba.prange(there.shape[0]):
        x, y = places[i, 0], places[i, 1]
        ax, ay = pull_of(i, places, graph)
        rx, ry = read_field(field, x, y, corner[0], corner[1])
        g = group_of[i]
        sx, sy = x - groups[g, 2], y - groups[g, 3]
        share = overview / (np.float32(1) + (sx * sx + sy * sy) * per_reach)
        fx = attraction * ax - repulsion * rx + share * groups[g, 0]
        fy = attraction * ay - repulsion * ry + share * groups[g, 1]
        speed[i, 0], gain[i, 0] = speed_of(fx, speed[i, 0], gain[i, 0], pace)
        speed[i, 1], gain[i, 1] = speed_of(fy, speed[i, 1], gain[i, 1], pace)
        there[i, 0], there[i, 1] = x + speed[i, 0], y + speed[i, 1]


@compiled
def copy_links(starts, others, weights, order, place_of, into):
    """Copy the links of rows taken in another `order`; others are renamed by `place_of`."""
    new_starts, new_others, new_weights = into
    for i in numba.prange(order.shape[0]):
        at = starts[order[i]]
        for p in range(new_starts[i + 1] - new_starts[i]):
            new_others[new_starts[i] + p] = place_of[others[at + p]]
            new_weights[new_starts[i] + p] = weights[at + p]


@compiled
def settle(places, others, weights, targets, field, frame, rates):  # noqa: PLR0913 - a kernel takes plain arrays
    """Move new rows in the frozen field of the fitted ones; each row alone, so the batch does not matter.

    `others` (rows, k) are rows of `targets` (fitted, 2), `weights` (rows, k) sum to one per row;
    `frame` = (low, per_unit) of the grid; `rates` = (attraction, repulsion, rate, momentum, longest, steps).
    """
    low, per_unit = frame
    attraction, repulsion, rate, momentum, longest, steps = rates
    for i in numba.prange(places.shape[0]):
        x, y = places[i, 0], places[i, 1]
        vx = vy = np.float32(0)
        for _ in range(int(steps)):
            rx, ry = read_field(field, x, y, low, per_unit)
            fx, fy = -repulsion * rx, -repulsion * ry
            for p in range(others.shape[1]):
                j = others[i, p]
                dx, dy = x - targets[j, 0], y - targets[j, 1]
                q = attraction * weights[i, p] / (np.float32(1) + dx * dx + dy * dy)
                fx += q * dx
                fy += q * dy
            vx = min(max(momentum * vx - rate * fx, -longest), longest)
            vy = min(max(momentum * vy - rate * fy, -longest), longest)
            x += vx
            y += vy
        places[i, 0], places[i, 1] = x, y


@compiled
def rerank(queries, rows, candidates, own, near, squared):
    """Keep the nearest of some candidates, by exact distance, ties by row number.

    `candidates` (queries, m) int32 (-1: none) are rows of `rows`; `own` (queries,) is left out (-1: nothing is).
    Into `near` (queries, k) and `squared` (queries, k), nearest first; -1 and infinity where there are too few.
    """
    k = near.shape[1]
    for i in numba.prange(queries.shape[0]):
        for p in range(k):
            near[i, p], squared[i, p] = -1, np.float32(np.inf)
        for c in range(candidates.shape[1]):
            j = candidates[i, c]
            if j < 0 or j == own[i]:
                continue
            total = np.float32(0)
            for d in range(queries.shape[1]):
                gap = queries[i, d] - rows[j, d]
                total += gap * gap
            if total > squared[i, k - 1]:
                continue
            place = k
            while place > 0 and (
                total < squared[i, place - 1] or (total == squared[i, place - 1] and j < near[i, place - 1])
            ):
                place -= 1
            if place == k or (place > 0 and near[i, place - 1] == j):
                continue
            for p in range(k - 1, place, -1):
                near[i, p], squared[i, p] = near[i, p - 1], squared[i, p - 1]
            near[i, place], squared[i, place] = j, total


@compiled
def count_shared(first, second, shared):
    """How many numbers each row of `first` (rows, k) shares with the same row of `second` (rows, m), into `shared`."""
    for i in numba.prange(first.shape[0]):
        n = 0
        for a in range(first.shape[1]):
            for b in range(second.shape[1]):
                if first[i, a] == second[i, b] and first[i, a] >= 0:
                    n += 1
                    break
        shared[i] = n


@compiled
def hash_rows(rows, codes):
    """A 64-bit code per row (FNV-1a over its 32-bit words), into `codes`; equal rows have equal codes."""
    for i in numba.prange(rows.shape[0]):
        code = np.uint64(14695981039346656037)
        for d in range(rows.shape[1]):
            code = (code ^ np.uint64(rows[i, d])) * np.uint64(1099511628211)
        code ^= code >> np.uint64(29)
        code *= np.uint64(0xBF58476D1CE4E5B9)
        codes[i] = code ^ (code >> np.uint64(32))


@compiled
def multiply(rows, axes, product):
    """`rows @ axes` into `product`, each row alone and always in the same order: equal rows get equal bits."""
    for i in numba.prange(rows.shape[0]):
        for k in range(axes.shape[1]):
            product[i, k] = np.float32(0)
        for d in range(rows.shape[1]):
            value = rows[i, d]
            for k in range(axes.shape[1]):
                product[i, k] += value * axes[d, k]
