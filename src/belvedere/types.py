"""The plain nouns: a dataset is a table whose columns have kinds; a map is that table plus a place for every row.

Frozen values only, no torch, no files. Stages hand these to each other; they meet in `belvedere.api`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from belvedere.errors import ColumnError, nearest_names

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]
Arrays = Mapping[str, NDArray[Any]]  # one array per name, first axis always rows

KIND_NAMES = (
    "number", "category", "boolean", "time", "text", "image", "sequence", "vector", "words", "position", "tags",
)  # fmt: skip
TAG_WHY = "a tag that a person gave"  # the `why` by which a tag is told from a column of the data
Role = Literal["input", "target", "id", "split", "left out"]
Level = Literal["serious", "warning", "note", "good"]


@dataclass(frozen=True)
class Column:
    """A name and a kind, the role it plays, and why it was read so."""

    name: str
    kind: str
    role: Role = "input"
    why: str = ""


@dataclass(frozen=True)
class Schema:
    """An ordered tuple of columns.

    Examples
    --------
    >>> schema = Schema((Column("age", "number"), Column("job", "category")))
    >>> schema["age"].kind
    'number'
    >>> schema.names
    ('age', 'job')
    """

    columns: tuple[Column, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all columns, in order."""
        return tuple(column.name for column in self.columns)

    @property
    def inputs(self) -> tuple[Column, ...]:
        """The columns that the network learns from."""
        return self.of_role("input")

    @property
    def target(self) -> Column | None:
        """The column to be predicted, if any."""
        found = self.of_role("target")
        return found[0] if found else None

    def __iter__(self) -> Iterator[Column]:
        return iter(self.columns)

    def __getitem__(self, name: str) -> Column:
        for column in self.columns:
            if column.name == name:
                return column
        raise ColumnError(f"There must be a column {name!r}, but there is none. {nearest_names(name, self.names)}")

    def of_role(self, role: Role) -> tuple[Column, ...]:
        """Columns that play one role."""
        return tuple(column for column in self.columns if column.role == role)

    def with_column(self, name: str, **changes: Any) -> "Schema":
        """The same schema with one column changed (`kind=`, `role=`, `why=`)."""
        self[name]
        return Schema(tuple(replace(c, **changes) if c.name == name else c for c in self.columns))


@dataclass(frozen=True)
class Source:
    """Data opened: an Arrow table (memory-mapped where it is large), and how it came to be.

    Attributes
    ----------
    name : str
        A short title, for instance the file's stem.
    table : pyarrow.Table
        All rows. Field metadata may hold `belvedere.kind`, and for images `belvedere.shape` ("28,28,1") and
        `belvedere.root` (the folder that paths are relative to).
    fingerprint : str
        SHA-256 (hex) of the data as read; equal data have equal fingerprints.
    account : tuple of str
        One sentence for each thing that reading decided, dropped, padded, coerced or sampled.
    """

    name: str
    table: pa.Table
    fingerprint: str = ""
    account: tuple[str, ...] = ()

    @property
    def n_rows(self) -> int:
        """How many rows there are."""
        return int(self.table.num_rows)

    def read(self, start: int, stop: int) -> pa.Table:
        """Rows `start` to `stop`, without copying."""
        return self.table.slice(start, max(0, stop - start))

    def take(self, rows: NDArray[Any]) -> pa.Table:
        """The rows with these numbers, in the order given."""
        return self.table.take(pa.array(np.asarray(rows, dtype=np.int64)))


@dataclass(frozen=True)
class Input:
    """What one input column looks like to a network: its kind, the arrays it becomes, and their sizes.

    Attributes
    ----------
    name, kind : str
        The column.
    info : dict
        JSON-able sizes and statistics learned from training rows; which ones, `belvedere.kinds` says per kind.
    tensors : dict of arrays
        Statistics too large for JSON (a projection of word counts); saved beside the network's weights.
    """

    name: str
    kind: str
    info: dict[str, Any]
    tensors: dict[str, NDArray[Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Target:
    """What is to be predicted.

    Attributes
    ----------
    name : str
        The column.
    task : str
        'binary', 'multiclass', 'regression', or another entry of `belvedere.training.TASKS`.
    classes : tuple of str
        Class names in code order, empty for regression. For 'binary' the second is the positive one.
    mean, std : float
        Of a regression target on training rows; labels are standardized with them.
    event, event_value : str
        Of a survival target: the column that says whether the event was seen, and the value that says so.
    edges : tuple of float
        Of a survival target: rising times, from 0, at which curves are given.
    hazards : tuple of float
        Of the task 'cox': cumulative hazard at each edge of a row of log risk 0, known after training.
    past, horizon : str, int
        Of a forecast: the column of the values before it, and how many values are foretold.
    """

    name: str
    task: str
    classes: tuple[str, ...] = ()
    mean: float = 0.0
    std: float = 1.0
    event: str = ""
    event_value: str = ""
    edges: tuple[float, ...] = ()
    hazards: tuple[float, ...] = ()
    past: str = ""
    horizon: int = 0

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> "Target":
        """The target that was saved: lists become tuples again."""
        known: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in said.items()}
        return cls(**known)


@dataclass(frozen=True)
class Finding:
    """One result of a check: how grave, where, a sentence, and the cure."""

    check: str
    level: Level
    sentence: str
    cure: str = ""
    column: str = ""
    rows: tuple[int, ...] = ()  # at most 10,000 row numbers
    n_rows: int = 0
    undo: str = ""  # how to go back after the cure


@dataclass(frozen=True)
class Score:
    """One measured quantity, what good looks like, and the baseline beside it.

    Attributes
    ----------
    name : str
        Standard name: 'accuracy', 'recall@15', …
    value : float
        The measured value.
    about : str
        What was measured on what: 'held-out rows', 'pixel space, all rows'.
    group : str
        'learning' or 'map'.
    baseline, baseline_name :
        The same quantity for something that costs seconds, where there is one.
    low, high :
        95 % interval, where known.
    higher_is_better : bool
        How to compare.
    """

    name: str
    value: float
    about: str = ""
    group: Literal["learning", "map"] = "learning"
    baseline: float | None = None
    baseline_name: str = ""
    low: float | None = None
    high: float | None = None
    higher_is_better: bool = True


@dataclass(frozen=True)
class Region:
    """A named part of the map; regions form a hierarchy.

    Attributes
    ----------
    id, parent : int
        Number of the region and of the one that holds it (-1: none). `id` is the index in the list of regions.
    level : int
        0 is the coarsest.
    x, y : float
        Where its label stands, in map units.
    n_rows : int
        Rows inside.
    name : str
        A few words; may be edited by a person.
    why : tuple of str
        What sets it apart, best first, one short phrase each.
    """

    id: int
    parent: int
    level: int
    x: float
    y: float
    n_rows: int
    name: str = ""
    why: tuple[str, ...] = ()


@dataclass(frozen=True)
class MapContent:
    """Everything that a map folder holds, as values. `belvedere.Map` adds the verbs.

    Attributes
    ----------
    name : str
        Title of the map.
    schema : Schema
        Columns with kinds and roles.
    rows : pyarrow.Table
        The data as given, row order as given.
    places : float32 (rows, 2)
        One place per row, in map units; only distances matter.
    channels : dict of float32 (rows,)
        Values computed per row, by name: 'kept', 'false', 'stretch', 'outlying', 'jitter', 'confidence', 'error', …
    predicted : (rows,) array or None
        Predicted class names (str) or numbers (float32).
    split : (rows,) array of str, or None
        'train', 'valid' or 'test'; 'unlabelled' where the target is missing; 'appended' of rows placed later.
    regions : tuple of Region
    region_of : int32 (rows, levels)
        The region that each row belongs to at each level, -1 for none.
    scores, findings, curves, evaluation :
        What was measured. `curves`: {"loss": {"train": [...], "valid": [...]}, …}; `evaluation`: confusion matrix,
        ROC and so on as JSON-able data.
    latent : float16 (rows, dims) or None
        What the network made of each row.
    neighbors : int32 (rows, k) or None
        True neighbors in the latent space, nearest first.
    thumbnails : pyarrow.BinaryArray or None
        One PNG per row where there is an image column.
    network_config, network_tensors :
        The network as JSON and named arrays, never pickle; None where the map has no network.
    provenance : dict
        Fingerprint of the data, seed, versions, timings, choices in words.
    """

    name: str
    schema: Schema
    rows: pa.Table
    places: Floats
    channels: dict[str, Floats] = field(default_factory=dict)
    predicted: NDArray[Any] | None = None
    split: NDArray[Any] | None = None
    regions: tuple[Region, ...] = ()
    region_of: Ints | None = None
    scores: tuple[Score, ...] = ()
    findings: tuple[Finding, ...] = ()
    curves: dict[str, Any] = field(default_factory=dict)
    evaluation: dict[str, Any] = field(default_factory=dict)
    latent: NDArray[np.float16] | None = None
    neighbors: Ints | None = None
    thumbnails: pa.Array | None = None
    network_config: dict[str, Any] | None = None
    network_tensors: dict[str, NDArray[Any]] | None = None
    provenance: dict[str, Any] = field(default_factory=dict)

    @property
    def n_rows(self) -> int:
        """How many rows lie on the map."""
        return len(self.places)
