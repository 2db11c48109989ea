"""Compiling the inner loops ahead, once after installing; later runs read them from numba's cache."""

import numpy as np

from belvedere.layout.lay_out import LayoutSettings, lay_out
from belvedere.layout.placement import FittedMap, jitter, place_exactly, typical_distances
from belvedere.progress import Progress, Silent


def warm_up(progress: Progress | None = None) -> None:
    """Compile every inner loop, by drawing a tiny map and placing rows on it."""
    tell = progress or Silent()
    tell.start("Compiling the layout (once)")
    wide = np.random.default_rng(0).standard_normal((120, 60), np.float32)
    rows = np.ascontiguousarray(wide[:, :8])
    laid = lay_out(rows, LayoutSettings(max_fitted_rows=100), full=wide)
    near = laid.graph.neighbors
    fitted = FittedMap(rows, laid.places, typical_distances(laid.graph.distances))
    place_exactly(fitted, rows[:10])
    jitter(fitted, near)
    tell.finish()
