"""Learning in several processes: every one takes its rows of each batch, and all add up their gradients.

The steps are those of one process with the same batches, but for the order of sums and for what is drawn at random inside
the network (dropout, views), which each process draws for itself, by seed, epoch and rank. A batch normalization sees the rows
of its process, and its averages are averaged after every epoch; a loss of pairs of rows sees the pairs of its process.
"""

from typing import Any, Protocol

import torch
from torch import Tensor, nn

from belvedere.training.keeping import Plan


class Ranks(Protocol):
    """What the training loop asks of processes that learn together."""

    def begin(self, epoch: int, plan: Plan) -> None:
        """Draw differently from the other processes, and the same again when this epoch is done again."""

    def part(self, at: Tensor) -> Tensor:
        """Take the rows of a batch that are for this process."""

    def add_up(self, network: nn.Module, share: float) -> None:
        """Make every gradient that of the whole batch, of which this process had a share."""

    def end(self, network: nn.Module, total: float, n_seen: int) -> tuple[float, int]:
        """Average what batches left in the network besides weights; add up the losses of an epoch."""

    def agree(self, value: float) -> float:
        """The value of rank 0, in all processes."""


class Group:
    """Processes joined by `torch.distributed`."""

    def __init__(self, rank: int, size: int) -> None:
        self.rank, self.size = rank, size

    def begin(self, epoch: int, plan: Plan) -> None:
        """See `Ranks`."""
        torch.manual_seed((plan.seed * 1_000_003 + epoch) * 4099 + self.rank)

    def part(self, at: Tensor) -> Tensor:
        """See `Ranks`."""
        return at[self.rank :: self.size]

    def add_up(self, network: nn.Module, share: float) -> None:
        """See `Ranks`; weights without a gradient anywhere stay without one."""
        weights = [weight for weight in network.parameters() if weight.requires_grad]
        has = torch.tensor([float(weight.grad is not None) for weight in weights])
        parts = [torch.zeros(w.numel()) if w.grad is None else w.grad.reshape(-1) * share for w in weights]
        flat = self._sum(torch.cat([has, *parts]))
        for weight, found, is_there in zip(
            weights, torch.split(flat[len(has) :], [w.numel() for w in weights]), flat[: len(has)].tolist(), strict=True
        ):
            if is_there:
                weight.grad = found.view_as(weight)

    def end(self, network: nn.Module, total: float, n_seen: int) -> tuple[float, int]:
        """See `Ranks`."""
        for values in network.buffers():
            if values.is_floating_point():
                values.copy_(self._sum(values.detach().clone()) / self.size)
        losses = self._sum(torch.tensor([total, n_seen], dtype=torch.float64))
        return float(losses[0]), int(losses[1])

    def agree(self, value: float) -> float:
        """See `Ranks`."""
        said = torch.tensor([value], dtype=torch.float64)
        _distributed().broadcast(said, src=0)
        return float(said)

    def _sum(self, values: Tensor) -> Tensor:
        _distributed().all_reduce(values)
        return values


def _distributed() -> Any:
    import torch.distributed as distributed

    return distributed
