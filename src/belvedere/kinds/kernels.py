"""Sequences by fixed random kernels: how often each of thousands of simple patterns occurs in a row. Nothing is learned.

84 kernels of nine weights (three are 2, six are -1), at up to 32 distances between their weights, each over the sum of a few
channels drawn for it; each feature is the share of steps at which a kernel answers above a threshold seen in training rows. Few
labelled rows suffice for a linear model of them.

References
----------
Dempster, Schmidt, Webb (2021), MiniRocket: a very fast (almost) deterministic transform for time series classification. KDD.
"""

from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from belvedere.values import Array

N_FEATURES = 9996
N_WEIGHTS, N_DILATIONS, SAMPLE, CHUNK = 9, 32, 64, 32
GOLDEN = (np.sqrt(5) - 1) / 2  # its multiples fall evenly between 0 and 1
KERNELS = np.array(
    [[2.0 if at in three else -1.0 for at in range(N_WEIGHTS)] for three in combinations(range(N_WEIGHTS), 3)],
    np.float32,
)  # (84, 9)


def fit_kernels(steps: Array, lengths: Array, *, seed: int = 0) -> dict[str, Array]:
    """Draw distances, channels and thresholds.

    Parameters
    ----------
    steps : float32 (rows, steps, channels)
    lengths : int64 (rows,)

    Returns
    -------
    dict of arrays
        `kernel_gaps` (dilations,), `kernel_channels` (dilations, 84, channels) of 0 and 1,
        `kernel_cuts` (dilations, thresholds, 84).
    """
    rng = np.random.default_rng(seed)
    gaps = distances(steps.shape[1])
    n_cuts, d = max(1, round(N_FEATURES / len(KERNELS) / len(gaps))), steps.shape[2]
    shares = (np.arange(1, len(gaps) * n_cuts + 1) * GOLDEN % 1).reshape(len(gaps), n_cuts)
    cuts = np.zeros((len(gaps), n_cuts, len(KERNELS)), np.float32)
    channels = np.stack([[_few(d, rng) for _ in KERNELS] for _ in gaps])
    some = np.sort(rng.choice(len(steps), min(SAMPLE, len(steps)), replace=False))
    for number, gap in enumerate(gaps):
        answers = answered(steps[some], gap, channels[number]).swapaxes(0, 1)  # (84, rows, steps)
        real = answers[:, np.arange(steps.shape[1]) < np.maximum(lengths[some], 1)[:, None]]
        cuts[number] = np.quantile(real, shares[number], axis=1)
    return {"kernel_gaps": gaps, "kernel_channels": channels, "kernel_cuts": cuts}


def _few(n_channels: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Some channels, at most nine: 1 for those taken, 0 for the others."""
    most = min(n_channels, N_WEIGHTS)
    taken = np.zeros(n_channels, np.float32)
    taken[rng.choice(n_channels, min(most, int(2 ** rng.uniform(0, np.log2(most + 1)))), replace=False)] = 1
    return taken


def distances(n_steps: int) -> NDArray[np.int64]:
    """Distances between the nine weights, from 1 up to where they span the whole length.

    Examples
    --------
    >>> distances(9).tolist(), distances(40).tolist()
    ([1], [1, 2, 3, 4])
    """
    longest = np.log2(max(1.0, (n_steps - 1) / (N_WEIGHTS - 1)))
    return np.unique(np.floor(2 ** np.linspace(0, longest, N_DILATIONS) + 1e-9)).astype(np.int64)


def answered(steps: Array, gap: int, channels: Array) -> NDArray[np.float32]:
    """Answers of all kernels at every step: (rows, steps, d), (84, d) -> (rows, 84, steps); beyond the ends stand zeros."""
    n_rows, n_steps, d = steps.shape
    reach = N_WEIGHTS // 2 * gap
    wide = np.pad(steps.swapaxes(1, 2), ((0, 0), (0, 0), (reach, reach)))  # (rows, channels, steps and ends)
    shifted = np.stack([wide[:, :, at * gap : at * gap + n_steps] for at in range(N_WEIGHTS)], axis=1)
    weights = (KERNELS[:, :, None] * channels[:, None, :]).reshape(len(KERNELS), N_WEIGHTS * d)
    return np.asarray(weights @ shifted.reshape(n_rows, N_WEIGHTS * d, n_steps), dtype=np.float32)


def kernel_features(steps: Array, lengths: Array, known: dict[str, Array]) -> NDArray[np.float32]:
    """Share of each row's steps at which each kernel answers above each threshold: float32 (rows, features), 0 to 1."""
    n_features = known["kernel_cuts"].size
    found = np.zeros((len(steps), n_features), np.float32)
    for start in range(0, len(steps), CHUNK):
        part, n = steps[start : start + CHUNK], np.maximum(lengths[start : start + CHUNK], 1)
        longest = int(n.max())
        real = np.arange(longest) < n[:, None]
        shares = []
        for gap, channels, cuts in zip(
            known["kernel_gaps"], known["kernel_channels"], known["kernel_cuts"], strict=True
        ):
            answers = np.where(real[:, None], answered(part[:, :longest], int(gap), channels), -np.inf)
            shares += [(answers > cut[:, None]).sum(axis=2) / n[:, None] for cut in cuts]
        found[start : start + CHUNK] = np.concatenate(shares, axis=1)
    return found
