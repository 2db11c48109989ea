# mypy: disable-error-code="no-untyped-def,no-untyped-call"
"""Comparing a row with many rows at once: the innermost loop of the place network's memory, written as vectors.

Left to itself the compiler keeps the sums of this loop in memory, which makes it five times slower; so the loop is
spelled out in LLVM's own words: sixteen sums a vector, four vectors a tile, one pass over the dimensions.
"""

import numba
import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

from belvedere.layout.kernels import compiled, inlined

TILE = 64  # rows compared at once
LANES = 16

VECTOR = ir.VectorType(ir.FloatType(), LANES)
MASK = ir.IntType(TILE)
FAST = ("fast",)


@intrinsic
def score_tile(_context, row, keys, half, scores, limit):
    """Half the squared distance, less half the squared length of `row` (dims,), to all rows of a tile, into `scores`.

    `keys` (dims, TILE), `half` (TILE,), `scores` (TILE,), all float32 and contiguous. Returns uint64 whose bit r says
    whether score r lies below `limit`.
    """
    return types.uint64(row, keys, half, scores, types.float32), _emit_score_tile


@intrinsic
def lowest_bit(_context, bits):
    """Position of the lowest bit set of a uint64."""

    def emit(_context, builder, _signature, values):
        return builder.cttz(values[0], ir.Constant(ir.IntType(1), 1))

    return types.uint64(types.uint64), emit


def _emit_score_tile(context, builder, signature, values):
    arrays = [context.make_array(t)(context, builder, v) for t, v in zip(signature.args[:4], values[:4], strict=True)]
    row, keys, half, scores = (array.data for array in arrays)
    dims = cgutils.unpack_tuple(builder, arrays[0].shape)[0]
    starts = [ir.Constant(dims.type, lane) for lane in range(0, TILE, LANES)]
    at = lambda data, place: builder.bitcast(builder.gep(data, [place]), VECTOR.as_pointer())  # noqa: E731
    sums = [cgutils.alloca_once(builder, VECTOR) for _ in starts]
    for total, start in zip(sums, starts, strict=True):
        builder.store(builder.load(at(half, start), align=4), total)
    with cgutils.for_range(builder, dims) as loop:
        value = _in_all_lanes(builder, builder.load(builder.gep(row, [loop.index])))
        line = builder.mul(loop.index, ir.Constant(dims.type, TILE))
        for total, start in zip(sums, starts, strict=True):
            product = builder.fmul(builder.load(at(keys, builder.add(line, start)), align=4), value, flags=FAST)
            builder.store(builder.fsub(builder.load(total), product, flags=FAST), total)
    bits, limit = ir.Constant(MASK, 0), _in_all_lanes(builder, values[4])
    for total, start in zip(sums, starts, strict=True):
        score = builder.load(total)
        builder.store(score, at(scores, start), align=4)
        below = builder.bitcast(builder.fcmp_ordered("<", score, limit), ir.IntType(LANES))
        bits = builder.or_(bits, builder.shl(builder.zext(below, MASK), ir.Constant(MASK, start.constant)))
    return bits


def _in_all_lanes(builder, value):
    number = ir.IntType(32)
    empty = ir.Constant(VECTOR, ir.Undefined)
    first = builder.insert_element(empty, value, ir.Constant(number, 0))
    return builder.shuffle_vector(first, empty, ir.Constant(ir.VectorType(number, LANES), [0] * LANES))


@inlined
def insert(score, id_, best, found):
    """Put a row into its place among the best so far; of equal ones the first seen stays before."""
    place = best.shape[0] - 1
    while place > 0 and score < best[place - 1]:
        best[place], found[place] = best[place - 1], found[place - 1]
        place -= 1
    best[place], found[place] = score, id_


@compiled
def scan(rows, order, tasks, tiles, into):
    """Compare the rows of every task with the tiles of its cell.

    `tasks` (tasks, 3): where its rows begin and end in `order` (rows,), and the cell; `tiles` = keys, half, ids, first
    tile of each cell; `into` = best scores and their ids (rows, k), rising.
    """
    keys, half, ids, first = tiles
    best, found = into
    k = best.shape[1]
    for t in numba.prange(tasks.shape[0]):
        scores = np.empty(TILE, np.float32)
        for tile in range(first[tasks[t, 2]], first[tasks[t, 2] + 1]):
            for o in range(tasks[t, 0], tasks[t, 1]):
                i = order[o]
                better = score_tile(rows[i], keys[tile], half[tile], scores, best[i, k - 1])
                while better != 0:
                    r = lowest_bit(better)
                    better &= better - np.uint64(1)
                    if scores[r] < best[i, k - 1]:
                        insert(scores[r], ids[tile, r], best[i], found[i])


@inlined
def nearness(targets, row, x, y):
    """1 / (1 + d^2) between a fitted row and a place."""
    dx, dy = targets[row, 0] - x, targets[row, 1] - y
    return np.float32(1) / (np.float32(1) + dx * dx + dy * dy)


@compiled
def agree(targets, near, places, agreed):
    """Go where most of some rows lie; into `places` (rows, 2), and into `agreed` (rows,) how far they agree, 0 to 1.

    `near` (rows, k) are rows of `targets` (fitted, 2), -1 at the end where there are too few.
    """
    for i in numba.prange(near.shape[0]):
        n, most, best = 0, np.float32(-1), 0
        for a in range(near.shape[1]):
            if near[i, a] >= 0:
                n += 1
        for a in range(n):
            votes = np.float32(0)
            for b in range(n):
                votes += nearness(targets, near[i, b], targets[near[i, a], 0], targets[near[i, a], 1])
            if votes > most:
                most, best = votes, near[i, a]
        total, sx, sy = np.float32(1e-30), np.float32(0), np.float32(0)
        for b in range(n):
            w = nearness(targets, near[i, b], targets[best, 0], targets[best, 1])
            total, sx, sy = total + w, sx + w * targets[near[i, b], 0], sy + w * targets[near[i, b], 1]
        x, y, votes = sx / total, sy / total, np.float32(0)
        for b in range(n):
            votes += nearness(targets, near[i, b], x, y)
        places[i, 0], places[i, 1], agreed[i] = x, y, votes / np.float32(max(n, 1))


@compiled
def mean_and_local(near, distances, radius, mean, local):
    """Mean distance of every row to its neighbors, and mean radius of these; -1 in `near` (rows, k) does not count."""
    for i in numba.prange(near.shape[0]):
        n, far, own = 0, np.float32(0), np.float32(0)
        for a in range(near.shape[1]):
            if near[i, a] >= 0:
                n, far, own = n + 1, far + distances[i, a], own + radius[near[i, a]]
        mean[i], local[i] = far / np.float32(max(n, 1)), own / np.float32(max(n, 1))
