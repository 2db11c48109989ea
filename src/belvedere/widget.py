"""The explorer in a notebook's cell: Jupyter, Marimo, and whatever else shows anywidgets. No server, no port.

The cell holds a frame with the explorer's page. What the page asks goes to Python through the notebook's own line and is
answered by the routes of `belvedere.serve`; typed arrays travel as bytes. The selection is a trait, in both directions.
"""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from belvedere.errors import SettingError, missing_extra
from belvedere.export import hosted_page
from belvedere.serve import Inside, Served

try:
    import anywidget
    import traitlets
except ImportError as error:
    raise missing_extra("anywidget", "notebook", "showing a map inside a notebook") from error

SCRIPT = Path(__file__).parent / "viewer" / "assets" / "widget.js"


class Rows(traitlets.TraitType):  # type: ignore[misc]
    """A selection: given as row numbers or as one bool per row, read as row numbers in rising order, int64 (rows,)."""

    info_text = "row numbers, or one bool per row"
    default_value = np.zeros(0, dtype=np.int64)

    def validate(self, obj: "MapWidget", value: Any) -> NDArray[np.int64]:
        """Row numbers, all of them on the map."""
        return row_numbers(value, obj.n_rows)


class MapWidget(anywidget.AnyWidget):  # type: ignore[misc]
    """The explorer of one map in a cell; `Map.widget` makes it.

    Attributes
    ----------
    selected : int64 (rows,)
        Rows selected in the explorer, in rising order; set it to select rows there (row numbers, or one bool per row).
        `observe` tells of changes.
    height : int
        Height of the cell in pixels.
    """

    selected: Any = Rows()
    height = traitlets.Int(640, min=200).tag(sync=True)
    _title = traitlets.Unicode().tag(sync=True)
    _page = traitlets.Unicode().tag(sync=True)
    # One bit per row, little-endian in each byte; empty: none. Notebooks hand in a view of their message.
    _mask = traitlets.Bytes(b"").tag(sync=True, from_json=lambda value, _: bytes(value))

    def __init__(self, served: Served, *, height: int = 640) -> None:
        self.n_rows = served.content.n_rows
        self._answers = Inside(served)
        name = served.content.name
        super().__init__(_esm=script(), _page=hosted_page(name), _title=name, height=height)
        self.on_msg(self._answer)

    def _answer(self, _: Any, asked: Any, __: Any) -> None:
        """Answer one question of the page."""
        status, body = self._answers.answer(str(asked["path"]), asked.get("body"))
        self.send({"answer": asked["ask"], "status": status}, buffers=[body])

    @traitlets.observe("selected")  # type: ignore[untyped-decorator]
    def _show_selection(self, change: Any) -> None:
        mask = to_mask(change["new"], self.n_rows)
        if mask != self._mask:
            self._mask = mask

    @traitlets.observe("_mask")  # type: ignore[untyped-decorator]
    def _hear_selection(self, change: Any) -> None:
        rows = from_mask(change["new"], self.n_rows)
        if not np.array_equal(rows, self.selected):
            self.selected = rows


def script() -> str:
    """The module that builds the cell."""
    if not SCRIPT.is_file():
        raise SettingError("A cell needs the built explorer, but this copy of Belvedere has none. Install a wheel.")
    return SCRIPT.read_text(encoding="utf-8")


def row_numbers(rows: ArrayLike, n_rows: int) -> NDArray[np.int64]:
    """Row numbers (k,) or bool (n_rows,) as row numbers in rising order, each once.

    Raises
    ------
    SettingError
        Where they are neither, or one lies outside the map.

    Examples
    --------
    >>> row_numbers([3, 1, 1], 5).tolist(), row_numbers([False, True, False], 3).tolist()
    ([1, 3], [1])
    """
    given = np.asarray(rows)
    if given.dtype == np.bool_ and given.shape == (n_rows,):
        return np.flatnonzero(given)
    is_numbers = given.ndim == 1 and (given.dtype.kind in "iu" or given.size == 0)
    if not is_numbers or (given.size and not 0 <= given.min() <= given.max() < n_rows):
        raise SettingError(
            f"A selection must be row numbers from 0 to {n_rows - 1}, or {n_rows} bools, but is {given!r:.80}."
        )
    return np.unique(given.astype(np.int64))


def to_mask(rows: NDArray[np.int64], n_rows: int) -> bytes:
    """One bit per row; nothing where no row is selected."""
    mark = np.zeros(n_rows, dtype=bool)
    mark[rows] = True
    return np.packbits(mark, bitorder="little").tobytes() if len(rows) else b""


def from_mask(mask: bytes, n_rows: int) -> NDArray[np.int64]:
    """The rows whose bit is set; bits beyond the last row are left out."""
    bits = np.unpackbits(np.frombuffer(mask, dtype=np.uint8), bitorder="little")
    return np.flatnonzero(bits[:n_rows])
