"""Letters: the explorer's own open fonts where they are built in, else the system's, else Pillow's."""

import contextlib
import functools
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from PIL import ImageFont

Family = Literal["serif", "italic", "sans"]
Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

VIEWER = Path(__file__).parent.parent / "viewer"
SHARP = 4  # fonts are opened so many times larger: small sizes are fitted to whole pixels, unevenly
BUILT_IN = {"serif": "source-serif-4", "italic": "source-serif-4-italic", "sans": "source-sans-3"}
SYSTEM = {
    "serif": ("SourceSerif4-Regular.otf", "Georgia.ttf", "LiberationSerif-Regular.ttf", "DejaVuSerif.ttf"),
    "italic": ("SourceSerif4-It.otf", "Georgia Italic.ttf", "LiberationSerif-Italic.ttf", "DejaVuSerif-Italic.ttf"),
    "sans": ("SourceSans3-Regular.otf", "Arial.ttf", "LiberationSans-Regular.ttf", "DejaVuSans.ttf"),
}
SYSTEM_BOLD = {"serif": ("Georgia Bold.ttf", "LiberationSerif-Bold.ttf", "DejaVuSerif-Bold.ttf"),
               "sans": ("Arial Bold.ttf", "LiberationSans-Bold.ttf", "DejaVuSans-Bold.ttf")}  # fmt: skip
WIDE = (
    "NotoSansCJK-Regular.ttc", "NotoSansCJKsc-Regular.otf", "NotoSansSC-Regular.otf", "SourceHanSansSC-Regular.otf",
    "PingFang.ttc", "msyh.ttc", "wqy-microhei.ttc", "wqy-zenhei.ttc", "DroidSansFallbackFull.ttf", "Arial Unicode.ttf",
)  # fmt: skip


@dataclass(frozen=True)
class Face:
    """A family, its size in pixels and its weight."""

    family: Family
    size: float
    weight: int = 400


@functools.cache
def load(face: Face) -> Font:
    """Open a font, `SHARP` times as large; the first of built-in, system and Pillow's own that there is."""
    size = face.size * SHARP
    file = built_in(face.family)
    if file is not None:
        with contextlib.suppress(OSError):
            font = ImageFont.truetype(file, size)
            with contextlib.suppress(OSError):
                font.set_variation_by_axes([face.weight])
            return font
    bold = SYSTEM_BOLD.get(face.family, ()) if face.weight >= 600 else ()
    found = _first_of((*bold, *SYSTEM[face.family]), size)
    return found or ImageFont.load_default(size)


def built_in(family: Family) -> Path | None:
    """The file of a family among the explorer's own, if there is one."""
    for file in sorted(VIEWER.glob(f"**/{BUILT_IN[family]}*")):
        if file.suffix in (".woff2", ".ttf", ".otf") and ("italic" in file.stem) == (family == "italic"):
            return file
    return None


@functools.cache
def load_wide(size: float) -> Font | None:
    """A system font with Chinese, Japanese and Korean letters, if there is one."""
    return _first_of(WIDE, size)


def _first_of(names: tuple[str, ...], size: float) -> Font | None:
    for name in names:
        with contextlib.suppress(OSError):
            return ImageFont.truetype(name, size)
    return None


def runs(text: str, face: Face) -> list[tuple[str, Font]]:
    """Cut a text into stretches that one font can write; letters that no font has stay with the first."""
    font, wide = load(face), load_wide(face.size * 0.94 * SHARP)
    parts: list[tuple[str, Font]] = []
    for letter in text:
        best = wide if wide is not None and not has_letter(font, letter) and has_letter(wide, letter) else font
        if parts and parts[-1][1] is best:
            parts[-1] = (parts[-1][0] + letter, best)
        else:
            parts.append((letter, best))
    return parts


@functools.lru_cache(maxsize=20_000)
def has_letter(font: Font, letter: str) -> bool:
    """Whether a font can write a letter, told by the box it shows for what it lacks."""
    if letter.isspace():
        return True
    return bytes(font.getmask(letter)) != bytes(font.getmask("\U0010fffe"))


def width_of(text: str, face: Face) -> float:
    """Width of a text in pixels."""
    return float(sum(font.getlength(part) for part, font in runs(text, face))) / SHARP


def is_wide(text: str) -> bool:
    """Whether a text holds Chinese, Japanese or Korean letters, which are never slanted."""
    return any("\u2e80" <= c <= "\u9fff" or "\uac00" <= c <= "\ud7af" or "\uff00" <= c <= "\uffef" for c in text)
