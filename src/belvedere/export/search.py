"""What a search for settings found, as files: a table of trials, a table and a picture of what mattered."""

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from belvedere.export.palette import CATEGORIES, TOKENS
from belvedere.export.svg import FAMILIES, clean

WIDTH, HEIGHT, GAP, TOP = 220, 150, 56, 64  # of one panel, in pixels
INK, GREY, LINE = (f"#{color}" for color in (TOKENS["light"].ink, TOKENS["light"].ink_3, TOKENS["light"].line))
DOT, CURVE = (f"#{color}" for color in CATEGORIES["light"][:2])
Row = Mapping[str, Any]


def write_search(folder: Path, trials: Sequence[Row], matters: Sequence[Row], *, settings: Row) -> tuple[Path, ...]:
    """Write what a search found into a folder.

    Parameters
    ----------
    folder : Path
        Made if it is missing.
    trials : sequence of mapping
        Per trial, best first: `changes` (setting -> value), `loss`, `seconds`, `pruned`.
    matters : sequence of mapping
        Per setting, the most important first: `name`, `share`, `values`, `losses`; may be empty.
    settings : mapping
        The best settings, JSON-able.

    Returns
    -------
    tuple of Path
        trials.csv, best.json, and where something can be said about it importance.csv and importance.svg.
    """
    folder.mkdir(parents=True, exist_ok=True)
    best = folder / "best.json"
    best.write_text(json.dumps(dict(settings), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    names = list(trials[0]["changes"])
    rows = [[i + 1, *t["changes"].values(), t["loss"], t["seconds"], t["pruned"]] for i, t in enumerate(trials)]
    written = [
        _write_csv(folder / "trials.csv", ["rank", *names, "validation loss", "seconds", "given up"], rows),
        best,
    ]
    if matters:
        parts = [(m["name"], m["share"], v, x) for m in matters for v, x in zip(m["values"], m["losses"], strict=True)]
        heads = ["setting", "share", "value", "expected validation loss"]
        written.append(_write_csv(folder / "importance.csv", heads, parts))
        picture = folder / "importance.svg"
        picture.write_text(draw_importance(trials, matters), encoding="utf-8")
        written.append(picture)
    return tuple(written)


def _write_csv(path: Path, heads: Sequence[str], rows: Sequence[Sequence[Any]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([heads, *rows])
    return path


def draw_importance(trials: Sequence[Row], matters: Sequence[Row]) -> str:
    """One panel per setting: a dot per trial, and the loss expected by value, the other settings averaged out."""
    tried = [trial for trial in trials if trial["loss"] < float("inf")]
    losses = [trial["loss"] for trial in tried]
    low, high = min(losses), max(losses)
    high = high if high > low else low + 1
    width, height = len(matters) * (WIDTH + GAP) + GAP, HEIGHT + TOP + GAP
    panels = [_panel(tried, matter, (low, high), GAP + at * (WIDTH + GAP)) for at, matter in enumerate(matters)]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
            f'viewBox="0 0 {width} {height}" font-family="{FAMILIES["sans"]}" role="img">',
            "<title>What mattered in the search for settings</title>",
            f'<rect width="{width}" height="{height}" fill="#{TOKENS["light"].land}"/>',
            _text(GAP, 22, f"Validation loss of {len(tried)} trials, by setting", INK, size=14),
            *panels,
            "</svg>",
            "",
        ]
    )


def _panel(trials: Sequence[Row], matter: Row, scale: tuple[float, float], left: float) -> str:
    """One setting: its values evenly spaced, the loss upward."""
    name, values, (low, high) = matter["name"], list(matter["values"]), scale

    def x(value: Any) -> float:
        return left + WIDTH * (values.index(value) + 0.5) / len(values)

    def y(loss: float) -> float:
        return TOP + HEIGHT * (1 - (min(high, max(low, loss)) - low) / (high - low))

    dots = [
        f'<circle cx="{x(t["changes"][name]):.1f}" cy="{y(t["loss"]):.1f}" r="3.5" fill="{DOT}" '
        f'fill-opacity="{0.35 if t["pruned"] else 0.85}"/>'
        for t in trials
    ]
    points = " ".join(f"{x(value):.1f},{y(loss):.1f}" for value, loss in zip(values, matter["losses"], strict=True))
    shown = values if len(values) <= 5 else [values[0], values[len(values) // 2], values[-1]]
    return "\n".join(
        [
            _text(left, TOP - 14, f"{name}: {matter['share']:.0%} of what mattered", INK, size=12),
            f'<path d="M{left} {TOP}V{TOP + HEIGHT}H{left + WIDTH}" fill="none" stroke="{LINE}"/>',
            _text(left - 4, TOP + 8, f"{high:.3g}", GREY, anchor="end"),
            _text(left - 4, TOP + HEIGHT, f"{low:.3g}", GREY, anchor="end"),
            *(_text(x(value), TOP + HEIGHT + 16, str(value), GREY, anchor="middle") for value in shown),
            f'<polyline points="{points}" fill="none" stroke="{CURVE}" stroke-width="2"/>',
            *dots,
        ]
    )


def _text(x: float, y: float, text: str, color: str, *, size: int = 10, anchor: str = "start") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{color}" text-anchor="{anchor}">{clean(text)}</text>'
    )
