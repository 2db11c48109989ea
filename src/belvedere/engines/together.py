"""Processes of Ray that work together as one group (`torch.distributed`), by Ray Train.

Ray Train starts the processes, joins them into a group, and starts all of them again when one dies. What they tell, what they
want kept in case of that, and what comes of them passes through one small actor beside the driver, the ledger; so they
need no folder that all machines reach.
"""

import pickle
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from belvedere.engines.ray import connected, count_workers
from belvedere.errors import BelvedereError, EngineError

MOST_LOSSES = 50  # times that the group is started again
LOOK_S = 0.3  # between two looks into the ledger
GROUP_S = 300  # after this long without an answer from one of them, the group counts as broken

Told = tuple[str, tuple[Any, ...], bytes | None]  # what, its arguments, and what to go on from where it is new
Tell = Callable[[str, tuple[Any, ...], bytes | None], None]


class Ledger:
    """What the processes told, want kept, and came to."""

    def __init__(self, kept: bytes | None) -> None:
        self._kept, self._told, self._result, self._is_stopped = kept, list[Told](), b"", False

    def tell(self, name: str, args: tuple[Any, ...], kept: bytes | None) -> None:
        """Note something to tell, and what to go on from."""
        self._told.append((name, args, kept))
        self._kept = kept or self._kept

    def kept(self) -> bytes | None:
        """What to go on from."""
        return self._kept

    def news(self) -> list[Told]:
        """What was told since the last time."""
        told, self._told = self._told, []
        return told

    def finish(self, result: bytes) -> None:
        """Note what came of it; not unpacked here, which would import what it is made of."""
        self._result = result

    def result(self) -> bytes:
        """What came of it; nothing where it is empty."""
        return self._result

    def stop(self) -> None:
        """Ask the processes to come to an end."""
        self._is_stopped = True

    def is_stopped(self) -> bool:
        """Whether they were asked to."""
        return self._is_stopped


class Desk:
    """What one process of the group sees: its rank, the size of the group, and the ledger."""

    def __init__(self, ledger: Any, rank: int, size: int) -> None:
        self._ledger, self.rank, self.size = ledger, rank, size

    def tell(self, name: str, *args: Any, kept: bytes | None = None) -> None:
        """Tell the driver something; keep what a group that is started again goes on from."""
        self._ask(self._ledger.tell.remote(name, args, kept))

    def kept(self) -> bytes | None:
        """What to go on from."""
        found: bytes | None = self._ask(self._ledger.kept.remote())
        return found

    def finish(self, result: Any) -> None:
        """Hand over what came of the work."""
        self._ask(self._ledger.finish.remote(pickle.dumps(result)))

    def is_stopped(self) -> bool:
        """Whether the driver wants an end."""
        return bool(self._ask(self._ledger.is_stopped.remote()))

    def _ask(self, handle: Any) -> Any:
        import ray

        return ray.get(handle)


def run_together(
    work: Callable[[Desk], None], workers: int | None, address: str | None, *, kept: bytes | None, tell: Tell
) -> Any:
    """Run the same function in every process of a group; give what its rank 0 finished with.

    Parameters
    ----------
    work : callable
        Pickled; called with a `Desk` once the group is joined.
    workers, address :
        As in `belvedere.engines.map_batches`.
    kept : bytes, optional
        What to go on from.
    tell : callable
        Gets what the processes tell, in this thread.

    Raises
    ------
    EngineError
        If the group was lost too often, or ended without a result.
    """
    with connected(address, workers) as ray:
        n_workers = count_workers(ray, workers)
        ledger = ray.remote(num_cpus=0, scheduling_strategy=_here(ray))(Ledger).remote(kept)
        packed = ray.put(ray.cloudpickle.dumps(work))
        with tempfile.TemporaryDirectory(prefix="belvedere-") as folder, ThreadPoolExecutor(1) as side:
            running = side.submit(_fit, packed, ledger, n_workers, folder)
            _follow(ray, ledger, running, tell)
            _insist(running)
        packed = ray.get(ledger.result.remote())
    if not packed:
        raise EngineError("The processes must end with a result, but ended without one. Start the command again.")
    result = pickle.loads(packed)  # our own bytes, from our own process
    if isinstance(result, BelvedereError):
        raise result
    return result


def _here(ray: Any) -> Any:
    """On the machine of the driver: what is lost with it is lost anyway."""
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    return NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)


def _fit(packed: Any, ledger: Any, n_workers: int, folder: str) -> None:
    """Let Ray Train run the group, and start it again when a process dies."""
    from ray.train import FailureConfig, RunConfig, ScalingConfig
    from ray.train.torch import TorchConfig, TorchTrainer

    TorchTrainer(
        _one,
        train_loop_config={"packed": [packed], "ledger": ledger},
        scaling_config=ScalingConfig(num_workers=n_workers, resources_per_worker={"CPU": 1}),
        torch_config=TorchConfig(backend="gloo", timeout_s=GROUP_S),
        run_config=RunConfig(storage_path=folder, failure_config=FailureConfig(max_failures=MOST_LOSSES)),
    ).fit()


def _one(how: dict[str, Any]) -> None:
    """One process of the group; our own errors are no reason to start again."""
    import ray
    from ray.train import get_context

    context = get_context()
    desk = Desk(how["ledger"], context.get_world_rank(), context.get_world_size())
    try:
        pickle.loads(ray.get(how["packed"][0]))(desk)  # our own bytes, from our own driver
    except BelvedereError as error:
        desk.finish(error)


def _follow(ray: Any, ledger: Any, running: "Future[None]", tell: Tell) -> None:
    """Pass on what is told until the end; the first Ctrl-C asks for an end, the second one ends."""
    is_asked = False
    while True:
        try:
            is_done = running.done()
            for told in ray.get(ledger.news.remote()):
                tell(*told)
            if is_done:
                return
            time.sleep(LOOK_S)
        except KeyboardInterrupt:
            if is_asked:
                raise
            is_asked = True
            ray.get(ledger.stop.remote())


def _insist(running: "Future[None]") -> None:
    error = running.exception()
    if error is not None:
        said = str(error).strip().splitlines() or [type(error).__name__]
        raise EngineError(
            f"The processes that learn together must come to an end, but were lost: {said[0]}. "
            "See 'ray status' for processors and memory, and go on with --resume."
        ) from error
