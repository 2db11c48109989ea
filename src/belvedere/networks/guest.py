"""Guests: networks from outside that read columns and give one vector per row: any torch module, any Keras 3 model.

A guest travels as its name, a `str` that carries what builds it: wherever a network is named, a guest can be named.
A map keeps a guest's weights but never its code; whoever opens the map hands the code over again.
"""

import copy
import inspect
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from belvedere.errors import SettingError
from belvedere.networks.blocks import Batch, Encoder
from belvedere.networks.images import pixel_statistics, scaled_pixels
from belvedere.networks.mlp import TABLE_KINDS, plain_columns
from belvedere.types import Input

Inputs = list[tuple[int, Input]]
RICH = ("image", "sequence", "text")
PREFIX = "guest:"
N_PROBED = 2  # rows that a guest is tried on


class Guest(str):
    """The name of a guest, and what builds it: a module (copied, never changed) or a function that makes one.

    A function may take the list of `Input`s that its module will read, to fit its sizes to them. An attribute `reads`
    of either says which kinds of columns it reads ("image", …), or "batch" for all arrays by name.

    Examples
    --------
    >>> Guest(nn.Identity())
    'guest:Identity'
    """

    maker: Any

    def __new__(cls, maker: Any) -> "Guest":
        """Name the guest after its class or function."""
        named = maker if hasattr(maker, "__name__") else type(maker)
        guest = super().__new__(cls, PREFIX + named.__name__.strip("<>"))
        guest.maker = maker
        return guest

    def __deepcopy__(self, memo: dict[int, Any]) -> "Guest":
        return self

    def __reduce__(self) -> tuple[type["Guest"], tuple[Any]]:
        return Guest, (self.maker,)

    def reads(self, inputs: tuple[Input, ...]) -> tuple[str, ...]:
        """Kinds of the columns that it reads: as it says, else the first rich kind among them, else cells of a table."""
        told, found = getattr(self.maker, "reads", None), [item.kind for item in inputs]
        if told == "batch":
            return tuple(dict.fromkeys(found))
        if told:
            return (told,) if isinstance(told, str) else tuple(told)
        return next(((kind,) for kind in RICH if kind in found), TABLE_KINDS)

    def build(self, inputs: list[Input]) -> nn.Module:
        """A module of its own for one network."""
        maker = self.maker
        given = () if isinstance(maker, nn.Module) or not _n_needed(maker) else (inputs,)
        made = copy.deepcopy(maker) if isinstance(maker, nn.Module) else maker(*given)
        if not isinstance(made, nn.Module):
            raise SettingError(f"{self.told} must make a torch.nn.Module, but makes a {type(made).__name__}.")
        return KerasModel(made) if is_keras(made) else made

    @property
    def told(self) -> str:
        """How it is spoken of."""
        return f"The network {self.removeprefix(PREFIX)!r}"


def invite(network: Any) -> str:
    """The name of a network, which carries it if it comes from outside.

    Raises
    ------
    SettingError
        If it is neither a name nor a torch module nor a function that makes one.
    """
    if isinstance(network, str):
        return network
    if is_keras(network) and not isinstance(network, nn.Module):
        raise SettingError(
            "A Keras model must run on torch, but this one runs on another backend. Set the environment variable "
            "KERAS_BACKEND=torch before Keras is imported."
        )
    if not callable(network):
        raise SettingError(
            f"The network must be a name, a torch.nn.Module, or a function that makes one, but is a "
            f"{type(network).__name__}. Use 'auto' to have one chosen."
        )
    return Guest(network)


def missing_guest(name: str) -> SettingError:
    """What to say where a map's guest is not at hand."""
    return SettingError(
        f"The network of this map is {name.removeprefix(PREFIX)!r}, whose code is not in the map; only its weights are. "
        "Hand it over again: belvedere.open(path, network=…)."
    )


def seat(config: dict[str, Any], network: Any) -> dict[str, Any]:
    """The learned half's config with its guest at its place.

    Raises
    ------
    SettingError
        If the network has no place for a guest.
    """
    guest, parts = invite(network), config.get("parts", [])
    if not isinstance(guest, Guest) or not any(part["network"].startswith(PREFIX) for part in parts):
        raise SettingError(
            f"A network can only be handed to a map that learned with one from your code, but this one has "
            f"{config.get('network')!r}. Open it without."
        )
    seated = [{**part, "network": guest} if part["network"].startswith(PREFIX) else part for part in parts]
    return {**config, "parts": seated}


class GuestEncoder(Encoder):
    """Hands a guest what it reads, on the scale that our own encoders see. batch -> (rows, dims).

    Images come as float (rows, channels, height, width), for Keras with channels last; sequences as (rows, steps,
    channels), and their lengths too where the module needs two arguments; texts as int64 (rows, length), 0 = padding;
    cells of a table as one matrix (rows, columns).
    """

    def __init__(self, inputs: Inputs, guest: Guest) -> None:
        super().__init__()
        self.inputs, self.guest, self.position = inputs, guest, inputs[0][0]
        told = getattr(guest.maker, "reads", None)
        kind = inputs[0][1].kind
        self.way = "batch" if told == "batch" else "cells" if kind in TABLE_KINDS else kind
        if self.way == "image":
            for name, value in zip(("mean", "std"), pixel_statistics(inputs[0][1]), strict=True):
                self.register_buffer(name, value, persistent=False)
        self.module = guest.build([item for _, item in inputs])
        self.takes_lengths = self.way == "sequence" and _n_needed(self.module.forward) > 1
        self.dims = self._probe()

    def forward(self, batch: Batch) -> Tensor:
        """Whatever the guest makes of it."""
        y: Tensor = self.module(*self.arguments(batch))
        return y

    def arguments(self, batch: Batch) -> tuple[Any, ...]:
        """What the guest is called with."""
        if self.way == "batch":
            names = {str(position): item.name for position, item in self.inputs}
            parts = [(key.partition("."), value) for key, value in batch.items()]
            return ({f"{names[at]}.{part}": value for (at, _, part), value in parts if at in names},)
        if self.way == "cells":
            return (plain_columns(batch, self.inputs),)
        if self.way == "image":
            x = scaled_pixels(batch[f"{self.position}.pixels"], self.get_buffer("mean"), self.get_buffer("std"))
            return (x.permute(0, 2, 3, 1) if isinstance(self.module, KerasModel) else x.contiguous(),)
        if self.way == "sequence":
            steps = batch[f"{self.position}.steps"]
            return (steps, batch[f"{self.position}.length"]) if self.takes_lengths else (steps,)
        return (batch[f"{self.position}.tokens"].long(),)

    @torch.no_grad()
    def _probe(self) -> int:
        """Dimensions of its vectors, found by trying it on blank rows; layers that wait for a first batch get one."""
        blank = {key: value for position, item in self.inputs for key, value in blank_rows(position, item).items()}
        given, was_training = self.arguments(blank), self.module.training
        self.module.eval()
        try:
            made = self.module(*given)
        except Exception as error:  # a guest may raise anything; the person must learn what it was given
            shown = given[0] if self.way == "batch" else {"the first argument": given[0]}
            shapes = ", ".join(f"{name} {str(v.dtype)[6:]} {tuple(v.shape)}" for name, v in shown.items())
            raise SettingError(
                f"{self.guest.told} must take {shapes}, but raised {type(error).__name__}: {error}. "
                "Change its first layer, or say what it reads: reads = 'image' or 'batch'."
            ) from error
        self.module.train(was_training)
        if not isinstance(made, Tensor) or made.dim() != 2 or len(made) != N_PROBED or not made.is_floating_point():
            found = f"{tuple(made.shape)}" if isinstance(made, Tensor) else f"a {type(made).__name__}"
            raise SettingError(
                f"{self.guest.told} must give one vector per row, ({N_PROBED}, dims) for {N_PROBED} rows, but gives "
                f"{found}. Pool or flatten what it gives."
            )
        if isinstance(self.module, KerasModel):
            self.module.own_weights()
        return int(made.shape[1])


def blank_rows(position: int, item: Input, n_rows: int = N_PROBED) -> Batch:
    """Rows of nothing, in the shapes that `kinds` makes."""
    info = item.info
    if item.kind == "number":
        parts: dict[str, Tensor] = {"value": torch.zeros(n_rows), "missing": torch.zeros(n_rows)}
    elif item.kind in ("category", "boolean"):
        parts = {"code": torch.zeros(n_rows, dtype=torch.long)}
    elif item.kind in ("time", "vector"):
        parts = {"value": torch.zeros(n_rows, int(info["d"]))}
    elif item.kind == "image":
        sides = (int(info["height"]), int(info["width"]), int(info["channels"]))
        parts = {"pixels": torch.zeros(n_rows, *sides, dtype=torch.uint8)}
    elif item.kind == "sequence":
        n_steps = int(info["T"])
        steps = torch.zeros(n_rows, n_steps, int(info["d"]))
        parts = {"steps": steps, "length": torch.full((n_rows,), n_steps)}
    else:
        widths = {name: int(info[size]) for name, size in (("tokens", "length"), ("grams", "most_grams"))}
        parts = {name: torch.zeros(n_rows, width, dtype=torch.int32) for name, width in widths.items()}
    return {f"{position}.{name}": value for name, value in parts.items()}


def is_keras(module: Any) -> bool:
    """Whether it is a Keras model, found without importing Keras."""
    return any(base.__module__.partition(".")[0] == "keras" for base in type(module).__mro__)


class KerasModel(nn.Module):
    """A Keras 3 model on torch, with three of its ways put right.

    Dropout and batch normalization obey the argument `training`, not `train()` and `eval()`; names of weights count up
    with every model made, so that saved weights would not fit again; images have channels last (see `GuestEncoder`).
    Here weights are named by their order, and the model is hidden from torch, which would name them again.
    """

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.hidden: tuple[Any, ...] = (model,)  # in a tuple, or torch would take it for a layer

    def own_weights(self) -> None:
        """Take over the weights, which exist once the model was called."""
        for number, variable in enumerate(self.hidden[0].variables):
            self.register_parameter(f"weight_{number}", variable.value)

    def forward(self, x: Tensor) -> Tensor:
        """Call the model, saying whether it is being trained."""
        y: Tensor = self.hidden[0](x, training=self.training)
        return y

    def __deepcopy__(self, memo: dict[int, Any]) -> "KerasModel":
        twin = KerasModel(copy.deepcopy(self.hidden[0], memo))
        twin.own_weights()
        return twin.train(self.training)


def _n_needed(function: Callable[..., Any]) -> int:
    """How many arguments without a default it takes by position."""
    try:
        found = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):  # written in C
        return 0
    by_position = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return sum(p.kind in by_position and p.default is inspect.Parameter.empty for p in found)
