"""Networks: the textbook ones count exactly; every one in the table reads its kinds, saves and comes back the same."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from belvedere.errors import SettingError
from belvedere.learn import LearnSettings
from belvedere.learn.fit import images_may_vary
from belvedere.networks import NETWORKS, Shape, build_network, choose_network, network_from, tensors_of
from belvedere.networks.blocks import OneBiasLSTM, PiecewiseLinear
from belvedere.networks.images import jiggled, shifted
from belvedere.networks.row import Network
from belvedere.types import Input, Target

BINARY, TEN = Target("y", "binary", ("no", "yes")), Target("y", "multiclass", tuple("abcdefghij"))
EXAMPLES = {
    "number": Input("n", "number", {"quantiles": [-1.0, 0.0, 0.5, 2.0], "any_missing": True}),
    "category": Input("c", "category", {"n_codes": 5}),
    "boolean": Input("b", "boolean", {"n_codes": 4}),
    "time": Input("t", "time", {"d": 3}),
    "vector": Input("v", "vector", {"d": 300}),
    "image": Input("i", "image", {"height": 12, "width": 10, "channels": 3, "mean": [0.5] * 3, "std": [0.2] * 3}),
    "sequence": Input("s", "sequence", {"d": 2, "T": 30, "mean": [0, 0], "std": [1, 1]}),
    "text": Input("x", "text", {"n_tokens": 50, "length": 9, "n_grams": 64, "vocabulary": []}),
    "words": Input("w", "words", {"n_words": 20, "most_words": 7, "n_marks": 40, "n_grams": 64, "n_tokens": 50}),
    "position": Input("p", "position", {"largest": 6}),
}


def batch_of(inputs: tuple[Input, ...], n: int = 6) -> dict[str, torch.Tensor]:
    """Invented rows for these inputs."""
    torch.manual_seed(1)
    batch: dict[str, torch.Tensor] = {}
    for p, item in enumerate(inputs):
        batch |= {f"{p}.{part}": value for part, value in invented(item, n).items()}
    return batch


def inputs_of(name: str) -> tuple[Input, ...]:
    """One column of each kind that a network reads, with kernels for the one that needs them."""
    kernels = {"kernels": 40} if name == "rocket" else {}
    return tuple(replace(EXAMPLES[kind], info=EXAMPLES[kind].info | kernels) for kind in NETWORKS[name].kinds)


def invented(item: Input, n: int) -> dict[str, torch.Tensor]:
    """Invented values of one column, as `kinds` would make them."""
    info = item.info
    simple = {
        "number": lambda: {"value": torch.randn(n), "missing": (torch.rand(n) < 0.3).float()},
        "category": lambda: {"code": torch.randint(0, info["n_codes"], (n,))},
        "boolean": lambda: {"code": torch.randint(0, info["n_codes"], (n,))},
        "time": lambda: {"value": torch.randn(n, info["d"])},
        "vector": lambda: {"value": torch.randn(n, info["d"])},
        "image": lambda: {"pixels": torch.randint(0, 256, (n, 12, 10, 3), dtype=torch.uint8)},
        "sequence": lambda: {
            "steps": torch.randn(n, info["T"], info["d"]),
            "length": torch.randint(0, info["T"] + 1, (n,)),
            "kernels": torch.rand(n, info.get("kernels", 0)),
        },
        "position": lambda: {"place": torch.randint(-1, 7, (n,))},
    }
    if item.kind in simple:
        return simple[item.kind]()
    tokens, grams = torch.randint(0, 50, (n, 9)), torch.randint(0, 64, (n, 12))
    found = {"tokens": tokens.to(torch.int32), "grams": grams.to(torch.int32)}
    if item.kind == "words":
        lengths = torch.randint(0, 8, (n, 1))
        words = torch.randint(1, 20, (n, 7)) * (torch.arange(7) < lengths)
        found |= {"words": words, "marks": torch.randint(1, 40, (n, 7, 10)) * (words > 0)[:, :, None]}
    return found


def count(network: Network) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


@pytest.mark.parametrize(
    ("name", "inputs", "target", "expected"),
    [
        ("mlp", tuple(Input(f"n{i}", "number", {"any_missing": False}) for i in range(100)), BINARY, 1_611),
        (
            "cnn",
            (Input("i", "image", {"height": 28, "width": 28, "channels": 1, "mean": [0.3], "std": [0.3]}),),
            TEN,
            1_199_882,
        ),
        ("lstm", (Input("s", "sequence", {"d": 8, "T": 100}),), BINARY, 32_051),
        ("text_lstm", (Input("x", "text", {"n_tokens": 5000, "length": 100}),), BINARY, 550_451),
    ],
)
def test_the_textbook_networks_have_exactly_the_textbook_s_parameters(
    name: str, inputs: tuple[Input, ...], target: Target, expected: int
) -> None:
    assert count(build_network(inputs, target, network=name)) == expected


def test_our_lstm_equals_torch_s_when_its_second_bias_is_zero() -> None:
    ours, theirs = OneBiasLSTM(3, 4), torch.nn.LSTM(3, 4, batch_first=True)
    with torch.no_grad():
        theirs.weight_ih_l0.copy_(ours.weight_ih)
        theirs.weight_hh_l0.copy_(ours.weight_hh)
        theirs.bias_ih_l0.copy_(ours.bias)
        theirs.bias_hh_l0.zero_()
    x = torch.randn(2, 5, 3)

    assert torch.allclose(ours(x), theirs(x)[0], atol=1e-6)


@pytest.mark.parametrize("name", NETWORKS)
def test_every_network_reads_its_kinds_and_comes_back_from_config_and_tensors(name: str) -> None:
    """One promise for the whole table: a new line in it is covered from that moment."""
    inputs = inputs_of(name)
    batch = batch_of(inputs)
    torch.manual_seed(0)
    network = build_network(inputs, TEN, network=name).eval()

    again = network_from(network.config(), tensors_of(network))

    outputs = network(batch)
    outputs = outputs.mean(dim=1) if outputs.dim() == 3 else outputs
    assert again.latent(batch).shape == (6, network.dims)
    assert torch.allclose(again.output(again.latent(batch)), outputs, atol=1e-5)
    assert torch.isfinite(outputs).all()
    assert NETWORKS[name].about.endswith(".")


@pytest.mark.parametrize("name", NETWORKS)
def test_every_weight_of_every_network_learns(name: str) -> None:
    """A weight that no gradient reaches is a mistake in wiring."""
    inputs = inputs_of(name)
    network = build_network(inputs, TEN, network=name, settings=Shape(dropout=0.0)).train()

    (network(batch_of(inputs)) * torch.arange(10.0)).sum().backward()

    lost = [n for n, p in network.named_parameters() if p.grad is None or not torch.isfinite(p.grad).all()]
    assert not lost


def test_a_mixed_table_becomes_one_vector_per_row() -> None:
    inputs = tuple(EXAMPLES.values())

    choice = choose_network(inputs, TEN)
    network = build_network(inputs, TEN, network="auto")

    assert choice.name == "tabular+resnet+inceptiontime+ngrams"
    assert network.latent(batch_of(inputs)).shape == (6, 64)


@pytest.mark.parametrize(
    "name",
    ["lstm", "bilstm", "gru", "tcn", "transformer", "inceptiontime", "inceptiontime, sound", "inceptiontime, long"],
)
def test_padding_changes_nothing(name: str) -> None:
    """A row's vector depends neither on how many zeros stand behind its steps nor on how long other rows are."""
    info = {"sound": {"d": 40, "T": 60, "front": "mel"}, "long": {"d": 2, "T": 500}}.get(name.partition(", ")[2])
    item = Input("s", "sequence", info or {"d": 2, "T": 30})
    torch.manual_seed(1)
    steps, lengths = torch.randn(4, item.info["T"], item.info["d"]), torch.tensor([5, item.info["T"], 7, 1])
    for row, length in enumerate(lengths):
        steps[row, length:] = 0.0
    network = build_network((item,), TEN, network=name.partition(",")[0]).eval()

    together = network.latent({"0.steps": steps, "0.length": lengths})
    wider = torch.cat([steps, torch.zeros(4, 8, item.info["d"])], dim=1)
    alone = [network.latent({"0.steps": steps[i : i + 1], "0.length": lengths[i : i + 1]}) for i in range(4)]

    assert torch.allclose(together, network.latent({"0.steps": wider, "0.length": lengths}), atol=1e-5)
    assert torch.allclose(together, torch.cat(alone), atol=1e-5)


@pytest.mark.parametrize("name", ["bilstm", "gru", "tcn", "transformer", "bilstm_tagger", "transformer_tagger"])
def test_networks_that_answer_at_every_step_do_not_see_padding(name: str) -> None:
    """What is said of a row's steps does not depend on how long the other rows of its batch are."""
    kind = "words" if "tagger" in name else "sequence"
    target = Target("t", "tokens", ("O", "B-x", "I-x"))
    torch.manual_seed(0)
    network = build_network((EXAMPLES[kind],), target, network=name).eval()
    batch = batch_of((EXAMPLES[kind],))

    together = network.outputs(batch, network.latent(batch))
    alone = [
        network.outputs({key: value[i : i + 1] for key, value in batch.items()}, torch.empty(1, 1)) for i in range(6)
    ]

    assert together.shape == (6, (7 if kind == "words" else 30) * 3)
    assert torch.allclose(together, torch.cat(alone), atol=1e-5, equal_nan=True)


def test_piecewise_linear_codes_rise_with_the_value_and_survive_outliers() -> None:
    layer = PiecewiseLinear([[-1.0, 0.0, 2.0], [0.0]], dims=3)
    values = torch.tensor([[-1e9, 0.0], [0.5, 1.0], [1e9, float(np.float32(1e9))]])

    code = layer.climb(values)

    assert (code[1:, 0] >= code[:-1, 0]).all()
    assert torch.isfinite(layer(values)).all()
    assert (code[:, 1] == 0).all()  # a constant column has no bins


def test_shifted_images_keep_their_pixels() -> None:
    pixels = torch.arange(9.0).reshape(1, 1, 3, 3)
    torch.manual_seed(0)

    moved = shifted(pixels, reach=1)

    assert moved.shape == pixels.shape
    assert set(moved.flatten().tolist()) <= set(range(9))


def test_a_mistyped_network_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(SettingError, match="Did you mean 'resnet'"):
        choose_network((EXAMPLES["image"],), TEN, "resnt")


def test_a_network_for_other_kinds_is_refused_naming_both() -> None:
    with pytest.raises(SettingError, match="'cnn' reads columns of kind image, but these data hold number"):
        choose_network((EXAMPLES["number"],), TEN, "cnn")


def test_no_network_cannot_learn_a_target() -> None:
    with pytest.raises(SettingError, match="network is 'none'"):
        choose_network((EXAMPLES["number"],), TEN, "none")


def test_a_jiggled_picture_still_shows_what_it_showed() -> None:
    """A gray ramp stays a ramp: turned, grown and lit a little, another time otherwise."""
    ramp = torch.linspace(-1, 1, 24).expand(16, 3, 24, 24).contiguous()
    torch.manual_seed(0)

    first, second = jiggled(ramp, reach=2), jiggled(ramp, reach=2)

    assert first.shape == ramp.shape
    assert not torch.equal(first, second)
    for picture in first:
        assert float(torch.corrcoef(torch.stack([picture.flatten(), ramp[0].flatten()]))[0, 1]) > 0.9


def test_pictures_are_varied_where_they_are_few_and_learned_for_long() -> None:
    usual = LearnSettings()

    assert images_may_vary(usual, 8000)
    assert images_may_vary(LearnSettings(epochs=60), 8000)
    for n_rows in (999, 20_001):
        assert not images_may_vary(usual, n_rows)
    for short in (LearnSettings(epochs=10), LearnSettings(effort=0.3)):
        assert not images_may_vary(short, 8000)
