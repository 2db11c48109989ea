"""Plain features of rows, for baselines that cost seconds: no network, nothing learned but scales."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from belvedere.types import Arrays, Input

Floats64 = NDArray[np.float64]


def plain_features(arrays: Arrays, inputs: Sequence[Input]) -> tuple[NDArray[np.float32], list[bool]]:
    """Features of all columns but texts: (rows, features), and which of them are category codes.

    Missing numbers are NaN.
    """
    parts: list[NDArray[np.float32]] = []
    is_code: list[bool] = []
    for position, item in enumerate(inputs):
        part = column_features(arrays, position, item)
        parts.append(part)
        is_code += [item.kind in ("category", "boolean") and int(item.info["n_codes"]) <= 250] * part.shape[1]
    n_rows = len(next(iter(arrays.values())))
    return np.hstack([np.zeros((n_rows, 0), np.float32), *parts]), is_code


def column_features(arrays: Arrays, position: int, item: Input) -> NDArray[np.float32]:
    """Plain features of one column: (rows, features); none for a text."""
    n_rows = len(next(value for name, value in arrays.items() if name.startswith(f"{position}.")))
    if item.kind == "number":
        missing = arrays[f"{position}.missing"] > 0
        return np.where(missing, np.nan, arrays[f"{position}.value"])[:, None].astype(np.float32)
    if item.kind in ("category", "boolean"):
        return arrays[f"{position}.code"][:, None].astype(np.float32)
    if item.kind in ("time", "vector"):
        return arrays[f"{position}.value"].reshape(n_rows, -1).astype(np.float32)
    if item.kind == "image":
        return image_features(arrays[f"{position}.pixels"])
    if item.kind == "sequence":
        return sequence_features(arrays[f"{position}.steps"], arrays[f"{position}.length"])
    return np.zeros((n_rows, 0), np.float32)


def image_features(pixels: NDArray[np.uint8], *, side: int = 14) -> NDArray[np.float32]:
    """Images averaged down to about `side` pixels a side: (rows, h, w, c) -> (rows, features)."""
    n, height, width, channels = pixels.shape
    factor = max(1, round(max(height, width) / side))
    h, w = height // factor * factor, width // factor * factor
    blocks = pixels[:, :h, :w].reshape(n, h // factor, factor, w // factor, factor, channels)
    return np.asarray(blocks.mean(axis=(2, 4), dtype=np.float32) / 255).reshape(n, -1)


def sequence_features(steps: NDArray[np.float32], lengths: NDArray[np.int64]) -> NDArray[np.float32]:
    """Per channel: mean, spread, range, quartiles, roughness and 16 bands of the spectrum; and the length."""
    rows = [_one_sequence(row[: max(1, int(n))]) for row, n in zip(steps, lengths, strict=True)]
    return np.hstack([np.array(rows, dtype=np.float32), np.log1p(lengths)[:, None].astype(np.float32)])


def _one_sequence(steps: NDArray[Any]) -> Floats64:
    quartiles = np.quantile(steps, [0, 0.25, 0.5, 0.75, 1], axis=0).ravel()
    rough = np.abs(np.diff(steps, axis=0)).mean(axis=0) if len(steps) > 1 else np.zeros(steps.shape[1])
    power = np.abs(np.fft.rfft(steps - steps.mean(axis=0), n=max(64, len(steps)), axis=0)) ** 2
    bands = np.array([part.mean(axis=0) for part in np.array_split(power[1:], 16)])
    return np.concatenate([steps.mean(axis=0), steps.std(axis=0), quartiles, rough, np.log(bands + 1e-6).ravel()])
