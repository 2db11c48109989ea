"""What goes into a map folder comes out of it, whatever the columns: their types, names and missing values."""

import datetime as dt
import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from belvedere.export.html import answers_of
from belvedere.mapfolder import open_folder, save, verify
from belvedere.page import Page, preview_rows, to_plain
from belvedere.types import Column, MapContent, Schema

ARROW = {
    "number": [
        (pa.int64(), st.integers(-(2**63), 2**63 - 1)),
        (pa.float64(), st.floats()),
        (pa.float32(), st.floats(width=32)),
        (pa.uint8(), st.integers(0, 255)),
    ],
    "category": [(pa.string(), st.text(max_size=8)), (pa.int16(), st.integers(-5, 5))],
    "boolean": [(pa.bool_(), st.booleans())],
    "time": [
        (pa.timestamp("us"), st.datetimes()),
        (pa.date32(), st.dates()),
        (pa.timestamp("ms", "UTC"), st.datetimes(dt.datetime(1800, 1, 1), timezones=st.just(dt.UTC))),
    ],
    "text": [(pa.large_string(), st.text(max_size=40)), (pa.binary(), st.binary(max_size=9))],
    "sequence": [(pa.list_(pa.float32()), st.lists(st.floats(width=32), max_size=5))],
    "vector": [(pa.list_(pa.uint8(), 3), st.lists(st.integers(0, 255), min_size=3, max_size=3))],
}


@st.composite
def maps(draw) -> MapContent:
    """A small map with columns of any kind under any names."""
    n = draw(st.integers(0, 12))
    names = draw(st.lists(st.text(st.characters(codec="utf-8"), max_size=12), min_size=1, max_size=4, unique=True))
    columns, table = [], {}
    for name in names:
        kind = draw(st.sampled_from(sorted(ARROW)))
        arrow, values = draw(st.sampled_from(ARROW[kind]))
        table[name] = pa.array(draw(st.lists(st.none() | values, min_size=n, max_size=n)), arrow)
        columns.append(Column(name, kind, "input", draw(st.text(max_size=10))))
    places = np.array(draw(st.lists(st.floats(-1e6, 1e6, width=32), min_size=2 * n, max_size=2 * n)), np.float32)
    name = draw(st.text(max_size=20))
    return MapContent(name, Schema(tuple(columns)), pa.table(table), places.reshape(n, 2))


@given(content=maps())
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_any_map_comes_back_equal_and_can_be_shown(content):
    with tempfile.TemporaryDirectory() as folder:
        path = save(content, Path(folder) / "any.map")
        verify(path)
        back = open_folder(path)
        assert back.schema == content.schema
        assert back.name == content.name
        assert back.rows.equals(content.rows) or any_nan(content.rows)
        assert back.rows.schema == content.rows.schema
        np.testing.assert_array_equal(back.places, content.places)
        rows = preview_rows(back, range(back.n_rows))
        assert to_plain(rows) == rows
        page = Page(back)
        for index in range(len(page.shown)):
            made = page.column(index)
            assert made.values is None or len(made.values) == back.n_rows
        assert {"api/map", "api/places", "api/rows"} <= {name for name, _ in answers_of(back)}


def any_nan(rows: pa.Table) -> bool:
    """Whether some value is not a number: such tables are never equal to themselves."""
    return not rows.equals(rows)


@pytest.mark.parametrize("name", ["", " ", ".", "..", "a/b", "a\\b", "\x00", "名字", "a" * 300, "map_x"])
def test_odd_column_names_are_kept(name, tmp_path):
    content = MapContent("n", Schema((Column(name, "number"),)), pa.table({name: [1.0]}), np.zeros((1, 2), np.float32))

    assert open_folder(save(content, tmp_path / "n.map")).rows.column_names == [name]
