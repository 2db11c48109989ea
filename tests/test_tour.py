"""The tour of the mission runs from end to end, and the page that it wrote tells all of it."""

import re
from pathlib import Path

import pytest

from doc_pages import DOCS, script

tour = script("tour")


@pytest.mark.slow
def test_the_tour_runs(tmp_path: Path) -> None:
    tables = tour.main(["--tiny", "--out", str(tmp_path)])

    assert [row[0] for row in tables["networks"][1:]] == ["`mlp`", "`cnn`", "`lstm`", "`text_lstm`"]
    assert set(tables) == {"networks", *tour.EFFECTS, "transfer", *tour.SPACES}
    assert {path.stem for path in tmp_path.glob("*.webp")} == {stop.network for stop in tour.STOPS} | set(tables) - {
        "networks"
    }


@pytest.mark.parametrize("page", [DOCS / "tour.md", DOCS / "zh" / "tour.md"], ids=["en", "zh"])
def test_the_page_has_a_place_for_every_table(page: Path) -> None:
    places = re.findall(r"<!-- tour:(\w+) -->", page.read_text(encoding="utf-8"))

    assert places == ["networks", *tour.EFFECTS, "transfer", *tour.SPACES]
