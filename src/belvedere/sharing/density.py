"""How many rows lie where, with noise that hides any single row.

Counts on a fixed grid get two-sided geometric noise, Laplace's noise on whole numbers (Ghosh, Roughgarden,
Sundararajan 2009). One row more or less changes one count by one, so the counts are epsilon-differentially private for
rows added or removed *while the places of all others stay*. Places themselves were made from all rows without noise;
that step is not private, and no claim is made for it.
"""

import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from belvedere.errors import SettingError
from belvedere.sharing.coarsen import nice_step
from belvedere.values import Array

N_CELLS = 64  # cells along the longer side
PIXELS = 12  # along one cell's side
RAMP = ((247, 246, 242), (198, 215, 219), (108, 156, 173), (36, 87, 112), (12, 34, 51))  # paper to deep water


def noisy_counts(places: Array, *, epsilon: float, random: np.random.Generator | None = None) -> NDArray[np.int64]:
    """Counts of rows per cell of a grid, with noise: int64 (cells, cells), first axis down, from the top.

    Parameters
    ----------
    places : float (rows, 2)
    epsilon : float
        Above 0. The smaller, the more noise: its standard deviation is about 1.4 / epsilon rows per cell.
    random : Generator
        By default seeded by the operating system, so that nobody can take the noise away.

    Raises
    ------
    SettingError
        Where epsilon is not above 0.
    """
    if not (np.isfinite(epsilon) and epsilon > 0):
        raise SettingError(f"epsilon must be above 0, but is {epsilon}. Try 1; smaller hides more.")
    random = random or np.random.default_rng()
    there = places[np.isfinite(places).all(axis=1)]
    if not len(there):
        raise SettingError("A density picture needs rows with a place, but there are none. Make the map again.")
    step = nice_step(max(float(np.ptp(there, axis=0).max()), 1e-6) / N_CELLS)  # round, so that no row shows at the edge
    low = np.floor((there.min(axis=0) + there.max(axis=0)) / 2 / (step * 8)) * step * 8 - step * (N_CELLS + 16) / 2
    edges = [low[axis] + step * np.arange(N_CELLS + 17) for axis in (0, 1)]
    counts = np.histogram2d(there[:, 1], there[:, 0], bins=(edges[1], edges[0]))[0][::-1].astype(np.int64)
    chance = -np.expm1(-epsilon)
    noise = random.geometric(chance, counts.shape) - random.geometric(chance, counts.shape)
    return np.asarray(counts + noise)


def write_density(places: Array, path: str | os.PathLike[str], *, epsilon: float) -> Path:
    """Draw noisy counts as a .png, or write them as a .csv.

    Raises
    ------
    SettingError
        Where the ending is another, or epsilon is not above 0.
    """
    path = Path(path)
    if path.suffix.lower() not in (".png", ".csv"):
        raise SettingError(f"A density must end in .png or .csv, but is {path.name!r}. Change its ending.")
    counts = noisy_counts(places, epsilon=epsilon)
    beside = path.with_name(f".{path.name}.new-{os.getpid()}{path.suffix}")
    try:
        if path.suffix.lower() == ".csv":
            np.savetxt(beside, counts, fmt="%d", delimiter=",")
        else:
            _draw(counts).save(beside)
        beside.chmod(0o600)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    return path


def _draw(counts: NDArray[np.int64]) -> Image.Image:
    """Shades by the root of the counts; below zero is zero."""
    share = np.sqrt(np.clip(counts, 0, None) / max(1, counts.max()))
    at = share * (len(RAMP) - 1)
    stops = np.arange(len(RAMP))
    shades = np.stack([np.interp(at, stops, [color[c] for color in RAMP]) for c in range(3)], axis=-1)
    side = counts.shape[1] * PIXELS, counts.shape[0] * PIXELS
    return Image.fromarray(shades.astype(np.uint8)).resize(side, Image.Resampling.NEAREST)
