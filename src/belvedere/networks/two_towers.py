"""Two towers: who and what meet in one space, where those lie near each other who go together."""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

from belvedere.networks.blocks import Batch

UNSEEN = -1e4  # score of what somebody has already had


class TwoTowers(nn.Module):
    """Vectors for items, and for users by the items that they had; what goes together points the same way.

    The user's tower reads nothing but items, so that a user never seen before has a place too. While training, half of
    the items are hidden from it and are to be foreseen with the rest (as a denoising autoencoder does). It begins at a
    linear model of each item by the others, which is hard to beat, and goes on from there. How popular an item is
    stands in a bias of its own.

    **Shape**: `items` int (users, most), 0 = padding, item k as k + 1 -> scores (users, items)

    References
    ----------
    Covington, Adams, Sargin (2016), Deep neural networks for YouTube recommendations. Liang et al. (2018), Variational
    autoencoders for collaborative filtering (the multinomial loss).
    """

    def __init__(self, n_items: int, *, dims: int = 64, dropout: float = 0.5) -> None:
        super().__init__()
        self.n_items, self.dims, self.dropout = n_items, dims, dropout
        self.had = nn.Parameter(torch.randn(n_items, dims) * dims**-0.5)
        self.mix, self.back = nn.Linear(dims, 2 * dims), nn.Linear(2 * dims, dims)
        self.items = nn.Parameter(torch.randn(n_items, dims) * dims**-0.5)
        self.popular = nn.Parameter(torch.zeros(n_items))
        self.sharp = nn.Parameter(torch.tensor(math.log(8.0)))
        nn.init.zeros_(self.back.weight)

    @torch.no_grad()
    def begin_at(self, had: Tensor, items: Tensor) -> None:
        """Begin at vectors of items as they are read and as they are foreseen, (items, dims) each."""
        self.had.copy_(had + 0.01 * torch.randn(had.shape))
        self.items.copy_(items + 0.01 * torch.randn(items.shape))

    def users(self, items: Tensor) -> Tensor:
        """Vectors of users by the items they had, length 1: (users, most) -> (users, dims)."""
        kept = self.had.new_zeros(len(items), self.n_items + 1).scatter(1, items, 1.0)[:, 1:]
        if self.training:
            kept = kept * (torch.rand(kept.shape) >= self.dropout)
        x = kept @ self.had / kept.sum(dim=1, keepdim=True).clamp(min=1).sqrt()
        return functional.normalize(x + self.back(torch.relu(self.mix(x))), dim=1)

    def item_vectors(self) -> Tensor:
        """Directions of items, length 1: (items, dims)."""
        return functional.normalize(self.items, dim=1)

    def forward(self, batch: Batch) -> Tensor:
        """Scores of all items; in evaluation, items that a user had come last."""
        items = batch["items"].long()
        scores: Tensor = self.sharp.exp() * self.users(items) @ self.items.T + self.popular
        if self.training:
            return scores
        wide = torch.cat([scores.new_zeros(len(scores), 1), scores], dim=1)
        return wide.scatter(1, items, UNSEEN)[:, 1:]
