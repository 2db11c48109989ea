"""An explanation as a picture: bars for columns and words, a signed color map over pixels and steps."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from belvedere.explain.values import Detail, Explanation

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont
WIDTH, LINE, MARGIN, LABEL = 900, 26, 24, 380  # px
TOWARD, AGAINST, INK, PAPER = (33, 102, 172), (178, 24, 43), (30, 30, 30), (255, 255, 255)
MOST = 20  # bars


def draw_explanation(explanation: Explanation, path: Path, *, picture: NDArray[np.uint8] | None = None) -> Path:
    """Write an explanation as PNG.

    Parameters
    ----------
    explanation : Explanation
    path : Path
    picture : uint8 (height, width, channels), optional
        The row's image, drawn beside its pixels' pulls.
    """
    bars = bars_of(explanation)
    maps = [detail for detail in explanation.details if detail.parts in ("pixels", "steps")]
    height = 2 * MARGIN + 2 * LINE + LINE * len(bars) + (320 if maps else 0)
    sheet = Image.new("RGB", (WIDTH, height), PAPER)
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(14)
    pen.text((MARGIN, MARGIN), explanation.about, INK, font)
    top = MARGIN + 2 * LINE
    longest = max([abs(value) for _, value in bars] or [1.0]) or 1.0
    for at, (name, value) in enumerate(bars):
        _draw_bar(pen, top + at * LINE, (name, value / longest, f"{value:+.3g}"), font)
    if maps:
        _paste_maps(sheet, top + LINE * len(bars) + 16, maps[0], picture)
    sheet.save(path)
    return path


def bars_of(explanation: Explanation) -> list[tuple[str, float]]:
    """Names and signed pulls, strongest first: columns; of texts and vectors their words and numbers."""
    fine = {d.column: d for d in explanation.details if d.labels}
    bars = [
        (f"{pull.column} = {pull.value}" if pull.value != "picture" else pull.column, pull.along)
        for pull in explanation.pulls
        if pull.column not in fine
    ]
    bars += [(label, float(value)) for d in fine.values() for label, value in summed(d)]
    return sorted(bars, key=lambda bar: -abs(bar[1]))[:MOST]


def summed(detail: Detail) -> list[tuple[str, float]]:
    """Pulls of different labels; a word that stands several times is one."""
    totals: dict[str, float] = {}
    for label, value in zip(detail.labels, detail.along.tolist(), strict=True):
        totals[label] = totals.get(label, 0.0) + value
    return list(totals.items())


def _draw_bar(pen: ImageDraw.ImageDraw, y: int, bar: tuple[str, float, str], font: Font) -> None:
    name, share, said = bar
    pen.text((MARGIN, y), name if len(name) <= 46 else name[:45] + "…", INK, font)
    middle, reach = LABEL + (WIDTH - LABEL - MARGIN) // 2, (WIDTH - LABEL - MARGIN) // 2 - 60
    end = middle + round(share * reach)
    pen.rectangle((min(middle, end), y + 2, max(middle, end), y + LINE - 8), TOWARD if share > 0 else AGAINST)
    pen.line((middle, y - 2, middle, y + LINE - 2), (170, 170, 170))
    pen.text((end + 6 if share > 0 else end - 56, y), said, INK, font)


def _paste_maps(sheet: Image.Image, top: int, detail: Detail, picture: NDArray[np.uint8] | None) -> None:
    """The row's image if given, then the signed pulls as colors."""
    left = MARGIN
    if picture is not None:
        shown = Image.fromarray(picture.squeeze(-1) if picture.shape[2] == 1 else picture).convert("RGB")
        sheet.paste(shown.resize((280, 280), Image.Resampling.NEAREST), (left, top))
        left += 300
    grid = detail.along if detail.parts == "pixels" else detail.along.T  # channels from top to bottom
    wide = 280 if detail.parts == "pixels" else WIDTH - 2 * MARGIN
    sheet.paste(signed_colors(grid).resize((wide, 280), Image.Resampling.NEAREST), (left, top))


def signed_colors(values: NDArray[np.float32]) -> Image.Image:
    """Blue where a part pulls the row on its way, red where it holds it back, white where it does nothing."""
    strongest = float(np.abs(values).max()) or 1.0
    share = np.abs(values)[..., None] / strongest
    color = np.where(values[..., None] > 0, np.array(TOWARD), np.array(AGAINST))
    return Image.fromarray((255 * (1 - share) + color * share).astype(np.uint8))
