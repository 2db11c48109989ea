"""Targets beyond one class or number per row: time until an event, several labels."""

import json
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

import belvedere
from belvedere.errors import ColumnError, SettingError
from belvedere.kinds import fit_labels, is_labelled, make_labels
from belvedere.learn import Learned, LearnSettings, cross_validate, learn, predict_rows
from belvedere.training import TASKS
from belvedere.training.concordance import brier, concordance
from belvedere.training.cox import fit_cox
from belvedere.types import Column, Schema, Source, Target

QUICK = LearnSettings(epochs=12, threads=1, width=32, n_members=2, latent_dims=8)


def lifetimes(n: int = 500) -> tuple[Source, Schema]:
    """Rows die the sooner the larger x is; a third is watched for a while only."""
    rng = np.random.default_rng(0)
    x, noise = rng.normal(size=n), rng.normal(size=n)
    lived, watched = rng.exponential(np.exp(-1.5 * x)), rng.exponential(2.0, size=n)
    died = np.where(lived <= watched, "yes", "no")
    table = pa.table({"x": x, "noise": noise, "died": died, "days": np.minimum(lived, watched)})
    columns = (Column("x", "number"), Column("noise", "number"), Column("died", "boolean"))
    return Source("lives", table), Schema((*columns, Column("days", "number", "target")))


def score(learned: Learned, name: str) -> float:
    return next(s.value for s in learned.scores if s.name == name)


@pytest.mark.parametrize("task", ["survival", "cox"])
def test_survival_is_learned_beside_a_cox_model(task: str) -> None:
    source, schema = lifetimes()

    learned = learn(source, schema, replace(QUICK, task=task, event="died"))

    lead = learned.scores[0]
    assert lead.name == "C-index"
    assert lead.low is not None
    assert lead.low < lead.value < (lead.high or 0)
    assert lead.value > 0.75
    assert lead.baseline is not None
    assert lead.value > lead.baseline - 0.05
    assert "Cox" in lead.baseline_name
    assert score(learned, "integrated Brier score") < 0.2
    assert [item.name for item in learned.inputs] == ["x", "noise"]  # the event would give the answer away
    saved = json.loads(json.dumps(learned.config))
    again, sure = predict_rows(saved, learned.tensors, source.table.drop_columns(["days", "died"]))
    assert sure is None
    assert learned.predicted is not None
    assert np.allclose(again, learned.predicted, atol=1e-4)


def test_a_survival_map_is_drawn_and_says_expected_times(tmp_path: object) -> None:
    source, _ = lifetimes(200)

    made = belvedere.map(source.table, target="days", learning=replace(QUICK, epochs=3, event="died"))

    assert made.content.predicted is not None
    assert made.content.predicted.dtype == np.float32
    assert made.schema["died"].role == "left out"
    assert "event" in made.schema["died"].why
    assert made.place(source.table.slice(0, 5)).table["map_predicted"].to_pylist() == pytest.approx(
        made.content.predicted[:5].tolist(), rel=1e-3
    )


def test_survival_is_cross_validated() -> None:
    source, schema = lifetimes(200)

    found = cross_validate(source, schema, replace(QUICK, epochs=2, event="died"), n_folds=2)

    assert {"C-index", "integrated Brier score"} == {s.name for s in found.scores}


def test_the_event_is_found_by_its_name_or_asked_for() -> None:
    table = pa.table({"days": [1.0, 2.0, 3.0], "status": [1, 2, 2]})

    assert fit_labels(table, "days", task="survival", event="status=2").event_value == "2"
    with pytest.raises(SettingError, match="--event status=VALUE"):
        fit_labels(table, "days", task="survival")
    with pytest.raises(SettingError, match="none is named like one"):
        fit_labels(table.select(["days"]), "days", task="survival")
    with pytest.raises(ColumnError, match="no_such"):
        fit_labels(table, "days", event="no_such")
    with pytest.raises(ColumnError, match="times from 0 on"):
        fit_labels(pa.table({"days": [-1.0, 2, 3], "died": [1, 1, 0]}), "days", event="died")
    with pytest.raises(SettingError, match="survival or cox"):
        fit_labels(table, "days", task="regression", event="status=2")


def test_times_survive_the_way_to_intervals_and_back() -> None:
    table = pa.table({"days": [0.0, 1.5, None, 9.0, 4.0], "died": [True, True, True, False, None]})
    target = fit_labels(table, "days", event="died")

    labels = make_labels(table, target)

    assert is_labelled(labels).tolist() == [True, True, False, True, False]
    known = TASKS["survival"].truth(labels[is_labelled(labels)], target)
    assert known == pytest.approx(np.array([[0.0, 1], [1.5, 1], [9.0, 0]]), abs=1e-5)


def test_cox_weights_do_not_change_with_the_order_of_rows() -> None:
    rng = np.random.default_rng(1)
    x, times, events = rng.normal(size=(200, 3)), rng.integers(1, 9, 200).astype(float), rng.integers(0, 2, 200)
    order = rng.permutation(200)

    assert fit_cox(x, times, events) == pytest.approx(fit_cox(x[order], times[order], events[order]), abs=1e-4)


def test_concordance_of_chance_is_a_half_and_brier_rewards_truth() -> None:
    rng = np.random.default_rng(2)
    times, events = rng.exponential(size=600), np.ones(600)

    value, low, high = concordance(times, events, rng.normal(size=600))

    assert low < 0.5 < high
    assert abs(value - 0.5) < 0.05
    edges = np.linspace(0, times.max(), 30)
    truth = np.stack([times, events], axis=1)
    knowing = (times[:, None] > edges[None, :]).astype(float)
    assert brier(truth, knowing, edges) < brier(truth, np.full((600, 30), 0.5), edges)


def films(n: int = 400) -> tuple[Source, Schema]:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=n), rng.normal(size=n)
    genres = [[name for name, on in (("war", a > 0), ("love", b > 0.3)) if on] for a, b in zip(x, y, strict=True)]
    table = pa.table({"x": x, "y": y, "genres": pa.array(genres, pa.list_(pa.string()))})
    return Source("films", table), Schema(
        (Column("x", "number"), Column("y", "number"), Column("genres", "category", "target"))
    )


def test_several_labels_per_row_are_learned_and_named() -> None:
    source, schema = films()

    learned = learn(source, schema, replace(QUICK, epochs=25))

    lead = learned.scores[0]
    assert lead.name == "micro F1"
    assert lead.value > 0.85
    assert lead.baseline is not None
    assert learned.predicted is not None
    assert set(learned.predicted) <= {"", "love", "war", "love; war"}
    assert learned.evaluation["task"] == "multilabel"


def test_labels_in_text_are_parted_where_several_are_asked_for() -> None:
    table = pa.table({"tags": ["a; b", "b|c", None, ""]})
    target = fit_labels(table, "tags", task="multilabel")

    labels = make_labels(table, target)

    assert target.classes == ("a", "b", "c")
    assert labels[:2].tolist() == [[1, 1, 0], [0, 1, 1]]
    assert np.isnan(labels[2]).all()
    assert labels[3].tolist() == [0, 0, 0]


def test_a_target_comes_back_from_json_as_it_was() -> None:
    target = Target("days", "cox", (), event="died", event_value="1", edges=(0.0, 2.0), hazards=(0.0, 0.3))

    assert Target.from_json(json.loads(json.dumps(target.__dict__))) == target


def pulses(n: int = 80) -> pa.Table:
    """A number per step: the value three steps before; and whether it was high."""
    rng, rows = np.random.default_rng(0), []
    for _ in range(n):
        values = rng.normal(size=int(rng.integers(8, 12)))
        later = np.r_[0.0, 0.0, 0.0, values[:-3]]
        rows.append({"pulse": values.tolist(), "echo": later.tolist(), "high": [bool(v > 0) for v in later]})
    return pa.Table.from_pylist(rows)


def test_a_number_per_step_is_learned_beside_a_linear_model_of_neighbors() -> None:
    table = pulses().drop_columns(["high"])
    source = Source("pulses", table)
    schema = Schema((Column("pulse", "sequence"), Column("echo", "sequence", "target")))

    learned = learn(source, schema, replace(QUICK, epochs=25))

    lead = learned.scores[0]
    assert learned.target is not None
    assert learned.target.task == "steps"
    assert lead.name == "R²"
    assert lead.baseline is not None
    assert lead.value > lead.baseline + 0.2  # the baseline sees no farther than two steps back
    assert lead.baseline_name.startswith("a linear model of each step and its neighbors; the mean")
    assert learned.error is not None
    assert np.isfinite(learned.error).all()
    again, _ = predict_rows(learned.config, learned.tensors, table.drop_columns(["echo"]))
    assert again == pytest.approx(learned.predicted, abs=1e-4)


def test_labels_beside_the_steps_of_a_sequence_are_known_without_being_asked() -> None:
    target = fit_labels(pulses(), "high")

    assert (target.task, len(target.classes)) == ("tokens", 2)
    assert fit_labels(pulses(), "echo").task == "steps"


def test_numbers_per_step_survive_missing_rows_and_steps() -> None:
    table = pa.table({"pulse": [[1.0, 2.0], [3.0], [4.0, 5.0]], "echo": [[0.5, None], None, [1.5, 2.5]]})
    target = fit_labels(table, "echo", task="steps")

    labels = make_labels(table, target)

    assert is_labelled(labels).tolist() == [True, False, True]
    assert np.isnan(labels[0, 1])
    assert labels[2] * target.std + target.mean == pytest.approx([1.5, 2.5])
    with pytest.raises(ColumnError, match="list of numbers"):
        fit_labels(pa.table({"echo": ["a", "b"]}), "echo", task="steps")
    with pytest.raises(ColumnError, match="two different numbers"):
        fit_labels(pa.table({"echo": [[1.0], [1.0]]}), "echo", task="steps")
