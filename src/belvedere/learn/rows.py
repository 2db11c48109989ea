"""Put rows through what was learned: latent vectors and predictions, in chunks."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import torch

from belvedere import kinds, networks, training
from belvedere.errors import SettingError
from belvedere.learn.recommend import embed_nodes
from belvedere.learn.settings import Array
from belvedere.networks import Network
from belvedere.progress import Progress, Silent
from belvedere.training import plain
from belvedere.types import Floats, Source, Target

PLAIN_CHUNK, NETWORK_CHUNK = 16_384, 4_096  # rows held in memory as arrays at a time


@torch.no_grad()
def run_network(network: Network, table: pa.Table) -> tuple[Floats, Floats]:
    """The space to be mapped and outputs of rows: (rows, space dims), (rows, outputs)."""
    arrays = kinds.make_arrays(table, network.inputs)
    batch = training.make_rows(arrays, np.zeros(table.num_rows)).arrays
    latent, outputs = [], []
    for start, stop in chunks(table.num_rows, 1024):
        part = {name: value[start:stop] for name, value in batch.items()}  # views, nothing is copied
        found = network.latent(part)
        latent.append(network.space(part, found).numpy())
        outputs.append(network.outputs(part, found).numpy())
    return np.concatenate(latent), np.concatenate(outputs)


def embed_and_predict(
    source: Source, network: Network, target: Target, temperature: float, progress: Progress, *,
    folder: str | None = None,
) -> tuple[Floats, Array]:  # fmt: skip
    """Latent vectors and predictions of all rows, in chunks: (rows, dims), (rows, width)."""
    progress.start("Embedding", source.n_rows)
    latent = plain.room(source.n_rows, network.space_dims, folder)
    predictions = []
    for start, stop in chunks(source.n_rows, NETWORK_CHUNK):
        found, outputs = run_network(network, source.read(start, stop))
        plain.put(latent, start, found)
        predictions.append(to_predictions(outputs, target, temperature))
        progress.advance(stop)
    progress.finish(f"{source.n_rows:,} rows, {network.space_dims} dimensions")
    return latent, np.concatenate(predictions)


def to_predictions(outputs: Floats, target: Target, temperature: float) -> Array:
    """Probabilities, curves or numbers in the target's units, as `training.TASKS` says: float32 (rows, width)."""
    return np.asarray(training.TASKS[target.task].answer(outputs / temperature, target), dtype=np.float32)


def name_predictions(predictions: Array, target: Target) -> tuple[Array, Floats | None]:
    """What is said of each row, and how sure the network is of it; None for numbers."""
    return training.TASKS[target.task].name(predictions, target)


def chunks(n_rows: int, size: int) -> Iterator[tuple[int, int]]:
    """Start and stop of each chunk of rows.

    Examples
    --------
    >>> list(chunks(5, 2))
    [(0, 2), (2, 4), (4, 5)]
    """
    return ((start, min(start + size, n_rows)) for start in range(0, n_rows, size))


def embedder(config: dict[str, Any], tensors: dict[str, Array]) -> Callable[[pa.Table], Floats]:
    """Build, once, the function from a table to its latent vectors."""
    if config["network"] == "two_towers":
        return lambda table: embed_nodes(config, tensors, table)
    if config["network"] != "none":
        network = networks.network_from(config, tensors)
        return lambda table: run_network(network, table)[0]
    inputs = networks.inputs_from(config, tensors)
    if "plain.directions" not in tensors:
        return lambda table: kinds.plain_space(table, inputs)
    narrow = plain.Narrowing(tensors["plain.mean"], tensors["plain.directions"], 1.0)
    return lambda table: narrow.apply(kinds.plain_space(table, inputs))


def reader(
    config: dict[str, Any], tensors: dict[str, Array]
) -> Callable[[pa.Table], tuple[Floats, Array | None, Floats | None]]:
    """Build, once, the function from a table to latent vectors, what is predicted, and how surely; None where nothing is."""
    if not config.get("target"):
        return lambda table: (embed_all(Source("new rows", table), config, tensors, Silent()), None, None)
    network, target = networks.network_from(config, tensors), Target.from_json(config["target"])

    def read(table: pa.Table) -> tuple[Floats, Array | None, Floats | None]:
        source, temperature = Source("new rows", table), float(config["temperature"])
        latent, predictions = embed_and_predict(source, network, target, temperature, Silent())
        return latent, *name_predictions(predictions, target)

    return read


def embed_all(
    source: Source, config: dict[str, Any], tensors: dict[str, Array], progress: Progress, *, folder: str | None = None
) -> Floats:
    """Latent vectors of all rows in one array filled in chunks: float32 (rows, dims)."""
    embed = embedder(config, tensors)

    def read(start: int, stop: int) -> Floats:
        progress.advance(stop)
        return embed(source.read(start, stop))

    return plain.fill(source.n_rows, read, chunk=chunk_for(config), folder=folder)


def chunk_for(config: dict[str, Any]) -> int:
    """How many rows are embedded at a time."""
    return PLAIN_CHUNK if config["network"] == "none" else NETWORK_CHUNK


def embed_rows(config: dict[str, Any], tensors: dict[str, Array], table: pa.Table) -> Floats:
    """Latent vectors of new rows with the same columns: float32 (rows, dims)."""
    return embed_all(Source("new rows", table), config, tensors, Silent())


def predict_rows(config: dict[str, Any], tensors: dict[str, Array], table: pa.Table) -> tuple[Array, Floats | None]:
    """Predictions for new rows, and how sure the network is of them (None for numbers).

    Raises
    ------
    SettingError
        If nothing was learned to predict.
    """
    target, predictions = _predict(config, tensors, table)
    return name_predictions(predictions, target)


def predict_chances(
    config: dict[str, Any], tensors: dict[str, Array], table: pa.Table
) -> tuple[tuple[str, ...], Floats]:
    """Names of the classes, and the probability of each for new rows: float32 (rows, classes).

    Raises
    ------
    SettingError
        If nothing was learned to predict, or numbers were.
    """
    target, predictions = _predict(config, tensors, table)
    if not target.classes:
        raise SettingError(
            f"Probabilities need a target of classes, but {target.name!r} holds numbers. Ask for predictions."
        )
    return target.classes, predictions


def _predict(config: dict[str, Any], tensors: dict[str, Array], table: pa.Table) -> tuple[Target, Array]:
    """What is predicted, and the predictions as numbers."""
    if not config.get("target"):
        raise SettingError(
            "Predictions need a network that learned a target, but this one has none. Learn with --target."
        )
    target = Target.from_json(config["target"])
    network, source = networks.network_from(config, tensors), Source("new rows", table)
    _, predictions = embed_and_predict(source, network, target, float(config["temperature"]), Silent())
    return target, predictions
