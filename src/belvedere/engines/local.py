"""The engine of one process: the next batch is read while the function works on this one."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pyarrow as pa

from belvedere.errors import SettingError

Work = Callable[[pa.Table], pa.Table]
Make = Callable[[], Work]
Pair = tuple[pa.Table, pa.Table]


def map_batches(batches: Iterable[pa.Table], make: Make, workers: int | None, address: str | None) -> Iterator[Pair]:
    """See `belvedere.engines.map_batches`."""
    refuse_options(workers, address)
    work = make()
    for batch in read_ahead(batches):
        yield batch, work(batch)


def refuse_options(workers: int | None, address: str | None) -> None:
    """Refuse what only Ray knows."""
    if address is not None or workers is not None:
        raise SettingError("Workers and an address belong to Ray, but the engine is 'local'. Add --engine ray.")


def read_ahead(batches: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """The same batches, the next one being read by a thread while this one is used.

    Examples
    --------
    >>> [table.num_rows for table in read_ahead([pa.table({"x": [1, 2]}), pa.table({"x": [3]})])]
    [2, 1]
    """
    source = iter(batches)
    with ThreadPoolExecutor(1) as reader:
        following = reader.submit(next, source, None)
        while (batch := following.result()) is not None:
            following = reader.submit(next, source, None)
            yield batch
