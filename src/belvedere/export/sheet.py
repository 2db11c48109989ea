"""What stands on the sheet and where: title, caption, legend, labels, and the map's own frame."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from belvedere.export.coloring import Coloring
from belvedere.export.fonts import Face, width_of
from belvedere.export.ground import Field, width_of_blur
from belvedere.export.labels import LINE, Box, Label, place_labels
from belvedere.export.palette import Tokens
from belvedere.types import MapContent

DESIGN = (1100.0, 690.0)  # design pixels for which sizes are meant
MARGIN = 24.0
MAX_NAME = 26
SHELF = 3.4  # widths of the blur by which the ground reaches beyond the rows
WIDE = 1.25  # width by height from which the legend stands beside the map


@dataclass(frozen=True)
class Text:
    """A line of text: where its left (or right, or middle) end and its top are, in pixels."""

    text: str
    face: Face
    x: float
    y: float
    color: str
    anchor: str = "left"  # 'left', 'middle' or 'right'
    halo: float = 0.0


@dataclass(frozen=True)
class Mark:
    """A dot of the legend."""

    x: float
    y: float
    radius: float
    color: str


@dataclass(frozen=True)
class Bar:
    """A ramp of colors of the legend, left to right."""

    box: Box
    stops: tuple[str, ...]


@dataclass(frozen=True)
class Sheet:
    """Everything but ground and points, in pixels."""

    size: tuple[int, int]
    unit: float
    x: Field
    y: Field
    texts: tuple[Text, ...]
    marks: tuple[Mark, ...]
    bars: tuple[Bar, ...]


def unit_of(width: int, height: int) -> float:
    """Pixels per design pixel."""
    return math.sqrt(width * height / (DESIGN[0] * DESIGN[1]))


def lay_out_sheet(
    content: MapContent, coloring: Coloring, tokens: Tokens, *, size: tuple[int, int], title: bool
) -> Sheet:
    """Find a place for everything."""
    unit = unit_of(*size)
    words = [*_title(content, coloring, tokens, unit), *_caption(content, tokens, unit, size)] if title else []
    legend, marks, bars = _legend(coloring, tokens, unit, size)
    taken = [_box(text) for text in (*words, *legend)] + [bar.box for bar in bars]
    scale, shift = fit(content, _frame(words, legend, size, unit), size)
    x = np.asarray(content.places[:, 0] * scale + shift[0], dtype=np.float32)
    y = np.asarray(shift[1] - content.places[:, 1] * scale, dtype=np.float32)
    stands = [(region.x * scale + shift[0], shift[1] - region.y * scale) for region in content.regions]
    within = (4 * unit, 4 * unit, size[0] - 4 * unit, size[1] - 4 * unit)
    labels = place_labels(content.regions, stands, unit=unit, taken=taken, within=within)
    texts = (*words, *legend, *(line for label in labels for line in _lines(label, tokens)))
    return Sheet(size, unit, x, y, texts, tuple(marks), tuple(bars))


def _frame(words: list[Text], legend: list[Text], size: tuple[int, int], unit: float) -> Box:
    """Where the map goes: right of the legend on a wide sheet, between title and legend on a tall one."""
    edge = MARGIN * unit
    left, top, bottom = edge, 12 * unit, size[1] - (28 if words else 12) * unit
    if legend and size[0] > WIDE * size[1]:
        left = max(_box(text)[2] for text in legend) + edge
    elif words:
        top = 78 * unit
        bottom = min([bottom, *(text.y - edge for text in legend)])
    return min(left, size[0] * 0.4), top, size[0] - edge, max(bottom, size[1] * 0.5)


def fit(content: MapContent, frame: Box, size: tuple[int, int]) -> tuple[float, tuple[float, float]]:
    """Scale and shift that put the map into the middle of a frame; y points up on the map and down on paper.

    A few strays do not shrink the rest: 99.8 % of the rows fill the frame, and all of them are on the sheet.
    """
    there = content.places[np.isfinite(content.places).all(axis=1)].astype(np.float64)
    if not len(there):
        return 1.0, (frame[0], frame[3])
    low, high = np.quantile(there, [0.001, 0.999], axis=0)
    middle = np.array([(frame[0] + frame[2]) / 2, (frame[1] + frame[3]) / 2])
    room = np.array([frame[2] - frame[0], frame[3] - frame[1]]) * 0.94
    center = (low + high) / 2
    reach, wide = np.abs(there - center).max(axis=0), np.maximum(high - low, 1e-9)
    edge = np.minimum(middle, np.array(size) - middle)
    shelf = min(SHELF * width_of_blur(len(there), unit_of(*size)), 0.12 * min(size))
    scales = [room / wide, (edge - shelf) / wide * 2, (edge - 6) / np.maximum(reach, 1e-9)]
    scale = float(min(1e9, *(part.min() for part in scales)))
    return scale, (float(middle[0] - center[0] * scale), float(middle[1] + center[1] * scale))


def _box(text: Text) -> Box:
    width = width_of(text.text, text.face)
    left = text.x - {"left": 0.0, "middle": width / 2, "right": width}[text.anchor]
    return left, text.y, left + width, text.y + text.face.size * LINE


def _title(content: MapContent, coloring: Coloring, tokens: Tokens, unit: float) -> Iterator[Text]:
    about = f"{content.n_rows:,} rows" + (f", colored by {coloring.title}" if coloring.title else "")
    yield Text(_short(content.name, 60), Face("serif", 23 * unit, 600), 24 * unit, 18 * unit, tokens.ink)
    yield Text(_short(about, 80), Face("sans", 13.5 * unit), 24 * unit, 48 * unit, tokens.ink_2)


def _caption(content: MapContent, tokens: Tokens, unit: float, size: tuple[int, int]) -> Iterator[Text]:
    """Who made it, and how faithful it is, never without what it is compared with."""
    parts = ["Belvedere"]
    for score in content.scores:
        if score.group == "map" and score.name.startswith("recall") and np.isfinite(score.value):
            beside = f" ({score.baseline_name} {_share(score.baseline)})" if score.baseline is not None else ""
            parts.append(f"{score.name} {_share(score.value)}{beside}")
    text = "  ·  ".join(parts[:2])
    face = Face("sans", 11 * unit)
    yield Text(text, face, size[0] - 20 * unit, size[1] - 24 * unit, tokens.ink_3, "right")


def _share(value: float) -> str:
    """A share as it is read; a small one is not made to look like none.

    Examples
    --------
    >>> _share(0.357), _share(0.0042), _share(5e-6), _share(0.0)
    ('0.36', '0.004', 'under 0.001', '0.00')
    """
    return f"{value:.2f}" if value >= 0.01 or value == 0 else f"{value:.3f}" if value >= 0.001 else "under 0.001"


def _legend(
    coloring: Coloring, tokens: Tokens, unit: float, size: tuple[int, int]
) -> tuple[list[Text], list[Mark], list[Bar]]:
    if coloring.scale is not None:
        return _scale_legend(coloring, tokens, unit, size)
    if not coloring.keys:
        return [], [], []
    face, line = Face("sans", 13 * unit), 21 * unit
    shown = [replace(key, name=_short(key.name, MAX_NAME)) for key in coloring.keys]
    counts = [f"{key.n_rows:,}" for key in shown]
    widest = max(width_of(key.name, face) for key in shown)
    right = 24 * unit + 15 * unit + widest + 20 * unit + max(width_of(c, face) for c in counts)
    top = size[1] - 24 * unit - line * len(shown)
    texts = [Text(_short(coloring.title, 34), Face("sans", 13.5 * unit, 600), 24 * unit, top - 24 * unit, tokens.ink)]
    marks = []
    for i, (key, count) in enumerate(zip(shown, counts, strict=True)):
        at = top + line * i
        marks.append(Mark(28 * unit, at + 8.5 * unit, 4.2 * unit, key.color))
        texts.append(Text(key.name, face, 39 * unit, at, tokens.ink))
        texts.append(Text(count, face, right, at, tokens.ink_3, "right"))
    return texts, marks, []


def _scale_legend(
    coloring: Coloring, tokens: Tokens, unit: float, size: tuple[int, int]
) -> tuple[list[Text], list[Mark], list[Bar]]:
    assert coloring.scale is not None
    left, right, top = 24 * unit, 214 * unit, size[1] - 58 * unit
    face = Face("sans", 12.5 * unit)
    ends = zip(coloring.scale.texts, (left, (left + right) / 2, right), ("left", "middle", "right"), strict=True)
    texts = [Text(text, face, x, top + 15 * unit, tokens.ink_2, anchor) for text, x, anchor in ends]
    head = Text(_short(coloring.title, 34), Face("sans", 13.5 * unit, 600), left, top - 24 * unit, tokens.ink)
    return [head, *texts], [], [Bar((left, top, right, top + 9 * unit), coloring.scale.stops)]


def _lines(label: Label, tokens: Tokens) -> Iterator[Text]:
    color = (tokens.ink, tokens.ink_2, tokens.ink_3)[min(label.level, 2)]
    top = label.box[1]
    for i, line in enumerate(label.lines):
        yield Text(line, label.face, label.x, top + i * label.face.size * LINE, color, "middle", label.halo)


def _short(text: str, letters: int) -> str:
    clean = " ".join(text.split())
    return clean if len(clean) <= letters else clean[: letters - 1].rstrip() + "…"
