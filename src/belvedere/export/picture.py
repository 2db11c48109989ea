"""The map as a picture: PNG, or SVG with the points as one image and all letters as text."""

import math
import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from belvedere.errors import SettingError
from belvedere.export.coloring import Coloring, color_rows
from belvedere.export.fonts import SHARP, runs, width_of
from belvedere.export.ground import make_fields, paint_ground
from belvedere.export.palette import TOKENS, Theme, Tokens, ramp
from belvedere.export.points import paint_points, point_opacity, point_radius
from belvedere.export.sheet import Bar, Mark, Sheet, Text, lay_out_sheet
from belvedere.export.svg import to_svg
from belvedere.page import Page
from belvedere.types import MapContent

SIDES = (200, 12_000)  # pixels


def write_picture(  # noqa: PLR0913 - the choices a person has
    content: MapContent,
    path: str | os.PathLike[str],
    *,
    color: str | None = None,
    width: int = 1600,
    height: int = 1000,
    theme: Theme = "light",
    title: bool = True,
) -> Path:
    """Draw the map into a file.

    Parameters
    ----------
    content : MapContent
        The map.
    path : path-like
        Where to; ends in .png or .svg.
    color : str, optional
        Column to color by; the target, else the regions, where not given.
    width, height : int
        Size in pixels, 200 to 12,000 each.
    theme : str
        'light' or 'dark'.
    title : bool
        Whether title and caption are drawn.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    SettingError
        Where a choice is out of range.
    """
    path = Path(path)
    if path.suffix.lower() not in (".png", ".svg"):
        raise SettingError(f"A picture must end in .png or .svg, but is {path.name!r}. Change its ending.")
    if theme not in TOKENS:
        raise SettingError(f"The theme must be 'light' or 'dark', but is {theme!r}.")
    if not all(SIDES[0] <= side <= SIDES[1] for side in (width, height)):
        raise SettingError(f"A picture must be {SIDES[0]} to {SIDES[1]} pixels wide and high, but is {width}×{height}.")
    tokens, coloring = TOKENS[theme], color_rows(Page(content), color, theme)
    sheet = lay_out_sheet(content, coloring, tokens, size=(width, height), title=title)
    ground = Image.fromarray(paint_map(sheet, coloring, tokens))
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix.lower() == ".svg":
        path.write_text(to_svg(sheet, ground, tokens, content.name), encoding="utf-8")
    else:
        _letter(ground, sheet, tokens).save(path, dpi=(192, 192))
    return path


def paint_map(sheet: Sheet, coloring: Coloring, tokens: Tokens) -> NDArray[np.uint8]:
    """Ground and points, uint8 (height, width, 3)."""
    there = np.isfinite(sheet.x) & np.isfinite(sheet.y)
    x, y = sheet.x[there], sheet.y[there]
    fields = make_fields(x, y, sheet.size, sheet.unit)
    image = paint_ground(fields, tokens, sheet.unit)
    radius = point_radius(len(x), sheet.unit)
    line, column = (np.clip(part.astype(int), 0, side - 1) for part, side in ((y, sheet.size[1]), (x, sheet.size[0])))
    opacity = point_opacity(fields.crowd[line, column], radius, tokens.opacity)
    paint_points(image, x, y, coloring.colors[there], radius=radius, opacity=opacity)
    return np.asarray(np.rint(np.clip(image, 0, 1) * 255), dtype=np.uint8)


def _letter(image: Image.Image, sheet: Sheet, tokens: Tokens) -> Image.Image:
    """Draw legend and letters onto the picture."""
    for bar in sheet.bars:
        _draw_bar(image, bar)
    for mark in sheet.marks:
        _draw_mark(image, mark)
    for text in sheet.texts:
        _write(image, text, tokens)
    return image


def _write(image: Image.Image, text: Text, tokens: Tokens) -> None:
    """Write one line, its halo first; letters are drawn four times as large and shrunk, so that they sit evenly."""
    width = width_of(text.text, text.face)
    left = text.x - {"left": 0.0, "middle": 0.5, "right": 1.0}[text.anchor] * width
    edge = math.ceil(text.halo) + 2
    corner = math.floor(left) - edge, math.floor(text.y) - edge
    size = math.ceil(width) + 2 * edge + 2, math.ceil(text.face.size * 1.4) + 2 * edge
    start = (left - corner[0]) * SHARP, (text.y + text.face.size * 0.9 - corner[1]) * SHARP
    if text.halo:
        halo = _letters(text, size, start, stroke=text.halo / 2 * SHARP)
        image.paste(f"#{tokens.land}", (corner[0], corner[1]), halo)
    image.paste(f"#{text.color}", (corner[0], corner[1]), _letters(text, size, start))


def _letters(text: Text, size: tuple[int, int], start: tuple[float, float], stroke: float = 0) -> Image.Image:
    """How much of each pixel the letters of a line cover."""
    mask = Image.new("L", (size[0] * SHARP, size[1] * SHARP))
    pen, at = ImageDraw.Draw(mask), start[0]
    for part, font in runs(text.text, text.face):
        pen.text((at, start[1]), part, font=font, fill=255, anchor="ls", stroke_width=stroke)
        at += font.getlength(part)
    return mask.resize(size, Image.Resampling.BOX)


def _draw_mark(image: Image.Image, mark: Mark) -> None:
    side = int(np.ceil(mark.radius + 1)) * 2
    disc = Image.new("L", (side * SHARP, side * SHARP))
    middle, radius = side * SHARP / 2, mark.radius * SHARP
    box = (middle - radius, middle - radius, middle + radius, middle + radius)
    ImageDraw.Draw(disc).ellipse(box, fill=255)
    mask = disc.resize((side, side), Image.Resampling.LANCZOS)
    image.paste(
        Image.new("RGB", (side, side), f"#{mark.color}"), (round(mark.x - side / 2), round(mark.y - side / 2)), mask
    )


def _draw_bar(image: Image.Image, bar: Bar) -> None:
    left, top, right, bottom = (round(part) for part in bar.box)
    colors = ramp(list(bar.stops), np.linspace(0, 1, right - left))
    strip = np.rint(np.broadcast_to(colors, (bottom - top, right - left, 3)) * 255).astype(np.uint8)
    mask = Image.new("L", ((right - left) * SHARP, (bottom - top) * SHARP))
    ImageDraw.Draw(mask).rounded_rectangle((0, 0, mask.width - 1, mask.height - 1), mask.height / 2, fill=255)
    image.paste(
        Image.fromarray(strip), (left, top), mask.resize((right - left, bottom - top), Image.Resampling.LANCZOS)
    )
