"""Networks that answer for every word: named entities, semantic roles, any label per word.

A word is the sum of learned vectors of itself and of its marks (how it is written, begins and ends), so that words never
seen before are known by what they share with others. Columns of words that go together lie side by side; the place that
a row asks about (a predicate) is marked by how far each word lies from it.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from belvedere.networks.blocks import Batch, Encoder, Shape, dropout_or, pool_steps
from belvedere.types import Input

Inputs = list[tuple[int, Input]]
FAR = 12  # words from the place asked about that are told apart


class WordVectors(nn.Module):
    """Vectors of the words of all columns side by side: batch -> (rows, words, width), mask (rows, words)."""

    def __init__(self, inputs: Inputs, *, dims: int, dropout: float) -> None:
        super().__init__()
        self.words = [(position, item) for position, item in inputs if item.kind == "words"]
        self.places = [position for position, item in inputs if item.kind == "position"]
        self.own = nn.ModuleList(nn.Embedding(int(item.info["n_words"]), dims, padding_idx=0) for _, item in self.words)
        self.marks = nn.ModuleList(
            nn.Embedding(int(item.info["n_marks"]), dims, padding_idx=0) for _, item in self.words
        )
        self.near = nn.ModuleList(nn.Embedding(2 * FAR + 2, dims) for _ in self.places)
        for layer in (*self.own, *self.marks):
            nn.init.normal_(layer.weight, std=dims**-0.5 / 3)
        self.drop, self.width = nn.Dropout(dropout), dims * (len(self.words) + len(self.places))

    def forward(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Sum of a word's own vector and those of its marks; a tenth of the words is unknown while training."""
        lead = batch[f"{self.words[0][0]}.words"]
        n_steps = max(1, int((lead != 0).sum(dim=1).max()))
        mask = (lead[:, :n_steps] != 0).float()
        vectors = []
        for (position, _), own, marks in zip(self.words, self.own, self.marks, strict=True):
            words = batch[f"{position}.words"][:, :n_steps].long()
            if self.training:
                words = torch.where((torch.rand(words.shape) < 0.1) & (words > 0), 1, words)
            vectors.append(own(words) + marks(batch[f"{position}.marks"][:, :n_steps].long()).sum(dim=2))
        at = torch.arange(n_steps)[None, :]
        for position, near in zip(self.places, self.near, strict=True):
            place = batch[f"{position}.place"][:, None]
            step = (at - place).clamp(-FAR, FAR) + FAR
            vectors.append(near(torch.where(place < 0, 2 * FAR + 1, step)))
        return self.drop(torch.cat(vectors, dim=2)) * mask[:, :, None], mask


class BiLstmTagger(Encoder):
    """Word vectors, one LSTM that reads both ways. `states`: batch -> (rows, words, step_dims), mask.

    References
    ----------
    Huang, Xu, Yu (2015), Bidirectional LSTM-CRF models for sequence tagging (here without the CRF).
    """

    def __init__(self, inputs: Inputs, shape: Shape) -> None:
        super().__init__()
        width = shape.width or 96
        self.vectors = WordVectors(inputs, dims=64, dropout=dropout_or(0.4, shape))
        self.layer = nn.LSTM(self.vectors.width, width, batch_first=True, bidirectional=True)
        self.drop = nn.Dropout(dropout_or(0.4, shape))
        self.step_dims, self.dims = 2 * width + self.vectors.width, shape.latent_dims
        self.to_latent = nn.Linear(2 * self.step_dims, self.dims)

    def states(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """What was read both ways, and the word itself beside it."""
        x, mask = self.vectors(batch)
        lengths = mask.sum(dim=1).clamp(min=1).long().cpu()
        packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
        read, _ = pad_packed_sequence(self.layer(packed)[0], batch_first=True, total_length=x.shape[1])
        return torch.cat([self.drop(read), x], dim=2), mask

    def forward(self, batch: Batch) -> Tensor:
        """One vector per row: mean and maximum over words, then a linear layer."""
        states, mask = self.states(batch)
        y: Tensor = self.to_latent(pool_steps(states.transpose(1, 2), mask))
        return y


class Attention(nn.Module):
    """A pre-norm transformer block that masks padding. (rows, steps, width), (rows, steps) -> (rows, steps, width).

    References
    ----------
    Vaswani et al. (2017), Attention is all you need; Xiong et al. (2020) for the norm before.
    """

    def __init__(self, width: int, *, n_heads: int, dropout: float) -> None:
        super().__init__()
        self.n_heads, self.dropout = n_heads, dropout
        self.first, self.second = nn.LayerNorm(width), nn.LayerNorm(width)
        self.ask, self.give = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 2 * width), nn.Linear(2 * width, width)
        self.drop = nn.Dropout(dropout)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """Every step looks at all real steps."""
        rows, steps, width = x.shape
        asked = self.ask(self.first(x)).view(rows, steps, 3, self.n_heads, width // self.n_heads)
        query, key, value = asked.permute(2, 0, 3, 1, 4)  # each (rows, heads, steps, width / heads)
        seen = functional.scaled_dot_product_attention(
            query, key, value, attn_mask=mask[:, None, None, :] > 0, dropout_p=self.dropout if self.training else 0.0
        )
        x = x + self.drop(self.give(seen.transpose(1, 2).reshape(rows, steps, width)))
        y: Tensor = x + self.drop(self.down(functional.gelu(self.up(self.second(x)))))
        return y


def waves(n_steps: int, width: int) -> Tensor:
    """Sines and cosines that tell places apart: (steps, width).

    Examples
    --------
    >>> waves(3, 4).shape
    torch.Size([3, 4])
    """
    at = torch.arange(n_steps)[:, None] * torch.exp(torch.arange(0, width, 2) * (-math.log(1e4) / width))
    return torch.stack([at.sin(), at.cos()], dim=2).flatten(1)[:, :width]


class TransformerTagger(Encoder):
    """Word vectors and two transformer blocks. `states`: batch -> (rows, words, step_dims), mask."""

    def __init__(self, inputs: Inputs, shape: Shape) -> None:
        super().__init__()
        width, dropout = (shape.width or 96) // 4 * 4, dropout_or(0.3, shape)
        self.vectors = WordVectors(inputs, dims=64, dropout=dropout)
        # The neighbors of a word say most about it: a convolution lets the blocks begin with them.
        self.near = nn.Conv1d(self.vectors.width, width, 3, padding=1)
        self.blocks = nn.ModuleList(Attention(width, n_heads=4, dropout=dropout) for _ in range(2))
        self.norm, self.step_dims, self.dims = nn.LayerNorm(width), width + self.vectors.width, shape.latent_dims
        self.to_latent = nn.Linear(2 * self.step_dims, self.dims)

    def states(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Every word with what it has seen of the others, and the word itself beside it."""
        words, mask = self.vectors(batch)
        x = self.near(words.transpose(1, 2)).transpose(1, 2) + waves(words.shape[1], self.near.out_channels)
        seen = mask.clone()
        seen[:, 0] = 1  # a row without words looks at one padding word, not at nothing
        for block in self.blocks:
            x = block(x, seen)
        return torch.cat([self.norm(x), words], dim=2), mask

    def forward(self, batch: Batch) -> Tensor:
        """One vector per row: mean and maximum over words, then a linear layer."""
        states, mask = self.states(batch)
        y: Tensor = self.to_latent(pool_steps(states.transpose(1, 2), mask))
        return y
