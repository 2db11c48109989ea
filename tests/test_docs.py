"""The docs cannot lie: their examples run, and no command, option or public name is missing from them."""

import re
from pathlib import Path

import pytest
import typer.main
from mktestdocs import check_md_file

import belvedere
from belvedere.cli.main import app

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "src").rglob("*.md")])


@pytest.mark.parametrize("page", [ROOT / "README.md", ROOT / "docs" / "python.md"], ids=lambda p: p.name)
def test_examples_run(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    check_md_file(page, memory=True)


def test_every_command_and_option_is_documented() -> None:
    said = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    group = typer.main.get_command(app)

    for name, command in group.commands.items():
        assert f"## belvedere {name}" in said
        options = [flag for parameter in command.params for flag in parameter.opts if flag.startswith("--")]
        assert [flag for flag in options if f"`{flag}`" not in said] == []


def test_every_public_name_is_documented() -> None:
    said = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")

    assert [name for name in belvedere.__all__ if name not in said and name != "__version__"] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    """Links to files and pictures of the project exist."""
    links = re.findall(r"\]\(([^)#:]+?)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))

    assert [link for link in links if not (page.parent / link).exists()] == []


def test_both_readmes_tell_the_same_commands() -> None:
    commands = [
        re.findall(r"^belvedere (\w+)", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE)
        for name in ("README.md", "README.zh.md")
    ]

    assert commands[0] == commands[1]
