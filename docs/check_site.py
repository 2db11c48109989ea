"""Look over the built site: every link and anchor leads somewhere, and nothing is fetched from elsewhere.

`python docs/check_site.py _site` prints what is wrong and exits 1.
"""

import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlsplit

FETCHED = {"img": "src", "script": "src", "link": "href", "iframe": "src", "video": "src", "source": "src"}


class Page(HTMLParser):
    """The links, the fetched files and the anchors of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.fetched: list[str] = []
        self.anchors: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect what one element points at, and its name."""
        known = dict(attrs)
        if known.get("id"):
            self.anchors.add(str(known["id"]))
        if tag == "a" and known.get("href"):
            self.links.append(str(known["href"]))
        if tag in FETCHED and known.get(FETCHED[tag]):
            self.fetched.append(str(known[FETCHED[tag]]))


def look_over(site: Path) -> list[str]:
    """One sentence for each fault."""
    pages = {path: Page(path.read_text(encoding="utf-8")) for path in site.rglob("*.html")}
    faults = [] if pages else [f"{site} holds no pages."]
    for path, page in pages.items():
        name = path.relative_to(site)
        for target in page.fetched:
            if urlsplit(target).scheme not in ("", "data") or target.startswith("//"):
                faults.append(f"{name} fetches {target}.")
        for target in page.links + page.fetched:
            address, anchor = urldefrag(target)
            if urlsplit(target).scheme:
                continue
            found = (path.parent / unquote(urlsplit(address).path)).resolve() if address else path
            if not found.is_file():
                faults.append(f"{name} links to {target}, which does not exist.")
            elif anchor and found in pages and unquote(anchor) not in pages[found].anchors:
                faults.append(f"{name} links to {target}, where no such anchor is.")
    return faults


if __name__ == "__main__":
    wrong = look_over(Path(sys.argv[1]).resolve())
    print(*(wrong or ["Every link of the site leads somewhere, and nothing is fetched from elsewhere."]), sep="\n")  # noqa: T201
    sys.exit(bool(wrong))
