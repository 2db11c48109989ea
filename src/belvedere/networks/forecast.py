"""A network that says what comes next: the last value, and what was learned of how the sequence goes on from there."""

from typing import Any

import torch
from torch import Tensor, nn

from belvedere.networks.blocks import Batch, Shape, step_mask
from belvedere.networks.choose import Part
from belvedere.networks.row import Network
from belvedere.types import Input

MOST_SHOWN = 512  # steps of the past that the linear path reads


class ForecastNetwork(Network):
    """Next values of the first channel of the first sequence: last value + step size · (linear path + encoders' head).

    Each sequence is read in its own units: less its last value, by the mean size of its steps, so that a rise of 2 at a level
    of 10 and one of 200 at 1,000 look alike. Both paths begin at zero: before anything is learned, the last value goes on.

    References
    ----------
    Zeng et al. (2023), Are transformers effective for time series forecasting? AAAI (the linear path).
    """

    def __init__(self, inputs: tuple[Input, ...], parts: list[Part], shape: Shape, *, n_outputs: int) -> None:
        super().__init__(inputs, parts, shape, n_outputs=n_outputs)
        self.sequences = [p for p, item in enumerate(inputs) if item.kind == "sequence"]
        self.lead = self.sequences[0]
        self.shown = min(MOST_SHOWN, int(inputs[self.lead].info["T"]))
        self.linear = nn.Linear(self.shown, n_outputs)
        assert self.head is not None, "a forecast has outputs"
        for layer in (self.linear, self.head):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)

    def own_units(self, batch: Batch) -> Batch:
        """Every sequence less its last value, by the mean size of its steps; padding stays 0."""
        own = dict(batch)
        for p in self.sequences:
            steps, lengths = batch[f"{p}.steps"], batch[f"{p}.length"]
            last, size = last_and_size(steps, lengths)
            own[f"{p}.steps"] = ((steps - last) / size).clamp(-50, 50) * step_mask(lengths, steps.shape[1])[:, :, None]
        return own

    def encode(self, batch: Batch) -> Tensor:
        """Latent vectors of sequences in their own units."""
        return super().encode(self.own_units(batch))

    def forward(self, batch: Batch) -> Tensor:
        """Next values as standardized as the steps: (rows, horizon)."""
        vectors = self.encode(batch)
        return self.outputs(batch, vectors.mean(dim=1) if vectors.dim() == 3 else vectors)

    def outputs(self, batch: Batch, latent: Tensor) -> Tensor:
        """Next values of rows whose latent vectors are known."""
        steps, lengths = batch[f"{self.lead}.steps"][:, :, :1], batch[f"{self.lead}.length"]
        last, size = last_and_size(steps, lengths)
        shown = at_the_end(self.own_units(batch)[f"{self.lead}.steps"][:, :, 0], lengths)[:, -self.shown :]
        change: Tensor = self.linear(shown) + self.output(latent)
        return (last[:, 0] + size[:, 0] * change).float()

    def config(self) -> dict[str, Any]:
        """As for `Network`, and a mark that this one foretells."""
        return {**super().config(), "foretells": True}


def last_and_size(steps: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
    """Last real value and mean size of a step, each (rows, 1, channels); 1 where nothing moves."""
    at = (lengths - 1).clamp(min=0, max=steps.shape[1] - 1)
    last = steps[torch.arange(len(steps)), at][:, None]
    real = step_mask(lengths - 1, steps.shape[1] - 1)[:, :, None]
    size = (steps.diff(dim=1).abs() * real).sum(dim=1, keepdim=True) / real.sum(dim=1, keepdim=True).clamp(min=1)
    return last, torch.where(size > 1e-6, size, torch.ones_like(size))


def at_the_end(values: Tensor, lengths: Tensor) -> Tensor:
    """Rows moved so that their last real step stands at the right; 0 before their beginning: (rows, steps).

    Examples
    --------
    >>> at_the_end(torch.tensor([[1.0, 2.0, 0.0]]), torch.tensor([2]))
    tensor([[0., 1., 2.]])
    """
    at = torch.arange(values.shape[1])[None, :] - values.shape[1] + lengths[:, None]
    return torch.gather(values, 1, at.clamp(min=0)) * (at >= 0)
