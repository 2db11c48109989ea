"""Repulsion of all rows on all rows, by convolution on a grid.

With q_ij = 1 / (1 + |y_i - y_j|^2), every row i needs the force `sum_j q_ij^2 (y_i - y_j)`, and all together Z, the sum of
all q_ij. Rows are spread over a grid by quadratic B-splines (three nodes a side), the grid is convolved with the force by
FFT, and the force is read back the same way; both directions of the force are the two parts of one complex number, and Z
comes from the spectrum. The cost grows with the grid, not with the number of pairs. That a grid can do this is due to
Linderman et al. (2019), Fast interpolation-based t-SNE, Nature Methods 16; dividing the splines out of the spectrum is
what particle-mesh methods do (Hockney and Eastwood 1988).
"""

from dataclasses import dataclass

import numba
import numpy as np
import scipy.fft
from numpy.typing import NDArray

from belvedere.layout.kernels import N_GRIDS, add_grids, read_forces, spread
from belvedere.types import Floats

CELL = 1.0  # side of a cell in map units; the kernel is about one unit wide
FEW_ROWS = 20_000  # up to here cells half as wide cost next to nothing
FEWEST, MANY, MOST = 64, 1024, 2048  # nodes a side; cells are narrower than 1 only up to MANY nodes
FAST_SIZES = np.array(
    sorted(
        {2**a * 3**b * 5**c for a in range(6, 13) for b in range(3) for c in range(3) if 2**a * 3**b * 5**c <= 2 * MOST}
    )
)
Waves = NDArray[np.complex64]


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


def frame_of(places: Floats, cell: float = CELL) -> Frame:
    """Lay a square grid round all places, two nodes wider on each side."""
    return frame_between(float(places.min()), float(places.max()), len(places), cell)


def frame_between(low: float, high: float, n_rows: int, cell: float) -> Frame:
    """The same from the least and the largest coordinate."""
    cell = cell if n_rows > FEW_ROWS else cell / 2
    wide = max(high - low, 1e-6)
    cell = max(cell, min(CELL, wide / (MANY - 6)), wide / (MOST - 6))
    cell = min(cell, wide / (FEWEST - 6))
    nodes = int(wide / cell) + 6
    size = int(FAST_SIZES[np.searchsorted(FAST_SIZES, 2 * nodes)])
    return Frame(low - 2 * cell, cell, nodes, size)


class Field:
    """Computes the repulsion of moving rows; remembers grids and transformed kernels between steps."""

    def __init__(self) -> None:
        self._kernel_of: tuple[int, float] = (0, 0.0)
        self._force, self._mass = np.empty((0, 0), np.complex64), np.empty((0, 0), np.float32)
        self._grids, self._total = np.zeros((N_GRIDS, 1, 1), np.float32), np.zeros((1, 1), np.float32)

    def at(self, places: Floats, frame: Frame) -> tuple[Floats, float]:
        """Compute the force at the grid's nodes, float32 (nodes, nodes, 2), and Z."""
        self._fit_to(frame)
        spread(places, *frame.corner, self._grids)
        return self.of_grids(self._grids, frame, len(places))

    def of_grids(self, grids: Floats, frame: Frame, n_rows: int) -> tuple[Floats, float]:
        """The same from charges that were spread over grids (grids, nodes, nodes), which are emptied."""
        self._fit_to(frame)
        add_grids(grids, self._total)
        half = _forward(self._total, frame.size)
        total = _sum_of_q(half, self._mass, frame.size) - n_rows
        forces = _backward(_whole(half) * self._force, frame.nodes)
        return forces.view(np.float32).reshape(frame.nodes, frame.nodes, 2), total

    def _fit_to(self, frame: Frame) -> None:
        if self._total.shape[0] != frame.nodes:
            self._grids = np.zeros((N_GRIDS, frame.nodes, frame.nodes), np.float32)
            self._total = np.zeros((frame.nodes, frame.nodes), np.float32)
        if self._kernel_of != (frame.size, frame.cell):
            self._force, self._mass = kernel_waves(frame.size, frame.cell)
            self._kernel_of = (frame.size, frame.cell)


def kernel_waves(size: int, cell: float) -> tuple[Waves, Floats]:
    """Transform the force (x + i y) / (1 + x^2 + y^2)^2 and the kernel q on a periodic grid, without the splines.

    Complex64 (size, size) and float32 (size, size / 2 + 1).
    """
    steps = np.arange(size, dtype=np.float32)
    gap = np.where(steps < size / 2, steps, steps - size) * np.float32(cell)
    q = 1 / (1 + gap[:, None] ** 2 + gap[None] ** 2)
    gap[size // 2] = 0  # half way round, left and right cancel
    force = (q * q) * (gap[:, None] + np.complex64(1j) * gap[None])
    spline = ((3 + np.cos(2 * np.pi * steps / size)) / 4) ** 2  # of spreading and of reading, along one side
    both = np.asarray(spline[:, None] * spline[None], np.float32)
    mass = scipy.fft.rfft2(q, workers=_workers()).real / both[:, : size // 2 + 1]
    waves = scipy.fft.fft2(force.astype(np.complex64), workers=_workers()) / both
    return np.asarray(waves, np.complex64), np.asarray(mass, np.float32)


def _workers() -> int:
    return int(numba.get_num_threads())


def _forward(charges: Floats, size: int) -> Waves:
    """Transform charges (nodes, nodes), surrounded by nothing: complex64 (size, size / 2 + 1)."""
    along = scipy.fft.rfft(charges, size, axis=1, workers=_workers())
    return np.asarray(scipy.fft.fft(along, size, axis=0, workers=_workers(), overwrite_x=True))


def _sum_of_q(half: Waves, mass: Floats, size: int) -> float:
    """Sum q over all pairs of rows, themselves included, by Parseval."""
    power = (np.square(half.real) + np.square(half.imag)) * mass
    middle = power[:, 1 : size // 2].sum(dtype=np.float64)  # stands for its mirror image too
    ends = power[:, 0].sum(dtype=np.float64) + power[:, size // 2].sum(dtype=np.float64)
    return float(2 * middle + ends) / size**2


def _whole(half: Waves) -> Waves:
    """The whole spectrum of real values from its half: complex64 (size, size)."""
    size, middle = len(half), half.shape[1] - 1
    whole = np.empty((size, size), np.complex64)
    whole[:, : middle + 1] = half
    np.conj(half[0, middle - 1 : 0 : -1], out=whole[0, middle + 1 :])
    np.conj(half[:0:-1, middle - 1 : 0 : -1], out=whole[1:, middle + 1 :])
    return whole


def _backward(waves: Waves, nodes: int) -> Waves:
    """Transform back what lies on the grid: complex64 (nodes, nodes)."""
    down = scipy.fft.ifft(waves, axis=0, workers=_workers(), overwrite_x=True)[:nodes]
    return np.ascontiguousarray(scipy.fft.ifft(down, axis=1, workers=_workers(), overwrite_x=True)[:, :nodes])


def repulsion(places: Floats, cell: float = CELL) -> tuple[Floats, float]:
    """Compute `sum_j q_ij^2 (y_i - y_j)` for every row, float32 (rows, 2), and Z."""
    frame = frame_of(places, cell)
    forces, total = Field().at(places, frame)
    push = np.empty_like(places)
    read_forces(places, forces, *frame.corner, push)
    return push, total


def frozen_field(places: Floats) -> tuple[Floats, Frame, float]:
    """Compute the field of places that no longer move: the force at the nodes, the grid, and Z."""
    frame = frame_of(places, CELL / 2)
    forces, total = Field().at(places, frame)
    return forces, frame, total


def exact_repulsion(places: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """The same sums pair by pair, in float64: what the grid is tested against, for small data."""
    gap = places[:, None] - places[None]  # (rows, rows, 2)
    q = 1 / (1 + (gap**2).sum(axis=2))
    np.fill_diagonal(q, 0)
    return (q[:, :, None] ** 2 * gap).sum(axis=1), float(q.sum())
