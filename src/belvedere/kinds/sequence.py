"""Sequences: values in an order, of any length and number of channels.

Recordings of sound (4,000 Hz and more) become log mel energies, 40 bands every 10 ms: an ear's view, a hundredth of the
length (Davis and Mermelstein 1980). Other sequences longer than 1,024 steps are averaged in blocks.
"""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from belvedere.errors import ColumnError
from belvedere.kinds.facts import Facts
from belvedere.kinds.kernels import kernel_features
from belvedere.kinds.kind import RICH_WEIGHT, Fit, Kind
from belvedere.types import Input
from belvedere.values import Array, spread, to_matrix

MOST_STEPS = 1024
SOUND_HZ = 4000.0
N_BANDS = 40
HOP_S, WINDOW_S = 0.010, 0.025  # seconds
PLAIN_STEPS = 64
FIT_ROWS = 5000
PREVIEW_POINTS = 200
Series = list[NDArray[np.float32]]  # one (steps, channels) per row


def recognize(facts: Facts) -> str:
    """Tell sequences: by the reader's mark, lists of several lengths, or vectors whose neighbors go together."""
    if facts.note("kind") not in ("", "sequence") or not facts.is_list or facts.note("names"):
        return ""
    if facts.note("kind") == "sequence" or not pa.types.is_fixed_size_list(facts.type):
        return _describe(facts)
    if not pa.types.is_floating(facts.type.value_type) or facts.type.list_size < 40:
        return ""
    return "values that change smoothly from one to the next, as in a curve" if _is_smooth(facts) else ""


def _describe(facts: Facts) -> str:
    lengths = _lengths(facts)
    channels = _channels(facts)
    if not len(lengths) or (len(set(lengths.tolist())) == 1 and not facts.note("kind") and channels == 1):
        return ""  # lists of one length are vectors
    span = f"{lengths.min():,}" if lengths.min() == lengths.max() else f"{lengths.min():,} to {lengths.max():,}"
    return f"sequences of {span} steps" + (f", {channels} channels" if channels > 1 else "")


def _lengths(facts: Facts) -> Array:
    if pa.types.is_fixed_size_list(facts.type):
        return np.full(facts.n_rows, facts.type.list_size)
    return np.asarray(pc.list_value_length(facts.column).drop_null().to_numpy(), dtype=np.int64)


def _channels(facts: Facts) -> int:
    inner = facts.type.value_type
    return int(inner.list_size) if pa.types.is_fixed_size_list(inner) else 1


def _is_smooth(facts: Facts) -> bool:
    """Correlate each value with the next one, within rows; images flattened to a square and mostly-zero rows are none."""
    values = to_matrix(facts.some(200).column)
    side = round(np.sqrt(values.shape[1]))
    values = values[np.isfinite(values).all(axis=1)]
    if side * side == values.shape[1] or not len(values) or (values == 0).mean() > 0.3:
        return False
    centred = values - values.mean(axis=1, keepdims=True)
    power = (centred**2).sum(axis=1)
    return bool(np.median((centred[:, 1:] * centred[:, :-1]).sum(axis=1) / np.maximum(power, 1e-12)) > 0.8)


def to_series(facts: Facts) -> Series:
    """Read each row as float32 (steps, channels); missing rows have no steps.

    Raises
    ------
    ColumnError
        If the rows hold something else than lists of numbers, as new rows for a map may.
    """
    if facts.column.null_count == facts.n_rows:
        return [np.zeros((0, 1), np.float32)] * facts.n_rows
    if not hasattr(facts.type, "value_type"):
        raise ColumnError(
            f"Column {facts.field.name!r} must hold a list of numbers in every row, since it was learned as sequences, but "
            f"it holds {facts.type}. Give it as lists."
        )
    if pa.types.is_fixed_size_list(facts.type) and _channels(facts) == 1:
        return [row[:, None] for row in to_matrix(facts.column).astype(np.float32, copy=False)]
    channels = _channels(facts)
    series: Series = []
    for chunk in facts.column.chunks:
        lengths = pc.fill_null(pc.list_value_length(chunk), 0).to_numpy(zero_copy_only=False).astype(np.int64)
        values = chunk.flatten()
        values = values.flatten() if pa.types.is_fixed_size_list(values.type) else values
        flat = values.cast(pa.float32(), safe=False).to_numpy(zero_copy_only=False).reshape(-1, channels)
        ends = np.cumsum(lengths)
        series += [flat[end - length : end] for end, length in zip(ends, lengths, strict=True)]
    return series


def fit(facts: Facts, seed: int) -> Fit:
    """Front end, number of steps kept, mean and deviation per channel."""
    rows = spread(facts.n_rows, FIT_ROWS, seed)
    some = facts if len(rows) == facts.n_rows else Facts(facts.field, facts.column.take(rows))
    series = to_series(some)
    lengths = np.array([len(one) for one in series] or [1])
    rate = float(facts.note("rate") or 0)
    info: dict[str, Any] = {"rate": rate, "front": "steps", "block": 1}
    if rate >= SOUND_HZ and np.median(lengths) > 4 * WINDOW_S * rate and _channels(facts) == 1:
        info |= {"front": "mel"}
    elif np.quantile(lengths, 0.95) > MOST_STEPS:
        info |= {"block": int(np.ceil(np.quantile(lengths, 0.95) / MOST_STEPS))}
    fronted = [_front(one, info) for one in series]
    return _fit_statistics(fronted, info)


def _fit_statistics(series: Series, info: dict[str, Any]) -> Fit:
    lengths = np.array([len(one) for one in series] or [1])
    steps = int(np.clip(np.ceil(np.quantile(lengths, 0.99)), 1, MOST_STEPS))
    filled = [one for one in series if len(one)]
    every = np.concatenate(filled) if filled else np.zeros((1, 1), np.float32)
    every = np.where(np.isfinite(every), every, np.nan)
    mean, std = np.nan_to_num(np.nanmean(every, axis=0)), np.nan_to_num(np.nanstd(every, axis=0))
    info |= {"d": every.shape[1], "T": steps, "mean": mean.tolist(), "std": np.where(std > 1e-9, std, 1.0).tolist()}
    grid = _resampled([_standard(one, info) for one in series], info["d"])
    variance = float(grid.var(axis=0).sum()) if len(grid) else 1.0
    return info | {"total_variance": variance or 1.0}, {
        "average": grid.mean(axis=0) if len(grid) else np.zeros(1, np.float32)
    }


def _front(one: NDArray[np.float32], info: dict[str, Any]) -> NDArray[np.float32]:
    """Turn a recording into what the network steps through."""
    if info["front"] == "mel":
        return log_mel(one[:, 0], info["rate"])
    block = info["block"]
    if block == 1 or len(one) < block:
        return one
    whole = len(one) // block * block
    return np.asarray(one[:whole].reshape(-1, block, one.shape[1]).mean(axis=1))


def log_mel(wave: NDArray[np.float32], rate: float) -> NDArray[np.float32]:
    """Log energies in 40 mel bands every 10 ms.

    Parameters
    ----------
    wave : float32 (samples,)
    rate : float
        Samples per second.

    Returns
    -------
    float32 (frames, 40)

    Examples
    --------
    >>> tone = np.sin(2 * np.pi * 440 * np.arange(8000) / 8000).astype(np.float32)
    >>> log_mel(tone, 8000.0).shape
    (98, 40)
    """
    window, hop = int(WINDOW_S * rate), int(HOP_S * rate)
    wave = np.nan_to_num(wave)
    if len(wave) < window:
        wave = np.pad(wave, (0, window - len(wave)))
    frames = np.lib.stride_tricks.sliding_window_view(wave, window)[::hop]
    power = np.abs(np.fft.rfft(frames * np.hanning(window), axis=1)) ** 2
    loudest = max(float(power.max()), 1e-12)
    energies = power @ _mel_bands(window, rate) / loudest
    return np.log(energies + 1e-5).astype(np.float32)


def _mel_bands(window: int, rate: float) -> NDArray[np.float64]:
    """Triangles, evenly spaced on the mel scale (O'Shaughnessy 1987): (window // 2 + 1, 40)."""
    frequencies = np.fft.rfftfreq(window, 1 / rate)
    top = 2595 * np.log10(1 + rate / 2 / 700)
    edges = 700 * (10 ** (np.linspace(2595 * np.log10(1 + 60 / 700), top, N_BANDS + 2) / 2595) - 1)
    rising = (frequencies[:, None] - edges[:-2]) / np.diff(edges)[:-1]
    falling = (edges[2:] - frequencies[:, None]) / np.diff(edges)[1:]
    return np.maximum(0, np.minimum(rising, falling))


def _standard(one: NDArray[np.float32], info: dict[str, Any]) -> NDArray[np.float32]:
    value = (one - np.asarray(info["mean"], np.float32)) / np.asarray(info["std"], np.float32)
    return np.asarray(np.nan_to_num(value, nan=0.0, posinf=0.0, neginf=0.0), dtype=np.float32)


def _ready(facts: Facts, info: dict[str, Any]) -> Series:
    """Front end and standardization of all rows; channels cut or padded to those of training."""
    return [_standard(_with_channels(_front(one, info), info["d"]), info) for one in to_series(facts)]


def _with_channels(one: NDArray[np.float32], channels: int) -> NDArray[np.float32]:
    if one.shape[1] >= channels:
        return one[:, :channels]
    return np.pad(one, ((0, 0), (0, channels - one.shape[1])))


def make(facts: Facts, known: Input) -> dict[str, Array]:
    """`steps` float32 (rows, T, d), zero-padded; `length` int64 (rows,); `kernels` float32 (rows, features) where asked for."""
    series = _ready(facts, known.info)
    steps = np.zeros((len(series), known.info["T"], known.info["d"]), np.float32)
    for row, one in enumerate(series):
        kept = one[-known.info["T"] :] if known.info.get("keeps") == "last" else one[: known.info["T"]]
        steps[row, : len(kept)] = kept
    lengths = np.array([min(len(one), known.info["T"]) for one in series], dtype=np.int64)
    made = {"steps": steps, "length": lengths}
    return made | (
        {"kernels": kernel_features(steps, lengths, known.tensors)} if "kernel_cuts" in known.tensors else {}
    )


def _resampled(series: Series, channels: int) -> NDArray[np.float32]:
    """Stretch every sequence to 64 steps: float32 (rows, 64 · channels)."""
    grid = np.zeros((len(series), PLAIN_STEPS, channels), np.float32)
    for row, one in enumerate(series):
        if len(one):
            places = np.linspace(0, len(one) - 1, PLAIN_STEPS)
            left = places.astype(int)
            right = np.minimum(left + 1, len(one) - 1)
            share = (places - left)[:, None].astype(np.float32)
            grid[row] = one[left] * (1 - share) + one[right] * share
    return grid.reshape(len(series), -1)


def plain(facts: Facts, known: Input) -> Array:
    """Resampled to 64 steps, one global scale, weighted as one rich column."""
    grid = _resampled(_ready(facts, known.info), known.info["d"])
    scale = np.sqrt(RICH_WEIGHT / known.info["total_variance"])
    return np.asarray((grid - known.tensors["average"]) * scale, dtype=np.float32)


def preview(facts: Facts) -> list[Any]:
    """At most 200 points of the first channel, the true length, and the rate in Hz where known."""
    rate = float(facts.note("rate") or 0) or None
    return [_summary(one, rate) if len(one) else None for one in to_series(facts)]


def _summary(one: NDArray[np.float32], rate: float | None) -> dict[str, Any]:
    places = np.linspace(0, len(one) - 1, min(PREVIEW_POINTS, len(one))).astype(int)
    values = [float(f"{value:.5g}") if np.isfinite(value) else None for value in one[places, 0]]
    return {"sequence": values, "length": len(one), "rate": rate}


KIND = Kind("sequence", recognize, fit, make, plain, preview)
