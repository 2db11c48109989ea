"""What a map keeps so that new rows can be placed: a JSON-able dict and named arrays.

``weight.i``, ``bias.i``, ``center``, ``scale``, ``map_scale``   the smooth part of the place network
``cells``                              centers of its memory's cells; the rows in them are the map's own
``mean``, ``axes``                     the projection, where the latent vectors were projected
``radius``                             mean distance of every fitted row to its neighbors
``typical``, ``typical_fast``          quantiles of how unusual fitted rows are, by true and by remembered neighbors
``kept_fast``                          share of true neighbors kept by rows placed fast, by how far their neighbors agree
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from belvedere.layout.lay_out import Laid
from belvedere.layout.memory import Memory, Reading, find_cells, read_memory, remember
from belvedere.layout.place_network import PlaceNetwork
from belvedere.layout.placement import KEPT, levels_of, share_kept, unusual
from belvedere.layout.project import Projection, blocks
from belvedere.types import Floats

N_REPLACED = 5000  # fitted rows placed again, each without itself, to learn what fast placing is worth
N_LEVELS_OF_AGREEMENT = 16
KEPT_OF_NEW = (
    0.92  # new rows keep so much of what fitted rows placed again do (held-out part of Fashion-MNIST's training)
)

Tensors = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class Prepared:
    """Rows as the map sees them: on its axes, and before projection (None where there was none)."""

    rows: Floats
    full: Floats | None = None


def pack(
    prepared: Prepared,
    projection: Projection | None,
    network: PlaceNetwork,
    laid: Laid,
    settings: dict[str, Any],
) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Gather what placing new rows needs; `settings` holds metric, attraction, n_neighbors and seed."""
    tensors: dict[str, NDArray[Any]] = dict(network.tensors)
    if projection is not None:
        tensors |= {"mean": projection.mean, "axes": projection.axes}
    near, far = laid.graph.neighbors[:, :KEPT], laid.graph.distances[:, :KEPT]
    tensors["radius"] = far.mean(axis=1) if far.size else np.zeros(len(far), np.float32)
    tensors["typical"] = levels_of(unusual(near, far, tensors["radius"]))
    tensors["cells"] = find_cells(prepared.rows, seed=settings["seed"])
    natural = replace(laid, places=laid.places / np.float32(laid.unit))
    memory = remember(prepared.rows, natural.places, tensors["cells"])
    n_columns = (prepared.rows if prepared.full is None else prepared.full).shape[1]
    said = settings | {"n_columns": n_columns, "unit": laid.unit}
    return said, tensors | _worth_of_memory(memory, prepared, natural, tensors)


def _worth_of_memory(memory: Memory, prepared: Prepared, laid: Laid, tensors: Tensors) -> dict[str, NDArray[Any]]:
    """Place some fitted rows again, each without itself: how unusual they seem, and what share of neighbors they keep."""
    rows = prepared.rows
    own = np.sort(np.random.default_rng(0).choice(len(rows), min(N_REPLACED, len(rows)), replace=False))
    again = read_memory(memory, rows[own], own=own)
    full = None if prepared.full is None else prepared.full[own]
    score = unusual_fast(again, rows[own], full, tensors)
    near = laid.graph.neighbors[own, :KEPT]
    on_map = cKDTree(laid.places).query(again.places, min(KEPT + 1, len(rows)), workers=2)[1]
    kept = (
        share_kept(near, np.asarray(on_map, np.int32).reshape(len(own), -1))
        if near.size
        else np.zeros(len(own), np.float32)
    )
    return {"typical_fast": levels_of(score), "kept_fast": _kept_by_agreement(again.agreed, kept)}


def unusual_fast(read: Reading, rows: Floats, full: Floats | None, tensors: Tensors) -> Floats:
    """How unusual rows are by the neighbors that the memory found, what the axes leave out included: float32 (rows,)."""
    far = read.distances
    if full is not None:
        left = np.concatenate([np.square(block - tensors["mean"]).sum(axis=1) for _, block in blocks(full)])
        far = np.sqrt(np.square(far) + np.maximum(left - np.square(rows).sum(axis=1), 0)[:, None])
    return unusual(read.near, far, np.asarray(tensors["radius"]))


def _kept_by_agreement(agreed: Floats, kept: Floats) -> Floats:
    """Rising levels of agreement and the mean share kept around each: float32 (2, levels)."""
    parts = np.array_split(np.argsort(agreed, kind="stable"), min(N_LEVELS_OF_AGREEMENT, len(agreed)))
    return np.asarray([[agreed[part].mean() for part in parts], [kept[part].mean() for part in parts]], np.float32)


def kept_fast(agreed: Floats, tensors: Tensors) -> Floats:
    """Share of true neighbors that rows placed fast are likely to keep: float32 (rows,)."""
    levels, kept = tensors["kept_fast"]
    return np.asarray(KEPT_OF_NEW * np.interp(agreed, levels, kept), np.float32)
