"""Promises about learning in several processes, as far as one process can tell."""

import pytest
import torch
from torch import Tensor, nn

from belvedere.engines import Engine
from belvedere.errors import SettingError
from belvedere.learn.together import n_ranks
from belvedere.progress import Silent
from belvedere.training import Hooks, Plan, Rows, train
from belvedere.training.ranks import Group


class Noted(Group):
    """A process of a group whose sums are its own parts, which are noted."""

    def __init__(self, rank: int, size: int) -> None:
        super().__init__(rank, size)
        self.parts: list[Tensor] = []

    def _sum(self, values: Tensor) -> Tensor:
        self.parts.append(values.clone())
        return values

    def agree(self, value: float) -> float:
        return value


class Line(nn.Module):
    """One layer, and weights that no batch reaches."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.layer, self.unused = nn.Linear(3, 1), nn.Linear(2, 2)

    def forward(self, batch: dict[str, Tensor]) -> Tensor:
        return torch.as_tensor(self.layer(batch["x"]))


def squared(outputs: Tensor, labels: Tensor) -> Tensor:
    return (outputs[:, 0] - labels).square().mean()


def rows(n: int) -> Rows:
    x = torch.randn(n, 3, generator=torch.Generator().manual_seed(1))
    return Rows({"x": x}, x.sum(dim=1))


def test_a_group_of_one_learns_the_same_bits_as_nobody_else() -> None:
    nets = Line(), Line()
    for net, hooks in zip(nets, (Hooks(), Hooks(ranks=Noted(0, 1))), strict=True):
        plan = Plan(epochs=3, batch_size=16, threads=1)
        train(net, rows(64), rows(16), loss=(squared, squared), plan=plan, progress=Silent(), hooks=hooks)
    for a, b in zip(nets[0].parameters(), nets[1].parameters(), strict=True):
        assert torch.equal(a, b)


def test_the_parts_of_all_processes_add_up_to_the_gradient_of_the_whole_batch() -> None:
    whole, at = Line(), torch.arange(7)
    batch, labels = rows(7).batch(at)
    squared(whole(batch), labels).backward()  # type: ignore[no-untyped-call]
    sums = []
    for rank in range(3):
        net, group = Line(), Noted(rank, 3)
        own = group.part(at)
        batch, labels = rows(7).batch(own)
        squared(net(batch), labels).backward()  # type: ignore[no-untyped-call]
        group.add_up(net, len(own) / len(at))
        assert net.unused.weight.grad is None, "weights without a gradient anywhere stay without one"
        sums.append(group.parts[0][4:8])

    assert torch.allclose(sum(sums)[:3], whole.layer.weight.grad[0], atol=1e-6)
    assert torch.allclose(sum(sums)[3:], whole.layer.bias.grad, atol=1e-6)


def test_processes_draw_differently_and_the_same_again() -> None:
    drawn = []
    for rank, epoch in ((0, 1), (1, 1), (0, 2), (0, 1)):
        Group(rank, 2).begin(epoch, Plan(seed=3))
        drawn.append(float(torch.rand(1)))
    assert drawn[0] == drawn[3]
    assert len(set(drawn)) == 3


def test_batches_too_small_to_share_are_learned_here() -> None:
    assert n_ranks(Engine("ray", 4), 1000, Plan(batch_size=16)) == 1


def test_options_of_ray_are_refused_by_the_local_engine() -> None:
    with pytest.raises(SettingError, match="--engine ray"), Engine(workers=2).opened():
        pass
    with pytest.raises(SettingError, match="'ray'"), Engine("rya").opened():
        pass
