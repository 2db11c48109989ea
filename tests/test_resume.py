"""Training that was stopped goes on where it was, and ends with the same bits as training that never stopped."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import torch
from torch import nn
from typer.testing import CliRunner

from belvedere.cli.main import app
from belvedere.errors import SettingError
from belvedere.learn import LearnSettings, learn
from belvedere.progress import Silent
from belvedere.training import Checkpoint, Hooks, Plan, Rows, choose_precision, make_rows, objective_for, train
from belvedere.types import Column, Schema, Source

LOSS = objective_for("binary")
PLAN = Plan(epochs=6, batch_size=16, threads=1)
QUICK = LearnSettings(epochs=4, threads=1, width=16, n_members=2, latent_dims=4)


class Noisy(nn.Module):
    """Dropout and batch normalization: random numbers and running statistics must be kept too."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(3, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Dropout(0.5), nn.Linear(16, 1))

    def forward(self, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        """One logit per row."""
        y: torch.Tensor = self.layers(batch["x"])
        return y


class StoppedAt(Silent):
    """Presses Ctrl-C, or kills the process, at the end of an epoch."""

    def __init__(self, epoch: int, how: type[BaseException]) -> None:
        self.epoch, self.how = epoch, how

    def advance(self, done: int, note: str = "") -> None:
        if done == self.epoch:
            raise self.how


def rows_of(n: int, seed: int) -> Rows:
    x = np.random.default_rng(seed).normal(size=(n, 3)).astype(np.float32)
    return make_rows({"x": x}, (x[:, 0] > 0).astype(np.int64))


def trained(
    hooks: Hooks, progress: Silent, *, plan: Plan = PLAN, noise: int = 0
) -> tuple[Noisy, dict[str, list[float]]]:
    torch.manual_seed(3)
    network = Noisy()
    torch.rand(noise)  # what a fresh process drew before going on must not matter
    data = (rows_of(96, 0), rows_of(48, 1))
    found = train(network, *data, loss=(LOSS.loss, LOSS.reported), plan=plan, progress=progress, hooks=hooks)
    return network, found.curves


@pytest.mark.parametrize("how", [KeyboardInterrupt, RuntimeError])
def test_a_run_that_goes_on_ends_with_the_same_bits(how: type[BaseException], tmp_path: Path) -> None:
    kept = Checkpoint(tmp_path / "state", "key", every_s=0)
    try:
        trained(Hooks(kept), StoppedAt(3, how))
    except RuntimeError:
        assert how is RuntimeError

    whole, curves = trained(Hooks(), Silent())
    resumed, again = trained(Hooks(replace(kept, resume=True)), Silent(), noise=7)

    assert curves == again
    assert all(
        torch.equal(a, b) for a, b in zip(whole.state_dict().values(), resumed.state_dict().values(), strict=True)
    )


def test_ctrl_c_leaves_the_last_whole_epoch_however_seldom_states_are_written(tmp_path: Path) -> None:
    kept = Checkpoint(tmp_path / "state", every_s=3600)
    trained(Hooks(kept), StoppedAt(4, KeyboardInterrupt))

    _, curves = trained(Hooks(replace(kept, resume=True)), StoppedAt(5, KeyboardInterrupt))

    assert len(curves["valid"]) == 5


def test_a_run_that_was_finished_is_not_trained_on(tmp_path: Path) -> None:
    kept, patient = Checkpoint(tmp_path / "state"), replace(PLAN, patience=1, learning_rate=1e-12)
    first, curves = trained(Hooks(kept), Silent(), plan=patient)

    second, again = trained(Hooks(replace(kept, resume=True)), Silent(), plan=patient)

    assert curves == again
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), second.parameters(), strict=True))


def test_a_checkpoint_of_something_else_is_refused(tmp_path: Path) -> None:
    trained(Hooks(Checkpoint(tmp_path / "state", "one")), Silent())
    (tmp_path / "text").write_text("not a checkpoint", encoding="utf-8")

    with pytest.raises(SettingError, match="data and settings must be those of the checkpoint"):
        trained(Hooks(Checkpoint(tmp_path / "state", "another", resume=True)), Silent())
    with pytest.raises(SettingError, match="cannot be read as one"):
        trained(Hooks(Checkpoint(tmp_path / "text", "one", resume=True)), Silent())


def test_learning_goes_on_from_its_checkpoint_and_the_map_does_not_name_it(tmp_path: Path) -> None:
    x = np.random.default_rng(0).normal(size=120)
    source = Source("table", pa.table({"x": x, "label": np.where(x > 0, "high", "low")}))
    schema = Schema((Column("x", "number"), Column("label", "category", "target")))
    kept = replace(QUICK, checkpoint=str(tmp_path / "state"))
    learn(source, schema, kept, StoppedAt(2, KeyboardInterrupt))

    resumed = learn(source, schema, replace(kept, resume=True))
    whole = learn(source, schema, QUICK)

    assert resumed.curves == whole.curves
    assert np.array_equal(resumed.latent, whole.latent)
    assert resumed.config["settings"] == whole.config["settings"]
    with pytest.raises(SettingError, match="must be those of the checkpoint"):
        learn(source, schema, replace(kept, resume=True, dropout=0.5))


def test_going_on_without_a_checkpoint_is_refused() -> None:
    source = Source("table", pa.table({"x": [1.0, 2.0], "label": ["a", "b"]}))

    with pytest.raises(SettingError, match="a checkpoint must be named"):
        learn(source, Schema((Column("x", "number"),)), replace(QUICK, resume=True))


def test_a_probe_changes_neither_weights_nor_random_numbers() -> None:
    torch.manual_seed(0)
    network = Noisy()
    before, state = {k: v.clone() for k, v in network.state_dict().items()}, torch.get_rng_state()

    plan = choose_precision(network, rows_of(64, 0), LOSS.loss, replace(PLAN, low_precision=True))

    assert torch.equal(torch.get_rng_state(), state)
    assert replace(plan, low_precision=True) == replace(PLAN, low_precision=True)
    assert all(torch.equal(before[name], value) for name, value in network.state_dict().items())


def test_full_precision_stays_where_nothing_else_was_allowed() -> None:
    assert not choose_precision(Noisy(), rows_of(64, 0), LOSS.loss, PLAN).low_precision


def test_the_command_goes_on_from_a_checkpoint(tmp_path: Path) -> None:
    command = f"train sklearn:iris -t target --epochs 2 --checkpoint {tmp_path / 'state'}"

    first = CliRunner().invoke(app, command.split())
    second = CliRunner().invoke(app, [*command.split(), "--resume"])

    assert (first.exit_code, second.exit_code) == (0, 0), second.output
    assert "Going on after epoch 2 of 2" in second.output


@pytest.mark.slow
def test_a_map_that_is_done_leaves_no_checkpoint(tmp_path: Path) -> None:
    command = f"map sklearn:iris -t target --epochs 2 --quiet --no-view --out {tmp_path / 'iris.map'}"

    result = CliRunner().invoke(app, command.split())

    assert result.exit_code == 0, result.output
    assert [path.name for path in tmp_path.iterdir()] == ["iris.map"]
