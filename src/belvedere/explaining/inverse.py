"""What row the map expects at a place, and the way between two rows as a film strip."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from belvedere import kinds
from belvedere.errors import SettingError
from belvedere.explain.decoder import Decoder, learn_decoder
from belvedere.explaining.rows import chosen, shown_values
from belvedere.explaining.whole import Whole, whole_of
from belvedere.types import Floats, Input, MapContent

FITTED_ROWS = 20_000
LARGEST = 32 * 32 * 3  # pixels of images that are drawn
N_NEAR = 5


@dataclass(frozen=True)
class Expected:
    """What a row at a place of the map is expected to look like.

    Attributes
    ----------
    x, y : float
    values : dict
        Column: number or level. Only columns of a table.
    images : dict of uint8 (height, width, channels)
        Column: picture.
    nearest : tuple of int
        The rows that lie nearest on the map.
    emptiness : float
        Distance to the nearest rows as multiple of what is usual on this map; above 3 the place is empty.
    error : float
        Mean squared error of the decoder on held-out rows, relative to the mean row (1 = no better than the mean).
    warnings : tuple of str
    """

    x: float
    y: float
    values: dict[str, Any]
    images: dict[str, NDArray[np.uint8]]
    nearest: tuple[int, ...]
    emptiness: float
    error: float
    warnings: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """As JSON-able data; images as nested lists of bytes."""
        plain = {name: getattr(self, name) for name in ("x", "y", "values", "emptiness", "error")}
        images = {name: image.tolist() for name, image in self.images.items()}
        return plain | {"images": images, "nearest": list(self.nearest), "warnings": list(self.warnings)}


class Inverse:
    """A decoder of one map, learned once and asked many times.

    Raises
    ------
    SettingError
        If the map has no columns that can be expected (numbers, categories, small images).
    """

    def __init__(self, content: MapContent, *, seed: int = 0) -> None:
        self.content, self.inputs = content, whole_of(content).entrance.inputs
        rows = np.arange(content.n_rows)
        if len(rows) > FITTED_ROWS:
            rows = np.sort(np.random.default_rng(seed).choice(rows, FITTED_ROWS, replace=False))
        table = content.rows.take(pa.array(rows))
        arrays = kinds.make_arrays(table, self.inputs)
        self.blocks = [found for p, item in enumerate(self.inputs) if (found := _block(p, item, arrays)) is not None]
        if not self.blocks:
            raise SettingError("A map must have numbers, categories or images up to 32 × 32 pixels to expect rows.")
        values = np.concatenate([block.values for block in self.blocks], axis=1)
        self.decoder: Decoder = learn_decoder(content.places[rows], values, seed=seed)
        self.usual = usual_distance(content.places)

    def expect(self, x: float, y: float) -> Expected:
        """What row the network expects at a place."""
        return self.expect_at(np.array([[x, y]], dtype=np.float32))[0]

    def expect_at(self, places: Floats) -> tuple[Expected, ...]:
        """What rows are expected at places (rows, 2)."""
        guessed = self.decoder(places)
        error = self.decoder.error / max(self.decoder.mean_error, 1e-12)
        found = []
        for place, line in zip(places, guessed, strict=True):
            nearest, emptiness = self._around(place)
            values, images = self._readable(line)
            found.append(
                Expected(
                    float(place[0]),
                    float(place[1]),
                    values,
                    images,
                    nearest,
                    emptiness,
                    error,
                    _doubts(emptiness, error),
                )
            )
        return tuple(found)

    def _around(self, place: Floats) -> tuple[tuple[int, ...], float]:
        away = np.linalg.norm(self.content.places - place, axis=1)
        near = np.argsort(away, kind="stable")[:N_NEAR]
        return tuple(int(row) for row in near), float(away[near].mean() / max(self.usual, 1e-12))

    def _readable(self, line: Floats) -> tuple[dict[str, Any], dict[str, NDArray[np.uint8]]]:
        values: dict[str, Any] = {}
        images: dict[str, NDArray[np.uint8]] = {}
        start = 0
        for block in self.blocks:
            part = line[start : start + block.values.shape[1]]
            start += block.values.shape[1]
            item = self.inputs[block.position]
            if item.kind == "image":
                shape = tuple(int(item.info[key]) for key in ("height", "width", "channels"))
                images[item.name] = (part * 255 + 127.5).clip(0, 255).astype(np.uint8).reshape(shape)
            elif item.kind in ("category", "boolean"):
                values[item.name] = item.info["categories"][int(part.argmax())]
            else:
                values[item.name] = raw_number(self.content, item, float(part[0]))
        return values, images


def usual_distance(places: Floats) -> float:
    """Mean distance of rows to the rows nearest on the map, from a sample."""
    some = places[:: max(1, len(places) // 500)]
    found = np.asarray(cKDTree(places).query(some, k=min(N_NEAR + 1, len(places)))[0]).reshape(len(some), -1)
    return float(found[:, 1:].mean()) if found.shape[1] > 1 else 0.0


@dataclass(frozen=True)
class Block:
    """The values that one input gives to the decoder: float32 (rows, values)."""

    position: int
    values: Floats


def _block(position: int, item: Input, arrays: dict[str, NDArray[Any]]) -> Block | None:
    """What is decoded of one input; None for kinds that are not."""
    if item.kind == "number":
        return Block(position, arrays[f"{position}.value"][:, None])
    if item.kind in ("category", "boolean") and item.info["categories"]:
        known = len(item.info["categories"])
        codes = arrays[f"{position}.code"] - 2
        hot = (codes[:, None] == np.arange(min(known, 60))[None]).astype(np.float32)
        return Block(position, hot)
    size = int(np.prod([item.info[key] for key in ("height", "width", "channels")])) if item.kind == "image" else 0
    if 0 < size <= LARGEST:
        return Block(
            position,
            arrays[f"{position}.pixels"].reshape(-1, size).astype(np.float32) / np.float32(255) - np.float32(0.5),
        )
    return None


def raw_number(content: MapContent, item: Input, value: float) -> float:
    """A standardized number in its own units: the rows' own values at the same rank, so that it is a real one."""
    from belvedere.kinds.number import standardize
    from belvedere.values import to_floats

    raw = to_floats(content.rows.column(item.name).slice(0, 200_000))
    raw = np.sort(raw[np.isfinite(raw)])
    if not len(raw):
        return float("nan")
    grid = raw[np.linspace(0, len(raw) - 1, min(2000, len(raw))).astype(int)]
    return float(np.interp(value, standardize(grid, item.info), grid))


def _doubts(emptiness: float, error: float) -> tuple[str, ...]:
    said = []
    if emptiness > 3:
        said.append("No rows lie near this place; what is expected here is made up by the network.")
    if not error < 0.9:
        said.append("Places say little about these columns: the decoder is hardly better than the mean row.")
    return tuple(said)


def inverse_of(content: MapContent) -> Inverse:
    """The decoder of a map, learned at the first call (some seconds) and kept for the last map asked about."""
    whole = whole_of(content)
    for known, inverse in _learned:
        if known is whole:
            return inverse
    inverse = Inverse(content)
    _learned[:] = [(whole, inverse)]
    return inverse


_learned: list[tuple[Whole, Inverse]] = []


def expect(content: MapContent, x: float, y: float) -> Expected:
    """What row the map expects at a place; see `Expected`."""
    return inverse_of(content).expect(x, y)


@dataclass(frozen=True)
class Step:
    """One picture of the film strip: what is expected there, and the real row that lies nearest."""

    expected: Expected
    row: int
    shown: dict[str, str]


def path(content: MapContent, row_a: int, row_b: int, steps: int = 8) -> tuple[Step, ...]:
    """Go from one row to another in a straight line over the map.

    Parameters
    ----------
    row_a, row_b : int
    steps : int
        Pictures, both ends included; at least 2.
    """
    if steps < 2:
        raise SettingError(f"A path must have at least 2 steps, but {steps} was asked for.")
    numbers, _ = chosen(content, [row_a, row_b])
    ends = content.places[numbers]
    places = ends[0] + np.linspace(0, 1, steps)[:, None].astype(np.float32) * (ends[1] - ends[0])
    found = inverse_of(content).expect_at(places)
    rows = [row_a, *(expected.nearest[0] for expected in found[1:-1]), row_b]
    inputs = whole_of(content).entrance.inputs
    shown = shown_values(content.rows.take(pa.array(rows)), inputs)
    return tuple(
        Step(expected, int(row), {item.name: shown[p][at] for p, item in enumerate(inputs)})
        for at, (expected, row) in enumerate(zip(found, rows, strict=True))
    )
