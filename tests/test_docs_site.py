"""The site is whole: it builds without a warning, every link leads somewhere, and it needs no network."""

import json
from pathlib import Path

import pytest

from doc_pages import DOCS, pages, script

pytest.importorskip("myst_parser", reason="needs the extra 'docs'")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from sphinx.cmd.build import build_main

    folder = tmp_path_factory.mktemp("site")
    status = build_main(
        ["-q", "-W", "--keep-going", "-b", "html", "-d", str(folder / "trees"), str(DOCS), str(folder / "html")]
    )
    assert status == 0, "the site must build without a warning; make docs shows them"
    return folder / "html"


def test_every_link_leads_somewhere_and_nothing_is_fetched(site: Path) -> None:
    assert script("check_site").look_over(site) == []


def test_every_page_stands_in_the_contents() -> None:
    named = {page for _, group in script("nav").NAV for page in group}

    assert {name.removesuffix(".md") for name in pages(DOCS)} - named == {"index"}


def test_words_are_found_in_both_languages(site: Path) -> None:
    for language, word, page in (("en", "baseline", "faq.html"), ("zh", "基线", "zh/faq.html")):
        text = (site / "_static" / f"search-{language}.js").read_text(encoding="utf-8")
        found = json.loads(text.removeprefix("window.PAGES=").rstrip(";\n"))

        hits = {item["url"] for item in found for _, _, words in item["sections"] if word in words}

        assert page in hits
        assert all(item["url"].startswith("zh/") == (language == "zh") for item in found)


def test_a_broken_link_is_found(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(
        '<a href="b.html">b</a><a href="#there">x</a><img src="https://example.org/x.png">'
    )

    assert script("check_site").look_over(tmp_path) == [
        "a.html fetches https://example.org/x.png.",
        "a.html links to b.html, which does not exist.",
        "a.html links to #there, where no such anchor is.",
    ]
