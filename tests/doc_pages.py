"""The pages of the documentation, and the scripts that write some of them, for the tests of both."""

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"


def pages(tree: Path) -> dict[str, Path]:
    """The pages of one language by name."""
    found = {path.relative_to(tree).as_posix(): path for path in tree.rglob("*.md")}
    return {name: path for name, path in found.items() if tree.name == "zh" or not name.startswith("zh/")}


def pairs() -> list[str]:
    """Names of the pages that both trees have."""
    return sorted(set(pages(DOCS)) & set(pages(DOCS / "zh")))


def headings(page: Path) -> list[int]:
    """Levels of all headings, code left out."""
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    return [len(mark) for mark in re.findall(r"^(#+) ", text, flags=re.MULTILINE)]


def code(page: Path) -> list[str]:
    """All blocks of Python and of commands without their comments."""
    blocks = re.findall(
        r"^```(?:python\n|\n(?=belvedere|pip))(.*?)^```",
        page.read_text(encoding="utf-8"),
        flags=re.MULTILINE | re.DOTALL,
    )
    return [re.sub(r"\s*#.*$", "", block, flags=re.MULTILINE).strip() for block in blocks]


def tables(page: Path) -> list[int]:
    """How many cells each line of a table has."""
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    return [line.replace(r"\|", "").count("|") for line in text.splitlines() if line.startswith("|")]


def script(name: str) -> ModuleType:
    """A script of docs/ or examples/, as a module."""
    path = next(path for path in (DOCS / f"{name}.py", ROOT / "examples" / f"{name}.py") if path.exists())
    sys.path.insert(0, str(path.parent))
    try:
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None
        assert spec.loader is not None
        module = sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(path.parent))
    return module
