"""The one training loop: AdamW, a one-cycle rate, early stopping, and a model whatever happens.

- The rate follows the steps done or the time spent, whichever is further, so that a time limit still cools down.
- Each epoch ends with the loss on rows not trained on; the best epoch's weights are given back.
- Ctrl-C or the time limit end the loop, not the work: the best weights so far are given back.
- With a checkpoint, a run that was stopped goes on where it was, and ends with the same bits as one never stopped.
- The same seed and threads give the same bits on a CPU, as long as no time limit cuts in.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from belvedere.progress import Progress
from belvedere.training.keeping import Checkpoint, Clock, Diary, Keeper, Plan, Trained
from belvedere.training.objectives import Loss
from belvedere.training.ranks import Ranks
from belvedere.types import Arrays

Batch = dict[str, Tensor]


@dataclass(frozen=True)
class Rows:
    """Rows ready to learn from: one tensor per array name, and labels."""

    arrays: Batch
    labels: Tensor

    def __len__(self) -> int:
        return len(self.labels)

    def batch(self, at: Tensor) -> tuple[Batch, Tensor]:
        """The rows with these numbers."""
        return {name: values[at] for name, values in self.arrays.items()}, self.labels[at]


@dataclass(frozen=True)
class Hooks:
    """What may look into training from outside: a checkpoint, and who may end it after an epoch.

    `give_up` sees the validation losses so far and the epochs planned; a search ends a trial by it that is behind.
    `ranks` are the processes that learn together, where there are several.
    """

    checkpoint: Checkpoint | None = None
    give_up: Callable[[Sequence[float], int], bool] | None = None
    ranks: Ranks | None = None


def make_rows(arrays: Arrays, labels: np.ndarray[Any, Any]) -> Rows:
    """Put arrays and labels into tensors; only arrays that may not be written to are copied."""
    own = {name: value if value.flags.writeable else value.copy() for name, value in arrays.items()}
    return Rows({name: torch.from_numpy(value) for name, value in own.items()}, torch.from_numpy(labels))


def train(  # noqa: PLR0913 the two data, the two losses, and how
    network: nn.Module,
    rows: Rows,
    valid: Rows,
    *,
    loss: tuple[Loss, Loss],
    plan: Plan,
    progress: Progress,
    hooks: Hooks = Hooks(),
) -> Trained:
    """Train a network in place and leave it with its best weights, in evaluation mode.

    Parameters
    ----------
    network : Module
        From a batch to outputs.
    rows, valid : Rows
        Rows to learn from, and rows that decide which epoch was best; with none of the latter the last one is kept.
    loss : pair of functions
        The loss that is learned and the one that is reported.
    plan : Plan
    progress : Progress
    hooks : Hooks
        A checkpoint to write and to go on from; who may end training early.
    """
    torch.set_num_threads(plan.threads)
    ranks = hooks.ranks
    n_steps = plan.epochs * count_batches(len(rows), plan.batch_size)
    clock = Clock(plan, n_steps=n_steps, agree=None if ranks is None else ranks.agree)
    optimizer, keeper = make_optimizer(network, plan), Keeper(network)
    diary = Diary(hooks.checkpoint, optimizer, keeper, clock)
    done = diary.take_up()
    if done:
        progress.say(f"Going on after epoch {done} of {plan.epochs}.")
    progress.start("Learning", plan.epochs)
    try:
        for epoch in range(done + 1, plan.epochs + 1):
            if keeper.is_done(plan) or clock.look():
                break
            if ranks is not None:
                ranks.begin(epoch, plan)
            losses = run_epoch(network, rows, optimizer, clock, loss[0], ranks)
            scored = measure(network, valid, loss[1], plan) if len(valid) else losses
            scored = scored if ranks is None else ranks.agree(scored)
            keeper.note(losses, scored)
            diary.note()
            held = f", on held-out rows {scored:.4f}" if len(valid) else ""
            progress.advance(epoch, f"loss {losses:.4f}{held}, {clock.left(epoch)}")
            if hooks.give_up is not None and hooks.give_up(keeper.measured, plan.epochs):
                clock.stopped = "given up"
    except KeyboardInterrupt:
        clock.stopped = "interrupted"
        progress.say("Learning was interrupted; going on with what was learned. Press Ctrl-C again to end everything.")
    diary.write()
    return keeper.give_back(clock, progress)


def run_epoch(
    network: nn.Module,
    rows: Rows,
    optimizer: torch.optim.Optimizer,
    clock: Clock,
    loss: Loss,
    ranks: Ranks | None = None,
) -> float:
    """One pass over all rows in a fresh order; gives back the mean loss."""
    plan = clock.plan
    network.train()
    total, n_seen = 0.0, 0
    for at in batches(len(rows), plan.batch_size, clock.order):
        share = clock.share()
        set_rate(optimizer, plan.learning_rate * one_cycle(share), frozen=share < plan.freeze)
        own = at if ranks is None else ranks.part(at)
        batch, labels = rows.batch(own)
        with precision(plan):
            outputs = network(batch)
        value = loss(outputs.float(), labels)
        optimizer.zero_grad(set_to_none=True)
        value.backward()  # type: ignore[no-untyped-call]
        if ranks is not None:
            ranks.add_up(network, len(own) / len(at))
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        total, n_seen = total + value.item() * len(own), n_seen + len(own)
        if clock.tick():
            break
    if ranks is not None:
        total, n_seen = ranks.end(network, total, n_seen)
    return total / max(1, n_seen)


@torch.no_grad()
def measure(network: nn.Module, rows: Rows, loss: Loss, plan: Plan) -> float:
    """Mean loss on rows, in evaluation mode; an ensemble is measured by its mean output."""
    network.eval()
    total = 0.0
    for at in torch.split(torch.arange(len(rows)), max(512, plan.batch_size)):
        batch, labels = rows.batch(at)
        with precision(plan):
            outputs = network(batch).float()
        outputs = outputs.mean(dim=1) if outputs.dim() == 3 else outputs
        total += float(loss(outputs, labels)) * len(at)
    return total / len(rows)


def batches(n_rows: int, batch_size: int, order: torch.Generator) -> Iterator[Tensor]:
    """Row numbers in random order; a last batch under half the size is left to the next epoch."""
    shuffled = torch.randperm(n_rows, generator=order)
    return iter(torch.split(shuffled, batch_size)[: count_batches(n_rows, batch_size)])


def count_batches(n_rows: int, batch_size: int) -> int:
    """How many batches an epoch has.

    Examples
    --------
    >>> count_batches(1000, 256), count_batches(1200, 256), count_batches(3, 256)
    (4, 5, 1)
    """
    whole, rest = divmod(n_rows, batch_size)
    return max(1, whole + (rest >= batch_size / 2))


def make_optimizer(network: nn.Module, plan: Plan) -> torch.optim.Optimizer:
    """AdamW (Loshchilov, Hutter 2019); biases and scales do not decay, weights learned before have a rate of their own."""
    groups: dict[tuple[float, bool], list[nn.Parameter]] = {}
    for name, weights in network.named_parameters():
        if weights.requires_grad:
            groups.setdefault((rate_share(name, plan), weights.dim() >= 2), []).append(weights)
    made = [
        {"params": weights, "weight_decay": plan.weight_decay if decays else 0.0, "share": share}
        for (share, decays), weights in sorted(groups.items(), key=lambda item: item[0], reverse=True)
    ]
    return torch.optim.AdamW(made, lr=plan.learning_rate, betas=(0.9, 0.99), fused=True)


def rate_share(name: str, plan: Plan) -> float:
    """Share of the rate that a weight has, by the longest beginning of its name in `plan.rates`.

    Examples
    --------
    >>> plan = Plan(rates={"encoders": 0.1, "encoders.0.stem": 0.01})
    >>> rate_share("encoders.0.stem.weight", plan), rate_share("head.weight", plan)
    (0.01, 1.0)
    """
    known = [start for start in plan.rates if name.startswith(start)]
    return plan.rates[max(known, key=len)] if known else 1.0


def set_rate(optimizer: torch.optim.Optimizer, rate: float, *, frozen: bool = False) -> None:
    """Set the learning rate of every group; while frozen, those with less than the whole rate rest."""
    for group in optimizer.param_groups:
        group["lr"] = 0.0 if frozen and group["share"] < 1 else rate * group["share"]


def one_cycle(share: float) -> float:
    """Share of the highest rate: up for a sixth of the way, then down a cosine to a hundredth (Smith 2018).

    Examples
    --------
    >>> [round(one_cycle(share), 2) for share in (0.0, 1 / 6, 0.6, 1.0)]
    [0.1, 1.0, 0.47, 0.01]
    """
    rise = 1 / 6
    if share < rise:
        return 0.1 + 0.9 * share / rise
    return 0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * (share - rise) / (1 - rise)))


def precision(plan: Plan) -> AbstractContextManager[Any]:
    """Bfloat16 products where the plan says so, float32 otherwise."""
    return torch.autocast("cpu", dtype=torch.bfloat16, enabled=plan.low_precision)
