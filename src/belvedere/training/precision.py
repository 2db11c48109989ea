"""Whether bfloat16 is faster here: a few steps are timed both ways, since it depends on processor, layer and batch."""

import time
from copy import deepcopy
from dataclasses import replace

import torch
from torch import nn

from belvedere.training.keeping import Plan
from belvedere.training.loop import Rows, make_optimizer, precision
from belvedere.training.objectives import Loss

FASTER = 1.15  # below this gain the full precision is kept
N_STEPS = 3


def choose_precision(network: nn.Module, rows: Rows, loss: Loss, plan: Plan) -> Plan:
    """Keep bfloat16 in a plan that allows it only where a probe on one batch finds it faster.

    The network and the random numbers of the training are left as they were.
    """
    if not plan.low_precision or not len(rows):
        return plan
    batch = Rows(*_some(rows, min(len(rows), plan.batch_size)))
    twins = [(deepcopy(network).train(), replace(plan, low_precision=low)) for low in (False, True)]
    best = [float("inf"), float("inf")]
    with torch.random.fork_rng(devices=[]):
        for _ in range(1 + N_STEPS):  # in turns; the quickest counts, since other programs only ever slow a step down
            for at, (twin, how) in enumerate(twins):
                best[at] = min(best[at], _step_s(twin, batch, loss, how))
    return replace(plan, low_precision=best[0] > FASTER * best[1])


def _some(rows: Rows, n: int) -> tuple[dict[str, torch.Tensor], torch.Tensor]:
    return rows.batch(torch.arange(n))


def _step_s(network: nn.Module, rows: Rows, loss: Loss, plan: Plan) -> float:
    """Seconds of one step."""
    began, optimizer = time.perf_counter(), make_optimizer(network, plan)
    with precision(plan):
        outputs = network(rows.arrays)
    loss(outputs.float(), rows.labels).backward()  # type: ignore[no-untyped-call]
    optimizer.step()
    return time.perf_counter() - began
