"""Run by test_keras_parity in a process of its own, since Keras chooses its backend once: prints JSON per network."""

import json
import os
import sys
from collections.abc import Callable

os.environ["KERAS_BACKEND"] = "torch"
import keras
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from belvedere.networks import build_network
from belvedere.types import Input, Target

BINARY, TEN = Target("y", "binary", ("no", "yes")), Target("y", "multiclass", tuple("0123456789"))
L = keras.layers
torch.manual_seed(0)
torch.set_num_threads(1)


def listings() -> dict[str, tuple[keras.Model, tuple[Input, ...], Target]]:
    """The four textbook listings and what our networks read in their place."""
    mlp = [L.Input((100,)), L.Dense(10, "relu"), L.Dense(50, "relu"), L.Dense(1, "sigmoid")]
    cnn = [
        L.Input((28, 28, 1)), L.Conv2D(32, 3, activation="relu"), L.Conv2D(64, 3, activation="relu"),
        L.MaxPooling2D(2), L.Flatten(), L.Dense(128, "relu"), L.Dense(10, "softmax"),
    ]  # fmt: skip
    lstm = [
        L.Input((12, 8)),
        L.LSTM(50, return_sequences=True),
        L.LSTM(50, return_sequences=True),
        L.Dense(1, "sigmoid"),
    ]
    text = [
        L.Input((12,)),
        L.Embedding(5000, 100),
        L.LSTM(50, return_sequences=True),
        L.LSTM(50),
        L.Dense(1, "sigmoid"),
    ]
    image = {"height": 28, "width": 28, "channels": 1, "mean": [0.0], "std": [1.0]}
    return {
        "mlp": (keras.Sequential(mlp), tuple(Input(f"n{i}", "number", {}) for i in range(100)), BINARY),
        "cnn": (keras.Sequential(cnn), (Input("i", "image", image),), TEN),
        "lstm": (keras.Sequential(lstm), (Input("s", "sequence", {"d": 8, "T": 12}),), BINARY),
        "text_lstm": (keras.Sequential(text), (Input("x", "text", {"n_tokens": 5000, "length": 12}),), BINARY),
    }


def rows_for(name: str, n: int = 6) -> tuple[np.ndarray, dict[str, Tensor]]:
    """The same rows as Keras and as our networks read them."""
    rng = np.random.default_rng(1)
    if name == "cnn":
        pixels = rng.integers(0, 256, size=(n, 28, 28, 1)).astype(np.uint8)
        return pixels.astype(np.float32) / 255, {"0.pixels": torch.from_numpy(pixels)}
    if name == "text_lstm":
        words = rng.integers(1, 5000, size=(n, 12)).astype(np.int32)
        return words, {"0.tokens": torch.from_numpy(words)}
    x = rng.normal(size=(n, 12, 8) if name == "lstm" else (n, 100)).astype(np.float32)
    if name == "lstm":
        return x, {"0.steps": torch.from_numpy(x), "0.length": torch.full((n,), 12)}
    return x, {f"{i}.value": torch.from_numpy(x[:, i].copy()) for i in range(100)}


def copy_over(theirs: np.ndarray, ours: nn.Parameter) -> None:
    """Dense and LSTM kernels are turned; convolution kernels go from height, width, in, out to out, in, height, width."""
    value = torch.from_numpy(theirs.copy())
    value = value.permute(3, 2, 0, 1) if value.dim() == 4 else value
    ours.data = (value.T if value.dim() == 2 and value.shape != ours.shape else value).clone().contiguous()


def logits(network: nn.Module, name: str, batch: dict[str, Tensor]) -> Tensor:
    """Our outputs; the LSTM's at every step, as in the listing."""
    if name == "lstm":
        return network.head(network.encoders[0].every_step(batch["0.steps"]))
    return network(batch)


def compare(name: str, model: keras.Model, inputs: tuple[Input, ...], target: Target) -> dict[str, object]:
    """Counts of parameters, the gap of outputs, and both losses before and after one step of Adam."""
    network = build_network(inputs, target, network=name)
    mine = list(network.parameters())
    for theirs, ours in zip(model.trainable_variables, mine, strict=True):
        copy_over(keras.ops.convert_to_numpy(theirs), ours)
    x, batch = rows_for(name)
    head = (lambda z: torch.softmax(z, -1)) if target is TEN else torch.sigmoid
    theirs = model(x, training=False)
    gap = float((theirs - head(logits(network, name, batch))).detach().abs().max())
    labels = torch.arange(len(x)) % (10 if target is TEN else 2)
    return {
        "counts": [model.count_params(), sum(p.numel() for p in mine)], "gap": gap,
        "keras": steps(list(model.parameters()), lambda: loss(model(x, training=True), labels, target)),
        "ours": steps(mine, lambda: loss(head(logits(network.train(), name, batch)), labels, target)),
    }  # fmt: skip


def loss(chances: Tensor, labels: Tensor, target: Target) -> Tensor:
    """Cross-entropy of probabilities."""
    if target is TEN:
        return functional.nll_loss(chances.clamp(min=1e-7).log(), labels)
    truth = labels.float().reshape(-1, *[1] * (chances.dim() - 1)).expand_as(chances)
    return functional.binary_cross_entropy(chances, truth)


def steps(weights: list[nn.Parameter], measure: Callable[[], Tensor]) -> list[float]:
    """The loss before and after one step."""
    optimizer = torch.optim.Adam(weights, lr=1e-3)
    before = measure()
    optimizer.zero_grad()
    before.backward()
    optimizer.step()
    with torch.no_grad():
        return [float(before), float(measure())]


if __name__ == "__main__":
    sys.stdout.write(json.dumps({name: compare(name, *parts) for name, parts in listings().items()}) + "\n")
