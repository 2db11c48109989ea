"""Which steps of a sequence made fixed kernels answer: shares of answers, given back to the steps that caused them.

An answer above a threshold is owed to the steps that raised it, its absence to those that lowered it, each in proportion (the z+
rule of Montavon et al. 2017, Explaining nonlinear classification decisions with deep Taylor decomposition). Nothing is lost: what
the steps get adds up to what the shares contribute.
"""

from dataclasses import dataclass

import numpy as np

from belvedere.kinds.kernels import KERNELS, N_WEIGHTS
from belvedere.values import Array

MIDDLE = N_WEIGHTS // 2


@dataclass(frozen=True)
class Owed:
    """What each feature of one row is worth, for one distance between weights.

    Attributes
    ----------
    slopes : float32 (outputs, thresholds, kernels)
        By how much the outputs change with each share.
    usual : float32 (thresholds, kernels)
        The shares held against.
    cuts : float32 (thresholds, kernels)
    """

    slopes: Array
    usual: Array
    cuts: Array


def owed_by_steps(slopes: Array, usual: Array, steps: Array, known: dict[str, Array]) -> Array:
    """What each step of one row contributes.

    Parameters
    ----------
    slopes : float32 (outputs, features)
    usual : float32 (features,)
        Shares of the row that it is held against.
    steps : float32 (steps, channels)
        Without padding, at least one.
    known : dict of arrays
        What `kinds.fit_kernels` drew.

    Returns
    -------
    float32 (outputs, steps, channels)
    """
    cuts = known["kernel_cuts"]  # (distances, thresholds, kernels)
    worth, held = slopes.reshape(-1, *cuts.shape), usual.reshape(cuts.shape)
    found = np.zeros((len(slopes), *steps.shape), np.float32)
    for number, gap in enumerate(known["kernel_gaps"]):
        owed = Owed(worth[:, number], held[number], cuts[number])
        _give_back(found, owed, _parts(steps, int(gap), known["kernel_channels"][number]), int(gap))
    return found


def _parts(steps: Array, gap: int, channels: Array) -> Array:
    """What each weight adds to each answer: (kernels, weights, channels, steps)."""
    n_steps, reach = len(steps), MIDDLE * gap
    wide = np.pad(steps.T, ((0, 0), (reach, reach)))
    seen = np.stack([wide[:, at * gap : at * gap + n_steps] for at in range(N_WEIGHTS)])
    return np.asarray(KERNELS[:, :, None, None] * channels[:, None, :, None] * seen)


def _give_back(found: Array, owed: Owed, parts: Array, gap: int) -> None:
    """Add to `found` what one distance contributes."""
    n_steps = parts.shape[3]
    answers = parts.sum(axis=(1, 2)) > owed.cuts[:, :, None]  # (thresholds, kernels, steps)
    said = np.where(answers, 1 - owed.usual[:, :, None], 0)
    unsaid = np.where(answers, 0, -owed.usual[:, :, None])
    for worth, blame in ((said, _in_proportion(parts)), (unsaid, _in_proportion(-parts))):
        each = np.einsum("ock,ckt->okt", owed.slopes, worth, optimize=True) / n_steps
        given = np.einsum("okt,kwdt->owtd", each, blame, optimize=True)
        for at in range(N_WEIGHTS):
            shift = (at - MIDDLE) * gap  # the weight stands that far from where the answer does
            low, high = max(0, -shift), min(n_steps, n_steps - shift)
            if low < high:
                found[:, low + shift : high + shift] += given[:, at, low:high]


def _in_proportion(parts: Array) -> Array:
    """Positive parts as shares of their sum; where none is positive, the middle weight has all."""
    shares = np.maximum(parts, 0)
    total = shares.sum(axis=(1, 2), keepdims=True)
    shares /= np.where(total > 0, total, 1)
    shares[:, MIDDLE] += (total[:, 0] <= 0) / parts.shape[2]
    return shares
