"""Private training: each row's pull on the weights is clipped and drowned in noise (DP-SGD: Abadi et al. 2016).

Clipping, noise and the accountant are Opacus's; gradients are taken row by row with `torch.func`, since networks here
have layers that Opacus's own hooks do not know. What the guarantee needs, and what is done for it:

- Rows of a step are drawn one by one with one chance each (Poisson sampling), as the accountant assumes.
- Noise and drawing come from a generator seeded by the operating system, never from the seed of the map: whoever
  knew the seed could take the noise away. So a private training cannot be repeated.
- Every row's loss is its own: a network that mixes rows of a batch is refused.
- The weights of the last step are kept. Choosing the best epoch would ask the data once more, without noise.
"""

import secrets
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call, grad, vmap

from belvedere.errors import SettingError, missing_extra
from belvedere.progress import Progress
from belvedere.training.keeping import Plan, Trained
from belvedere.training.loop import Batch, Rows, make_optimizer, measure, one_cycle, set_rate
from belvedere.training.objectives import Loss

EPSILONS = 0.1, 20.0  # what the accountant can tell, and what still says something
CLIP = 1.0  # length of one row's gradient at most
MOST_RATE = 0.5  # chance of a row to be in a step, at most
MOST_FLOATS = 30_000_000  # gradients of so many weights times rows are held at once


@dataclass(frozen=True)
class Privacy:
    """What was spent, by the accountant.

    Attributes
    ----------
    epsilon, delta : float
        The weights are (epsilon, delta)-differentially private for one training row more or less.
    noise : float
        Standard deviation of the noise on summed gradients, in lengths of one clipped gradient.
    sample_rate : float
        Chance of a row to be in a step.
    steps, rows : int
    accountant : str
    """

    epsilon: float
    delta: float
    noise: float
    sample_rate: float
    steps: int
    rows: int
    accountant: str

    @property
    def sentence(self) -> str:
        """What is promised, and what not."""
        return (
            f"Private training: the network's weights are differentially private with epsilon = {self.epsilon:.2f} and "
            f"delta = {self.delta:.1e} for one training row more or less ({self.accountant}; {self.steps:,} steps, noise "
            f"{self.noise:.2f}, {self.rows:,} rows). Not private: statistics of the columns that the network reads by (means, "
            "quantiles, categories, words), scores, predictions, places and rows; so this promises nothing about the map "
            "itself, only about the network given these statistics."
        )


def private_plan(plan: Plan, n_rows: int, *, batch_size: int | None) -> Plan:
    """The plan for private training: steps of more rows, since noise is the same for any number; no decay."""
    size = batch_size or int(min(1024, max(32, n_rows // 20)))
    epochs = min(plan.epochs, 30)
    return Plan(
        epochs=epochs, batch_size=size, learning_rate=plan.learning_rate, weight_decay=0.0,
        time_limit_s=plan.time_limit_s, seed=plan.seed, threads=plan.threads,
    )  # fmt: skip


def check_budget(epsilon: float, delta: float | None, n_rows: int) -> float:
    """The delta to train with: as asked, else 1e-5 or a tenth of a row, whichever is less.

    Raises
    ------
    SettingError
        Where epsilon is out of its range, or delta allows that single rows are published.

    Examples
    --------
    >>> check_budget(8.0, None, 500)
    1e-05
    """
    least, most = EPSILONS
    if not least <= epsilon <= most:
        raise SettingError(
            f"epsilon must lie between {least:g} and {most:g}, but is {epsilon:g}. 1 is strong, 8 is common, 10 says little."
        )
    delta = min(1e-5, 0.1 / n_rows) if delta is None else delta
    if not 0 < delta < 1 / n_rows:
        raise SettingError(
            f"delta must lie between 0 and one by the number of training rows (1/{n_rows:,}), but is {delta}. "
            "Leave it out: 1e-5 is taken, or less for many rows."
        )
    return delta


def refuse_mixing(network: nn.Module, rows: Rows, loss: Loss) -> None:
    """Refuse networks in which one row of a batch tells on another, or whose gradients cannot be taken row by row.

    Raises
    ------
    SettingError
        Naming the layer.
    """
    for name, layer in network.named_modules():
        if isinstance(layer, nn.modules.batchnorm._BatchNorm):
            raise SettingError(
                f"Private training must keep rows apart, but the layer {name!r} ({type(layer).__name__}) mixes the rows of "
                "a batch. Choose another network: tabular, mlp or ngrams."
            )
    try:
        batch, labels = rows.batch(torch.arange(min(2, len(rows))))
        row_gradients(network, batch, labels, loss)
    except (RuntimeError, NotImplementedError, ValueError) as error:
        raise SettingError(
            "Private training must take gradients row by row, but a layer of this network does not allow it "
            f"({str(error).splitlines()[0][:80]}). Choose another network: tabular, mlp or ngrams."
        ) from error


def train_privately(  # noqa: PLR0913 as `train`, and the budget
    network: nn.Module,
    rows: Rows,
    valid: Rows,
    *,
    loss: tuple[Loss, Loss],
    plan: Plan,
    progress: Progress,
    budget: tuple[float, float],
) -> tuple[Trained, Privacy]:
    """Train a network in place within a budget of (epsilon, delta), and leave it in evaluation mode.

    Parameters
    ----------
    network, rows, valid, loss, plan, progress :
        As for `train`; rows held out are only reported on, they decide nothing.
    budget : (float, float)
        Epsilon, which will not be passed, and delta.

    Raises
    ------
    SettingError
        Where the network mixes rows.
    MissingExtraError
        Where Opacus is not installed.
    """
    refuse_mixing(network, rows, loss[0])
    torch.set_num_threads(plan.threads)
    rate = min(MOST_RATE, plan.batch_size / len(rows))
    per_epoch = max(1, round(1 / rate))
    engine = _Engine(network, plan, n_rows=len(rows), rate=rate, steps=plan.epochs * per_epoch, budget=budget)
    measured: list[float] = []
    stopped, began = "all epochs", time.monotonic()
    progress.start("Learning privately", plan.epochs)
    try:
        for epoch in range(1, plan.epochs + 1):
            network.train()
            for _ in range(per_epoch):
                engine.step(rows, loss[0])
            measured.append(measure(network, valid, loss[1], plan) if len(valid) else float("nan"))
            progress.advance(epoch, f"on held-out rows {measured[-1]:.4f}, epsilon so far {engine.spent():.2f}")
            if plan.time_limit_s is not None and time.monotonic() - began >= plan.time_limit_s:
                stopped = "time limit"
                break
    except KeyboardInterrupt:
        stopped = "interrupted"
        progress.say("Learning was interrupted; going on with what was learned. Press Ctrl-C again to end everything.")
    network.eval()
    found = engine.privacy()
    progress.finish(f"epsilon {found.epsilon:.2f}, delta {found.delta:.1e}, ended by: {stopped}")
    # No losses on training rows: they would be told without noise.
    return Trained({"valid": measured}, len(measured), stopped, time.monotonic() - began), found


class _Engine:
    """Opacus's optimizer and accountant around the plain ones, and the generator of noise."""

    def __init__(
        self, network: nn.Module, plan: Plan, *, n_rows: int, rate: float, steps: int, budget: tuple[float, float]
    ) -> None:
        try:
            from opacus.accountants import PRVAccountant
            from opacus.accountants.utils import get_noise_multiplier
            from opacus.optimizers import DPOptimizer
        except ImportError as error:
            raise missing_extra("opacus", "private", "Private training") from error
        self.network, self.plan, self.n_rows, self.rate, self.n_steps = network, plan, n_rows, rate, steps
        self.epsilon, self.delta = budget
        self.noise = self._noise(get_noise_multiplier)
        self.random = torch.Generator().manual_seed(secrets.randbits(63))
        self.accountant: Any = PRVAccountant()
        self.plain = make_optimizer(network, plan)
        self.optimizer: Any = DPOptimizer(
            self.plain, noise_multiplier=self.noise, max_grad_norm=CLIP, expected_batch_size=rate * n_rows,
            generator=self.random, secure_mode=True,
        )  # fmt: skip
        self.optimizer.attach_step_hook(self.accountant.get_optimizer_hook_fn(sample_rate=rate))
        self.weights = [w for w in network.parameters() if w.requires_grad]
        self.done = 0

    def _noise(self, get_noise_multiplier: Any) -> float:
        """How much noise keeps the budget over all steps."""
        asked = {
            "target_epsilon": self.epsilon,
            "target_delta": self.delta,
            "sample_rate": self.rate,
            "steps": self.n_steps,
        }
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of a first, coarser accountant that only bounds the search
                return float(get_noise_multiplier(**asked, accountant="prv"))
        except (RuntimeError, ValueError, OverflowError) as error:
            raise SettingError(
                f"The budget must be one that can be kept, but epsilon {self.epsilon:g} with delta {self.delta:g} over "
                f"{self.n_steps:,} steps cannot be accounted for. Choose another epsilon, or more rows."
            ) from error

    def step(self, rows: Rows, loss: Loss) -> None:
        """Draw rows, clip each one's gradient, add noise, move the weights."""
        set_rate(self.plain, self.plan.learning_rate * one_cycle(self.done / self.n_steps))
        drawn = torch.nonzero(torch.rand(len(rows), generator=self.random) < self.rate)[:, 0]
        at_once = max(1, MOST_FLOATS // sum(w.numel() for w in self.weights))
        parts = list(torch.split(drawn, at_once)) or [drawn]
        for number, part in enumerate(parts):
            found = self._gradients(rows, part, loss)
            for weight, gradient in zip(self.weights, found, strict=True):
                weight.grad_sample = gradient  # type: ignore[attr-defined]  # where Opacus looks for it
            self.optimizer.signal_skip_step(do_skip=number < len(parts) - 1)
            self.optimizer.step()
            self.optimizer.zero_grad(set_to_none=True)
        self.done += 1

    def _gradients(self, rows: Rows, at: Tensor, loss: Loss) -> Iterator[Tensor]:
        if not len(at):
            return iter([w.new_zeros((0, *w.shape)) for w in self.weights])
        batch, labels = rows.batch(at)
        return iter(row_gradients(self.network, batch, labels, loss))

    def spent(self) -> float:
        """Epsilon so far."""
        return float(self.accountant.get_epsilon(self.delta)) if self.done else 0.0

    def privacy(self) -> Privacy:
        """What was spent in all."""
        from importlib.metadata import version

        name = f"PRV accountant of Opacus {version('opacus')}"
        return Privacy(self.spent(), self.delta, self.noise, self.rate, self.done, self.n_rows, name)


def row_gradients(network: nn.Module, batch: Batch, labels: Tensor, loss: Loss) -> list[Tensor]:
    """Gradient of each row's own loss, one (rows, *shape) per weight that learns; what is no number counts as 0."""
    learning = {name: w.detach() for name, w in network.named_parameters() if w.requires_grad}
    fixed = {name: w.detach() for name, w in network.named_parameters() if not w.requires_grad}
    fixed |= dict(network.named_buffers())

    def row_loss(weights: dict[str, Tensor], row: Batch, label: Tensor) -> Tensor:
        outputs = functional_call(network, {**weights, **fixed}, ({name: v[None] for name, v in row.items()},))
        return loss(outputs.float(), label[None])

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "There is a performance drop")  # bags of n-grams are taken one by one
        found = vmap(grad(row_loss), in_dims=(None, 0, 0), randomness="different")(learning, batch, labels)
    return [torch.nan_to_num(found[name], 0.0, 0.0, 0.0) for name in learning]
