"""A column that gives the target away: known only afterwards, or the target under another name."""

import warnings

import numpy as np
from numpy.typing import NDArray
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from belvedere.checks.look import Look, find, ignoring
from belvedere.types import Column, Finding
from belvedere.values import spread, to_codes, to_floats

MOST_ROWS = 6000
ALMOST_ALL = 0.98  # of what could be gained over always giving the commonest answer
SURPRISING = 0.90
LARGEST = 1e30  # trees see single precision, which ends at 3e38


def check_leakage(look: Look) -> list[Finding]:
    """Predict the target from each single column by a small tree, on rows it has not seen."""
    target = look.schema.target
    if target is None or target.kind not in ("category", "boolean", "number"):
        return []
    rows = spread(look.n_rows, MOST_ROWS)
    answers, is_number = _answers(look, target)
    rows = rows[np.isfinite(answers[rows])]
    if len(rows) < 50 or len(np.unique(answers[rows])) < 2:
        return []
    findings = []
    for column in look.of_kind("number", "category", "boolean", "time"):
        if column.name != target.name and column.role in ("input", "id"):
            gain = _gain(_feature(look, column)[rows], answers[rows], is_number=is_number)
            if gain >= SURPRISING:
                findings.append(_finding(column.name, target.name, gain))
    return findings


def _answers(look: Look, target: Column) -> tuple[NDArray[np.float64], bool]:
    if target.kind == "number":
        return to_floats(look.column(target.name)), True
    codes, _ = to_codes(look.column(target.name))
    return np.where(codes < 0, np.nan, codes.astype(np.float64)), False


def _feature(look: Look, column: Column) -> NDArray[np.float64]:
    """One number per row: the value, or for words the code, commonest first (rare ones alike)."""
    values = look.column(column.name)
    if column.kind in ("number", "time"):
        found = to_floats(values)
        return np.where(np.isfinite(found), np.clip(found, -LARGEST, LARGEST), -LARGEST)
    codes, levels = to_codes(values)
    counts = np.bincount(codes[codes >= 0], minlength=max(1, len(levels)))
    rank = np.empty(len(counts), np.float64)
    rank[np.argsort(-counts, kind="stable")] = np.arange(len(counts))
    rank[counts < 3] = len(counts)  # levels of one or two rows tell nothing about new rows
    return np.where(codes < 0, -1.0, rank[codes])


def _gain(feature: NDArray[np.float64], answers: NDArray[np.float64], *, is_number: bool) -> float:
    """Share of the possible improvement over the best constant answer, on held-out rows; 1 is a perfect giveaway."""
    seen = np.random.default_rng(0).random(len(feature)) < 0.6
    if is_number:
        tree = DecisionTreeRegressor(max_leaf_nodes=256, min_samples_leaf=3, random_state=0)
    else:
        tree = DecisionTreeClassifier(max_leaf_nodes=256, min_samples_leaf=3, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # many classes: scikit-learn suspects a regression
        tree.fit(feature[seen, None].astype(np.float32), answers[seen])
        guessed, true = tree.predict(feature[~seen, None].astype(np.float32)), answers[~seen]
    if is_number:
        left = [float(((told - true) ** 2).sum()) for told in (guessed, _on_a_line(feature, answers, seen))]
        return 1 - min(left) / max(float(((true - answers[seen].mean()) ** 2).sum()), 1e-30)
    values, counts = np.unique(answers[seen], return_counts=True)
    base = float((true == values[counts.argmax()]).mean())
    return (float((guessed == true).mean()) - base) / max(1 - base, 1e-9) if base < 1 else 0.0


def _on_a_line(
    feature: NDArray[np.float64], answers: NDArray[np.float64], seen: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """What a straight line says of the rows not seen: the same number in another unit, which a tree of few rows misses."""
    known = seen & (feature > -LARGEST)
    center, mean = (float(values[known].mean()) if known.any() else 0.0 for values in (feature, answers))
    away = feature[known] - center
    slope = float(away @ (answers[known] - mean)) / max(float(away @ away), 1e-30)
    return np.asarray(np.where(feature > -LARGEST, mean + slope * (feature - center), mean)[~seen])


def _finding(name: str, target: str, gain: float) -> Finding:
    if gain >= ALMOST_ALL:
        sentence = (
            f"'{name}' alone gives '{target}' away ({100 * gain:.0f} % of all there is to learn): is it "
            "known before the answer is?"
        )
        return find("leakage", "serious", sentence, column=name, cure=ignoring(name))
    sentence = f"'{name}' alone predicts '{target}' surprisingly well ({100 * gain:.0f} % of all there is to learn)."
    return find("leakage", "warning", sentence, column=name, cure=f"If it is known only afterwards: {ignoring(name)}")
