"""The default text network: a bag of n-grams weighed by their rarity, beside projected tf-idf."""

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from belvedere.networks.blocks import Batch, Encoder, Shape, dropout_or
from belvedere.types import Floats, Input


class NgramEncoder(Encoder):
    """Learned vectors of hashed n-grams, summed by tf-idf, and a linear map of projected tf-idf. -> (rows, dims).

    Linear on purpose: with some thousand texts, hidden layers on top learn the training rows by heart. While training,
    half of the n-grams of a text are left out.

    References
    ----------
    Joulin, Grave, Bojanowski, Mikolov (2017), Bag of tricks for efficient text classification. EACL.
    """

    def __init__(self, inputs: list[tuple[int, Input]], shape: Shape) -> None:
        super().__init__()
        (self.position, item), self.dims = inputs[0], shape.latent_dims
        n_grams = int(item.info["n_grams"])
        idf = item.tensors.get("idf", np.ones(n_grams))
        projection = item.tensors.get("projection", np.zeros((n_grams, 0)))
        self.register_buffer("slot", torch.from_numpy(slots_of(np.asarray(idf, np.float32))), persistent=False)
        self.register_buffer("idf", torch.as_tensor(np.asarray(idf, np.float32)), persistent=False)
        self.register_buffer("projection", torch.as_tensor(np.asarray(projection, np.float32)), persistent=False)
        self.embed = nn.Parameter(torch.randn(int(self.get_buffer("slot").max()) + 1, self.dims) * 0.01)
        self.project = nn.Linear(projection.shape[1], self.dims) if projection.shape[1] else None
        self.drop_grams, self.drop = nn.Dropout(0.5), nn.Dropout(dropout_or(0.5, shape))

    def forward(self, batch: Batch) -> Float[Tensor, "rows dims"]:
        """N-grams -> latent vectors."""
        grams = batch[f"{self.position}.grams"].long()
        weight = self.drop_grams(self.get_buffer("idf")[grams] * (grams != 0))
        weight = weight / weight.square().sum(dim=1, keepdim=True).sqrt().clamp(min=1e-6)  # (rows, grams)
        x = functional.embedding_bag(self.get_buffer("slot")[grams], self.embed, per_sample_weights=weight, mode="sum")
        if self.project is not None:
            known = functional.embedding_bag(
                grams, self.get_buffer("projection"), per_sample_weights=weight, mode="sum"
            )
            x = x + self.project(known)
        y: Tensor = self.drop(x)
        return y


def slots_of(idf: Floats) -> NDArray[np.int64]:
    """The learned vector of each n-gram: int64 (n_grams,). Those in fewer than two training texts share number 0.

    They could only be learned by heart, and each costs the optimizer a pass in every step. How rare an n-gram was is
    read off its weight: one that is in no text weighs 1 + log(1 + texts), one in a single text log 2 less.

    Examples
    --------
    >>> slots_of(np.log(11 / (1 + np.array([0, 1, 2, 5, 0]))).astype(np.float32) + 1)
    array([0, 0, 1, 2, 0])
    """
    if not len(idf) or idf.max() == idf.min():
        return np.arange(len(idf))
    is_known = idf < idf.max() - np.log(2) - 1e-3
    return np.where(is_known, np.cumsum(is_known), 0)
