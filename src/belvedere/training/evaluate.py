"""How good predictions are on rows not learned from: scores with 95 % intervals, and the curves behind them."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score, roc_curve

from belvedere.training.intervals import (
    auc_interval,
    confusion_interval,
    error_interval,
    gap_interval,
    mean_of_rows_interval,
    precision_interval,
    wilson_interval,
)
from belvedere.types import Score, Target

Array = NDArray[Any]
MAX_CLASSES_SHOWN, N_BINS = 200, 10


def evaluate(
    labels: Array, predictions: Array, target: Target, *, about: str
) -> tuple[tuple[Score, ...], dict[str, Any]]:
    """Score predictions of rows whose label is known.

    Parameters
    ----------
    labels : (rows,) array
        Class codes from 0, or numbers in the target's own units.
    predictions : (rows, classes) or (rows,) array
        Probabilities, or numbers in the target's own units.
    target : Target
    about : str
        What was measured on what, for instance 'held-out rows'.

    Returns
    -------
    scores : tuple of Score
        accuracy, precision, recall, F1 (of the second class for two classes, else the mean over classes), AUC-ROC,
        log loss; or R², MAE, RMSE.
    evaluation : dict
        JSON-able: confusion matrix, ROC curves, calibration; or a sample of predictions beside the truth.
    """
    if target.task == "regression":
        return regression_scores(labels, predictions, about), regression_details(labels, predictions)
    codes = labels.astype(np.int64)
    matrix = confusion_matrix(codes, predictions.argmax(axis=1), len(target.classes))
    scores = class_scores(codes, predictions, matrix, about)
    return scores, class_details(codes, predictions, matrix, target)


def confusion_matrix(labels: Array, predicted: Array, n_classes: int) -> NDArray[np.int64]:
    """Count rows by true class (down) and predicted class (across).

    Examples
    --------
    >>> confusion_matrix(np.array([0, 0, 1]), np.array([0, 1, 1]), 2).tolist()
    [[1, 1], [0, 1]]
    """
    return np.bincount(labels * n_classes + predicted, minlength=n_classes**2).reshape(n_classes, n_classes)


def precision_recall_f1(matrix: Array) -> NDArray[np.float64]:
    """Precision, recall and F1: (..., classes, classes) -> (..., 3).

    For two classes those of the second, else the mean over classes that have rows; 0 where nothing was predicted.

    Examples
    --------
    >>> precision_recall_f1(np.array([[5, 5], [0, 10]])).round(3).tolist()
    [0.667, 1.0, 0.8]
    """
    hit = np.diagonal(matrix, axis1=-2, axis2=-1).astype(float)  # (..., classes)
    true, said = matrix.sum(axis=-1), matrix.sum(axis=-2)
    precision, recall = hit / np.maximum(said, 1), hit / np.maximum(true, 1)
    f1 = 2 * hit / np.maximum(true + said, 1)
    stacked = np.stack([precision, recall, f1], axis=-1)  # (..., classes, 3)
    if matrix.shape[-1] == 2:
        return np.asarray(stacked[..., 1, :])
    known = (true > 0)[..., None]
    return np.asarray((stacked * known).sum(axis=-2) / np.maximum(known.sum(axis=-2), 1))


def class_scores(labels: Array, chances: Array, matrix: Array, about: str) -> tuple[Score, ...]:
    """All scores of a classification."""
    n, n_right = int(matrix.sum()), int(np.trace(matrix))
    low, high = wilson_interval(n_right, n)
    scores = [Score("accuracy", n_right / n, about, low=low, high=high)]
    spread = confusion_interval(matrix, precision_recall_f1)
    for i, name in enumerate(("precision", "recall", "F1")):
        value = float(precision_recall_f1(matrix)[i])
        scores.append(Score(name, value, about, low=float(spread[0][i]), high=float(spread[1][i])))
    auc = area_under_roc(labels, chances)
    if auc is not None:
        scores.append(Score("AUC-ROC", auc[0], about, low=auc[1], high=auc[2]))
    if chances.shape[1] == 2 and auc is not None:
        found = float(average_precision_score(labels, chances[:, 1]))
        low, high = precision_interval(labels, chances[:, 1])
        scores.append(Score("average precision", found, about, low=low, high=high))
    loss = -np.log(np.clip(chances[np.arange(n), labels], 1e-7, 1))
    low, high = mean_of_rows_interval(loss)
    scores.append(Score("log loss", float(loss.mean()), about, low=low, high=high, higher_is_better=False))
    gap = calibration_error(calibration_bins(labels, chances))
    sure, right = chances.max(axis=1), chances.argmax(axis=1) == labels
    low, high = gap_interval(bins_of(sure), sure, right, n_bins=N_BINS)
    return (*scores, Score("calibration error", gap, about, low=low, high=high, higher_is_better=False))


def area_under_roc(labels: Array, chances: Array) -> tuple[float, float, float] | None:
    """Area under the ROC curve with its interval; for many classes the mean of each against the rest."""
    areas: list[float] = []
    variances: list[float] = []
    for code in [1] if chances.shape[1] == 2 else range(chances.shape[1]):
        is_class = labels == code
        n_in, n_out = int(is_class.sum()), int((~is_class).sum())
        if n_in and n_out:
            area = float(roc_auc_score(is_class, chances[:, code]))
            low, high = auc_interval(area, n_in, n_out)
            areas.append(area)
            variances.append(((high - low) / 3.92) ** 2)
    if not areas:
        return None
    mean, half = float(np.mean(areas)), 1.96 * float(np.sqrt(np.sum(variances))) / len(areas)
    return mean, max(0.0, mean - half), min(1.0, mean + half)


def bins_of(sure: Array) -> NDArray[np.int64]:
    """The tenth that each probability lies in."""
    return np.minimum((sure * N_BINS).astype(np.int64), N_BINS - 1)


def calibration_bins(labels: Array, chances: Array) -> list[dict[str, float]]:
    """How often the network is right, by how sure it says it is."""
    sure, right = chances.max(axis=1), chances.argmax(axis=1) == labels
    at, n_bins = bins_of(sure), N_BINS
    return [
        {
            "low": b / n_bins, "high": (b + 1) / n_bins, "n": int((at == b).sum()),
            "confidence": float(sure[at == b].mean()), "accuracy": float(right[at == b].mean()),
        }
        for b in range(n_bins)
        if (at == b).any()
    ]  # fmt: skip


def calibration_error(bins: list[dict[str, float]]) -> float:
    """Mean gap between how sure and how often right, weighted by rows (Guo et al. 2017)."""
    n = sum(b["n"] for b in bins)
    return sum(b["n"] * abs(b["confidence"] - b["accuracy"]) for b in bins) / max(1, n)


def class_details(labels: Array, chances: Array, matrix: Array, target: Target) -> dict[str, Any]:
    """Confusion matrix, ROC and precision-recall curves and calibration as JSON-able data."""
    codes = [1] if len(target.classes) == 2 else range(min(len(target.classes), 20))
    curves = [roc_points(labels == code, chances[:, code], target.classes[code]) for code in codes]
    precise = [precision_points(labels == code, chances[:, code], target.classes[code]) for code in codes]
    shown = len(target.classes) <= MAX_CLASSES_SHOWN
    return {
        "task": target.task,
        "target": target.name,
        "n_rows": len(labels),
        "classes": list(target.classes),
        "confusion": matrix.tolist() if shown else None,
        "roc": [curve for curve in curves if curve],
        "precision_recall": [curve for curve in precise if curve],
        "calibration": calibration_bins(labels, chances),
    }


def roc_points(is_class: Array, chances: Array, name: str, *, n_points: int = 100) -> dict[str, Any]:
    """One ROC curve of at most `n_points` points; empty where only one side has rows."""
    if is_class.all() or not is_class.any():
        return {}
    false, true, _ = roc_curve(is_class, chances)
    at = np.unique(np.linspace(0, len(false) - 1, n_points).round().astype(int))
    area = float(roc_auc_score(is_class, chances))
    return {"class": name, "auc": area, "fpr": false[at].round(5).tolist(), "tpr": true[at].round(5).tolist()}


def precision_points(is_class: Array, chances: Array, name: str, *, n_points: int = 100) -> dict[str, Any]:
    """One precision-recall curve of at most `n_points` points; empty where only one side has rows."""
    if is_class.all() or not is_class.any():
        return {}
    precision, recall, _ = precision_recall_curve(is_class, chances)
    at = np.unique(np.linspace(0, len(recall) - 1, n_points).round().astype(int))
    average = float(average_precision_score(is_class, chances))
    shown = {"precision": precision[at].round(5).tolist(), "recall": recall[at].round(5).tolist()}
    return {"class": name, "average_precision": average, **shown}


def regression_scores(labels: Array, predicted: Array, about: str) -> tuple[Score, ...]:
    """R², MAE and RMSE with intervals by resampling rows."""
    labels, predicted = labels.astype(float), predicted.astype(float)
    total = float(np.square(labels - labels.mean()).mean())
    names = [("R²", True), ("MAE", False), ("RMSE", False)]
    error = labels - predicted
    values = _error_scores(np.abs(error).mean(), np.square(error).mean(), total)
    low, high = error_interval(error, lambda mae, mse: _error_scores(mae, mse, total))
    return tuple(
        Score(name, float(value), about, low=float(a), high=float(b), higher_is_better=better)
        for (name, better), value, a, b in zip(names, values, low, high, strict=True)
    )


def _error_scores(absolute: Any, squared: Any, total: float) -> Array:
    """R², MAE, RMSE from mean absolute and mean squared errors."""
    return np.array([1 - squared / total if total > 0 else np.full_like(squared, np.nan), absolute, np.sqrt(squared)])


def regression_details(labels: Array, predicted: Array, *, n_points: int = 500) -> dict[str, Any]:
    """A sample of predictions beside the truth, and how errors are spread."""
    at = np.unique(np.linspace(0, len(labels) - 1, min(len(labels), n_points)).round().astype(int))
    error = predicted.astype(float) - labels
    counts, edges = np.histogram(error, bins=min(40, max(1, len(labels) // 2)))
    return {
        "task": "regression",
        "n_rows": len(labels),
        "true": [float(value) for value in labels[at]],
        "predicted": [float(value) for value in predicted[at]],
        "errors": {"edges": [float(edge) for edge in edges], "counts": counts.tolist()},
    }
