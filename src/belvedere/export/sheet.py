"""What stands on the sheet and where: title, caption, legend, labels, and the map's own frame."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from belvedere.export.coloring import Coloring
from belvedere.export.fonts import Face, width_of
from belvedere.export.ground import Field
from belvedere.export.labels import LINE, Box, Label, place_labels
from belvedere.export.palette import Tokens
from belvedere.types import MapContent

DESIGN = (1100.0, 690.0)  # design pixels for which sizes are meant
MARGIN = 24.0
MAX_NAME = 26


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
    return min(width / DESIGN[0], height / DESIGN[1])


def lay_out_sheet(
    content: MapContent, coloring: Coloring, tokens: Tokens, *, size: tuple[int, int], title: bool
) -> Sheet:
    """Find a place for everything."""
    unit = unit_of(*size)
    words = [*_title(content, coloring, tokens, unit), *_caption(content, tokens, unit, size)] if title else []
    legend, marks, bars = _legend(coloring, tokens, unit, size)
    taken = [_box(text) for text in (*words, *legend)] + [bar.box for bar in bars]
    left = max([0.0, *(_box(text)[2] for text in legend), *(bar.box[2] for bar in bars)]) + MARGIN * unit
    frame = (max(left, MARGIN * unit), (20 if title else 12) * unit, size[0] - MARGIN * unit, size[1] - 28 * unit)
    scale, shift = fit(content, frame)
    x = np.asarray(content.places[:, 0] * scale + shift[0], dtype=np.float32)
    y = np.asarray(shift[1] - content.places[:, 1] * scale, dtype=np.float32)
    stands = [(region.x * scale + shift[0], shift[1] - region.y * scale) for region in content.regions]
    within = (4 * unit, 4 * unit, size[0] - 4 * unit, size[1] - 4 * unit)
    labels = place_labels(content.regions, stands, unit=unit, taken=taken, within=within)
    texts = (*words, *legend, *(line for label in labels for line in _lines(label, tokens)))
    return Sheet(size, unit, x, y, texts, tuple(marks), tuple(bars))


def fit(content: MapContent, frame: Box) -> tuple[float, tuple[float, float]]:
    """Scale and shift that put the map into the middle of a frame; y points up on the map and down on paper."""
    there = content.places[np.isfinite(content.places).all(axis=1)]
    if not len(there):
        return 1.0, (frame[0], frame[3])
    (x0, y0), (x1, y1) = there.min(axis=0).astype(float), there.max(axis=0).astype(float)
    scale = min((frame[2] - frame[0]) / max(x1 - x0, 1e-9), (frame[3] - frame[1]) / max(y1 - y0, 1e-9)) * 0.94
    scale = min(scale, 1e9)
    middle = (frame[0] + frame[2]) / 2, (frame[1] + frame[3]) / 2
    return scale, (middle[0] - (x0 + x1) / 2 * scale, middle[1] + (y0 + y1) / 2 * scale)


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
            beside = f" ({score.baseline_name} {score.baseline:.2f})" if score.baseline is not None else ""
            parts.append(f"{score.name} {score.value:.2f}{beside}")
    text = "  ·  ".join(parts[:2])
    face = Face("sans", 11 * unit)
    yield Text(text, face, size[0] - 20 * unit, size[1] - 24 * unit, tokens.ink_3, "right")


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
