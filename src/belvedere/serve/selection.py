"""Selections of rows as they come from the page: one bit per row, base64."""

import base64
import binascii

import numpy as np
from numpy.typing import NDArray

from belvedere.errors import SettingError


def read_selection(text: str, n_rows: int) -> NDArray[np.bool_]:
    """Turn a base64 bitmask (row 0 = bit 0 of byte 0) into a boolean array (n_rows,).

    Examples
    --------
    >>> read_selection("BQ==", 4).tolist()
    [True, False, True, False]
    """
    try:
        packed = np.frombuffer(base64.b64decode(text, validate=True), dtype=np.uint8)
    except (binascii.Error, ValueError) as error:
        raise SettingError("A selection must be base64 of a bitmask, but this is not. Reload the page.") from error
    if len(packed) < (n_rows + 7) // 8 or len(packed) > (n_rows + 31) // 32 * 4:
        raise SettingError(
            f"A selection must have one bit for each of {n_rows} rows, but it has {len(packed) * 8} bits."
        )
    return np.unpackbits(packed, count=n_rows, bitorder="little").astype(bool)
