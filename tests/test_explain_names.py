"""Names are chosen and judged by how well they tell a region's rows."""

import json

import numpy as np
import pyarrow as pa

from belvedere import kinds
from belvedere.explain import name_regions, naming_features
from belvedere.explain.apart import told_apart
from belvedere.explain.naming_scores import judge_names, shown_names
from belvedere.explaining.looks import describe
from belvedere.types import Column, Region, Schema


def two_features() -> tuple[pa.Table, Schema, np.ndarray, tuple[Region, ...]]:
    """Region 0 is where both x and y are high; each alone tells it only in part."""
    rng = np.random.default_rng(0)
    x, y = rng.random(1000), rng.random(1000)
    region_of = np.where(x + y > 1.3, 0, 1).astype(np.int32)[:, None]
    table = pa.table({"x": x, "y": y, "noise": rng.random(1000)})
    schema = Schema(tuple(Column(name, "number") for name in table.column_names))
    regions = tuple(Region(i, -1, 0, float(i), 0.0, int((region_of == i).sum())) for i in range(2))
    return table, schema, region_of, regions


def test_a_name_takes_a_second_phrase_where_it_helps() -> None:
    table, schema, region_of, regions = two_features()

    named = name_regions(regions, region_of, table, schema)

    assert set(named[0].name.split(", ")) == {"high x", "high y"}


def test_names_are_judged_on_held_out_rows() -> None:
    """Before/after: good names tell nearly all rows, the same names on shuffled regions tell none."""
    table, schema, region_of, regions = two_features()
    train, held = np.arange(500), np.arange(500, 1000)
    named = name_regions(regions, region_of[train], table.take(pa.array(train)), schema)
    shuffled = np.random.default_rng(1).permutation(region_of)

    features = naming_features(table, schema, rows=held)
    good = judge_names(named, region_of, features)
    bad = judge_names(named, shuffled, features)

    assert good["names, AUC at level 0 (≥ 0.9)"] > 0.95
    assert abs(bad["names, AUC at level 0 (≥ 0.9)"] - 0.5) < 0.1
    assert good["names, neighbors differ at level 0 (≥ 0.95)"] == 1


def namesakes(*names: str) -> tuple[Region, ...]:
    """Regions of one level in a row, 100 rows each, with these names."""
    return tuple(Region(i, -1, 0, float(i), 0.0, 100, name=name) for i, name in enumerate(names))


def test_regions_of_one_name_beside_each_other_also_say_what_tells_them_apart() -> None:
    region_of = np.repeat(np.arange(4, dtype=np.int32), 100)[:, None]
    table = pa.table({"x": np.tile(np.arange(100), 4) + 1000 * (region_of[:, 0] == 1), "z": np.tile(np.arange(100), 4)})
    found = naming_features(table, Schema((Column("x", "number"), Column("z", "number"))))

    named = told_apart(namesakes("calm", "calm (2)", "loud", "wide"), region_of, found)

    assert [region.name for region in named] == ["calm, low x", "calm, high x", "loud", "wide"]


def test_no_name_says_the_opposite_of_itself_or_what_another_region_is_called() -> None:
    region_of = np.repeat(np.arange(3, dtype=np.int32), 100)[:, None]
    table = pa.table({"x": np.tile(np.arange(100), 3) + 1000 * (region_of[:, 0] == 1), "z": np.arange(300)})
    found = naming_features(table, Schema((Column("x", "number"), Column("z", "number"))))

    named = told_apart(namesakes("low x", "low x (2)", "low x, high z"), region_of, found)

    assert [region.name for region in named] == ["low x, low z", "low x (2)", "low x, high z"]


def test_what_nothing_tells_apart_keeps_its_number() -> None:
    region_of = np.repeat(np.arange(2, dtype=np.int32), 100)[:, None]
    found = naming_features(pa.table({"x": np.tile(np.arange(100), 2)}), Schema((Column("x", "number"),)))

    named = told_apart(namesakes("calm", "calm (2)"), region_of, found)

    assert [region.name for region in named] == ["calm", "calm (2)"]


def test_an_only_child_goes_by_the_name_of_its_parent_when_names_are_judged() -> None:
    regions = (*namesakes("calm", "loud"), Region(2, 0, 1, 0.0, 0.0, 100), Region(3, 1, 1, 1.0, 0.0, 100))

    assert shown_names(regions) == {0: "calm", 1: "loud", 2: "calm", 3: "loud"}


def test_a_region_without_words_names_its_most_typical_row() -> None:
    """The medoid: the row with the least sum of distances."""
    table = pa.table({"x": [1.0] * 8})
    latent = np.array([[0.0], [1], [2], [50], [10], [11], [12], [90]])
    region_of = np.repeat(np.array([0, 1], np.int32), 4)[:, None]
    regions = tuple(Region(i, -1, 0, 0.0, 0.0, 4) for i in range(2))

    named = name_regions(regions, region_of, table, Schema((Column("x", "number"),)), latent=latent)

    assert [region.name for region in named] == ["", ""]
    assert named[0].why in (("like row 1",), ("like row 2",))
    assert named[1].why in (("like row 5",), ("like row 6",))


def named_with_looks(column: pa.Array, kind: str, metadata: dict[str, str] | None = None) -> list[str]:
    """Names of two regions, the first and the second half of the rows, by what the rows look like."""
    field = pa.field("x", column.type, metadata={"belvedere.kind": kind} | (metadata or {}))
    table, schema = pa.table([column], schema=pa.schema([field])), Schema((Column("x", kind),))
    features = naming_features(table, schema, more=describe(table, kinds.fit_inputs(table, schema)))
    region_of = np.repeat(np.array([0, 1], np.int32), len(column) // 2)[:, None]
    regions = tuple(Region(i, -1, 0, 0.0, 0.0, len(column) // 2) for i in range(2))
    return [region.name for region in name_regions(regions, region_of, table, schema, features=features)]


def test_pictures_are_named_by_what_a_person_sees() -> None:
    """Strokes leaning right against strokes leaning left, equally bright."""
    right = np.eye(12, dtype=np.uint8)[::-1] * 255
    noise = np.random.default_rng(0).integers(0, 20, (60, 12, 12))
    pixels = np.where(np.arange(60)[:, None, None] < 30, right, right[:, ::-1]) // 2 + noise
    column = pa.FixedSizeListArray.from_arrays(pa.array(pixels.astype(np.uint8).reshape(-1)), 144)
    assert named_with_looks(column, "image", {"belvedere.shape": "12,12,1"}) == ["leaning right", "leaning left"]


def test_sequences_are_named_by_their_course() -> None:
    ramp, rng = np.linspace(-1, 1, 20), np.random.default_rng(0)
    rows = [(ramp if i < 30 else -ramp) + rng.normal(0, 0.1, 20) for i in range(60)]
    names = named_with_looks(pa.array([row.tolist() for row in rows], pa.list_(pa.float32())), "sequence")
    assert names[0] in ("rising", "late peak")
    assert names[1] in ("falling", "early peak")


def test_vectors_are_named_by_their_named_numbers() -> None:
    values = np.random.default_rng(0).normal(size=(60, 5)).astype(np.float32)
    values[:30, 3] += 9
    column = pa.FixedSizeListArray.from_arrays(pa.array(values.reshape(-1)), 5)
    names = json.dumps(["Ins1", "Gcg", "Sst", "Ppy", "Krt19"])
    assert named_with_looks(column, "vector", {"belvedere.names": names}) == ["high Ppy", "low Ppy"]
