"""The main job, end to end: a file in, a learned map folder out, new rows onto it, pictures and tables from it."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pytest

import belvedere as bv
from belvedere.progress import Silent

QUICK = bv.LearnSettings(epochs=4)


def people(n_rows: int = 300, seed: int = 0) -> pa.Table:
    """Two kinds of people who differ in age, job and words."""
    rng = np.random.default_rng(seed)
    old = rng.random(n_rows) < 0.5
    return pa.table(
        {
            "age": np.where(old, 60, 25) + rng.normal(0, 3, n_rows),
            "income": rng.lognormal(10, 0.4, n_rows) + 20_000 * old,
            "job": np.where(old, "judge", "student").astype(object),
            "city": rng.choice(["Oslo", "Pisa", "Lima"], n_rows).astype(object),
            "old": np.where(old, "yes", "no").astype(object),
        }
    )


@pytest.fixture(scope="module")
def made() -> bv.Map:
    return bv.map(people(), target="old", learning=QUICK)


def test_a_table_becomes_a_map_with_a_finite_place_for_every_row(made: bv.Map) -> None:
    assert made.places.shape == (300, 2)
    assert made.places.dtype == np.float32
    assert np.isfinite(made.places).all()


def test_every_learning_score_has_its_baseline_beside_it(made: bv.Map) -> None:
    learning = [score for score in made.scores if score.group == "learning"]

    assert learning
    assert all(score.baseline is not None for score in learning)


def test_the_network_learns_what_is_plain_to_see(made: bv.Map) -> None:
    assert made.score("accuracy").value > 0.9


def test_the_two_kinds_of_people_lie_apart(made: bv.Map) -> None:
    """The centers of the two groups are farther apart than the rows of a group are from their center."""
    old = np.array(made.content.rows["old"].to_pylist()) == "yes"
    centers = made.places[old].mean(axis=0), made.places[~old].mean(axis=0)

    spread = np.linalg.norm(made.places[old] - centers[0], axis=1).mean()

    assert np.linalg.norm(centers[0] - centers[1]) > spread


def test_every_row_carries_the_share_of_neighbors_it_kept(made: bv.Map) -> None:
    kept = made.content.channels["kept"]

    assert kept.shape == (300,)
    assert ((kept >= 0) & (kept <= 1)).all()
    assert kept.mean() > 0.1


def test_a_saved_map_opens_with_the_same_places_and_places_rows_alike(made: bv.Map, tmp_path: Path) -> None:
    made.save(tmp_path / "people.map")
    opened = bv.open(tmp_path / "people.map")
    new = people(20, seed=1)

    assert np.array_equal(opened.places, made.places)
    assert np.allclose(opened.place(new).places, made.place(new).places, atol=1e-4)


def test_new_rows_lie_among_their_like(made: bv.Map) -> None:
    new = people(60, seed=2)
    places = made.place(new).places
    known = np.array(made.content.rows["old"].to_pylist())
    nearest = np.argmin(((places[:, None] - made.places[None]) ** 2).sum(axis=2), axis=1)

    assert (known[nearest] == np.array(new["old"].to_pylist())).mean() > 0.9


def test_a_row_is_placed_alike_whatever_else_is_in_the_batch(made: bv.Map) -> None:
    new = people(30, seed=3)

    together = made.place(new, mode="exact").places
    alone = np.concatenate([made.place(new.slice(i, 1), mode="exact").places for i in range(5)])

    assert np.allclose(together[:5], alone, atol=1e-3)


def test_the_same_seed_gives_the_same_map_bit_for_bit() -> None:
    first, second = (bv.map(people(150), target="old", learning=QUICK, seed=3).places for _ in range(2))

    assert np.array_equal(first, second)


class Impatient(Silent):
    """A person who presses Ctrl-C as soon as a stage has begun."""

    def __init__(self, stage: str) -> None:
        self.wanted, self.now = stage, ""

    def start(self, stage: str, total: int | None = None) -> None:
        self.now = stage

    def advance(self, done: int, note: str = "") -> None:
        if self.now == self.wanted and done > 1:
            self.wanted = ""
            raise KeyboardInterrupt


@pytest.mark.parametrize("stage", ["Learning", "Laying out"])
def test_an_interrupted_stage_still_ends_in_a_map_that_says_so(stage: str) -> None:
    person = Impatient(stage)

    made = bv.map(people(200), target="old", learning=QUICK, progress=person)

    assert person.wanted == "", f"the stage {stage!r} never ran"
    assert np.isfinite(made.places).all()
    assert made.content.provenance["interrupted"] is True


def test_a_column_called_interrupted_interrupts_nothing() -> None:
    made = bv.map(
        people(60).rename_columns(["interrupted", "income", "job", "city", "old"]), target="old", learning=QUICK
    )

    assert made.content.provenance["interrupted"] is False


def test_a_map_needs_no_target() -> None:
    made = bv.map(people(200).drop_columns(["old"]))

    assert np.isfinite(made.places).all()
    assert [s for s in made.scores if s.group == "map"]


@pytest.mark.parametrize("suffix", [".png", ".svg", ".parquet", ".csv"])
def test_every_way_out_writes_a_file(made: bv.Map, tmp_path: Path, suffix: str) -> None:
    target = made.export(tmp_path / f"out{suffix}")

    assert target.stat().st_size > 1000


def test_an_unknown_way_out_is_refused_in_one_sentence(made: bv.Map, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"must end in \.png"):
        made.export(tmp_path / "map.gif")


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Call the command line in a folder, as a person would."""
    return subprocess.run(
        [sys.executable, "-m", "belvedere", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )


def test_the_command_line_goes_the_whole_way(tmp_path: Path) -> None:
    """Map, info, place and export, from an empty folder."""
    pacsv.write_csv(people(), tmp_path / "people.csv")
    pacsv.write_csv(people(10, seed=5), tmp_path / "new.csv")

    mapped = run(tmp_path, "map", "people.csv", "--target", "old", "--epochs", "3", "--no-view")
    info = run(tmp_path, "info", "people.map", "--json")
    placed = run(tmp_path, "place", "people.map", "new.csv", "--out", "placed.parquet")
    export = run(tmp_path, "export", "people.map", "--png", "people.png")

    assert mapped.returncode == 0, mapped.stderr
    assert "accuracy" in mapped.stdout
    assert "belvedere view people.map" in mapped.stdout
    assert json.loads(info.stdout)["rows"] == 300
    assert placed.returncode == 0, placed.stderr
    assert {"map_x", "map_y", "map_predicted"} <= set(pq.read_table(tmp_path / "placed.parquet").column_names)
    assert export.returncode == 0, export.stderr
    assert (tmp_path / "people.png").stat().st_size > 10_000


@pytest.mark.parametrize(
    ("words", "status", "says"),
    [
        (["map", "nowhere.csv"], 3, "nowhere.csv"),
        (["map", "people.csv", "--target", "odl"], 2, "old"),
        (["map", "people.csv", "--kind", "age"], 2, "column=kind"),
        (["map", "people.csv", "--target", "old", "--network", "resnat"], 2, "resnet"),
        (["map", "empty.csv"], 3, "empty"),
        (["view", "people.csv"], 3, "people.csv"),
        (["mapp", "people.csv"], 2, "map"),
        (["map", "people.csv", "--network", "none", "--space", "learned"], 2, "network"),
        (["tune", "people.csv", "--target", "old", "--try", "dropuot=0.1"], 2, "dropout"),
    ],
)
def test_wrong_use_ends_in_one_sentence(tmp_path: Path, words: list[str], status: int, says: str) -> None:
    pacsv.write_csv(people(40), tmp_path / "people.csv")
    (tmp_path / "empty.csv").write_text("")

    done = run(tmp_path, *words)

    assert done.returncode == status, done.stderr
    assert says in done.stderr
    assert "Traceback" not in done.stderr + done.stdout
    assert not list(tmp_path.glob("*.map"))


def test_a_table_is_cross_validated_from_the_command_line(tmp_path: Path) -> None:
    pacsv.write_csv(people(90), tmp_path / "people.csv")

    done = run(tmp_path, "train", "people.csv", "--target", "old", "--folds", "2", "--epochs", "2", "--json")

    scores = json.loads(done.stdout)["scores"]
    assert done.returncode == 0, done.stderr
    assert scores[0]["name"] == "accuracy"
    assert scores[0]["about"] == "mean of 2 folds"
    assert scores[0]["baseline"] is not None


def test_settings_are_searched_from_the_command_line(tmp_path: Path) -> None:
    pacsv.write_csv(people(90), tmp_path / "people.csv")

    done = run(
        tmp_path, "tune", "people.csv", "--target", "old", "--search", "grid", "--try", "dropout=0,0.2",
        "--try", "network=mlp,tabular", "--epochs", "1", "--json",
    )  # fmt: skip

    told = json.loads(done.stdout)
    assert done.returncode == 0, done.stderr
    assert len(told["trials"]) == 4
    assert told["best"] == told["trials"][0]["changes"]


def test_an_existing_map_is_not_replaced_unasked(tmp_path: Path) -> None:
    pacsv.write_csv(people(40), tmp_path / "people.csv")
    (tmp_path / "people.map").mkdir()

    done = run(tmp_path, "map", "people.csv", "--no-view")

    assert done.returncode == 3
    assert "--replace" in done.stderr
