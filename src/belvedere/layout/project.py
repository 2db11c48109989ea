"""Projection on principal axes: the first step of the map, and its starting picture.

Exact by the covariance for up to 2,000 columns, by randomized SVD (Halko, Martinsson and Tropp 2011) for more. The sign
of every axis is fixed by its largest entry, so that the same data give the same picture everywhere.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from belvedere.layout.kernels import multiply
from belvedere.types import Floats
from belvedere.values import array_in

BLOCK = 2048  # rows worked on at once
EXACT_COLUMNS = 2000


@dataclass(frozen=True)
class Projection:
    """A linear map onto few axes.

    Attributes
    ----------
    mean : float32 (columns,)
    axes : float32 (columns, n_axes)
        Orthonormal, largest variance first.
    share : float
        Share of the variance that the axes keep, 0 to 1.
    """

    mean: Floats
    axes: Floats
    share: float = 1.0


def fit_projection(rows: Floats, n_axes: int = 50, *, seed: int = 0) -> Projection:
    """Find the principal axes of rows.

    Parameters
    ----------
    rows : float32 (rows, columns)
    n_axes : int
        How many axes to keep, at most; never more than there are columns.
    seed : int
        For the random test vectors where there are more than 2,000 columns.

    Examples
    --------
    >>> line = np.outer(np.arange(4, dtype=np.float32), np.float32([3, 4]))
    >>> fit_projection(line, 1).axes.ravel().astype(float).round(2).tolist()
    [0.6, 0.8]
    """
    mean = _mean(rows)
    n_axes = min(n_axes, rows.shape[1])
    find = _exact_axes if rows.shape[1] <= EXACT_COLUMNS else _random_axes
    axes, kept, total = find(rows, mean, n_axes, seed)
    largest = axes[np.abs(axes).argmax(axis=0), np.arange(axes.shape[1])]
    axes = axes * np.where(largest < 0, -1, 1)
    return Projection(mean, np.ascontiguousarray(axes, np.float32), kept / total if total > 0 else 1.0)


def project(rows: Floats, projection: Projection, folder: str | None = None) -> Floats:
    """Project rows: float32 (rows, n_axes), in memory or in a file in a folder.

    Each row is multiplied alone, so that its numbers do not depend on the rows beside it.
    """
    out = array_in(folder, (len(rows), projection.axes.shape[1]), np.float32)
    for start, block in blocks(rows):
        multiply(block - projection.mean, projection.axes, out[start : start + len(block)])
    return out


def blocks(rows: Floats) -> Iterator[tuple[int, Floats]]:
    """Cut rows into blocks: pairs of first row number and float32 rows."""
    for start in range(0, len(rows), BLOCK):
        yield start, np.ascontiguousarray(rows[start : start + BLOCK], np.float32)


def _mean(rows: Floats) -> Floats:
    total = np.zeros(rows.shape[1], np.float64)
    for _, block in blocks(rows):
        total += block.sum(axis=0, dtype=np.float64)
    return np.asarray(total / len(rows), np.float32)


def _exact_axes(rows: Floats, mean: Floats, n_axes: int, _seed: int) -> tuple[Floats, float, float]:
    covariance = np.zeros((rows.shape[1], rows.shape[1]), np.float32)
    for _, block in blocks(rows):
        centered = block - mean
        covariance += centered.T @ centered
    values, vectors = np.linalg.eigh(covariance.astype(np.float64))
    return vectors[:, ::-1][:, :n_axes], float(values[-n_axes:].sum()), float(values.sum())


def _random_axes(rows: Floats, mean: Floats, n_axes: int, seed: int) -> tuple[Floats, float, float]:
    width = min(n_axes + 20, *rows.shape)
    basis = np.random.default_rng(seed).standard_normal((rows.shape[1], width), np.float32)
    for _ in range(4):
        basis = np.linalg.qr(_gram_times(rows, mean, basis))[0]
    _, values, vectors = np.linalg.svd(_times(rows, mean, basis), full_matrices=False)
    total = sum(float(np.square(block - mean).sum(dtype=np.float64)) for _, block in blocks(rows))
    kept = float(np.square(values[:n_axes]).sum())
    return np.asarray(basis @ vectors[:n_axes].T, np.float32), kept, total


def _times(rows: Floats, mean: Floats, basis: Floats) -> Floats:
    return np.concatenate([(block - mean) @ basis for _, block in blocks(rows)])


def _gram_times(rows: Floats, mean: Floats, basis: Floats) -> Floats:
    total = np.zeros(basis.shape, np.float32)
    for _, block in blocks(rows):
        centered = block - mean
        total += centered.T @ (centered @ basis)
    return total
