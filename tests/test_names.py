"""Regions are named by what sets their rows apart."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from belvedere.explain import name_regions, naming_features
from belvedere.types import Column, Region, Schema

SCHEMA = Schema((Column("age", "number"), Column("job", "category"), Column("said", "text")))


def four_groups() -> tuple[pa.Table, np.ndarray]:
    """Two jobs, each with young and old people, who say different words."""
    rng = np.random.default_rng(0)
    job = np.repeat(["nurse", "pilot"], 200)
    old = np.tile(np.repeat([0, 1], 100), 2)
    age = 30 + 30 * old + rng.normal(0, 2, 400)
    said = [("hospital ward" if j == "nurse" else "airplane wing") + " today" for j in job]
    table = pa.table({"age": age, "job": job, "said": said})
    level0 = (job == "pilot").astype(np.int32)
    level1 = 2 + 2 * level0 + old.astype(np.int32)
    return table, np.stack([level0, level1], axis=1).astype(np.int32)


def regions_of(region_of: np.ndarray) -> tuple[Region, ...]:
    parents = [-1, -1, 0, 0, 1, 1]
    return tuple(
        Region(i, parents[i], int(i > 1), 0.1 * i, 10.0 * parents[i], int((region_of[:, int(i > 1)] == i).sum()))
        for i in range(6)
    )


def test_a_region_is_named_by_what_tells_it_from_the_map() -> None:
    table, region_of = four_groups()

    named = name_regions(regions_of(region_of), region_of, table, SCHEMA)

    assert {"nurse", "hospital"} & set(named[0].name.split(", "))
    assert {"pilot", "airplane"} & set(named[1].name.split(", "))


def test_a_sub_region_is_named_by_what_tells_it_from_its_parent() -> None:
    table, region_of = four_groups()

    named = name_regions(regions_of(region_of), region_of, table, SCHEMA)

    assert [r.name for r in named[2:]] == ["low age", "high age", "low age", "high age"]


def test_neighbors_of_two_families_with_one_name_say_whose_they_are() -> None:
    table, region_of = four_groups()
    near = regions_of(region_of)  # siblings stand beside each other
    apart = [replace(region, y=9.0 * (region.id % 2)) for region in near]

    names = [[r.name for r in name_regions(tuple(placed), region_of, table, SCHEMA)[2:]] for placed in (near, apart)]

    assert names[0] == ["low age", "high age", "low age", "high age"]
    assert len(set(names[1])) == 4
    assert all(name.split(", ")[0] in ("low age", "high age") and name.count(", ") == 1 for name in names[1])


def test_siblings_never_share_a_name() -> None:
    table = pa.table({"age": [1.0, 1.0, 9.0, 9.0] * 10, "job": ["nurse"] * 40, "said": ["x"] * 40})
    region_of = np.tile(np.arange(4, dtype=np.int32), 10)[:, None]
    regions = tuple(Region(i, -1, 0, 0.0, 0.0, 10) for i in range(4))

    names = [r.name for r in name_regions(regions, region_of, table, SCHEMA)]

    assert len(set(names)) == 4
    assert all(names)


def test_what_nothing_sets_apart_has_no_name() -> None:
    table = pa.table({"age": [1.0] * 40, "job": ["nurse"] * 40, "said": ["x"] * 40})
    region_of = np.repeat(np.arange(4, dtype=np.int32), 10)[:, None]
    regions = tuple(Region(i, -1, 0, 0.0, 0.0, 10) for i in range(4))

    assert {r.name for r in name_regions(regions, region_of, table, SCHEMA)} == {""}


def test_the_effect_of_a_number_is_twice_the_auc_less_one() -> None:
    """Checked against the definition, with ties."""
    sklearn_metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(1)
    age, inside = rng.integers(0, 8, 300).astype(float), rng.random(300) < 0.4
    table = pa.table({"age": age, "job": ["a"] * 300, "said": ["b"] * 300})

    found = naming_features(table, SCHEMA)
    effects = found.effects(inside, np.ones(300, bool))

    assert effects[0] == pytest.approx(2 * sklearn_metrics.roc_auc_score(inside, age) - 1, abs=1e-5)


def test_chinese_words_are_pairs_of_characters_without_function_words() -> None:
    texts = ["苹果很好吃"] * 30 + ["酒店很小"] * 30
    table = pa.table({"age": [1.0] * 60, "job": ["a"] * 60, "said": texts})
    region_of = np.repeat(np.array([0, 1], np.int32), 30)[:, None]
    regions = tuple(Region(i, -1, 0, 0.0, 0.0, 30) for i in range(2))

    named = name_regions(regions, region_of, table, SCHEMA)

    assert "苹果" in named[0].why
    assert "酒店" in named[1].why
