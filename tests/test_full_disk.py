"""Promises about a disk that is full: one sentence, nothing half-written, and the map can go on once there is room.

A bound on the size of files (RLIMIT_FSIZE) stands for the full disk: the system refuses the same writes.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

import belvedere as bv
from belvedere.cli.main import app
from belvedere.errors import MapFolderError, SourceError
from belvedere.learn import LearnSettings
from belvedere.sources import open_source
from belvedere.values import map_array

resource = pytest.importorskip("resource", reason="limits of a process are POSIX's")


@contextmanager
def no_file_above(n_bytes: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def wordy(n_rows: int) -> pa.Table:
    """Rows of two numbers and a kilobyte of noise each."""
    random = np.random.default_rng(0)
    words = ["".join(chr(97 + letter) for letter in random.integers(0, 26, 1000)) for _ in range(n_rows)]
    return pa.table({"x": random.random(n_rows), "y": random.random(n_rows), "note": words})


def test_large_data_that_do_not_fit_on_the_disk_are_one_sentence(tmp_path: Path) -> None:
    pq.write_table(wordy(500), tmp_path / "rows.parquet")

    with no_file_above(100_000), pytest.raises(SourceError, match="must fit on the disk"):
        open_source(tmp_path / "rows.parquet", scratch=tmp_path / "s", options={"large_bytes": 1000})
    assert list((tmp_path / "s").iterdir()) == []


def test_room_for_latent_vectors_is_asked_for_before_they_are_written(tmp_path: Path) -> None:
    """A mapped file that finds the disk full would end the process by a signal."""
    with no_file_above(100_000), pytest.raises(SourceError, match=r"must have room for 0\.0 GB"):
        map_array(tmp_path, (100_000, 8), np.dtype(np.float16))
    assert list(tmp_path.iterdir()) == []

    assert map_array(tmp_path, (100, 8), np.dtype(np.float16)).shape == (100, 8)


def test_placed_rows_that_do_not_fit_leave_no_file(tmp_path: Path) -> None:
    made = bv.map(wordy(60), ignore=["note"], learning=LearnSettings(network="none"))

    with no_file_above(20_000), pytest.raises(OSError, match=r".") as refused:
        made.place_into(wordy(500), tmp_path / "out.parquet")
    assert refused.value.errno is not None
    assert list(tmp_path.iterdir()) == []


def test_a_map_that_does_not_fit_goes_on_once_there_is_room(tmp_path: Path) -> None:
    pq.write_table(wordy(1200), tmp_path / "rows.parquet")
    out = tmp_path / "rows.map"
    words = ["map", str(tmp_path / "rows.parquet"), "--ignore", "note", "--network", "none", "--no-view", "--quiet"]
    words += ["--out", str(out)]

    with no_file_above(1_000_000):
        refused = CliRunner().invoke(app, words)
    assert isinstance(refused.exception, MapFolderError)
    assert "The disk must have room" in str(refused.exception)
    assert "go on with --resume" in str(refused.exception)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["rows.map.part", "rows.parquet"]

    assert CliRunner().invoke(app, [*words, "--resume"]).exit_code == 0
    assert len(bv.open(out)) == 1200
    assert sorted(path.name for path in tmp_path.iterdir()) == ["rows.map", "rows.parquet"]
