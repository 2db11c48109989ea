"""A network for few labelled sequences: fixed random kernels, and linear layers that a ridge regression solves at once."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from belvedere.errors import SettingError
from belvedere.networks.blocks import Batch, Encoder, Shape
from belvedere.types import Input

Floats = NDArray[np.float64]


class RocketEncoder(Encoder):
    """How often each kernel answers, standardized, then one linear layer. (rows, kernels) -> (rows, dims).

    The kernels are those of `belvedere.kinds.kernels`; they do not learn.
    """

    def __init__(self, inputs: list[tuple[int, Input]], shape: Shape) -> None:
        super().__init__()
        (self.position, item), self.dims = inputs[0], shape.latent_dims
        if "kernels" not in item.info:
            raise SettingError(
                f"The network 'rocket' must have kernels drawn from training rows, but {item.name!r} has none. Ask for it by "
                "name with a target, or choose another network."
            )
        n_features = int(item.info["kernels"])
        self.norm = nn.BatchNorm1d(n_features, affine=False, momentum=None, eps=1e-12)
        self.drop = nn.Dropout(shape.dropout or 0.0)
        self.to_latent = nn.Linear(n_features, self.dims)
        nn.init.normal_(self.to_latent.weight, std=0.1 / n_features**0.5)

    def forward(self, batch: Batch) -> Tensor:
        """Standardized shares, one linear layer."""
        shares = batch[f"{self.position}.kernels"]
        if self.training and len(shares) == 1:
            return self.to_latent(shares - 0.5)  # type: ignore[no-any-return]
        y: Tensor = self.to_latent(self.drop(self.norm(shares)))
        return y

    @torch.no_grad()
    def place(self, mean: Floats, deviation: Floats, weights: Floats, bias: Floats) -> None:
        """Set everything: standardization of the features and the linear layer, weights (dims, features)."""
        for name, value in (("running_mean", mean), ("running_var", deviation**2)):
            self.norm.get_buffer(name).copy_(torch.from_numpy(value))
        self.to_latent.weight.copy_(torch.from_numpy(weights))
        self.to_latent.bias.copy_(torch.from_numpy(bias))
