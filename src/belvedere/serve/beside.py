"""A second map of the same rows, served beside the first: its places, its regions, and the rows that moved most."""

import threading
from typing import Annotated, Any, Protocol

import numpy as np
from fastapi import Depends, Request
from numpy.typing import NDArray
from starlette.responses import Response

from belvedere.page.page import extent_of, quantize_places
from belvedere.serve.answers import Map, say_missing, send_bytes, send_json
from belvedere.types import Region

MOST_MOVERS = 1_000


class SecondMap(Protocol):
    """What is known of the second map: `belvedere.explaining.Beside`, handed in by whoever starts the server."""

    @property
    def name(self) -> str:
        """The second map's name."""

    @property
    def rows(self) -> NDArray[np.int64]:
        """Rows of the first map that the second knows, rising."""

    @property
    def places(self) -> NDArray[np.float32]:
        """Their places on the second map (matched, 2)."""

    @property
    def regions(self) -> tuple[Region, ...]:
        """The second map's regions."""

    @property
    def n_rows(self) -> int:
        """Rows of the second map."""

    @property
    def key(self) -> str | None:
        """The column that rows were matched by."""

    def movers(self, most: int) -> dict[str, Any]:
        """The rows that changed their neighbors most."""


class Beside:
    """The answers about the second map; the movers are ranked when first asked for.

    Parameters
    ----------
    second : SecondMap
        Rows of the first map that the second knows (matched,), and where they lie there (matched, 2), laid over the
        first map.
    """

    def __init__(self, second: SecondMap) -> None:
        self.second = second
        self.extent = extent_of(second.places)
        self._movers: dict[str, Any] | None = None
        self._lock = threading.Lock()

    def info(self, n_rows: int) -> dict[str, Any]:
        """What the page needs to know before it asks for bytes."""
        second = self.second
        regions = [
            {"id": r.id, "level": r.level, "name": r.name, "x": r.x, "y": r.y, "nRows": r.n_rows}
            for r in second.regions
        ]
        return {
            "name": second.name,
            "extent": list(self.extent),
            "nRows": second.n_rows,
            "nMatched": len(second.rows),
            "inOrder": len(second.rows) == n_rows,
            "key": second.key,
            "regions": regions,
        }

    def places(self) -> NDArray[np.uint16]:
        """Places of the matched rows, uint16 (matched, 2), linear over the extent."""
        return quantize_places(self.second.places, self.extent)

    def movers(self) -> dict[str, Any]:
        """The rows that changed their neighbors most, first those that changed most."""
        with self._lock:
            if self._movers is None:
                self._movers = self.second.movers(MOST_MOVERS)
            return self._movers


def get_beside(served: Map) -> Beside | None:
    """Hand the second map to an answer."""
    return served.beside


Other = Annotated[Beside | None, Depends(get_beside)]
NONE = "This map is shown alone. Start it with `belvedere view MAP --beside OTHER`."


def answer_beside(request: Request, served: Map, other: Other) -> Response:
    """The second map's name, extent and regions."""
    return say_missing(NONE) if other is None else send_json(request, other.info(served.content.n_rows))


def answer_beside_rows(other: Other) -> Response:
    """Which rows of the first map the second knows, uint32, rising."""
    return say_missing(NONE) if other is None else send_bytes(other.second.rows.astype("<u4").tobytes())


def answer_beside_places(other: Other) -> Response:
    """Places of those rows on the second map, uint16 x, y."""
    return say_missing(NONE) if other is None else send_bytes(other.places().astype("<u2", copy=False).tobytes())


def answer_movers(request: Request, other: Other) -> Response:
    """Rows that changed their neighbors most between the two maps."""
    return say_missing(NONE) if other is None else send_json(request, other.movers())
