"""Faults put into clean data are found in their rows; data that only change or repeat by nature are left alone."""

import functools
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from tests import seeded

from belvedere.checks import run_checks
from belvedere.checks.languages import language_of
from belvedere.checks.shingles import jaccard
from belvedere.kinds import learn_kinds
from belvedere.sources import open_source
from belvedere.types import Finding

SIZES = {"table": 800, "text": 600, "image": 150, "sequence": 300}
CASES = [(kind, fault) for kind, (_, faults) in seeded.FAULTS.items() for fault in faults]


def checked(columns: dict[str, Any], target: str | None = None, against: Any = None) -> tuple[Finding, ...]:
    """Findings on columns."""
    source = open_source(pa.table(columns))
    return run_checks(source, learn_kinds(source, target=target), against=against)


@functools.cache
def clean(kind: str) -> tuple[dict[str, Any], tuple[Finding, ...]]:
    """Clean data and the findings on them."""
    columns = seeded.FAULTS[kind][0](np.random.default_rng(0), SIZES[kind])
    return columns, checked(columns, "label" if kind == "table" else None)


@pytest.mark.parametrize("kind", SIZES)
def test_clean_data_have_no_findings(kind: str) -> None:
    assert clean(kind)[1] == ()


@pytest.mark.parametrize(("kind", "fault"), CASES, ids=lambda case: getattr(case, "name", case))
def test_a_fault_is_found_in_its_rows(kind: str, fault: seeded.Fault) -> None:
    """Exact kinds in exactly their rows, statistical kinds in 95 % of them with 90 % of what is named right."""
    columns, before = clean(kind)
    chance = np.random.default_rng(1)
    spoiled, rows = fault.spoil(dict(columns), seeded.rows_to_spoil(chance, SIZES[kind], 0.03), chance)

    after = checked(spoiled, "label" if kind == "table" else None)

    outcome = seeded.judge(fault, list(before), list(after), rows)
    assert outcome.recall >= (1 if fault.is_exact else 0.95)
    assert outcome.precision >= (1 if fault.is_exact else 0.9)


def test_the_judge_notices_missed_and_false_rows() -> None:
    fault = seeded.FAULTS["text"][1][0]
    finding = Finding("texts", "note", "'text' holds", column="text", rows=(1, 2, 3, 9), n_rows=4)

    outcome = seeded.judge(fault, [], [finding], {1, 2, 3, 4, 5, 6})

    assert (outcome.recall, outcome.precision) == (0.5, 0.75)


def test_a_column_that_moves_with_time_drifts() -> None:
    random = np.random.default_rng(0)
    day = pa.array((np.datetime64("2020-01-01") + np.arange(900)).astype("datetime64[s]"))
    still = random.normal(size=900)

    findings = checked(
        {"day": day, "still": still, "moving": still + np.arange(900) / 300, "x": random.normal(size=900)}
    )

    assert [(f.check, f.column) for f in findings] == [("drift", "moving")]


def test_another_file_is_compared_column_by_column() -> None:
    random = np.random.default_rng(0)
    old = {
        "x": random.normal(size=500),
        "city": random.choice(["Ulm", "Bari"], 500).tolist(),
        "gone": random.normal(size=500),
    }
    moved = np.r_[old["x"][:5], random.normal(size=495) + 1]
    new = {
        "x": moved,
        "city": [*old["city"][:490], *["Graz"] * 10],
        "y": random.normal(size=500),
    }

    findings = [f for f in checked(new, against=open_source(pa.table(old))) if f.check == "drift"]

    told = " ".join(f.sentence for f in findings)
    assert "'gone'" in told
    assert "'y'" in told
    assert "'x' differs" in told
    assert next(f for f in findings if f.column == "city").rows == tuple(range(490, 500))


def test_the_same_file_does_not_drift_but_shares_its_rows() -> None:
    columns, _ = clean("table")

    findings = checked(columns, against=open_source(pa.table(columns)))

    assert [(f.check, f.level, f.n_rows) for f in findings] == [("leakage", "serious", 800)]


def test_an_entity_in_training_and_test_is_found_and_one_in_several_rows_is_told() -> None:
    random = np.random.default_rng(0)
    patient = np.repeat(np.arange(100), 4)
    table = {
        "patient": [f"p{i}" for i in patient],
        "x": random.normal(size=400),
        "y": random.choice(["a", "b"], 400).tolist(),
    }

    alone = [f for f in checked(table, "y") if f.check == "leakage"]
    split = ["train" if i % 4 else "test" for i in range(400)]
    shared = [f for f in checked(table | {"split": split}, "y") if f.check == "leakage"]

    assert [(f.column, f.level) for f in alone] == [("patient", "warning")]
    assert [(f.column, f.level, f.n_rows) for f in shared] == [("patient", "serious", 100)]


def test_rows_that_are_alike_by_nature_are_not_called_near_duplicates() -> None:
    random = np.random.default_rng(0)
    group = random.integers(0, 40, 3000)
    table = {f"c{i}": [f"v{g * 7 % (9 + i)}" if random.random() < 0.9 else "other" for g in group] for i in range(12)}

    assert [f for f in checked(table) if f.check == "near-duplicates"] == []


def test_english_with_foreign_names_stays_english() -> None:
    assert language_of("as it is, i do not see why el niño and la la land are on so often") == "English"
    assert jaccard("one text that is long", "one text that is longer") > 0.7


def test_every_cure_that_is_a_command_can_be_undone() -> None:
    columns, _ = clean("table")
    spoiled = columns | {"weight": [None, *columns["weight"][1:]], "mail": [f"a{i}@b.org" for i in range(800)]}

    findings = checked(spoiled)

    assert findings
    assert all(f.undo for f in findings if "belvedere " in f.cure)
