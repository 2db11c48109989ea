"""Promises about going on: a map whose making was killed at any stage ends with the same bits, and nothing is left behind."""

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

import belvedere as bv
import belvedere.api
import belvedere.stages
from belvedere.cli.main import app
from belvedere.draw import Drawn
from belvedere.errors import SettingError
from belvedere.learn import Learned, LearnSettings
from belvedere.stages import Read, Stages, Written
from belvedere.types import Score


class KilledError(BaseException):
    """As sudden as a signal, without ending the tests."""


def rows_of(n: int) -> pa.Table:
    """Three islands with their name as the target."""
    random = np.random.default_rng(0)
    island = np.arange(n) % 3
    columns = {f"c{i}": random.standard_normal(n) + 4 * (island == i) for i in range(4)}
    return pa.table(columns | {"kind": np.array(["a", "b", "c"])[island]})


SETTINGS: dict[str, Any] = {"target": "kind", "learning": LearnSettings(epochs=2)}


def same(one: bv.Map, other: bv.Map) -> bool:
    """Whether two maps agree in every bit, but for when and how long they were made."""
    a, b = one.content, other.content
    arrays = [(a.places, b.places), (a.latent, b.latent), (a.neighbors, b.neighbors), (a.region_of, b.region_of)]
    arrays += [(a.channels[name], b.channels[name]) for name in a.channels]
    assert a.channels.keys() == b.channels.keys()
    told = [(c.regions, c.scores, c.findings, c.evaluation, c.network_config) for c in (a, b)]
    return all(np.array_equal(x, y, equal_nan=True) for x, y in arrays) and repr(told[0]) == repr(told[1])


@pytest.fixture(scope="module")
def whole() -> bv.Map:
    return bv.map(rows_of(240), **SETTINGS)


@pytest.mark.parametrize("stage", ["checks", "learned", "drawn"])
def test_a_map_goes_on_from_its_last_stage_with_the_same_bits(
    stage: str, whole: bv.Map, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = tmp_path / "rows.map.part"
    keep, made = Stages._keep, list[str]()

    def killed(self: Stages, place: Path, words: Any, value: Any) -> None:
        keep(self, place, words, value)
        made.append(place.name)
        if place.name == stage:
            raise KilledError

    with monkeypatch.context() as patched:
        patched.setattr(Stages, "_keep", killed)
        with pytest.raises(KilledError):
            bv.map(rows_of(240), **SETTINGS, stages=kept)
    monkeypatch.setattr(Stages, "_keep", lambda self, place, words, value: made.append(f"again {place.name}"))
    resumed = replace(SETTINGS["learning"], resume=True, checkpoint=str(tmp_path / "state"))
    went_on = bv.map(rows_of(240), target="kind", learning=resumed, stages=kept)

    stages = ["room", "checks", "learned", "drawn"]
    assert made == [name if stages.index(name) <= stages.index(stage) else f"again {name}" for name in stages]
    assert same(went_on, whole)


def test_going_on_with_other_data_or_settings_is_refused_in_words(tmp_path: Path) -> None:
    kept, resumed = tmp_path / "part", LearnSettings(network="none", resume=True, checkpoint=str(tmp_path / "state"))
    bv.map(rows_of(60), learning=LearnSettings(network="none"), stages=kept)

    with pytest.raises(SettingError, match="but data and columns differ"):
        bv.map(rows_of(61), learning=resumed, stages=kept)
    with pytest.raises(SettingError, match="but settings of drawing differ"):
        bv.map(rows_of(60), learning=resumed, drawing=bv.DrawSettings(attraction=2.0), stages=kept)


def test_a_new_map_uses_nothing_that_was_kept_and_a_folder_of_something_else_is_not_touched(tmp_path: Path) -> None:
    kept, plain = tmp_path / "part", LearnSettings(network="none")
    bv.map(rows_of(60), learning=plain, stages=kept)
    bv.map(rows_of(61), learning=plain, stages=kept)

    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear", encoding="utf-8")
    with pytest.raises(SettingError, match="need a folder of their own"):
        bv.map(rows_of(60), learning=plain, stages=tmp_path / "mine")
    assert (tmp_path / "mine" / "letter.txt").exists()


def test_a_damaged_stage_is_one_sentence(tmp_path: Path) -> None:
    kept, plain = tmp_path / "part", LearnSettings(network="none")
    bv.map(rows_of(60), learning=plain, stages=kept)
    next((kept / "drawn").glob("*.npy")).write_bytes(b"\x93NUMPY and no more")

    with pytest.raises(SettingError, match="must be whole, but cannot be read"):
        bv.map(rows_of(60), learning=replace(plain, resume=True, checkpoint=str(tmp_path / "state")), stages=kept)


def test_a_value_comes_back_with_types_order_and_every_bit(tmp_path: Path) -> None:
    value = {
        "floats": (0.1, float("inf"), np.float32(0.1), np.float64(1 / 3), float("nan")),
        3: [None, True, "wörd", np.str_("x")],
        "score": Score("recall", 0.5, low=None),
        "arrays": {
            "words": np.array(["a", "bb"]),
            "mixed": np.array([None, "a"], object),
            "half": np.eye(2, dtype="f2"),
        },
        "table": pa.table({"n": [1, None]}),
    }

    again = Read(tmp_path, {"Score": Score}).decode(Written(tmp_path).encode(value))

    assert repr(again) == repr(value)
    assert [type(v) for v in again["floats"]] == [type(v) for v in value["floats"]]


def test_what_cannot_be_kept_does_not_stop_the_map(tmp_path: Path) -> None:
    """An object of a foreign class, a full disk: the value is made all the same, and nothing half is left."""
    stages = Stages(tmp_path / "part")

    assert stages.once("odd", {}, lambda: {1, 2}) == {1, 2}
    assert not (tmp_path / "part" / "odd").exists()
    assert [path.name for path in (tmp_path / "part").iterdir()] == [belvedere.stages.MARK]


@pytest.mark.parametrize("task", [{"target": "c0"}, {"target": "kind"}, {}])
def test_stages_of_every_kind_of_map_are_kept(task: dict[str, Any], tmp_path: Path) -> None:
    learning = LearnSettings(epochs=1, space="learned" if not task else "auto")

    made = bv.map(rows_of(90), **task, learning=learning, stages=tmp_path / "part")

    assert {path.name for path in (tmp_path / "part").iterdir() if path.is_dir()} == {
        "room",
        "checks",
        "learned",
        "drawn",
    }
    learned = Stages(tmp_path / "part", resume=True, classes=(Learned, Drawn))._kept(
        tmp_path / "part" / "learned",
        belvedere.stages.json.loads((tmp_path / "part/learned/value.json").read_text())["made_of"],
    )
    assert np.array_equal(learned.latent.astype(np.float16), made.content.latent)


def test_the_command_removes_what_it_kept_and_refusals_leave_nothing(tmp_path: Path) -> None:
    pq.write_table(rows_of(60), tmp_path / "rows.parquet")
    words = ["map", str(tmp_path / "rows.parquet"), "--no-view", "--quiet", "--out", str(tmp_path / "rows.map")]

    refused = CliRunner().invoke(app, [*words, "--target", "kin"])
    done = CliRunner().invoke(app, [*words, "--network", "none", "--resume"])

    assert (refused.exit_code == 0, done.exit_code) == (False, 0)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["rows.map", "rows.parquet"]


# ---------------------------------------------------------------- killed


KILLER = """
import os, signal, sys
import belvedere.api, belvedere.stages, belvedere.mapfolder.writing as writing, belvedere.training.keeping as keeping
from belvedere.cli.main import main

def die(): os.kill(os.getpid(), signal.SIGKILL)

def after(owner, name, when):
    made = getattr(owner, name)
    def run(*a, **k):
        found = made(*a, **k)
        if when(a):
            die()
        return found
    setattr(owner, name, run)

at = sys.argv.pop(1)
if at == "reading":
    after(belvedere.api, "_insist_on_rows", lambda a: True)
elif at == "training":
    after(keeping.Diary, "note", lambda a: a[0].write() or len(a[0].keeper.measured) == 2)
elif at == "saving":
    after(writing, "places_table", lambda a: True)
elif at != "never":
    after(belvedere.stages.Stages, "_keep", lambda a: a[1].name == at)
main()
"""


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX's")
def test_a_command_killed_at_every_stage_in_turn_ends_with_the_same_map(tmp_path: Path) -> None:
    pq.write_table(rows_of(300), tmp_path / "rows.parquet")
    words = [
        "map",
        str(tmp_path / "rows.parquet"),
        "-t",
        "kind",
        "--epochs",
        "3",
        "--no-view",
        "--quiet",
        "--memory",
        "2GB",
    ]

    def run(at: str, out: str, *more: str) -> int:
        asked = [sys.executable, "-c", KILLER, at, *words, "--out", str(tmp_path / out), *more]
        return subprocess.run(asked, check=False, capture_output=True).returncode

    statuses = [run(at, "a.map", "--resume") for at in ("reading", "checks", "training", "learned", "drawn", "saving")]
    assert run("never", "a.map", "--resume") == 0
    assert run("never", "b.map") == 0

    assert statuses == [-signal.SIGKILL] * 6
    assert same(bv.open(tmp_path / "a.map"), bv.open(tmp_path / "b.map"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.map", "b.map", "rows.parquet"]
