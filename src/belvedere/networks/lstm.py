"""LSTM networks for sequences: the textbook one, and one that reads both ways."""

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from belvedere.networks.blocks import Batch, Encoder, OneBiasLSTM, Shape, dropout_or, last_steps, pool_steps, step_mask
from belvedere.types import Input


def trimmed_steps(batch: Batch, position: int) -> tuple[Tensor, Tensor]:
    """Steps cut to the batch's longest row, and lengths of at least 1: (rows, steps, d), (rows,)."""
    lengths = batch[f"{position}.length"].clamp(min=1)
    steps = batch[f"{position}.steps"]
    if torch.compiler.is_exporting():  # a file for other programs cannot look at lengths; padding changes no answer
        return steps, lengths
    return steps[:, : int(lengths.max())], lengths


class LstmEncoder(Encoder):
    """LSTM 50, LSTM 50; with one output 32,051 parameters on 8 channels. (rows, steps, 8) -> (rows, 50).

    `every_step` gives the hidden state at each step, as in the textbook; one answer per row is read at the last
    real step.
    """

    textbook = True

    def __init__(self, inputs: list[tuple[int, Input]], shape: Shape) -> None:
        super().__init__()
        (self.position, item), self.dims = inputs[0], 50
        self.first, self.second = OneBiasLSTM(int(item.info["d"]), 50), OneBiasLSTM(50, 50)
        self.drop = nn.Dropout(dropout_or(0.0, shape))

    def every_step(self, steps: Tensor) -> Tensor:
        """(rows, steps, channels) -> (rows, steps, 50)."""
        y: Tensor = self.second(self.first(steps))
        return y

    def forward(self, batch: Batch) -> Tensor:
        """The state at each row's last real step."""
        steps, lengths = trimmed_steps(batch, self.position)
        y: Tensor = self.drop(last_steps(self.every_step(steps), lengths))
        return y


class BiLstmEncoder(Encoder):
    """Two LSTM layers read both ways over ragged rows, pooled over real steps. (rows, steps, d) -> (rows, dims)."""

    def __init__(self, inputs: list[tuple[int, Input]], shape: Shape) -> None:
        super().__init__()
        (self.position, item), self.dims, width = inputs[0], shape.latent_dims, shape.width or 64
        self.layers = nn.LSTM(int(item.info["d"]), width, 2, batch_first=True, bidirectional=True)
        self.drop = nn.Dropout(dropout_or(0.2, shape))
        self.step_dims, self.to_latent = 2 * width, nn.Linear(4 * width, self.dims)

    def states(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """What was read both ways at every step, and 1 for real steps."""
        steps, lengths = trimmed_steps(batch, self.position)
        packed = pack_padded_sequence(steps, lengths.cpu(), batch_first=True, enforce_sorted=False)
        states, _ = pad_packed_sequence(self.layers(packed)[0], batch_first=True, total_length=steps.shape[1])
        return states, step_mask(lengths, steps.shape[1])

    def forward(self, batch: Batch) -> Tensor:
        """Mean and maximum of the states over real steps, then a linear layer."""
        states, mask = self.states(batch)
        y: Tensor = self.to_latent(self.drop(pool_steps(states.transpose(1, 2), mask)))
        return y


__all__ = ["BiLstmEncoder", "LstmEncoder", "trimmed_steps"]
