"""What a method that costs seconds makes of the same rows; it stands beside every score of a network."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.decomposition import PCA
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from belvedere.training.features import plain_features
from belvedere.training.split import thin_out
from belvedere.types import Arrays, Input, Score, Target

Array = NDArray[Any]
MAX_ROWS_TREES, MAX_ROWS_LINEAR, MAX_ROWS_TEXT = 100_000, 10_000, 20_000


@dataclass(frozen=True)
class Example:
    """Rows as a baseline reads them: arrays of `kinds`, and the texts of each text column joined to one per row."""

    arrays: Arrays
    texts: Sequence[str] | None = None


@dataclass(frozen=True)
class Baseline:
    """A baseline's name and its predictions: probabilities (rows, classes) or standardized numbers (rows,).

    `simpler` is a second one, which is named beside it.
    """

    name: str
    predictions: Array
    simpler: "Baseline | None" = None


def run_baseline(
    train: Example, labels: Array, test: Example, *, inputs: Sequence[Input], target: Target, seed: int
) -> Baseline:
    """Fit the baseline that suits these columns on training rows and predict the test rows.

    Tables: gradient boosting. Texts: tf-idf of words and pairs of words (of characters where words are not spaced)
    and a linear model. Images, sequences, vectors: a linear model on small pictures, on means, spreads and spectra.
    """
    kinds = {item.kind for item in inputs}
    is_table = kinds <= {"number", "category", "boolean", "time"}
    limit = MAX_ROWS_TREES if is_table else MAX_ROWS_TEXT if "text" in kinds else MAX_ROWS_LINEAR
    rows = thin_out(np.arange(len(labels)), limit, seed=seed)
    codes = np.unique(labels[rows])
    if target.task != "regression" and len(codes) < 2:
        return Baseline("most frequent class", _spread(np.ones((_n_rows(test), len(codes))), codes, target))
    features, is_code = plain_features(train.arrays, inputs)
    tests = plain_features(test.arrays, inputs)[0]
    fitted = labels[rows]
    if is_table:
        found = _trees(features[rows], fitted, tests, is_code=is_code, target=target, seed=seed)
    else:
        texts = None if train.texts is None or test.texts is None else ([train.texts[i] for i in rows], test.texts)
        found = _linear(features[rows], fitted, tests, texts=texts, target=target)
    if target.task != "regression":
        found = replace(found, predictions=_spread(found.predictions, np.unique(fitted), target))
    return found if len(rows) == len(labels) else replace(found, name=f"{found.name} on {len(rows):,} rows")


def _n_rows(example: Example) -> int:
    return len(next(iter(example.arrays.values())))


def _trees(features: Array, labels: Array, tests: Array, *, is_code: list[bool], target: Target, seed: int) -> Baseline:
    told = ~np.isnan(features).all(axis=0)  # a column without a value in these rows has no place to be cut
    features, tests = np.where(told, features, 0.0), np.where(told, tests, 0.0)
    options: dict[str, Any] = {"random_state": seed, "categorical_features": np.array(is_code, dtype=bool)}
    if target.task == "regression":
        model = HistGradientBoostingRegressor(**options).fit(features, labels)
        return Baseline("gradient boosting", model.predict(tests))
    n_rounds = 100 if len(target.classes) <= 20 else 20  # one tree per class and round
    model = HistGradientBoostingClassifier(max_iter=n_rounds, **options).fit(features, labels)
    return Baseline("gradient boosting", model.predict_proba(tests))


def _linear(
    features: Array, labels: Array, tests: Array, *, texts: tuple[Sequence[str], Sequence[str]] | None, target: Target
) -> Baseline:
    fitted, tested = standardized(features, tests)
    if texts is not None:
        words, words_tested = _tf_idf(*texts)
        pairs = ((words, fitted), (words_tested, tested))
        fitted, tested = (sparse.hstack([w, sparse.csr_matrix(x)]).tocsr() for w, x in pairs)
    what = "a linear model on plain features" if texts is None else "tf-idf and a linear model"
    if target.task == "regression":
        return Baseline(what, Ridge(alpha=1.0).fit(fitted, labels).predict(tested))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # a hundred rounds are as far as seconds allow
        model = LogisticRegression(C=1.0, max_iter=100).fit(fitted, labels)
    return Baseline(what, model.predict_proba(tested))


def standardized(features: Array, tests: Array) -> tuple[Array, Array]:
    """Scale features, fill gaps, and keep the 200 main directions of very wide ones."""
    if not features.shape[1]:
        return features, tests
    steps: list[Any] = [SimpleImputer(keep_empty_features=True), StandardScaler()]
    if features.shape[1] > 1000:
        steps = [SimpleImputer(keep_empty_features=True), PCA(min(200, len(features) - 1), random_state=0)]
    scale = make_pipeline(*steps).fit(features)
    return scale.transform(features), scale.transform(tests)


def _tf_idf(texts: Sequence[str], tests: Sequence[str]) -> tuple[Any, Any]:
    is_spaced = np.mean([text.count(" ") / max(1, len(text)) for text in texts[:1000]]) > 0.05
    options: dict[str, Any] = {"ngram_range": (1, 2), "sublinear_tf": True, "max_features": 200_000}
    options |= {"analyzer": "word", "token_pattern": r"(?u)\b\w+\b"} if is_spaced else {"analyzer": "char"}
    words = TfidfVectorizer(**options)
    try:
        return words.fit_transform(texts), words.transform(tests)
    except ValueError:  # no words at all
        return sparse.csr_matrix((len(texts), 1)), sparse.csr_matrix((len(tests), 1))


def _spread(chances: Array, codes: Array, target: Target) -> Array:
    """Put probabilities of the classes that were seen into their columns: (rows, seen) -> (rows, classes)."""
    full = np.zeros((len(chances), len(target.classes)))
    full[:, codes.astype(np.int64)] = chances
    return full


def beside(scores: Sequence[Score], baselines: Sequence[Score], name: str) -> tuple[Score, ...]:
    """Write each baseline score into the score of the same name."""
    values = {score.name: score.value for score in baselines}
    return tuple(
        replace(score, baseline=values[score.name], baseline_name=name) if score.name in values else score
        for score in scores
    )
