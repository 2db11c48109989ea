"""The default text network: a bag of n-grams weighed by their rarity, beside projected tf-idf."""

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from belvedere.networks.blocks import Batch, Encoder, Residual, Shape, dropout_or
from belvedere.types import Input


class NgramEncoder(Encoder):
    """Learned vectors of hashed n-grams, summed by tf-idf, beside projected tf-idf. (rows, grams) -> (rows, dims).

    References
    ----------
    Joulin, Grave, Bojanowski, Mikolov (2017), Bag of tricks for efficient text classification. EACL.
    """

    def __init__(self, inputs: list[tuple[int, Input]], shape: Shape) -> None:
        super().__init__()
        (self.position, item), self.dims, width = inputs[0], shape.latent_dims, shape.width or 64
        n_grams = int(item.info["n_grams"])
        idf, projection = (
            item.tensors.get("idf", np.ones(n_grams)),
            item.tensors.get("projection", np.zeros((n_grams, 0))),
        )
        self.register_buffer("idf", torch.as_tensor(np.asarray(idf, np.float32)), persistent=False)
        self.register_buffer("projection", torch.as_tensor(np.asarray(projection, np.float32)), persistent=False)
        self.embed, n_projected = nn.Parameter(torch.randn(n_grams, width) * 0.05), projection.shape[1]
        self.drop = nn.Dropout(dropout_or(0.3, shape))
        self.mix = nn.Sequential(nn.Linear(width + n_projected, 2 * self.dims), Residual(2 * self.dims, dropout=0.3))
        self.to_latent = nn.Linear(2 * self.dims, self.dims)

    def forward(self, batch: Batch) -> Tensor:
        """N-grams -> latent vectors; while training, a share of the n-grams is left out."""
        grams = batch[f"{self.position}.grams"].long()
        weight = self.drop(self.get_buffer("idf")[grams] * (grams != 0))
        weight = weight / weight.square().sum(dim=1, keepdim=True).sqrt().clamp(min=1e-6)  # (rows, grams)
        parts = [functional.embedding_bag(grams, self.embed, per_sample_weights=weight, mode="sum")]
        projection = self.get_buffer("projection")
        if projection.shape[1]:
            parts.append(functional.embedding_bag(grams, projection, per_sample_weights=weight, mode="sum"))
        y: Tensor = self.to_latent(self.mix(torch.cat(parts, dim=1)))
        return y
