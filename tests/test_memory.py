"""Promises about memory: a bound is kept in mind, said before the work begins, and large latent vectors lie on disk."""

import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import belvedere as bv
from belvedere import budget as budgets
from belvedere.budget import Budget, free_memory, parse_size, plan_memory
from belvedere.draw import DrawSettings
from belvedere.errors import SettingError
from belvedere.kinds import learn_kinds
from belvedere.learn import LearnSettings
from belvedere.sources import open_source

RANDOM = np.random.default_rng(5)
ROWS = {f"c{i}": RANDOM.standard_normal(400) + 4 * (np.arange(400) % 3) for i in range(6)}


class Told:
    """Keeps what is said."""

    def __init__(self) -> None:
        self.sentences: list[str] = []

    def start(self, stage: str, total: int | None = None) -> None: ...
    def advance(self, done: int, note: str = "") -> None: ...
    def finish(self, note: str = "") -> None: ...

    def say(self, sentence: str) -> None:
        self.sentences.append(sentence)


@pytest.mark.parametrize("said", ["", "four", "4 parsecs", "-4GB", "100MB"])
def test_a_size_that_is_none_is_refused_in_a_sentence(said: str) -> None:
    with pytest.raises(SettingError, match=r"^memory must be"):
        parse_size(said)


def test_free_memory_is_what_linux_says_within_the_limit_of_a_container(tmp_path: Path) -> None:
    (tmp_path / "meminfo").write_text("MemTotal: 9000000 kB\nMemAvailable:  8000000 kB\n")
    assert free_memory(proc=tmp_path / "meminfo", group=tmp_path) == 8_192_000_000

    (tmp_path / "memory.max").write_text("3000000000\n")
    (tmp_path / "memory.current").write_text("1000000000\n")
    assert free_memory(proc=tmp_path / "meminfo", group=tmp_path) == 2_000_000_000


def test_ten_million_rows_fit_into_six_gigabytes_with_their_latent_vectors_on_disk() -> None:
    large = Budget(6_000_000_000, True, 10_000_000, 0, 4 * 64)

    assert large.latent_on_disk
    assert large.graph_on_disk
    assert large.disk == 10_000_000 * (64 * 6 + 3 * 15 * 8)
    assert len(large.describe()) == 1


def test_what_does_not_fit_is_told_with_a_sample_that_does() -> None:
    large = Budget(2_000_000_000, True, 20_000_000, 0, 4 * 64)

    sentence = large.describe()[1]

    sample = int(sentence.split("--sample ")[1].split(")")[0])
    assert len(Budget(2_000_000_000, True, sample, 0, 4 * 64).describe()) == 1
    assert "--memory" in sentence


def test_an_unasked_bound_never_gives_the_layout_more_than_its_settings_take() -> None:
    source = open_source(ROWS)
    budget = plan_memory(source, learn_kinds(source), memory=None, latent_dims=None)

    assert budget.latent_row == 4 * 6
    assert budget.for_layout <= DrawSettings().memory


def test_the_bound_is_told_before_anything_is_learned() -> None:
    told = Told()
    bv.map(ROWS, memory="3GB", learning=LearnSettings(network="none"), progress=told)

    assert [s for s in told.sentences if s.startswith("Memory: about") and "of 3.0 GB (as asked)" in s]


@pytest.mark.parametrize("target", [None, "c0"], ids=["plain", "learned"])
def test_latent_vectors_on_disk_make_the_map_they_make_in_memory(
    target: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Up to float16, in which maps keep them anyway; and no file is left."""
    settings = LearnSettings(epochs=2, network="auto" if target else "none")
    held = bv.map(ROWS, target=target, learning=settings)
    monkeypatch.setattr(budgets, "FEWEST_ON_DISK", 0)
    monkeypatch.setattr(budgets, "LATENT_SHARE", 0.0)
    monkeypatch.setattr(budgets, "GRAPH_SHARE", 0.0)

    mapped = bv.map(ROWS, target=target, learning=settings, scratch=tmp_path / "scratch")

    latent = mapped.content.latent
    assert latent is not None
    assert isinstance(latent.base, np.memmap)
    assert np.array_equal(latent, held.content.latent)
    assert not list((tmp_path / "scratch").iterdir())
    assert mapped.score("recall@15").value == pytest.approx(held.score("recall@15").value, abs=0.05)
    assert len(mapped.save(tmp_path / "x.map").place(ROWS).places) == 400


def test_nothing_is_left_in_the_temporary_folder_of_data_that_are_mapped_from_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even while the map is used, so that nothing stays behind when the process is killed."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    monkeypatch.setattr(budgets, "FEWEST_ON_DISK", 0)
    monkeypatch.setattr(budgets, "LATENT_SHARE", 0.0)
    pq.write_table(pa.table(ROWS), tmp_path / "rows.parquet")

    made = bv.map(tmp_path / "rows.parquet", reading={"large_bytes": 1}, learning=LearnSettings(network="none"))

    assert any("mapped into memory" in note for note in made.content.provenance["notes"])
    of_torch = {path.name for path in temporary.glob("torchinductor_*")}  # its cache, made when it is first imported
    assert {path.name for path in temporary.iterdir()} == of_torch
    assert made.content.rows.equals(pa.table(ROWS))
