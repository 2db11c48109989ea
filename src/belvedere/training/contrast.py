"""Learning without labels: two looks at a row must lie nearer each other than those at other rows.

The network's latent vectors pass a small projector that only training knows; the map takes the latent vectors.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from belvedere.progress import Progress
from belvedere.training.keeping import Plan, Trained
from belvedere.training.loop import make_rows, train
from belvedere.training.views import Batch, Looks, make_view
from belvedere.types import Arrays, Input

TEMPERATURE = 0.2


class Contrast(nn.Module):
    """A network seen through two views and a projector: batch -> (rows, 2 * dims), the two looks side by side.

    Parameters
    ----------
    network : Module
        With `latent(batch) -> (rows, dims)` and `dims`.
    inputs : sequence of Input
    looks : Looks
    """

    def __init__(self, network: nn.Module, inputs: Sequence[Input], looks: Looks) -> None:
        super().__init__()
        self.network, self.inputs, self.looks, dims = network, tuple(inputs), looks, int(str(network.dims))
        self.projector = nn.Sequential(nn.Linear(dims, 256), nn.BatchNorm1d(256), nn.ReLU(), nn.Linear(256, 64))

    def forward(self, batch: Batch) -> Float[Tensor, "rows pairs"]:
        """Both looks pass the network together, so that batch normalization sees one batch."""
        views = [make_view(batch, self.inputs, self.looks) for _ in range(2)]
        both = {key: torch.cat([view[key] for view in views]) for key in batch}
        projected = self.projector(self.network.latent(both))  # type: ignore[operator]
        return torch.cat(projected.chunk(2), dim=1)


def contrast_loss(outputs: Tensor, labels: Tensor) -> Tensor:
    """Cross-entropy of finding each row's other look among all looks of the batch (NT-Xent); labels are not read.

    References
    ----------
    Chen, Kornblith, Norouzi, Hinton (2020), A simple framework for contrastive learning of visual representations.

    Examples
    --------
    >>> apart, alike = torch.eye(4), torch.ones(4, 4)
    >>> bool(contrast_loss(torch.cat([apart, apart], 1), None) < contrast_loss(torch.cat([alike, alike], 1), None))
    True
    """
    looks = functional.normalize(torch.cat(outputs.chunk(2, dim=1)), dim=1)  # (2 * rows, dims)
    alike = looks @ looks.T / TEMPERATURE
    alike.fill_diagonal_(-torch.inf)
    other = torch.arange(len(looks)).roll(len(looks) // 2)
    return functional.cross_entropy(alike, other)


def learn_contrast(
    network: nn.Module, arrays: Arrays, inputs: Sequence[Input], *, looks: Looks, plan: Plan, progress: Progress
) -> Trained:
    """Train a network in place, without labels, and leave it in evaluation mode.

    Parameters
    ----------
    network : Module
        With `latent` and `dims`.
    arrays : dict of arrays
        What `kinds.make_arrays` made of the rows to learn from.
    inputs : sequence of Input
    looks : Looks
        How views are made.
    plan : Plan
    progress : Progress
    """
    n_rows = len(next(iter(arrays.values())))
    rows, none = make_rows(arrays, np.zeros(n_rows)), make_rows({k: v[:0] for k, v in arrays.items()}, np.zeros(0))
    both = Contrast(network, inputs, looks)
    plan = replace(plan, rates={f"network.{name}": share for name, share in plan.rates.items()})
    return train(both, rows, none, loss=(contrast_loss, contrast_loss), plan=plan, progress=progress)
