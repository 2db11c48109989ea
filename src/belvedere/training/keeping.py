"""What the training loop remembers: how far it is, which weights were best, and all of it on disk to go on from.

A checkpoint is one safetensors file: weights, best weights, the optimizer's averages, the states of both random
generators, and as JSON the losses so far. It is written at the end of an epoch, so a run that goes on from it does
exactly the steps that an uninterrupted run would have done.
"""

import json
import math
import os
import time
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from belvedere.errors import SettingError
from belvedere.progress import Progress


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
    rates : dict of str to float
        Share of the rate for weights whose name starts so, learned before; all others have the whole rate.
    freeze : float
        Share of the training in which the weights in `rates` rest.
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
    rates: dict[str, float] = field(default_factory=dict)
    freeze: float = 0.0


@dataclass(frozen=True)
class Trained:
    """What training came to; the network itself now holds its best weights.

    `stopped` says why it ended: 'all epochs', 'no more progress', 'time limit', 'interrupted', 'given up'.
    """

    curves: dict[str, list[float]] = field(default_factory=dict)
    best_epoch: int = 0
    stopped: str = "all epochs"
    seconds: float = 0.0


class Clock:
    """Remembers how far training is, in steps and in seconds, and draws the order of the rows."""

    def __init__(self, plan: Plan, *, n_steps: int, agree: Callable[[float], float] | None = None) -> None:
        self.agree = agree  # on the time, where several processes learn together
        self.plan, self.n_steps, self.step, self.began = plan, n_steps, 0, time.monotonic()
        self.stopped, self.order = "", torch.Generator().manual_seed(plan.seed)

    def share(self) -> float:
        """Share of the way done, by steps, or by time where that is clearly further; 0 to 1.

        A limit that does not press changes no bit: the clock counts from a fiftieth ahead of the steps.
        """
        by_steps = self.step / self.n_steps
        by_time = self._agreed() / self.plan.time_limit_s if self.plan.time_limit_s else 0.0
        return min(1.0, by_time if by_time > by_steps + 0.02 else by_steps)

    def tick(self) -> bool:
        """Count one step; say whether the time is over."""
        self.step += 1
        return self.look()

    def look(self) -> bool:
        """Say whether the time is over, without a step."""
        if self.plan.time_limit_s is not None and self._agreed() >= self.plan.time_limit_s:
            self.stopped = "time limit"
        return self.is_over

    def _agreed(self) -> float:
        return self.seconds() if self.agree is None else self.agree(self.seconds())

    @property
    def is_over(self) -> bool:
        """Whether the time limit has been reached."""
        return bool(self.stopped)

    def seconds(self) -> float:
        """Seconds of training, those before a checkpoint included."""
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

    def is_done(self, plan: Plan) -> bool:
        """Whether the losses say that going on is no use: none better for long, or no longer numbers."""
        exploded = bool(self.learned) and not math.isfinite(self.learned[-1])
        return exploded or (bool(self.measured) and self.n_idle >= plan.patience)

    def give_back(self, clock: Clock, progress: Progress) -> Trained:
        """Put the best weights back and say how it went."""
        network = self.network
        if self.best_epoch or not all(torch.isfinite(p).all() for p in network.parameters()):
            network.load_state_dict(self.best)
        network.eval()
        done = len(self.measured) >= clock.plan.epochs
        stopped = clock.stopped or ("all epochs" if done else "no more progress")
        progress.finish(f"best epoch {self.best_epoch} of {len(self.measured)}, ended by: {stopped}")
        curves = {"train": self.learned, "valid": self.measured}
        return Trained(curves, self.best_epoch, stopped, clock.seconds())


@dataclass(frozen=True)
class Checkpoint:
    """Where the state of training is kept, what it belongs to, and how often it is written.

    Attributes
    ----------
    path : Path
        One file, replaced in one step.
    key : str
        What is learned, how; a checkpoint of something else is refused.
    resume : bool
        Whether to go on from the file if it is there.
    every_s : float
        Seconds between two writings; the last state is written in any case.
    """

    path: Path
    key: str = ""
    resume: bool = False
    every_s: float = 30.0


class Diary:
    """Takes the state at the end of each epoch and writes it now and then; does nothing without a checkpoint."""

    def __init__(
        self, checkpoint: Checkpoint | None, optimizer: torch.optim.Optimizer, keeper: Keeper, clock: Clock
    ) -> None:
        self.checkpoint, self.optimizer, self.keeper, self.clock = checkpoint, optimizer, keeper, clock
        self._written, self._state = time.monotonic(), dict[str, Tensor]()

    def note(self) -> None:
        """Take the state; write it if the last time is long ago."""
        if self.checkpoint is None:
            return
        self._state = {name: value.detach().clone().contiguous() for name, value in self._tensors().items()}
        self._words = {
            "key": self.checkpoint.key, "learned": self.keeper.learned[:], "measured": self.keeper.measured[:],
            "best_epoch": self.keeper.best_epoch, "step": self.clock.step, "seconds": self.clock.seconds(),
        }  # fmt: skip
        if time.monotonic() - self._written >= self.checkpoint.every_s:
            self.write()

    def write(self) -> None:
        """Write the last state taken."""
        if self.checkpoint is None or not self._state:
            return
        path, self._written = self.checkpoint.path, time.monotonic()
        beside = path.with_name(path.name + ".part")
        save_file(self._state, beside, metadata={"belvedere": json.dumps(self._words)})
        os.replace(beside, path)  # noqa: PTH105 one step, also over an older file

    def take_up(self) -> int:
        """Go on from the checkpoint where there is one to go on from; epochs done before."""
        if self.checkpoint is None or not self.checkpoint.resume or not self.checkpoint.path.exists():
            return 0
        words, tensors = read_checkpoint(self.checkpoint)
        self.keeper.network.load_state_dict(_under("network", tensors))
        self.keeper.best, self.keeper.best_epoch = _under("best", tensors), words["best_epoch"]
        self.keeper.learned[:], self.keeper.measured[:] = words["learned"], words["measured"]
        self._restore_optimizer(_under("optimizer", tensors))
        self.clock.step, self.clock.began = words["step"], time.monotonic() - words["seconds"]
        self.clock.order.set_state(tensors["order"])
        torch.set_rng_state(tensors["random"])
        return len(self.keeper.measured)

    def _tensors(self) -> dict[str, Tensor]:
        """Everything that the next epoch depends on."""
        found = {f"network.{name}": value for name, value in self.keeper.network.state_dict().items()}
        found |= {f"best.{name}": value for name, value in self.keeper.best.items()}
        for number, state in self.optimizer.state_dict()["state"].items():
            found |= {f"optimizer.{number}.{name}": torch.as_tensor(value) for name, value in state.items()}
        return found | {"order": self.clock.order.get_state(), "random": torch.get_rng_state()}

    def _restore_optimizer(self, tensors: dict[str, Tensor]) -> None:
        state: dict[int, dict[str, Tensor]] = {}
        for name, value in tensors.items():
            number, _, part = name.partition(".")
            state.setdefault(int(number), {})[part] = value
        self.optimizer.load_state_dict({**self.optimizer.state_dict(), "state": state})


def read_checkpoint(checkpoint: Checkpoint) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """What was written, after checking that it belongs to this learning.

    Raises
    ------
    SettingError
        If the file is no checkpoint, or one of other data or settings.
    """
    try:
        with safe_open(checkpoint.path, framework="pt") as file:
            words = json.loads((file.metadata() or {})["belvedere"])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 not a mapping
    except (SafetensorError, OSError, KeyError, ValueError) as error:
        raise SettingError(
            f"To go on, {str(checkpoint.path)!r} must be a checkpoint of Belvedere, but it cannot be read as one. "
            "Delete it, or begin anew without --resume."
        ) from error
    if words["key"] != checkpoint.key:
        raise SettingError(
            f"To go on, data and settings must be those of the checkpoint {str(checkpoint.path)!r}, but they differ. "
            "Give the same ones, or begin anew without --resume."
        )
    return words, tensors


def _under(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {k.removeprefix(f"{prefix}."): v for k, v in tensors.items() if k.startswith(f"{prefix}.")}
