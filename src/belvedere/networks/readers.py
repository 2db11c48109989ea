"""Networks that read a row in order and can answer at every step: GRU, temporal convolutions, transformer.

Each offers `states`: batch -> (rows, steps, step_dims), mask (rows, steps); and pools them to one vector per row.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from belvedere.networks.blocks import Batch, Encoder, Shape, dropout_or, pool_steps, step_mask
from belvedere.networks.lstm import trimmed_steps
from belvedere.networks.taggers import Attention, waves
from belvedere.types import Input

Inputs = list[tuple[int, Input]]


class Reader(Encoder):
    """What the three share: states at every step, pooled by mean and maximum to one vector per row."""

    position: int
    step_dims: int
    to_latent: nn.Linear

    def states(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """States at every step and 1 for real steps."""
        raise NotImplementedError

    def forward(self, batch: Batch) -> Float[Tensor, "rows dims"]:
        """Pooled states, then a linear layer."""
        states, mask = self.states(batch)
        y: Tensor = self.to_latent(pool_steps(states.transpose(1, 2), mask))
        return y


class GruEncoder(Reader):
    """Two GRU layers read both ways over ragged rows. (rows, steps, d) -> (rows, dims).

    References
    ----------
    Cho et al. (2014), Learning phrase representations using RNN encoder–decoder.
    """

    def __init__(self, inputs: Inputs, shape: Shape) -> None:
        super().__init__()
        (self.position, item), self.dims, width = inputs[0], shape.latent_dims, shape.width or 64
        self.layers = nn.GRU(int(item.info["d"]), width, 2, batch_first=True, bidirectional=True)
        self.drop, self.step_dims = nn.Dropout(dropout_or(0.2, shape)), 2 * width
        self.to_latent = nn.Linear(2 * self.step_dims, self.dims)

    def states(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """What was read both ways."""
        steps, lengths = trimmed_steps(batch, self.position)
        packed = pack_padded_sequence(steps, lengths.cpu(), batch_first=True, enforce_sorted=False)
        read, _ = pad_packed_sequence(self.layers(packed)[0], batch_first=True, total_length=steps.shape[1])
        return self.drop(read), step_mask(lengths, steps.shape[1])


class Dilated(nn.Module):
    """Two convolutions over steps that lie `gap` apart, beside a shortcut. (rows, width, steps) -> the same."""

    def __init__(self, width: int, *, gap: int, dropout: float) -> None:
        super().__init__()
        self.first = nn.Conv1d(width, width, 3, padding=gap, dilation=gap)
        self.second = nn.Conv1d(width, width, 3, padding=gap, dilation=gap)
        self.norms = nn.ModuleList(nn.GroupNorm(1, width) for _ in range(2))
        self.drop = nn.Dropout(dropout)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """Padding stays 0, so that how long the other rows of a batch are does not count."""
        y = self.first(scaled(x, mask, self.norms[0])) * mask
        y = self.second(self.drop(torch.relu(scaled(y, mask, self.norms[1])))) * mask
        return torch.relu(x + y)


def scaled(x: Tensor, mask: Tensor, norm: nn.Module) -> Tensor:
    """Center and scale each row over its real steps, then as `norm` has learned. (rows, width, steps)."""
    n = mask.sum(dim=2, keepdim=True).clamp(min=1) * x.shape[1]
    mean = (x * mask).sum(dim=(1, 2), keepdim=True) / n
    spread = (((x - mean) * mask).square().sum(dim=(1, 2), keepdim=True) / n + 1e-5).sqrt()
    weight, bias = norm.get_parameter("weight"), norm.get_parameter("bias")
    return ((x - mean) / spread * weight[:, None] + bias[:, None]) * mask


class TcnEncoder(Reader):
    """Convolutions over steps ever farther apart: each state knows twice as many steps as the layer below.

    References
    ----------
    Bai, Kolter, Koltun (2018), An empirical evaluation of generic convolutional and recurrent networks for sequence
    modeling (here looking both ways).
    """

    def __init__(self, inputs: Inputs, shape: Shape) -> None:
        super().__init__()
        (self.position, item), self.dims, width = inputs[0], shape.latent_dims, shape.width or 48
        n_layers = max(2, min(7, int(item.info["T"]).bit_length() - 2))
        self.enter = nn.Conv1d(int(item.info["d"]), width, 1)
        dropout = dropout_or(0.1, shape)
        self.layers = nn.ModuleList(Dilated(width, gap=2**i, dropout=dropout) for i in range(n_layers))
        self.step_dims, self.to_latent = width, nn.Linear(2 * width, self.dims)

    def states(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """The last layer at every step."""
        steps, lengths = trimmed_steps(batch, self.position)
        flat = step_mask(lengths, steps.shape[1])
        x, mask = self.enter(steps.transpose(1, 2)), flat[:, None, :]
        x = x * mask
        for layer in self.layers:
            x = layer(x, mask)
        return x.transpose(1, 2), flat


class TransformerEncoder(Reader):
    """A convolution over neighbors, then three blocks in which every step looks at all others. Texts or sequences.

    References
    ----------
    Vaswani et al. (2017), Attention is all you need.
    """

    def __init__(self, inputs: Inputs, shape: Shape) -> None:
        super().__init__()
        (self.position, item), self.dims = inputs[0], shape.latent_dims
        width, dropout = (shape.width or 96) // 4 * 4, dropout_or(0.2, shape)
        self.is_text = item.kind == "text"
        n_in = width if self.is_text else int(item.info["d"])
        self.embed = nn.Embedding(int(item.info["n_tokens"]), width, padding_idx=0) if self.is_text else None
        if self.embed is not None:
            nn.init.normal_(self.embed.weight, std=0.05)
        self.near = nn.Conv1d(n_in, width, 3, padding=1)
        self.drop = nn.Dropout(2 * dropout if self.is_text else dropout)
        self.blocks = nn.ModuleList(Attention(width, n_heads=4, dropout=dropout) for _ in range(3))
        self.norm, self.step_dims = nn.LayerNorm(width), width
        self.to_latent = nn.Linear(2 * width, self.dims)

    def states(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Every step with what it has seen of the others."""
        steps, mask = self.steps(batch)
        x = functional.gelu(self.near((steps * mask[:, :, None]).transpose(1, 2))).transpose(1, 2)
        x = self.drop(x + 0.1 * waves(x.shape[1], x.shape[2]))
        for block in self.blocks:
            x = block(x, mask)
        return self.norm(x), mask

    def steps(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """What is read: steps, or vectors of tokens; an empty text is read as one padding token."""
        if self.embed is None:
            steps, lengths = trimmed_steps(batch, self.position)
            return steps, step_mask(lengths, steps.shape[1])
        tokens = batch[f"{self.position}.tokens"].long()
        lengths = (tokens != 0).sum(dim=1).clamp(min=1)
        tokens = tokens[:, : int(lengths.max())]
        return self.embed(tokens), step_mask(lengths, tokens.shape[1])
