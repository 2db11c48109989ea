"""Wrong labels are found by the main job, and fly to their rows; right ones are left alone."""

import numpy as np
import pyarrow as pa
import pytest
from sklearn.metrics import roc_auc_score

import belvedere
from belvedere.checks import label_quality
from belvedere.draw import DrawSettings
from belvedere.kinds import fit_inputs, fit_target, learn_kinds
from belvedere.learn import Learned, LearnSettings, can_doubt, witness_labels
from belvedere.sources import open_source
from belvedere.types import Target


def blobs(n: int = 400, wrong: int = 20) -> tuple[pa.Table, set[int]]:
    """Three groups of points, some labels wrong."""
    random = np.random.default_rng(0)
    group = np.arange(n) % 3
    points = random.normal(size=(n, 4)) + 4 * np.eye(4)[group]
    spoiled = random.choice(n, wrong, replace=False)
    labels = group.copy()
    labels[spoiled] = (labels[spoiled] + 1) % 3
    columns = {f"x{i}": points[:, i] for i in range(4)}
    return pa.table(columns | {"label": [f"group {code}" for code in labels]}), set(spoiled.tolist())


def test_the_main_job_lists_wrong_labels_and_their_rows() -> None:
    table, wrong = blobs()

    made = belvedere.map(
        table, target="label", learning=LearnSettings(epochs=3, threads=1), drawing=DrawSettings(n_threads=1)
    )

    found = next(finding for finding in made.findings if finding.check == "labels")
    assert found.column == "label"
    assert len(wrong & set(found.rows)) >= 0.9 * len(wrong)
    assert len(wrong & set(found.rows)) >= 0.8 * found.n_rows


def _learned(table: pa.Table) -> Learned:
    """What doubt needs of learning, without a network."""
    source = open_source(table)
    schema = learn_kinds(source, target="label")
    target = fit_target(source.table.column("label"), "label")
    return Learned(
        fit_inputs(source.table, schema), target, np.zeros((table.num_rows, 1), np.float32), "", np.array([])
    )


def test_the_linear_witness_is_asked_only_about_rows_it_has_not_seen() -> None:
    """Labels that are pure chance cannot be known: seen rows would give them away."""
    random = np.random.default_rng(0)
    columns = {f"x{i}": random.normal(size=300) for i in range(60)}
    table = pa.table(columns | {"label": random.choice(["a", "b"], 300).tolist()})

    probabilities, labels = witness_labels(open_source(table), _learned(table))

    assert 0.4 < (probabilities.argmax(axis=1) == labels).mean() < 0.6


def test_missing_labels_are_no_doubt() -> None:
    table, _ = blobs(120, 0)
    holed = table.set_column(4, "label", pa.array([None, *table.column("label").to_pylist()[1:]]))

    probabilities, labels = witness_labels(open_source(holed), _learned(holed))

    assert labels[0] == -1
    assert probabilities.shape == (120, 3)
    assert label_quality(probabilities, labels, np.zeros((120, 3), np.int64))[0] == 1


@pytest.mark.parametrize("target", [None, Target("t", "regression"), Target("t", "survival")])
def test_only_classes_are_doubted(target: Target | None) -> None:
    assert not can_doubt(Learned((), target, np.zeros((99, 1), np.float32), "", np.array([])), 99)


def test_the_quality_ranks_wrong_labels_last() -> None:
    table, wrong = blobs()
    probabilities, labels = witness_labels(open_source(table), _learned(table))
    points = np.column_stack([table.column(f"x{i}").to_numpy() for i in range(4)])
    near = np.argsort(((points[:, None] - points[None]) ** 2).sum(-1), axis=1)[:, 1:11]

    quality = label_quality(probabilities, labels, near)

    assert roc_auc_score(np.isin(np.arange(400), list(wrong)), -quality) > 0.97
