"""The part of a map's space that nothing was learned for: the standardized columns, beside the latent vector.

A network that learned to tell two classes apart needs one number for it, and a map of its latent space alone is a ribbon:
rows that the target does not tell apart fall together, however different they are. With a share of the plain columns
beside it, rows lie near each other when they are alike in what predicts the target *and* alike in the rest. The share is
given by variance, as umap-learn gives it with its `target_weight`.
"""

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor, nn

from belvedere.networks.blocks import Batch
from belvedere.types import Input

LONGEST = 256  # a longer vector is not repeated beside the latent space
MOST_LEVELS = 30  # of a category that have an axis of their own
VECTOR_VARIANCE = 8.0  # of a vector; a number or a category has 1
CELL_KINDS = ("number", "category", "boolean", "time", "vector")


def can_be_likened(inputs: tuple[Input, ...]) -> bool:
    """Whether all columns are cells of a table: numbers, categories, times, short vectors."""
    return all(i.kind in CELL_KINDS and (i.kind != "vector" or int(i.info["d"]) <= LONGEST) for i in inputs)


class Likeness(nn.Module):
    """Standardized columns beside a latent vector, each part given its share of the variance.

    **Shape**: batch, (rows, dims) -> (rows, dims + width)

    Parameters
    ----------
    inputs : tuple of Input
        Cells of a table, see `can_be_likened`.
    target_weight : float
        Share of the variance that the latent vector has, above 0 and below 1.
    """

    def __init__(self, inputs: tuple[Input, ...], *, target_weight: float) -> None:
        super().__init__()
        self.target_weight = target_weight
        self.columns = nn.ModuleList(plain_cells(inputs))
        self.width = sum(sum(column.widths) for column in self.columns)  # type: ignore[arg-type,misc]
        self.register_buffer("learned_scale", torch.ones(()))
        self.register_buffer("plain_scale", torch.ones(()))

    def forward(self, batch: Batch, latent: Float[Tensor, "rows dims"]) -> Float[Tensor, "rows wide"]:
        """Put both side by side."""
        plain = torch.cat([column(batch) for column in self.columns], dim=1)
        return torch.cat([latent * self.get_buffer("learned_scale"), plain * self.get_buffer("plain_scale")], dim=1)

    @torch.no_grad()
    def weigh(self, batch: Batch, latent: Float[Tensor, "rows dims"]) -> None:
        """Set both scales by the spread of some rows, so that each part has its share of a total variance of 1."""
        plain = torch.cat([column(batch) for column in self.columns], dim=1)
        for name, values, share in (("learned", latent, self.target_weight), ("plain", plain, 1 - self.target_weight)):
            variance = float(values.double().var(dim=0, unbiased=False).sum())
            self.get_buffer(f"{name}_scale").fill_((share / variance) ** 0.5 if variance > 0 else 0.0)


def plain_cells(inputs: tuple[Input, ...]) -> list[nn.Module]:
    """One module for all numbers, one for all categories, one for each time or vector."""
    numbers = [(p, item) for p, item in enumerate(inputs) if item.kind == "number"]
    levels = [(p, item) for p, item in enumerate(inputs) if item.kind in ("category", "boolean")]
    rest = [(p, item) for p, item in enumerate(inputs) if item.kind in ("time", "vector")]
    cells: list[nn.Module] = [PlainNumbers(numbers)] if numbers else []
    cells += [PlainLevels(levels)] if levels else []
    return cells + [PlainValues(position, item) for position, item in rest]


class PlainNumbers(nn.Module):
    """Numbers, each beside whether it is missing where there were gaps: (rows, sum of widths)."""

    def __init__(self, inputs: list[tuple[int, Input]]) -> None:
        super().__init__()
        self.positions = [position for position, _ in inputs]
        gaps = [bool(item.info.get("any_missing", False)) for _, item in inputs]
        self.widths = [1 + has_gaps for has_gaps in gaps]
        n, at = len(inputs), np.flatnonzero(gaps)
        order = np.argsort(np.concatenate([np.arange(n), at + 0.5]), kind="stable")  # each number, then its gaps
        shares = [float(item.info.get("missing_share", 0.0)) for _, item in inputs]
        self.register_buffer("gaps", torch.from_numpy(at), persistent=False)
        self.register_buffer("order", torch.from_numpy(order), persistent=False)
        self.register_buffer("shares", torch.tensor(shares)[at], persistent=False)

    def forward(self, batch: Batch) -> Tensor:
        """Read the batch."""
        values = torch.stack([batch[f"{p}.value"] for p in self.positions], dim=1).float()
        gone = torch.stack([batch[f"{p}.missing"] for p in self.positions], dim=1)[:, self.get_buffer("gaps")]
        return torch.cat([values, gone - self.get_buffer("shares")], dim=1)[:, self.get_buffer("order")]


class PlainLevels(nn.Module):
    """Per category an axis for each common level, one for the rare and one for the missing; variance 1 in all."""

    def __init__(self, inputs: list[tuple[int, Input]]) -> None:
        super().__init__()
        self.positions = [position for position, _ in inputs]
        tables = [_levels_of(item) for _, item in inputs]
        self.widths = [table.shape[1] for table in tables]
        for position, table in zip(self.positions, tables, strict=True):
            self.register_buffer(f"levels_{position}", torch.from_numpy(table), persistent=False)

    def forward(self, batch: Batch) -> Tensor:
        """Read the batch."""
        found = []
        for position in self.positions:
            levels = self.get_buffer(f"levels_{position}")
            found.append(levels[batch[f"{position}.code"].long().clamp(max=len(levels) - 1)])
        return torch.cat(found, dim=1)


def _levels_of(item: Input) -> NDArray[np.float32]:
    """What each code of a category becomes: (codes, axes)."""
    shares = np.asarray(item.info["shares"], np.float64)
    n_hot = min(MOST_LEVELS, len(item.info["categories"]))
    mean = np.concatenate([shares[2 : n_hot + 2], [shares[1] + shares[n_hot + 2 :].sum(), shares[0]]])
    used = np.flatnonzero(mean > 0) if (mean > 0).any() else np.array([0])
    slots = np.full(len(shares), n_hot)  # which axis each code sets: rare ones share one
    slots[0], slots[2 : n_hot + 2] = n_hot + 1, np.arange(n_hot)
    levels = (np.eye(len(mean))[slots] - mean) / np.sqrt(max(0.1, 1 - float((mean**2).sum())))
    return np.asarray(levels[:, used], np.float32)


class PlainValues(nn.Module):
    """A time or a vector: (rows, width)."""

    def __init__(self, position: int, item: Input) -> None:
        super().__init__()
        self.position, d = position, int(item.info["d"])
        self.widths, scale = [d], np.ones(d, np.float32)
        if item.kind == "time":
            scale[0] = 3**0.5  # a uniform position in -1…1 has variance 1/3
        else:
            scale[:] = (VECTOR_VARIANCE / max(float(item.info["total_variance"]), 1e-9)) ** 0.5
        self.register_buffer("scale", torch.from_numpy(scale), persistent=False)

    def forward(self, batch: Batch) -> Tensor:
        """Read the batch."""
        scale = self.get_buffer("scale")
        return batch[f"{self.position}.value"].float().reshape(-1, len(scale)) * scale
