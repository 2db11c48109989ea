"""The picture as SVG: ground and points as one embedded PNG, legend and letters as vectors and text."""

import base64
import io
from xml.sax.saxutils import escape, quoteattr

from PIL import Image

from belvedere.export.fonts import Family, built_in
from belvedere.export.palette import Tokens
from belvedere.export.sheet import Bar, Mark, Sheet, Text

FAMILIES = {
    "serif": "'Source Serif 4', Georgia, 'Songti SC', 'Noto Serif SC', serif",
    "italic": "'Source Serif 4', Georgia, serif",
    "sans": "'Source Sans 3', 'Noto Sans SC', 'PingFang SC', 'Microsoft YaHei', system-ui, sans-serif",
}
ANCHORS = {"left": "start", "middle": "middle", "right": "end"}


def to_svg(sheet: Sheet, ground: Image.Image, tokens: Tokens, name: str) -> str:
    """Write the sheet; texts stay text, so that they can be searched, edited and read aloud."""
    width, height = sheet.size
    out = io.BytesIO()
    ground.save(out, "PNG")
    points = base64.b64encode(out.getvalue()).decode("ascii")
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" role="img">',
        f"<title>{clean(name)}</title>",
        f"<style>{''.join(_font(family) for family in sorted({text.face.family for text in sheet.texts}))}</style>",
        f'<image width="{width}" height="{height}" href="data:image/png;base64,{points}"/>',
        *(_bar(bar, i) for i, bar in enumerate(sheet.bars)),
        *(_mark(mark) for mark in sheet.marks),
        *(_text(text, tokens) for text in sheet.texts),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def clean(text: str) -> str:
    r"""Escape a text for XML; signs that XML cannot hold are dropped.

    Examples
    --------
    >>> clean("<b>a\x00&b")
    '&lt;b&gt;a&amp;b'
    """
    return escape("".join(c for c in text if c in "\t\n\r" or (c >= " " and c not in "\ufffe\uffff")))


def _font(family: Family) -> str:
    """The open font of a family, inside the file; nothing where it is not built in."""
    file = built_in(family)
    if file is None:
        return ""
    name, slant = FAMILIES[family].split("'")[1], "italic" if family == "italic" else "normal"
    body = base64.b64encode(file.read_bytes()).decode("ascii")
    return (
        f"@font-face{{font-family:'{name}';font-style:{slant};font-weight:200 900;"
        f"src:url(data:font/{file.suffix[1:]};base64,{body})}}"
    )


def _text(text: Text, tokens: Tokens) -> str:
    face = text.face
    halo = f' stroke="#{tokens.land}" stroke-width="{text.halo:.1f}" stroke-linejoin="round" paint-order="stroke"'
    slant = ' font-style="italic"' if face.family == "italic" else ""
    return (
        f'<text x="{text.x:.1f}" y="{text.y + face.size * 0.9:.1f}" font-family={quoteattr(FAMILIES[face.family])} '
        f'font-size="{face.size:.1f}" font-weight="{face.weight}"{slant} fill="#{text.color}" '
        f'text-anchor="{ANCHORS[text.anchor]}"{halo if text.halo else ""}>{clean(text.text)}</text>'
    )


def _mark(mark: Mark) -> str:
    return f'<circle cx="{mark.x:.1f}" cy="{mark.y:.1f}" r="{mark.radius:.1f}" fill="#{mark.color}"/>'


def _bar(bar: Bar, number: int) -> str:
    left, top, right, bottom = bar.box
    stops = "".join(
        f'<stop offset="{i / (len(bar.stops) - 1):.4f}" stop-color="#{stop}"/>' for i, stop in enumerate(bar.stops)
    )
    return (
        f'<defs><linearGradient id="scale-{number}">{stops}</linearGradient></defs>'
        f'<rect x="{left:.1f}" y="{top:.1f}" width="{right - left:.1f}" height="{bottom - top:.1f}" '
        f'rx="{(bottom - top) / 2:.1f}" fill="url(#scale-{number})"/>'
    )
