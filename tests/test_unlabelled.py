"""Learning without labels: two looks at a row, the choice between the learned and the plain space, and its honesty."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
import torch

import belvedere as bv
from belvedere.errors import SettingError
from belvedere.learn import LearnSettings, embed_rows, learn, predict_rows
from belvedere.learn.foresight import Comparison, compare_foresight, compare_recognition, effective_rank, foresight
from belvedere.learn.parts import Parts, cut_rows
from belvedere.training import Looks, mirrors_itself
from belvedere.training.contrast import contrast_loss
from belvedere.training.views import make_view
from belvedere.types import Column, Input, Schema, Source

QUICK = LearnSettings(epochs=3, threads=1, width=16, latent_dims=8)


def signs(n: int = 160) -> tuple[Source, Schema, np.ndarray]:
    """Three shapes in any light: pixels tell the light, not the shape."""
    rng = np.random.default_rng(0)
    shape = rng.integers(3, size=n)
    light = rng.uniform(0.2, 1, size=(n, 1, 1))
    pixels = np.full((n, 12, 12), 120.0)
    for row, kind in enumerate(shape):
        y, x = rng.integers(0, 5, size=2)
        block = pixels[row, y : y + 8, x : x + 8]
        block[{0: np.s_[3:5], 1: np.s_[:, 3:5], 2: np.s_[2:6, 2:6]}[int(kind)]] += 60
    pixels *= light
    values = pixels.clip(0, 255).astype(np.uint8).reshape(n, -1)
    images = pa.FixedSizeListArray.from_arrays(pa.array(values.reshape(-1)), 144)
    field = pa.field("image", images.type, metadata={"belvedere.kind": "image", "belvedere.shape": "12,12,1"})
    return Source("signs", pa.table([images], schema=pa.schema([field]))), Schema((Column("image", "image"),)), shape


def table(n: int = 1200, *, noise: bool = False) -> tuple[Source, Schema, np.ndarray]:
    """Twelve numbers that follow one of four classes weakly, and a category; or nothing but noise."""
    rng = np.random.default_rng(0)
    kind = rng.integers(4, size=n)
    centers = np.zeros((4, 12)) if noise else np.random.default_rng(1).normal(size=(4, 12)) * 1.2
    values = centers[kind] + rng.normal(size=(n, 12))
    columns = {f"x{i}": values[:, i] for i in range(12)} | {"job": rng.choice(["cook", "clerk"], size=n)}
    kinds = [Column(name, "category" if name == "job" else "number") for name in columns]
    return Source("table", pa.table(columns)), Schema(tuple(kinds)), kind


def batch_of_every_kind() -> tuple[dict[str, torch.Tensor], tuple[Input, ...]]:
    grams = torch.randint(1, 50, (40, 6))
    grams[0, 1:] = 0
    batch = {
        "0.value": torch.arange(40.0), "0.missing": torch.zeros(40), "1.code": torch.arange(40),
        "2.pixels": torch.randint(0, 255, (40, 8, 8, 3), dtype=torch.uint8),
        "3.grams": grams, "3.tokens": grams.clone(),
        "4.steps": torch.randn(40, 30, 2), "4.length": torch.randint(1, 31, (40,)), "5.value": torch.randn(40, 7),
    }  # fmt: skip
    kinds = ("number", "category", "image", "text", "sequence", "vector")
    return batch, tuple(Input(kind, kind, {}) for kind in kinds)  # type: ignore[arg-type]


def test_a_view_keeps_names_and_shapes_and_changes_every_kind() -> None:
    torch.manual_seed(0)
    batch, inputs = batch_of_every_kind()

    view = make_view(batch, inputs, Looks())

    assert view.keys() == batch.keys()
    for name, values in batch.items():
        assert view[name].shape == values.shape, name
    for position in range(6):
        changed = [not torch.equal(view[k].float(), batch[k].float()) for k in batch if k.startswith(f"{position}.")]
        assert any(changed), position


def test_views_stay_in_their_ranges() -> None:
    torch.manual_seed(0)
    batch, inputs = batch_of_every_kind()

    view = make_view(batch, inputs, Looks(mirror=True))

    assert bool(((view["2.pixels"] >= 0) & (view["2.pixels"] <= 255)).all())
    assert bool((view["3.grams"] != 0).any(dim=1).all()), "a text keeps a word"
    assert set(view["0.value"].tolist()) <= set(batch["0.value"].tolist()), "cells come from the same column"
    assert bool((view["4.length"] >= 1).all() and (view["4.length"] <= batch["4.length"]).all())
    beyond = torch.arange(30)[None, :] >= view["4.length"][:, None]
    assert float(view["4.steps"][beyond].abs().max()) == 0


def test_a_cell_keeps_its_missing_flag_when_it_is_swapped() -> None:
    torch.manual_seed(0)
    value = torch.arange(50.0)
    batch = {"0.value": value, "0.missing": (value % 2 == 0).float()}

    view = make_view(batch, (Input("a", "number", {}),), Looks(swapped=0.9))

    assert torch.equal(view["0.missing"], (view["0.value"] % 2 == 0).float())


def test_the_contrast_is_lowest_where_each_row_finds_its_own_other_look() -> None:
    looks = torch.eye(8)

    own, strangers = torch.cat([looks, looks], 1), torch.cat([looks, looks.roll(1, 0)], 1)

    assert contrast_loss(own, looks) < contrast_loss(strangers, looks)


def test_pictures_are_mirrored_only_where_their_mirror_images_are_at_home() -> None:
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 30, size=(200, 8, 8, 1)).astype(np.uint8)
    pixels[:, :, :3] += 200
    inputs = (Input("a", "image", {}),)
    both = pixels.copy()
    both[::2] = both[::2, :, ::-1]

    assert not mirrors_itself({"0.pixels": pixels}, inputs)
    assert mirrors_itself({"0.pixels": both}, inputs)


def test_a_space_that_knows_what_belongs_together_foresees_more_than_noise() -> None:
    rng = np.random.default_rng(0)
    kind = rng.integers(4, size=400)
    hidden = np.eye(4, dtype=np.float32)[kind] + rng.normal(size=(400, 4)).astype(np.float32) * 0.1
    knows, noise = np.eye(4, dtype=np.float32)[kind] * 9, rng.normal(size=(400, 4)).astype(np.float32)
    knows = knows + rng.normal(size=(400, 4)).astype(np.float32) * 0.1

    assert foresight(knows, hidden).mean() > 0.8
    assert abs(foresight(noise, hidden).mean()) < 0.1
    parts = [Parts(pa.table({"row": np.arange(400)}), hidden)]
    assert compare_foresight(parts, lambda _: noise, lambda _: knows).learned_wins
    assert not compare_foresight(parts, lambda _: knows, lambda _: knows).learned_wins, "a draw is no win"


def test_a_collapsed_space_has_hardly_any_rank() -> None:
    rng = np.random.default_rng(0)
    line = rng.normal(size=(300, 1)).astype(np.float32) * np.ones((1, 16), np.float32)

    assert effective_rank(line) < 1.1
    assert effective_rank(rng.normal(size=(300, 16)).astype(np.float32)) > 14


def test_a_space_that_recognizes_rows_by_another_look_beats_one_that_does_not() -> None:
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(200, 8)).astype(np.float32)
    table, look = (pa.table({"row": np.arange(200), "is_look": [is_look] * 200}) for is_look in (False, True))

    def steady(asked: pa.Table) -> np.ndarray:
        return rows + (rng.normal(size=rows.shape) * 0.05).astype(np.float32)

    def shaken(asked: pa.Table) -> np.ndarray:
        return rows[::-1] if asked["is_look"][0].as_py() else rows

    assert compare_recognition(table, [look], shaken, steady).learned_wins
    assert not compare_recognition(table, [look], steady, shaken).learned_wins
    assert not compare_recognition(table, [look], shaken, shaken).learned_wins


@pytest.mark.parametrize("kind", ["text", "sequence", "image", "table"])
def test_the_hidden_part_is_not_shown(kind: str) -> None:
    from belvedere.kinds import fit_inputs

    rng = np.random.default_rng(0)
    if kind == "image":
        source, schema, _ = signs(30)
    elif kind == "table":
        source, schema, _ = table(60)
    else:
        texts = [" ".join(rng.choice(["red", "blue", "green", "old", "new"], size=8)) for _ in range(30)]
        waves = pa.array([rng.normal(size=40).astype(np.float32) for _ in range(30)], pa.list_(pa.float32()))
        source = Source("t", pa.table({"a": texts if kind == "text" else waves}))
        schema = Schema((Column("a", kind),))  # type: ignore[arg-type]
    inputs = fit_inputs(source.table, schema)

    parts = list(cut_rows(source.table, inputs, seed=0))

    assert len(parts) == 4
    assert all(len(part.shown) == len(part.hidden) == source.n_rows for part in parts)
    for part in parts:
        if kind == "text":
            assert sum(len(t) for t in part.shown["a"].to_pylist()) < sum(len(t) for t in source.table["a"].to_pylist())
        elif kind == "sequence":
            assert {len(one) for one in part.shown["a"].to_pylist()} == {24}
        elif kind == "table":
            lost = [name for name in part.shown.column_names if part.shown[name].null_count == 60]
            assert len(lost) == 6
        else:
            assert not part.shown["image"].equals(source.table["image"])


def test_pictures_in_any_light_are_learned_by_shape() -> None:
    source, schema, shape = signs()

    learned = learn(source, schema, replace(QUICK, epochs=30, space="learned", latent_dims=16, seed=1))
    plain = learn(source, schema, replace(QUICK, space="plain"))

    assert learned.config["network"] == "resnet"
    assert nearest_alike(learned.latent, shape) > nearest_alike(plain.latent, shape) + 0.1
    assert np.allclose(np.linalg.norm(learned.latent, axis=1), 1, atol=1e-4)


def nearest_alike(space: np.ndarray, kind: np.ndarray) -> float:
    """Share of rows whose nearest other row is of their kind."""
    apart = np.square(space[:, None] - space[None]).sum(axis=2)
    np.fill_diagonal(apart, np.inf)
    return float((kind[apart.argmin(axis=1)] == kind).mean())


def test_where_neither_space_foresees_anything_the_question_is_mute() -> None:
    """Short texts: what some words tell of the others is next to nothing, in any space."""
    assert Comparison(0.009, 0.007, 0.0004, 1500, mute=0.05).learned_wins
    assert not Comparison(0.09, 0.07, 0.0004, 1500, mute=0.05).learned_wins
    assert not Comparison(0.009, 0.007, 0.0004, 1500).learned_wins


def test_the_choice_follows_the_numbers_that_are_told() -> None:
    for noise in (False, True):
        source, schema, _ = table(noise=noise)

        learned = learn(source, schema, replace(QUICK, epochs=8))

        told = learned.evaluation["space"]
        leads = told["learned"] - told["plain"] > 2 * told["error"] and told["effective_rank"] >= 4
        assert (learned.config["network"] != "none") == leads == told["learned_wins"]
        assert any("foresees" in note for note in learned.notes)
        if noise:
            assert learned.config["network"] == "none", "noise holds nothing to learn"


def test_rows_that_decide_between_the_spaces_are_not_learned_from() -> None:
    from belvedere.learn.case import prepare
    from belvedere.learn.unlabelled import try_network
    from belvedere.progress import Silent

    source, schema, _ = table(300)

    tried = try_network(prepare(source, schema, replace(QUICK, epochs=1)), "tabular", Silent())

    assert tried.n_rows == 240
    assert len(tried.asked) == 60


def test_the_same_seed_learns_the_same_space() -> None:
    source, schema, _ = table(300)

    first, second = (learn(source, schema, replace(QUICK, space="learned")) for _ in range(2))

    assert np.array_equal(first.latent, second.latent)


def test_few_rows_are_mapped_plainly_and_say_so() -> None:
    source, schema, _ = table(100)

    learned = learn(source, schema, QUICK)

    assert learned.config["network"] == "none"
    assert any("1,000 rows on, and there are 100" in note for note in learned.notes)


@pytest.mark.parametrize(
    ("wrong", "said"), [({"space": "latent"}, "space must be"), ({"space": "learned", "network": "none"}, "network is")]
)
def test_a_space_that_does_not_exist_is_refused(wrong: dict[str, str], said: str) -> None:
    source, schema, _ = table(50)

    with pytest.raises(SettingError, match=said):
        learn(source, schema, replace(QUICK, **wrong))  # type: ignore[arg-type]


def test_new_rows_reach_the_learned_space_and_predictions_are_refused() -> None:
    source, schema, _ = table(200)

    learned = learn(source, schema, replace(QUICK, network="tabular"))

    assert np.allclose(embed_rows(learned.config, learned.tensors, source.read(0, 5)), learned.latent[:5], atol=1e-5)
    with pytest.raises(SettingError, match="target"):
        predict_rows(learned.config, learned.tensors, source.read(0, 5))


def test_a_map_of_a_learned_space_is_saved_opened_placed_and_explained(tmp_path) -> None:  # type: ignore[no-untyped-def]
    source, _, _ = signs(60)

    made = bv.map(source.table, learning=replace(QUICK, space="learned", epochs=1)).save(tmp_path / "a.map")
    opened = bv.open(tmp_path / "a.map")

    assert opened.place(source.table.slice(0, 4)).places.shape == (4, 2)
    assert opened.explain(rows=[0])
    assert "without a target" in str(made.content.provenance["space"])
