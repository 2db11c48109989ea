"""A network that answers at every step of a row: one column is read step by step, all others speak at each of them."""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from belvedere.errors import SettingError
from belvedere.networks.blocks import Batch, Shape, pool_steps
from belvedere.networks.choose import Part
from belvedere.networks.row import Network
from belvedere.types import Input


class StepNetwork(Network):
    """Encoders, an output at each step, and as the row's vector the mean and maximum over its steps.

    The first encoder with `states` is read step by step.
    """

    def __init__(self, inputs: tuple[Input, ...], parts: list[Part], shape: Shape, *, n_outputs: int) -> None:
        super().__init__(inputs, parts, shape, n_outputs=0)
        self.n_outputs = n_outputs
        self.lead = next(i for i, encoder in enumerate(self.encoders) if hasattr(encoder, "states"))
        self.join, self.likeness = None, None
        insist_on_steps(inputs[parts[self.lead].positions[0]])
        sizes = [int(encoder.dims) for encoder in self.encoders]  # type: ignore[arg-type]
        others = sum(sizes) - sizes[self.lead]
        step_dims = int(self.encoders[self.lead].step_dims)  # type: ignore[arg-type]
        self.dims = self.space_dims = 2 * step_dims + others
        self.at_step = nn.Linear(step_dims + others, n_outputs)

    def read(self, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
        """States at each step (rows, steps, d), mask (rows, steps), and what the other columns say (rows, e)."""
        states, mask = self.encoders[self.lead].states(batch)  # type: ignore[operator]
        found = [encoder(batch) for i, encoder in enumerate(self.encoders) if i != self.lead]
        others = [vector.mean(dim=1) if vector.dim() == 3 else vector for vector in found]
        return states, mask, torch.cat([states.new_zeros(len(states), 0), *others], dim=1)

    def encode(self, batch: Batch) -> Tensor:
        """One vector per row: (rows, dims)."""
        states, mask, others = self.read(batch)
        return torch.cat([pool_steps(states.transpose(1, 2), mask), others], dim=1).float()

    def forward(self, batch: Batch) -> Tensor:
        """Outputs at every step: (rows, 1, steps, outputs); the second axis would be that of an ensemble."""
        states, _, others = self.read(batch)
        return self.answer(states, others)[:, None]

    def answer(self, states: Tensor, others: Tensor) -> Tensor:
        """(rows, steps, d), (rows, e) -> (rows, steps, outputs)."""
        wide = others[:, None, :].expand(-1, states.shape[1], -1)
        y: Tensor = self.at_step(torch.cat([states, wide], dim=2))
        return y.float()

    def outputs(self, batch: Batch, latent: Float[Tensor, "rows dims"]) -> Tensor:
        """Outputs at every step the data may have, one after the other; NaN where a row has none: (rows, steps * outputs)."""
        states, mask, others = self.read(batch)
        found = self.answer(states, others)
        item = self.inputs[self.parts[self.lead].positions[0]]
        most = int(item.info.get("most_words", item.info.get("T", 0)))
        full = found.new_full((len(found), most, found.shape[2]), float("nan"))
        full[:, : found.shape[1]] = found.masked_fill(mask[:, :, None] == 0, float("nan"))
        return full.flatten(1)

    def config(self) -> dict[str, Any]:
        """As for `Network`, and a mark that this one answers at every step."""
        return {**super().config(), "at_steps": True}


def insist_on_steps(item: Input) -> None:
    """Refuse a column whose steps are not those that the data have.

    Raises
    ------
    SettingError
        If steps were averaged because there are too many, or turned into spectra.
    """
    if item.info.get("block", 1) > 1 or item.info.get("front", "steps") != "steps":
        raise SettingError(
            f"A label per step must stand beside a step, but those of {item.name!r} are too many and were averaged, or are "
            "sound and became spectra. Cut the rows into shorter ones."
        )
