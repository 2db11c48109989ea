"""Engines: where a function of tables runs over many batches. `ENGINES` is the visible table; each is one file.

An engine takes batches, and a maker that builds the function once per worker (the maker is pickled, the function is not), and
gives every batch with what the function made of it, in order. So every engine gives the same bytes. Ray also lends out
workers that hold something between calls (`Engine.crew`), and groups of processes that learn together (`together.py`).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import pyarrow as pa

from belvedere.engines import local, ray
from belvedere.engines.local import Make, Pair, Work
from belvedere.errors import SettingError, nearest_names

__all__ = ["ENGINES", "Engine", "Make", "Pair", "Work", "map_batches"]

Mapped = Callable[[Iterable[pa.Table], Make, int | None, str | None], Iterator[Pair]]
ENGINES: Mapping[str, Mapped] = {"local": local.map_batches, "ray": ray.map_batches}


Made = TypeVar("Made")


class Readable(Protocol):
    """Anything that begins to read tables when asked to."""

    @property
    def read(self) -> Callable[[], Iterator[pa.Table]]:
        """Begins to read."""


@dataclass(frozen=True)
class Engine:
    """Where work is done: its name in `ENGINES`, and of Ray how many processes and at which address; see `map_batches`."""

    name: str = "local"
    workers: int | None = None
    address: str | None = None

    @property
    def is_local(self) -> bool:
        """Whether all is done in this process."""
        return self.name == "local"

    def run(self, batches: Readable, make: Make) -> Iterator[Pair]:
        """Give every batch with what came of it, in order."""
        return map_batches(batches.read(), make, engine=self.name, workers=self.workers, address=self.address)

    def opened(self) -> AbstractContextManager[Any]:
        """Refuse what does not fit; keep Ray running (it starts in seconds) for all that is done meanwhile."""
        _insist(self.name)
        if self.is_local:
            local.refuse_options(self.workers, self.address)
            return nullcontext()
        return ray.connected(self.address, self.workers)

    def around(self, work: Callable[[], Made]) -> Made:
        """Do something while it is kept open."""
        with self.opened():
            return work()

    def crew(self, make: Callable[[], Any]) -> AbstractContextManager[Any]:
        """Workers that each hold what `make` makes, and are called by name (`layout.sharded.Crew`); None where local."""
        if self.is_local:
            return nullcontext()
        from belvedere.engines.crew import hired

        return hired(make, self.workers, self.address)


def map_batches(
    batches: Iterable[pa.Table],
    make: Make,
    *,
    engine: str = "local",
    workers: int | None = None,
    address: str | None = None,
) -> Iterator[Pair]:
    """Run a function over batches; give each batch with what came of it, in order.

    Parameters
    ----------
    batches : iterable of pyarrow.Table
        Read as they are needed; a few are held at a time.
    make : callable
        Builds the function, once per worker; can be pickled. Where it has `columns`, the function gets those only.
    engine : str
        'local', or 'ray' (extra `ray`).
    workers : int, optional
        Of Ray: how many processes; one less than the processors if not given.
    address : str, optional
        Of Ray: of a running cluster, or 'auto'; one is started on this machine if not given.

    Raises
    ------
    SettingError
        If the engine is unknown, or its options do not fit.
    MissingExtraError
        If Ray is asked for and not installed.

    Examples
    --------
    >>> tables = [pa.table({"x": [1, 2]}), pa.table({"x": [3]})]
    >>> [made["x"].to_pylist() for _, made in map_batches(tables, lambda: lambda table: table.slice(0, 1))]
    [[1], [3]]
    """
    _insist(engine)
    return ENGINES[engine](batches, make, workers, address)


def _insist(engine: str) -> None:
    if engine not in ENGINES:
        raise SettingError(f"The engine must be one that is known, but is {engine!r}. {nearest_names(engine, ENGINES)}")
