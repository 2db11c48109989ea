"""Sequences at full length: as numbers for a chart, and as sound where they are waveforms."""

import numpy as np
from starlette.responses import Response

from belvedere.serve.answers import Map, say_missing, send_bytes
from belvedere.serve.sequences import has_sound, rate_of, sequence_column, steps_of, to_wav

MAX_VALUES = 4_000_000  # of one row in one answer; longer ones are thinned evenly


def answer_audio(row: int, served: Map) -> Response:
    """One row as sound (WAV)."""
    served.check_rows([row])
    column = sequence_column(served.content)
    steps = steps_of(served.content, row) if has_sound(served.content) else None
    if steps is None or column is None:
        return say_missing("This row cannot be heard.")
    return send_bytes(to_wav(steps, rate_of(served.content, column)), "audio/wav", keep=True)


def answer_sequence(row: int, served: Map) -> Response:
    """One row's sequence: uint32 steps in the data, channels, stride; then float32 (sent steps, channels)."""
    served.check_rows([row])
    steps = steps_of(served.content, row)
    if steps is None:
        return say_missing("This row has no sequence.")
    stride = -(-steps.size // MAX_VALUES) or 1
    head = np.array([*steps.shape, stride], dtype="<u4")
    return send_bytes(head.tobytes() + np.ascontiguousarray(steps[::stride], dtype="<f4").tobytes(), keep=True)
