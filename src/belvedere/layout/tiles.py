# mypy: disable-error-code="no-untyped-def,no-untyped-call"
"""Comparing rows with many rows at once: the innermost loop of every search and of the place network's memory, as vectors.

Left to itself the compiler keeps the sums of this loop in memory, which makes it many times slower; so the loop is spelled
out in LLVM's own words: four rows against half a tile, one pass over the dimensions, each number loaded used four times.
"""

import numba
import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

from belvedere.layout.kernels import compiled, inlined

TILE = 64  # rows compared at once
ROWS = 4  # with so many others
LANES = 16
SUMMED = 2  # vectors of sums for each of the ROWS: all of them fit into the registers

VECTOR = ir.VectorType(ir.FloatType(), LANES)
MASK = ir.IntType(TILE)
FAST = ("fast",)


@intrinsic
def score_tile(_context, asked, keys, half, limits, scores, below):
    """Half the squared distance, less half the squared length of each of `asked` (ROWS, dims), to all rows of a tile.

    `keys` (dims, TILE), `half` (TILE,), `limits` (ROWS,) and, filled, `scores` (ROWS, TILE), all float32 and contiguous;
    `keys` may also hold the bits of float16, as uint16, since the compiler knows no smaller float. Bit r of `below` (ROWS,),
    uint64, says whether score r lies below the limit.
    """
    return types.void(asked, keys, half, limits, scores, below), _emit_score_tile


@intrinsic
def lowest_bit(_context, bits):
    """Position of the lowest bit set of a uint64."""

    def emit(_context, builder, _signature, values):
        return builder.cttz(values[0], ir.Constant(ir.IntType(1), 1))

    return types.uint64(types.uint64), emit


@intrinsic
def as_key(_context, value, keys):
    """A float32 number as `keys` hold it: as it is, or as the bits of float16."""

    def emit(_context, builder, signature, values):
        if signature.return_type == types.float32:
            return values[0]
        return builder.bitcast(builder.fptrunc(values[0], ir.HalfType()), ir.IntType(16))

    return keys.dtype(value, keys), emit


def _emit_score_tile(context, builder, signature, values):
    arrays = [context.make_array(t)(context, builder, v) for t, v in zip(signature.args, values, strict=True)]
    asked, keys, half, limits, scores, below = (array.data for array in arrays)
    dims = cgutils.unpack_tuple(builder, arrays[0].shape)[1]
    bits = [ir.Constant(MASK, 0)] * ROWS
    for start in range(0, TILE, SUMMED * LANES):
        found = _emit_sums(builder, (asked, keys, half), dims, start)
        for r, column in ((r, c) for r in range(ROWS) for c in range(SUMMED)):
            at, score = start + column * LANES, found[r][column]
            builder.store(score, _vector(builder, scores, ir.Constant(dims.type, r * TILE + at)), align=4)
            limit = _in_all_lanes(builder, _number(builder, limits, ir.Constant(dims.type, r)))
            less = builder.bitcast(builder.fcmp_ordered("<", score, limit), ir.IntType(LANES))
            bits[r] = builder.or_(bits[r], builder.shl(builder.zext(less, MASK), ir.Constant(MASK, at)))
    for r in range(ROWS):
        builder.store(bits[r], builder.gep(below, [ir.Constant(dims.type, r)]))
    return context.get_dummy_value()


def _emit_sums(builder, data, dims, start):
    """`half` less the products of all dimensions, of every row asked, in SUMMED vectors from `start` of the tile on."""
    asked, keys, half = data
    columns = [ir.Constant(dims.type, start + column * LANES) for column in range(SUMMED)]
    sums = [[cgutils.alloca_once(builder, VECTOR) for _ in columns] for _ in range(ROWS)]
    for own in sums:
        for total, column in zip(own, columns, strict=True):
            builder.store(builder.load(_vector(builder, half, column), align=4), total)
    with cgutils.for_range(builder, dims) as loop:
        line = builder.mul(loop.index, ir.Constant(dims.type, TILE))
        loaded = [_load_floats(builder, keys, builder.add(line, column)) for column in columns]
        for r, own in enumerate(sums):
            place = builder.add(builder.mul(dims, ir.Constant(dims.type, r)), loop.index)
            value = _in_all_lanes(builder, _number(builder, asked, place))
            for total, key in zip(own, loaded, strict=True):
                product = builder.fmul(key, value, flags=FAST)
                builder.store(builder.fsub(builder.load(total), product, flags=FAST), total)
    return [[builder.load(total) for total in own] for own in sums]


def _load_floats(builder, data, place):
    """A vector of float32 numbers, from float32 or from the bits of float16."""
    if data.type.pointee == ir.FloatType():
        return builder.load(_vector(builder, data, place), align=4)
    halves = builder.bitcast(builder.gep(data, [place]), ir.VectorType(ir.HalfType(), LANES).as_pointer())
    return builder.fpext(builder.load(halves, align=2), VECTOR)


def _vector(builder, data, place):
    return builder.bitcast(builder.gep(data, [place]), VECTOR.as_pointer())


def _number(builder, data, place):
    return builder.load(builder.gep(data, [place]))


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


@inlined
def gather(rows, order, start, end):
    """The rows `order[start:end]` one after another, zeros up to a whole number of ROWS: float32 (·, dims)."""
    asked = np.zeros(((end - start + ROWS - 1) // ROWS * ROWS, rows.shape[1]), np.float32)
    for o in range(start, end):
        asked[o - start] = rows[order[o]]
    return asked


@compiled
def fill_tiles(rows, order, slot, middle, scale, tiles):
    """Lay out the rows `order` at the places `slot`, less `middle` and times `scale`, into `tiles` = keys, half, ids."""
    keys, half, ids = tiles
    for o in numba.prange(order.shape[0]):
        i, tile, at = order[o], slot[o] // TILE, slot[o] % TILE
        total = np.float32(0)
        for d in range(rows.shape[1]):
            value = np.float32(rows[i, d]) - middle[d]
            total += value * value
            keys[tile, d, at] = as_key(value * scale, keys)
        half[tile, at], ids[tile, at] = total / np.float32(2), i


@compiled
def scan(rows, order, tasks, tiles, into):
    """Compare the rows of every task with the tiles of its cell.

    `tasks` (tasks, 3): where its rows begin and end in `order` (rows,), and the cell; `tiles` = keys, half, ids, first
    tile of each cell; `into` = best scores and their ids (rows, k), rising.
    """
    keys, half, ids, first = tiles
    best, found = into
    last = best.shape[1] - 1
    for t in numba.prange(tasks.shape[0]):
        start, end, cell = tasks[t]
        asked = gather(rows, order, start, end)
        limits = np.full(asked.shape[0], -np.inf, np.float32)  # nothing lies below those of the zeros
        for o in range(start, end):
            limits[o - start] = best[order[o], last]
        scores, below = np.empty((ROWS, TILE), np.float32), np.empty(ROWS, np.uint64)
        for tile in range(first[cell], first[cell + 1]):
            for at in range(0, asked.shape[0], ROWS):
                score_tile(asked[at : at + ROWS], keys[tile], half[tile], limits[at : at + ROWS], scores, below)
                for r in range(ROWS):
                    better = below[r]
                    while better != 0:
                        nth = lowest_bit(better)
                        better &= better - np.uint64(1)
                        if scores[r, nth] < limits[at + r]:
                            i = order[start + at + r]
                            insert(scores[r, nth], ids[tile, nth], best[i], found[i])
                            limits[at + r] = best[i, last]


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
