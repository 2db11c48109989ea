"""Networks from outside: torch modules, a Keras model, a pretrained text encoder from a folder."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import torch
from torch import nn

import belvedere
from belvedere import DeepMap, LearnSettings
from belvedere.draw import DrawSettings
from belvedere.errors import SettingError
from belvedere.learn import predict_rows

N = 48
QUICK = DrawSettings(n_threads=1)


def pictures() -> pa.Table:
    """Bright left halves against bright right halves, 8 x 8, with noise."""
    rng = np.random.default_rng(0)
    pixels, side = rng.integers(0, 60, (N, 8, 8, 1)), np.arange(N) % 2
    pixels[side == 0, :, :4] += 150
    pixels[side == 1, :, 4:] += 150
    flat = pa.array(pixels.astype(np.uint8).reshape(-1))
    field = pa.field(
        "picture", pa.list_(pa.uint8(), 64), metadata={"belvedere.shape": "8,8,1", "belvedere.kind": "image"}
    )
    sides = pa.array(np.array(["left", "right"])[side])
    column = pa.FixedSizeListArray.from_arrays(flat, 64)
    return pa.table([column, sides], schema=pa.schema([field, pa.field("side", pa.string())]))


class Small(nn.Module):
    """A convolution of one's own."""

    def __init__(self, dims: int = 6) -> None:
        super().__init__()
        self.look, self.norm, self.last = nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.Linear(4 * 36, dims)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(rows, 1, 8, 8) -> (rows, dims)."""
        y: torch.Tensor = self.last(torch.relu(self.norm(self.look(x))).flatten(1))
        return y


@pytest.fixture(scope="module")
def guest_map(tmp_path_factory: pytest.TempPathFactory) -> tuple[belvedere.Map, Small, Path]:
    """A map that a module of one's own learned."""
    torch.manual_seed(3)
    module = Small()
    before = {name: value.clone() for name, value in module.state_dict().items()}
    learning = LearnSettings(network=module, epochs=8, holdout=0.25)
    made = belvedere.map(pictures(), target="side", learning=learning, drawing=QUICK)
    assert all(torch.equal(before[name], value) for name, value in module.state_dict().items()), "it must be copied"
    path = tmp_path_factory.mktemp("guest") / "own.map"
    made.save(path)
    return made, module, path


def test_a_module_of_ones_own_learns_embeds_and_is_mapped(guest_map: tuple[belvedere.Map, Small, Path]) -> None:
    made, _, _ = guest_map
    assert made.content.latent is not None
    assert made.content.latent.shape == (N, 6)
    assert made.score("accuracy").value > 0.9
    assert "guest:Small" in made.content.provenance["space"]


def test_a_map_of_a_guest_places_only_when_the_code_is_handed_over(
    guest_map: tuple[belvedere.Map, Small, Path],
) -> None:
    made, _, path = guest_map
    rows = pictures().slice(0, 10)
    wanted = made.place(rows)
    bare = belvedere.open(path)
    with pytest.raises(SettingError, match=r"code is not in the map.*belvedere.open\(path, network=…\)"):
        bare.place(rows)
    with pytest.raises(SettingError, match="code is not in the map"):
        bare.explain([0])
    for again in (Small(), Small):  # other weights, or only what makes it: the map's weights count
        opened = belvedere.open(path, network=again)
        np.testing.assert_array_equal(opened.place(rows).places, wanted.places)
    assert json.loads((path / "network" / "config.json").read_text())["learn"]["parts"][0]["network"] == "guest:Small"


def test_another_module_than_the_one_that_learned_is_refused(guest_map: tuple[belvedere.Map, Small, Path]) -> None:
    _, _, path = guest_map
    with pytest.raises(SettingError, match="must be the one that this map learned with"):
        belvedere.open(path, network=Small(dims=7)).place(pictures())


def test_a_guest_on_images_is_explained_by_its_pixels(guest_map: tuple[belvedere.Map, Small, Path]) -> None:
    made, _, _ = guest_map
    found = made.explain([0], what="prediction")[0]
    (detail,) = found.details
    assert detail.shape == (8, 8)
    assert abs(sum(pull.amount[0] for pull in found.pulls) - (found.reached[0] - found.start[0])) < 0.1


def test_a_network_handed_to_a_map_of_ours_is_refused(tmp_path: Path) -> None:
    table = pa.table({"x": np.arange(30.0), "y": np.arange(30.0) ** 2})
    belvedere.map(table, learning=LearnSettings(network="none"), drawing=QUICK).save(tmp_path / "plain.map")
    with pytest.raises(SettingError, match="only be handed to a map that learned with one from your code"):
        belvedere.open(tmp_path / "plain.map", network=Small())


@pytest.mark.parametrize("network", ["auto", nn.Sequential(nn.Linear(3, 16), nn.ReLU(), nn.Linear(16, 4))])
def test_deepmap_takes_a_module_for_tables_and_explains_its_columns(network: object) -> None:
    rng = np.random.default_rng(1)
    X = rng.normal(size=(160, 3))
    y = (X[:, 1] > 0).astype(int)
    model = DeepMap(network=network, epochs=60).fit(X, y)
    assert model.score(X, y) > 0.85
    found = model.map_.explain([0, 1, 2, 3], what="prediction")
    assert sum(e.pulls[0].column == "x1" for e in found) >= 3


class Lengths(nn.Module):
    """Reads sequences and their lengths."""

    reads = "sequence"

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(1, 5)

    def forward(self, steps: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        """Mean over real steps."""
        assert lengths.shape == (len(steps),)
        y: torch.Tensor = self.layer(steps.sum(dim=1) / lengths[:, None].clamp(min=1))
        return y


class Named(nn.Module):
    """Reads all arrays by name."""

    reads = "batch"

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(2, 5)

    def forward(self, batch: dict[str, torch.Tensor]) -> torch.Tensor:
        """Two of them."""
        y: torch.Tensor = self.layer(torch.stack([batch["x.value"], batch["curve.length"].float()], dim=1))
        return y


def mixed() -> pa.Table:
    """A number and a sequence."""
    rng = np.random.default_rng(2)
    x = rng.normal(size=N)
    curves = [rng.normal(size=rng.integers(3, 9)).tolist() for _ in range(N)]
    return pa.table({"x": x, "curve": pa.array(curves), "y": np.where(x > 0, "a", "b")})


@pytest.mark.parametrize(("network", "n_encoders"), [(Lengths, 2), (Named, 1)])
def test_a_guest_reads_sequences_with_lengths_or_the_whole_batch(network: type[nn.Module], n_encoders: int) -> None:
    learning = LearnSettings(network=network, epochs=2)
    made = belvedere.map(mixed(), target="y", kinds={"curve": "sequence"}, learning=learning, drawing=QUICK)
    assert made.network is not None
    assert len(made.network["learn"]["parts"]) == n_encoders
    made.place(mixed())
    if network is Named:
        with pytest.raises(SettingError, match="must read pixels, steps or cells to be explained"):
            made.explain([0])


def test_a_function_may_fit_a_guest_to_the_words_of_a_text() -> None:
    def bag(inputs: list[belvedere.types.Input]) -> nn.Module:
        return nn.Sequential(nn.Embedding(inputs[0].info["n_tokens"], 8), nn.Flatten(), nn.LazyLinear(8))

    words = ["a good day for sailing", "a bad night for boats"]
    table = pa.table({"text": [f"{words[i % 2]} number {i}" for i in range(N)], "y": [str(i % 2) for i in range(N)]})
    learning = LearnSettings(network=bag, epochs=3)
    made = belvedere.map(table, target="y", kinds={"text": "text"}, learning=learning, drawing=QUICK)
    assert made.content.latent is not None
    assert made.content.latent.shape == (N, 8)


@pytest.mark.parametrize(
    ("network", "said"),
    [
        (nn.Linear(5, 3), r"must take the first argument float32 \(2, 1, 8, 8\), but raised RuntimeError"),
        (nn.Conv2d(1, 2, 3), r"must give one vector per row.*gives \(2, 2, 6, 6\).*Pool or flatten"),
        (lambda: 3, "must make a torch.nn.Module, but makes a int"),
        (3.5, "must be a name, a torch.nn.Module, or a function that makes one, but is a float"),
    ],
)
def test_a_guest_that_does_not_fit_is_refused_in_one_sentence(network: object, said: str) -> None:
    with pytest.raises(SettingError, match=said):
        belvedere.map(pictures(), target="side", learning=LearnSettings(network=network, epochs=1), drawing=QUICK)


KERAS = """
import sys; sys.path.insert(0, sys.argv[1])
import keras, numpy as np, torch
import belvedere
from belvedere import LearnSettings
from belvedere.networks import network_from
from test_guest import pictures, QUICK
keras.utils.set_random_seed(0)
def make():
    return keras.Sequential([keras.layers.Input((8, 8, 1)), keras.layers.Conv2D(4, 3, activation="relu"),
        keras.layers.BatchNormalization(), keras.layers.Flatten(), keras.layers.Dropout(0.5), keras.layers.Dense(6)])
model = make()
start = [w.copy() for w in model.get_weights()]
made = belvedere.map(pictures(), target="side", learning=LearnSettings(network=model, epochs=8), drawing=QUICK)
assert all((a == b).all() for a, b in zip(start, model.get_weights()))
assert made.score("accuracy").value > 0.9, made.score("accuracy")
made.save(sys.argv[2])
again = belvedere.open(sys.argv[2], network=make())
assert (again.place(pictures()).places == made.place(pictures()).places).all()
encoder = network_from(*made._halves()[0]).encoders[0]
x = {"0.pixels": torch.from_numpy(np.random.default_rng(0).integers(0, 255, (4, 8, 8, 1)).astype(np.uint8))}
assert torch.equal(encoder.eval()(x), encoder(x))
encoder.train(); assert not torch.equal(encoder(x), encoder(x)), "dropout must be on while training"
kept = again.network["learn"]["parts"][0]["network"]
assert kept == "guest:Sequential", kept
assert len(made.explain([0])[0].details) == 1
print("well")
"""


def test_a_keras_model_learns_with_dropout_and_its_weights_fit_again(tmp_path: Path) -> None:
    if importlib.util.find_spec("keras") is None:
        pytest.skip("Keras is not installed (extra keras)")
    env = {**os.environ, "KERAS_BACKEND": "torch", "KERAS_HOME": str(tmp_path)}
    command = [sys.executable, "-c", KERAS, str(Path(__file__).parent), str(tmp_path / "k.map")]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert done.stdout.strip().endswith("well"), done.stderr[-3000:]


WORDS = "the a boat sails sinks at sea in rain wind calm storm harbor".split()


@pytest.fixture(scope="module")
def bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny BERT with random weights and a tokenizer of its own, saved as a folder."""
    transformers = pytest.importorskip("transformers", reason="transformers is not installed (extra transformers)")
    folder = tmp_path_factory.mktemp("models") / "tiny-bert"
    torch.manual_seed(0)
    folder.mkdir()
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS]
    (folder / "vocab.txt").write_text("\n".join(vocabulary))
    sizes = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}
    config = transformers.BertConfig(vocab_size=len(vocabulary), max_position_embeddings=34, **sizes)
    transformers.BertModel(config).save_pretrained(folder)
    transformers.BertTokenizerFast(str(folder / "vocab.txt")).save_pretrained(folder)
    return folder


def sentences() -> pa.Table:
    """Two kinds of sentences, one empty."""
    rng = np.random.default_rng(0)
    ends = ["sails at sea in calm wind", "sinks in storm rain the harbor"]
    texts = [f"{rng.choice(WORDS)} boat {ends[i % 2]} {rng.choice(WORDS)}" for i in range(N)]
    texts[5] = ""
    return pa.table({"text": texts, "y": [str(i % 2) for i in range(N)]})


KINDS = {"text": "text"}


def test_a_pretrained_folder_rests_and_its_map_needs_the_folder_no_more(bert: Path, tmp_path: Path) -> None:
    from safetensors.numpy import load_file

    learning = LearnSettings(network=f"hf:{bert}", epochs=30)
    made = belvedere.map(sentences(), target="y", kinds=KINDS, learning=learning, drawing=QUICK)
    assert made.score("accuracy").value > 0.8
    made.save(tmp_path / "hf.map")
    words = "".join(p.read_text() for p in (tmp_path / "hf.map").rglob("*.json"))
    assert str(bert.parent) not in words, "a map must not tell where on a disk the encoder lay"
    weights = load_file(bert / "model.safetensors")
    kept = made.content.network_tensors or {}
    name = "embeddings.word_embeddings.weight"
    np.testing.assert_array_equal(kept[f"learn.network.encoders.0.body.{name}"], weights[name])
    hidden = bert.rename(bert.with_name("elsewhere"))
    try:
        again = belvedere.open(tmp_path / "hf.map")
        np.testing.assert_allclose(again.place(sentences()).places, made.place(sentences()).places, atol=1e-4)
    finally:
        hidden.rename(bert)
    with pytest.raises(SettingError, match="must be one that can be explained"):
        made.explain([0])


def test_fine_tuning_moves_the_encoder_and_nothing_else_does(bert: Path) -> None:
    from belvedere.kinds import learn_kinds
    from belvedere.learn import learn
    from belvedere.sources import open_source

    source = open_source(sentences())
    schema = learn_kinds(source, target="y", overrides=KINDS)
    name = "network.encoders.0.body.embeddings.word_embeddings.weight"
    found = {}
    for tuned in (False, True):
        learned = learn(source, schema, LearnSettings(network=f"hf:{bert}", finetune=tuned, epochs=2, target="y"))
        found[tuned] = learned.tensors[name]
        assert predict_rows(learned.config, learned.tensors, source.table)[0].shape == (N,)
    assert 0 < np.abs(found[True] - found[False]).max() < 0.1


def test_without_a_target_the_vectors_of_the_folder_are_mapped_as_they_are(bert: Path) -> None:
    import transformers

    table = sentences().select(["text"])
    made = belvedere.map(table, kinds=KINDS, learning=LearnSettings(network=f"hf:{bert}"), drawing=QUICK)
    assert "as it is" in made.content.provenance["space"]
    cutter, body = transformers.AutoTokenizer.from_pretrained(bert), transformers.AutoModel.from_pretrained(bert).eval()
    cut = cutter(table["text"].to_pylist()[:3], padding=True, return_tensors="pt")
    weight = cut["attention_mask"][:, :, None].float()
    with torch.no_grad():
        wanted = (body(**cut).last_hidden_state * weight).sum(dim=1) / weight.sum(dim=1)
    assert made.content.latent is not None
    np.testing.assert_allclose(made.content.latent[:3], wanted.numpy(), atol=2e-3)  # float16


def test_nothing_is_downloaded_unless_allowed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    hub = pytest.importorskip("huggingface_hub", reason="transformers is not installed (extra transformers)")
    asked = []

    def fetch(name: str, **_: object) -> str:
        asked.append(name)
        raise OSError("no network")

    monkeypatch.setattr(hub, "snapshot_download", fetch)
    with pytest.raises(SettingError, match=r"there is none at 'some/model'.*--allow-download"):
        belvedere.map(sentences(), target="y", kinds=KINDS, learning=LearnSettings(network="hf:some/model"))
    assert not asked
    allowed = LearnSettings(network="hf:some/model", allow_download=True)
    with pytest.raises(SettingError, match=r"could not be read .OSError: no network"):
        belvedere.map(sentences(), target="y", kinds=KINDS, learning=allowed)
    assert asked == ["some/model"]
    with pytest.raises(SettingError, match=r"must have config.json, model.safetensors and a fast tokenizer"):
        belvedere.map(sentences(), target="y", kinds=KINDS, learning=LearnSettings(network=f"hf:{tmp_path}"))
