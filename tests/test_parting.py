"""Which rows are held out: by groups, by time, by a column; and nothing of them is learned, not even a mean."""

from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from belvedere.errors import ColumnError, SettingError
from belvedere.learn import LearnSettings, cross_validate, learn
from belvedere.learn import crossval as room
from belvedere.learn.case import prepare, schema_for
from belvedere.training import evaluate
from belvedere.types import Column, Schema, Source, Target

QUICK = LearnSettings(epochs=2, threads=1, width=16, n_members=2, latent_dims=4)


def source_and_schema(n: int = 120, **columns: Any) -> tuple[Source, Schema]:
    """Two numbers, a text and an image that say little about a label; more columns on demand."""
    rng = np.random.default_rng(0)
    values: dict[str, Any] = {"x": rng.normal(size=n), "word": rng.choice(["so", "thus", "hence"], size=n)}
    values |= {"label": np.where(values["x"] > 0, "high", "low")} | columns
    kinds = {"x": "number", "word": "text", "label": "category", "split": "category", "price": "number"}
    roles: dict[str, Any] = {"label": "target", "split": "split"}
    schema = Schema(tuple(Column(name, kinds.get(name, "number"), roles.get(name, "input")) for name in values))
    return Source("table", pa.table(values)), schema


def split_of(settings: LearnSettings, **columns: Any) -> tuple[np.ndarray, tuple[str, ...]]:
    source, schema = source_and_schema(**columns)
    case = prepare(source, schema_for(schema, settings), settings)
    return case.split, case.notes


def test_groups_are_never_parted_and_their_column_is_not_learned_from() -> None:
    patient = np.repeat(np.arange(30), 4)
    source, schema = source_and_schema(patient=patient)
    settings = replace(QUICK, group="patient")

    case = prepare(source, schema_for(schema, settings), settings)

    parts = [set(case.split[patient == group]) for group in range(30)]
    assert all(len(part) == 1 for part in parts)
    assert {"train", "valid", "test"} == set().union(*parts)
    assert "patient" not in [item.name for item in case.inputs]
    assert 0.1 <= (case.split == "test").mean() <= 0.3


def test_rows_without_a_group_are_groups_of_their_own() -> None:
    patient = pa.array([None] * 100 + [1] * 20, pa.int64())

    split, _ = split_of(replace(QUICK, group="patient"), patient=patient)

    assert len(set(split[:100])) == 3
    assert len(set(split[100:])) == 1


def test_by_time_the_latest_rows_are_scored_and_those_before_them_stop_training() -> None:
    year = np.random.default_rng(1).permutation(120)

    split, notes = split_of(replace(QUICK, time="year"), year=year)

    assert year[split == "train"].max() < year[split == "valid"].min()
    assert year[split == "valid"].max() < year[split == "test"].min()
    assert "time ('year')" in notes[0]


def test_the_order_of_rows_may_be_the_time() -> None:
    split, _ = split_of(replace(QUICK, time="row order"))

    assert split.tolist() == sorted(split, key=["train", "valid", "test"].index)


def test_valid_rows_of_a_split_column_without_test_rows_stay_as_given() -> None:
    given = np.where(np.arange(120) % 4 == 1, "valid", "train")

    split, notes = split_of(QUICK, split=given)

    assert ((split == "valid") == (given == "valid")).all()
    assert (split == "test").sum() == 18
    assert "marks no test rows" in notes[0]


def test_a_group_on_both_sides_of_a_given_split_is_told() -> None:
    given, patient = np.where(np.arange(120) < 90, "train", "test"), np.arange(120) % 40

    _, notes = split_of(replace(QUICK, group="patient"), split=given, patient=patient)

    assert any("30 groups of 'patient' are both learned from and scored" in note for note in notes)


def spoiled(source: Source, rows: np.ndarray, *, label: bool) -> Source:
    """The same data, with nonsense in these rows."""
    table = source.table
    x, word = table["x"].to_numpy().copy(), np.array(table["word"].to_pylist(), dtype=object)
    x[rows], word[rows] = 1e6, "never seen before"
    columns = {"x": x, "word": word.tolist()}
    if label:
        price = table["price"].to_numpy().copy()
        price[rows] = -50.0
        columns["price"] = price
    for name, values in columns.items():
        table = table.set_column(table.column_names.index(name), name, pa.array(values))
    return Source("spoiled", table)


def test_whatever_held_out_rows_hold_the_same_bits_are_learned() -> None:
    """Features and labels of held-out rows are replaced by nonsense: no statistic, scale or weight changes."""
    rng = np.random.default_rng(0)
    given = np.where(np.arange(120) % 3 == 0, "test", "train")
    source, schema = source_and_schema(split=given, price=rng.normal(size=120))
    schema = schema.with_column("label", role="left out").with_column("price", role="target")

    clean = learn(source, schema, QUICK)
    nonsense = learn(spoiled(source, given == "test", label=True), schema, QUICK)

    assert clean.target == nonsense.target
    assert clean.tensors.keys() == nonsense.tensors.keys()
    assert all(np.array_equal(values, nonsense.tensors[name]) for name, values in clean.tensors.items())
    assert [item.info for item in clean.inputs] == [item.info for item in nonsense.inputs]
    assert clean.scores != nonsense.scores


def test_each_fold_of_a_cross_validation_learns_nothing_of_the_rows_it_is_scored_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    source, schema = source_and_schema()
    kept: list[Any] = []
    learn_target = room.learn_target
    monkeypatch.setattr(room, "learn_target", lambda *given: kept.append(learn_target(*given)) or kept[-1])
    found = cross_validate(source, schema, QUICK, n_folds=3)
    clean, kept[:] = kept[1], []

    cross_validate(spoiled(source, found.fold_of == 1, label=False), schema, QUICK, n_folds=3)

    assert all(np.array_equal(values, kept[1].tensors[name]) for name, values in clean.tensors.items())
    assert any(not np.array_equal(values, kept[0].tensors[name]) for name, values in clean.tensors.items())


def test_folds_are_stratified_grouped_or_in_the_order_of_time() -> None:
    patient, year = np.repeat(np.arange(30), 4), np.arange(120)[::-1].copy()
    source, schema = source_and_schema(patient=patient, year=year)

    even = cross_validate(source, schema, QUICK, n_folds=3)
    grouped = cross_validate(source, schema, replace(QUICK, group="patient"), n_folds=3)
    timed = cross_validate(source, schema, replace(QUICK, time="year"), n_folds=3)

    high = np.array(source.table["label"].to_pylist()) == "high"
    assert np.ptp([high[even.fold_of == fold].sum() for fold in range(3)]) <= 1
    assert all(len(set(grouped.fold_of[patient == group])) == 1 for group in range(30))
    assert [int(year[timed.fold_of == fold].min()) for fold in (-1, 0, 1, 2)] == [0, 30, 60, 90]
    assert all(score.low is not None for score in timed.scores)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"group": "x", "time": "word"}, "Choose one"),
        ({"group": "label"}, "another column than the target"),
        ({"group": "flat"}, "at least two groups"),
        ({"time": "word"}, "two different times"),
        ({"time": "moment"}, "moment"),
    ],
)
def test_groups_and_times_that_cannot_part_rows_are_refused(settings: dict[str, str], said: str) -> None:
    source, schema = source_and_schema(flat=[1] * 120)

    with pytest.raises((ColumnError, SettingError), match=said):
        learn(source, schema, replace(QUICK, **settings))


def test_more_folds_than_groups_or_times_are_refused() -> None:
    source, schema = source_and_schema(patient=np.arange(120) % 2)

    with pytest.raises(SettingError, match="there are 2"):
        cross_validate(source, schema, replace(QUICK, group="patient"), n_folds=3)
    with pytest.raises(SettingError, match="Ask for fewer folds"):
        cross_validate(source, schema, replace(QUICK, time="patient"), n_folds=3)


def test_every_score_has_an_interval_that_holds_it() -> None:
    rng = np.random.default_rng(0)
    for n_classes, task in ((2, "binary"), (4, "multiclass")):
        labels = rng.integers(n_classes, size=400)
        chances = rng.dirichlet(np.ones(n_classes), size=400) + np.eye(n_classes)[labels] * 0.5
        target = Target("y", task, tuple("abcd"[:n_classes]))

        scores, details = evaluate(labels, chances / chances.sum(axis=1, keepdims=True), target, about="")

        assert all(s.low is not None and s.high is not None and s.low <= s.value <= s.high for s in scores)
        assert {"roc", "precision_recall", "calibration", "confusion"} <= set(details)


def test_the_precision_recall_curve_is_scikit_learns() -> None:
    from sklearn.metrics import auc

    rng = np.random.default_rng(0)
    labels = rng.integers(2, size=60)
    chances = np.clip(labels * 0.3 + rng.random(60) * 0.7, 0, 1)

    curve = evaluate(labels, np.stack([1 - chances, chances], axis=1), Target("y", "binary", ("a", "b")), about="")[1]

    shown = curve["precision_recall"][0]
    assert auc(shown["recall"], shown["precision"]) == pytest.approx(shown["average_precision"], abs=0.02)
