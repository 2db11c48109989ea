"""The scikit-learn door: `DeepMap` in pipelines, grid searches and cross-validation.

The law of that house: the constructor stores, `fit` works, learned things end in an underscore. `check_estimator`
passes for every task without an exception (tests/test_estimator_checks.py).
"""

from typing import Any, Literal

import numpy as np
import pyarrow as pa
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils import ClassifierTags, RegressorTags, Tags
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import (
    assert_all_finite,
    check_consistent_length,
    check_is_fitted,
    column_or_1d,
    validate_data,
)

from belvedere import api
from belvedere.draw import DrawSettings
from belvedere.errors import SettingError
from belvedere.learn import LearnSettings, predict_chances, predict_rows
from belvedere.maps import Map

Task = Literal["auto", "classification", "regression"]
TASKS = ("auto", "classification", "regression")
TARGET = "target"
MOST_WHOLE, MOST_COUNTED = 20, 100  # more different values than these in floats, in integers, are numbers, not classes


def _predicts_classes(model: "DeepMap") -> bool:
    """Refuse probabilities where no classes were learned."""
    if model._kind() != "classification":
        raise AttributeError("Probabilities need classes, but y held none. Fit with classes, or use predict.")
    return True


class DeepMap(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Learn rows with a deep network and give every row a place on a map.

    Parameters
    ----------
    task : {'auto', 'classification', 'regression'}
        What `y` means. 'auto' reads it from `y` in `fit`; words and few whole numbers are classes. Name it where
        scikit-learn must know before fitting: so that cross-validation keeps classes even over folds.
    network : str, torch.nn.Module or function
        'auto', 'none' (the plain standardized space), a name from `belvedere networks`, or a network of your own from
        (rows, columns) to (rows, dims); a module is copied, never changed.
    attraction : float
        1 keeps most neighbors, 4 draws tight clusters.
    epochs : int, optional
        Passes over the training rows at most; chosen by the size of the data if not given.
    effort : float
        How many times as long as usual to train where epochs are not given.
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
    task_ : str
        'classification', 'regression', or 'none' where `fit` was given no `y`.
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

    def __init__(  # noqa: PLR0913 -- the parameters of an estimator are its interface
        self,
        *,
        task: Task = "auto",
        network: Any = "auto",
        attraction: float = 1.0,
        effort: float = 1.0,
        epochs: int | None = None,
        time_limit_s: float | None = None,
        mode: Literal["fast", "exact"] = "fast",
        random_state: int = 0,
    ) -> None:
        self.task = task
        self.network = network
        self.attraction = attraction
        self.effort = effort
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
        table, labels = self._table(checked), self._labels(y, len(checked))
        kinds = dict.fromkeys(table.column_names, "number") if len(table.column_names) > 1 else {}
        target = None if labels is None else _free_name(TARGET, table.column_names)
        if target is not None:
            table = table.append_column(target, labels)
            kinds |= {target: "number" if self.task_ == "regression" else "category"}
        learning = LearnSettings(
            network=self.network, effort=self.effort, epochs=self.epochs, time_limit_s=self.time_limit_s
        )
        self.map_: Map = api.map(
            table,
            target=target,
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
        predicted, _ = predict_rows(*self._network(), self._checked(X))
        if self.task_ == "regression":
            return np.asarray(predicted, dtype=np.float64)
        position = {str(label): i for i, label in enumerate(self.classes_)}
        return np.asarray(self.classes_[[position[str(label)] for label in predicted]])

    @available_if(_predicts_classes)  # type: ignore[untyped-decorator]
    def predict_proba(self, X: ArrayLike) -> NDArray[np.float64]:
        """Probabilities of the classes in the order of `classes_`, (rows, classes)."""
        names, chances = predict_chances(*self._network(), self._checked(X))
        position = {name: i for i, name in enumerate(names)}
        in_order = np.asarray(chances, dtype=np.float64)[:, [position[str(label)] for label in self.classes_]]
        return np.asarray(in_order / in_order.sum(axis=1, keepdims=True))

    def score(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        """Accuracy for classes, R² for numbers."""
        from sklearn.metrics import accuracy_score, r2_score

        check_is_fitted(self, "map_")
        measure = r2_score if self.task_ == "regression" else accuracy_score
        return float(measure(y, self.predict(X), sample_weight=sample_weight))

    def __sklearn_tags__(self) -> Tags:
        """Gaps are welcome, places are float32, and what `y` means is said as soon as it is known."""
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.transformer_tags.preserves_dtype = ["float32"]
        kind = self._kind()
        if kind == "classification":
            tags.estimator_type, tags.classifier_tags = "classifier", ClassifierTags()
        elif kind == "regression":
            tags.estimator_type, tags.regressor_tags = "regressor", RegressorTags()
        tags.target_tags.required = self.task in ("classification", "regression")
        return tags

    def _kind(self) -> str:
        """What `y` means as far as it is known: as asked, else as learned, else 'none'."""
        return self.task if self.task != "auto" else getattr(self, "task_", "none")

    @property
    def _n_features_out(self) -> int:
        """Every row becomes a place, x and y."""
        return 2

    def _network(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """The learned half of the map's network; refused without a target."""
        check_is_fitted(self, "map_")
        if self.task_ == "none":
            raise AttributeError("There must be a target to predict, but fit was called without y. Fit with y.")
        content = self.map_.content
        assert content.network_config is not None
        assert content.network_tensors is not None
        tensors = {k.removeprefix("learn."): v for k, v in content.network_tensors.items() if k.startswith("learn.")}
        return content.network_config["learn"], tensors

    def _checked(self, X: ArrayLike) -> pa.Table:
        """New rows, checked against the fitted ones."""
        check_is_fitted(self, "map_")
        return self._table(validate_data(self, X, reset=False, dtype=np.float64, ensure_all_finite="allow-nan"))

    def _table(self, X: NDArray[np.float64]) -> pa.Table:
        """Rows of numbers as a table with one column per feature."""
        names = getattr(self, "feature_names_in_", [f"x{i}" for i in range(X.shape[1])])
        return pa.table({str(name): X[:, i] for i, name in enumerate(names)})

    def _labels(self, y: ArrayLike | None, n_rows: int) -> pa.Array | None:
        """The target as an Arrow column; remembers its task and classes."""
        if self.task not in TASKS:
            raise SettingError(f"task must be one of {', '.join(TASKS)}, but is {self.task!r}. Choose one of them.")
        if y is None:
            if self.task != "auto":
                raise ValueError(f"DeepMap with task={self.task!r} requires y to be passed, but the target y is None.")
            self.task_ = "none"
            return None
        labels = column_or_1d(y, warn=True)
        assert_all_finite(labels, input_name="y")
        check_consistent_length(labels, np.empty(n_rows))
        self.task_ = _read_task(labels) if self.task == "auto" else self.task
        if self.task_ == "regression":
            return pa.array(np.asarray(labels, dtype=np.float64))
        check_classification_targets(labels)
        self.classes_ = np.unique(labels)
        return pa.array([str(label) for label in labels])


def _read_task(labels: NDArray[Any]) -> str:
    """Words, truth values and few whole numbers are classes, all else are numbers."""
    if labels.dtype.kind not in "iuf":
        return "classification"
    most = MOST_WHOLE if labels.dtype.kind == "f" else MOST_COUNTED
    is_number = type_of_target(labels) == "continuous" or len(np.unique(labels)) > most
    return "regression" if is_number else "classification"


def _free_name(name: str, taken: list[str]) -> str:
    """The name, or with underscores before it where a feature has it already."""
    return name if name not in taken else _free_name(f"_{name}", taken)
