"""From a column to a color per row, and the legend that explains it."""

import datetime as dt
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from belvedere.errors import SettingError, nearest_names
from belvedere.export.palette import CATEGORIES, DIVERGING, GREY_NAME, SEQUENTIAL, TOKENS, Theme, ramp, rgb
from belvedere.page import Encoded, Page, Shown

MAX_KEYS = 12


@dataclass(frozen=True)
class Key:
    """One line of a legend: a color, what it stands for, and how many rows."""

    color: str
    name: str
    n_rows: int


@dataclass(frozen=True)
class Scale:
    """A continuous legend: stops of a ramp and the texts at its low end, middle and high end."""

    stops: tuple[str, ...]
    texts: tuple[str, str, str]


@dataclass(frozen=True)
class Coloring:
    """Colors of all rows and their legend.

    Attributes
    ----------
    title : str
        The column, '' where all rows have one color.
    colors : float32 (rows, 3)
        0 … 1.
    keys, scale :
        The legend: keys for categories, or a scale for numbers.
    """

    title: str
    colors: NDArray[np.float32]
    keys: tuple[Key, ...] = ()
    scale: Scale | None = None


def color_rows(page: Page, wanted: str | None, theme: Theme) -> Coloring:
    """Color all rows by a column.

    Parameters
    ----------
    page : Page
        The map.
    wanted : str, optional
        Name of a column, or of what the map says ('predicted', 'kept', 'region.0', …). Where not given: the target,
        else the widest regions, else the first column with categories, else one color for all.
    theme : str
        'light' or 'dark'.

    Raises
    ------
    SettingError
        Where there is no such column, or it has no single value per row.
    """
    index = _choose(page) if wanted is None else _find(page, wanted)
    if index is None:
        one = np.broadcast_to(rgb(CATEGORIES[theme][0]), (page.content.n_rows, 3))
        return Coloring("", np.asarray(one, dtype=np.float32))
    shown, made = page.shown[index], page.column(index)
    if made.values is None:
        raise SettingError(f"A map is colored by numbers, times or categories, but {shown.name!r} is {shown.kind}.")
    return _by_number(shown, made, theme) if made.info["dtype"] == "u16q" else _by_category(shown, made, theme)


def _find(page: Page, wanted: str) -> int:
    names = [shown.name for shown in page.shown]
    if wanted not in names:
        raise SettingError(f"A map can be colored by a column, but {wanted!r} is none. {nearest_names(wanted, names)}")
    return names.index(wanted)


def _choose(page: Page) -> int | None:
    """The column that says most at first sight."""
    colorable = [i for i, s in enumerate(page.shown) if s.kind in ("category", "boolean", "number", "time")]
    rank = {"target": 0, "region": 1, "category": 2}
    best: tuple[int, int] | None = None
    for index in colorable:
        shown = page.shown[index]
        sort = "target" if shown.role == "target" else "region" if shown.name == "region.0" else shown.kind
        if sort in rank and page.column(index).values is not None:
            best = min(best or (9, 0), (rank[sort], index))
    return None if best is None else best[1]


def _by_category(shown: Shown, made: Encoded, theme: Theme) -> Coloring:
    """One color for each of up to twelve values; beyond that for the eleven largest, the others in grey."""
    assert made.values is not None
    names, counts = made.info["categories"], np.asarray(made.info["counts"], dtype=np.int64)
    kept = np.arange(len(names))
    if len(names) > MAX_KEYS:
        kept = np.sort(np.lexsort((kept, -counts))[: MAX_KEYS - 1])
    grey = TOKENS[theme].grey
    table = np.tile(rgb(grey), (int(np.iinfo(made.values.dtype).max) + 1, 1))
    keys = []
    for code, color in zip(kept, CATEGORIES[theme], strict=False):
        table[code] = rgb(color)
        keys.append(Key(color, str(names[code]), int(counts[code])))
    n_other = int(counts.sum() - counts[kept].sum())
    if n_other:
        keys.append(Key(grey, f"{len(names) - len(kept)} {GREY_NAME}", n_other))
    return Coloring(shown.label or shown.name, table[made.values], keys=tuple(k for k in keys if k.n_rows))


def _by_number(shown: Shown, made: Encoded, theme: Theme) -> Coloring:
    """A true continuous scale; where a few values stretch it, it ends at the 1st and 99th percentile and says so."""
    assert made.values is not None
    there = made.values < 65_535
    colors = np.tile(rgb(TOKENS[theme].grey), (len(made.values), 1))
    if not there.any():
        return Coloring(shown.label or shown.name, colors)
    low, high = made.info["min"], made.info["max"]
    values = low + made.values[there] / 65_534 * (high - low)
    ends = _ends(values, low, high)
    is_two_sided = (
        shown.kind == "number" and ends[0] < 0 < ends[1] and min(-ends[0], ends[1]) > 0.1 * max(-ends[0], ends[1])
    )
    stops = (DIVERGING if is_two_sided else SEQUENTIAL)[theme]
    if is_two_sided:
        ends = (-max(-ends[0], ends[1]), max(-ends[0], ends[1]))
    colors[there] = ramp(stops, np.clip((values - ends[0]) / ((ends[1] - ends[0]) or 1.0), 0, 1))
    return Coloring(shown.label or shown.name, colors, scale=Scale(tuple(stops), _texts(shown, ends, (low, high))))


def _ends(values: NDArray[np.float64], low: float, high: float) -> tuple[float, float]:
    inner = np.quantile(values, [0.01, 0.99])
    is_stretched = (inner[1] - inner[0]) < 0.6 * (high - low) and inner[1] > inner[0]
    return (float(inner[0]), float(inner[1])) if is_stretched else (low, high)


def _texts(shown: Shown, ends: tuple[float, float], full: tuple[float, float]) -> tuple[str, str, str]:
    low, high = ends
    texts = [write_number(v, shown.kind, high - low) for v in (low, (low + high) / 2, high)]
    return (
        ("≤ " if full[0] < low else "") + texts[0],
        texts[1],
        ("≥ " if full[1] > high else "") + texts[2],
    )


def write_number(value: float, kind: str, span: float) -> str:
    """Write a number or time as short as its scale allows.

    Examples
    --------
    >>> write_number(1234.567, "number", 2000.0), write_number(0.0312, "number", 0.1), write_number(0, "time", 1e12)
    ('1,235', '0.031', '1970')
    """
    if kind == "time":
        return _write_time(value, span)
    digits = 0 if span <= 0 else int(np.clip(2 - np.floor(np.log10(span)), 0, 6))
    return f"{value:.3g}" if abs(value) >= 1e7 else f"{value:,.{digits}f}".replace("-", "−")


def _write_time(value: float, span: float) -> str:
    moment = dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(milliseconds=value)
    year, day = 31_557_600_000, 86_400_000
    form = "%Y" if span > 8 * year else "%b %Y" if span > year else "%d %b %Y" if span > 3 * day else "%d %b %H:%M"
    return moment.strftime(form)
