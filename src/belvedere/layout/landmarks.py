"""Large data: a stable sample is laid out first, the rest is placed among it.

A row is a landmark by a hash of its own values, so that a row which was a landmark stays one when rows are added. Where
the sample is thin, which is where rare rows live, it is topped up with the rows that lie farthest from it.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from belvedere.layout.cells import Cells, search_cells, sort_into_cells
from belvedere.layout.neighbors import hash_order
from belvedere.types import Floats, Ints

__all__ = ["Landmarks", "choose_landmarks", "hash_order", "nearest_landmarks"]

BATCH = 131_072  # rows held at once
TOP_UP = 0.1  # share of landmarks kept for thin regions
FEW_CELLS, MORE_CELLS = 2, 6  # cells looked into for a rough distance, and for landmarks to be placed by


@dataclass(frozen=True)
class Landmarks:
    """Row numbers of the landmarks, rising, and their rows in cells."""

    rows: NDArray[np.int64]
    cells: Cells


def choose_landmarks(rows: Floats, n_wanted: int) -> Landmarks:
    """Choose landmarks: by hash, then the rows that lie farthest from those."""
    n_hashed = min(len(rows), max(1, round(n_wanted * (1 - TOP_UP))))
    hashed = np.sort(np.argsort(hash_order(rows), kind="stable")[:n_hashed])
    far = _distances_to(rows, sort_into_cells(rows[hashed]), rows[hashed])
    far[hashed] = -1
    thin = np.argsort(-far, kind="stable")[: n_wanted - n_hashed]
    chosen = np.sort(np.concatenate([hashed, thin]))
    return Landmarks(chosen, sort_into_cells(rows[chosen]))


def _distances_to(rows: Floats, cells: Cells, there: Floats) -> Floats:
    """Squared distance of every row to the nearest of some others, roughly: float32 (rows,)."""
    out = np.empty(len(rows), np.float32)
    for at in range(0, len(rows), BATCH):
        part = np.asarray(rows[at : at + BATCH], np.float32)
        gap = part - there[search_cells(cells, part, 1, FEW_CELLS)[:, 0]]
        out[at : at + BATCH] = np.einsum("ij,ij->i", gap, gap)
    return out


def nearest_landmarks(rows: Floats, landmarks: Landmarks, k: int) -> Ints:
    """The nearest landmarks of some rows, as positions among the landmarks: int32 (rows, k)."""
    found = search_cells(landmarks.cells, rows, k, MORE_CELLS)
    return np.where(found < 0, found[:, :1], found)  # too few: the nearest again
