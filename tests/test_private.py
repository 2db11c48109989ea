"""Private training: rows are clipped one by one, noise cannot be repeated, the budget is kept, the rest is refused."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

import belvedere
from belvedere import kinds, networks, training
from belvedere.cli.main import app
from belvedere.errors import SettingError
from belvedere.kinds import learn_kinds
from belvedere.learn import LearnSettings, cross_validate, learn, tune
from belvedere.progress import Silent
from belvedere.sharing import measure_membership
from belvedere.sharing.membership import attack
from belvedere.sources import open_source
from belvedere.training import private
from make_fake_map import make_fake_content

pytest.importorskip("opacus", reason="private training needs the extra 'private'")
PRIVATE = LearnSettings(private=True, epsilon=3.0, epochs=4, threads=1)


def people(n: int = 500, seed: int = 0):
    rng = np.random.default_rng(seed)
    age, job = rng.normal(40, 10, n), rng.choice(["a", "b", "c"], n)
    words = [" ".join(rng.choice(["cat", "dog", "tree", "river"], 8)) for _ in range(n)]
    ill = np.where((age - 40) / 5 + 2 * (job == "a") + rng.normal(0, 0.7, n) > 0.6, "yes", "no")
    return {"age": age, "job": job, "words": words, "ill": ill}


def opened(columns=("age", "job", "ill"), target="ill", n: int = 500):
    source = open_source({name: values for name, values in people(n).items() if name in columns})
    return source, learn_kinds(source, target=target, overrides={"words": "text"} if "words" in columns else None)


def made_network(columns, n: int = 60):
    source, schema = opened(columns, n=n)
    inputs = kinds.fit_inputs(source.table, schema)
    target = kinds.fit_labels(source.table, "ill")
    torch.manual_seed(0)
    shape = networks.Shape(16, 0.0, 24, 1)
    network = networks.build_network(inputs, target, network="auto", settings=shape)
    rows = training.make_rows(kinds.make_arrays(source.table, inputs), kinds.make_labels(source.table, target))
    return network, rows, training.objective_for(target.task)


@pytest.mark.parametrize("columns", [("age", "job", "ill"), ("words", "age", "ill")])
def test_row_gradients_are_those_of_each_row_alone(columns) -> None:
    network, rows, objective = made_network(columns)
    network.train()
    for part in network.modules():
        if isinstance(part, torch.nn.Dropout):
            part.p = 0.0
    batch, labels = rows.batch(torch.arange(5))

    found = private.row_gradients(network, batch, labels, objective.loss)

    for i in range(5):
        network.zero_grad()
        one, label = rows.batch(torch.tensor([i]))
        objective.loss(network(one), label).backward()
        for gradient, weight in zip(found, network.parameters(), strict=True):
            assert torch.allclose(gradient[i], weight.grad, atol=1e-6)


def test_no_row_moves_the_weights_by_more_than_the_clip() -> None:
    network, rows, _ = made_network(("age", "job", "ill"))
    engine = private._Engine(network, training.Plan(batch_size=60), n_rows=60, rate=0.5, steps=10, budget=(3.0, 1e-5))
    engine.optimizer.noise_multiplier, engine.rate = 0.0, 2.0  # everybody is drawn

    only = training.Rows({k: v[:1] for k, v in rows.arrays.items()}, rows.labels[:1])
    engine.optimizer.step_hook = None
    moved: list[torch.Tensor] = []
    engine.optimizer.original_optimizer.step = lambda closure=None: moved.extend(w.grad.clone() for w in engine.weights)
    engine.step(only, lambda outputs, labels: 1e6 * outputs.sum())

    length = torch.sqrt(sum((g**2).sum() for g in moved)) * 30
    assert length == pytest.approx(private.CLIP, rel=1e-3)


def test_parts_of_a_step_add_up(monkeypatch) -> None:
    """Rows whose gradients are too many to hold at once are taken in parts, with one dose of noise."""
    sums = []
    for most in (10**9, 1):
        network, rows, objective = made_network(("age", "job", "ill"))
        monkeypatch.setattr(private, "MOST_FLOATS", most)
        engine = private._Engine(
            network, training.Plan(batch_size=60), n_rows=60, rate=0.999, steps=1, budget=(8.0, 1e-5)
        )
        engine.optimizer.noise_multiplier, engine.rate = 0.0, 2.0
        moved: list[torch.Tensor] = []
        step = engine.optimizer.original_optimizer
        step.step = lambda closure=None, moved=moved, engine=engine: moved.extend(
            w.grad.clone() for w in engine.weights
        )
        engine.step(rows, objective.loss)
        assert engine.done == 1
        sums.append(moved)
    for one, other in zip(*sums, strict=True):
        assert torch.allclose(one, other, atol=1e-6)


def test_a_step_without_any_row_still_adds_noise() -> None:
    network, rows, objective = made_network(("age", "job", "ill"))
    engine = private._Engine(network, training.Plan(), n_rows=60, rate=0.5, steps=10, budget=(3.0, 1e-5))
    engine.rate = -1.0  # nobody is drawn
    before = [w.detach().clone() for w in engine.weights]

    engine.step(rows, objective.loss)

    assert all((w != old).any() for w, old in zip(engine.weights, before, strict=True))


def test_the_budget_is_kept_and_told_and_noise_cannot_be_repeated() -> None:
    source, schema = opened()
    one, other = learn(source, schema, PRIVATE), learn(source, schema, PRIVATE)

    spent = one.evaluation["privacy"]
    assert 2.8 < spent["epsilon"] <= 3.0
    assert spent["delta"] == 1e-5
    assert one.scores[-1].name == "epsilon"
    assert any("Not private: statistics of the columns" in note for note in one.notes)
    assert "train" not in one.curves["loss"]  # losses on learned rows would be told without noise
    assert one.config["temperature"] == 1.0
    names = [name for name in one.tensors if name.startswith("network.head")]
    assert any((one.tensors[name] != other.tensors[name]).any() for name in names)


def test_a_second_accountant_bounds_the_first() -> None:
    """Renyi accounting is looser, never tighter than what is told, and near it."""
    from opacus.accountants import RDPAccountant

    spent = learn(*opened(), PRIVATE).evaluation["privacy"]
    second = RDPAccountant()
    second.history = [(spent["noise"], spent["sample_rate"], spent["steps"])]

    assert spent["epsilon"] <= second.get_epsilon(spent["delta"]) <= 1.2 * spent["epsilon"]


def test_it_still_learns() -> None:
    source, schema = opened(n=2500)
    learned = learn(source, schema, replace(PRIVATE, network="mlp", epsilon=8.0, epochs=20))

    assert learned.scores[0].name == "accuracy"
    assert learned.scores[0].value > 0.8


def test_text_learns_its_projection_only() -> None:
    source, schema = opened(("words", "ill"))
    learned = learn(source, schema, PRIVATE)

    embed = next(v for k, v in learned.tensors.items() if k.endswith("embed") and k.startswith("network."))
    assert not embed.any()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"group": "job"}, "group"),
        ({"start_from": "old.map"}, "start_from"),
        ({"epsilon": 0.0}, "epsilon must lie between 0.1 and 20"),
        ({"delta": 0.5}, "delta must lie"),
        ({"epsilon": float("nan")}, "epsilon must lie"),
        ({"network": "mlp", "resume": True, "checkpoint": "x"}, "resume"),
    ],
)
def test_what_cannot_be_promised_is_refused(change, said) -> None:
    with pytest.raises(SettingError, match=said):
        learn(*opened(("age", "job", "ill")), replace(PRIVATE, **change))


def test_learning_without_a_target_and_by_pairs_is_refused() -> None:
    source, schema = opened(("age", "job"), target=None)
    with pytest.raises(SettingError, match="must have a target"):
        learn(source, schema, PRIVATE)
    with pytest.raises(SettingError, match="who goes with what"):
        learn(source, schema, replace(PRIVATE, task="recommend"))
    timed = open_source({"age": people()["age"], "days": np.abs(people()["age"]), "died": np.tile([0, 1], 250)})
    with pytest.raises(SettingError, match="'cox'"):
        learn(timed, learn_kinds(timed, target="days"), replace(PRIVATE, event="died"))


def test_batch_normalization_is_refused_by_name() -> None:
    network = torch.nn.Sequential(torch.nn.Linear(2, 4), torch.nn.BatchNorm1d(4))
    rows = training.Rows({"0.value": torch.zeros(4, 2)}, torch.zeros(4))

    with pytest.raises(SettingError, match=r"'1' \(BatchNorm1d\) mixes the rows"):
        private.refuse_mixing(network, rows, lambda outputs, labels: outputs.sum())


def test_many_trainings_on_one_budget_are_refused() -> None:
    for act in (cross_validate, tune):
        with pytest.raises(SettingError, match="spends privacy anew"):
            act(*opened(), PRIVATE)


def test_of_few_rows_half_are_in_a_step() -> None:
    source, schema = opened(n=40)

    assert learn(source, schema, replace(PRIVATE, epochs=2)).evaluation["privacy"]["sample_rate"] == 0.5


def test_the_command_writes_the_budget_on_the_map(tmp_path) -> None:
    data = tmp_path / "people.csv"
    columns = people(300)
    lines = [f"{a},{j},{i}" for a, j, i in zip(columns["age"], columns["job"], columns["ill"], strict=True)]
    data.write_text("age,job,ill\n" + "\n".join(lines))
    out = tmp_path / "p.map"

    done = CliRunner().invoke(
        app, ["map", str(data), "-t", "ill", "--out", str(out), "--private", "--epsilon", "4", "--epochs", "2",
              "--no-view", "--quiet"],
    )  # fmt: skip
    assert done.exit_code == 0, done.output

    opened_map = belvedere.open(out)
    assert 3.5 < opened_map.score("epsilon").value <= 4.0
    said = CliRunner().invoke(app, ["doctor", "--privacy", str(out)])
    assert said.exit_code == 0, said.output
    assert "told from" in said.output
    assert "Private training" in said.output


def test_the_membership_attack_finds_what_is_there_and_nothing_else() -> None:
    rng = np.random.default_rng(0)
    blind = attack(rng.random(2000), rng.random(2000))
    seeing = attack(rng.random(2000) * 0.5, rng.random(2000))

    assert blind.low < 0.5 < blind.high
    assert seeing.auc == pytest.approx(0.75, abs=0.02)
    assert seeing.found > blind.found
    assert "remembers single rows" in seeing.sentence
    assert "remembers little" in blind.sentence


def test_its_interval_covers_the_truth_as_often_as_it_says() -> None:
    rng = np.random.default_rng(1)
    covered = 0
    for _ in range(300):
        found = attack(rng.normal(0, 1, 80), rng.normal(0.5, 1, 80))
        covered += found.low <= 0.6382 <= found.high  # P(X < Y) = Phi(0.5 / sqrt 2)

    assert covered / 300 == pytest.approx(0.95, abs=0.035)


def test_a_map_without_a_target_has_nothing_to_test() -> None:
    content = make_fake_content(60, images=False)

    with pytest.raises(SettingError, match="learned a target"):
        measure_membership(replace(content, channels={}))


def test_silence() -> None:
    """Private training asks for nothing but progress."""
    network, rows, objective = made_network(("age", "job", "ill"))
    plan = training.Plan(epochs=1, batch_size=30, threads=1)
    trained, spent = training.train_privately(
        network, rows, rows, loss=(objective.loss, objective.reported), plan=plan, progress=Silent(), budget=(1.0, 1e-5)
    )

    assert trained.stopped == "all epochs"
    assert spent.steps == 2
    assert spent.epsilon <= 1.0
