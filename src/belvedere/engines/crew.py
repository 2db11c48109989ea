"""Workers on Ray that hold something between calls: what `belvedere.layout.sharded.Crew` asks for.

A worker that dies is started again by Ray and holds nothing then; the caller hears of it (`WorkerLostError`) and gives every
worker its part again. So calls are never repeated here: what they change is the caller's to put right.
"""

import pickle
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from operator import attrgetter
from typing import Any

import numpy as np

from belvedere.engines.ray import connected, count_workers, gpu_share, limit_threads, wait
from belvedere.errors import EngineError, WorkerLostError

LARGE = 100_000  # bytes from which an array is put into Ray's store once, instead of into every call


class Holder:
    """One process: holds what the maker made, and calls its methods."""

    def __init__(self, packed: bytes, n_threads: int) -> None:
        limit_threads(n_threads)
        self._held = pickle.loads(packed)()  # our own bytes, from our own driver

    def call(self, name: str, part: tuple[Any, ...], *shared: Any) -> Any:
        """Call a method, 'shard.move', with its part and what all workers share."""
        return attrgetter(name)(self._held)(*part, *shared)


class RayCrew:
    """Processes of Ray, one processor each."""

    def __init__(self, ray: Any, make: Callable[[], Any], n: int) -> None:
        self.ray, self._packed = ray, ray.put(ray.cloudpickle.dumps(make))
        kind = ray.remote(num_cpus=1, num_gpus=gpu_share(ray, n), max_restarts=-1, max_task_retries=0)(Holder)
        self.actors = [kind.remote(self._packed, 1) for _ in range(n)]
        try:
            self.revive()
        except ray.exceptions.ActorDiedError as error:
            said = str(error).strip().splitlines()[-1]
            raise EngineError(
                f"The workers must start, but one died: {said} See 'ray status', and start again with fewer."
            ) from error

    def __len__(self) -> int:
        return len(self.actors)

    def call(self, name: str, parts: Sequence[tuple[Any, ...]], *shared: Any) -> list[Any]:
        """See `belvedere.layout.sharded.Crew`."""
        sent = [self.ray.put(it) if isinstance(it, np.ndarray) and it.nbytes > LARGE else it for it in shared]
        try:
            handles = [actor.call.remote(name, part, *sent) for actor, part in zip(self.actors, parts, strict=True)]
            return wait(self.ray, handles)
        except (self.ray.exceptions.RayActorError, self.ray.exceptions.ObjectLostError) as error:
            raise WorkerLostError(f"A worker must answer, but does not: {error}. Its rows are sent again.") from error

    def revive(self) -> None:
        """Wait until every process answers; those that died were started again by Ray."""
        again = {"max_task_retries": -1}
        wait(self.ray, [actor.__ray_ready__.options(**again).remote() for actor in self.actors])


@contextmanager
def hired(make: Callable[[], Any], workers: int | None, address: str | None) -> Iterator[RayCrew]:
    """A crew for as long as the block lasts; every worker holds what `make` makes."""
    with connected(address, workers) as ray:
        crew = RayCrew(ray, make, count_workers(ray, workers))
        try:
            yield crew
        finally:
            for actor in crew.actors:
                ray.kill(actor)
