"""A map of a table shows what predicts the target and what rows are like besides."""

import numpy as np
import pyarrow as pa
import pytest
import torch

import belvedere
from belvedere import kinds, networks
from belvedere.errors import SettingError
from belvedere.explaining import explain_rows
from belvedere.learn import LearnSettings
from belvedere.networks import Shape
from belvedere.networks.likeness import Likeness
from belvedere.sources import open_source

TEACHER = LearnSettings(epochs=3, n_members=2, width=16)


def invented(n_rows: int = 600) -> pa.Table:
    """Income depends on age alone; the city says nothing of it, yet sets rows apart."""
    rng = np.random.default_rng(0)
    age = rng.normal(40, 10, n_rows)
    pay = np.where(rng.random(n_rows) < 0.1, np.nan, rng.normal(3000, 500, n_rows))
    city = np.where(rng.random(n_rows) < 0.5, "Rome", "Turin")
    start = np.datetime64("2024-01-01") + rng.integers(0, 300, n_rows)
    rich = np.where(age + rng.normal(0, 3, n_rows) > 40, "yes", "no")
    return pa.table({"age": age, "pay": pa.array(pay, from_pandas=True), "city": city, "start": start, "rich": rich})


def _sorted(values: np.ndarray) -> np.ndarray:
    """Columns in an order of their own."""
    return values[:, np.lexsort(values[:5].round(4))]


def test_the_plain_columns_are_those_of_the_plain_space() -> None:
    table = invented()
    schema = kinds.learn_kinds(open_source(table), target="rich")
    inputs = kinds.fit_inputs(table, schema)
    batch = {name: torch.from_numpy(np.array(v)) for name, v in kinds.make_arrays(table, inputs).items()}
    likeness = Likeness(inputs, target_weight=0.5)
    nothing = torch.zeros(len(table), 1)
    found, plain = likeness(batch, nothing)[:, 1:].numpy(), kinds.plain_space(table, inputs)
    assert found.shape == plain.shape
    np.testing.assert_allclose(_sorted(found), _sorted(plain), atol=1e-5)


def test_each_part_has_its_share_of_the_variance() -> None:
    made = belvedere.map(invented(), target="rich", learning=TEACHER)
    space = made.content.latent.astype(np.float64)[np.asarray(made.content.split) == "train"]
    learned = space[:, :64].var(axis=0).sum()
    assert learned / space.var(axis=0).sum() == pytest.approx(0.8, abs=0.01)
    assert "80% of the variance" in made.content.provenance["space"]


def test_what_the_target_does_not_tell_apart_still_lies_apart() -> None:
    def city_accuracy(weight: float) -> float:
        settings = LearnSettings(epochs=3, n_members=2, width=16, target_weight=weight)
        made = belvedere.map(invented(), target="rich", learning=settings).content
        places, city = made.places, np.array(made.rows["city"].to_pylist())
        away = np.square(places[:, None] - places[None]).sum(axis=2)
        np.fill_diagonal(away, np.inf)
        return float(np.mean(city[np.argsort(away, axis=1)[:, :5]] == city[:, None]))

    assert city_accuracy(0.8) > city_accuracy(1.0) + 0.1


def test_pulls_add_up_through_both_parts() -> None:
    made = belvedere.map(invented(), target="rich", learning=TEACHER)
    width = float(np.ptp(made.content.places))
    for found in explain_rows(made.content, range(8)):
        total = sum(np.array(pull.amount) for pull in found.pulls) + found.start
        assert total == pytest.approx(np.array(found.reached), abs=0.01 * width)
        assert found.error < 0.01
        assert len(found.pulls) == 4


def test_weight_one_maps_the_latent_space_alone_and_zero_is_refused() -> None:
    table = invented(100)
    schema = kinds.learn_kinds(open_source(table), target="rich")
    inputs, target = kinds.fit_inputs(table, schema), kinds.fit_target(table["rich"], "rich")
    assert networks.build_network(inputs, target, network="tabular", settings=Shape()).likeness is None
    with pytest.raises(SettingError, match="target_weight must be above 0"):
        belvedere.map(table, target="rich", learning=LearnSettings(target_weight=0.0))
