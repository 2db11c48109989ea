"""The place network: the map's function, from the space mapped to places.

A residual perceptron learns the fitted places: first by Huber loss, so that rows torn between two clusters pull less,
then by the kernel of the map itself, log(1 + d^2): a row that comes near its place is drawn in, one that cannot is let
go. It is the smooth part of the function, which explanations follow; what it blurs, `belvedere.layout.memory` holds.
More steps make it truer, but slowly: on Fashion-MNIST it keeps 0.03 of a new row's neighbors after one second of one
core and 0.06 after thirty (widths 256, 256, 256), where the memory keeps 0.29.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray

from belvedere.progress import Progress, Silent
from belvedere.types import Floats

WIDTHS = (128, 128)
BATCH = 512
FEWEST_STEPS, MOST_STEPS = 400, 800
MOST_LEARNED = MOST_STEPS * BATCH  # rows
RATE = 8e-3  # at its highest
TUNED = 0.4  # share of the steps that are tuned by the map's kernel
NEAR = 0.05  # width of that kernel, as share of the map's deviation
BLOCK = 2048  # rows per forward pass; the last block is padded, so that a row's place does not depend on the batch


@dataclass(frozen=True)
class PlaceNetwork:
    """Weights and biases by layer, the scale of the input and of the places.

    Attributes
    ----------
    tensors : dict of float32 arrays
        `weight.i` (outputs, inputs), `bias.i` (outputs,); `center` (dims,), `scale` (), `map_scale` ().
    """

    tensors: dict[str, NDArray[np.float32]]


def distill(rows: Floats, places: Floats, *, seed: int = 0, progress: Progress | None = None) -> PlaceNetwork:
    """Learn places from rows.

    Parameters
    ----------
    rows : float32 (rows, dims)
        As prepared for the layout; of more than `MOST_LEARNED` as many are drawn, since no more would ever be met.
    places : float32 (rows, 2)
    """
    tell = progress or Silent()
    if len(rows) > MOST_LEARNED:
        drawn = np.sort(np.random.default_rng(seed).choice(len(rows), MOST_LEARNED, replace=False))
        rows, places = rows[drawn], places[drawn]
    center, scale = rows.mean(axis=0), float(rows.std()) or 1.0
    map_scale = float(places.std()) or 1.0
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        layers = _layers(rows.shape[1])
        inputs = torch.from_numpy((rows - center) / scale)
        _train(layers, inputs, torch.from_numpy(places / map_scale), tell)
    tensors = {"center": center, "scale": np.float32(scale), "map_scale": np.float32(map_scale)}
    for i, layer in enumerate(layers):
        tensors[f"weight.{i}"] = layer.weight.detach().numpy()
        tensors[f"bias.{i}"] = layer.bias.detach().numpy()
    return PlaceNetwork({name: np.asarray(value, np.float32) for name, value in tensors.items()})


def _layers(n_inputs: int) -> list[torch.nn.Linear]:
    sizes = (n_inputs, *WIDTHS, 2)
    return [torch.nn.Linear(a, b) for a, b in pairwise(sizes)]


def _forward(layers: list[torch.nn.Linear], x: torch.Tensor) -> torch.Tensor:
    """Apply the layers: SiLU between them, a shortcut round each hidden layer of equal width."""
    for layer in layers[:-1]:
        y = torch.nn.functional.silu(layer(x))
        x = x + y if x.shape == y.shape else y
    out: torch.Tensor = layers[-1](x)
    return out


def _train(layers: list[torch.nn.Linear], inputs: torch.Tensor, targets: torch.Tensor, tell: Progress) -> None:
    n, batch = len(inputs), min(BATCH, max(64, len(inputs) // 4))
    n_steps = int(min(MOST_STEPS, max(FEWEST_STEPS, 20 * n / batch)))
    optimizer = torch.optim.Adam([p for layer in layers for p in layer.parameters()], lr=RATE, fused=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, n_steps, pct_start=0.15)
    tell.start("Learning places", n_steps)
    for step in range(n_steps):
        chosen = torch.randint(0, n, (batch,))
        miss = _forward(layers, inputs[chosen]) - targets[chosen]
        loss = _far_loss(miss) if step < n_steps * (1 - TUNED) else _near_loss(miss)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        schedule.step()
        tell.advance(step + 1)
    tell.finish(f"{n_steps} batches of {batch}")


def _far_loss(miss: torch.Tensor) -> torch.Tensor:
    return torch.nn.functional.huber_loss(miss, torch.zeros_like(miss), delta=0.1)


def _near_loss(miss: torch.Tensor) -> torch.Tensor:
    return torch.log1p(miss.square().sum(dim=1) / NEAR**2).mean() * (4 * NEAR**2)


@torch.inference_mode()
def apply_network(network: PlaceNetwork, rows: Floats) -> Floats:
    """Place rows by the network alone: float32 (rows, 2)."""
    tensors = {name: torch.from_numpy(np.asarray(value)) for name, value in network.tensors.items()}
    n_layers = sum(name.startswith("weight.") for name in tensors)
    out = np.empty((len(rows), 2), np.float32)
    for start in range(0, len(rows), BLOCK):
        part = np.zeros((BLOCK, rows.shape[1]), np.float32)
        n = min(BLOCK, len(rows) - start)
        part[:n] = rows[start : start + n]
        x = (torch.from_numpy(part) - tensors["center"]) / tensors["scale"]
        for i in range(n_layers):
            y = torch.nn.functional.linear(x, tensors[f"weight.{i}"], tensors[f"bias.{i}"])
            y = torch.nn.functional.silu(y) if i < n_layers - 1 else y
            x = x + y if x.shape == y.shape and i < n_layers - 1 else y
        out[start : start + n] = x[:n].numpy()
    return out * network.tensors["map_scale"]
