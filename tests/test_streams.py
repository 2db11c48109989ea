"""Promises about data that are never held: batches of one size, places as if placed at once, files that appear whole."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import belvedere as bv
import belvedere.sources
from belvedere.engines import map_batches
from belvedere.errors import SettingError, SourceError
from belvedere.learn import LearnSettings
from belvedere.maps import Map
from belvedere.sources.batches import ROWS, open_batches


def table_of(n_rows: int, seed: int = 0) -> pa.Table:
    """Rows in three islands, with their island as a word."""
    random = np.random.default_rng(seed)
    island = np.arange(n_rows) % 3
    columns = {f"c{i}": random.standard_normal(n_rows) + 5 * (island == i) for i in range(5)}
    return pa.table(columns | {"kind": np.array(["a", "b", "c"])[island]})


@pytest.fixture(scope="module")
def learned() -> Map:
    return bv.map(table_of(900), target="kind", learning=LearnSettings(epochs=2))


def test_batches_have_one_size_across_row_groups_and_files(tmp_path: Path) -> None:
    pq.write_table(table_of(70), tmp_path / "a.parquet", row_group_size=33)
    pq.write_table(table_of(50, 1), tmp_path / "b.parquet", row_group_size=20)

    opened = open_batches(str(tmp_path / "*.parquet"), rows=40)

    tables = list(opened.read())
    assert [t.num_rows for t in tables] == [40, 40, 40]
    assert opened.n_rows == 120
    assert pa.concat_tables(tables).equals(pa.concat_tables([table_of(70), table_of(50, 1)]))


def test_a_damaged_file_among_many_is_named(tmp_path: Path) -> None:
    pq.write_table(table_of(70), tmp_path / "a.parquet")
    (tmp_path / "b.parquet").write_bytes(b"PAR1 and nothing else")

    with pytest.raises(SourceError, match=r"b\.parquet"):
        open_batches(tmp_path / "*.parquet")


def test_pages_that_break_in_the_middle_are_named_when_they_are_met(tmp_path: Path) -> None:
    file = tmp_path / "a.parquet"
    pq.write_table(table_of(5000), file, row_group_size=1000)
    whole = bytearray(file.read_bytes())
    whole[40_000:90_000] = bytes(50_000)
    file.write_bytes(whole)

    with pytest.raises(SourceError, match=r"a\.parquet must be a whole Parquet file"):
        list(open_batches(file, rows=500).read())


def test_streamed_rows_get_the_places_that_they_get_at_once(learned: Map, tmp_path: Path) -> None:
    """More than one batch, row groups that do not fit batches; every bit and the order of rows are the same."""
    new = table_of(ROWS + 1000, 3)
    pq.write_table(new, tmp_path / "new.parquet", row_group_size=30_000)

    placed = learned.place_into(tmp_path / "new.parquet", tmp_path / "out.parquet")

    at_once = learned.place(new)
    assert pq.read_table(tmp_path / "out.parquet").equals(at_once.table)
    assert (placed.n_rows, placed.n_far_off) == (ROWS + 1000, at_once.n_far_off)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["new.parquet", "out.parquet"]


@pytest.mark.parametrize("ending", ["arrow", "csv"])
def test_placed_rows_can_be_written_as(learned: Map, tmp_path: Path, ending: str) -> None:
    out = tmp_path / f"out.{ending}"
    learned.place_into(table_of(50, 3), out)

    read = pa.ipc.open_file(out).read_all() if ending == "arrow" else bv.sources.open_source(out).table
    assert np.allclose(read["map_x"].to_numpy(), learned.place(table_of(50, 3)).places[:, 0], atol=1e-5)


def test_nothing_is_left_where_reading_breaks(learned: Map, tmp_path: Path) -> None:
    file = tmp_path / "new.parquet"
    pq.write_table(table_of(5000), file, row_group_size=1000)
    whole = bytearray(file.read_bytes())
    whole[40_000:90_000] = bytes(50_000)
    file.write_bytes(whole)

    with pytest.raises(SourceError):
        learned.place_into(file, tmp_path / "out.parquet")
    assert [path.name for path in tmp_path.iterdir()] == ["new.parquet"]


def test_a_missing_column_is_named_before_anything_is_read(learned: Map, tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="'c3'"):
        learned.place_into(table_of(10).drop_columns(["c3"]), tmp_path / "out.parquet")


def test_an_unknown_engine_and_options_of_another_are_refused() -> None:
    with pytest.raises(SettingError, match="ray"):
        next(map_batches([], lambda: lambda t: t, engine="rai"))
    with pytest.raises(SettingError, match="belong to Ray"):
        next(map_batches([], lambda: lambda t: t, workers=3))


def test_no_more_than_two_batches_are_read_ahead_of_the_one_in_use() -> None:
    """What bounds the memory of a stream, whatever its length."""
    read: list[int] = []

    def source() -> Iterator[pa.Table]:
        for number in range(50):
            read.append(number)
            yield table_of(3, number)

    ahead = [len(read) - used for used, _ in enumerate(map_batches(source(), lambda: lambda t: t), 1)]

    assert max(ahead) <= 2
    assert len(read) == 50
