"""The scikit-learn door: `DeepMap` in pipelines, grid searches and cross-validation.

The law of that house: the constructor stores, `fit` works, learned things end in an underscore.
"""

from typing import Any, Literal

import numpy as np
import pyarrow as pa
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import check_is_fitted, column_or_1d, validate_data

from belvedere import api
from belvedere.draw import DrawSettings
from belvedere.learn import LearnSettings
from belvedere.maps import Map

TARGET = "target"


class DeepMap(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Learn rows with a deep network and give every row a place on a map.

    Parameters
    ----------
    network : str
        'auto', 'none' (the plain standardized space) or a name from `belvedere networks`.
    attraction : float
        1 keeps most neighbors, 4 draws tight clusters.
    epochs : int, optional
        Passes over the training rows at most; chosen by the size of the data if not given.
    time_limit_s : float, optional
        Seconds of training at most; a model is always returned.
    mode : {'fast', 'exact'}
        How `transform` places rows: by the network alone, or by neighbors and the frozen field.
    random_state : int
        Same data, settings and seed: same map.

    Attributes
    ----------
    map_ : Map
        The whole map: scores, regions, network.
    embedding_ : float32 (rows, 2)
        Places of the fitted rows.
    classes_ : array
        Class labels, where the target has classes.
    n_features_in_ : int
        Columns seen in `fit`.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> X, y = load_iris(return_X_y=True)
    >>> model = DeepMap(epochs=5).fit(X, y)
    >>> model.transform(X[:3]).shape
    (3, 2)
    """

    def __init__(
        self,
        *,
        network: str = "auto",
        attraction: float = 1.0,
        epochs: int | None = None,
        time_limit_s: float | None = None,
        mode: Literal["fast", "exact"] = "fast",
        random_state: int = 0,
    ) -> None:
        self.network = network
        self.attraction = attraction
        self.epochs = epochs
        self.time_limit_s = time_limit_s
        self.mode = mode
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: ArrayLike | None = None) -> "DeepMap":
        """Learn the rows and lay them out.

        Parameters
        ----------
        X : array-like (rows, columns)
            Numbers; missing ones may be NaN.
        y : array-like (rows,), optional
            Classes or numbers to be predicted.
        """
        checked = validate_data(self, X, dtype=np.float64, ensure_all_finite="allow-nan", ensure_min_samples=2)
        table = self._table(checked)
        kinds = dict.fromkeys(table.column_names, "number") if len(table.column_names) > 1 else {}
        target = _free_name(TARGET, table.column_names)
        if y is not None:
            table, kinds = table.append_column(target, self._labels(y)), kinds | {target: self._target_kind()}
        learning = LearnSettings(network=self.network, epochs=self.epochs, time_limit_s=self.time_limit_s)
        self.map_: Map = api.map(
            table,
            target=target if y is not None else None,
            kinds=kinds,
            learning=learning,
            drawing=DrawSettings(attraction=self.attraction),
            seed=int(self.random_state or 0),
        )
        self.embedding_ = self.map_.places
        return self

    def fit_transform(self, X: ArrayLike, y: ArrayLike | None = None, **_: Any) -> NDArray[np.float32]:
        """Learn the rows and give their places, float32 (rows, 2)."""
        return self.fit(X, y).embedding_

    def transform(self, X: ArrayLike) -> NDArray[np.float32]:
        """Places of rows by the learned network, float32 (rows, 2)."""
        return self.map_.place(self._checked(X), mode=self.mode).places

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """Predicted classes or numbers, (rows,)."""
        predicted = self._predicted(X)["map_predicted"].to_numpy(zero_copy_only=False)
        if self._task == "regression":
            return np.asarray(predicted, dtype=np.float64)
        position = {str(label): i for i, label in enumerate(self.classes_)}
        return np.asarray(self.classes_[[position[str(label)] for label in predicted]])

    def score(self, X: ArrayLike, y: ArrayLike) -> float:
        """Accuracy for classes, R² for numbers."""
        from sklearn.metrics import accuracy_score, r2_score

        measure = r2_score if self._task == "regression" else accuracy_score
        return float(measure(y, self.predict(X)))

    def _predicted(self, X: ArrayLike) -> pa.Table:
        """Rows with their predictions; refused without a target."""
        table = self._checked(X)
        if self._task == "none":
            raise AttributeError("There must be a target to predict, but fit was called without y. Fit with y.")
        return self.map_.place(table, mode="fast").table

    def _checked(self, X: ArrayLike) -> pa.Table:
        """New rows, checked against the fitted ones."""
        check_is_fitted(self, "map_")
        return self._table(validate_data(self, X, reset=False, dtype=np.float64, ensure_all_finite="allow-nan"))

    def _table(self, X: NDArray[np.float64]) -> pa.Table:
        """Rows of numbers as a table with one column per feature."""
        names = getattr(self, "feature_names_in_", [f"x{i}" for i in range(X.shape[1])])
        return pa.table({str(name): X[:, i] for i, name in enumerate(names)})

    def _labels(self, y: ArrayLike) -> pa.Array:
        """The target as an Arrow column; remembers its task and classes."""
        labels = column_or_1d(y, warn=True)
        if type_of_target(labels) == "continuous":
            self._task = "regression"
            return pa.array(np.asarray(labels, dtype=np.float64))
        check_classification_targets(labels)
        self._task = "classes"
        self.classes_ = np.unique(labels)
        return pa.array([str(label) for label in labels])

    def _target_kind(self) -> str:
        """Kind of the target column."""
        return "number" if self._task == "regression" else "category"

    _task: str = "none"


def _free_name(name: str, taken: list[str]) -> str:
    """The name, or with underscores before it where a feature has it already."""
    return name if name not in taken else _free_name(f"_{name}", taken)
