"""Names of regions on the map: they never overlap; wide regions speak first, deep ones give way."""

from collections.abc import Sequence
from dataclasses import dataclass

from belvedere.export.fonts import Face, Family, is_wide, width_of
from belvedere.types import Region

Box = tuple[float, float, float, float]  # left, top, right, bottom

LINE = 1.16  # line height, of the size
GAP = 4.0
MAX_LINES = 3
LETTERS = (20, 22, 24)  # per line, by level


@dataclass(frozen=True)
class Label:
    """A region's name, set in lines around a center in pixels."""

    lines: tuple[str, ...]
    face: Face
    x: float
    y: float
    level: int
    halo: float

    @property
    def box(self) -> Box:
        """What it covers."""
        width = max(width_of(line, self.face) for line in self.lines)
        height = self.face.size * LINE * len(self.lines)
        return self.x - width / 2, self.y - height / 2, self.x + width / 2, self.y + height / 2


def face_of(level: int, text: str, unit: float) -> tuple[Face, float]:
    """Face and halo of a level: the widest upright, deeper ones italic; no italics in Chinese."""
    size, weight, halo = ((19, 600, 4.5), (13.5, 500, 3.5), (12.5, 450, 3.5))[min(level, 2)]
    slant: Family = "sans" if is_wide(text) else "italic" if level else "serif"
    return Face(slant, size * unit, weight), halo * unit


def break_lines(text: str, letters: int) -> tuple[str, ...]:
    """Break a name into up to three lines of similar length.

    Examples
    --------
    >>> break_lines("a quiet place beside the water", 16)
    ('a quiet place', 'beside the water')
    >>> break_lines("good, unsure, 本书", 12)
    ('good,', 'unsure, 本书')
    """
    clean = " ".join(text.split())
    n_lines = len(_fill(clean, letters))
    narrower = range(-(-len(clean) // n_lines), letters + 1)  # empty where a word is longer than a line
    even = next((limit for limit in narrower if len(_fill(clean, limit)) <= n_lines), letters)
    return tuple(_cut(line, letters + 4) for line in _fill(clean, even))


def _fill(text: str, limit: int) -> list[str]:
    """Fill up to three lines with so many letters each; the last takes what is left."""
    lines = [""]
    for piece in _pieces(text):
        if lines[-1] and len((lines[-1] + piece).strip()) > limit and len(lines) < MAX_LINES:
            lines.append(piece)
        else:
            lines[-1] += piece
    return [line.strip() for line in lines]


def _pieces(text: str) -> list[str]:
    """Where a line may end: after any Chinese letter, and after blanks."""
    pieces: list[str] = []
    for letter in text:
        if not pieces or pieces[-1].endswith(" ") or is_wide(pieces[-1][-1] + letter):
            pieces.append(letter)
        else:
            pieces[-1] += letter
    return pieces


def _cut(line: str, letters: int) -> str:
    return line if len(line) <= letters else line[: letters - 1].rstrip() + "…"


def place_labels(
    regions: Sequence[Region],
    places: Sequence[tuple[float, float]],
    *,
    unit: float,
    taken: Sequence[Box],
    within: Box,
    max_level: int = 1,
) -> list[Label]:
    """Choose the names that have room.

    Parameters
    ----------
    regions : sequence of Region
        All regions.
    places : sequence of (x, y)
        Where their labels stand, in pixels.
    unit : float
        Pixels per design pixel.
    taken : boxes
        What labels must not cover (title, legend).
    within : box
        Where labels may stand.
    max_level : int
        Deepest level shown.
    """
    wanted = [i for i, region in enumerate(regions) if region.name.strip() and region.level <= max_level]
    wanted.sort(key=lambda i: (regions[i].level, -regions[i].n_rows, i))
    chosen: list[Label] = []
    boxes = list(taken)
    for i in wanted:
        label = _fit(regions[i], places[i], unit, boxes, within)
        if label is not None:
            chosen.append(label)
            boxes.append(label.box)
    return chosen


def _fit(region: Region, place: tuple[float, float], unit: float, boxes: list[Box], within: Box) -> Label | None:
    """Try the wanted place, then a little above and below it; the widest regions may move farther."""
    face, halo = face_of(region.level, region.name, unit)
    letters = LETTERS[min(region.level, 2)] // (2 if is_wide(region.name) else 1)
    lines = break_lines(region.name, letters)
    step = face.size * LINE
    shifts = (0.0, 0.7, -0.7, 1.3, -1.3, *((2.0, -2.0, 2.8, -2.8) if region.level == 0 else ()))
    for shift in shifts:
        label = Label(lines, face, place[0], place[1] + shift * step, region.level, halo)
        if not any(_overlap(label.box, box, GAP * unit) for box in boxes) and _inside(label.box, within):
            return label
    return None


def _overlap(a: Box, b: Box, gap: float) -> bool:
    return a[0] < b[2] + gap and b[0] < a[2] + gap and a[1] < b[3] + gap and b[1] < a[3] + gap


def _inside(a: Box, b: Box) -> bool:
    return a[0] >= b[0] and a[1] >= b[1] and a[2] <= b[2] and a[3] <= b[3]
