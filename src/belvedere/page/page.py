"""All answers about one map, computed when first asked for and then kept."""

import dataclasses
import threading
from typing import Any

import numpy as np
from numpy.typing import NDArray

from belvedere.errors import SettingError
from belvedere.page.columns import Encoded, shown_columns
from belvedere.page.encode import encode
from belvedere.types import MapContent

FORMAT = 1
MAX_FINDING_ROWS = 10_000


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
        self._made: dict[tuple[str, str], Encoded] = {}
        self._lock = threading.Lock()
        if before is not None:
            kept = before._made.items()
            self._made |= {
                key: made for key, made in kept if not key[1].startswith("region.") and self._is_same(before, key)
            }

    def _is_same(self, before: "Page", key: tuple[str, str]) -> bool:
        """Whether a column holds the same values as before (tags may have been given anew)."""
        here, there = ({(str(s.group), s.name): s.values for s in page.shown} for page in (self, before))
        if key[0] != "data":
            return here.get(key) is there.get(key)
        return key in here and key in there and bool(here[key].equals(there[key]))

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
        key = (shown.group, shown.name)
        with self._lock:
            if key not in self._made:
                first = self._classes() if shown.name == "predicted" and shown.group == "learning" else ()
                self._made[key] = encode(shown, first)
            return self._made[key]

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
        words = {"index": index, "name": shown.name, "kind": shown.kind, "role": shown.role, "group": shown.group}
        return words | self.column(index).info | {"why": shown.why} | ({"label": shown.label} if shown.label else {})

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
    return float(x0), float(y0), float(x1 if x1 > x0 else x0 + 1), float(y1 if y1 > y0 else y0 + 1)


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
