"""Columns become the bytes that the page reads, whatever is in them; tables to take away are safe to open."""

import datetime as dt
import io
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pytest

from belvedere.page import Page, Shown, encode, make_table, preview_rows, take_rows, to_plain, write_csv
from belvedere.types import Column, MapContent, Schema
from make_fake_map import make_fake_content


def shown(values, kind: str) -> Shown:
    array = values if isinstance(values, pa.ChunkedArray) else pa.chunked_array([values])
    return Shown("c", kind, "input", "", "data", array)


def numbers_of(made) -> list[float | None]:
    """Back from steps to numbers."""
    low, high = made.info["min"], made.info["max"]
    return [None if s == 65535 else round(low + int(s) / 65534 * (high - low), 6) for s in made.values]


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (pa.array([1.0, None, 3.0]), [1.0, None, 3.0]),
        (pa.array([1.0, float("nan"), float("inf"), 2.0, float("-inf")]), [1.0, None, None, 2.0, None]),
        (pa.array([7, 7, None], pa.int8()), [7.0, 7.0, None]),
        (pa.array([0, 2**63], pa.uint64()), [0.0, float(2**63)]),
        (pa.array([Decimal("1.5"), Decimal("2.5")]), [1.5, 2.5]),
        (pa.array(["1", " 617.5", "1,234", "n/a", None]), [1.0, 617.5, 1234.0, None, None]),
        (pa.array(["3", "4", "3"]).dictionary_encode(), [3.0, 4.0, 3.0]),
        (pa.array([True, False]), [1.0, 0.0]),
    ],
)
def test_numbers_of_every_type_keep_their_values(array, expected):
    assert numbers_of(encode(shown(array, "number"))) == expected


def test_the_largest_numbers_do_not_overflow():
    made = encode(shown(pa.array([-1.7e308, 0.0, 1.7e308]), "number"))

    assert made.values.tolist() == [0, 32767, 65534]


@pytest.mark.parametrize("array", [pa.array([None, None], pa.float64()), pa.nulls(2), pa.array([float("nan")] * 2)])
def test_a_column_of_nothing_has_no_range(array):
    made = encode(shown(array, "number"))

    assert (made.info["min"], made.info["nMissing"], made.values.tolist()) == (None, 2, [65535, 65535])


DAY = 86_400_000


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (pa.array([dt.date(1970, 1, 2), None]), [DAY, None]),
        (pa.array([dt.datetime(1970, 1, 3)], pa.timestamp("ns")), [2 * DAY]),
        (pa.array([dt.datetime(1970, 1, 2)], pa.timestamp("s", "Asia/Shanghai")), [DAY]),
        (pa.array([dt.datetime(1, 1, 1)], pa.timestamp("us")), [-62135596800000]),
        (pa.array([dt.time(1, 0)]), [3_600_000]),
        (pa.array(["1970-01-02", "1970-01-01T12:00:00+00:00", None]), [DAY, DAY / 2, None]),
        (pa.array(["03.01.1970", "02.01.1970", "no date"]), [2 * DAY, DAY, None]),
        (pa.array(["1970年01月03日"]), [2 * DAY]),
        (pa.array([2 * 86_400, None, 1_000_000_000]), [2 * DAY, None, 1e12]),
    ],
)
def test_times_of_every_type_become_milliseconds(array, expected):
    assert numbers_of(encode(shown(array, "time"))) == expected


def test_days_and_months_are_never_mixed_within_a_column():
    """One format reads the whole column; the schema's reason decides where two would fit."""
    texts = pa.chunked_array([["02/01/1970", "31/01/1970"]])
    either = pa.chunked_array([["02/01/1970", "03/01/1970"]])
    told = Shown("c", "time", "input", "dates stored as text (%m/%d/%Y)", "data", either)

    assert numbers_of(encode(shown(texts, "time"))) == [DAY, 30 * DAY]
    assert numbers_of(encode(shown(either, "time"))) == [DAY, 2 * DAY]
    assert numbers_of(encode(told)) == [31 * DAY, 59 * DAY]


@pytest.mark.parametrize(
    ("array", "categories", "codes"),
    [
        (pa.array(["b", "a", "b", None]), ["b", "a"], [0, 1, 0, 255]),
        (pa.array(["10", "9", "9"]), ["9", "10"], [1, 0, 0]),
        (pa.array([3, 1, None]), ["1", "3"], [1, 0, 255]),
        (pa.array([2.0, float("nan"), 1.5]), ["1.5", "2"], [1, 255, 0]),
        (pa.array(["", "a", None]), ["a"], [255, 0, 255]),
    ],
)
def test_categories_of_every_type_keep_their_words(array, categories, codes):
    made = encode(shown(array, "category"))

    assert (made.info["categories"], made.values.tolist()) == (categories, codes)


def test_dictionaries_that_differ_from_chunk_to_chunk_are_one():
    parts = [pa.array(["a", "b"]).dictionary_encode(), pa.array(["b", "c"]).dictionary_encode()]
    made = encode(shown(pa.chunked_array(parts), "category"))

    assert [made.info["categories"][c] for c in made.values] == ["a", "b", "b", "c"]


@pytest.mark.parametrize(("n", "dtype"), [(254, "u8"), (255, "u16"), (65_534, "u16"), (65_535, None)])
def test_codes_take_the_narrowest_type_that_leaves_room_for_missing(n, dtype):
    words = [f"w{i}" for i in range(n)]
    made = encode(shown(pa.array([*words, None]), "category"))

    assert made.info["dtype"] == dtype
    assert made.info["nMissing"] == 1
    if dtype is not None:
        assert made.values[-1] == {"u8": 255, "u16": 65535}[dtype]
        assert [made.info["categories"][c] for c in made.values[:-1]] == words


def odd_content(n=3) -> MapContent:
    """Columns that break spreadsheets and previews."""
    rows = pa.table({
        "=cmd": pa.array(["=1+1", "+2", "-3"]),
        "at": pa.array(["@SUM(A1)", "\tx", "fine"]),
        "when": pa.array([dt.datetime(1800, 1, 1), None, dt.datetime(2026, 1, 1)]),
        "steps": pa.array([[0.1, None], [], None], pa.list_(pa.float32())),
        "raw": pa.array([b"\x00\xff", None, b""]),
        "x": pa.array([float("nan"), float("inf"), 1.0]),
        "map_x": pa.array([1, 2, 3]),
        "deep": pa.array([{"a": [1]}, None, {"a": []}]),
    })  # fmt: skip
    kinds = ("text", "text", "time", "sequence", "text", "number", "number", "text")
    schema = Schema(tuple(Column(name, kind) for name, kind in zip(rows.column_names, kinds, strict=True)))
    return MapContent("odd", schema, rows, np.zeros((n, 2), np.float32))


def test_previews_are_json_whatever_the_values():
    rows = preview_rows(odd_content(), [2, 0])

    assert to_plain(rows) == rows
    assert rows[1]["x"] is None
    assert rows[1]["steps"] == [0.1, None]
    assert rows[1]["raw"] == "2 bytes"
    assert rows[0]["when"] == "2026-01-01T00:00:00"


def test_csv_disarms_formulas_in_cells_and_names_but_not_in_numbers():
    out = io.BytesIO()
    write_csv(make_table(odd_content()), out)
    text = out.getvalue().decode("utf-8-sig")
    back = pa_csv.read_csv(io.BytesIO(out.getvalue()[3:]), parse_options=pa_csv.ParseOptions(newlines_in_values=True))

    assert back["'=cmd"].to_pylist() == ["'=1+1", "'+2", "'-3"]
    assert back["at"].to_pylist() == ["'@SUM(A1)", "'\tx", "fine"]
    assert back["_map_x"].to_pylist() == [0, 0, 0]
    assert "raw" not in back.column_names
    assert "[0.10000000149011612, null]" in text


def test_csv_of_many_parts_is_one_table():
    from belvedere.page import tables

    content = make_fake_content(50, images=False)
    one, many = io.BytesIO(), io.BytesIO()
    write_csv(make_table(content), one)
    old, tables.ROWS_PER_PART = tables.ROWS_PER_PART, 7
    write_csv(make_table(content), many)
    tables.ROWS_PER_PART = old

    assert one.getvalue() == many.getvalue()


def test_some_rows_of_a_map_are_a_map():
    content = make_fake_content(60)
    rows = np.array([50, 3, 7])
    kept = take_rows(content, rows)

    assert kept.rows["object"].to_pylist() == ["A-0000050", "A-0000003", "A-0000007"]
    np.testing.assert_array_equal(kept.places, content.places[rows])
    assert kept.thumbnails[1].as_py() == content.thumbnails[3].as_py()
    for i, row in enumerate(rows):
        wanted = [{50: 0, 3: 1, 7: 2}.get(r, -1) for r in content.neighbors[row].tolist()]
        assert kept.neighbors[i].tolist() == wanted
    assert sum(r.n_rows for r in kept.regions if r.level == 0) == 3
    assert kept.findings[1].rows == (1,)


def test_a_renamed_region_touches_no_other_column():
    content = make_fake_content(40)
    page = Page(content)
    page.info({})
    import dataclasses

    region = dataclasses.replace(content.regions[0], name="new")
    after = Page(dataclasses.replace(content, regions=(region, *content.regions[1:])), before=page)

    names = [s.name for s in after.shown]
    assert after.column(names.index("price")).values is page.column(names.index("price")).values
    assert after.column(names.index("region.0")).info["categories"][0] == "new"


def test_columns_forgotten_for_want_of_room_are_encoded_again(monkeypatch):
    content = make_fake_content(40, images=False)
    whole = Page(content)
    expected = [whole.column(i).values for i in range(len(whole.shown))]
    monkeypatch.setattr("belvedere.page.page.MAX_KEPT_BYTES", 100)
    tight = Page(content)

    assert tight.info({})["columns"] == whole.info({})["columns"]
    for i, values in enumerate(expected):
        np.testing.assert_array_equal(tight.column(i).values, values)
    assert len([v for v in tight._values.values() if v is not None]) < 4
