"""`belvedere map --watch`: the page that shows a map being made, opened before the work begins."""

from typing import TYPE_CHECKING

from belvedere.errors import SettingError
from belvedere.progress import Progress

if TYPE_CHECKING:
    from belvedere.serve import Watching


def open_page(
    inner: Progress, *, host: str, port: int, open_browser: bool, has_no_view: bool
) -> "Watching":  # fmt: skip
    """Start the page and say its link; progress is told to `inner` too."""
    from belvedere.cli import terminal
    from belvedere.serve import start_watching

    if has_no_view:
        raise SettingError("--watch shows a page, but --no-view or --json wants none. Leave one of them out.")

    def say(sentence: str) -> None:
        terminal.out().print(sentence, soft_wrap=True)

    is_opened = open_browser and terminal.browser_is_there()
    return start_watching(inner, host=host, port=port, open_browser=is_opened, say=say)
