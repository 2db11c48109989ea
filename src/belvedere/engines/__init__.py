"""Engines: where a function of tables runs over many batches. `ENGINES` is the visible table; each is one file.

An engine takes batches, and a maker that builds the function once per worker (the maker is pickled, the function is not), and
gives every batch with what the function made of it, in order. So every engine gives the same bytes.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping

import pyarrow as pa

from belvedere.engines import local, ray
from belvedere.engines.local import Make, Pair, Work
from belvedere.errors import SettingError, nearest_names

__all__ = ["ENGINES", "Make", "Pair", "Work", "map_batches"]

Engine = Callable[[Iterable[pa.Table], Make, int | None, str | None], Iterator[Pair]]
ENGINES: Mapping[str, Engine] = {"local": local.map_batches, "ray": ray.map_batches}


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
        Builds the function, once per worker; can be pickled.
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
    if engine not in ENGINES:
        raise SettingError(f"The engine must be one that is known, but is {engine!r}. {nearest_names(engine, ENGINES)}")
    return ENGINES[engine](batches, make, workers, address)
