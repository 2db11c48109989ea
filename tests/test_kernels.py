"""Few labelled sequences: fixed kernels, and a linear model that is solved at once and knows how sure it is."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from belvedere.errors import SettingError
from belvedere.kinds.kernels import KERNELS, answered, distances, fit_kernels, kernel_features
from belvedere.learn import Learned, LearnSettings, Search, learn, predict_rows, tune
from belvedere.training import solve_ridge
from belvedere.types import Column, Schema, Source

QUICK = LearnSettings(threads=1, latent_dims=8)


def beats(n: int = 60, classes: int = 3) -> pa.Table:
    """Curves of several lengths whose class is how fast they swing."""
    rng = np.random.default_rng(0)
    code = rng.integers(0, classes, n)
    curves = [
        (np.sin(np.arange(rng.integers(30, 50)) * (0.3 + 0.4 * c) + rng.uniform(0, 6)) + 0.2 * rng.normal()).tolist()
        for c in code
    ]
    return pa.table({"curve": curves, "y": [f"c{c}" for c in code], "speed": 0.3 + 0.4 * code})


def learned(table: pa.Table, target: str = "y", settings: LearnSettings = QUICK) -> Learned:
    kind = "category" if target == "y" else "number"
    return learn(
        Source("beats", table), Schema((Column("curve", "sequence"), Column(target, kind, "target"))), settings
    )


def test_few_sequences_are_learned_by_kernels_and_predicted_alike_again() -> None:
    table = beats()

    found = learned(table)

    assert found.config["network"] == "rocket"
    assert next(s.value for s in found.scores if s.name == "accuracy") > 0.8
    assert found.latent.shape == (60, 8)
    assert np.linalg.matrix_rank(found.latent - found.latent.mean(axis=0)) > 3  # a map needs more than the answers
    again, sure = predict_rows(found.config, found.tensors, table.drop_columns(["y"]))
    assert again.tolist() == list(found.predicted if found.predicted is not None else ())
    assert sure is not None
    assert sure.max() <= 1


@pytest.mark.parametrize("classes", [2, 3])
def test_the_output_layer_reads_the_answers_of_the_ridge_off_the_latent_vector(classes: int) -> None:
    found = learned(beats(classes=classes))

    assert found.predicted is not None
    truth = np.array(beats(classes=classes).column("y").to_pylist(), dtype=object)
    known = found.split != "test"
    assert (found.predicted[known] == truth[known]).mean() > 0.95


def test_a_search_judges_kernels_by_rows_left_out(tmp_path: Path) -> None:
    columns = (Column("curve", "sequence"), Column("y", "category", "target"))
    search = Search(by="grid", space={"network": ["rocket"]})

    found = tune(
        Source("beats", beats()),
        Schema(columns),
        replace(QUICK, network="tcn"),
        search=search,
        store=tmp_path / "trials",
    )

    assert found.learned.config["network"] == "rocket"
    assert 0 <= found.trials[0].loss < np.log(3)  # better than chance on rows that were left out
    assert found.trials[0].loss == found.learned.curves["loss"]["valid"][0]


def test_numbers_are_solved_too() -> None:
    found = learned(beats(), "speed")

    assert found.config["network"] == "rocket"
    assert next(s.value for s in found.scores if s.name == "R²") > 0.6


def test_kernels_are_asked_for_by_name_and_not_taken_for_many_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("belvedere.learn.solved.MOST_ROWS", 10)

    assert learned(beats(), settings=replace(QUICK, epochs=1)).config["network"] == "inceptiontime"
    assert learned(beats(), settings=replace(QUICK, epochs=2, network="rocket")).config["network"] == "rocket"
    table = pa.table({"x": np.arange(20.0), "y": ["a", "b"] * 10})
    columns = (Column("x", "number"), Column("y", "category", "target"))
    with pytest.raises(SettingError, match="reads columns of kind sequence"):
        learn(Source("t", table), Schema(columns), replace(QUICK, network="rocket"))


def test_padding_changes_no_feature() -> None:
    rng = np.random.default_rng(0)
    steps = rng.normal(size=(5, 20, 2)).astype(np.float32)
    lengths = np.array([20, 9, 1, 15, 20])
    steps[np.arange(20) >= lengths[:, None]] = 0
    known = fit_kernels(steps, lengths)

    wide = np.concatenate([steps, np.zeros((5, 30, 2), np.float32)], axis=1)

    assert kernel_features(wide, lengths, known) == pytest.approx(kernel_features(steps, lengths, known))


def test_a_kernel_answers_nothing_to_a_constant_far_from_the_ends() -> None:
    answers = answered(np.full((1, 40, 1), 7.0, np.float32), 2, np.ones((84, 1)))

    assert KERNELS.sum(axis=1) == pytest.approx(0)
    assert answers[0, :, 10:30] == pytest.approx(0, abs=1e-4)
    assert distances(1).tolist() == [1]


def test_leaving_rows_out_in_closed_form_is_what_refitting_gives() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(12, 30)), rng.normal(size=(12, 1))
    found = solve_ridge(x, y)
    values = np.linalg.eigvalsh((x - x.mean(0)) @ (x - x.mean(0)).T)
    strength = found.strength * values.mean()

    def without(row: int) -> float:
        kept = np.arange(12) != row
        a, b = x[kept] - x[kept].mean(0), y[kept] - y[kept].mean(0)
        weights = a.T @ np.linalg.solve(a @ a.T + strength * np.eye(11), b)
        return float(((x[row] - x[kept].mean(0)) @ weights + y[kept].mean(0))[0])

    assert found.left_out[:, 0] == pytest.approx([without(row) for row in range(12)], rel=1e-6)
