"""How long and how fast to train by default: by the size of the data, so that two cores need minutes, not hours.

The costs below are seconds per row and epoch (forward, backward and step), measured on two cores of a 2024 server with
AVX-512; other machines train for the same number of epochs, only faster or slower, so that results repeat.
"""

import math
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch

from belvedere.training.keeping import Plan
from belvedere.types import Input


@dataclass(frozen=True)
class Habit:
    """What suits one network: epochs it likes, at most and at least; batch size for many rows; rate; decay; seconds; steps.

    `steps` are those that an epoch should have at least, where that leaves batches of 64.
    """

    most_epochs: int
    least_epochs: int
    batch_size: int
    learning_rate: float
    weight_decay: float
    budget_s: float = 180.0
    steps: int = 20


# Less work than this runs on one thread: two would save a few seconds, but where other programs run beside it, each of
# the thousands of small steps would wait for the slower thread.
SMALL_WORK_S = 20.0
USUAL_BATCH = 64
LEAST_STEPS = 600  # few rows are seen more often, so that weights can move far enough from where they start

HABITS = {
    "tabular": Habit(40, 4, 256, 2e-3, 3e-2, 30.0),
    "mlp": Habit(60, 8, 128, 3e-3, 1e-4, 60.0),
    "resnet": Habit(60, 4, 256, 6e-3, 2e-2, 200.0, steps=100),
    "cnn": Habit(12, 2, 128, 1e-3, 1e-3, 240.0),
    "inceptiontime": Habit(40, 4, 64, 3e-3, 1e-2, 60.0),
    "rocket": Habit(60, 8, 64, 1e-3, 1e-2, 30.0),
    "bilstm": Habit(60, 4, 64, 3e-3, 1e-2, 180.0),
    "gru": Habit(60, 4, 64, 3e-3, 1e-2, 180.0),
    "tcn": Habit(40, 4, 64, 2e-3, 1e-2, 120.0),
    "transformer": Habit(30, 4, 64, 1e-3, 2e-2, 240.0),
    "lstm": Habit(60, 4, 64, 3e-3, 1e-3, 180.0),
    "bilstm_tagger": Habit(12, 4, 32, 3e-3, 1e-3, 120.0),
    "transformer_tagger": Habit(12, 4, 32, 1.5e-3, 1e-2, 120.0),
    "ngrams": Habit(30, 4, 64, 3e-3, 0.1, 100.0),
    "text_lstm": Habit(10, 3, 64, 2e-3, 1e-3, 180.0),
    "hf": Habit(30, 6, 64, 1e-3, 1e-2, 240.0),
    "guest": Habit(30, 4, 64, 1e-3, 1e-2, 180.0),
}


def row_cost(network: str, inputs: Sequence[Input]) -> float:
    """Seconds per row and epoch of one encoder, by the size of what it reads."""
    info: dict[str, Any] = inputs[0].info
    if network == "resnet":
        side = max(int(info["height"]), int(info["width"]))
        return 0.13e-3 * max(0.4, (min(side, 16) / 14) ** 2)
    if network == "cnn":
        return 0.3e-3 * int(info["height"]) * int(info["width"]) / 784
    if network in STEP_COSTS:
        return STEP_COSTS[network] * _shown_steps(network, inputs)
    other = {"rocket": 20e-6, "ngrams": 0.1e-3, "mlp": 2e-6, "hf": 0.2e-3, "guest": 0.2e-3}
    return other.get(network.partition(":")[0], 0.03e-3 * (1 + len(inputs) / 10))


STEP_COSTS = {
    "inceptiontime": 14e-6, "gru": 8e-6, "tcn": 12e-6, "transformer": 30e-6, "bilstm": 9e-6, "lstm": 2.5e-6,
    "text_lstm": 3e-6, "bilstm_tagger": 12e-6, "transformer_tagger": 12e-6,
}  # fmt: skip


def _shown_steps(network: str, inputs: Sequence[Input]) -> float:
    """Steps that a network sees: before its convolutions, fronts shorten spectra by 2 and long rows to about 150."""
    info: dict[str, Any] = inputs[0].info
    if network in ("bilstm_tagger", "transformer_tagger"):
        return float(max(int(item.info.get("usual_words", 0)) for item in inputs))
    n_steps = float(info["length"] if "length" in info else info["T"])
    if network != "inceptiontime":
        return n_steps
    if info.get("front") == "mel":
        return n_steps / 2
    return n_steps if n_steps <= 400 else 150.0


def default_plan(
    parts: Sequence[tuple[str, Sequence[Input]]], n_rows: int, *, effort: float = 1.0, **asked: Any
) -> Plan:
    """Choose a plan for these encoders and this many rows; what a person asked for (not None) stands.

    Parameters
    ----------
    parts : sequence of (network name, inputs it reads)
    n_rows : int
        Rows to learn from.
    effort : float
        How many times as long as usual to train, where longer may help.
    **asked
        Fields of `Plan`, or None.

    Examples
    --------
    >>> parts = [("tabular", [Input("a", "number", {})])]
    >>> default_plan(parts, 1000).epochs > default_plan(parts, 1_000_000).epochs
    True
    >>> default_plan(parts, 1000, epochs=3).epochs
    3
    """
    habits = [HABITS[name.partition(":")[0]] for name, _ in parts]  # 'hf:FOLDER', 'guest:NAME'
    cost = sum(row_cost(name, inputs) for name, inputs in parts)
    lead = max(habits, key=lambda habit: habit.budget_s)
    by_cost = effort * lead.budget_s / (cost * max(1, n_rows))
    epochs = int(max(1, min(effort * lead.most_epochs, max(min(1.0, effort) * lead.least_epochs, by_cost))))
    batch_size = _batch_size(lead, n_rows)
    least_steps = min(1.0, effort) * LEAST_STEPS
    epochs = max(epochs, min(200, math.ceil(least_steps * batch_size / max(1, n_rows))))
    rate = min(habit.learning_rate for habit in habits)
    chosen: dict[str, Any] = {
        "threads": 1 if cost * n_rows * epochs < SMALL_WORK_S else thread_count(None),
        "epochs": epochs,
        "batch_size": batch_size,
        "learning_rate": rate,
        "weight_decay": lead.weight_decay,
        "patience": max(6, epochs // 3),
        "low_precision": any(name in ("resnet", "cnn") for name, _ in parts) and has_fast_bfloat16(),
    }
    return Plan(**chosen | {name: value for name, value in asked.items() if value is not None})


def _batch_size(habit: Habit, n_rows: int) -> int:
    """At least about 20 steps an epoch, and as many as the network likes where batches stay at 64; powers of two from 16."""
    size = 16
    while size < habit.batch_size and 2 * size * (habit.steps if size >= USUAL_BATCH else 20) <= n_rows:
        size *= 2
    return size


def has_fast_bfloat16() -> bool:
    """Whether this processor multiplies bfloat16 in hardware; elsewhere it would be slower than float32."""
    checks = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    return any(bool(getattr(torch.cpu, name, bool)()) for name in checks)


@contextmanager
def threads_for(asked: int | None) -> Iterator[None]:
    """Compute with so many threads while open (see `thread_count`); afterwards torch has as many as before."""
    before = torch.get_num_threads()
    torch.set_num_threads(thread_count(asked))
    try:
        yield
    finally:
        torch.set_num_threads(before)


def thread_count(asked: int | None) -> int:
    """Threads to compute with: as asked, else all processors this process may use, at most 8."""
    free = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, asked if asked is not None else min(8, free))
