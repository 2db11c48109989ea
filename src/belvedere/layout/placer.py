"""Placing rows on a drawn map: everything that is needed, built once and kept.

*fast*: the network's memory (`belvedere.layout.memory`). *exact*: the true neighbors among all fitted rows
(`belvedere.layout.placement`). *smooth*: the network's smooth part alone, whose slope explains a place.
"""

from collections.abc import Mapping
from functools import cached_property
from threading import RLock
from typing import Any, Literal

import numpy as np
from scipy.spatial import cKDTree

from belvedere.errors import SettingError
from belvedere.layout.cells import Cells, search_cells, sort_into_cells
from belvedere.layout.landmarks import MORE_CELLS
from belvedere.layout.memory import Memory, read_memory, remember
from belvedere.layout.neighbors import unit_rows
from belvedere.layout.packing import Prepared, Tensors, kept_fast, unusual_fast
from belvedere.layout.place_network import PlaceNetwork, apply_network
from belvedere.layout.placement import FittedMap, place_exactly, said_of
from belvedere.layout.project import Projection, project
from belvedere.types import Floats, Ints

Mode = Literal["fast", "exact", "smooth"]
Placement = tuple[Floats, dict[str, Floats]]


class Placer:
    """Places new rows on one map; may be asked from several threads at once.

    Parameters
    ----------
    config, tensors :
        `place_config` and `place_tensors` of the map.
    latent, places : float (rows, dims) and float32 (rows, 2)
        Of the fitted rows.
    """

    def __init__(self, config: Mapping[str, Any], tensors: Tensors, latent: Floats, places: Floats) -> None:
        if "cells" not in tensors:
            raise SettingError(
                "A map must hold the cells of its place network, but this older one has none. Map again."
            )
        n_fitted = len(tensors["radius"])  # rows appended later count for nothing here
        self.config, self.tensors, self.latent = config, tensors, latent[:n_fitted]
        self.unit = np.float32(config.get("unit", 1.0))  # of the map's kernel
        self.places = np.ascontiguousarray(places[:n_fitted], np.float32) / self.unit
        self._lock = RLock()

    def place(self, new: Floats, *, mode: Mode = "exact") -> Placement:
        """Place rows, float32 (rows, dims): places float32 (rows, 2), and channels by name, float32 (rows,).

        Channels are 'outlying', 'far_off' (1: do not trust this place) and 'kept' (share of true neighbors kept: measured
        in mode 'exact', predicted in mode 'fast'); none in mode 'smooth'.
        """
        if mode not in ("fast", "exact", "smooth"):
            raise SettingError(f"mode must be 'fast' or 'exact', but is {mode!r}.")
        self._check(new)
        prepared = self._as_prepared(new)
        if mode == "smooth":
            return apply_network(self._smooth, prepared.rows), {}
        if mode == "fast":
            return self._place_fast(prepared)
        fitted, tree = self._built("_exact")
        placed = place_exactly(fitted, tree, prepared.rows, prepared.full)
        return placed.places * self.unit, placed.channels

    def _place_fast(self, new: Prepared) -> Placement:
        read = read_memory(self._built("_memory"), new.rows)
        channels = said_of(
            unusual_fast(read, new.rows, new.full, self.tensors), np.asarray(self.tensors["typical_fast"])
        )
        return read.places * self.unit, channels | {"kept": kept_fast(read.agreed, self.tensors)}

    def near(self, new: Floats, k: int) -> Ints:
        """The fitted rows nearest to new rows, float32 (rows, dims), as cells find them: int32 (rows, k), nearest first."""
        self._check(new)
        found = search_cells(self._built("_cells"), self._as_prepared(new).rows, k, MORE_CELLS)
        return np.asarray(np.where(found < 0, found[:, :1], found), np.int32)  # too few: the nearest again

    def _built(self, name: str) -> Any:
        """A part that is built when first asked for, by one thread alone."""
        with self._lock:
            return getattr(self, name)

    @cached_property
    def _fitted(self) -> Prepared:
        return self._as_prepared(self.latent)

    @cached_property
    def _memory(self) -> Memory:
        return remember(self._fitted.rows, self.places, np.asarray(self.tensors["cells"]))

    @cached_property
    def _cells(self) -> Cells:
        return sort_into_cells(self._fitted.rows)

    @cached_property
    def _exact(self) -> tuple[FittedMap, cKDTree]:
        old, tensors = self._fitted, self.tensors
        fitted = FittedMap(
            old.rows, self.places, np.asarray(tensors["typical"]),
            full=old.full, radius=np.asarray(tensors["radius"]),
        )  # fmt: skip
        return fitted, cKDTree(self.places)

    @cached_property
    def _smooth(self) -> PlaceNetwork:
        own = ("weight.", "bias.")
        names = [n for n in self.tensors if n.startswith(own) or n in ("center", "scale", "map_scale")]
        return PlaceNetwork({name: self.tensors[name] for name in names})

    def _check(self, new: Floats) -> None:
        n_columns = self.config["n_columns"]
        if new.ndim != 2 or new.shape[1] != n_columns:
            raise SettingError(
                f"New rows must have {n_columns} columns as the map's rows do, but have shape {new.shape}."
            )
        if not np.isfinite(new).all():
            raise SettingError("New rows must be finite, but some hold NaN or infinity. Fill missing values first.")

    def _as_prepared(self, latent: Floats) -> Prepared:
        rows = np.ascontiguousarray(latent, np.float32)
        rows = unit_rows(rows) if self.config["metric"] == "cosine" else rows
        if "axes" not in self.tensors:
            return Prepared(rows)
        return Prepared(project(rows, Projection(self.tensors["mean"], self.tensors["axes"])), rows)


def place_rows(
    config: Mapping[str, Any],
    tensors: Tensors,
    latent: Floats,
    places: Floats,
    new_latent: Floats,
    *,
    mode: Mode = "exact",
) -> Placement:
    """Place new rows onto a drawn map once; `Placer` keeps what it builds for the next ones."""
    return Placer(config, tensors, latent, places).place(new_latent, mode=mode)
