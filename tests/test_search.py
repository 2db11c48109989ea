"""Searching settings: what is tried, what is given up, what is kept, and what mattered."""

import importlib.util
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import click
import click.testing
import numpy as np
import pyarrow as pa
import pytest
from typer.testing import CliRunner

from belvedere.cli.main import app
from belvedere.cli.settings import learn_settings
from belvedere.errors import SettingError, StoppedError
from belvedere.export import write_search
from belvedere.learn import LearnSettings, Range, Search, Trial, Tuned, tune
from belvedere.progress import Silent
from belvedere.training import count_trials, is_behind, propose, what_mattered
from belvedere.types import Column, Schema, Source

QUICK = LearnSettings(epochs=2, threads=1, width=16, n_members=2, latent_dims=4)
SPACE = {"learning_rate": Range(1e-4, 1e-1), "dropout": (0.0, 0.1, 0.3)}
needs_optuna = pytest.mark.skipif(
    importlib.util.find_spec("optuna") is None, reason="the extra 'tune' is not installed"
)


def source_and_schema(n: int = 80) -> tuple[Source, Schema]:
    rng = np.random.default_rng(0)
    x = rng.normal(size=n)
    table = pa.table({"x": x, "noise": rng.normal(size=n), "label": np.where(x > 0, "high", "low")})
    columns = (Column("x", "number"), Column("noise", "number"), Column("label", "category", "target"))
    return Source("table", table, fingerprint="abc"), Schema(columns)


class KilledError(Exception):
    """Stands for a killed process."""


class Killing(Silent):
    """Dies, or presses Ctrl-C, while a trial runs."""

    def __init__(self, *, at_trial: int, how: type[BaseException] = KilledError) -> None:
        self.n_trials, self.at_trial, self.how = 0, at_trial, how

    def advance(self, done: int, note: str = "") -> None:
        if self.n_trials == self.at_trial:
            self.at_trial = -1  # once
            raise self.how

    def say(self, sentence: str) -> None:
        self.n_trials += sentence.startswith("Trial")


def tried(found: Tuned) -> list[tuple[object, ...]]:
    return [(trial.changes, trial.loss, trial.curve) for trial in found.trials]


@pytest.mark.parametrize("by", ["random", pytest.param("tpe", marks=needs_optuna)])
def test_a_killed_search_goes_on_as_if_it_had_never_been_killed(by: str, tmp_path: Path) -> None:
    source, schema = source_and_schema()
    search, store = Search(by, SPACE, n_trials=7), tmp_path / "trials.sqlite"
    with pytest.raises(KilledError):
        tune(source, schema, QUICK, Killing(at_trial=6), search=search, store=store)

    resumed = tune(source, schema, QUICK, search=search, store=store)
    whole = tune(source, schema, QUICK, search=search)

    assert tried(resumed) == tried(whole)
    assert resumed.settings == whole.settings
    assert resumed.matters == whole.matters


def test_trials_that_are_kept_are_not_tried_again(tmp_path: Path) -> None:
    """With all trials kept, only the last learning runs; and other settings are another search."""
    source, schema = source_and_schema()
    search, store = Search("random", SPACE, n_trials=2), tmp_path / "trials.sqlite"
    tune(source, schema, QUICK, search=search, store=store)
    again, other = Killing(at_trial=9), Killing(at_trial=9)

    tune(source, schema, QUICK, again, search=search, store=store)
    tune(source, schema, replace(QUICK, batch_size=16), other, search=search, store=store)

    assert (again.n_trials, other.n_trials) == (0, 2)


def test_ctrl_c_ends_the_search_and_the_best_so_far_is_learned() -> None:
    source, schema = source_and_schema()

    found = tune(source, schema, QUICK, Killing(at_trial=2, how=KeyboardInterrupt), search=Search("random", SPACE))

    assert len(found.trials) == 2


def test_ctrl_c_before_the_first_trial_is_done_says_so() -> None:
    with pytest.raises(StoppedError, match="before the first trial"):
        tune(*source_and_schema(), QUICK, Killing(at_trial=0, how=KeyboardInterrupt), search=Search("random", SPACE))


def test_a_trial_that_is_behind_is_given_up_and_can_never_be_chosen() -> None:
    rates = [1e-2, 9e-3, 8e-3, 7e-3, 1e-9]
    search = Search("grid", {"learning_rate": rates})

    found = tune(*source_and_schema(200), replace(QUICK, epochs=9), search=search)
    finished = tune(*source_and_schema(200), replace(QUICK, epochs=9), search=replace(search, prune=False))

    given_up = [trial for trial in found.trials if trial.pruned]
    assert [trial.changes["learning_rate"] for trial in given_up] == [1e-9]
    assert len(given_up[0].curve) == 3
    assert not any(trial.pruned for trial in finished.trials)


def test_the_first_trials_and_the_last_epoch_are_never_given_up() -> None:
    good = [Trial({}, 0.1, 1.0, (0.3, 0.2, 0.1), 3)] * 3

    assert not is_behind([9.0, 9.0], good, epochs=3)
    assert is_behind([9.0, 9.0], [*good, good[0]], epochs=3)
    assert not is_behind([9.0, 9.0, 9.0], [*good, good[0]], epochs=3)


def test_a_random_search_repeats_nothing_and_a_grid_tries_everything() -> None:
    space = {"dropout": (0.0, 0.1, 0.2), "epochs": (1, 2)}
    blank = Trial({}, 1.0, 1.0)
    for by, n_trials in (("grid", 6), ("random", 5)):
        search = Search(by, space, n_trials=5)

        proposed = [str(propose(search, [blank] * number, seed=3)) for number in range(count_trials(search))]

        assert len(set(proposed)) == n_trials


@needs_optuna
def test_tpe_looks_where_earlier_trials_were_good() -> None:
    """With a loss that falls toward dropout 0.3, suggestions lie nearer to it than numbers drawn at random."""
    search, away = Search("tpe", {"dropout": Range(0.0, 0.9)}), list[float]()
    for seed in range(3):
        trials = list[Trial]()
        for _ in range(25):
            changes = propose(search, trials, seed=100 * seed)
            trials.append(Trial(changes, (changes["dropout"] - 0.3) ** 2, 1.0))
        away += [abs(trial.changes["dropout"] - 0.3) for trial in trials[10:]]

    at_random = np.abs(np.random.default_rng(0).uniform(0.0, 0.9, 10_000) - 0.3)

    assert np.median(away) < 0.6 * np.median(at_random)


def test_what_mattered_is_found_among_settings_that_did_not() -> None:
    rng = np.random.default_rng(0)
    trials = []
    for _ in range(20):
        changes = {"dropout": float(rng.choice([0.0, 0.2, 0.4])), "network": str(rng.choice(["mlp", "tabular"]))}
        trials.append(Trial(changes, 1.0 + changes["dropout"] + 0.001 * rng.random(), 1.0))

    matters = what_mattered(trials)

    assert matters[0].name == "dropout"
    assert matters[0].share > 0.95
    assert matters[0].losses == tuple(sorted(matters[0].losses))
    assert what_mattered(trials[:5]) == ()


@pytest.mark.parametrize(
    ("search", "said"),
    [
        (Search("best"), "one of grid, random, tpe"),
        (Search("grid", {"dropout": Range(0.0, 0.5)}), "values one by one"),
        (Search("random", {"dropout": Range(0.5, 0.1)}), "must rise"),
        (Search("random", {"dropout": Range(0.1, 1.5)}), "dropout must lie between 0 and 1"),
        (Search("random", {"dropout": ()}), "must have values"),
        (Search("grid", {"network": ("tabular", "resnet")}), "reads columns of kind image"),
    ],
)
def test_a_search_that_cannot_be_is_refused_before_anything_long(search: Search, said: str) -> None:
    with pytest.raises(SettingError, match=said):
        tune(*source_and_schema(), QUICK, Killing(at_trial=0), search=search)


def test_a_file_that_holds_no_trials_is_refused(tmp_path: Path) -> None:
    store = tmp_path / "trials.sqlite"
    store.write_text("no database, but long enough to look like one at first sight", encoding="utf-8")

    with pytest.raises(SettingError, match="SQLite"):
        tune(*source_and_schema(), QUICK, search=Search("random", SPACE, n_trials=1), store=store)


def test_a_search_is_written_as_tables_and_a_picture(tmp_path: Path) -> None:
    trials = [{"changes": {"dropout": i / 10}, "loss": i + 1.0, "seconds": 1.0, "pruned": False} for i in range(8)]
    matters = [{"name": "dropout", "share": 1.0, "values": (0.0, 0.3), "losses": (1.0, 3.0)}]
    matters[0]["values"] = tuple(i / 10 for i in range(8))
    matters[0]["losses"] = tuple(i + 1.0 for i in range(8))

    files = write_search(tmp_path / "new", trials, matters, settings={"dropout": 0.0})

    assert {file.name for file in files} == {"trials.csv", "best.json", "importance.csv", "importance.svg"}
    dots = ElementTree.parse(tmp_path / "new" / "importance.svg").iter("{http://www.w3.org/2000/svg}circle")
    assert len(list(dots)) == 8
    assert len((tmp_path / "new" / "trials.csv").read_text(encoding="utf-8").splitlines()) == 9


def test_the_command_goes_on_from_its_folder_and_can_forget(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    command = "tune sklearn:iris -t target --epochs 1 --try dropout=0.1,0.2 --try learning_rate=0.001..0.1 --trials"

    first = CliRunner().invoke(app, [*command.split(), "1"])
    second = CliRunner().invoke(app, [*command.split(), "2"])
    anew = CliRunner().invoke(app, [*command.split(), "1", "--afresh"])

    assert [result.exit_code for result in (first, second, anew)] == [0, 0, 0], second.output
    assert "Going on after 1 of 2 trials" in second.output
    assert "Going on" not in anew.output
    assert (tmp_path / "iris.search" / "best.json").exists()


def test_what_a_search_found_is_what_the_next_command_learns_with(tmp_path: Path) -> None:
    """The file fills what the command leaves open; what it says itself wins."""
    found = tmp_path / "best.json"
    found.write_text('{"dropout": 0.3, "learning_rate": 0.004, "network": "mlp"}', encoding="utf-8")

    settings = learn_settings(found, learning_rate=0.001, dropout=None)

    assert (settings.dropout, settings.learning_rate, settings.network) == (0.3, 0.001, "mlp")
    result = CliRunner().invoke(
        app, ["train", "sklearn:iris", "-t", "target", "--epochs", "1", "--settings", str(found)]
    )
    assert result.exit_code == 0, result.output


def test_an_option_given_wins_though_it_is_the_usual_value(tmp_path: Path) -> None:
    found = tmp_path / "best.json"
    found.write_text('{"effort": 3.0, "network": "mlp"}', encoding="utf-8")
    made = []

    @click.command()
    @click.option("--effort", type=float, default=1.0)
    @click.option("--network", default="auto")
    def command(**options: Any) -> None:
        made.append(learn_settings(found, **options))

    click.testing.CliRunner().invoke(command, ["--effort", "1.0"])
    assert (made[0].effort, made[0].network) == (1.0, "mlp")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"drop_out": 0.1}', "no setting 'drop_out'"),
        ('{"dropout": "much"}', "must be a number, but is 'much'"),
        ('{"dropout": true}', "must be a number, but is True"),
        ('{"epochs": 2.5}', "must be a whole number, but is 2.5"),
        ('{"network": 3}', "must be a name, but is 3"),
        ('{"engine": "ray"}', "must be a name, but is 'ray'"),
        ('{"dropout": 7}', "between 0 and 1"),
        ("[0.1]", "must hold settings by name"),
        ("dropout 0.1", "must name a JSON file"),
        (None, "No such file"),
    ],
)
def test_a_file_without_settings_is_refused(tmp_path: Path, text: str | None, said: str) -> None:
    file = tmp_path / "best.json"
    if text is not None:
        file.write_text(text, encoding="utf-8")

    with pytest.raises(SettingError, match=said):
        learn_settings(file)
