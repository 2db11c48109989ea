"""The docs cannot lie: their examples run, nothing is missing from them, and both languages say the same."""

import importlib
import inspect
import re
from dataclasses import fields, is_dataclass
from pathlib import Path

import pytest
import typer.main
from mktestdocs import check_md_file

import belvedere
import doc_pages
from belvedere.cli.main import app
from doc_pages import DOCS, ROOT, pages, pairs, script

LANGUAGES = {"en": DOCS, "zh": DOCS / "zh"}
ALL_PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *(ROOT / "src").rglob("*.md")])
RUN = (ROOT / "README.md", DOCS / "start.md", DOCS / "python.md", DOCS / "tour.md")
commands, reference, benchmarks = script("write_commands"), script("write_reference"), script("write_benchmarks")


@pytest.mark.parametrize("page", RUN, ids=lambda p: p.name)
def test_examples_run(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    check_md_file(page, memory=True)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_command_and_option_is_documented(language: str) -> None:
    said = (LANGUAGES[language] / "commands.md").read_text(encoding="utf-8")
    group = typer.main.get_command(app)

    for name, command in group.commands.items():
        assert f"## belvedere {name}" in said
        options = [flag for parameter in command.params for flag in parameter.opts if flag.startswith("--")]
        lacking = [flag for flag in options if f"`{flag}`" not in said]
        assert lacking == [], "run: python docs/write_commands.py"


def test_every_sentence_of_the_commands_has_its_chinese() -> None:
    lacking = [text for text in commands.sentences() if text not in commands.chinese()]

    assert lacking == [], "add them to docs/zh/commands.json, then run: python docs/write_commands.py"


def test_every_sentence_of_the_public_names_has_its_chinese() -> None:
    lacking = [text for text in reference.sentences() if text not in reference.chinese()]

    assert lacking == [], "add them to docs/zh/reference.json, then run: python docs/write_reference.py"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_public_name_is_documented(language: str) -> None:
    by_hand = (LANGUAGES[language] / "python.md").read_text(encoding="utf-8")
    by_docstring = (LANGUAGES[language] / "reference.md").read_text(encoding="utf-8")
    names = [name for name in belvedere.__all__ if name != "__version__"]

    assert [name for name in names if name not in by_hand] == []
    assert [name for name in names if f"### {name}\n" not in by_docstring] == []


@pytest.mark.parametrize("name", [name for name in belvedere.__all__ if name != "__version__"])
def test_docstrings_of_public_names_tell_every_parameter(name: str) -> None:
    thing = getattr(belvedere, name)
    said = set(re.findall(r"\w+", " ".join(mentioned(inspect.getdoc(thing) or ""))))
    asked = [f.name for f in fields(thing)] if is_dataclass(thing) else list(inspect.signature(thing).parameters)

    assert [parameter for parameter in asked if parameter not in said] == []


def mentioned(text: str) -> list[str]:
    """Names before a colon or alone on a line of a section, and words in backticks."""
    return re.findall(r"^([\w, ]+?)(?: :.*)?$", text, re.MULTILINE) + re.findall(r"`([^`]+)`", text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_written_pages_are_those_of_today(language: str) -> None:
    """The figures are those that were measured, the options and docstrings those of the code."""
    for writer in (commands, reference, benchmarks):
        assert writer.PAGES[language].read_text(encoding="utf-8") == writer.page(language), f"run: {writer.__file__}"


def test_no_result_stays_out_of_sight() -> None:
    assert benchmarks.placed() <= set(benchmarks.written()), "SECTIONS names a result that is not there"
    said = benchmarks.page("en")
    for name in benchmarks.written():
        assert benchmarks.shown(name).strip() in said


def test_the_page_about_the_map_folder_is_the_format() -> None:
    assert (DOCS / "format.md").read_bytes() == (ROOT / "src/belvedere/mapfolder/FORMAT.md").read_bytes()


def test_licences_name_every_requirement() -> None:
    wanted = importlib.import_module("importlib.metadata").requires("belvedere") or []
    names = [re.split(r"[^\w.-]", line)[0].lower() for line in wanted if "extra ==" not in line]
    for tree in LANGUAGES.values():
        said = (tree / "licences.md").read_text(encoding="utf-8")
        assert [name for name in names if f"| {name} |" not in said] == []


@pytest.mark.parametrize("page", ALL_PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    """Links to files and pictures of the project exist."""
    links = re.findall(r"\]\(([^)#:]+?)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))

    assert [link for link in links if not (page.parent / link).exists()] == []


def test_both_languages_have_the_same_pages() -> None:
    assert set(pages(DOCS)) == set(pages(DOCS / "zh"))


@pytest.mark.parametrize("name", pairs())
def test_both_languages_say_the_same(name: str) -> None:
    """As many headings of each level in the same order, the same code, the same tables."""
    english, chinese = DOCS / name, DOCS / "zh" / name

    assert doc_pages.headings(english) == doc_pages.headings(chinese)
    assert doc_pages.tables(english) == doc_pages.tables(chinese)
    assert doc_pages.code(english) == doc_pages.code(chinese)


def test_both_readmes_tell_the_same_commands() -> None:
    told = [
        re.findall(r"^belvedere (\w+)", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE)
        for name in ("README.md", "README.zh.md")
    ]

    assert told[0] == told[1]
