"""DeepMap keeps the law of scikit-learn's house."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from belvedere import DeepMap


@pytest.fixture(scope="module")
def iris() -> tuple[np.ndarray, np.ndarray]:
    return load_iris(return_X_y=True)


@pytest.fixture(scope="module")
def fitted(iris: tuple[np.ndarray, np.ndarray]) -> DeepMap:
    return DeepMap(epochs=30).fit(*iris)


def test_fit_gives_every_row_a_place(fitted: DeepMap) -> None:
    assert fitted.embedding_.shape == (150, 2)


def test_transform_places_new_rows(fitted: DeepMap, iris: tuple[np.ndarray, np.ndarray]) -> None:
    assert fitted.transform(iris[0][:7]).shape == (7, 2)


def test_predictions_are_labels_of_the_given_type(fitted: DeepMap, iris: tuple[np.ndarray, np.ndarray]) -> None:
    predicted = fitted.predict(iris[0])

    assert set(predicted) <= set(iris[1])
    assert fitted.score(*iris) > 0.9


def test_a_clone_has_the_settings_and_nothing_learned(fitted: DeepMap) -> None:
    copy = clone(fitted)

    assert copy.get_params() == fitted.get_params()
    assert not hasattr(copy, "map_")


def test_it_works_in_a_pipeline(iris: tuple[np.ndarray, np.ndarray]) -> None:
    places = make_pipeline(StandardScaler(), DeepMap(epochs=2)).fit_transform(*iris)

    assert places.shape == (150, 2)


def test_a_pickled_estimator_places_alike(fitted: DeepMap, iris: tuple[np.ndarray, np.ndarray]) -> None:
    placed = fitted.transform(iris[0][:5])  # first: what placing builds and keeps must not hinder pickling

    copy = pickle.loads(pickle.dumps(fitted))

    assert np.allclose(copy.transform(iris[0][:5]), placed)


def test_hundreds_of_features_are_found_again() -> None:
    """A wide table is folded into one vector column when it is opened, but not where its columns were learned apart."""
    wide = np.random.default_rng(0).normal(size=(40, 210))

    assert DeepMap().fit(wide).transform(wide[:3]).shape == (3, 2)


def test_a_feature_may_have_the_name_of_the_target() -> None:
    random = np.random.default_rng(0)
    frame = pd.DataFrame({"target": random.normal(size=60), "other": random.normal(size=60)})

    model = DeepMap(epochs=2).fit(frame, (frame["target"] > 0).astype(int))

    assert set(model.predict(frame)) <= {0, 1}


def test_without_a_target_nothing_is_predicted(iris: tuple[np.ndarray, np.ndarray]) -> None:
    model = DeepMap().fit(iris[0])

    with pytest.raises(AttributeError, match="must be a target"):
        model.predict(iris[0])
