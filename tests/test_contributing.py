"""What CONTRIBUTING promises holds: one file and one line add a network, a score, a check; and the plans are true to the code.

The files are those of docs/extending.md, read from the page, so that what a newcomer copies is what is tested.
"""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import doc_pages
from belvedere import draw
from belvedere.checks import run
from belvedere.types import Column, Schema, Source

ROOT, PACKAGE = doc_pages.ROOT, doc_pages.ROOT / "src" / "belvedere"
PAGE = (doc_pages.DOCS / "extending.md").read_text(encoding="utf-8")
_, SCORE, CHECK = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
PLANS = (ROOT / "ARCHITECTURE.md", ROOT / "CONTRIBUTING.md")
PANELS = ROOT / "viewer" / "src" / "panels"


def made_by(code: str) -> dict[str, Any]:
    """What a file of the page defines."""
    names: dict[str, Any] = {"__name__": "added"}
    exec(compile(code, "extending.md", "exec"), names)
    return names


def test_a_score_is_a_file_and_a_line() -> None:
    source = Path(draw.__file__).read_text(encoding="utf-8")
    last = "        triplets(latent, places, space=space),\n"
    assert source.count(last) == 1
    names = {"__name__": "belvedere.draw", **made_by(SCORE)}
    exec(compile(source.replace(last, last + "        spread(latent, places),\n"), "draw.py", "exec"), names)
    latent = np.random.default_rng(0).normal(size=(30, 4)).astype(np.float32)

    scores = {score.name: score for score in names["judge"](latent, latent[:, :2])}

    assert 0 < scores["spread"].value <= 1
    assert set(scores) - {"spread"} == {score.name for score in draw.judge(latent, latent[:, :2])}


def test_a_check_is_a_file_and_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "CHECKS", (*run.CHECKS, made_by(CHECK)["check_shouting"]))
    texts = [*(f"a quiet line, the {n}th" for n in range(20)), "HELP ME NOW"]
    source = Source("letters", pa.table({"letter": texts}))

    found = run.run_checks(source, Schema((Column("letter", "text"),)))

    assert [(f.check, f.column) for f in found if f.check == "shouting"] == [("shouting", "letter")]


def test_a_panel_is_a_file_and_a_line() -> None:
    """The table of panels knows a title and a component of each, and both languages have the title's words."""
    text = (PANELS / "panels.ts").read_text(encoding="utf-8")
    imported = re.findall(r'^import (\w+) from "\./(\w+)\.svelte";', text, re.MULTILINE)
    lines = re.findall(r'\{ title: "([\w.]+)", mount: (\w+) \}', text)
    words = list((ROOT / "viewer" / "src" / "i18n").rglob("*"))

    assert {mount for _, mount in lines} == {name for name, _ in imported}
    assert [file for _, file in imported if not (PANELS / f"{file}.svelte").exists()] == []
    for title, _ in lines:
        known = [path.name for path in words if path.is_file() and f'"{title}"' in path.read_text(encoding="utf-8")]
        assert len(known) >= 2, f"{title} must stand in both languages, but stands in {known}"


@pytest.mark.parametrize("page", PLANS, ids=lambda p: p.name)
def test_every_path_in_the_plans_exists(page: Path) -> None:
    said = set(re.findall(r"`([\w./-]+(?:\.(?:py|ts|md|svelte|toml)|/))`", page.read_text(encoding="utf-8")))
    places = (ROOT, PACKAGE, ROOT / "viewer", ROOT / "viewer" / "src", PACKAGE / "mapfolder")
    inner = [path for path in PACKAGE.iterdir() if path.is_dir()]
    named = {path for path in said if "NAME" not in path}

    assert sorted(path for path in named if not any((place / path).exists() for place in (*places, *inner))) == []


def test_every_table_in_contributing_exists() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    for name, path in re.findall(r"`([A-Z_]{4,})` in `([\w/]+\.py)`", text):
        assert re.search(rf"^{name}\b", (PACKAGE / path).read_text(encoding="utf-8"), re.MULTILINE), f"{name}, {path}"


def test_every_room_is_described() -> None:
    """Each folder and each file at the top of the package is named in ARCHITECTURE.md."""
    said = PLANS[0].read_text(encoding="utf-8")
    rooms = [path for path in PACKAGE.iterdir() if path.name[0] not in "._" and path.suffix in ("", ".py")]

    assert sorted(p.stem for p in rooms if not re.search(rf"\b{p.stem}\b", said)) == []
