"""Training: a net learns, repeats bit for bit, stops in time, and is scored honestly beside a baseline."""

import numpy as np
import pytest
import torch
from torch import nn

from belvedere.errors import ColumnError, SettingError
from belvedere.progress import Silent
from belvedere.training import (
    Example,
    Plan,
    default_plan,
    evaluate,
    fit_temperature,
    given_split,
    hold_out,
    make_rows,
    may_mirror,
    objective_for,
    run_baseline,
    train,
)
from belvedere.training.evaluate import confusion_matrix, precision_recall_f1
from belvedere.training.intervals import wilson_interval
from belvedere.training.loop import Rows
from belvedere.types import Input, Target

BINARY = objective_for("binary")
LOSSES = (BINARY.loss, BINARY.reported)


class Small(nn.Module):
    """Two layers over one array."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Dropout(0.1), nn.Linear(16, 1))

    def forward(self, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        """One logit per row."""
        y: torch.Tensor = self.layers(batch["x"])
        return y


def rows_of(n: int, seed: int) -> Rows:
    """Rows whose label is the sign of a product: not learnable by a line."""
    x = np.random.default_rng(seed).normal(size=(n, 4)).astype(np.float32)
    return make_rows({"x": x}, (x[:, 0] * x[:, 1] > 0).astype(np.int64))


def learned(seed: int = 0, **plan: float) -> tuple[Small, list[float]]:
    torch.manual_seed(seed)
    network = Small()
    made = Plan(**{"epochs": 15, "batch_size": 32, "learning_rate": 1e-2, "seed": seed, "threads": 1} | plan)  # type: ignore[arg-type]
    trained = train(network, rows_of(600, 1), rows_of(200, 2), loss=LOSSES, plan=made, progress=Silent())
    return network, trained.curves["valid"]


def test_training_lowers_the_loss_on_rows_it_has_not_seen() -> None:
    _, losses = learned()

    assert min(losses) < 0.5 * losses[0]


def test_the_same_seed_gives_the_same_bits() -> None:
    (first, losses), (second, again), (other, _) = learned(0), learned(0), learned(1)

    assert losses == again
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), second.parameters(), strict=True))
    assert not all(torch.equal(a, b) for a, b in zip(first.parameters(), other.parameters(), strict=True))


def test_the_best_epoch_is_kept_not_the_last() -> None:
    """The weights given back measure exactly the lowest loss of the curve."""
    network, losses = learned(learning_rate=0.05)
    valid = rows_of(200, 2)

    with torch.no_grad():
        loss = float(BINARY.reported(network({"x": valid.arrays["x"]}), valid.labels))

    assert loss == pytest.approx(min(losses), abs=1e-6)
    assert not network.training


def test_a_time_limit_gives_a_model_back() -> None:
    torch.manual_seed(0)
    network = Small()
    plan = Plan(epochs=100_000, batch_size=32, time_limit_s=0.3, threads=1)

    trained = train(network, rows_of(600, 1), rows_of(200, 2), loss=LOSSES, plan=plan, progress=Silent())

    assert trained.stopped == "time limit"
    assert trained.curves["valid"]


def test_ctrl_c_gives_the_best_model_so_far_back() -> None:
    class Interrupting(Silent):
        def advance(self, done: int, note: str = "") -> None:
            if done == 3:
                raise KeyboardInterrupt

    torch.manual_seed(0)
    network = Small()

    trained = train(
        network, rows_of(300, 1), rows_of(100, 2), loss=LOSSES, plan=Plan(threads=1), progress=Interrupting()
    )

    assert trained.stopped == "interrupted"
    assert len(trained.curves["valid"]) == 3


def test_patience_ends_training_when_nothing_improves() -> None:
    _, losses = learned(learning_rate=1e-12, patience=2, epochs=50)

    assert len(losses) < 50


def test_a_loss_that_explodes_leaves_finite_weights() -> None:
    network, _ = learned(learning_rate=1e12)

    assert all(torch.isfinite(parameter).all() for parameter in network.parameters())


def test_ensemble_members_learn_from_their_own_loss() -> None:
    """Two members, one right and one wrong: the mean of the losses, not the loss of the mean."""
    outputs, labels = torch.tensor([[[4.0], [-4.0]]]), torch.tensor([1])

    loss = float(BINARY.loss(outputs, labels))

    assert loss == pytest.approx((np.log1p(np.exp(-4.0)) + np.log1p(np.exp(4.0))) / 2, rel=1e-5)


def test_an_unknown_task_is_refused() -> None:
    with pytest.raises(SettingError, match="There is no task 'regresion'"):
        objective_for("regresion")


def test_a_split_column_is_obeyed_and_strange_words_are_refused() -> None:
    assert given_split(["TRAIN", "val", "test"], "split").tolist() == ["train", "valid", "test"]
    with pytest.raises(ColumnError, match="'split' must say train, valid or test for every row, but also says 'later'"):
        given_split(["train", "later"], "split")


def test_a_random_split_keeps_classes_even_and_never_holds_out_a_class_seen_once() -> None:
    labels = np.array([0] * 800 + [1] * 200 + [2])

    held = hold_out(labels, 0.25, seed=3)

    assert held[labels == 0].mean() == pytest.approx(0.25)
    assert held[labels == 1].mean() == pytest.approx(0.25)
    assert held[labels == 2].tolist() == [False]


def test_scores_of_a_perfect_and_of_a_constant_prediction() -> None:
    target, labels = Target("y", "multiclass", ("a", "b", "c")), np.array([0, 1, 2, 0, 1, 2])
    perfect, constant = np.eye(3)[labels], np.tile([1.0, 0.0, 0.0], (6, 1))

    best = {score.name: score.value for score in evaluate(labels, perfect, target, about="")[0]}
    flat = {score.name: score.value for score in evaluate(labels, constant, target, about="")[0]}

    assert best["accuracy"] == best["F1"] == best["AUC-ROC"] == 1.0
    assert flat["accuracy"] == pytest.approx(1 / 3)
    assert flat["AUC-ROC"] == pytest.approx(0.5)


def test_precision_recall_and_f1_agree_with_scikit_learn() -> None:
    from sklearn.metrics import precision_recall_fscore_support

    rng = np.random.default_rng(0)
    for n_classes in (2, 4):
        true, said = rng.integers(n_classes, size=200), rng.integers(n_classes, size=200)
        ours = precision_recall_f1(confusion_matrix(true, said, n_classes))
        theirs = precision_recall_fscore_support(true, said, average="binary" if n_classes == 2 else "macro")[:3]

        assert np.allclose(ours, np.array(theirs, dtype=float))


def test_regression_scores_agree_with_their_definitions() -> None:
    rng = np.random.default_rng(0)
    true = rng.normal(size=300)
    predicted = true + rng.normal(size=300) * 0.5

    scores = {s.name: s for s in evaluate(true, predicted, Target("y", "regression"), about="")[0]}

    assert scores["RMSE"].value == pytest.approx(np.sqrt(np.mean((true - predicted) ** 2)))
    assert scores["R²"].value == pytest.approx(1 - np.var(true - predicted) / np.var(true), abs=0.01)
    assert all(s.low is not None and s.high is not None and s.low <= s.value <= s.high for s in scores.values())


def test_a_wilson_interval_covers_the_truth_about_95_times_in_100() -> None:
    rng = np.random.default_rng(0)
    intervals = [wilson_interval(int(n_right), 80) for n_right in rng.binomial(80, 0.9, size=2000)]

    covered = np.mean([low <= 0.9 <= high for low, high in intervals])

    assert 0.93 <= covered <= 0.98


def test_temperature_cools_an_overconfident_network() -> None:
    rng = np.random.default_rng(0)
    true_logits = rng.normal(size=(4000, 1))
    labels = (rng.random(4000) < 1 / (1 + np.exp(-true_logits[:, 0]))).astype(int)

    assert fit_temperature(3 * true_logits, labels) == pytest.approx(3, rel=0.1)


def test_the_baseline_learns_a_table() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(600, 2)).astype(np.float32)
    labels = (x[:, 0] * x[:, 1] > 0).astype(np.int64)
    inputs = [Input(name, "number", {}) for name in "ab"]
    arrays = {f"{i}.value": x[:, i] for i in range(2)} | {f"{i}.missing": np.zeros(600, np.float32) for i in range(2)}
    parts = [
        Example({name: value[rows] for name, value in arrays.items()}) for rows in (slice(0, 400), slice(400, 600))
    ]

    found = run_baseline(
        parts[0], labels[:400], parts[1], inputs=inputs, target=Target("y", "binary", ("0", "1")), seed=0
    )

    assert found.name == "gradient boosting"
    assert (found.predictions.argmax(axis=1) == labels[400:]).mean() > 0.85


def test_the_baseline_reads_texts_spaced_or_not() -> None:
    target, labels = Target("y", "binary", ("bad", "good")), np.array([0, 1] * 40)
    for good, bad in (("a good film indeed", "a bad film indeed"), ("很好的酒店", "很差的酒店")):
        texts = [good if label else bad for label in labels]
        example = Example({"0.tokens": np.ones((80, 3), np.int32)}, texts)

        found = run_baseline(example, labels, example, inputs=[Input("x", "text", {})], target=target, seed=0)

        assert "tf-idf" in found.name
        assert (found.predictions.argmax(axis=1) == labels).all()


def test_mirroring_is_allowed_only_where_it_changes_no_class() -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(2, size=400)
    left_or_right = np.zeros((400, 8, 8, 1), np.uint8)
    top_or_bottom = left_or_right.copy()
    for row, label in enumerate(labels):
        left_or_right[row, :, 4 * label : 4 * label + 4] = rng.integers(100, 255, size=(8, 4, 1))
        top_or_bottom[row, 4 * label : 4 * label + 4] = rng.integers(100, 255, size=(4, 8, 1))

    assert not may_mirror(left_or_right, labels)
    assert may_mirror(top_or_bottom, labels)


def test_more_rows_get_fewer_epochs_and_larger_batches() -> None:
    parts = [("resnet", [Input("i", "image", {"height": 28, "width": 28})])]

    few, many = default_plan(parts, 1_000), default_plan(parts, 60_000)

    assert few.epochs > many.epochs >= 4
    assert few.batch_size < many.batch_size
    assert default_plan(parts, 60_000, learning_rate=0.5).learning_rate == 0.5


def test_few_pictures_are_learned_in_small_batches_so_that_an_epoch_has_many_steps() -> None:
    parts = [("resnet", [Input("x", "image", {"height": 32, "width": 32, "channels": 3})])]

    plans = [default_plan(parts, n_rows) for n_rows in (1_300, 8_000, 54_000)]

    assert [plan.batch_size for plan in plans] == [64, 64, 256]
    assert plans[0].epochs == plans[1].epochs > plans[2].epochs


def test_effort_trains_longer_or_shorter_and_given_epochs_stand() -> None:
    parts = [("resnet", [Input("a", "image", {"height": 28, "width": 28, "channels": 1})])]

    short, usual, long = (default_plan(parts, 60_000, effort=effort).epochs for effort in (0.3, 1.0, 5.0))

    assert short < usual < long
    assert 4 * usual <= long <= 6 * usual
    assert default_plan(parts, 60_000, effort=5.0, epochs=2).epochs == 2
