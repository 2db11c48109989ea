"""The documentation site: Markdown in, plain pages out, nothing fetched when they are read. `make docs` builds it.

English pages lie in docs/, Chinese ones of the same names in docs/zh/. `NAV` is the visible table of pages: a new page is
a file in both trees and a line here.
"""

import json
import re
import shutil
import sys
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

HERE = Path(__file__).parent
ROOT = HERE.parent
sys.path.insert(0, str(HERE))
from nav import NAV, WORDS  # noqa: E402

project = "Belvedere"
author = "The Belvedere authors"
copyright = author  # noqa: A001 Sphinx calls it so
version = release = re.findall(r'"(.+)"', (ROOT / "src/belvedere/version.py").read_text(encoding="utf-8"))[0]

extensions = ["myst_parser"]
myst_heading_anchors = 3
myst_enable_extensions = ["strikethrough"]
suppress_warnings = ["toc.not_included"]  # NAV is the table of contents, for both languages
exclude_patterns = ["_site"]
html_theme_path = ["."]
html_theme = "theme"
html_copy_source = False
html_show_sourcelink = False
html_use_index = False
highlight_language = "none"

REPOSITORY = "https://github.com/belvedere-maps/belvedere/blob/main/"
OUTSIDE = re.compile(r"\]\((?:\.\./)+((?:[A-Z]+(?:\.zh)?\.md|LICENSE|examples/|benchmarks/|src/)[^)]*)\)")


def language_of(page: str) -> str:
    """'zh' for a page of the Chinese tree, else 'en'."""
    return "zh" if page.startswith("zh/") else "en"


def lead_outside(app: Sphinx, page: str, source: list[str]) -> None:
    """Links to files of the project that are no pages lead to the repository."""
    source[0] = OUTSIDE.sub(lambda found: f"]({REPOSITORY}{found[1]})", source[0])


def fill(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """What the theme needs of a page: navigation, its neighbors, its twin in the other language."""
    language = language_of(page)
    prefix = "zh/" if language == "zh" else ""
    twin = page.removeprefix("zh/") if language == "zh" else f"zh/{page}"
    titles = {name: title.astext() for name, title in app.env.titles.items()}
    groups, order = [], [f"{prefix}index"]
    for names, pages in NAV:
        known = [f"{prefix}{name}" for name in pages if f"{prefix}{name}" in titles]
        groups.append((names[language], [(name, titles[name]) for name in known]))
        order += known
    at = order.index(page) if page in order else -1
    context |= {
        "language": {"zh": "zh-CN"}.get(language, language),
        "words": WORDS[language],
        "groups": groups,
        "home": f"{prefix}index",
        "twin": twin if twin in titles else None,
        "before": (order[at - 1], titles[order[at - 1]]) if at > 0 else None,
        "after": (order[at + 1], titles[order[at + 1]]) if 0 <= at < len(order) - 1 else None,
        "search_file": f"_static/search-{language}.js",
    }


def prepare(app: Sphinx) -> None:
    """The page searches by itself; Sphinx's own index and page of results are left out."""
    app.builder.search = False


def finish(app: Sphinx, error: Exception | None) -> None:
    """Write the index of words for each language, and bring the fonts."""
    if error is not None or app.builder.format != "html":
        return
    static = Path(app.outdir) / "_static"
    (static / "fonts").mkdir(exist_ok=True)
    for font in (ROOT / "viewer" / "src" / "fonts").glob("source-*.woff2"):
        shutil.copy(font, static / "fonts")
    for language in WORDS:
        pages = [said(app, page) for page in sorted(app.env.found_docs) if language_of(page) == language]
        text = json.dumps(pages, ensure_ascii=False, separators=(",", ":"))
        (static / f"search-{language}.js").write_text(f"window.PAGES={text};\n", encoding="utf-8")


def said(app: Sphinx, page: str) -> dict[str, Any]:
    """Address, title, and the words of each section of a page, by anchor."""
    from docutils import nodes

    sections = []
    for section in app.env.get_doctree(page).findall(nodes.section):
        own = [node.astext() for node in section.children if not isinstance(node, nodes.section | nodes.title)]
        sections.append([section["ids"][0], section.children[0].astext(), " ".join(" ".join(own).split())])
    return {"url": app.builder.get_target_uri(page), "sections": sections}


def setup(app: Sphinx) -> dict[str, bool]:
    """Join the steps above to the build."""
    app.connect("builder-inited", prepare)
    app.connect("source-read", lead_outside)
    app.connect("html-page-context", fill)
    app.connect("build-finished", finish)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
