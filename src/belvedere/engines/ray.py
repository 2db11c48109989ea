"""The engine on Ray: a pool of processes, on this machine or a cluster, each of which holds the function.

The driver reads the batches and hands them out; only what the function makes of a batch comes back. A process that dies is
started again with the function, and its batch is done again, as often as it takes; as a batch gives the same bytes wherever it
is done, and results are taken in order, nobody can tell from the result. What Ray would do of itself and is prevented here:
taking the loopback interface for a cluster of its own kind (ray#59110), and actors on all processors, which leave none for
anything else (ray#44687).
"""

import os
import pickle
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa

from belvedere.engines.local import Make, Pair, Work, read_ahead
from belvedere.errors import BelvedereError, EngineError, SettingError, missing_extra

NO_PROGRESS_S = 600  # a batch takes seconds; after this long without one, something hangs (ray#65060)
AHEAD = 2  # batches handed to each process


class Worker:
    """One process of the pool: builds the function when it starts, and again when it is started again."""

    def __init__(self, packed: bytes, n_threads: int) -> None:
        limit_threads(n_threads)
        make: Make = pickle.loads(packed)  # our own bytes, from our own driver
        self._work: Work = make()

    def run(self, batch: pa.Table) -> pa.Table:
        """Do one batch."""
        return self._work(batch)

    def number(self) -> int:
        """Number of the process."""
        return os.getpid()


def map_batches(batches: Iterable[pa.Table], make: Make, workers: int | None, address: str | None) -> Iterator[Pair]:
    """See `belvedere.engines.map_batches`."""
    with connected(address, workers) as ray:
        n_workers = count_workers(ray, workers)
        packed = ray.put(
            ray.cloudpickle.dumps(make)
        )  # kept until the end: a process started again needs it (ray#53727)
        pool = start_pool(ray, packed, n_workers)
        yield from _in_order(ray, pool, batches, getattr(make, "columns", None))
        del pool, packed  # the processes end when nothing refers to them any more


def start_pool(ray: Any, packed: Any, n_workers: int) -> list[Any]:
    """Start the processes; each is started again, and its batch done again, however often it dies."""
    kind = ray.remote(num_cpus=1, num_gpus=gpu_share(ray, n_workers), max_restarts=-1, max_task_retries=-1)(Worker)
    pool = [kind.remote(packed, 1) for _ in range(n_workers)]
    wait(ray, [actor.number.remote() for actor in pool])
    return pool


def _in_order(
    ray: Any, pool: list[Any], batches: Iterable[pa.Table], columns: Sequence[str] | None = None
) -> Iterator[Pair]:
    """Hand out a few batches per process, in turns, and take results in the order of the batches; send `columns` only."""
    waiting: deque[tuple[pa.Table, Any]] = deque()
    for number, batch in enumerate(read_ahead(batches)):
        sent = batch if columns is None else batch.select([name for name in batch.column_names if name in columns])
        waiting.append((batch, pool[number % len(pool)].run.remote(sent)))
        if len(waiting) >= AHEAD * len(pool):
            yield _taken(ray, waiting)
    while waiting:
        yield _taken(ray, waiting)


def _taken(ray: Any, waiting: "deque[tuple[pa.Table, Any]]") -> Pair:
    batch, handle = waiting.popleft()
    return batch, wait(ray, [handle])[0]


def wait(ray: Any, handles: list[Any]) -> list[Any]:
    """Get results; a function's own errors come back as they are, and a hang becomes a sentence."""
    try:
        return list(ray.get(handles, timeout=NO_PROGRESS_S))
    except (ray.exceptions.RaySystemError, ray.exceptions.OutOfMemoryError) as error:
        raise EngineError(
            f"Ray must go on running, but ended in the middle ({type(error).__name__}). "
            "See 'ray status', and start the command again."
        ) from error
    except ray.exceptions.GetTimeoutError:
        raise EngineError(
            f"Ray must finish a batch within {NO_PROGRESS_S} s, but did not. See 'ray status' for processes that wait for a "
            "processor or memory, and start again with fewer workers."
        ) from None
    except ray.exceptions.RayTaskError as error:
        raise (error.cause if isinstance(error.cause, BelvedereError) else error) from error


@contextmanager
def connected(address: str | None, workers: int | None) -> Iterator[Any]:
    """Ray, connected to a cluster or started on this machine; what was started here is stopped at the end."""
    if address is not None:
        show_token()
    ray = _imported()
    if ray.is_initialized():
        yield ray
        return
    here = {
        "address": "local",
        "num_cpus": _processors(workers),
        "include_dashboard": False,
    }  # and never a cluster found
    try:
        ray.init(**({"address": address} if address else here), log_to_driver=False, logging_level="ERROR")
    except ConnectionError as error:
        raise SettingError(
            f"A Ray cluster must answer at {address!r}, but none does. Start one (ray start --head), or leave --address out; "
            "where one runs that asks for a token, have it in ~/.ray/auth_token."
        ) from error
    except Exception as error:  # Ray has no class of its own for this
        if "startup" not in str(error):
            raise
        raise EngineError(
            "Ray must start within about half a minute, but did not: this machine is too busy. Try again when it is less so."
        ) from error
    try:
        yield ray
    finally:
        ray.shutdown()


def show_token() -> None:
    """Show a cluster the token that Ray keeps for this person, unless they decided on RAY_AUTH_MODE themselves.

    Where there is one, `ray start` asks for it (Ray 2.60), but a program that joins does not show it of itself.
    """
    kept = Path(os.environ.get("RAY_AUTH_TOKEN_PATH") or Path.home() / ".ray" / "auth_token")
    if os.environ.get("RAY_AUTH_TOKEN") or kept.is_file():
        os.environ.setdefault("RAY_AUTH_MODE", "token")


def _imported() -> Any:
    os.environ.setdefault("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
    except ImportError as error:
        raise missing_extra("ray", "ray", "The engine 'ray'") from error
    return ray


def _processors(workers: int | None) -> int:
    """Processors that Ray on this machine may think of: one more than there are workers."""
    return max(os.cpu_count() or 1, (workers or 1) + 1)


def count_workers(ray: Any, wanted: int | None) -> int:
    """How many processes: as many as asked, at most one less than the processors, so that one is left for all else."""
    most = max(1, int(ray.cluster_resources().get("CPU", 1)) - 1)
    if wanted is not None and not 1 <= wanted <= most:
        raise SettingError(
            f"workers must be 1 to {most} here (one processor is left for reading and writing), but is {wanted}."
        )
    return wanted or most


def gpu_share(ray: Any, n_workers: int) -> float:
    """Graphics cards for each process: one where there are as many, a share of one where there are fewer, else none.

    A process sees only its own; what uses them is what would use one on a single machine.
    """
    n_cards = float(ray.cluster_resources().get("GPU", 0))
    if n_cards >= n_workers or n_cards == 0:
        return float(n_cards > 0)
    return round(1 / -(-n_workers // n_cards), 4)


def limit_threads(n_threads: int) -> None:
    """Let a process use as many threads as it has processors, before anything heavy is imported."""
    for name in ("OMP_NUM_THREADS", "NUMBA_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = str(n_threads)
