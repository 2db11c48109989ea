"""Bad input of learning: each ends in a map or in one sentence that names the column, what was found, and the cure."""

import io
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image

import belvedere
from belvedere import LearnSettings, Map
from belvedere.draw import DrawSettings
from belvedere.errors import BelvedereError, ColumnError

N = 54
RNG = np.random.default_rng(0)
X, Z = RNG.normal(size=N), RNG.normal(size=N)
CLASSES = np.where(Z + 0.3 * X > 0, "a", "b")


@pytest.fixture(autouse=True)
def _no_warnings() -> Iterator[None]:
    """A person must not read warnings of libraries."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        warnings.simplefilter("error", UserWarning)
        yield


def learn(data: Any, *, kinds: dict[str, str] | None = None, target: str = "y", network: str = "auto") -> Map:
    """A map after two epochs, whose places and scores are numbers."""
    settings = LearnSettings(network=network, epochs=2, threads=1)
    made = belvedere.map(data, target=target, kinds=kinds, learning=settings, drawing=DrawSettings(n_threads=1))
    assert np.isfinite(made.places).all()
    assert made.content.latent is not None
    assert np.isfinite(made.content.latent).all()
    return made


def said(made: Map, check: str, column: str = "y") -> str:
    """Sentence and cure of what a check found in a column."""
    found = [finding for finding in made.findings if finding.check == check and finding.column == column]
    assert found, f"{check} found nothing in {column!r}"
    return " ".join(f"{finding.sentence} {finding.cure}" for finding in found)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        (["a"] * N, "The target 'y' must have at least two classes, but has 1. Choose another column, or map without"),
        ([2.5] * N, "The target 'y' must hold at least two different numbers, but holds 1. Choose another column"),
        ([None] * N, "The target 'y' must hold at least two different numbers, but holds 0. Choose another column"),
        (["a", *[None] * (N - 1)], "The target 'y' must have at least two classes, but has 1. Choose another column"),
    ],
)
def test_a_target_that_says_nothing_is_refused_by_name(values: list[Any], sentence: str) -> None:
    with pytest.raises(ColumnError) as caught:
        learn({"x": X, "y": values})
    assert str(caught.value).startswith(sentence)


def test_classes_seen_once_are_learned_and_pointed_out() -> None:
    labels = CLASSES.astype("<U5").tolist()
    labels[3], labels[20] = "once", "twice"
    made = learn({"x": X, "z": Z, "y": labels})
    assert "'y' has 2 classes with fewer than 10 rows ('once', 'twice')" in said(made, "imbalance")
    assert "join these classes" in said(made, "imbalance")


def test_a_target_of_which_every_class_is_seen_once_is_mapped() -> None:
    made = learn({"x": X, "z": Z, "y": [f"name {i}" for i in range(N)]}, kinds={"y": "category"})
    assert "fewer than 10 rows" in said(made, "imbalance")
    assert made.content.predicted is not None


def test_two_labels_among_many_rows_are_enough_for_a_map() -> None:
    labels: list[Any] = [None] * N
    labels[4], labels[9] = "a", "b"
    made = learn({"x": X, "z": Z, "y": labels})
    assert (np.asarray(made.content.split) == "unlabelled").sum() == N - 2
    assert any(
        f"{N - 2} rows without a label were not learned from" in note for note in made.content.provenance["notes"]
    )


@pytest.mark.parametrize("values", [CLASSES.tolist(), (2 * X + Z).tolist(), [float("inf"), *(2 * X + Z)[1:]]])
def test_rows_whose_target_is_missing_are_mapped_unlearned(values: list[Any]) -> None:
    values = [None if i % 6 == 5 else value for i, value in enumerate(values)]
    n_gone = sum(value is None or value == float("inf") for value in values)
    made = learn(pa.table({"x": X, "z": Z, "y": values}))
    assert (np.asarray(made.content.split) == "unlabelled").sum() == n_gone
    assert "mapped, but nothing is learned from them" in said(made, "missing")
    assert np.isnan(made.content.channels["error"]).sum() == n_gone


def texts() -> list[str | None]:
    """Sentences; one is empty, one missing, one of a million letters."""
    found: list[str | None] = [f"the word {label} stands in number {i}" for i, label in enumerate(CLASSES)]
    found[3], found[4], found[5] = "", None, "long text " * 100_000
    return found


@pytest.mark.parametrize("network", ["ngrams", "text_lstm", "transformer"])
def test_empty_and_very_long_texts_are_learned_and_placed(network: str) -> None:
    made = learn({"text": texts(), "y": CLASSES}, kinds={"text": "text"}, network=network)
    assert "2 empty texts" in said(made, "texts", "text")
    placed = made.place({"text": ["", None, "long " * 200_000, "never seen"]})
    assert np.isfinite(placed.places).all()


def test_texts_that_are_all_empty_leave_the_other_columns_to_learn() -> None:
    made = learn({"text": [""] * N, "x": X, "z": Z, "y": CLASSES}, kinds={"text": "text"})
    assert np.isfinite(made.place({"text": ["word"], "x": [0.1], "z": [0.0]}).places).all()


def test_images_of_many_sizes_and_modes_are_learned_and_broken_ones_named(tmp_path: Path) -> None:
    for i in range(30):
        folder = tmp_path / "ab"[i % 2]
        folder.mkdir(exist_ok=True)
        picture = Image.fromarray((RNG.random((8 + i, 40 - i, 3)) * 255).astype(np.uint8))
        deep = Image.fromarray((RNG.random((9, 9)) * 60_000).astype(np.uint16))
        mode = ["RGB", "L", "RGBA", "P", "deep"][i % 5]
        (deep if mode == "deep" else picture.convert(mode)).save(folder / f"{i}.png")
    whole = io.BytesIO()
    Image.fromarray((RNG.random((9, 9, 3)) * 255).astype(np.uint8)).save(whole, "PNG")
    for name, data in {"a/cut.png": whole.getvalue()[:70], "b/empty.png": b"", "b/words.png": b"hello"}.items():
        (tmp_path / name).write_bytes(data)
    made = learn(tmp_path, target="label")
    (note,) = [note for note in made.content.provenance["notes"] if "could not be decoded" in note]
    assert [name for name in ("a/cut.png", "b/empty.png", "b/words.png") if name not in note] == [], note
    assert len(made) == 30


def sequences() -> pa.Array:
    """Sequences of 0 to 11 steps; among them one missing and one of gaps only."""
    found: list[Any] = [RNG.normal(size=n).tolist() for n in RNG.integers(0, 12, N)]
    found[0], found[1], found[2], found[3] = [], [1.0], None, [float("nan")] * 4
    return pa.array(found, pa.list_(pa.float64()))


@pytest.mark.parametrize("network", ["inceptiontime", "bilstm", "gru", "tcn", "transformer", "lstm"])
def test_sequences_of_no_or_one_step_are_learned_and_placed(network: str) -> None:
    made = learn({"s": sequences(), "y": CLASSES}, kinds={"s": "sequence"}, network=network)
    placed = made.place({"s": pa.array([[], [1.0], None, [float("nan")]], pa.list_(pa.float64()))})
    assert np.isfinite(placed.places).all()
    assert np.isfinite(made.place(pa.table({"s": pa.nulls(2)})).places).all()


def test_new_rows_that_hold_words_instead_of_sequences_are_refused_by_name() -> None:
    made = learn({"s": sequences(), "y": CLASSES}, kinds={"s": "sequence"})
    with pytest.raises(BelvedereError, match=r"Column 's' must hold a list of numbers.*Give it as lists"):
        made.place({"s": ["one", "two"]})


@pytest.mark.parametrize("steps", [[[], [1.0]], [[], []]])
def test_sequences_that_are_all_short_end_in_a_map_that_says_rows_repeat(steps: list[list[float]]) -> None:
    column = pa.array([steps[i % 2] for i in range(N)], pa.list_(pa.float64()))
    made = learn({"s": column, "y": CLASSES}, kinds={"s": "sequence"})
    assert any("repeat an earlier row" in finding.sentence for finding in made.findings)


def test_categories_never_seen_are_placed_and_explained_as_rare() -> None:
    made = learn({"x": X, "z": Z, "color": [["red", "blue"][i % 2] for i in range(N)], "y": CLASSES})
    new = pa.table({"x": [0.1, None], "z": [0.0, 0.1], "color": ["green", None]})
    assert np.isfinite(made.place(new).places).all()
    assert "green" in " ".join(made.explain(new)[0].warnings)


@pytest.mark.parametrize("kinds", [None, {"gone": "number"}])
def test_a_column_without_a_value_is_named_and_hurts_nobody(kinds: dict[str, str] | None) -> None:
    made = learn({"x": X, "z": Z, "gone": [float("nan")] * N, "y": CLASSES}, kinds=kinds)
    assert "'gone' holds no values at all" in said(made, "constant", "gone")
    assert np.isfinite(made.place({"x": [0.1], "z": [0.0], "gone": [3.0]}).places).all()


def test_a_column_whose_values_are_all_in_held_out_rows_hurts_nobody() -> None:
    split = np.where(np.arange(N) % 4 == 3, "test", "train")
    late = [float(i) if part == "test" else None for i, part in enumerate(split)]
    made = learn(pa.table({"x": X, "z": Z, "late": late, "split": split, "y": CLASSES}), kinds={"late": "number"})
    assert made.score("accuracy").baseline is not None


def test_nothing_but_a_column_without_values_is_refused() -> None:
    with pytest.raises(ColumnError, match="must be a column to learn from, but found only gone"):
        learn({"gone": [float("nan")] * N, "y": CLASSES})


@pytest.mark.parametrize(
    ("twin", "target"),
    [([f"is {label}" for label in CLASSES], CLASSES), ((3 * X + 1).tolist(), 2 * X)],
    ids=["words", "numbers"],
)
def test_a_twin_of_the_target_is_pointed_out_with_the_cure(twin: list[Any], target: Any) -> None:
    made = learn({"z": Z, "twin": twin, "y": target})
    assert "'twin' alone gives 'y' away (100 %" in said(made, "leakage", "twin")
    assert "--ignore twin" in said(made, "leakage", "twin")
