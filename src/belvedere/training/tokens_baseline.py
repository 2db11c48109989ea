"""Two token models that cost seconds: a linear one on the same marks of five neighboring words, and each word's usual label."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.linear_model import SGDClassifier

from belvedere.training.baseline import Baseline, Example
from belvedere.training.tokens import best_labels
from belvedere.types import Arrays, Input, Target

Array = NDArray[Any]
N_COLUMNS = 1 << 18  # of the linear model; marks of neighbors are hashed into them
NEAR = (-2, -1, 0, 1, 2)
MOST_WORDS = 300_000


def run_tokens(
    train: Example, labels: Array, test: Example, *, inputs: Sequence[Input], target: Target, seed: int
) -> Baseline:
    """Fit a linear model without a memory of labels; labels then follow the grammar of spans as the network's do."""
    if not any(item.kind == "words" for item in inputs):
        return run_steps(train, labels, test, inputs=inputs, target=target, seed=seed)
    rows, words = np.nonzero(_known(train.arrays, labels, inputs))
    at = np.random.default_rng(seed).permutation(len(rows))[:MOST_WORDS]
    rows, words = rows[at], words[at]
    features = token_features(train.arrays, inputs, rows, words)
    # The usual log-linear tagger; averaged steps of stochastic descent, as many passes as converge in seconds.
    model = SGDClassifier(loss="log_loss", alpha=2e-6, average=True, max_iter=15, tol=None, random_state=seed)
    model.fit(features, labels[rows, words])
    found = _spread(model, test.arrays, inputs, target)
    usual = usual_labels(train.arrays, labels, test.arrays, inputs=inputs, target=target)
    simpler = Baseline("each word's most frequent label", usual)
    return Baseline("a linear model of each word and its neighbors", found, simpler)


def _lead(inputs: Sequence[Input]) -> int:
    return next(p for p, item in enumerate(inputs) if item.kind == "words")


def _known(arrays: Arrays, labels: Array, inputs: Sequence[Input]) -> Array:
    """Words with a label: (rows, words)."""
    words = arrays[f"{_lead(inputs)}.words"]
    n = min(words.shape[1], labels.shape[1])
    return np.asarray((words[:, :n] != 0) & (labels[:, :n] >= 0))


def token_features(arrays: Arrays, inputs: Sequence[Input], rows: Array, words: Array) -> Any:
    """Marks of each word, of its neighbors and, where a place is asked about, how far and with which word: sparse."""
    ids: list[Array] = []
    lead = arrays[f"{_lead(inputs)}.marks"]
    for position, item in enumerate(inputs):
        if item.kind == "words":
            ids += [
                _hashed(_marks(arrays[f"{position}.marks"], rows, words + step), 7 * position + i)
                for i, step in enumerate(NEAR)
            ]
        elif item.kind == "position":
            place = arrays[f"{position}.place"][rows]
            far = np.clip(words - place, -12, 12)[:, None] + 13
            there = _marks(lead, rows, place)[:, :1]
            here = _marks(lead, rows, words)[:, :1].astype(np.int64)
            both = (far, there, here * 31 + there * 7, far * 40_013 + there)
            ids += [_hashed(values, 100 + i) for i, values in enumerate(both)]
    wide = np.concatenate(ids, axis=1)
    lines = np.repeat(np.arange(len(rows)), wide.shape[1])
    return sparse.csr_matrix((np.ones(wide.size, np.float32), (lines, wide.ravel())), shape=(len(rows), N_COLUMNS))


def _marks(marks: Array, rows: Array, words: Array) -> Array:
    """Marks at places, zeros beyond the row."""
    inside = (words >= 0) & (words < marks.shape[1])
    return np.where(inside[:, None], marks[rows, np.clip(words, 0, marks.shape[1] - 1)], 0)


def _hashed(values: Array, salt: int) -> Array:
    mixed = (values.astype(np.uint64) + np.uint64(salt * 1_000_003)) * np.uint64(0x9E3779B97F4A7C15)
    return np.asarray((mixed >> np.uint64(46)).astype(np.int64))  # the top 18 bits


def _spread(model: Any, arrays: Arrays, inputs: Sequence[Input], target: Target) -> Array:
    """Predictions of all words as the network gives them."""
    grid = arrays[f"{_lead(inputs)}.words"]
    rows, words = np.nonzero(grid)
    outputs = np.full((*grid.shape, len(target.classes)), np.nan, dtype=np.float32)
    if len(rows):
        scores = model.predict_proba(token_features(arrays, inputs, rows, words))
        full = np.full((len(rows), len(target.classes)), 1e-9)
        full[:, model.classes_.astype(int)] = np.maximum(scores, 1e-9)
        outputs[rows, words] = np.log(full)
    return best_labels(outputs.reshape(len(grid), -1), target)


def usual_labels(arrays: Arrays, labels: Array, tests: Arrays, *, inputs: Sequence[Input], target: Target) -> Array:
    """The label that each word has most often in training, 'O' or the commonest for new words; as the network answers."""
    lead, n_classes = _lead(inputs), len(target.classes)
    rows, words = np.nonzero(_known(arrays, labels, inputs))
    codes, said = arrays[f"{lead}.words"][rows, words], labels[rows, words]
    n_words = int(inputs[lead].info["n_words"])
    counts = np.bincount(codes * n_classes + said, minlength=n_words * n_classes).reshape(n_words, n_classes)
    usual = counts.argmax(axis=1)
    usual[counts.sum(axis=1) == 0] = np.bincount(said, minlength=n_classes).argmax()
    grid = tests[f"{lead}.words"]
    outputs = np.where(np.arange(n_classes) == usual[grid][:, :, None], 0.0, -9.0).astype(np.float32)
    outputs[grid == 0] = np.nan
    return best_labels(outputs.reshape(len(grid), -1), target)


def run_steps(
    train: Example, labels: Array, test: Example, *, inputs: Sequence[Input], target: Target, seed: int
) -> Baseline:
    """For steps of a sequence: a linear model of the values of five neighboring steps, and the commonest label."""
    lead = next(p for p, item in enumerate(inputs) if item.kind == "sequence")
    lengths, n = train.arrays[f"{lead}.length"], min(labels.shape[1], train.arrays[f"{lead}.steps"].shape[1])
    rows, at = np.nonzero((labels[:, :n] >= 0) & (np.arange(n) < lengths[:, None]))
    some = np.random.default_rng(seed).permutation(len(rows))[:MOST_WORDS]
    rows, at = rows[some], at[some]
    model = SGDClassifier(loss="log_loss", alpha=1e-5, average=True, max_iter=15, tol=None, random_state=seed)
    model.fit(near_steps(train.arrays[f"{lead}.steps"], rows, at), labels[rows, at])
    steps, lengths = test.arrays[f"{lead}.steps"], test.arrays[f"{lead}.length"]
    rows, at = np.nonzero(np.arange(steps.shape[1]) < lengths[:, None])
    outputs = np.full((*steps.shape[:2], len(target.classes)), np.nan, dtype=np.float32)
    outputs[rows, at] = -20.0
    seen = model.classes_.astype(int)
    outputs[rows[:, None], at[:, None], seen[None, :]] = np.log(
        np.maximum(model.predict_proba(near_steps(steps, rows, at)), 1e-9)
    )
    usual = np.where(np.isnan(outputs), np.nan, -9.0)
    usual[:, :, np.bincount(labels[labels >= 0]).argmax()] += 9
    simpler = Baseline("the commonest label", best_labels(usual.reshape(len(steps), -1), target))
    name = "a linear model of each step and its neighbors"
    return Baseline(name, best_labels(outputs.reshape(len(steps), -1), target), simpler)


def near_steps(steps: Array, rows: Array, at: Array) -> Array:
    """Values of a step and of its two neighbors on each side; the edge is repeated: (steps, 5 * channels)."""
    return np.hstack([steps[rows, np.clip(at + step, 0, steps.shape[1] - 1)] for step in NEAR])
