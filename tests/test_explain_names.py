"""Names are chosen and judged by how well they tell a region's rows."""

import numpy as np
import pyarrow as pa

from belvedere.explain import name_regions
from belvedere.explain.naming_scores import judge_names
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

    good = judge_names(named, region_of, table, schema, held)
    bad = judge_names(named, shuffled, table, schema, held)

    assert good["names, AUC at level 0 (≥ 0.9)"] > 0.95
    assert abs(bad["names, AUC at level 0 (≥ 0.9)"] - 0.5) < 0.1
    assert good["names, neighbors differ at level 0 (≥ 0.95)"] == 1


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
