"""What an explanation is: pulls of columns, parts of a column in detail, and how far to believe them."""

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

What = Literal["place", "prediction"]


@dataclass(frozen=True)
class Pull:
    """How one column pulls a row away from the baseline.

    Attributes
    ----------
    column, kind : str
    value : str
        The row's value, as a person would write it.
    amount : tuple of float
        Along x and y in map units, or in the prediction's units; amounts of all columns sum to the whole way.
    along : float
        Part of the amount in the direction that the row went, signed: negative pulls hold it back.
    strength : float
        `along` per unit of difference from the baseline, 0 where the row does not differ: what the network makes of
        the column, however extreme the row's value is.
    """

    column: str
    kind: str
    value: str
    amount: tuple[float, ...]
    along: float
    strength: float


@dataclass(frozen=True)
class Detail:
    """The parts of one column.

    Attributes
    ----------
    column : str
    parts : str
        'pixels', 'words', 'steps' or 'numbers'.
    shape : tuple of int
        (height, width), (words,), (steps, channels) or (numbers,).
    labels : tuple of str
        The words, or the names of the numbers; empty otherwise.
    along : float32, of that shape
        Signed pull along the row's way, as in `Pull`.
    amounts : float32 (outputs, *shape)
    """

    column: str
    parts: Literal["pixels", "words", "steps", "numbers"]
    shape: tuple[int, ...]
    labels: tuple[str, ...]
    along: NDArray[np.float32]
    amounts: NDArray[np.float32]

    def to_dict(self) -> dict[str, Any]:
        """As JSON-able data; `along` flat in row-major order."""
        plain = {"column": self.column, "parts": self.parts, "shape": list(self.shape), "labels": list(self.labels)}
        return plain | {"along": [_short(value) for value in self.along.ravel().tolist()]}


@dataclass(frozen=True)
class Explanation:
    """Why one row lies where it lies, or why it was predicted so.

    Attributes
    ----------
    row : int
        Row number, -1 for a row that is not on the map.
    what : 'place' or 'prediction'
    about : str
        One sentence: what is explained.
    baseline : str
        One sentence: what the row is held against.
    start, reached : tuple of float
        Outputs of the network for the baseline and for the row.
    actual : tuple of float
        Where the row really lies on the map; equal to `reached` where it was placed by the network.
    residual : float
        Distance from `reached` to `actual` as share of the map's width: what no column explains.
    pulls : tuple of Pull
        Strongest first.
    details : tuple of Detail
    error : float
        What is missing in the sum of all pulls, as share of the map's width or of the range of predictions.
    n_nodes : int
        Gradients taken.
    warnings : tuple of str
        Why to doubt this explanation.
    """

    row: int
    what: What
    about: str
    baseline: str
    start: tuple[float, ...]
    reached: tuple[float, ...]
    actual: tuple[float, ...]
    residual: float
    pulls: tuple[Pull, ...]
    details: tuple[Detail, ...] = ()
    error: float = 0.0
    n_nodes: int = 0
    warnings: tuple[str, ...] = field(default=())

    def to_dict(self) -> dict[str, Any]:
        """As JSON-able data."""
        plain = {name: getattr(self, name) for name in ("row", "what", "about", "baseline", "n_nodes")}
        plain |= {name: [_short(v) for v in getattr(self, name)] for name in ("start", "reached", "actual")}
        plain |= {"residual": _short(self.residual), "error": float(f"{self.error:.3g}")}
        pulls = [asdict(pull) | {"amount": list(pull.amount)} for pull in self.pulls]
        return plain | {
            "pulls": pulls,
            "details": [detail.to_dict() for detail in self.details],
            "warnings": list(self.warnings),
        }

    def saliency(self, column: str | None = None) -> NDArray[np.float32]:
        """The signed map of one column's parts (an image's pixels, a sequence's steps), of the first by default."""
        found = [detail for detail in self.details if column in (None, detail.column)]
        if not found:
            raise KeyError(column)
        return found[0].along


def _short(value: float) -> float:
    """Five digits are more than a person reads."""
    return float(f"{float(value):.5g}")
