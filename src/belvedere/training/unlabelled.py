"""How long to learn without labels by default, and whether pictures may be mirrored, asked of the pictures themselves."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from belvedere.training.features import image_features
from belvedere.training.keeping import Plan
from belvedere.training.plans import SMALL_WORK_S, Habit, has_fast_bfloat16, row_cost, thread_count
from belvedere.training.split import thin_out
from belvedere.types import Arrays, Input

MOST_UNLABELLED = 60_000  # rows; more teach no more in the minutes that there are
OVERTIME = 1.5  # a slower machine may take so many times the seconds planned

HABITS_UNLABELLED = {
    "resnet": Habit(200, 3, 256, 4e-3, 1e-4, 200.0),
    "cnn": Habit(60, 3, 256, 1e-3, 1e-4, 200.0),
    "inceptiontime": Habit(200, 5, 128, 3e-3, 1e-3, 60.0),
    "ngrams": Habit(30, 2, 256, 3e-3, 1e-4, 40.0),
    "tabular": Habit(60, 2, 256, 2e-3, 1e-4, 12.0),
}
OTHER = Habit(60, 3, 128, 2e-3, 1e-4, 60.0)


def unlabelled_plan(
    parts: Sequence[tuple[str, Sequence[Input]]], n_rows: int, *, effort: float = 1.0, **asked: Any
) -> Plan:
    """Choose a plan for learning without labels; what a person asked for (not None) stands.

    Parameters
    ----------
    parts : sequence of (network name, inputs it reads)
    n_rows : int
        Rows to learn from.
    effort : float
        How many times as long as usual to train.
    **asked
        Fields of `Plan`, or None.

    Examples
    --------
    >>> item = Input("a", "image", {"height": 28, "width": 28, "channels": 1})
    >>> plan = unlabelled_plan([("resnet", [item])], 10_000)
    >>> plan.epochs, plan.batch_size, plan.time_limit_s
    (58, 256, 300.0)
    >>> unlabelled_plan([("resnet", [item])], 10_000, time_limit_s=60).time_limit_s
    60
    """
    lead = max((HABITS_UNLABELLED.get(name, OTHER) for name, _ in parts), key=lambda habit: habit.budget_s)
    cost = sum(2 * row_cost(name, inputs) * (0.3 if name == "tabular" else 1) for name, inputs in parts)
    epochs = int(
        min(effort * lead.most_epochs, max(lead.least_epochs, effort * lead.budget_s / (cost * max(1, n_rows))))
    )
    size = lead.batch_size
    while size > 32 and size * 8 > n_rows:
        size //= 2
    chosen = {
        "epochs": epochs, "batch_size": size, "learning_rate": lead.learning_rate, "weight_decay": lead.weight_decay,
        "time_limit_s": effort * lead.budget_s * OVERTIME,
        "threads": 1 if cost * n_rows * epochs < SMALL_WORK_S else thread_count(None),
        "low_precision": any(name in ("resnet", "cnn") for name, _ in parts) and has_fast_bfloat16(),
    }  # fmt: skip
    return Plan(**chosen | {name: value for name, value in asked.items() if value is not None})


def mirrors_itself(arrays: Arrays, inputs: Sequence[Input], *, seed: int = 0) -> bool:
    """Find whether mirrored pictures are as much at home among the others as they are unmirrored.

    So photographs of animals may be mirrored, digits and shoes that all point one way may not.

    Returns
    -------
    bool
        False where there is no picture, or under 50.
    """
    at = [position for position, item in enumerate(inputs) if item.kind == "image"]
    if not at:
        return False
    pixels = arrays[f"{at[0]}.pixels"]
    rows = np.random.default_rng(seed).permutation(thin_out(np.arange(len(pixels)), 3000, seed=seed))
    n_asked = min(500, len(rows) // 5)
    if n_asked < 10:
        return False
    asked, known = pixels[rows[:n_asked]], image_features(pixels[rows[n_asked:]])
    as_is, mirrored = (_nearest(image_features(some), known) for some in (asked, asked[:, :, ::-1]))
    return bool(np.median(mirrored) <= 1.05 * np.median(as_is))


def _nearest(asked: np.ndarray[Any, Any], known: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Squared distance to the nearest known row."""
    cross = np.square(known).sum(axis=1)[None, :] - 2 * asked @ known.T
    return np.asarray(np.square(asked).sum(axis=1) + cross.min(axis=1))
