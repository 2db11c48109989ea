"""Gates: where the path from the baseline to a row enters a network, and whose each number there is.

Numbers, categories and words enter after their embedding, so that a straight path between two of them exists; pixels,
steps and vectors enter as they are. `GATES` is the visible table: an encoder without a line there cannot be explained.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from belvedere.errors import SettingError
from belvedere.explaining.rocket import owed_by_steps
from belvedere.networks.blocks import Batch, Encoder
from belvedere.networks.cnn import CnnEncoder
from belvedere.networks.guest import GuestEncoder
from belvedere.networks.likeness import Likeness, PlainLevels, PlainNumbers
from belvedere.networks.lstm import BiLstmEncoder, LstmEncoder
from belvedere.networks.mlp import MlpEncoder, plain_width
from belvedere.networks.ngrams import NgramEncoder
from belvedere.networks.readers import GruEncoder, Reader, TcnEncoder, TransformerEncoder
from belvedere.networks.resnet import ResNetEncoder
from belvedere.networks.rocket import RocketEncoder
from belvedere.networks.series import Heard, InceptionTimeEncoder
from belvedere.networks.tabular import CategoryCells, NumberCells, TabularEncoder, VectorCells
from belvedere.networks.text_lstm import TextLstmEncoder
from belvedere.types import Input

Array = NDArray[Any]


@dataclass(frozen=True)
class Share:
    """What the parts of one input contribute.

    Attributes
    ----------
    position : int
        Of the input.
    amounts : float32 (rows, outputs, *parts)
        Parts are none for a number, (height, width) for an image, (steps, channels) for a sequence, (n-grams,) or
        (tokens,) for a text, (d,) for a vector.
    distance : float32 (rows, *parts)
        How far each part is from the baseline, at the gate.
    """

    position: int
    amounts: Array
    distance: Array


Fold = Callable[[Tensor, Tensor, Batch], list[Share]]  # slopes (outputs, rows, …), shift (rows, …), batch


@dataclass(frozen=True)
class Inner:
    """A place behind an affine layer, where a straight path stays straight.

    Attributes
    ----------
    method : str
        Of the gate's module, that leads there.
    lift : callable
        From values at the gate to values there.
    pull : callable
        From slopes there (outputs, rows, …) to slopes at the gate.
    """

    method: str
    lift: Callable[[Tensor], Tensor]
    pull: Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Gate:
    """One tensor through which a path enters.

    Attributes
    ----------
    fold : callable
        Makes contributions of slopes.
    key : str
        Entry of the batch that is replaced, where `module` is None.
    module : Module or None
        Whose input or output is replaced.
    side : str
        'in' or 'out'; 'method' where a method of the module gives the value, and need not run when it is replaced.
    blank : callable or None
        Value at the baseline from the value at the row; None: what the baseline row gives.
    method : str
        Of a gate with side 'method'.
    inner : Inner or None
        Where the path really runs, if that is behind an affine layer: there it is cheaper to follow.
    """

    fold: Fold
    key: str = ""
    module: nn.Module | None = None
    side: Literal["in", "out", "method"] = "out"
    blank: Callable[[Tensor], Tensor] | None = None
    method: str = "forward"
    inner: Inner | None = None

    def lift(self, value: Tensor) -> Tensor:
        """Where the path runs, from the value at the gate."""
        return value if self.inner is None else self.inner.lift(value)


def _share(position: int, slopes: Tensor, shift: Tensor, axes: tuple[int, ...]) -> Share:
    """Contributions and distances, summed over axes of `shift` (rows, …) that are no parts of their own."""
    amounts = slopes * shift
    distance = shift.square()
    if axes:
        amounts, distance = amounts.sum(dim=[axis + 1 for axis in axes]), distance.sum(dim=list(axes))
    return Share(position, amounts.transpose(0, 1).numpy(), distance.sqrt().numpy())


def split_columns(widths: list[tuple[int, int, bool]]) -> Fold:
    """Fold (rows, numbers) into columns, given position, width and whether its numbers are parts of their own."""
    sizes = [width for _, width, _ in widths]
    are_alike = len(set(sizes)) == 1 and not any(keep for _, _, keep in widths)

    def fold(slopes: Tensor, shift: Tensor, batch: Batch) -> list[Share]:
        if are_alike:  # all columns at once
            each = (-1, len(sizes), sizes[0])
            amounts = (slopes * shift).reshape(len(slopes), *each).sum(dim=3).permute(2, 1, 0).numpy()
            distance = shift.reshape(each).norm(dim=2).T.numpy()
            return [Share(p, amounts[i], distance[i]) for i, (p, _, _) in enumerate(widths)]
        pieces = zip(widths, torch.split(slopes, sizes, dim=2), torch.split(shift, sizes, dim=1), strict=True)
        return [_share(p, slope, part, () if keep else (1,)) for (p, _, keep), slope, part in pieces]

    return fold


def whole_column(position: int, axes: tuple[int, ...] = ()) -> Fold:
    """Fold a gate that belongs to one column; `axes` of (rows, …) are summed."""
    return lambda slopes, shift, batch: [_share(position, slopes, shift, axes)]


def _gates_of_tabular(encoder: Encoder, inputs: tuple[Input, ...]) -> list[Gate]:
    assert isinstance(encoder, TabularEncoder)
    if not any(isinstance(cell, VectorCells) for cell in encoder.cells):
        widths = [width for cell in encoder.cells for width in _widths_of(cell)]
        inner = Inner("entered", encoder.entered, partial(_through_members, encoder))
        return [Gate(split_columns(widths), module=encoder, side="method", method="embedded", inner=inner)]
    gates = []
    for cell in encoder.cells:
        if isinstance(cell, NumberCells | CategoryCells):
            gates.append(Gate(split_columns(_widths_of(cell)), module=cell, side="method"))
        else:
            assert isinstance(cell, VectorCells)
            axes = () if inputs[cell.position].kind == "vector" else (1,)
            gates.append(Gate(whole_column(cell.position, axes), key=f"{cell.position}.value"))
    return gates


def _widths_of(cell: nn.Module) -> list[tuple[int, int, bool]]:
    assert isinstance(cell, NumberCells | CategoryCells)
    return [(position, cell.width // len(cell.positions), False) for position in cell.positions]


def _through_members(encoder: TabularEncoder, slopes: Tensor) -> Tensor:
    """(outputs, rows, members, width) -> (outputs, rows, cells)."""
    return torch.einsum("ormc,mc->orc", slopes @ encoder.first.weight.detach(), encoder.scale.detach())


def _gates_of_mlp(encoder: Encoder, inputs: tuple[Input, ...]) -> list[Gate]:
    assert isinstance(encoder, MlpEncoder)
    widths = [(position, plain_width(item), item.kind == "vector") for position, item in encoder.inputs]
    return [Gate(split_columns(widths), module=encoder.first, side="in")]


def _gates_of_image(encoder: Encoder, inputs: tuple[Input, ...]) -> list[Gate]:
    assert isinstance(encoder, CnnEncoder | ResNetEncoder)
    return [Gate(whole_column(encoder.position, (3,)), key=f"{encoder.position}.pixels")]


def _gates_of_steps(encoder: Encoder, inputs: tuple[Input, ...]) -> list[Gate]:
    assert isinstance(encoder, LstmEncoder | BiLstmEncoder | InceptionTimeEncoder | Reader)
    front = getattr(encoder, "front", None)
    if isinstance(front, Heard):  # (rows, bands, frames); a flat spectrum is the blank

        def fold(slopes: Tensor, shift: Tensor, batch: Batch) -> list[Share]:
            return [_share(encoder.position, slopes.transpose(2, 3), shift.transpose(1, 2), ())]

        return [Gate(fold, module=front, blank=torch.zeros_like)]
    return [Gate(whole_column(encoder.position), key=f"{encoder.position}.steps", blank=torch.zeros_like)]


def _gates_of_kernels(encoder: Encoder, inputs: tuple[Input, ...]) -> list[Gate]:
    """The shares of kernels go from the usual ones to the row's; each step owns what it made kernels answer."""
    assert isinstance(encoder, RocketEncoder)
    p, known = encoder.position, inputs[encoder.position].tensors

    def fold(slopes: Tensor, shift: Tensor, batch: Batch) -> list[Share]:
        steps, lengths = batch[f"{p}.steps"].numpy(), batch[f"{p}.length"].clamp(min=1).tolist()
        usual = (batch[f"{p}.kernels"] - shift).numpy()
        amounts = np.zeros((len(steps), len(slopes), *steps.shape[1:]), np.float32)
        for row, n in enumerate(lengths):
            amounts[row, :, :n] = owed_by_steps(slopes[:, row].numpy(), usual[row], steps[row, :n], known)
        return [Share(p, amounts, np.abs(steps))]

    return [Gate(fold, key=f"{p}.kernels")]


def _gates_of_words(encoder: Encoder, inputs: tuple[Input, ...]) -> list[Gate]:
    assert isinstance(encoder, TextLstmEncoder)
    padding = encoder.embed.weight.detach()[0]
    return [
        Gate(
            whole_column(encoder.position, (2,)), module=encoder.embed, blank=lambda row: padding.expand_as(row).clone()
        )
    ]


def _gates_of_transformer(encoder: Encoder, inputs: tuple[Input, ...]) -> list[Gate]:
    assert isinstance(encoder, TransformerEncoder)
    if encoder.embed is None:
        return _gates_of_steps(encoder, inputs)
    return [Gate(whole_column(encoder.position, (2,)), module=encoder.embed, blank=torch.zeros_like)]


def _gates_of_ngrams(encoder: Encoder, inputs: tuple[Input, ...]) -> list[Gate]:
    """The bag of n-grams grows from empty to full; each n-gram owns its weighted vector in it."""
    assert isinstance(encoder, NgramEncoder)

    def fold(slopes: Tensor, shift: Tensor, batch: Batch) -> list[Share]:
        grams = batch[f"{encoder.position}.grams"].long()
        weight = encoder.get_buffer("idf")[grams] * (grams != 0)
        weight = weight / weight.square().sum(dim=1, keepdim=True).sqrt().clamp(min=1e-6)
        vectors = encoder.embed.detach()[encoder.get_buffer("slot")[grams]]
        if encoder.project is not None:
            vectors = vectors + encoder.get_buffer("projection")[grams] @ encoder.project.weight.detach().T
        vectors = vectors * weight[:, :, None]  # (rows, grams, dims)
        amounts = torch.einsum("ord,rgd->rog", slopes, vectors)
        return [Share(encoder.position, amounts.numpy(), vectors.norm(dim=2).numpy())]

    def blank(row: Tensor) -> Tensor:
        return (
            torch.zeros_like(row) if encoder.project is None else encoder.project.bias.detach().expand_as(row).clone()
        )

    return [Gate(fold, module=encoder.drop, side="in", blank=blank)]


def _gates_of_guest(encoder: Encoder, inputs: tuple[Input, ...]) -> list[Gate]:
    """Pixels, steps and cells enter a guest as numbers with a straight path between; codes of words do not."""
    assert isinstance(encoder, GuestEncoder)
    if encoder.way == "image":
        return [Gate(whole_column(encoder.position, (3,)), key=f"{encoder.position}.pixels")]
    if encoder.way == "sequence":
        return [Gate(whole_column(encoder.position), key=f"{encoder.position}.steps", blank=torch.zeros_like)]
    if encoder.way == "cells":
        widths = [(position, plain_width(item), item.kind == "vector") for position, item in encoder.inputs]
        return [Gate(split_columns(widths), module=encoder.module, side="in")]
    raise SettingError(
        f"A network from your code must read pixels, steps or cells to be explained, but {str(encoder.guest)!r} reads "
        f"{'words' if encoder.way == 'text' else 'the whole batch'}. Compare groups of rows instead."
    )


GATES: dict[type[Encoder], Callable[[Encoder, tuple[Input, ...]], list[Gate]]] = {
    TabularEncoder: _gates_of_tabular,
    MlpEncoder: _gates_of_mlp,
    CnnEncoder: _gates_of_image,
    ResNetEncoder: _gates_of_image,
    LstmEncoder: _gates_of_steps,
    BiLstmEncoder: _gates_of_steps,
    InceptionTimeEncoder: _gates_of_steps,
    GruEncoder: _gates_of_steps,
    TcnEncoder: _gates_of_steps,
    RocketEncoder: _gates_of_kernels,
    TransformerEncoder: _gates_of_transformer,
    TextLstmEncoder: _gates_of_words,
    NgramEncoder: _gates_of_ngrams,
    GuestEncoder: _gates_of_guest,
}


def gates_of(encoders: list[Encoder], inputs: tuple[Input, ...]) -> list[Gate]:
    """All gates of a network.

    Raises
    ------
    SettingError
        If one of its encoders has no line in `GATES`.
    """
    gates = []
    for encoder in encoders:
        if type(encoder) not in GATES:
            known = ", ".join(kind.__name__ for kind in GATES)
            raise SettingError(
                f"A network must be one that can be explained ({known}), but has a {type(encoder).__name__}. "
                "Compare groups of rows instead."
            )
        gates += GATES[type(encoder)](encoder, inputs)
    return gates


def gates_of_likeness(likeness: Likeness | None) -> list[Gate]:
    """Gates of the plain columns beside the latent space; times and vectors enter both by their entry of the batch."""
    gates = []
    for column in likeness.columns if likeness else ():
        if isinstance(column, PlainNumbers | PlainLevels):
            widths = [(p, width, False) for p, width in zip(column.positions, column.widths, strict=True)]
            gates += [Gate(split_columns(widths), module=column, side="method")]
    return gates


def merged(shares: list[Share]) -> list[Share]:
    """One share per input, by position, where an input enters through several gates."""
    found: dict[int, Share] = {}
    for share in sorted(shares, key=lambda share: share.position):
        same = found.get(share.position)
        if same is not None:
            distance = np.sqrt(np.square(same.distance) + np.square(share.distance))
            share = Share(share.position, same.amounts + share.amounts, distance)
        found[share.position] = share
    return list(found.values())


def as_batch(arrays: dict[str, Array]) -> Batch:
    """Arrays of rows as tensors of their own (memory-mapped arrays may not be written to)."""
    return {name: torch.from_numpy(np.array(value)) for name, value in arrays.items()}
