"""Write docs/licences.md and docs/zh/licences.md: what `pip install belvedere` brings, and under which licences.

`python docs/write_licences.py` reads the packages installed here; the list is followed from Belvedere's own requirements, extras
left out.
"""

import re
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement

DOCS = Path(__file__).parent
PAGES = {"en": DOCS / "licences.md", "zh": DOCS / "zh" / "licences.md"}
HEADS = {
    "en": """# Licences

Belvedere is Apache-2.0. The explorer ships the fonts Source Sans 3, Source Serif 4 and a part of Noto Sans SC (SIL Open Font
Licence 1.1), and Svelte's runtime (MIT).

This is what `pip install belvedere` brings on Linux, as the packages themselves say; written by `python docs/write_licences.py`. Each
release comes with an SBOM (`sbom.json`, CycloneDX) of the environment in which its wheel was tested, written by
`make release`: versions, licences, who needs whom, and the checksum of each wheel.

| package | licence |
|---|---|
""",
    "zh": """# 许可证

Belvedere 采用 Apache-2.0。浏览界面附带字体 Source Sans 3、Source Serif 4 和 Noto Sans SC 的一部分（SIL 开放字体许可证 1.1），以及 Svelte 的运行库（MIT）。

下面是 `pip install belvedere` 在 Linux 上带来的软件包及其自述的许可证，由 `python docs/write_licences.py` 写出。每次发布都附有 SBOM（`sbom.json`，CycloneDX），由 `make release` 写出，记录测试 wheel 时的环境：版本、许可证、依赖关系和每个 wheel 的校验和。

| 软件包 | 许可证 |
|---|---|
""",
}


def page(language: str = "en") -> str:
    """The page in one language as Markdown."""
    lines = [f"| {name} | {licence(name)} |" for name in sorted(needed("belvedere") - {"belvedere"})]
    return HEADS[language] + "\n".join(lines) + "\n"


def needed(name: str) -> set[str]:
    """A package and all that it needs here, extras left out."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        name = canonical(waiting.pop())
        if name in found:
            continue
        try:
            waiting += asked(name)
        except PackageNotFoundError:
            continue  # of another system, or of a build of torch that is not this one
        found.add(name)
    return found


def asked(name: str) -> list[str]:
    """What a package itself asks for here, extras left out."""
    lines = [Requirement(line) for line in distribution(name).requires or ()]
    return [canonical(need.name) for need in lines if need.marker is None or need.marker.evaluate({"extra": ""})]


def licence(name: str) -> str:
    """What a package says of its licence: the expression, else its classifiers, else the first line of its text."""
    about = distribution(name).metadata
    said = about.get("License-Expression")
    if said:
        return str(said)
    kinds = [line.rsplit(" :: ", 1)[-1] for line in about.get_all("Classifier") or () if line.startswith("License ::")]
    first = str(about.get("License") or "unknown").strip().splitlines()[0]
    return "; ".join(kinds) or first


def canonical(name: str) -> str:
    """A package's name as indexes write it."""
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    for language, path in PAGES.items():
        path.write_text(page(language), encoding="utf-8")
