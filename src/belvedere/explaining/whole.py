"""The whole function of a map, from a row's columns to its place or its prediction, open to gradients.

A `Whole` is built once per map and asked many times. Its entrance is the network's gates, or for maps of the plain
space the standardized columns themselves.
"""

import weakref
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import torch
from numpy.typing import NDArray
from torch import Tensor

from belvedere import kinds, networks
from belvedere.errors import SettingError
from belvedere.explain.integrate import Function, Gates
from belvedere.explaining.doubts import reference
from belvedere.explaining.forcing import Picked, replaced, watched
from belvedere.explaining.gates import Array, Gate, Share, as_batch, gates_of, gates_of_likeness, merged
from belvedere.explaining.plain_space import PlainEntrance
from belvedere.networks import Network
from belvedere.networks.blocks import Batch
from belvedere.types import Floats, Input, MapContent, Target

ONE_NUMBER = ("regression", "cox")  # tasks whose prediction is one number
PREDICTED = ("binary", "multiclass", "multilabel", *ONE_NUMBER)  # tasks whose predictions can be explained
SAMPLE = 512  # training rows behind the baseline and the spread of outputs


@dataclass(frozen=True)
class Ends:
    """Both ends of the path of some rows, and what else the network needs of them."""

    start: Gates
    stop: Gates
    batch: Batch
    shift: Gates = ()  # the way at the gates, where the path itself runs behind them


class Entrance(Protocol):
    """Where paths enter: from a table to the gates, from the gates to latent vectors, from slopes to columns."""

    inputs: tuple[Input, ...]

    def read(self, table: pa.Table) -> Ends:
        """Values at the gates for the baseline and for each row."""

    def latent(self, values: Gates, items: Tensor, batch: Batch) -> Tensor:
        """Latent vectors (items, dims) of values at the gates; `items` says which row each belongs to."""

    def space(self, values: Gates, items: Tensor, batch: Batch) -> Tensor:
        """Vectors of the space that is mapped, likewise: the latent ones, and what the map holds beside them."""

    def fold(self, slopes: Gates, ends: Ends) -> list[Share]:
        """Contributions of each input."""


class NetworkEntrance:
    """The gates of a network; `typical` is the baseline row as arrays of one row."""

    def __init__(self, network: Network, typical: dict[str, Array]) -> None:
        self.network, self.inputs, self.typical = network.requires_grad_(requires_grad=False), network.inputs, typical
        self.gates: list[Gate] = gates_of(list(network.encoders), network.inputs)  # type: ignore[arg-type]
        self.gates += gates_of_likeness(network.likeness)

    def read(self, table: pa.Table) -> Ends:
        """Run the rows and the baseline through the network and note what passes the gates."""
        batch = as_batch(kinds.make_arrays(table, self.inputs))
        lengths = {name: value for name, value in batch.items() if name.endswith(".length")}
        stop = self._seen(batch)
        at_blank = self._seen(self._blank(table.num_rows) | lengths) if lengths else self._at_blank
        start = tuple(
            gate.blank(value) if gate.blank else base.expand_as(value).clone()
            for gate, value, base in zip(self.gates, stop, at_blank, strict=True)
        )
        shift = tuple(b - a for a, b in zip(start, stop, strict=True))
        return Ends(self._lifted(start), self._lifted(stop), batch, shift)

    def _lifted(self, values: Gates) -> Gates:
        with torch.no_grad():
            return tuple(gate.lift(value) for gate, value in zip(self.gates, values, strict=True))

    def _blank(self, n_rows: int) -> Batch:
        return {k: torch.from_numpy(v).expand(n_rows, *v.shape[1:]) for k, v in self.typical.items()}

    @cached_property
    def _at_blank(self) -> Gates:
        """What passes the gates of the one baseline row."""
        return self._seen(self._blank(1))

    @torch.no_grad()
    def _seen(self, batch: Batch) -> Gates:
        with watched(self.gates, batch) as seen:
            self.network.space(batch)
        return tuple(seen)

    def latent(self, values: Gates, items: Tensor, batch: Batch) -> Tensor:
        """Run the network with its gates forced to these values."""
        return self._run(self.network.latent, values, items, batch)

    def space(self, values: Gates, items: Tensor, batch: Batch) -> Tensor:
        """The same, up to the space that is mapped."""
        return self._run(self.network.space, values, items, batch)

    def _run(self, function: Callable[[Batch], Tensor], values: Gates, items: Tensor, batch: Batch) -> Tensor:
        forced = {gate.key: value for gate, value in zip(self.gates, values, strict=True) if gate.module is None}
        with replaced(self.gates, values):
            return function(Picked(batch, items, forced))

    def fold(self, slopes: Gates, ends: Ends) -> list[Share]:
        """Contributions by column and its parts."""
        shares = []
        for gate, slope, shift in zip(self.gates, slopes, ends.shift, strict=True):
            shares += gate.fold(gate.inner.pull(slope) if gate.inner else slope, shift, ends.batch)
        return merged(shares)


class Placing:
    """The place network, open to gradients: (rows, dims) -> (rows, 2) in map units.

    The smooth part: must equal `draw.place_rows(..., mode="smooth")`, which a test checks.
    """

    def __init__(self, config: dict[str, Any], tensors: dict[str, Array]) -> None:
        self.is_cosine = config["metric"] == "cosine"
        self.tensors = {name: torch.from_numpy(np.array(value, np.float32)) for name, value in tensors.items()}
        self.n_layers = sum(name.startswith("weight.") for name in tensors)

    def __call__(self, latent: Tensor) -> Tensor:
        """Place latent vectors."""
        t = self.tensors
        x = torch.nn.functional.normalize(latent, dim=1, eps=1e-12) if self.is_cosine else latent
        x = (x - t["mean"]) @ t["axes"] if "axes" in t else x
        x = (x - t["center"]) / t["scale"]
        for i in range(self.n_layers - 1):
            y = torch.nn.functional.silu(torch.nn.functional.linear(x, t[f"weight.{i}"], t[f"bias.{i}"]))
            x = x + y if x.shape == y.shape else y
        last = self.n_layers - 1
        return torch.nn.functional.linear(x, t[f"weight.{last}"], t[f"bias.{last}"]) * t["map_scale"]


@dataclass(frozen=True)
class Whole:
    """A map's function and what is needed to speak of it."""

    content: MapContent
    entrance: Entrance
    placing: Placing
    target: Target | None
    network: Network | None

    @property
    def predicts(self) -> bool:
        """Whether it predicts a class or a number, so that there is a prediction to explain."""
        return self.network is not None and self.target is not None and self.target.task in PREDICTED

    @cached_property
    def width(self) -> float:
        """The longer side of the map, in map units."""
        return float(np.ptp(self.content.places, axis=0).max()) or 1.0

    @cached_property
    def sample(self) -> NDArray[np.int64]:
        """Numbers of some training rows."""
        return training_sample(self.content)

    @cached_property
    def spread(self) -> float:
        """Range of the predicted outputs over the sample: what an error of a prediction is measured by."""
        outputs = self.outputs(self.content.rows.take(pa.array(self.sample)))
        return float(np.ptp(outputs, axis=0).max()) or 1.0

    @cached_property
    def middle(self) -> float:
        """Median prediction of a number over the sample."""
        return float(np.median(self.outputs(self.content.rows.take(pa.array(self.sample)))[:, 0]))

    @cached_property
    def reference(self) -> tuple[Floats, NDArray[np.float64]]:
        """Latent vectors of some rows, and how far rows usually lie from their neighbors among them."""
        return reference(self.content)

    @torch.no_grad()
    def outputs(self, table: pa.Table) -> NDArray[np.float32]:
        """Class scores, or numbers in the target's units: float32 (rows, outputs); two columns where two classes."""
        assert self.network is not None
        assert self.target is not None
        batch = as_batch(kinds.make_arrays(table, self.network.inputs))
        return np.asarray(self.scored(self.network.latent(batch)).numpy(), dtype=np.float32)

    def scored(self, latent: Tensor) -> Tensor:
        """Class scores less their mean (rows, classes), or numbers in the target's units (rows, 1)."""
        assert self.network is not None
        assert self.target is not None
        found = self.network.output(latent)
        if self.target.task in ONE_NUMBER:
            return found * self.target.std + self.target.mean
        if self.target.task == "multilabel":  # every label has its own answer
            return found
        if found.shape[1] == 1:  # one logit speaks for two classes
            found = torch.cat([-found / 2, found / 2], dim=1)
        return found - found.mean(dim=1, keepdim=True)

    def place_function(self, ends: Ends) -> Function:
        """From gates to places."""
        return lambda values, items: self.placing(self.entrance.space(values, items, ends.batch))

    def prediction_function(self, ends: Ends, classes: Tensor) -> Function:
        """From gates to the score of one class per row, or to the predicted number."""

        def function(values: Gates, items: Tensor) -> Tensor:
            scores = self.scored(self.entrance.latent(values, items, ends.batch))
            return scores if scores.shape[1] == 1 else scores.gather(1, classes[items][:, None])

        return function


def predicting(content: MapContent) -> Whole:
    """The function of a map whose predictions can be explained.

    Raises
    ------
    SettingError
        If it predicts nothing, or neither classes nor numbers.
    """
    whole = whole_of(content)
    if whole.target is None or whole.network is None:
        raise SettingError(
            "A map must predict a target to explain a prediction, but this one has none. Explain places, or map the data "
            "with a target."
        )
    if not whole.predicts:
        raise SettingError(
            f"A prediction must be a class or a number to be explained, but this map's task is {whole.target.task!r}. "
            "Explain places, or compare groups of rows."
        )
    return whole


def training_sample(content: MapContent) -> NDArray[np.int64]:
    """Numbers of at most `SAMPLE` training rows, drawn by a fixed seed."""
    rows = np.arange(content.n_rows)
    if content.split is not None and (np.asarray(content.split) == "train").any():
        rows = rows[np.asarray(content.split) == "train"]
    few = np.random.default_rng(0).choice(len(rows), min(SAMPLE, len(rows)), replace=False)
    return np.asarray(rows[np.sort(few)], dtype=np.int64)


def typical_row(arrays: dict[str, Array]) -> dict[str, Array]:
    """The baseline row: means of numbers, times, vectors and pixels, the commonest code, no words, no gaps."""
    typical: dict[str, Array] = {}
    for name, values in arrays.items():
        part = name.rsplit(".", 1)[1]
        if part == "code":
            typical[name] = np.array([np.bincount(values).argmax()], dtype=np.int64)
        elif part in ("tokens", "grams", "missing"):
            typical[name] = np.zeros_like(values[:1])
        elif part == "length":
            typical[name] = np.array([int(values.max(initial=1))], dtype=np.int64)
        else:
            typical[name] = values.mean(axis=0, keepdims=True, dtype=np.float64).astype(np.float32)
    return typical


def halves_of(content: MapContent) -> tuple[tuple[dict[str, Any], dict[str, Array]], ...]:
    """Config and tensors of the learning and of the placing half.

    Raises
    ------
    SettingError
        If the map holds no network.
    """
    config, tensors = content.network_config, content.network_tensors
    if config is None or tensors is None:
        raise SettingError("A map must hold its network to explain itself, but this one has none. Map the data again.")
    return tuple(
        (config[half], {k.removeprefix(f"{half}."): v for k, v in tensors.items() if k.startswith(f"{half}.")})
        for half in ("learn", "place")
    )


def whole_of(content: MapContent) -> Whole:
    """The function of a map; built once for each of the last few maps asked about."""
    for kept, whole in _built:
        if kept() is content:
            return whole
    whole = build_whole(content)
    _built.append((weakref.ref(content), whole))
    del _built[:-4]
    return whole


_built: list[tuple[Callable[[], MapContent | None], Whole]] = []  # building takes longer than asking


def build_whole(content: MapContent) -> Whole:
    """Build the function of a map from its network."""
    learned, placed = halves_of(content)
    placing = Placing(*placed)
    if learned[0].get("network") == "none":
        return Whole(content, PlainEntrance(*learned), placing, None, None)
    if learned[0].get("network") == "two_towers":
        raise SettingError(
            "A network must read columns to be explained, but this one knows users and items by their meetings alone. "
            "Look at the true neighbors of a row instead."
        )
    network = networks.network_from(*learned)
    sample = content.rows.take(pa.array(training_sample(content)))
    typical = typical_row(kinds.make_arrays(sample, network.inputs))
    told = learned[0].get("target")
    target = Target(**told | {"classes": tuple(told["classes"])}) if told else None
    return Whole(content, NetworkEntrance(network, typical), placing, target, network)
