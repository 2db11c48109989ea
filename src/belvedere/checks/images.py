"""Images that are broken, blank, dark, washed out, blurred, or of an odd shape."""

import numpy as np
from numpy.typing import NDArray

from belvedere.checks.look import Look, find, without
from belvedere.checks.thumbs import thumbs_of
from belvedere.types import Finding, Level
from belvedere.values import counted

DARK, LIGHT, BLANK = 40.0, 215.0, 3.0  # gray levels: brightest twentieth, darkest twentieth, deviation
BLURRED = 0.004  # energy of the Laplacian over that of the image, at 128 pixels
ODD_SHAPE = 4.0  # times as long, against the usual proportion

TESTS: tuple[tuple[str, Level, str], ...] = (
    ("broken", "warning", "{} too damaged to decode"),
    ("blank", "warning", "{} of one color all over"),
    ("dark", "note", "{} so dark that little can be seen"),
    ("light", "note", "{} washed out to nearly white"),
    ("blurred", "note", "{} out of focus"),
    ("odd", "note", "{} of a very different proportion"),
)


def check_images(look: Look) -> list[Finding]:
    """Look at images, of very many a sample drawn by a fixed seed."""
    findings = []
    for column in look.of_kind("image"):
        thumbs = thumbs_of(look, column)
        rows, marks = thumbs.rows, _marks(thumbs.measures)
        sampled = f" (looked at a sample of {len(rows):,})" if len(rows) < look.n_rows else ""
        for mark, level, what in TESTS:
            found = rows[marks[mark]]
            if len(found) and (mark == "broken" or len(found) < 0.5 * len(rows)):
                sentence = f"'{column.name}' holds {what.format(counted(len(found), 'image'))}{sampled}."
                findings.append(
                    find(
                        "images",
                        level,
                        sentence,
                        column=column.name,
                        rows=look.row_numbers(found),
                        cure=without("images"),
                    )
                )
    return findings


def _marks(m: NDArray[np.float64]) -> dict[str, NDArray[np.bool_]]:
    """Turn measures (brightest, darkest, deviation, sharpness, proportion) into marks; NaN where an image is broken."""
    broken = np.isnan(m[:, 0])
    usual = np.nanmedian(m[:, 4]) if not broken.all() else 1.0
    blank = m[:, 2] < BLANK
    with np.errstate(invalid="ignore"):
        return {
            "broken": broken,
            "blank": blank,
            "dark": (m[:, 0] < DARK) & ~blank,
            "light": (m[:, 1] > LIGHT) & ~blank,
            "blurred": (m[:, 3] < BLURRED) & ~blank,
            "odd": np.maximum(m[:, 4] / usual, usual / m[:, 4]) > ODD_SHAPE,
        }
