"""The one training loop: AdamW, a one-cycle rate, early stopping, and a model whatever happens.

- The rate follows the steps done or the time spent, whichever is further, so that a time limit still cools down.
- Each epoch ends with the loss on rows not trained on; the best epoch's weights are given back.
- Ctrl-C or the time limit end the loop, not the work: the best weights so far are given back.
- The same seed and threads give the same bits on a CPU, as long as no time limit cuts in.
"""

import math
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from belvedere.progress import Progress
from belvedere.training.objectives import Loss
from belvedere.types import Arrays

Batch = dict[str, Tensor]


@dataclass(frozen=True)
class Plan:
    """How long, how fast and how carefully to train.

    Attributes
    ----------
    epochs, batch_size : int
    learning_rate, weight_decay : float
        Highest rate of the cycle; decay of all weights with two or more axes.
    patience : int
        Epochs without a better validation loss after which training ends.
    time_limit_s : float or None
        Seconds for the whole loop.
    seed, threads : int
    low_precision : bool
        Whether matrix products run in bfloat16.
    """

    epochs: int = 20
    batch_size: int = 256
    learning_rate: float = 2e-3
    weight_decay: float = 1e-2
    patience: int = 1000
    time_limit_s: float | None = None
    seed: int = 0
    threads: int = 2
    low_precision: bool = False


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
class Trained:
    """What training came to; the network itself now holds its best weights.

    `stopped` says why it ended: 'all epochs', 'no more progress', 'time limit', 'interrupted'.
    """

    curves: dict[str, list[float]] = field(default_factory=dict)
    best_epoch: int = 0
    stopped: str = "all epochs"
    seconds: float = 0.0


def make_rows(arrays: Arrays, labels: np.ndarray[Any, Any]) -> Rows:
    """Put arrays and labels into tensors; only arrays that may not be written to are copied."""
    own = {name: value if value.flags.writeable else value.copy() for name, value in arrays.items()}
    return Rows({name: torch.from_numpy(value) for name, value in own.items()}, torch.from_numpy(labels))


def train(
    network: nn.Module, rows: Rows, valid: Rows, *, loss: tuple[Loss, Loss], plan: Plan, progress: Progress
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
    """
    torch.set_num_threads(plan.threads)
    clock = Clock(plan, n_steps=plan.epochs * count_batches(len(rows), plan.batch_size))
    optimizer = make_optimizer(network, plan)
    keeper = Keeper(network)
    progress.start("Learning", plan.epochs)
    try:
        for epoch in range(1, plan.epochs + 1):
            losses = run_epoch(network, rows, optimizer, clock, loss[0])
            scored = measure(network, valid, loss[1], plan) if len(valid) else losses
            keeper.note(losses, scored)
            progress.advance(epoch, f"loss {losses:.4f}, on held-out rows {scored:.4f}, {clock.left(epoch)}")
            if clock.is_over or keeper.n_idle >= plan.patience or not math.isfinite(losses):
                break
    except KeyboardInterrupt:
        clock.stopped = "interrupted"
        progress.say("Learning was interrupted; going on with what was learned. Press Ctrl-C again to end everything.")
    return keeper.give_back(network, clock, progress)


def run_epoch(
    network: nn.Module,
    rows: Rows,
    optimizer: torch.optim.Optimizer,
    clock: "Clock",
    loss: Loss,
) -> float:
    """One pass over all rows in a fresh order; gives back the mean loss."""
    plan = clock.plan
    network.train()
    total, n_seen = 0.0, 0
    for at in batches(len(rows), plan.batch_size, clock.order):
        set_rate(optimizer, plan.learning_rate * one_cycle(clock.share()))
        batch, labels = rows.batch(at)
        with precision(plan):
            outputs = network(batch)
        value = loss(outputs.float(), labels)
        optimizer.zero_grad(set_to_none=True)
        value.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        total, n_seen = total + value.item() * len(at), n_seen + len(at)
        if clock.tick():
            break
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
    """AdamW (Loshchilov, Hutter 2019); biases and scales do not decay."""
    learned = [p for p in network.parameters() if p.requires_grad]
    groups = [
        {"params": [p for p in learned if p.dim() >= 2], "weight_decay": plan.weight_decay},
        {"params": [p for p in learned if p.dim() < 2], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=plan.learning_rate, betas=(0.9, 0.99))


def set_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    """Set the learning rate of every group."""
    for group in optimizer.param_groups:
        group["lr"] = rate


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


class Clock:
    """Remembers how far training is, in steps and in seconds, and draws the order of the rows."""

    def __init__(self, plan: Plan, *, n_steps: int) -> None:
        self.plan, self.n_steps, self.step, self.began = plan, n_steps, 0, time.monotonic()
        self.stopped, self.order = "", torch.Generator().manual_seed(plan.seed)

    def share(self) -> float:
        """Share of the way done, by steps or by time, whichever is further; 0 to 1."""
        by_time = self.seconds() / self.plan.time_limit_s if self.plan.time_limit_s else 0.0
        return min(1.0, max(self.step / self.n_steps, by_time))

    def tick(self) -> bool:
        """Count one step; say whether the time is over."""
        self.step += 1
        if self.plan.time_limit_s is not None and self.seconds() >= self.plan.time_limit_s:
            self.stopped = "time limit"
        return self.is_over

    @property
    def is_over(self) -> bool:
        """Whether the time limit has been reached."""
        return bool(self.stopped)

    def seconds(self) -> float:
        """Seconds since training began."""
        return time.monotonic() - self.began

    def left(self, epoch: int) -> str:
        """Seconds that remain, by the pace so far."""
        remaining = self.seconds() / epoch * (self.plan.epochs - epoch)
        if self.plan.time_limit_s is not None:
            remaining = min(remaining, max(0.0, self.plan.time_limit_s - self.seconds()))
        return f"{remaining:.0f} s left"


class Keeper:
    """Remembers the losses and the weights of the best epoch."""

    def __init__(self, network: nn.Module) -> None:
        self.network, self.learned, self.measured = network, list[float](), list[float]()
        self.best, self.best_epoch = deepcopy(network.state_dict()), 0

    def note(self, learned: float, measured: float) -> None:
        """Note one epoch; keep its weights if it is the best so far."""
        is_best = math.isfinite(measured) and (not self.best_epoch or measured < self.measured[self.best_epoch - 1])
        self.learned.append(learned)
        self.measured.append(measured)
        if is_best:
            self.best, self.best_epoch = deepcopy(self.network.state_dict()), len(self.measured)

    @property
    def n_idle(self) -> int:
        """Epochs since the best one."""
        return len(self.measured) - self.best_epoch

    def give_back(self, network: nn.Module, clock: Clock, progress: Progress) -> Trained:
        """Put the best weights back and say how it went."""
        if self.best_epoch or not all(torch.isfinite(p).all() for p in network.parameters()):
            network.load_state_dict(self.best)
        network.eval()
        done = len(self.measured) >= clock.plan.epochs
        stopped = clock.stopped or ("all epochs" if done else "no more progress")
        progress.finish(f"best epoch {self.best_epoch} of {len(self.measured)}, ended by: {stopped}")
        curves = {"train": self.learned, "valid": self.measured}
        return Trained(curves, self.best_epoch, stopped, clock.seconds())
