"""How fast the plain CNN and LSTM train here, in a bare PyTorch loop, and in Keras: samples per second.

    python benchmarks/training_speed.py [--rows 4096] [--rounds 5] [--threads 2]

The same rows, batches of 128, Adam, float32 and equal layers everywhere. The bare loop is what a person would write after
the textbook: the rows as tensors, one `randperm` an epoch, forward, loss, backward, step. Ours is `training.train` as
the command calls it, with its schedule, clipping and bookkeeping. Keras 3 runs on torch in a process of its own, by
`fit`. The three take turns, one epoch each (two for Keras, of which the second counts, since the first builds the
model); medians over the rounds, because the machine may be shared. Results go to benchmarks/results/training_speed.md.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from belvedere import training
from belvedere.networks import build_network
from belvedere.progress import Silent
from belvedere.types import Input, Target

RESULTS = Path(__file__).parent / "results"
BATCH = 128
INPUTS = {
    "cnn": Input("image", "image", {"height": 28, "width": 28, "channels": 1, "mean": [0.5], "std": [0.5]}),
    "lstm": Input("series", "sequence", {"d": 8, "T": 60}),
}
TARGETS = {
    "cnn": Target("y", "multiclass", tuple("0123456789")),
    "lstm": Target("y", "binary", ("no", "yes")),
}


def rows_for(name: str, n: int) -> tuple[dict[str, Any], np.ndarray[Any, Any]]:
    """Random rows as our networks read them, and labels."""
    rng = np.random.default_rng(0)
    if name == "cnn":
        pixels = rng.integers(0, 256, size=(n, 28, 28, 1)).astype(np.uint8)
        return {"0.pixels": pixels}, rng.integers(0, 10, size=n)
    steps = rng.normal(size=(n, 60, 8)).astype(np.float32)
    return {"0.steps": steps, "0.length": np.full(n, 60)}, rng.integers(0, 2, size=n)


def ours(name: str, n: int, threads: int) -> float:
    """Seconds of one epoch by the trainer."""
    arrays, labels = rows_for(name, n)
    network = build_network((INPUTS[name],), TARGETS[name], network=name)
    rows = training.make_rows(arrays, labels)
    objective = training.objective_for(TARGETS[name].task)
    plan = training.Plan(epochs=1, batch_size=BATCH, threads=threads, low_precision=False)
    began = time.perf_counter()
    training.train(
        network, rows, training.make_rows(*none_of(arrays, labels)),
        loss=(objective.loss, objective.reported), plan=plan, progress=Silent(),
    )  # fmt: skip
    return time.perf_counter() - began


def none_of(arrays: dict[str, Any], labels: np.ndarray[Any, Any]) -> tuple[dict[str, Any], np.ndarray[Any, Any]]:
    """No rows, so that nothing is spent on validation."""
    return {name: values[:0] for name, values in arrays.items()}, labels[:0]


class BareCnn(nn.Module):
    """Conv 32, Conv 64, MaxPool 2, Flatten, Dense 128, Dense 10."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(1, 32, 3), nn.ReLU(), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
            nn.Linear(9216, 128), nn.ReLU(), nn.Linear(128, 10),
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        """(rows, 1, 28, 28) -> (rows, 10)."""
        return self.layers(x)


class BareLstm(nn.Module):
    """LSTM 50, LSTM 50, Dense 1 at the last step."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.LSTM(8, 50, batch_first=True), nn.LSTM(50, 50, batch_first=True)
        self.head = nn.Linear(50, 1)

    def forward(self, x: Tensor) -> Tensor:
        """(rows, steps, 8) -> (rows,)."""
        return self.head(self.second(self.first(x)[0])[0][:, -1])[:, 0]


def bare(name: str, n: int, threads: int) -> float:
    """Seconds of one epoch by the loop of the textbook."""
    torch.set_num_threads(threads)
    arrays, codes = rows_for(name, n)
    network, loss = (BareCnn(), functional.cross_entropy) if name == "cnn" else (BareLstm(), with_logits)
    x = as_floats(arrays)
    labels = torch.from_numpy(codes)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
    began = time.perf_counter()
    network.train()
    for at in torch.split(torch.randperm(n), BATCH):
        value = loss(network(x[at]), labels[at])
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
    return time.perf_counter() - began


def with_logits(outputs: Tensor, labels: Tensor) -> Tensor:
    """Binary cross-entropy."""
    return functional.binary_cross_entropy_with_logits(outputs, labels.float())


def as_floats(arrays: dict[str, Any]) -> Tensor:
    """Pixels scaled and channels first, made before the clock runs; steps as they are."""
    if "0.pixels" in arrays:
        return torch.from_numpy(arrays["0.pixels"]).float().permute(0, 3, 1, 2).contiguous() / 255
    return torch.from_numpy(arrays["0.steps"])


def keras_epoch(name: str, n: int, threads: int) -> float:
    """Seconds of the second epoch of Keras on torch, in a process of its own; NaN where Keras is missing."""
    command = [sys.executable, __file__, "--keras", name, "--rows", str(n), "--threads", str(threads)]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "KERAS_BACKEND": "torch"})
    return float(json.loads(done.stdout.splitlines()[-1])) if done.returncode == 0 else float("nan")


def run_keras(name: str, n: int, threads: int) -> float:
    """Build the listing, fit two epochs, and give the seconds of the second."""
    import keras

    torch.set_num_threads(threads)
    layers = keras.layers
    stack = {
        "cnn": [
            layers.Input((28, 28, 1)), layers.Conv2D(32, 3, activation="relu"), layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(2), layers.Flatten(), layers.Dense(128, "relu"), layers.Dense(10, "softmax"),
        ],
        "lstm": [
            layers.Input((60, 8)), layers.LSTM(50, return_sequences=True), layers.LSTM(50), layers.Dense(1, "sigmoid"),
        ],
    }  # fmt: skip
    model = keras.Sequential(stack[name])
    model.compile("adam", "sparse_categorical_crossentropy" if name == "cnn" else "binary_crossentropy")
    arrays, labels = rows_for(name, n)
    x = arrays["0.pixels"].astype(np.float32) / 255 if name == "cnn" else arrays["0.steps"]
    model.fit(x, labels, batch_size=BATCH, epochs=1, verbose=0)
    began = time.perf_counter()
    model.fit(x, labels, batch_size=BATCH, epochs=1, verbose=0)
    return time.perf_counter() - began


WAYS: dict[str, Callable[[str, int, int], float]] = {"belvedere": ours, "bare PyTorch": bare, "Keras": keras_epoch}


def compare(name: str, n: int, rounds: int, threads: int) -> dict[str, float]:
    """Samples per second of each way, median over rounds in turns."""
    found: dict[str, list[float]] = {way: [] for way in WAYS}
    for way in ("belvedere", "bare PyTorch"):
        WAYS[way](name, BATCH * 4, threads)  # what is done once in a process is not counted
    for _ in range(rounds):
        for way, run in WAYS.items():
            found[way].append(run(name, n, threads))
    return {way: n / statistics.median(seconds) for way, seconds in found.items()}


def main() -> None:
    """Compare both networks and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=4096)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--keras", choices=list(INPUTS), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.keras:
        print(json.dumps(run_keras(asked.keras, asked.rows, asked.threads)))
        return
    lines = [
        "# Speed of training, samples per second",
        "",
        "| network | " + " | ".join(WAYS) + " | to PyTorch | to Keras |",
    ]
    lines.append("|---" * (len(WAYS) + 3) + "|")
    for name in INPUTS:
        rates = compare(name, asked.rows, asked.rounds, asked.threads)
        own = rates["belvedere"]
        ratios = f"{own / rates['bare PyTorch']:.2f} | {own / rates['Keras']:.2f}"
        lines.append(f"| {name} | " + " | ".join(f"{rates[way]:,.0f}" for way in WAYS) + f" | {ratios} |")
        print(lines[-1], flush=True)
    lines += [
        "",
        f"{asked.rows:,} rows, batches of {BATCH}, float32, {asked.threads} threads, medians of {asked.rounds}:",
    ]
    lines += [f"`python benchmarks/training_speed.py --rows {asked.rows} --rounds {asked.rounds}`", ""]
    (RESULTS / "training_speed.md").write_text("\n".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
