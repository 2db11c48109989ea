"""Several labels per row: each is its own yes or no. Labels and chances are (rows, labels)."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score

from belvedere.training.baseline import Baseline, Example, run_baseline
from belvedere.training.intervals import wilson_interval
from belvedere.types import Input, Score, Target

Array = NDArray[Any]
MOST_SHOWN = 100


def name_labels(chances: Array, target: Target) -> tuple[Array, Array]:
    """Labels that are more likely than not, joined by '; ', and the mean sureness over labels."""
    names = np.array(target.classes, dtype=object)
    said = np.array(["; ".join(names[row > 0.5]) for row in chances], dtype=object)
    return said, np.maximum(chances, 1 - chances).mean(axis=1).astype(np.float32)


def missed(truth: Array, chances: Array, target: Target) -> Array:
    """Mean gap between chance and truth over labels: (rows,)."""
    return np.asarray(np.abs(truth - chances).mean(axis=1), dtype=np.float32)


def evaluate_multilabel(
    truth: Array, chances: Array, target: Target, *, about: str
) -> tuple[tuple[Score, ...], dict[str, Any]]:
    """F1 over all labels together (micro) and as mean of labels (macro), exact matches, mean average precision."""
    said = chances > 0.5
    counts = np.stack([(said & (truth > 0)).sum(axis=1), said.sum(axis=1), (truth > 0).sum(axis=1)], axis=1)
    low, high = f1_interval(counts)
    hit, claimed, true = (truth > 0).T @ said, said.sum(axis=0), (truth > 0).sum(axis=0)
    by_label = 2 * np.diagonal(hit) / np.maximum(claimed + true, 1)
    exact = int((said == (truth > 0)).all(axis=1).sum())
    bottom, top = wilson_interval(exact, len(truth))
    known = (true > 0) & (true < len(truth))
    precision = [float(average_precision_score(truth[:, k], chances[:, k])) for k in np.flatnonzero(known)]
    scores = (
        Score("micro F1", f1_of(counts.sum(axis=0)), about, low=low, high=high),
        Score("macro F1", float(by_label[true > 0].mean()) if (true > 0).any() else float("nan"), about),
        Score("exact match", exact / len(truth), about, low=bottom, high=top),
        Score("mean average precision", float(np.mean(precision)) if precision else float("nan"), about),
    )
    shown = np.argsort(-true, kind="stable")[:MOST_SHOWN]
    rows = [
        {"label": target.classes[k], "true": int(true[k]), "said": int(claimed[k]), "hit": int(hit[k, k])}
        for k in shown
    ]
    return scores, {"task": "multilabel", "n_rows": len(truth), "labels": rows}


def f1_of(counts: Array) -> float:
    """F1 from hits, claimed and true, (…, 3).

    Examples
    --------
    >>> round(f1_of(np.array([2, 3, 4])), 3)
    0.571
    """
    return float(2 * counts[0] / max(1, counts[1] + counts[2]))


def f1_interval(counts: Array, *, n_draws: int = 400) -> tuple[float, float]:
    """Interval of F1 by drawing rows with replacement; `counts` are (rows, 3): hits, claimed, true."""
    rng = np.random.default_rng(0)
    drawn = [counts[rng.integers(len(counts), size=len(counts))].sum(axis=0) for _ in range(n_draws)]
    low, high = np.quantile([f1_of(one) for one in drawn], [0.025, 0.975])
    return float(low), float(high)


def label_baselines(
    train: Example, labels: Array, test: Example, *, inputs: Sequence[Input], target: Target, seed: int
) -> Baseline:
    """The baseline for these columns, once per label."""
    chances, name = [], ""
    for k, label in enumerate(target.classes):
        one = replace(target, name=label, task="binary", classes=("no", "yes"))
        found = run_baseline(train, labels[:, k].astype(np.int64), test, inputs=inputs, target=one, seed=seed)
        name = name if found.name == "most frequent class" else found.name
        chances.append(found.predictions[:, 1])
    return Baseline(f"{name or 'most frequent class'}, one per label", np.stack(chances, axis=1))
