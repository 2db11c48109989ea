"""All answers about one map, computed when first asked for and then kept."""

import dataclasses
import threading
from typing import Any

import numpy as np
from numpy.typing import NDArray

from belvedere.errors import SettingError
from belvedere.page.columns import Encoded, Shown, shown_columns
from belvedere.page.encode import encode
from belvedere.types import TAG_WHY, MapContent

FORMAT = 1
MAX_FINDING_ROWS = 10_000
MAX_KEPT_BYTES = 1_000_000_000  # of encoded columns; with more, the oldest are encoded again when asked for
Key = tuple[str, str]  # group and name


class Page:
    """A map and what was already encoded of it.

    Parameters
    ----------
    content : MapContent
        The map.
    before : Page, optional
        A page of the same map before an edit; what the edit did not touch is taken over.
    """

    def __init__(self, content: MapContent, before: "Page | None" = None) -> None:
        self.content = content
        self.shown = shown_columns(content)
        self.extent = extent_of(content.places)
        self._infos: dict[Key, dict[str, Any]] = {}
        self._values: dict[Key, NDArray[Any] | None] = {}
        self._n_bytes = 0
        self._lock = threading.Lock()
        if before is not None:
            self._take_over(before)

    def _take_over(self, before: "Page") -> None:
        """Keep what was encoded of columns that an edit did not touch: names of regions and tags may be new."""
        there = {_key(shown): shown for shown in before.shown}
        for shown in self.shown:
            key = _key(shown)
            is_tag = shown.why == TAG_WHY
            if key not in before._infos or (shown.group == "map" and shown.name.startswith("region.")):
                continue
            if not is_tag or shown.values.equals(there[key].values):
                self._infos[key] = before._infos[key]
                if key in before._values:
                    self._keep(key, Encoded(before._infos[key], before._values[key]))

    def column(self, index: int) -> Encoded:
        """Column number `index`, encoded.

        Raises
        ------
        SettingError
            Where there is no such column.
        """
        if not 0 <= index < len(self.shown):
            raise SettingError(
                f"A column must have a number from 0 to {len(self.shown) - 1}, but {index} was asked for."
            )
        shown = self.shown[index]
        key = _key(shown)
        with self._lock:
            if key not in self._values:
                first = self._classes() if key == ("learning", "predicted") else ()
                self._keep(key, encode(shown, first))
            return Encoded(self._infos[key], self._values[key])

    def _keep(self, key: Key, made: Encoded) -> None:
        """Remember a column; the bytes of those made first are forgotten when all together grow too large."""
        self._infos[key] = made.info
        self._values[key] = made.values
        self._n_bytes += 0 if made.values is None else made.values.nbytes
        while self._n_bytes > MAX_KEPT_BYTES and len(self._values) > 1:
            forgotten = self._values.pop(next(iter(self._values)))
            self._n_bytes -= 0 if forgotten is None else forgotten.nbytes

    def _classes(self) -> tuple[str, ...]:
        """Categories of the target, so that a prediction has the same codes and colors."""
        for shown in self.shown:
            if shown.role == "target" and shown.kind in ("category", "boolean"):
                return tuple(encode(shown).info.get("categories", ()))
        return ()

    def places(self) -> NDArray[np.uint16]:
        """Places as uint16 (rows, 2), linear over the extent."""
        return quantize_places(self.content.places, self.extent)

    def column_info(self, index: int) -> dict[str, Any]:
        """`ColumnInfo` of one column."""
        shown = self.shown[index]
        if _key(shown) not in self._infos:
            self.column(index)
        words = {"index": index, "name": shown.name, "kind": shown.kind, "role": shown.role, "group": shown.group}
        return words | self._infos[_key(shown)] | {"why": shown.why} | ({"label": shown.label} if shown.label else {})

    def info(self, can: dict[str, bool]) -> dict[str, Any]:
        """`MapInfo`: everything the page needs to know before it asks for bytes."""
        content = self.content
        return {
            "format": FORMAT,
            "name": content.name,
            "nRows": content.n_rows,
            "extent": list(self.extent),
            "columns": [self.column_info(index) for index in range(len(self.shown))],
            "regions": [_region_info(region) for region in content.regions],
            "scores": [dataclasses.asdict(score) for score in content.scores],
            "findings": [dataclasses.asdict(f) | {"rows": list(f.rows[:MAX_FINDING_ROWS])} for f in content.findings],
            "curves": content.curves,
            "evaluation": content.evaluation,
            "provenance": content.provenance,
            "can": can,
        }


def _key(shown: Shown) -> Key:
    return str(shown.group), shown.name


def _region_info(region: Any) -> dict[str, Any]:
    plain = dataclasses.asdict(region)
    plain["nRows"] = plain.pop("n_rows")
    return plain


def extent_of(places: NDArray[Any]) -> tuple[float, float, float, float]:
    """The box x0, y0, x1, y1 around all places; never empty."""
    there = places[np.isfinite(places).all(axis=1)]
    if not len(there):
        return 0.0, 0.0, 1.0, 1.0
    (x0, y0), (x1, y1) = there.min(axis=0).astype(float), there.max(axis=0).astype(float)
    pad_x, pad_y = (0.0 if x1 > x0 else 0.5), (0.0 if y1 > y0 else 0.5)  # one place alone lies in the middle
    return float(x0 - pad_x), float(y0 - pad_y), float(x1 + pad_x), float(y1 + pad_y)


def quantize_places(places: NDArray[Any], extent: tuple[float, float, float, float]) -> NDArray[np.uint16]:
    """Places (rows, 2) to uint16, 0 … 65,535 over the extent; a row without a place lies in the middle.

    Examples
    --------
    >>> quantize_places(np.array([[0.0, 0.0], [2.0, 4.0], [1.0, 1.0]]), (0, 0, 2, 4)).tolist()
    [[0, 0], [65535, 65535], [32768, 16384]]
    """
    low, high = np.array(extent[:2], dtype=np.float64), np.array(extent[2:], dtype=np.float64)
    share = np.nan_to_num((places - low) / (high - low), nan=0.5, posinf=1.0, neginf=0.0)
    return np.asarray(np.rint(np.clip(share, 0, 1) * 65_535), dtype=np.uint16)
