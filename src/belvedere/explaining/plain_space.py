"""The entrance of maps without a learned network: the standardized columns, every number a part of its column."""

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import torch
from numpy.typing import NDArray
from torch import Tensor

from belvedere import kinds, networks
from belvedere.explain.integrate import Gates
from belvedere.explaining.gates import Share
from belvedere.explaining.words import read_words
from belvedere.kinds.kind import RICH_WEIGHT
from belvedere.networks.blocks import Batch
from belvedere.types import Input

if TYPE_CHECKING:
    from belvedere.explaining.whole import Ends

Array = NDArray[Any]


class PlainEntrance:
    """Plain columns, narrowed by PCA where they are many. The baseline is the mean row; for texts, no words."""

    def __init__(self, config: dict[str, Any], tensors: dict[str, Array]) -> None:
        self.inputs: tuple[Input, ...] = networks.inputs_from(config, tensors)
        narrowing = tensors.get("plain.mean"), tensors.get("plain.directions")
        self.mean, self.directions = (None if a is None else torch.from_numpy(np.array(a)) for a in narrowing)

    def read(self, table: pa.Table) -> "Ends":
        """One gate per input: its plain columns."""
        from belvedere.explaining.whole import Ends

        stop = tuple(torch.from_numpy(np.array(kinds.plain_space(table, (item,)))) for item in self.inputs)
        start = tuple(self._blank(item, value) for item, value in zip(self.inputs, stop, strict=True))
        grams = {
            f"{position}.grams": torch.from_numpy(read_words(table.column(item.name)).grams)
            for position, item in enumerate(self.inputs)
            if item.kind == "text"
        }
        return Ends(start, stop, grams)

    def _blank(self, item: Input, value: Tensor) -> Tensor:
        """Standardized columns have mean 0; an empty text lies at its own place."""
        if item.kind != "text":
            return torch.zeros_like(value)
        return torch.from_numpy(-item.tensors["center"] * text_scale(item)).float().expand_as(value).clone()

    def latent(self, values: Gates, items: Tensor, batch: Batch) -> Tensor:
        """Nothing was learned: the space itself."""
        return self.space(values, items, batch)

    def space(self, values: Gates, items: Tensor, batch: Batch) -> Tensor:
        """Put the columns side by side, narrow them."""
        joined = torch.cat(list(values), dim=1)
        if self.mean is None or self.directions is None:
            return joined
        return (joined - self.mean) @ self.directions.T

    def fold(self, slopes: Gates, ends: "Ends") -> list[Share]:
        """Contributions by column; images keep their pixels, sequences their windows, vectors their numbers."""
        shares = []
        for position, item in enumerate(self.inputs):
            slope, shift = slopes[position], ends.stop[position] - ends.start[position]
            if item.kind == "text":
                shares.append(_share_of_grams(position, item, slope, ends.batch[f"{position}.grams"]))
                continue
            amounts, distance = (slope * shift).transpose(0, 1).numpy(), shift.abs().numpy()
            shares.append(_shaped(Share(position, amounts, distance), item))
        return shares


def _share_of_grams(position: int, item: Input, slope: Tensor, grams: Tensor) -> Share:
    """Each n-gram owns its weighted direction of the projection; repeated ones share their weight."""
    idf, projection = (torch.from_numpy(np.array(item.tensors[name])) for name in ("idf", "projection"))
    counts = torch.stack([torch.bincount(row, minlength=len(idf))[row] for row in grams])  # (rows, grams)
    each = (1 + counts.float().log()) * idf[grams] * (grams != 0) / counts
    distinct = (each * counts).square() / counts
    weight = each / distinct.sum(dim=1, keepdim=True).sqrt().clamp(min=1e-12)
    vectors = projection[grams] * weight[:, :, None] * text_scale(item)
    amounts = torch.einsum("orw,rgw->rog", slope, vectors)
    return Share(position, amounts.numpy(), vectors.norm(dim=2).numpy())


def text_scale(item: Input) -> float:
    """What the plain columns of a text are multiplied by."""
    return float(np.sqrt(RICH_WEIGHT / max(item.info["total_variance"], 1e-9)))


def _shaped(share: Share, item: Input) -> Share:
    """Give the parts of an input the shape that a person knows."""
    n_rows, n_outputs = share.amounts.shape[:2]
    if item.kind in ("number", "category", "boolean", "time"):
        distance = np.sqrt(np.square(share.distance).sum(axis=1))
        return Share(share.position, share.amounts.sum(axis=2), distance)
    if item.kind == "vector":
        return share
    if item.kind == "sequence":
        size: tuple[int, ...] = (-1, int(item.info["d"]))
        return Share(
            share.position, share.amounts.reshape(n_rows, n_outputs, *size), share.distance.reshape(n_rows, *size)
        )
    height, width, channels = shrunk_shape(item, share.amounts.shape[2])
    amounts = share.amounts.reshape(n_rows, n_outputs, height, width, channels).sum(axis=4)
    distance = np.sqrt(np.square(share.distance.reshape(n_rows, height, width, channels)).sum(axis=3))
    return Share(share.position, amounts, distance)


def shrunk_shape(item: Input, n_values: int) -> tuple[int, int, int]:
    """Height, width and channels of an image in the plain space, where large ones are averaged down."""
    height, width, channels = (int(item.info[key]) for key in ("height", "width", "channels"))
    for factor in range(1, max(height, width) + 1):
        if (height // factor) * (width // factor) * channels == n_values:
            return height // factor, width // factor, channels
    raise AssertionError(f"no block size makes {n_values} values of {height} x {width} x {channels}")
