"""Training on an engine: the same loop in several processes, each with its share of every batch.

The state at the end of each epoch goes to the driver. Where a process dies, all go on from the last epoch; where the driver
dies, `--resume` does, from its checkpoint.
"""

import os
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from torch import nn

from belvedere.engines import Engine
from belvedere.progress import Progress, Silent
from belvedere.training import Checkpoint, Hooks, Plan, Rows, Trained, train
from belvedere.training.ranks import Group

FEWEST_ROWS = 16  # of a batch in each process; with fewer, messages cost more than they save


@dataclass(frozen=True)
class TrainTogether:
    """What one process of the group does; pickled with the data."""

    network: nn.Module
    rows: Rows
    valid: Rows
    loss: Any
    plan: Plan
    key: str

    def __call__(self, desk: Any) -> None:
        """Train, from what is kept; rank 0 tells how it goes and hands over the network's weights."""
        with tempfile.TemporaryDirectory(prefix="belvedere-") as folder:
            path, kept = Path(folder, "state"), desk.kept()
            if kept is not None:
                path.write_bytes(kept)
            ranks = Group(desk.rank, desk.size)

            def give_up(_: Any, __: int) -> bool:
                return bool(ranks.agree(float(desk.rank == 0 and desk.is_stopped())))

            hooks = Hooks(Checkpoint(path, self.key, resume=True, every_s=0), give_up, ranks)
            progress = Messenger(desk, path) if desk.rank == 0 else Silent()
            trained = train(
                self.network, self.rows, self.valid, loss=self.loss, plan=replace(self.plan, threads=1),
                progress=progress, hooks=hooks,
            )  # fmt: skip
        if desk.rank == 0:
            desk.finish((self.network.state_dict(), trained))


class Messenger:
    """A progress that tells the driver; at the end of each epoch the state goes with it."""

    def __init__(self, desk: Any, state: Path) -> None:
        self._desk, self._state = desk, state

    def start(self, stage: str, total: int | None = None) -> None:
        """See `Progress`."""
        self._desk.tell("start", stage, total)

    def advance(self, done: int, note: str = "") -> None:
        """See `Progress`."""
        self._desk.tell("advance", done, note, kept=self._state.read_bytes() if self._state.exists() else None)

    def finish(self, note: str = "") -> None:
        """See `Progress`."""
        self._desk.tell("finish", note)

    def say(self, sentence: str) -> None:
        """See `Progress`."""
        self._desk.tell("say", sentence)


def train_on(  # noqa: PLR0913 `training.train`, and where
    engine: Engine,
    network: nn.Module,
    rows: Rows,
    valid: Rows,
    *,
    loss: Any,
    plan: Plan,
    progress: Progress,
    hooks: Hooks,
) -> Trained:
    """As `training.train`, in the processes of the engine; here where it is local or there are too few rows to share."""
    n = 1 if engine.is_local or hooks.give_up is not None else n_ranks(engine, len(rows), plan)
    if n < 2:
        return train(network, rows, valid, loss=loss, plan=plan, progress=progress, hooks=hooks)
    from belvedere.engines.together import run_together

    checkpoint = hooks.checkpoint
    work = TrainTogether(network, rows, valid, loss, plan, checkpoint.key if checkpoint else "")
    progress.say(f"Learning in {n} processes, each with a share of every batch.")

    def tell(name: str, args: tuple[Any, ...], kept: bytes | None) -> None:
        getattr(progress, name)(*args)
        if kept is not None and checkpoint is not None:
            beside = checkpoint.path.with_name(checkpoint.path.name + ".part")
            beside.write_bytes(kept)
            os.replace(beside, checkpoint.path)  # noqa: PTH105 one step, also over an older file

    kept = checkpoint.path.read_bytes() if checkpoint and checkpoint.resume and checkpoint.path.exists() else None
    state, trained = run_together(work, n, engine.address, kept=kept, tell=tell)
    network.load_state_dict(state)
    network.eval()
    made: Trained = trained
    return replace(made, stopped="interrupted") if made.stopped == "given up" else made


def n_ranks(engine: Engine, n_rows: int, plan: Plan) -> int:
    """In how many processes to learn: as many as the engine has, as long as each gets rows enough of every batch."""
    most = min(plan.batch_size, n_rows) // FEWEST_ROWS
    if most < 2:
        return 1
    with engine.opened() as ray:
        from belvedere.engines.ray import count_workers

        return min(most, count_workers(ray, engine.workers))
