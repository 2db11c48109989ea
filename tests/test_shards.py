"""Promises about many Parquet files read as one table: bad ones named, differences said, stores read like folders."""

import functools
from pathlib import Path

import fsspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

import belvedere as bv
from belvedere.cli.main import app
from belvedere.errors import SourceError
from belvedere.sources import open_source
from belvedere.sources.batches import open_batches


def part(folder: Path, name: str, **columns: pa.Array | list[int]) -> None:
    pq.write_table(pa.table(columns), folder / f"{name}.parquet")


def break_pages(file: Path) -> None:
    """Damage values, not the footer."""
    pq.write_table(pa.table({"n": np.random.default_rng(0).random(20_000)}), file, row_group_size=2_000)
    whole = bytearray(file.read_bytes())
    whole[40_000:90_000] = bytes(50_000)
    file.write_bytes(whole)


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """Twelve files of two rows, one cut off, one empty, one with broken pages."""
    for number in range(12):
        part(tmp_path, f"part-{number:02}", n=pa.array([number, number + 0.5]))
    cut = tmp_path / "part-03.parquet"
    cut.write_bytes(cut.read_bytes()[:-20])
    (tmp_path / "part-05.parquet").write_bytes(b"")
    break_pages(tmp_path / "part-07.parquet")
    return tmp_path


WHOLE = [n + half for n in range(12) if n not in (3, 5, 7) for half in (0.0, 0.5)]


@pytest.mark.parametrize("pattern", ["", "*.parquet"])
def test_a_bad_file_among_many_is_named_with_the_way_out(many: Path, pattern: str) -> None:
    with pytest.raises(SourceError, match=r"part-03\.parquet must be a whole Parquet file.*--skip-bad"):
        open_source(str(many / pattern))


@pytest.mark.parametrize("pattern", ["", "*.parquet"])
def test_bad_files_are_skipped_whole_named_and_counted(many: Path, pattern: str) -> None:
    """Also one of which only a page in the middle is damaged: none of its rows is there."""
    source = open_source(str(many / pattern), options={"skip_bad": True})

    assert source.table["n"].to_pylist() == WHOLE
    told = next(sentence for sentence in source.account if sentence.startswith("Skipped 3 of 12 files"))
    assert all(f"part-{number}.parquet" in told for number in ("03", "05", "07"))


def test_a_file_whose_text_is_none_is_skipped_too(tmp_path: Path) -> None:
    for name in ("a", "b"):
        pq.write_table(pa.table({"x": [name * 5]}), tmp_path / f"{name}.parquet", compression="none")
    whole = (tmp_path / "b.parquet").read_bytes()
    (tmp_path / "b.parquet").write_bytes(whole.replace(b"bbbbb", b"b\xffbbb"))

    source = open_source(tmp_path, options={"skip_bad": True})

    assert source.table["x"].to_pylist() == ["aaaaa"]
    assert "Invalid UTF8" in source.account[1]


def test_batches_skip_the_same_files(many: Path) -> None:
    opened = open_batches(many / "*.parquet", skip_bad=True, rows=5)

    assert pa.concat_tables(opened.read())["n"].to_pylist() == WHOLE
    assert opened.n_rows == len(WHOLE)
    assert any(sentence.startswith("Skipped 3 of 12 files") for sentence in opened.account)


def test_where_every_file_is_bad_there_is_no_data(tmp_path: Path) -> None:
    for name in ("a.parquet", "b.parquet"):
        (tmp_path / name).write_bytes(b"nothing")

    with pytest.raises(SourceError, match="None of 2 files can be read"):
        open_source(tmp_path, options={"skip_bad": True})


def test_damaged_pages_are_blamed_on_their_own_file(tmp_path: Path) -> None:
    part(tmp_path, "a", n=pa.array([0.5]))
    break_pages(tmp_path / "b.parquet")

    with pytest.raises(SourceError, match=r"b\.parquet must be a whole"):
        open_source(tmp_path)


def test_a_file_that_is_removed_while_others_are_read_is_named(tmp_path: Path) -> None:
    for name in "abc":
        part(tmp_path, name, n=list(range(10)))
    tables = open_batches(tmp_path / "*.parquet", rows=10).read()
    next(tables)
    (tmp_path / "c.parquet").unlink()

    with pytest.raises(SourceError, match=r"c\.parquet must be there until it is read, but is gone"):
        list(tables)


def test_a_large_table_of_which_a_file_breaks_leaves_nothing_on_the_disk(tmp_path: Path) -> None:
    part(tmp_path, "a", n=pa.array([0.5]))
    break_pages(tmp_path / "b.parquet")

    with pytest.raises(SourceError, match=r"b\.parquet must be a whole"):
        open_source(tmp_path, scratch=tmp_path / "scratch", options={"large_bytes": 10})
    assert list((tmp_path / "scratch").iterdir()) == []


def test_numbers_are_widened_and_it_is_said(tmp_path: Path) -> None:
    part(tmp_path, "a", n=pa.array([1, 2], pa.int32()), x=pa.array([1, 2], pa.int64()))
    part(tmp_path, "b", n=pa.array([2**40], pa.int64()), x=pa.array([0.5], pa.float32()))

    for table, account in (
        (open_source(tmp_path).table, open_source(tmp_path).account),
        (pa.concat_tables(open_batches(tmp_path / "*.parquet").read()), open_batches(tmp_path / "*.parquet").account),
    ):
        assert table.to_pydict() == {"n": [1, 2, 2**40], "x": [1.0, 2.0, 0.5]}
        assert any("'n' is int32 or int64, by file; it was read as int64" in sentence for sentence in account)
        assert any("'x'" in sentence and "double" in sentence for sentence in account)


def test_a_column_that_some_files_lack_is_missing_there_and_it_is_said(tmp_path: Path) -> None:
    part(tmp_path, "a", n=[1], x=[1])
    part(tmp_path, "b", x=[2], n=[2], extra=[7])  # in another order too

    source = open_source(tmp_path)

    assert source.table.to_pydict() == {"n": [1, 2], "x": [1, 2], "extra": [None, 7]}
    assert any("'extra' is missing in 1 of 2 files (first: a.parquet)" in told for told in source.account)


def test_a_column_of_two_kinds_is_refused_naming_column_and_files(tmp_path: Path) -> None:
    part(tmp_path, "a", n=[1], x=[1])
    part(tmp_path, "b", n=[1], x=pa.array(["one"]))

    with pytest.raises(SourceError, match=r"Column 'x' .*int64 in a\.parquet and string in b\.parquet"):
        open_source(tmp_path)


def test_a_number_that_the_wider_type_cannot_hold_is_refused_naming_its_file(tmp_path: Path) -> None:
    part(tmp_path, "a", n=[2**60 + 1])
    part(tmp_path, "b", n=pa.array([0.5]))

    with pytest.raises(SourceError, match=r"Column 'n' of .*a\.parquet must be of type double"):
        open_source(tmp_path)


# ---------------------------------------------------------------- stores


@pytest.fixture
def store() -> str:
    """A store in memory with three Parquet files and a CSV file."""
    system = fsspec.filesystem("memory")
    for number in range(3):
        with system.open(f"/shop/day-{number}.parquet", "wb") as file:
            pq.write_table(pa.table({"n": [number]}), file)
    with system.open("/shop/rows.csv", "wb") as file:
        file.write(b"n,word\n1,a\n2,b\n")
    return "memory://shop"


def test_a_store_is_read_like_a_folder(store: str) -> None:
    assert open_source(f"{store}/day-*.parquet").table["n"].to_pylist() == [0, 1, 2]
    assert open_source(store).table["n"].to_pylist() == [0, 1, 2]
    assert open_source(f"{store}/day-1.parquet").name == "day-1"
    assert open_source(f"{store}/rows.csv").table.to_pydict() == {"n": [1, 2], "word": ["a", "b"]}
    assert pa.concat_tables(open_batches(f"{store}/day-*.parquet").read())["n"].to_pylist() == [0, 1, 2]
    assert open_batches(f"{store}/rows.csv").n_rows == 2


def test_an_address_of_this_machine_is_a_path(tmp_path: Path) -> None:
    part(tmp_path, "my rows", n=[1])

    assert open_source(f"file://{tmp_path}/my%20rows.parquet").table["n"].to_pylist() == [1]
    assert open_batches(f"file://{tmp_path}/my%20rows.parquet").n_rows == 1


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("memory://shop/none.parquet", "There must be a file at memory://shop/none.parquet"),
        ("memori://shop/a.parquet", "Did you mean 'memory'"),
    ],
)
def test_a_store_that_cannot_be_read_is_one_sentence(store: str, address: str, sentence: str) -> None:
    for opening in (open_source, open_batches):
        with pytest.raises(SourceError, match=sentence):
            opening(address)


def test_a_store_that_is_lost_while_it_is_read_is_one_sentence(store: str) -> None:
    tables = open_batches(f"{store}/day-*.parquet", rows=1).read()
    next(tables)
    fsspec.filesystem("memory").rm("/shop/day-2.parquet")

    with pytest.raises(SourceError, match=r"day-2\.parquet must be there until it is read, but is gone"):
        list(tables)


# ---------------------------------------------------------------- samples of files larger than memory


@functools.cache
def sorted_file(folder: Path) -> Path:
    """300 rows in rising order, in row groups of three sizes."""
    with pq.ParquetWriter(folder / "n.parquet", pa.schema([("n", pa.int64())])) as writer:
        for start, stop in ((0, 200), (200, 290), (290, 300)):
            writer.write_table(pa.table({"n": np.arange(start, stop)}))
    return folder / "n.parquet"


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32), sample=st.integers(1, 299))
def test_a_sample_of_a_large_file_is_the_one_that_memory_would_give(
    tmp_path_factory: pytest.TempPathFactory, seed: int, sample: int
) -> None:
    file = sorted_file(tmp_path_factory.getbasetemp())

    large = open_source(file, sample=sample, seed=seed, options={"large_bytes": 1})
    held = open_source(file, sample=sample, seed=seed)

    assert large.table.equals(held.table)
    assert large.n_rows == sample
    assert large.account == held.account


def test_every_row_of_a_large_file_is_as_likely_to_be_drawn_wherever_it_lies(tmp_path: Path) -> None:
    """Over 400 seeds each of three row groups gets its share within five standard errors; so do first and last rows."""
    file, times, sample = sorted_file(tmp_path), 400, 30
    counts = np.zeros(300)
    for seed in range(times):
        counts[open_source(file, sample=sample, seed=seed, options={"large_bytes": 1}).table["n"].to_numpy()] += 1

    for rows in (slice(0, 200), slice(200, 290), slice(290, 300), slice(0, 1), slice(299, 300)):
        n, share = len(counts[rows]), sample / 300
        assert abs(counts[rows].sum() - n * times * share) < 5 * np.sqrt(n * times * share * (1 - share))


# ---------------------------------------------------------------- the commands


def test_commands_skip_bad_files_where_they_are_told_to(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    for name in "abc":
        part(tmp_path, name, x=pa.array(random.random(40)), y=pa.array(random.random(40)))
    (tmp_path / "b.parquet").write_bytes(b"PAR1 and nothing else")
    files, out = str(tmp_path / "*.parquet"), tmp_path / "rows.map"
    words = ["map", files, "--network", "none", "--no-view", "--json", "--out", str(out)]

    run = CliRunner().invoke
    refused = run(app, words)
    assert isinstance(refused.exception, SourceError)
    assert "b.parquet must be a whole Parquet file" in str(refused.exception)

    assert run(app, [*words, "--skip-bad"]).exit_code == 0
    made = bv.open(out)
    assert len(made) == 80
    assert any(told.startswith("Skipped 1 of 3 files") for told in made.content.provenance["notes"])
    assert run(app, ["place", str(out), files, "--skip-bad", "--out", str(tmp_path / "placed.arrow")]).exit_code == 0
    assert run(app, ["check", files, "--skip-bad", "--json"]).exit_code == 0
