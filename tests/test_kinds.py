"""Kinds: what a sensible person would say of a column, and arrays that networks and maps can trust."""

import datetime as dt
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image
from sklearn.datasets import load_digits
from sklearn.neighbors import KNeighborsClassifier

from belvedere.errors import ColumnError, SettingError
from belvedere.kinds import (
    KINDS,
    encode_target,
    fit_inputs,
    fit_target,
    learn_kinds,
    make_arrays,
    plain_space,
    preview,
    thumbnails,
)
from belvedere.sources import open_source
from belvedere.types import KIND_NAMES, Input, Schema, Source, Target

RANDOM = np.random.default_rng(0)
WORDS = "the old map shows a quiet river near seven green hills and many stone bridges".split()


def sentences(n: int, seed: int = 0) -> list[str]:
    """Random sentences of about eight words."""
    random = np.random.default_rng(seed)
    return [" ".join(random.choice(WORDS, random.integers(5, 12))) for _ in range(n)]


def read_kind(values: Any, name: str = "x", **more: Any) -> tuple[str, str]:
    """Kind and role of one column."""
    schema = learn_kinds(open_source(pa.table({name: values})), **more)
    return schema[name].kind, schema[name].role


def fitted(values: Any, kind: str | None = None, name: str = "x") -> tuple[pa.Table, tuple[Input, ...]]:
    """A table of one column and its input."""
    source = open_source(pa.table({name: values, "pad": RANDOM.normal(size=len(values))}))
    schema = learn_kinds(source, overrides={name: kind} if kind else None, ignore=("pad",))
    return source.table, fit_inputs(source.table, schema)


# ---------------------------------------------------------------- recognition

COLUMNS: dict[str, tuple[str, Any, str, str]] = {
    "measurements": ("height", RANDOM.normal(size=200), "number", "input"),
    "whole numbers": ("age", RANDOM.integers(18, 90, 200), "number", "input"),
    "few whole numbers": ("grade", RANDOM.integers(1, 5, 200), "category", "input"),
    "counts": ("n_children", RANDOM.integers(0, 5, 200), "number", "input"),
    "a class number": ("label", RANDOM.integers(0, 43, 2000), "category", "input"),
    "a customer number": ("customer_id", RANDOM.integers(0, 90, 2000), "category", "input"),
    "0 and 1": ("paid", RANDOM.integers(0, 2, 200), "boolean", "input"),
    "yes and no": ("paid", ["Yes", "No"] * 100, "boolean", "input"),
    "true and false": ("paid", [True, False] * 100, "boolean", "input"),
    "是 and 否": ("paid", ["是", "否"] * 100, "boolean", "input"),
    "two words": ("sex", ["male", "female"] * 100, "category", "input"),
    "words": ("city", ["Ulm", "Bari", "Lviv", None] * 50, "category", "input"),
    "numbers as text": ("price", [f"${i},{i:03d}.50" for i in range(1, 200)] + ["n/a"], "number", "input"),
    "percentages": ("rate", [f"{i / 2} %" for i in range(200)], "number", "input"),
    "codes with leading zeros": ("plz", ["01067", "89073", "10115", "00123"] * 50, "category", "input"),
    "dates": ("day", [dt.date(2020, 1, 1) + dt.timedelta(days=i) for i in range(200)], "time", "input"),
    "ISO dates as text": ("day", [f"2020-{i % 12 + 1:02d}-{i % 28 + 1:02d}" for i in range(200)], "time", "input"),
    "German dates as text": ("day", [f"{i % 28 + 1:02d}.{i % 12 + 1:02d}.2020" for i in range(200)], "time", "input"),
    "times with zone as text": (
        "at",
        [f"2020-01-{i % 28 + 1:02d}T10:00:00+08:00" for i in range(200)],
        "time",
        "input",
    ),
    "sentences": ("review", sentences(200), "text", "input"),
    "Chinese sentences": ("评论", [f"这个东西第{i}次用起来真的很不错我很喜欢" for i in range(200)], "text", "input"),
    "titles": ("title", [f"Film {i} ({1900 + i})" for i in range(99)], "text", "input"),
    "web addresses": ("url", [f"http://example.org/{i}/a_long_path-of-words" for i in range(200)], "category", "id"),
    "unique words": ("user", [f"user{i}" for i in range(200)], "category", "id"),
    "unique numbers": ("order_id", RANDOM.permutation(200) + 5000, "category", "id"),
    "a row counter": ("number", np.arange(200), "number", "id"),
    "one value": ("unit", ["cm"] * 200, "category", "left out"),
    "one number": ("s5", [14.62] * 200, "number", "left out"),
    "nothing": ("empty", [None] * 200, "category", "left out"),
    "a split": ("split", ["train", "test", "train", "valid"] * 50, "category", "split"),
    "vectors": ("v", [list(row) for row in RANDOM.normal(size=(60, 5))], "vector", "input"),
    "lists of several lengths": ("v", [[0.5] * (i % 7 + 1) for i in range(60)], "sequence", "input"),
}


@pytest.mark.parametrize("case", COLUMNS)
def test_a_column_is_what_a_sensible_person_would_say(case: str) -> None:
    name, values, kind, role = COLUMNS[case]

    assert read_kind(values, name) == (kind, role)


def test_every_column_has_a_reason() -> None:
    table = pa.table({name + case[:2]: list(values)[:60] for case, (name, values, _, _) in COLUMNS.items()})

    assert all(len(column.why) > 4 for column in learn_kinds(open_source(table)))


def test_smooth_curves_are_sequences_and_points_in_space_are_vectors() -> None:
    curves = np.cumsum(RANDOM.normal(size=(50, 140)), axis=1).astype(np.float32)

    assert learn_kinds(open_source(curves))["x"].kind == "sequence"
    assert learn_kinds(open_source(RANDOM.normal(size=(50, 140))))["x"].kind == "vector"
    assert learn_kinds(open_source(curves), overrides={"x": "vector"})["x"].kind == "vector"


def test_a_person_may_say_the_kind_and_what_to_leave_out() -> None:
    table = pa.table({"age": RANDOM.integers(18, 90, 200), "id": np.arange(200), "x": RANDOM.normal(size=200)})

    schema = learn_kinds(open_source(table), overrides={"age": "category", "id": "number"}, ignore=["x"])

    assert [(c.kind, c.role) for c in schema] == [("category", "input"), ("number", "input"), ("number", "left out")]


def test_the_target_plays_its_role_even_if_it_looks_like_an_identifier() -> None:
    assert read_kind(np.arange(200), "id", target="id")[1] == "target"


def test_unknown_names_and_kinds_are_answered_with_the_nearest() -> None:
    source = open_source(pa.table({"stars": [1.5, 2.5], "text": ["a", "b"]}))

    with pytest.raises(ColumnError, match="Did you mean 'stars'"):
        learn_kinds(source, target="stras")
    with pytest.raises(SettingError, match="Did you mean 'number'"):
        learn_kinds(source, overrides={"stars": "nubmer"})
    with pytest.raises(SettingError, match="must hold lists of numbers"):
        learn_kinds(source, overrides={"stars": "vector"})


def test_a_target_inside_a_folded_vector_is_explained() -> None:
    source = open_source(pa.table({f"g{i}": [0.5, 1.5] for i in range(300)}))

    with pytest.raises(ColumnError, match=r"open the source with options=\{'keep': \['g7'\]\}"):
        learn_kinds(source, target="g7")


def test_the_table_of_kinds_agrees_with_the_contract() -> None:
    assert set(KINDS) == set(KIND_NAMES) - {"tags"}
    assert all(name == kind.name for name, kind in KINDS.items())


# ---------------------------------------------------------------- arrays


def test_numbers_are_standardized_and_gaps_are_marked() -> None:
    table, inputs = fitted([2.0, 4.0, None, 6.0, float("inf")])

    arrays = make_arrays(table, inputs)

    assert arrays["0.missing"].tolist() == [0, 0, 1, 0, 1]
    assert arrays["0.value"][[0, 1, 3]] == pytest.approx([-1.2247, 0, 1.2247], abs=1e-3)
    assert arrays["0.value"][[2, 4]].tolist() == [0, 0]
    assert inputs[0].info["min"] == 2.0
    assert inputs[0].info["any_missing"]


def test_one_wild_number_does_not_hide_the_others() -> None:
    values = np.append(RANDOM.normal(size=999), 1e9)
    table, inputs = fitted(values)

    value = make_arrays(table, inputs)["0.value"]

    assert np.array_equal(np.argsort(value, kind="stable"), np.argsort(values, kind="stable"))
    assert 0.5 < value[:999].std() < 1.5
    assert value[999] < 20


def test_quantile_edges_are_those_of_the_standardized_value() -> None:
    table, inputs = fitted(RANDOM.normal(50, 10, 5000))

    value, edges = make_arrays(table, inputs)["0.value"], inputs[0].info["quantiles"]

    assert len(edges) <= 49
    assert edges == sorted(edges)
    assert edges[24] == pytest.approx(np.median(value), abs=0.01)


def test_statistics_come_from_training_rows_only() -> None:
    table, _ = fitted(RANDOM.uniform(size=200))  # no value far out, whose softening would move the mean
    inputs = fit_inputs(table.slice(0, 100), Schema(learn_kinds(open_source(table)).columns[:1]))

    assert make_arrays(table, inputs)["0.value"][:100].mean() == pytest.approx(0, abs=1e-5)
    assert abs(make_arrays(table, inputs)["0.value"].mean()) > 1e-4


def test_codes_say_missing_unseen_and_known() -> None:
    table, inputs = fitted(["b", "a", "b", None, "b", "a"])
    new = pa.table({"x": ["a", "new", "", "b"]})

    assert inputs[0].info["categories"] == ["b", "a"]
    assert inputs[0].info["n_codes"] == 4
    assert make_arrays(table, inputs)["0.code"].tolist() == [2, 3, 2, 0, 2, 3]
    assert make_arrays(new, inputs)["0.code"].tolist() == [3, 1, 0, 2]


def test_numbers_read_as_categories_mean_the_same_as_integers_and_as_floats() -> None:
    table, inputs = fitted([1, 2, 1, 2, 1] * 10, kind="category")

    assert make_arrays(pa.table({"x": [2.0, None, 1.0]}), inputs)["0.code"].tolist() == [3, 0, 2]
    assert table.num_rows == 50


def test_levels_beyond_the_limit_are_pooled_as_rare() -> None:
    values = [f"w{i % 150}" for i in range(3000)] + [f"once{i}" for i in range(150)]
    table, inputs = fitted(values, kind="category")

    codes = make_arrays(table, inputs)["0.code"]

    assert inputs[0].info["n_codes"] == 152
    assert set(codes[3000:].tolist()) == {1}


def test_the_negative_value_of_a_boolean_comes_first() -> None:
    for values in (["yes", "no", "yes"], [True, False, True], [1, 0, 1]):
        table, inputs = fitted(values, kind="boolean")
        assert make_arrays(table, inputs)["0.code"].tolist() == [3, 2, 3]


def test_times_lie_on_their_range_and_circles() -> None:
    start = dt.datetime(2024, 1, 1)
    table, inputs = fitted([start + dt.timedelta(hours=i) for i in range(24 * 200)])

    value = make_arrays(table, inputs)["0.value"]

    assert inputs[0].info["parts"][0] == "position"
    assert len(inputs[0].info["parts"]) == inputs[0].info["d"] == 7
    assert value[0, 0] == -1
    assert value[-1, 0] == 1
    assert value[0, 1:3] == pytest.approx(value[24, 1:3], abs=1e-5)


def test_dates_as_text_equal_real_dates() -> None:
    days = [dt.date(2020, 1, 1) + dt.timedelta(days=3 * i) for i in range(100)]
    real = make_arrays(*fitted(days))["0.value"]

    for form in ("%Y-%m-%d", "%d.%m.%Y", "%Y/%m/%d", "%d %b %Y", "%Y年%m月%d日"):
        assert np.allclose(make_arrays(*fitted([day.strftime(form) for day in days]))["0.value"], real), form


def test_vectors_keep_their_geometry() -> None:
    points = RANDOM.normal(size=(40, 64)) * np.linspace(1, 9, 64)
    table, inputs = fitted([list(row) for row in points])

    value = make_arrays(table, inputs)["0.value"]

    true = np.linalg.norm(points[:, None] - points[None], axis=2)
    made = np.linalg.norm(value[:, None] - value[None], axis=2)
    assert np.allclose(made / made.max(), true / true.max(), atol=1e-4)
    assert value.var(axis=0).mean() == pytest.approx(1, abs=1e-3)


def test_a_missing_first_vector_takes_no_place_from_the_others() -> None:
    table, inputs = fitted([None, [0.0, 2.0], [2.0, 0.0]])

    assert make_arrays(table, inputs)["0.value"].tolist() == [[0, 0], [-1, 1], [1, -1]]


def test_lists_without_numbers_are_left_out_and_shown() -> None:
    table = pa.table({"x": pa.array([[], None], pa.list_(pa.float64()))})
    schema = learn_kinds(Source("tiny", table))

    assert schema["x"].role == "left out"
    assert preview(table, schema, [0, 1]) == [{"x": "[]"}, {"x": None}]


def test_counts_become_logarithms_of_rates() -> None:
    counts = RANDOM.poisson(0.3, (50, 200))
    table, inputs = fitted(pa.array(counts.tolist(), pa.list_(pa.float32(), 200)))
    doubled = pa.table({"x": pa.array((2 * counts).tolist(), pa.list_(pa.float32(), 200))})

    assert inputs[0].info["transform"] == "counts"
    assert np.allclose(make_arrays(table, inputs)["0.value"], make_arrays(doubled, inputs)["0.value"], atol=1e-4)


def test_texts_become_tokens_in_order_and_grams() -> None:
    table, inputs = fitted(["The cat sat.", "the dog sat", "Cat and dog!"] * 10, kind="text")
    arrays, vocabulary = make_arrays(table, inputs), inputs[0].info["vocabulary"]

    words = [[vocabulary[code - 2] for code in row if code > 1] for row in arrays["0.tokens"][:3]]

    assert words == [["the", "cat", "sat"], ["the", "dog", "sat"], ["cat", "and", "dog", "!"]]
    assert inputs[0].info["n_tokens"] == len(vocabulary) + 2
    assert (arrays["0.grams"][0] > 0).sum() == 5
    assert arrays["0.grams"].max() < inputs[0].info["n_grams"]


def test_unknown_words_and_empty_texts_have_their_own_codes() -> None:
    _, inputs = fitted(["one two three four", "two three four five"] * 10, kind="text")

    tokens = make_arrays(pa.table({"x": ["two zebra", "", None]}), inputs)["0.tokens"]

    assert (tokens[0] == 1).sum() == 1
    assert tokens[1:].sum() == 0


def test_chinese_is_cut_into_characters_and_their_pairs() -> None:
    table, inputs = fitted(["我喜欢这本书", "这本书不好看", "我不喜欢看书"] * 10, kind="text")
    arrays = make_arrays(table, inputs)

    assert set(inputs[0].info["vocabulary"]) == set("我喜欢这本书不好看")
    assert (arrays["0.tokens"][0] > 1).sum() == 6
    assert (arrays["0.grams"][0] > 0).sum() == 11


def test_the_plain_space_of_texts_puts_like_beside_like() -> None:
    ships = [f"the ship sailed {w} the harbor with sails" for w in ("into", "past", "near", "from")] * 5
    bread = [f"bake the bread {w} butter and flour" for w in ("with", "without", "using", "for")] * 5
    table, inputs = fitted(ships + bread, kind="text")

    plain = plain_space(table, inputs)

    inside = np.linalg.norm(plain[0] - plain[:20], axis=1).mean()
    assert np.linalg.norm(plain[0] - plain[20:], axis=1).mean() > 1.5 * inside


def test_image_arrays_files_and_bytes_give_the_same_pixels(tmp_path: Path) -> None:
    pixels = RANDOM.integers(0, 255, (6, 12, 10, 3), dtype=np.uint8)
    encoded = []
    for number, one in enumerate(pixels):
        stream = io.BytesIO()
        Image.fromarray(one).save(stream, "PNG")
        encoded.append(stream.getvalue())
        (tmp_path / f"{number}.png").write_bytes(encoded[-1])

    sources = [open_source({"image": pixels}), open_source(tmp_path), open_source(pa.table({"image": encoded}))]

    for source in sources:
        inputs = fit_inputs(source.table, learn_kinds(source))
        assert np.array_equal(make_arrays(source.table, inputs)["0.pixels"], pixels)
        assert inputs[0].info["mean"] == pytest.approx((pixels / 255).mean(axis=(0, 1, 2)).tolist(), abs=1e-6)


def test_large_images_are_shrunk_to_one_size(tmp_path: Path) -> None:
    for number, size in enumerate([(200, 100), (180, 120), (220, 110)]):
        Image.new("RGB", size, (number * 50, 9, 9)).save(tmp_path / f"{number}.jpg")
    source = open_source(tmp_path)

    pixels = make_arrays(source.table, fit_inputs(source.table, learn_kinds(source)))["0.pixels"]

    assert pixels.shape == (3, 35, 64, 3)


def test_sequences_are_padded_standardized_and_measured() -> None:
    table, inputs = fitted([[1.0, 3.0], [5.0], [2.0, 2.0, 4.0]] * 20)
    arrays = make_arrays(table, inputs)

    assert arrays["0.steps"].shape == (60, 3, 1)
    assert arrays["0.length"][:3].tolist() == [2, 1, 3]
    assert arrays["0.steps"][1, 1:].tolist() == [[0], [0]]
    filled = np.concatenate([row[:n] for row, n in zip(arrays["0.steps"], arrays["0.length"], strict=True)])
    assert filled.mean() == pytest.approx(0, abs=1e-5)
    assert filled.std() == pytest.approx(1, abs=1e-4)


def test_sound_becomes_log_mel_energies_that_tell_tones_apart(tmp_path: Path) -> None:
    seconds = np.arange(4000) / 8000
    waves = [(9000 * np.sin(2 * np.pi * hertz * seconds)).astype(np.int16) for hertz in (300, 2500) * 10]
    np.savez(tmp_path / "s.npz", wave=np.concatenate(waves), offsets=np.arange(21) * 4000, rate=8000)
    source = open_source(tmp_path / "s.npz")
    inputs = fit_inputs(source.table, learn_kinds(source))

    steps = make_arrays(source.table, inputs)["0.steps"]

    assert steps.shape == (20, 48, 40)
    assert steps[0].mean(axis=0).argmax() < steps[1].mean(axis=0).argmax()


def test_new_rows_without_a_column_are_refused_by_name() -> None:
    _, inputs = fitted([1.0, 2.0, 3.0], name="height")

    with pytest.raises(ColumnError, match="must have the column 'height'"):
        make_arrays(pa.table({"hieght": [1.0]}), inputs)


# ---------------------------------------------------------------- plain space


def test_columns_weigh_alike_in_the_plain_space() -> None:
    table = pa.table(
        {
            "number": RANDOM.normal(size=500) * 1000,
            "long tail": np.exp(3 * RANDOM.normal(size=500)),
            "even": RANDOM.choice(["a", "b", "c"], 500),
            "many": RANDOM.choice([f"l{i}" for i in range(80)], 500),
        }
    )
    source = open_source(table)
    for known in fit_inputs(source.table, learn_kinds(source)):
        assert 0.8 < plain_space(source.table, (known,)).var(axis=0).sum() < 1.3, known.name


def test_the_plain_space_of_digits_keeps_their_classes() -> None:
    source = open_source(load_digits())
    schema = learn_kinds(source, target="target")
    plain = plain_space(source.table, fit_inputs(source.table, schema))
    labels = np.array(source.table.column("target").to_pylist())

    score = KNeighborsClassifier(10).fit(plain[:1200], labels[:1200]).score(plain[1200:], labels[1200:])

    assert score > 0.94


def test_row_order_and_slicing_change_no_row() -> None:
    table = pa.table({"n": RANDOM.normal(size=300), "t": sentences(300), "c": RANDOM.choice(list("abc"), 300)})
    source = open_source(table)
    inputs = fit_inputs(source.table, learn_kinds(source))
    whole, order = plain_space(source.table, inputs), RANDOM.permutation(300)

    assert np.allclose(plain_space(source.take(order), inputs), whole[order], atol=1e-5)
    assert np.allclose(plain_space(source.read(100, 200), inputs), whole[100:200], atol=1e-5)


def test_inputs_survive_json() -> None:
    source = open_source(pa.table({"n": RANDOM.normal(size=60), "t": sentences(60), "c": list("abc") * 20}))
    inputs = fit_inputs(source.table, learn_kinds(source))
    again = tuple(Input(i.name, i.kind, json.loads(json.dumps(i.info)), i.tensors) for i in inputs)

    assert np.array_equal(plain_space(source.table, again), plain_space(source.table, inputs))


# ---------------------------------------------------------------- targets

TARGETS: dict[str, tuple[str, Any, str, tuple[str, ...]]] = {
    "words": ("city", ["Ulm", "Bari", "Lviv"] * 10, "multiclass", ("Bari", "Lviv", "Ulm")),
    "yes and no": ("churn", ["Yes", "No"] * 10, "binary", ("No", "Yes")),
    "0 and 1": ("y", [1, 0, 1, 1] * 10, "binary", ("0", "1")),
    "two words, the rarer is positive": ("risk", ["good", "bad", "good"] * 10, "binary", ("good", "bad")),
    "digits": ("digit", list(range(10)) * 5, "multiclass", tuple("0123456789")),
    "numbers in order": ("y", [10, 9, 2] * 10, "multiclass", ("2", "9", "10")),
    "class numbers": ("label", list(range(43)) * 10, "multiclass", tuple(str(i) for i in range(43))),
    "ages": ("age", list(range(18, 90)) * 3, "regression", ()),
    "prices": ("price", [1.5, 2.5, 9.9] * 10, "regression", ()),
    "booleans": ("ok", [True, False] * 10, "binary", ("false", "true")),
}


@pytest.mark.parametrize("case", TARGETS)
def test_the_task_is_what_a_sensible_person_would_say(case: str) -> None:
    name, values, task, classes = TARGETS[case]

    target = fit_target(pa.chunked_array([values]), name)

    assert (target.task, target.classes) == (task, classes)


def test_labels_are_codes_or_standardized_numbers() -> None:
    codes = encode_target(pa.chunked_array([["b", None, "zebra", "a"]]), Target("t", "multiclass", ("a", "b", "c")))
    numbers = pa.chunked_array([[1.5, None, 3.5]])
    scaled = encode_target(numbers, fit_target(numbers, "price"))

    assert codes.tolist() == [1, -1, -1, 0]
    assert codes.dtype == np.int64
    assert scaled.dtype == np.float32
    assert scaled[[0, 2]].tolist() == [-1, 1]
    assert np.isnan(scaled[1])


def test_targets_that_cannot_be_learned_are_refused() -> None:
    with pytest.raises(ColumnError, match="at least two classes, but has 1"):
        fit_target(pa.chunked_array([["a"] * 5]), "t")
    with pytest.raises(ColumnError, match="at least two different numbers"):
        fit_target(pa.chunked_array([[2.5] * 5]), "t")
    with pytest.raises(ColumnError, match="at most 1,000 classes"):
        fit_target(pa.chunked_array([[f"c{i}" for i in range(2000)]]), "t")
    with pytest.raises(SettingError, match="must be one of"):
        fit_target(pa.chunked_array([["a", "b"]]), "t", task="ranking")


# ---------------------------------------------------------------- previews


def test_previews_say_what_a_person_wants_to_see() -> None:
    table = pa.table(
        {
            "n": [1.5, None],
            "day": [dt.date(1900, 2, 3), None],
            "long": ["word " * 1000, "short text here now"],
            "curve": [list(np.arange(1000.0)), [1.0]],
            "v": pa.array([[1.0] * 50, None], pa.list_(pa.float32(), 50)),
        }
    )
    source = open_source(table)
    schema = learn_kinds(source, overrides={"long": "text"})

    first, second = preview(source.table, schema, [0, 1])

    assert (first["n"], second["n"]) == (1.5, None)
    assert (first["day"], second["day"]) == ("1900-02-03", None)
    assert len(first["long"]) == 2000
    assert first["curve"]["length"] == 1000
    assert len(first["curve"]["sequence"]) == 200
    assert first["v"].startswith("50 numbers (1, 1, 1, 1, …")
    json.dumps([first, second], allow_nan=False)


def test_thumbnails_are_png_of_the_same_pixels() -> None:
    gray = RANDOM.integers(0, 255, (5, 28, 28), dtype=np.uint8)
    color = RANDOM.integers(0, 255, (5, 20, 30, 3), dtype=np.uint8)

    for pixels in (gray, color):
        source = open_source({"x": pixels})
        pictures = thumbnails(source.table, learn_kinds(source))
        again = [np.asarray(Image.open(io.BytesIO(png))) for png in pictures.to_pylist()]
        assert np.array_equal(np.stack(again), pixels)


def test_thumbnails_are_at_most_64_pixels(tmp_path: Path) -> None:
    Image.new("RGB", (400, 100), (200, 0, 0)).save(tmp_path / "a.png")
    source = open_source(tmp_path)

    picture = Image.open(io.BytesIO(thumbnails(source.table, learn_kinds(source))[0].as_py()))

    assert max(picture.size) <= 64


def test_tables_without_images_have_no_thumbnails() -> None:
    source = open_source({"n": [1.5, 2.5]})

    assert thumbnails(source.table, learn_kinds(source)) is None
