"""Repulsion of all rows on all rows, by convolution on a grid.

With q_ij = 1 / (1 + |y_i - y_j|^2), four sums over all rows j are needed at every row i: of q^2, q^2 x_j, q^2 y_j and q.
Each is a convolution of charges with a fixed kernel: rows are spread over a grid (three nodes a side, parabolas), the grid
is convolved by FFT, and the sums are read back the same way. The cost grows with the grid, not with the number of pairs.
The scheme is that of Linderman et al. (2019), Fast interpolation-based t-SNE, Nature Methods 16; the kernels are our own.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from belvedere.layout.kernels import N_GRIDS, add_grids, gather, spread
from belvedere.types import Floats

CELL = 1.0  # side of a cell in map units; the kernel is about one unit wide
FEW_ROWS = 20_000  # up to here finer cells cost next to nothing
FEWEST, MOST = 64, 2048  # nodes a side
FAST_SIZES = np.array(
    sorted(
        {2**a * 3**b * 5**c for a in range(6, 13) for b in range(3) for c in range(3) if 2**a * 3**b * 5**c <= 2 * MOST}
    )
)


@dataclass(frozen=True)
class Frame:
    """Where the grid lies: node (u, v) is at `low + (u, v) * cell`, `nodes` a side, transformed at `size`."""

    low: float
    cell: float
    nodes: int
    size: int

    @property
    def corner(self) -> tuple[np.float32, np.float32]:
        """What kernels need: the low corner and the number of cells per unit."""
        return np.float32(self.low), np.float32(1 / self.cell)


def frame_of(places: Floats) -> Frame:
    """Lay a square grid round all places, two nodes wider on each side."""
    cell = CELL if len(places) > FEW_ROWS else CELL / 2
    low, high = float(places.min()), float(places.max())
    wide = max(high - low, 1e-6)
    cell = min(max(cell, wide / (MOST - 6)), wide / (FEWEST - 6))
    nodes = int(wide / cell) + 6
    size = int(FAST_SIZES[np.searchsorted(FAST_SIZES, 2 * nodes)])
    return Frame(low - 2 * cell, cell, nodes, size)


class Field:
    """Computes the repulsion of moving rows; remembers grids and transformed kernels between steps."""

    def __init__(self) -> None:
        self._kernel_of: tuple[int, float] = (0, 0.0)
        self._kernels = torch.empty(0)
        self._grids = np.zeros((N_GRIDS, 3, 1, 1), np.float32)
        self._total = torch.empty(0)

    def read(self, places: Floats, push: Floats, mass: Floats) -> float:
        """Compute `sum_j q_ij^2 (y_i - y_j)` into `push` (rows, 2) and return Z, the sum of all q_ij."""
        frame = frame_of(places)
        gather(places, self.at(places, frame), *frame.corner, push, mass)
        return float(mass.sum(dtype=np.float64))

    def at(self, places: Floats, frame: Frame) -> Floats:
        """Compute the four sums at the grid's nodes: float32 (4, nodes, nodes)."""
        self._fit_to(frame)
        spread(places, *frame.corner, self._grids)
        add_grids(self._grids, self._total.numpy())
        charges = torch.fft.rfft2(self._total)
        waves = torch.empty((4, *charges.shape[1:]), dtype=torch.complex64)
        torch.mul(charges, self._kernels[1], out=waves[:3])
        torch.mul(charges[0], self._kernels[0], out=waves[3])
        sums = torch.fft.irfft2(waves, s=(frame.size, frame.size))
        return np.asarray(sums[:, : frame.nodes, : frame.nodes].numpy())

    def _fit_to(self, frame: Frame) -> None:
        if self._grids.shape[2] != frame.nodes:
            self._grids = np.zeros((N_GRIDS, 3, frame.nodes, frame.nodes), np.float32)
            self._total = torch.zeros((3, frame.size, frame.size))
        if self._kernel_of != (frame.size, frame.cell):
            self._kernels, self._kernel_of = kernel_waves(frame.size, frame.cell), (frame.size, frame.cell)


def kernel_waves(size: int, cell: float) -> torch.Tensor:
    """Transform the kernels q and q^2 on a periodic grid: complex64 (2, size, size / 2 + 1)."""
    steps = torch.arange(size, dtype=torch.float32)
    squared = (torch.minimum(steps, size - steps) * cell) ** 2
    q = 1 / (1 + squared[:, None] + squared[None])
    waves: torch.Tensor = torch.fft.rfft2(torch.stack([q, q * q]))
    return waves


def frozen_field(places: Floats) -> tuple[Floats, Frame, float]:
    """Compute the field of places that no longer move: its values at the nodes, the grid, and Z."""
    frame, field = frame_of(places), Field()
    values = field.at(places, frame)
    push, mass = np.empty_like(places), np.empty(len(places), np.float32)
    gather(places, values, *frame.corner, push, mass)
    return np.ascontiguousarray(values), frame, float(mass.sum(dtype=np.float64))


def exact_repulsion(places: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """The same sums pair by pair, in float64: what the grid is tested against, for small data."""
    gap = places[:, None] - places[None]  # (rows, rows, 2)
    q = 1 / (1 + (gap**2).sum(axis=2))
    np.fill_diagonal(q, 0)
    return (q[:, :, None] ** 2 * gap).sum(axis=1), float(q.sum())
