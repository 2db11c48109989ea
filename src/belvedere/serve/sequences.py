"""Sequences of a map: which there are, one row's steps, and the same as sound."""

import io
import wave

import numpy as np
from numpy.typing import NDArray

from belvedere.types import Column, MapContent

SOUND_HZ = 4_000  # from here on a sequence is heard, not only seen
MAX_CHANNELS = 2


def sequence_column(content: MapContent) -> Column | None:
    """The first sequence of the data."""
    return next((column for column in content.schema if column.kind == "sequence"), None)


def rate_of(content: MapContent, column: Column) -> float:
    """Steps per second, 0 where nobody said."""
    notes = content.rows.schema.field(column.name).metadata or {}
    try:
        return float(notes.get(b"belvedere.rate", b"0"))
    except ValueError:
        return 0.0


def has_sound(content: MapContent) -> bool:
    """Whether rows can be listened to."""
    column = sequence_column(content)
    return column is not None and rate_of(content, column) >= SOUND_HZ and content.n_rows > 0


def steps_of(content: MapContent, row: int) -> NDArray[np.float32] | None:
    """One row's sequence as float32 (steps, channels), or None where there is none."""
    column = sequence_column(content)
    value = None if column is None else content.rows.column(column.name)[row].as_py()
    if not value:
        return None
    steps = np.array([np.nan if one is None else one for one in value], dtype=np.float32)
    return steps.reshape(len(steps), -1)


def to_wav(steps: NDArray[np.float32], rate: float) -> bytes:
    """Write a waveform as 16-bit WAV; values within ±1 keep their loudness, others fill the range.

    Parameters
    ----------
    steps : float32 (steps, channels)
    rate : float
        Steps per second.

    Examples
    --------
    >>> to_wav(np.zeros((2, 1), np.float32), 8000)[:4]
    b'RIFF'
    """
    clean = np.nan_to_num(steps[:, :MAX_CHANNELS], nan=0.0, posinf=0.0, neginf=0.0)
    peak = float(np.abs(clean).max(initial=0.0))
    whole = bool((clean == np.round(clean)).all()) and 1 < peak <= 32_768
    scaled = clean if whole else clean * (32_767 / max(peak, 1.0))
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(clean.shape[1])
        sound.setsampwidth(2)
        sound.setframerate(round(rate))
        sound.writeframes(np.clip(np.rint(scaled), -32_768, 32_767).astype("<i2").tobytes())
    return file.getvalue()
