"""Write the Python reference from the docstrings, and the page about the map folder: `python docs/write_reference.py`.

docs/zh/reference.json holds the Chinese of every sentence of `belvedere.__all__`; a test fails until it is there.
"""

import importlib
import inspect
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parent
FORMAT = DOCS.parent / "src" / "belvedere" / "mapfolder" / "FORMAT.md"
PAGES = {"en": DOCS / "reference.md", "zh": DOCS / "zh" / "reference.md"}
# The visible table: what stands on the page, by module.
SHOWN: dict[str, tuple[str, ...]] = {
    "belvedere": ("map", "open", "Map", "Placed", "LearnSettings", "DrawSettings", "DeepMap"),
    "belvedere.types": ("Score", "Finding", "Region", "Column", "Schema", "Source", "Target", "MapContent"),
    "belvedere.learn": ("learn", "cross_validate", "tune", "Search", "Range", "Trial", "Learned"),
    "belvedere.sources": ("open_source",),
    "belvedere.kinds": ("learn_kinds",),
    "belvedere.checks": ("run_checks",),
    "belvedere.errors": (
        "BelvedereError", "SettingError", "SourceError", "ColumnError", "MapFolderError", "MissingExtraError", "StoppedError",
    ),
}  # fmt: skip
HEADS = {
    "en": """# Python reference

Written by `python docs/write_reference.py` from the docstrings. Shapes are written (rows, columns); rows keep the order of
the data. [Python](python.md) shows the same by examples.
""",
    "zh": """# Python 参考

由 `python docs/write_reference.py` 从文档字符串生成。形状写作 (rows, columns)，即（行，列）；行的顺序与数据相同。
[Python](python.md) 一页用例子说明同样的内容。`belvedere` 本身的说明是中文；更深一层模块的说明保留英文原文。
""",
}
SECTIONS = {
    "Parameters": "参数", "Attributes": "属性", "Returns": "返回", "Raises": "错误", "References": "出处", "Examples": "例子",
}  # fmt: skip
UNDERLINE = re.compile(r"^([A-Z][a-z]+)\n-{3,}$", re.MULTILINE)


@dataclass(frozen=True)
class Doc:
    """A docstring in parts: what it says first, and (name, type, words) of each section."""

    about: tuple[str, ...]
    sections: dict[str, list[tuple[str, str, str]]] = field(default_factory=dict)
    example: str = ""


def read(thing: Any) -> Doc:
    """Take a numpydoc docstring apart."""
    text = inspect.getdoc(thing) or ""
    pieces = UNDERLINE.split(text)
    about = tuple(joined(part) for part in pieces[0].split("\n\n") if part.strip())
    sections = {name: list(entries(body)) for name, body in zip(pieces[1::2], pieces[2::2], strict=True)}
    example = dict(zip(pieces[1::2], pieces[2::2], strict=True)).get("Examples", "")
    return Doc(about, sections, example.strip())


def entries(body: str) -> Iterator[tuple[str, str, str]]:
    """Name, type and words of each entry of a section."""
    blocks = re.split(r"\n(?=\S)", body.strip("\n"))
    for block in blocks:
        head, _, rest = block.partition("\n")
        name, _, kind = head.partition(" :")
        yield name.strip(), kind.strip(), joined(inspect.cleandoc(rest)) if rest.strip() else ""


def joined(text: str) -> str:
    """One paragraph on one line."""
    return " ".join(text.split())


def members(thing: type) -> list[tuple[str, Any]]:
    """Public methods and properties that have words of their own, in the order of the class and what it inherits."""
    found: dict[str, Any] = {}
    for owner in thing.__mro__:
        if not owner.__module__.startswith("belvedere"):
            continue
        for name, value in vars(owner).items():
            value = value.fn if hasattr(value, "fn") and hasattr(value, "check") else value
            if name[0] != "_" and name not in found and (callable(value) or isinstance(value, property)):
                found[name] = value
    return [(name, value) for name, value in found.items() if inspect.getdoc(value)]


def signature(name: str, thing: Any) -> str:
    """How it is called, types left to the list below."""
    if isinstance(thing, property):
        return name
    try:
        parameters = inspect.signature(thing).parameters.values()
    except ValueError:
        return f"{name}()"
    bare = [p.replace(annotation=inspect.Parameter.empty) for p in parameters if p.name not in ("self", "cls")]
    if len(bare) > 12:  # a signature that long says nothing; the list does
        return f"{name}(…)"
    return f"{name}{inspect.Signature(bare)}"


def page(language: str = "en") -> str:
    """The page in one language as Markdown."""
    words = chinese() if language == "zh" else {}
    parts = [HEADS[language]]
    for module, names in SHOWN.items():
        parts.append(f"\n## {module}\n")
        for name in names:
            thing = getattr(importlib.import_module(module), name)
            parts += described(name, thing, words, "###", language)
            if inspect.isclass(thing) and module == "belvedere" and name in ("Map", "Placed", "DeepMap"):
                for member, value in members(thing):
                    parts += described(f"{name}.{member}", value, words, "####", language)
    return "\n".join(parts).rstrip() + "\n"


def described(name: str, thing: Any, words: dict[str, str], level: str, language: str) -> list[str]:
    """One function, class or method."""
    doc = read(thing)
    lines = [f"{level} {name}\n"]
    if not (inspect.isclass(thing) and issubclass(thing, Exception)) and not isinstance(thing, property):
        lines.append(f"```\n{signature(name, thing)}\n```\n")
    lines += [f"{plain(words.get(text, text))}\n" for text in doc.about]
    for section, found in doc.sections.items():
        title = SECTIONS.get(section, section) if language == "zh" else section
        if section == "Examples":
            lines.append(f"**{title}**\n\n```python\n{doc.example}\n```\n")
            continue
        lines.append(f"**{title}**\n")
        lines += [entry(*item, words) for item in found]
        lines.append("")
    return lines


def entry(name: str, kind: str, text: str, words: dict[str, str]) -> str:
    """One parameter, attribute or error."""
    head = " ".join(part for part in (f"`{name}`", f"({plain(kind)})" if kind else "") if part)
    return f"- {head}" + (f" – {plain(words.get(text, text))}" if text else "")


def plain(text: str) -> str:
    """Words as Markdown: nothing in them may look like markup by chance."""
    parts = re.split(r"(`[^`]*`)", text)
    return "".join(p if p.startswith("`") else re.sub(r"([*_<\[\]])", r"\\\1", p) for p in parts)


def chinese() -> dict[str, str]:
    """The Chinese of every sentence that is known."""
    found: dict[str, str] = json.loads((DOCS / "zh" / "reference.json").read_text(encoding="utf-8"))
    return found


def sentences() -> list[str]:
    """Every sentence about `belvedere.__all__`, once."""
    package, told = importlib.import_module("belvedere"), []
    for name in SHOWN["belvedere"]:
        thing = getattr(package, name)
        inner = [value for _, value in members(thing)] if name in ("Map", "Placed", "DeepMap") else []
        for doc in map(read, (thing, *inner)):
            told += doc.about
            told += [text for part, found in doc.sections.items() if part != "Examples" for _, _, text in found]
    return list(dict.fromkeys(text for text in told if text))


if __name__ == "__main__":
    for language, path in PAGES.items():
        path.write_text(page(language), encoding="utf-8")
    (DOCS / "format.md").write_text(FORMAT.read_text(encoding="utf-8"), encoding="utf-8")
    lacking = [text for text in sentences() if text not in chinese()]
    if lacking:
        print("docs/zh/reference.json must hold the Chinese of these sentences too:", *lacking, sep="\n  ")  # noqa: T201
