"""Layers that several networks share. Every layer is a page of its own: shapes first, then the sum."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

Batch = dict[str, Tensor]  # one tensor per "{position}.{part}", first axis always rows


@dataclass(frozen=True)
class Shape:
    """Sizes of a network that a person may choose; None means: what this network does best by default.

    Attributes
    ----------
    latent_dims : int
        Dimensions of the vector that each row becomes.
    dropout : float or None
        Share of units silenced while training.
    width : int or None
        Hidden units (or channels of the first stage).
    n_members : int or None
        Members of the ensemble inside a `tabular` network.
    flip : bool
        Whether images may be mirrored while training (letters and road signs may not).
    vary : bool
        Whether images are also turned, scaled and lit otherwise while training, not only moved.
    target_weight : float
        Share of the variance of a map's space that what was learned has; the plain columns of a table have the rest.
    unit : bool
        Whether latent vectors have length 1, as those that were learned by comparing directions.
    finetune : bool
        Whether a pretrained encoder learns too.
    project : bool
        Whether a pretrained encoder's vectors pass a layer that learns.
    """

    latent_dims: int = 64
    dropout: float | None = None
    width: int | None = None
    n_members: int | None = None
    flip: bool = False
    vary: bool = False
    target_weight: float = 1.0
    unit: bool = False
    finetune: bool = False
    project: bool = True


class Encoder(nn.Module):
    """What every encoder offers: `dims`, and a call from a batch to (rows, dims) or (rows, members, dims)."""

    dims: int
    textbook = False  # a textbook network ends exactly where its listing says; nothing is appended to it


def dropout_or(default: float, shape: Shape) -> float:
    """The dropout a person asked for, else the network's own."""
    return default if shape.dropout is None else shape.dropout


class PiecewiseLinear(nn.Module):
    """Embed numbers by how far they climb through the bins between their quantiles.

    Each number becomes one value per bin: 1 for bins below it, 0 for bins above it, and the share of the way for the
    bin it lies in; the outermost bins go on beyond their edges. A linear map per column follows.

    **Shape**: (rows, columns) -> (rows, columns, dims)

    References
    ----------
    Gorishniy, Rubachev, Babenko (2022), On embeddings for numerical features in tabular deep learning. NeurIPS.

    Examples
    --------
    >>> layer = PiecewiseLinear([[0.0, 1.0, 3.0]], dims=4)
    >>> layer.climb(torch.tensor([[0.5], [2.0]]))
    tensor([[[0.5000, 0.0000]],
    <BLANKLINE>
            [[1.0000, 0.5000]]])
    """

    def __init__(self, edges: list[list[float]], *, dims: int) -> None:
        super().__init__()
        low, step, first, last, used = _bins(edges)
        for name, value in (("low", low), ("step", step), ("first", first), ("last", last), ("used", used)):
            self.register_buffer(name, value, persistent=False)
        n_columns, n_bins = low.shape
        self.weight = nn.Parameter(torch.empty(n_columns, n_bins + 1, dims))  # the last entry weighs the value itself
        self.bias = nn.Parameter(torch.zeros(n_columns, dims))
        bound = (n_bins + 1) ** -0.5
        nn.init.uniform_(self.weight, -bound, bound)

    def climb(self, values: Tensor) -> Tensor:
        """Piecewise-linear code of each number, (rows, columns, bins)."""
        low, step, used = self.get_buffer("low"), self.get_buffer("step"), self.get_buffer("used")
        share = (values[:, :, None] - low) / step
        floor = torch.where(self.get_buffer("first") > 0, -4.0, 0.0)  # 4 bins beyond: outliers stay finite
        ceiling = torch.where(self.get_buffer("last") > 0, 5.0, 1.0)
        return share.clamp(min=floor, max=ceiling) * used

    def forward(self, values: Float[Tensor, "rows columns"]) -> Float[Tensor, "rows columns dims"]:
        """Embed each number of each column."""
        code = torch.cat([self.climb(values), values[:, :, None].clamp(-10, 10)], dim=2)
        return torch.einsum("rcb,cbd->rcd", code, self.weight) + self.bias


def _bins(edges: list[list[float]]) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """Lower edge, width, first, last and used flags of every bin, each (columns, bins)."""
    n_bins = max([1, *(len(e) - 1 for e in edges)])
    low, step = torch.zeros(len(edges), n_bins), torch.ones(len(edges), n_bins)
    first, last, used = (torch.zeros(len(edges), n_bins) for _ in range(3))
    for row, found in enumerate(edges):
        points = torch.tensor(sorted(set(found)), dtype=torch.float32)
        n = len(points) - 1
        if n < 1:
            continue  # a constant column has no bins
        low[row, :n], step[row, :n] = points[:-1], points.diff().clamp(min=1e-6)
        used[row, :n], first[row, 0], last[row, n - 1] = 1.0, 1.0, 1.0
    return low, step, first, last, used


class Residual(nn.Module):
    """Two linear layers beside a shortcut, normalized first. **Shape**: (*, width) -> (*, width)."""

    def __init__(self, width: int, *, dropout: float) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.up, self.down = nn.Linear(width, width), nn.Linear(width, width)
        self.drop = nn.Dropout(dropout)

    def forward(self, x: Float[Tensor, "*axes width"]) -> Float[Tensor, "*axes width"]:
        """Add what the two layers make of `x` to it."""
        y: Tensor = x + self.down(self.drop(torch.relu(self.up(self.norm(x)))))
        return y


def step_mask(lengths: Tensor, n_steps: int) -> Tensor:
    """1 for real steps, 0 for padding: (rows, steps).

    Examples
    --------
    >>> step_mask(torch.tensor([1, 3]), 3)
    tensor([[1., 0., 0.],
            [1., 1., 1.]])
    """
    return (torch.arange(n_steps, device=lengths.device)[None, :] < lengths[:, None]).float()


def pool_steps(x: Tensor, mask: Tensor) -> Tensor:
    """Mean and maximum over real steps: (rows, channels, steps), (rows, steps) -> (rows, 2 * channels)."""
    weight = mask[:, None, :]
    mean = (x * weight).sum(dim=2) / weight.sum(dim=2).clamp(min=1)
    top = x.masked_fill(weight == 0, -1e4).amax(dim=2)
    return torch.cat([mean, torch.where(weight.sum(dim=2) > 0, top, torch.zeros_like(top))], dim=1)


class OneBiasLSTM(nn.Module):
    """An LSTM layer with one bias, as the textbooks (and Keras) count parameters; torch's own has two.

    Runs on torch's fused kernel, which is handed a second bias of fixed zeros. Gates in the order input, forget,
    cell, output; the forget gate's bias starts at 1.

    **Shape**: (rows, steps, size) -> (rows, steps, hidden)

    References
    ----------
    Hochreiter, Schmidhuber (1997), Long short-term memory. Jozefowicz et al. (2015) for the forget bias.

    Examples
    --------
    >>> sum(p.numel() for p in OneBiasLSTM(8, 50).parameters())
    11800
    """

    def __init__(self, size: int, hidden: int) -> None:
        super().__init__()
        self.hidden = hidden
        self.weight_ih = nn.Parameter(nn.init.xavier_uniform_(torch.empty(4 * hidden, size)))
        self.weight_hh = nn.Parameter(torch.cat([nn.init.orthogonal_(torch.empty(hidden, hidden)) for _ in range(4)]))
        self.bias = nn.Parameter(torch.zeros(4 * hidden))
        with torch.no_grad():
            self.bias[hidden : 2 * hidden] = 1.0
        self.register_buffer("no_bias", torch.zeros(4 * hidden), persistent=False)

    def forward(self, x: Float[Tensor, "rows steps channels"]) -> Float[Tensor, "rows steps hidden"]:
        """Hidden state at every step."""
        start = x.new_zeros(1, x.shape[0], self.hidden)
        weights = [self.weight_ih, self.weight_hh, self.bias, self.get_buffer("no_bias")]
        # has_biases, n_layers, dropout, training, bidirectional, batch_first
        steps: Tensor = torch._VF.lstm(x, (start, start), weights, True, 1, 0.0, self.training, False, True)[0]
        return steps


def last_steps(x: Tensor, lengths: Tensor) -> Tensor:
    """The state at each row's last real step: (rows, steps, dims) -> (rows, dims)."""
    at = (lengths - 1).clamp(min=0, max=x.shape[1] - 1)
    return x[torch.arange(x.shape[0], device=x.device), at]


def one_hot(codes: Tensor, n_codes: int) -> Tensor:
    """Codes as float indicator columns: (rows,) -> (rows, n_codes)."""
    return (codes.clamp(max=n_codes - 1)[:, None] == torch.arange(n_codes, device=codes.device)).float()
