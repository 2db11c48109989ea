"""Starting from a network that was learned before: what is taken over, what rests, and that it helps."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

import belvedere as bv
from belvedere.errors import MapFolderError, SettingError
from belvedere.learn import Learned, LearnSettings, learn
from belvedere.types import Column, Schema, Source

QUICK = LearnSettings(epochs=3, threads=1, width=16, latent_dims=16)
MARKS = [np.s_[3:5], np.s_[:, 3:5], np.s_[2:6, 2:6], np.s_[1:3, 1:7], np.s_[1:7, 1:3], np.s_[5:7, 5:7]]


def marks(n: int, kinds: tuple[int, ...], *, seed: int) -> tuple[Source, Schema]:
    """Faint marks of some kinds somewhere in a noisy picture."""
    rng = np.random.default_rng(seed)
    kind = rng.choice(kinds, size=n)
    pixels = rng.normal(90, 25, size=(n, 14, 14))
    for row, one in enumerate(kind):
        y, x = rng.integers(0, 7, size=2)
        pixels[row, y : y + 8, x : x + 8][MARKS[int(one)]] += 110
    flat = pixels.clip(0, 255).astype(np.uint8).reshape(-1)
    images = pa.FixedSizeListArray.from_arrays(pa.array(flat), 196)
    note = {"belvedere.kind": "image", "belvedere.shape": "14,14,1"}
    fields = [pa.field("picture", images.type, metadata=note), pa.field("mark", pa.string())]
    table = pa.table([images, pa.array([f"mark {one}" for one in kind])], schema=pa.schema(fields))
    return Source("marks", table), Schema((Column("picture", "image"), Column("mark", "category", "target")))


@pytest.fixture(scope="module")
def old_map(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A map of pictures with three kinds of marks."""
    source, _ = marks(240, (0, 1, 2), seed=0)
    folder = tmp_path_factory.mktemp("old") / "old.map"
    bv.map(source.table, target="mark", learning=replace(QUICK, epochs=25)).save(folder)
    return str(folder)


def accuracy(learned: Learned) -> float:
    return next(score.value for score in learned.scores if score.name == "accuracy")


def old_weights(path: str) -> dict[str, np.ndarray]:
    tensors = bv.open(path).content.network_tensors or {}
    return {k.removeprefix("learn."): np.asarray(v) for k, v in tensors.items() if k.startswith("learn.network.")}


def moved(learned: Learned, path: str, layer: str) -> float:
    """How far the weights of a layer moved from the old ones."""
    name = next(n for n in old_weights(path) if layer in n and n.endswith("weight") and learned.tensors[n].ndim > 1)
    return float(np.abs(learned.tensors[name] - old_weights(path)[name]).mean())


def test_new_kinds_are_learned_from_few_labels_by_a_network_that_knows_others(old_map: str) -> None:
    source, schema = marks(150, (3, 4, 5), seed=1)
    source = Source("few", source.table.append_column("split", pa.array(["train"] * 15 + ["test"] * 135)))
    schema = Schema((*schema.columns, Column("split", "category", "split")))

    anew, started = (
        [learn(source, schema, replace(QUICK, epochs=15, seed=seed, start_from=start)) for seed in (0, 1)]
        for start in (None, old_map)
    )

    assert np.mean([accuracy(one) for one in started]) > np.mean([accuracy(one) for one in anew]) + 0.05
    assert any("Started from the network 'resnet'" in note for note in started[0].notes)


def test_a_frozen_network_keeps_its_weights_and_a_free_one_moves_its_first_layers_least(old_map: str) -> None:
    source, schema = marks(60, (3, 4), seed=2)

    frozen = learn(source, schema, replace(QUICK, start_from=old_map, freeze=1.0))
    free = learn(source, schema, replace(QUICK, start_from=old_map, freeze=0.0, start_rate=0.01))

    assert moved(frozen, old_map, "stem") == 0
    assert moved(frozen, old_map, "to_latent") == 0
    assert 0 < moved(free, old_map, "stem") < moved(free, old_map, "to_latent")


def test_columns_are_seen_as_the_old_network_saw_them(old_map: str) -> None:
    source, schema = marks(60, (3, 4), seed=2)
    darker = pa.FixedSizeListArray.from_arrays(
        pa.array(source.table["picture"].combine_chunks().flatten().to_numpy() // 3), 196
    )
    source = Source("dark", source.table.set_column(0, source.table.schema.field(0), darker))

    learned = learn(source, schema, replace(QUICK, start_from=old_map, epochs=1))

    old = (bv.open(old_map).content.network_config or {})["learn"]["inputs"][0]["info"]
    assert learned.inputs[0].info["mean"] == old["mean"]


def test_what_cannot_be_started_from_is_refused_in_one_sentence(old_map: str, tmp_path: Path) -> None:
    table = pa.table({"x": np.arange(30.0), "label": ["a", "b"] * 15})
    schema = Schema((Column("x", "number"), Column("label", "category", "target")))
    bv.map(table.select(["x"])).save(tmp_path / "plain.map")

    with pytest.raises(SettingError, match="read image and these are number"):
        learn(Source("t", table), schema, replace(QUICK, start_from=old_map))
    with pytest.raises(SettingError, match="shows the plain columns"):
        learn(Source("t", table), schema, replace(QUICK, start_from=str(tmp_path / "plain.map")))
    with pytest.raises(MapFolderError):
        learn(Source("t", table), schema, replace(QUICK, start_from=str(tmp_path / "nothing.map")))
    with pytest.raises(SettingError, match="freeze must lie"):
        learn(Source("t", table), schema, replace(QUICK, freeze=2.0))
