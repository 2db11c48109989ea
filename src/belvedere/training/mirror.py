"""Whether images may be mirrored while training: clothes may, digits and road signs may not. Asked of the data."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from belvedere.training.features import image_features
from belvedere.training.split import thin_out

Array = NDArray[Any]
N_KNOWN, N_ASKED = 3000, 600


def may_mirror(pixels: NDArray[np.uint8], labels: Array, *, seed: int = 0) -> bool:
    """Find whether mirrored images still lie beside images of their own class.

    The nearest of up to 3,000 training images tells the class of others, once as they are and once mirrored. If
    mirroring costs at most 5 % of the right answers, it changes no class.

    Parameters
    ----------
    pixels : uint8 (rows, h, w, c)
        Training images.
    labels : (rows,) array of int
        Class codes.

    Returns
    -------
    bool
        False where there are under 50 images.
    """
    rows = thin_out(np.arange(len(labels)), N_KNOWN + N_ASKED, seed=seed)
    rows = np.random.default_rng(seed).permutation(rows)
    n_asked = min(N_ASKED, len(rows) // 5)
    if n_asked < 10:
        return False
    asked, known = rows[:n_asked], rows[n_asked:]
    reference = image_features(pixels[known])
    plain = nearest_right(image_features(pixels[asked]), labels[asked], reference, labels[known])
    mirrored = nearest_right(image_features(pixels[asked][:, :, ::-1]), labels[asked], reference, labels[known])
    return mirrored >= 0.95 * plain


def nearest_right(asked: Array, labels: Array, reference: Array, known: Array) -> float:
    """Share of rows whose nearest reference row has their label."""
    distances = np.square(reference).sum(axis=1)[None, :] - 2 * asked @ reference.T  # (asked, known), up to a constant
    return float((known[distances.argmin(axis=1)] == labels).mean())
