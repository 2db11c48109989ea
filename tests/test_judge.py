"""Scores agree with scikit-learn and with what they are by definition."""

import numpy as np
import pytest
from scipy.stats import spearmanr
from sklearn.manifold import trustworthiness as sklearn_trustworthiness
from sklearn.model_selection import LeaveOneOut, cross_val_score
from sklearn.neighbors import KNeighborsClassifier, NearestNeighbors

from belvedere.judge.distances import rank_correlation, spearman, triplets
from belvedere.judge.labels import label_accuracy
from belvedere.judge.neighborhoods import rank_sample
from belvedere.judge.recall import recall
from belvedere.judge.reliability import dubious, measure_reliability
from belvedere.judge.trustworthiness import continuity, trustworthiness
from belvedere.layout.neighbors import squared_to_nth

random = np.random.default_rng(0)
ROWS = random.standard_normal((150, 6)).astype(np.float32)
PLACES = (ROWS[:, :2] + 0.3 * random.standard_normal((150, 2))).astype(np.float32)


def sklearn_neighbors(points: np.ndarray, k: int) -> np.ndarray:
    return NearestNeighbors(n_neighbors=k).fit(points).kneighbors(return_distance=False)


def test_trustworthiness_is_that_of_sklearn() -> None:
    ours = trustworthiness(rank_sample(ROWS, PLACES), space="rows").value

    assert ours == pytest.approx(sklearn_trustworthiness(ROWS, PLACES, n_neighbors=15), abs=1e-9)


def test_continuity_is_trustworthiness_the_other_way_round() -> None:
    ours = continuity(rank_sample(ROWS, PLACES), space="rows").value

    assert ours == pytest.approx(sklearn_trustworthiness(PLACES, ROWS, n_neighbors=15), abs=1e-9)


def test_recall_counts_shared_neighbors() -> None:
    near, drawn = sklearn_neighbors(ROWS, 15), sklearn_neighbors(PLACES, 15)

    by_hand = np.mean([len(set(a) & set(b)) / 15 for a, b in zip(near, drawn, strict=True)])

    assert recall(ROWS, PLACES, space="rows").value == pytest.approx(by_hand, abs=1e-6)


def test_a_perfect_map_scores_one() -> None:
    flat = ROWS[:, :2]
    ranks = rank_sample(flat, 3 * flat)

    assert recall(flat, 3 * flat, space="flat").value == 1
    assert trustworthiness(ranks, space="flat").value == continuity(ranks, space="flat").value == 1
    assert spearman(flat, 3 * flat, space="flat").value == pytest.approx(1)
    assert triplets(flat, 3 * flat, space="flat").value > 0.999


def test_rank_correlation_is_that_of_scipy_with_ties() -> None:
    first, second = random.integers(0, 9, (2, 300)).astype(np.float64)

    assert rank_correlation(first, second) == pytest.approx(spearmanr(first, second)[0])


def test_label_accuracy_is_leave_one_out_of_sklearn() -> None:
    """With an odd vote between two classes there are no ties to break."""
    labels = (ROWS[:, 0] > 0).astype(int)

    theirs = cross_val_score(KNeighborsClassifier(5), PLACES, labels, cv=LeaveOneOut()).mean()

    assert label_accuracy(PLACES, labels, k=5).value == pytest.approx(theirs)


def test_turning_the_map_changes_no_score() -> None:
    turned = PLACES @ np.float32([[0, -1], [1, 0]])

    assert recall(ROWS, turned, space="").value == recall(ROWS, PLACES, space="").value
    assert spearman(ROWS, turned, space="").value == pytest.approx(spearman(ROWS, PLACES, space="").value)


def test_kept_is_the_recall_of_each_row() -> None:
    near = NearestNeighbors(n_neighbors=15).fit(ROWS)
    far, neighbors = near.kneighbors()

    found = measure_reliability(ROWS, neighbors.astype(np.int32), far.astype(np.float32), PLACES, squared_to_nth)

    assert found.channels["kept"].mean() == pytest.approx(recall(ROWS, PLACES, space="").value, abs=1e-6)


def test_a_row_drawn_among_strangers_is_called_false() -> None:
    """On a faithful map one row is moved into the other island: its neighbors there are strangers."""
    rows = np.concatenate([ROWS, ROWS + 40]).astype(np.float32)
    far, neighbors = NearestNeighbors(n_neighbors=15).fit(rows).kneighbors()
    places = rows[:, :2].copy()
    places[0] = places[200]

    false = measure_reliability(
        rows, neighbors.astype(np.int32), far.astype(np.float32), places, squared_to_nth
    ).channels["false"]

    assert false[0] > np.median(false) + 0.4


def test_stretch_tells_how_much_room_a_neighborhood_got() -> None:
    """An island drawn four times as wide stretches by two doublings more."""
    rows = np.concatenate([ROWS[:, :2], ROWS[:, :2] + 100]).astype(np.float32)
    far, neighbors = NearestNeighbors(n_neighbors=15).fit(rows).kneighbors()
    places = np.concatenate([rows[:150], 4 * rows[150:]])

    stretch = measure_reliability(
        rows, neighbors.astype(np.int32), far.astype(np.float32), places, squared_to_nth
    ).channels["stretch"]

    assert np.median(stretch[150:]) - np.median(stretch[:150]) == pytest.approx(2, abs=0.05)


def test_the_loneliest_row_is_the_most_outlying() -> None:
    rows = np.concatenate([ROWS, np.full((1, 6), 30, np.float32)])
    far, neighbors = NearestNeighbors(n_neighbors=15).fit(rows).kneighbors()

    found = measure_reliability(
        rows, neighbors.astype(np.int32), far.astype(np.float32), rows[:, :2].copy(), squared_to_nth
    )

    assert found.channels["outlying"].argmax() == 150


def test_rows_that_keep_as_little_as_noise_are_dubious() -> None:
    assert dubious(np.float32([0.1, 0.2, 0.5]), 0.2).tolist() == [True, True, False]
