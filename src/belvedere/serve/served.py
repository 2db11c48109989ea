"""What the routes answer about: one map, the page made of it, and where edits are kept."""

import dataclasses
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from belvedere.errors import SettingError
from belvedere.page import Page, take_rows
from belvedere.serve.images import has_images
from belvedere.serve.index import TextIndex
from belvedere.serve.search import searched_columns
from belvedere.serve.sequences import has_sound
from belvedere.types import TAG_WHY, Column, MapContent, Schema

if TYPE_CHECKING:
    from belvedere.serve.beside import Beside

COARSE_FROM = 3_000_000  # rows; up to here a page reads all of them in about two seconds
COARSE_ROWS = 200_000

PlaceRows = Callable[[pa.Table], tuple[NDArray[Any], dict[str, NDArray[Any]]]]
ExplainRow = Callable[[int, str], dict[str, Any]]


class Edits(Protocol):
    """What keeps edits on disk: `belvedere.mapfolder`, handed in by whoever starts the server."""

    def rename_region(self, path: Path, id: int, name: str) -> str:
        """Keep a region's new name; returns it as kept."""

    def add_tag(self, path: Path, name: str, rows: Sequence[int] | NDArray[Any]) -> str:
        """Keep a tag; returns its name as kept."""


class Served:
    """The map being served. Edits replace the page; readers keep the one they have.

    Parameters
    ----------
    content : MapContent
    place : callable, optional
        Places new rows: a table in, places (rows, 2) and channels out.
    explain : callable, optional
        Explains a row: its number and 'place', 'prediction' or 'change' in, JSON-able data out.
    path : path-like, optional
        The map folder; edits need it.
    edits : Edits, optional
        What writes edits there.
    beside : Beside, optional
        A second map of the same rows.
    """

    def __init__(
        self,
        content: MapContent,
        *,
        place: PlaceRows | None = None,
        explain: ExplainRow | None = None,
        path: Path | None = None,
        edits: Edits | None = None,
        beside: "Beside | None" = None,
    ) -> None:
        self.page = Page(content)
        self.place, self.explain, self.path, self._edits = place, explain, path, edits
        self.beside = beside
        self._lock = threading.Lock()
        self.index = TextIndex(content, path)
        self.of_rows: int | None = None
        self.coarse = coarse_of(self.page)

    @property
    def content(self) -> MapContent:
        """The map as it is now."""
        return self.page.content

    @property
    def can(self) -> dict[str, bool]:
        """What the page may offer."""
        return {
            "search": bool(searched_columns(self.content)),
            "image": has_images(self.content),
            "neighbors": self.content.neighbors is not None,
            "export": True,
            "edit": self.path is not None and self._edits is not None,
            "contrast": True,
            "place": self.place is not None,
            "explain": self.explain is not None,
            "beside": self.beside is not None,
            "sound": has_sound(self.content),
        }

    def check_rows(self, rows: Sequence[int]) -> NDArray[np.int64]:
        """Row numbers as an array, all of them on the map."""
        numbers = np.asarray(rows, dtype=np.int64)
        if numbers.size and not 0 <= numbers.min() <= numbers.max() < self.content.n_rows:
            raise SettingError(f"Rows must lie between 0 and {self.content.n_rows - 1}, but one does not.")
        return numbers

    def rename_region(self, id: int, name: str) -> None:
        """Rename a region in the folder and on the page."""
        with self._lock:
            path, edits = self._place_of_edits()
            kept = edits.rename_region(path, id, name)
            regions = tuple(dataclasses.replace(r, name=kept) if r.id == id else r for r in self.content.regions)
            self.page = Page(dataclasses.replace(self.content, regions=regions), before=self.page)

    def add_tag(self, name: str, mark: NDArray[np.bool_]) -> None:
        """Keep a tag in the folder and show it as a column."""
        with self._lock:
            path, edits = self._place_of_edits()
            kept = edits.add_tag(path, name, np.flatnonzero(mark))
            self.page = Page(_with_tag(self.content, kept, mark), before=self.page)

    def _place_of_edits(self) -> tuple[Path, Edits]:
        if self.path is None or self._edits is None:
            raise SettingError("Edits need a map folder, but this map was not saved. Save it and open it from there.")
        return self.path, self._edits


def coarse_of(page: Page) -> Served | None:
    """A fair sample of a very large map, always the same, shown while the page reads all rows; None for others."""
    content = page.content
    if content.n_rows <= COARSE_FROM:
        return None
    rows = np.sort(np.random.default_rng(0).choice(content.n_rows, COARSE_ROWS, replace=False))
    coarse = Served(take_rows(content, rows))
    coarse.page.extent = page.extent
    coarse.of_rows = content.n_rows
    return coarse


def _with_tag(content: MapContent, name: str, mark: NDArray[np.bool_]) -> MapContent:
    """The same map with a tag column, or with an older tag of that name replaced."""
    values = pa.chunked_array([pa.array(mark)])
    if name in content.rows.column_names:
        at = content.rows.column_names.index(name)
        return dataclasses.replace(content, rows=content.rows.set_column(at, name, values))
    schema = Schema((*content.schema.columns, Column(name, "boolean", "left out", TAG_WHY)))
    return dataclasses.replace(content, rows=content.rows.append_column(name, values), schema=schema)
