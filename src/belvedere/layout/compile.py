"""Compiling the inner loops ahead, once after installing; later runs read them from numba's cache."""

import numpy as np
from scipy.spatial import cKDTree

from belvedere.layout.lay_out import LayoutSettings, lay_out
from belvedere.layout.memory import find_cells, read_memory, remember
from belvedere.layout.placement import FittedMap, jitter, place_exactly
from belvedere.layout.regions import find_regions
from belvedere.progress import Progress, Silent


def warm_up(progress: Progress | None = None) -> None:
    """Compile every inner loop, by drawing a tiny map and placing rows on it."""
    tell = progress or Silent()
    tell.start("Compiling the layout (once)")
    wide = np.random.default_rng(0).standard_normal((120, 60), np.float32)
    rows = np.ascontiguousarray(wide[:, :8])
    laid = lay_out(rows, LayoutSettings(max_fitted_rows=100), full=wide)
    near = laid.graph.neighbors
    radius = laid.graph.distances.mean(axis=1)
    fitted = FittedMap(rows, laid.places, np.zeros(1, np.float32), radius=radius)
    place_exactly(fitted, cKDTree(laid.places), rows[:10])
    read_memory(remember(rows, laid.places, find_cells(rows)), rows[:10])
    jitter(fitted, near)
    find_regions(near, laid.graph.distances, laid.places)
    tell.finish()
