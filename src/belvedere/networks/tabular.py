"""The modern default for tables: embedded numbers and categories, residual blocks, an ensemble in one network."""

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from belvedere.networks.blocks import Batch, Encoder, PiecewiseLinear, Residual, Shape, dropout_or
from belvedere.types import Input

Inputs = list[tuple[int, Input]]


class NumberCells(nn.Module):
    """Number columns: piecewise-linear embeddings, and a learned vector where a value is missing."""

    def __init__(self, inputs: Inputs, *, dims: int) -> None:
        super().__init__()
        self.positions, self.width = [position for position, _ in inputs], dims * len(inputs)
        self.embed = PiecewiseLinear([list(item.info.get("quantiles", [])) for _, item in inputs], dims=dims)
        self.missing = nn.Parameter(torch.zeros(len(inputs), dims))

    def forward(self, batch: Batch) -> Tensor:
        """(rows, columns * dims)."""
        values = torch.stack([batch[f"{p}.value"] for p in self.positions], dim=1)
        gone = torch.stack([batch[f"{p}.missing"] for p in self.positions], dim=1)[:, :, None]
        cells: Tensor = self.embed(values) * (1 - gone) + self.missing * gone
        return cells.flatten(1)


class CategoryCells(nn.Module):
    """Category columns: one learned vector per code; codes 0 (missing) and 1 (unseen) start at zero."""

    def __init__(self, inputs: Inputs, *, dims: int) -> None:
        super().__init__()
        self.positions, self.width = [position for position, _ in inputs], dims * len(inputs)
        counts = torch.tensor([int(item.info["n_codes"]) for _, item in inputs])
        self.register_buffer("start", counts.cumsum(0) - counts, persistent=False)
        self.register_buffer("top", counts - 1, persistent=False)
        self.embed = nn.Embedding(int(counts.sum()), dims)
        with torch.no_grad():
            self.embed.weight.mul_(dims**-0.5)
            self.embed.weight[torch.cat([self.get_buffer("start"), self.get_buffer("start") + 1])] = 0.0

    def forward(self, batch: Batch) -> Tensor:
        """(rows, columns * dims)."""
        codes = torch.stack([batch[f"{p}.code"] for p in self.positions], dim=1)
        codes = torch.minimum(codes, self.get_buffer("top")) + self.get_buffer("start")
        y: Tensor = self.embed(codes).flatten(1)
        return y


class VectorCells(nn.Module):
    """Time and vector columns as `kinds` made them; long ones are narrowed to 256.

    Where the input brings main directions of its training rows (`main_directions`, `main_mean`), these narrow it and
    are not learned: with some thousand rows of some ten thousand genes, learned ones fit the rows by heart.
    """

    def __init__(self, position: int, item: Input) -> None:
        super().__init__()
        self.position, d = position, int(item.info["d"])
        directions = np.asarray(item.tensors.get("main_directions", np.zeros((0, d))), np.float32)
        mean = np.asarray(item.tensors.get("main_mean", np.zeros(d)), np.float32)
        self.register_buffer("directions", torch.from_numpy(directions.copy()), persistent=False)
        self.register_buffer("mean", torch.from_numpy(mean.copy()), persistent=False)
        self.width = len(directions) or min(d, 256)
        is_narrow = len(directions) > 0 or d <= 256
        self.narrow = nn.Identity() if is_narrow else nn.Sequential(nn.Linear(d, self.width), nn.LayerNorm(self.width))

    def forward(self, batch: Batch) -> Tensor:
        """(rows, width)."""
        value, directions = batch[f"{self.position}.value"].float(), self.get_buffer("directions")
        if len(directions):
            return (value - self.get_buffer("mean")) @ directions.T
        y: Tensor = self.narrow(value)
        return y


class TabularEncoder(Encoder):
    """Embeddings of all cells, then residual blocks, run by `n_members` members that share nearly all weights.

    Each member scales the embedded row in its own way before the shared layers, as in TabM-mini. Members keep to
    themselves until the output, and each learns from its own loss; because the output layer is linear and shared,
    the mean of the members' latent vectors gives exactly the mean of their outputs.

    **Shape**: batch -> (rows, members, dims)

    References
    ----------
    Gorishniy, Kotelnikov, Babenko (2025), TabM: advancing tabular deep learning with parameter-efficient ensembling.
    """

    def __init__(self, inputs: Inputs, shape: Shape) -> None:
        super().__init__()
        self.dims, width, dropout = shape.latent_dims, shape.width or 192, dropout_or(0.2, shape)
        self.cells = nn.ModuleList(make_cells(inputs, dims=12))
        n_cells = sum(int(str(cell.width)) for cell in self.cells)
        n_members = shape.n_members or 8
        self.scale = nn.Parameter(torch.randint(0, 2, (n_members, n_cells)).float() * 2 - 1)
        self.first, self.drop = nn.Linear(n_cells, width), nn.Dropout(dropout)
        self.blocks = nn.Sequential(*(Residual(width, dropout=dropout) for _ in range(2)))
        self.to_latent = nn.Linear(width, self.dims)

    def forward(self, batch: Batch) -> Float[Tensor, "rows members dims"]:
        """One latent vector per row and member."""
        x = self.drop(torch.relu(self.entered(self.embedded(batch))))  # (rows, members, width)
        return torch.relu(self.to_latent(self.blocks(x)))

    def embedded(self, batch: Batch) -> Tensor:
        """All cells side by side: (rows, cells)."""
        return torch.cat([cell(batch) for cell in self.cells], dim=1)

    def entered(self, cells: Tensor) -> Tensor:
        """What the shared layers are given by each member: (rows, cells) -> (rows, members, width), affine."""
        y: Tensor = self.first(cells[:, None, :] * self.scale)
        return y


def make_cells(inputs: Inputs, *, dims: int) -> list[nn.Module]:
    """One module for all numbers, one for all categories, one for each time or vector column."""
    numbers = [(p, item) for p, item in inputs if item.kind == "number"]
    codes = [(p, item) for p, item in inputs if item.kind in ("category", "boolean")]
    rest = [(p, item) for p, item in inputs if item.kind in ("time", "vector")]
    cells: list[nn.Module] = [NumberCells(numbers, dims=dims)] if numbers else []
    cells += [CategoryCells(codes, dims=dims)] if codes else []
    return cells + [VectorCells(position, item) for position, item in rest]
