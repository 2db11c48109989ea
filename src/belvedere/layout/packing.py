"""What a map keeps so that new rows can be placed: a JSON-able dict and named arrays; and placing rows by them alone.

``weight.i``, ``bias.i``, ``center``, ``scale``, ``map_scale``   the place network
``mean``, ``axes``                     the projection, where the latent vectors were projected
``typical``                            quantiles of the mean neighbor distance among fitted rows
``centers``, ``center_typical``        centers of groups, and quantiles of the distance to the nearest among fitted rows
"""

from collections.abc import Mapping
from typing import Any, Literal

import faiss
import numpy as np
from numpy.typing import NDArray

from belvedere.errors import SettingError
from belvedere.layout.lay_out import Laid
from belvedere.layout.neighbors import unit_rows
from belvedere.layout.overview import find_groups
from belvedere.layout.place_network import PlaceNetwork, apply_network
from belvedere.layout.placement import FittedMap, place_exactly, typical_distances
from belvedere.layout.project import Projection, blocks, project
from belvedere.types import Floats

NOT_THE_NETWORK = ("mean", "axes", "typical", "centers", "center_typical")
N_TYPICAL = 20_000  # fitted rows whose distance to the centers is looked at
LEVELS = 1001  # quantiles kept

Tensors = Mapping[str, NDArray[Any]]


def pack(
    rows: Floats,
    full: Floats | None,
    projection: Projection | None,
    network: PlaceNetwork,
    laid: Laid,
    settings: dict[str, Any],
) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Gather what placing new rows needs; `settings` holds metric, attraction, n_neighbors and seed."""
    tensors: dict[str, NDArray[Any]] = dict(network.tensors)
    tensors["typical"] = typical_distances(laid.graph.distances[:, : settings["n_neighbors"]])
    if projection is not None:
        tensors |= {"mean": projection.mean, "axes": projection.axes}
    tensors["centers"] = find_groups(rows, seed=settings["seed"]).centers
    some = slice(None, None, max(1, len(rows) // N_TYPICAL))
    distances = _center_distances(tensors, rows[some], rows[some] if full is None else full[some])
    tensors["center_typical"] = np.quantile(distances, np.linspace(0, 1, LEVELS)).astype(np.float32)
    n_columns = rows.shape[1] if full is None else full.shape[1]
    return settings | {"n_columns": n_columns}, tensors


def place_rows(
    config: Mapping[str, Any],
    tensors: Mapping[str, NDArray[Any]],
    latent: Floats,
    places: Floats,
    new_latent: Floats,
    *,
    mode: Literal["fast", "exact"] = "exact",
) -> tuple[Floats, dict[str, Floats]]:
    """Place new rows onto a drawn map.

    Parameters
    ----------
    config, tensors :
        `place_config` and `place_tensors` of the map.
    latent, places : float (rows, dims) and float32 (rows, 2)
        Of the fitted rows.
    new_latent : float32 (new rows, dims)
    mode : str
        'fast': the network alone; 'exact': neighbors and steps in the frozen field.

    Returns
    -------
    places : float32 (new rows, 2)
    channels : dict of float32 (new rows,)
        'outlying', and 'kept' in exact mode.
    """
    if mode not in ("fast", "exact"):
        raise SettingError(f"mode must be 'fast' or 'exact', but is {mode!r}.")
    _check_new(config, new_latent)
    new = _as_prepared(config, tensors, new_latent)
    if mode == "fast":
        network = PlaceNetwork({name: tensors[name] for name in tensors if name not in NOT_THE_NETWORK})
        return apply_network(network, new[0]), {"outlying": _outlying_fast(tensors, *new)}
    old = _as_prepared(config, tensors, latent)
    fitted = FittedMap(
        old[0], np.ascontiguousarray(places, np.float32), tensors["typical"],
        config["attraction"], config["n_neighbors"], old[1] if "axes" in tensors else None,
    )  # fmt: skip
    placed = place_exactly(fitted, *new)
    return placed.places, placed.channels


def _check_new(config: Mapping[str, Any], new: Floats) -> None:
    if new.ndim != 2 or new.shape[1] != config["n_columns"]:
        raise SettingError(
            f"New rows must have {config['n_columns']} columns as the map's rows do, but have shape {new.shape}."
        )
    if not np.isfinite(new).all():
        raise SettingError("New rows must be finite, but some hold NaN or infinity. Fill missing values first.")


def _as_prepared(
    config: Mapping[str, Any], tensors: Mapping[str, NDArray[Any]], latent: Floats
) -> tuple[Floats, Floats]:
    """Rows on the map's axes, and before projection (the same where the map needed none)."""
    rows = np.ascontiguousarray(latent, np.float32)
    rows = unit_rows(rows) if config["metric"] == "cosine" else rows
    if "axes" not in tensors:
        return rows, rows
    return project(rows, Projection(tensors["mean"], tensors["axes"])), rows


def _outlying_fast(tensors: Mapping[str, NDArray[Any]], rows: Floats, full: Floats) -> Floats:
    """Share of fitted rows that lie closer to the centers of the map's groups than each row does."""
    at = np.searchsorted(tensors["center_typical"], _center_distances(tensors, rows, full), side="left")
    return np.asarray(at / len(tensors["center_typical"]), np.float32)


def _center_distances(tensors: Tensors, rows: Floats, full: Floats) -> Floats:
    """Distance to the nearest center, what the axes leave out included: float32 (rows,)."""
    squared = faiss.knn(np.ascontiguousarray(rows), np.ascontiguousarray(tensors["centers"]), 1)[0][:, 0]
    if "axes" in tensors:
        left = np.concatenate([np.square(block - tensors["mean"]).sum(axis=1) for _, block in blocks(full)])
        squared = squared + np.maximum(left - np.square(rows).sum(axis=1), 0)
    return np.asarray(np.sqrt(squared), np.float32)
