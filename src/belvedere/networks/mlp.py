"""The textbook multilayer perceptron for tables: Dense 10 relu, Dense 50 relu, and one output."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from belvedere.networks.blocks import Batch, Encoder, Shape, dropout_or, one_hot
from belvedere.types import Input

TABLE_KINDS = ("number", "category", "boolean", "time", "vector")


def plain_width(item: Input) -> int:
    """How many plain numbers one column gives to `plain_columns`."""
    if item.kind == "number":
        return 2 if item.info.get("any_missing") else 1
    return int(item.info["n_codes"] if item.kind in ("category", "boolean") else item.info["d"])


def plain_columns(batch: Batch, inputs: list[tuple[int, Input]]) -> Tensor:
    """Standardized numbers, a flag where one is missing, one column per category: (rows, columns)."""
    parts: list[Tensor] = []
    for position, item in inputs:
        if item.kind in ("category", "boolean"):
            parts.append(one_hot(batch[f"{position}.code"], int(item.info["n_codes"])))
            continue
        parts.append(batch[f"{position}.value"].reshape(batch[f"{position}.value"].shape[0], -1).float())
        if item.kind == "number" and item.info.get("any_missing"):
            parts.append(batch[f"{position}.missing"][:, None].float())
    return torch.cat(parts, dim=1)


class MlpEncoder(Encoder):
    """Dense 10, Dense 50; with the output layer 1,611 parameters on 100 inputs. (rows, columns) -> (rows, 50)."""

    textbook = True

    def __init__(self, inputs: list[tuple[int, Input]], shape: Shape) -> None:
        super().__init__()
        self.inputs, self.dims = inputs, 50
        self.first = nn.Linear(sum(plain_width(item) for _, item in inputs), 10)
        self.second = nn.Linear(10, 50)
        self.drop = nn.Dropout(dropout_or(0.0, shape))

    def forward(self, batch: Batch) -> Float[Tensor, "rows dims"]:
        """Two dense layers with relu."""
        x = torch.relu(self.first(plain_columns(batch, self.inputs)))
        y: Tensor = self.drop(torch.relu(self.second(x)))
        return y
