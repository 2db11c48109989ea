"""What comes next: windows of time series, what may be learned from, scores in steps of the past, naive baselines."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
import torch

from belvedere.errors import ColumnError, SettingError
from belvedere.kinds import learn_kinds
from belvedere.learn import Learned, LearnSettings, cross_validate, learn, predict_rows
from belvedere.learn.forecast import windows
from belvedere.networks import build_network
from belvedere.training.forecast import repeated
from belvedere.types import Input, Source, Target

QUICK = LearnSettings(task="forecast", epochs=3, threads=1, width=4, latent_dims=4)


def waves(n: int = 160, sites: int = 2) -> pa.Table:
    """Each site a wave of 8 steps around a level of its own, with a rising counter beside it."""
    rng = np.random.default_rng(0)
    return pa.Table.from_pylist(
        [
            {
                "site": f"s{s}",
                "hour": t,
                "load": 50 * s + np.sin(t * np.pi / 4) + 0.05 * rng.normal(),
                "wind": rng.normal(),
            }
            for s in range(sites)
            for t in range(n)
        ]
    )


def made(table: pa.Table, settings: LearnSettings, target: str = "load") -> tuple[Source, object, LearnSettings]:
    source = Source("waves", table)
    return windows(source, learn_kinds(source, target=target, task="forecast"), settings)


def learned(table: pa.Table, settings: LearnSettings, target: str = "load") -> Learned:
    source = Source("waves", table)
    return learn(source, learn_kinds(source, target=target, task="forecast"), settings)


ASKED = replace(QUICK, group="site", time="hour", horizon=3)


def test_no_window_is_learned_from_that_reaches_into_the_scored_time() -> None:
    found = made(waves(), ASKED)[0].table.to_pandas()

    known = found[found["load next"].notna()]
    first_scored = known[known["split"] == "test"]["hour"].min()
    assert (known[known["split"] == "train"]["hour"] + 3 <= first_scored).all()
    assert (known[known["split"] == "valid"]["hour"] + 3 <= first_scored).all()
    last_learned = known[known["split"] == "train"]["hour"].max()
    assert last_learned + 3 <= known[known["split"] == "valid"]["hour"].min()


def test_a_window_holds_what_was_known_and_what_came_next() -> None:
    table = waves()
    source, schema, _ = made(table, ASKED)
    row = next(r for r in source.table.to_pylist() if r["site"] == "s1" and r["hour"] == 100)

    whole = table.to_pandas()
    load = whole[whole["site"] == "s1"]["load"].to_numpy()

    assert [step[0] for step in row["load"]] == pytest.approx(load[101 - len(row["load"]) : 101], rel=1e-5)
    assert row["load next"] == pytest.approx(load[101:104], rel=1e-5)
    assert schema["site"].role == "left out"  # type: ignore[index]
    assert len(row["load"][0]) == 2  # the wind beside it, but neither site nor hour


def test_the_last_window_of_each_series_is_foretold_though_nobody_knows_what_came() -> None:
    found = learned(waves(), ASKED)

    assert found.rows is not None
    ahead = [r["load next"] is None for r in found.rows[0].table.to_pylist()]
    assert (found.split == "unlabelled").tolist() == ahead
    assert sum(ahead) == 2
    assert found.predicted is not None
    assert np.isfinite(found.predicted[ahead]).all()


def test_a_season_is_repeated_as_the_baseline_and_is_learned() -> None:
    found = learned(waves(), replace(ASKED, epochs=12))

    lead = found.scores[0]
    assert lead.name == "MASE"
    assert lead.baseline is not None
    assert lead.baseline_name.startswith("the values 8 steps before; the last value")
    assert lead.value < 0.5  # the last value alone errs by more than a step
    assert {s.name for s in found.scores} == {"MASE", "MAE", "RMSE"}


def test_a_walk_of_chance_has_the_last_value_as_its_baseline() -> None:
    rng = np.random.default_rng(0)
    table = pa.table({"price": rng.normal(size=300).cumsum()})

    lead = learned(table, replace(QUICK, epochs=1), "price").scores[0]

    assert lead.baseline_name == "the last value"
    assert lead.baseline is not None
    assert lead.value > 0.8 * lead.baseline  # nobody foretells chance


def test_sequences_are_cut_before_their_last_values_and_stay_rows() -> None:
    rng = np.random.default_rng(1)
    curves = [np.sin(np.arange(int(n)) + rng.normal()).tolist() for n in rng.integers(30, 40, 60)]
    table = pa.table({"curve": curves, "twin": curves, "other": [c[: 20 + i % 3] for i, c in enumerate(curves)]})

    found = learned(table, replace(QUICK, horizon=4), "curve")

    assert found.rows is not None
    rows, schema = found.rows
    assert rows.table.column("curve").to_pylist()[0] == pytest.approx(curves[0][:-4], rel=1e-5)
    assert rows.table.column("curve next").to_pylist()[0] == pytest.approx(curves[0][-4:], rel=1e-5)
    assert len(rows.table.column("twin").to_pylist()[0]) == len(curves[0]) - 4  # it would tell what comes
    assert schema["other"].role == "left out"
    again, _ = predict_rows(found.config, found.tensors, rows.table.drop_columns(["curve next"]))
    assert again == pytest.approx(found.predicted, abs=1e-4)


def test_before_anything_is_learned_the_last_value_goes_on() -> None:
    item = Input("load", "sequence", {"d": 1, "T": 9, "mean": [0.0], "std": [1.0]})
    target = Target("load next", "forecast", past="load", horizon=2)
    network = build_network((item,), target, network="inceptiontime").eval()
    steps = torch.zeros(2, 9, 1)
    steps[0, :4, 0], steps[1, :, 0] = torch.tensor([1.0, 3, 2, 5]), torch.arange(9.0)

    said = network({"0.steps": steps, "0.length": torch.tensor([4, 9])})

    assert said.tolist() == [[5.0, 5.0], [8.0, 8.0]]


def test_level_and_scale_of_a_series_change_its_forecast_alike() -> None:
    torch.manual_seed(0)
    item = Input("load", "sequence", {"d": 1, "T": 12, "mean": [0.0], "std": [1.0]})
    target = Target("load next", "forecast", past="load", horizon=3)
    network = build_network((item,), target, network="tcn").eval()
    torch.nn.init.normal_(network.head.weight)  # type: ignore[union-attr]
    steps, lengths = torch.randn(4, 12, 1), torch.full((4,), 12)

    plain = network({"0.steps": steps, "0.length": lengths})
    raised = network({"0.steps": 3 * steps + 7, "0.length": lengths})

    assert torch.allclose(raised, 3 * plain + 7, atol=1e-3)


def test_repeating_a_season_of_one_repeats_the_last_value() -> None:
    past = np.array([[4.0, 5.0, 6.0]])

    assert repeated(past, 1, 2).tolist() == [[6.0, 6.0]]
    assert repeated(past, 3, 4).tolist() == [[4.0, 5.0, 6.0, 4.0]]


def test_series_that_cannot_be_foretold_say_why() -> None:
    with pytest.raises(ColumnError, match="--group"):
        made(waves().drop_columns(["site"]), replace(QUICK, time="hour"))
    with pytest.raises(ColumnError, match="shorter --horizon"):
        made(waves(20), replace(ASKED, horizon=40))
    with pytest.raises(ColumnError, match="target of numbers"):
        made(waves(), QUICK, "site")
    with pytest.raises(ColumnError, match="longer than"):
        made(pa.table({"curve": [[1.0, 2.0], [3.0, 4.0, 5.0]] * 4}), replace(QUICK, horizon=9), "curve")
    with pytest.raises(SettingError, match="horizon must be above 0"):
        learned(waves(), replace(ASKED, horizon=0))
    source = Source("waves", waves())
    with pytest.raises(SettingError, match="Train once"):
        cross_validate(source, learn_kinds(source, target="load"), ASKED)


def test_the_column_that_tells_series_apart_is_found() -> None:
    source, schema, _ = made(waves(), replace(QUICK, time="hour"))

    assert schema["site"].why == "tells series apart"  # type: ignore[index]
    assert source.table.num_rows > 0
