"""Malformed CSV files come through whole, and what could not is said with its number."""

from pathlib import Path

import pytest
from tests.malformed import Judged, Malformed, judge, row_files, whole_files

from belvedere.sources import open_source
from belvedere.sources.cut import Signs, cut_records

FILES = {file.name: file for file in [*whole_files(), *row_files(places=(2,))]}


@pytest.mark.parametrize("name", FILES)
def test_a_malformed_file_loses_no_cell_in_silence(name: str, tmp_path: Path) -> None:
    """Nearly all cells come through, a loss is told, and every count in the account is the true one."""
    for options in ({}, {"large_bytes": 1}):
        judged = _read(FILES[name], tmp_path, options)

        assert judged.f1 >= 0.98, judged
        assert not judged.is_silent, judged
        assert judged.wrong_counts == {}


def _read(file: Malformed, folder: Path, options: dict[str, int]) -> Judged:
    path = folder / "file.csv"
    path.write_bytes(file.data)
    source = open_source(path, options=options)
    return judge(file, source.table, source.account)


def test_the_judge_notices_a_lost_cell() -> None:
    """The measure itself can fail: without a word, and with a wrong count."""
    file = FILES["row 2: 1 fewer cells"]
    import pyarrow as pa

    judged = judge(file, pa.table({"DAY": ["2024-01-01"]}), ("Read as UTF-8 text.",))

    assert judged.f1 < 0.1
    assert judged.is_silent
    assert judged.wrong_counts == {"padded": (1, 0)}


def test_records_remember_their_lines() -> None:
    lines = ['a,"two', 'lines"', "b,c"]

    assert [(r.cells, r.line) for r in cut_records(lines, Signs(","))] == [(["a", "two\nlines"], 0), (["b", "c"], 2)]
