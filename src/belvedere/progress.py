"""How long work reports where it is: one narrow protocol, a silent and a plain one.

The terminal's progress bars live in `belvedere.cli`; stages know only `Progress`.
"""

import sys
import time
from collections.abc import Callable
from typing import Protocol, TextIO

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


class Progress(Protocol):
    """What a stage may tell a person while it works."""

    def start(self, stage: str, total: int | None = None) -> None:
        """Begin a stage, named by a verb ('Learning'); `total` counts its steps where known."""

    def advance(self, done: int, note: str = "") -> None:
        """Tell how many steps are done so far, with a short note (a loss, a speed)."""

    def finish(self, note: str = "") -> None:
        """End the stage, with what came of it in a few words."""

    def say(self, sentence: str) -> None:
        """Print one sentence that a person should read."""


def show_places(progress: Progress, places: Callable[[], Floats]) -> None:
    """Offer the places (rows, 2) so far to a progress that draws them; others are not bothered, and nothing is computed."""
    show = getattr(progress, "show_places", None)
    if show is not None:
        show(places)


class Silent:
    """Tells nothing; the default in Python."""

    def start(self, stage: str, total: int | None = None) -> None:
        """Tell nothing."""

    def advance(self, done: int, note: str = "") -> None:
        """Tell nothing."""

    def finish(self, note: str = "") -> None:
        """Tell nothing."""

    def say(self, sentence: str) -> None:
        """Tell nothing."""


class Plain:
    """A plain log for pipes and files: one line when a stage ends, one every ten seconds while it runs."""

    def __init__(self, out: TextIO | None = None) -> None:
        self.out = out
        self._stage, self._total, self._began, self._told = "", 0, 0.0, 0.0

    def _print(self, line: str) -> None:
        stream = self.out or sys.stderr
        stream.write(line + "\n")
        stream.flush()

    def start(self, stage: str, total: int | None = None) -> None:
        """Remember the stage and when it began."""
        self._stage, self._total, self._began = stage, total or 0, time.monotonic()
        self._told = self._began

    def advance(self, done: int, note: str = "") -> None:
        """Print at most one line in ten seconds."""
        now = time.monotonic()
        if now - self._told >= 10:
            self._told = now
            of = f" of {self._total}" if self._total else ""
            self._print(f"{self._stage}: {done}{of} {note}".rstrip())

    def finish(self, note: str = "") -> None:
        """Print the stage, its seconds and what came of it."""
        self._print(f"{self._stage} ({time.monotonic() - self._began:.1f} s) {note}".rstrip())

    def say(self, sentence: str) -> None:
        """Print the sentence."""
        self._print(sentence)
