"""Make the small font for the Chinese interface: only the characters that `src/i18n/zh.ts` and `said.ts` use.

It stands last in the list of fonts, for machines that have no Chinese font at all (a bare server, a container).
Run after changing zh.ts, with fontTools and brotli installed and the npm package @fontsource/noto-sans-sc (OFL) at hand:

    python scripts/make_chinese_font.py node_modules/@fontsource/noto-sans-sc
"""

import sys
import tempfile
from pathlib import Path

from fontTools.merge import Merger
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

VIEWER = Path(__file__).parent.parent
WEIGHT = 400
SAID = ("zh.ts", "said.ts", "said_findings.ts", "said_words.ts")


def wanted_characters():
    """The characters beyond Latin that the interface shows."""
    written = "".join((VIEWER / "src/i18n" / name).read_text() for name in SAID)
    return {ord(c) for c in written if ord(c) > 0x2E7F} | {ord("中")}


def cut_slices(folder, wanted):
    """From each slice of the published font, the wanted characters that no slice before gave."""
    for file in sorted(folder.glob(f"files/*-{WEIGHT}-normal.woff2")):
        font = TTFont(file)
        here = wanted & set(font.getBestCmap())
        if here:
            wanted -= here
            options = Options(layout_features=[], name_IDs=[0, 1, 2, 13, 14], notdef_outline=True)
            cutter = Subsetter(options)
            cutter.populate(unicodes=here)
            cutter.subset(font)
            font.flavor = None
            yield font


def main():
    """Cut, merge, write."""
    wanted = wanted_characters()
    with tempfile.TemporaryDirectory() as folder:
        parts = []
        for i, font in enumerate(cut_slices(Path(sys.argv[1]), wanted)):
            parts.append(f"{folder}/{i}.ttf")
            font.save(parts[-1])
        merged = Merger().merge(parts)
    if wanted:
        raise SystemExit(f"Not in the font: {''.join(map(chr, sorted(wanted)))}")
    merged.flavor = "woff2"
    merged.save(VIEWER / "src/fonts/noto-sans-sc-interface.woff2")
    listed = "".join(map(chr, sorted(wanted_characters())))
    (VIEWER / "src/fonts/noto-sans-sc-interface.txt").write_text(listed + "\n")


if __name__ == "__main__":
    main()
