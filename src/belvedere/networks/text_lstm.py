"""The textbook text network: word embeddings and two LSTM layers."""

import torch
from torch import Tensor, nn

from belvedere.networks.blocks import Batch, Encoder, OneBiasLSTM, Shape, dropout_or, last_steps
from belvedere.types import Input


class TextLstmEncoder(Encoder):
    """Embedding 100, LSTM 50, LSTM 50; with one output 550,451 parameters on 5,000 words. -> (rows, 50)."""

    textbook = True

    def __init__(self, inputs: list[tuple[int, Input]], shape: Shape) -> None:
        super().__init__()
        (self.position, item), self.dims = inputs[0], 50
        self.embed = nn.Embedding(int(item.info["n_tokens"]), 100)
        nn.init.uniform_(self.embed.weight, -0.05, 0.05)
        self.first, self.second = OneBiasLSTM(100, 50), OneBiasLSTM(50, 50)
        self.drop = nn.Dropout(dropout_or(0.0, shape))

    def every_step(self, tokens: Tensor) -> Tensor:
        """(rows, words) -> (rows, words, 50)."""
        y: Tensor = self.second(self.first(self.embed(tokens)))
        return y

    def forward(self, batch: Batch) -> Tensor:
        """The state at each row's last word; an empty text is read as one padding word."""
        tokens = batch[f"{self.position}.tokens"].long()
        lengths = (tokens != 0).sum(dim=1).clamp(min=1)
        n_words = tokens.shape[1] if torch.compiler.is_exporting() else int(lengths.max())
        y: Tensor = self.drop(last_steps(self.every_step(tokens[:, :n_words]), lengths))
        return y
