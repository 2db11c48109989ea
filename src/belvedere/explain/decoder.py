"""The inverse of a map, from places to what rows look like there, learned on request.

A first guess is the mean of the rows nearest on the map, weighed by their distance; a small network, which sees the place as
waves of several lengths (random Fourier features; Tancik et al. 2020) and that guess, learns what is missing in it. A
tenth of the rows is held out, and the error there is reported beside that of the mean row and of the guess alone.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from torch import Tensor, nn

from belvedere.types import Floats

N_WAVES, WIDTH, BATCH, N_NEAR = 32, 128, 256, 10


@dataclass(frozen=True)
class Decoder:
    """A learned inverse.

    Attributes
    ----------
    layers : Module
    waves : (2, waves) tensor
    places, values : float32 (rows, 2) and (rows, values)
        Rows that it was learned from.
    error, mean_error, neighbor_error : float
        Mean squared error per value on held-out rows: of the decoder, of the mean row, of the nearest rows alone.
    """

    layers: nn.Module
    waves: Tensor
    places: Floats
    values: Floats
    error: float = float("nan")
    mean_error: float = float("nan")
    neighbor_error: float = float("nan")

    @torch.no_grad()
    def __call__(self, places: Floats) -> Floats:
        """Values (rows, values) expected at places (rows, 2)."""
        guess = near_mean(self.places, self.values, places)
        correction: Tensor = self.layers(self.seen(places, guess))
        return np.asarray(guess + correction.numpy(), dtype=np.float32)

    def seen(self, places: Floats, guess: Floats) -> Tensor:
        """What the layers see: places, waves over them, the guess."""
        middle, width = self.places.mean(axis=0), float(np.ptp(self.places, axis=0).max()) or 1.0
        x = torch.from_numpy(np.asarray((places - middle) / width, np.float32))
        turned = 2 * torch.pi * x @ self.waves
        return torch.cat([x, torch.sin(turned), torch.cos(turned), torch.from_numpy(guess)], dim=1)


def learn_decoder(places: Floats, values: Floats, *, n_steps: int = 400, seed: int = 0) -> Decoder:
    """Learn what rows look like at places.

    Parameters
    ----------
    places : float32 (rows, 2)
    values : float32 (rows, values)
        Standardized, so that all count alike.
    n_steps : int
        Batches of 256 rows.
    seed : int
    """
    order = np.random.default_rng(seed).permutation(len(places))
    held, train = order[: len(order) // 10], order[len(order) // 10 :]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        waves = torch.randn(2, N_WAVES) * torch.logspace(0, 1, N_WAVES)[None, :]  # from the map's width to a tenth
        sizes = (2 + 2 * N_WAVES + values.shape[1], WIDTH, values.shape[1])
        last = nn.Linear(*sizes[1:])
        nn.init.zeros_(last.weight)  # starts as the guess itself
        layers = nn.Sequential(nn.Linear(*sizes[:2]), nn.SiLU(), last)
        made = Decoder(layers, waves, places[train], values[train])
        guess = near_mean(made.places, made.values, made.places, leave_out=True)
        _train(layers, made.seen(made.places, guess), torch.from_numpy(made.values - guess), n_steps)
    layers.eval()
    return Decoder(layers, waves, made.places, made.values, *_errors(made, places[held], values[held]))


def near_mean(fitted: Floats, values: Floats, places: Floats, *, leave_out: bool = False) -> Floats:
    """Mean of the rows nearest to places, weighed by closeness: float32 (rows, values).

    `leave_out`: the places are those of the rows themselves, which must not answer for themselves.
    """
    k = min(N_NEAR + leave_out, len(fitted))
    found = cKDTree(fitted).query(places, k=k)
    away, near = (np.asarray(part).reshape(len(places), -1)[:, int(leave_out and k > 1) :] for part in found)
    weight = 1 / (away + away.mean(axis=1, keepdims=True) * 0.5 + 1e-9)
    weight /= weight.sum(axis=1, keepdims=True)
    return np.asarray(np.einsum("rk,rkv->rv", weight, values[near]), dtype=np.float32)


def _train(layers: nn.Module, inputs: Tensor, targets: Tensor, n_steps: int) -> None:
    optimizer = torch.optim.AdamW(layers.parameters(), lr=2e-3, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 2e-3, n_steps)
    for _ in range(n_steps):
        rows = torch.randint(0, len(inputs), (min(BATCH, len(inputs)),))
        loss = nn.functional.mse_loss(layers(inputs[rows]), targets[rows])
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        schedule.step()


def _errors(made: Decoder, places: Floats, values: Floats) -> tuple[float, float, float]:
    """Mean squared errors on held-out rows: decoder, mean row, nearest rows."""
    if not len(places):
        return float("nan"), float("nan"), float("nan")
    guesses: tuple[NDArray[np.float32], ...] = (
        made(places), made.values.mean(axis=0)[None], near_mean(made.places, made.values, places),
    )  # fmt: skip
    decoder, mean, near = (float(np.square(values - guess).mean()) for guess in guesses)
    return decoder, mean, near
