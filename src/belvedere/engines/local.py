"""The engine of one process: while the function works on a batch, the next is read and the one before it is used."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pyarrow as pa

from belvedere.errors import SettingError

Work = Callable[[pa.Table], pa.Table]
Make = Callable[[], Work]
Pair = tuple[pa.Table, pa.Table]
AHEAD = 1  # batches worked on beyond the one that is used


def map_batches(batches: Iterable[pa.Table], make: Make, workers: int | None, address: str | None) -> Iterator[Pair]:
    """See `belvedere.engines.map_batches`."""
    refuse_options(workers, address)
    work, waiting = make(), deque[tuple[pa.Table, Future[pa.Table]]]()
    with ThreadPoolExecutor(1) as worker:  # one: not every threading layer of compiled loops takes two callers
        for batch in read_ahead(batches):
            waiting.append((batch, worker.submit(work, batch)))
            if len(waiting) > AHEAD:
                yield _made(waiting)
        while waiting:
            yield _made(waiting)


def _made(waiting: deque[tuple[pa.Table, Future[pa.Table]]]) -> Pair:
    """The oldest batch with what came of it."""
    batch, made = waiting.popleft()
    return batch, made.result()


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
