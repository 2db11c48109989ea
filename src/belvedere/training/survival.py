"""Time until an event, of rows some of which were not watched to the end: losses, curves, and what to say of a row.

Labels are (rows, 2): the time in units of the target's intervals (2.5: half through the third), and 1 where the event
was seen, 0 where watching ended before it. Predictions are survival curves: the chance that the event has not yet come
at each of `Target.edges`, (rows, edges).

References
----------
Kvamme, Borgan (2021), Continuous and discrete-time survival prediction with neural networks. Lifetime Data Analysis.
Cox (1972), Regression models and life-tables. Efron (1977) for ties.
"""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from belvedere.types import Target

Array = NDArray[Any]


def members_first(outputs: Tensor) -> Tensor:
    """(rows, outputs) or (rows, members, outputs) -> (members, rows, outputs)."""
    return outputs[None] if outputs.dim() == 2 else outputs.transpose(0, 1)


def hazard_loss(outputs: Tensor, labels: Tensor) -> Tensor:
    """Negative log likelihood of a hazard that is constant within each interval; outputs are (…, intervals).

    Examples
    --------
    >>> late = torch.tensor([[-3.0, 3.0]])  # little risk in the first interval, much in the second
    >>> event_late = hazard_loss(late, torch.tensor([[1.2, 1.0]]))
    >>> event_soon = hazard_loss(late, torch.tensor([[0.2, 1.0]]))
    >>> bool(event_late < event_soon)
    True
    """
    hazards = functional.softplus(members_first(outputs)) + 1e-6  # (members, rows, intervals)
    passed = (labels[:, :1] - torch.arange(hazards.shape[2], device=labels.device)).clamp(0, 1)  # (rows, intervals)
    at = labels[:, 0].ceil().long().sub(1).clamp(0, hazards.shape[2] - 1)
    now = hazards.gather(2, at[None, :, None].expand(len(hazards), -1, 1))[:, :, 0]
    return ((hazards * passed).sum(dim=2) - labels[:, 1] * now.log()).mean()


def cox_loss(outputs: Tensor, labels: Tensor) -> Tensor:
    """Negative log partial likelihood of one log risk per row, over the rows of the batch at risk (ties: Breslow)."""
    risk = members_first(outputs)[:, :, 0]  # (members, rows)
    order = torch.argsort(labels[:, 0], descending=True, stable=True)
    times, events, risk = labels[order, 0], labels[order, 1], risk[:, order]
    at_risk = torch.logcumsumexp(risk, dim=1)
    last = torch.searchsorted(-times, -times, right=True) - 1  # rows of equal time are at risk together
    return ((at_risk[:, last] - risk) * events).sum(dim=1).mean() / events.sum().clamp(min=1)


def curves_of_hazards(outputs: Array, target: Target) -> Array:
    """Chance of no event until each edge: (rows, intervals) -> (rows, edges)."""
    hazards = np.logaddexp(0, outputs) + 1e-6
    passed = np.concatenate([np.zeros((len(outputs), 1)), np.cumsum(hazards, axis=1)], axis=1)
    return np.asarray(np.exp(-passed), dtype=np.float32)


def curves_of_risk(outputs: Array, target: Target) -> Array:
    """Chance of no event until each edge by a log risk and the target's baseline hazard: (rows, 1) -> (rows, edges)."""
    passed = np.exp(np.clip(outputs[:, :1], -30, 30)) * np.asarray(target.hazards)[None, :]
    return np.asarray(np.exp(-passed), dtype=np.float32)


def baseline_hazards(risk: Array, labels: Array, edges: Array, times: Array) -> tuple[float, ...]:
    """Cumulative hazard of a row of log risk 0 at each edge (Breslow 1974).

    Parameters
    ----------
    risk, times : (rows,) arrays
        Log risks, and times in the units of `edges`.
    labels : (rows, 2) array
        Events stand in the second column.
    """
    order = np.argsort(-times, kind="stable")
    times, events = times[order], labels[order, 1]
    at_risk = np.cumsum(np.exp(np.clip(risk[order], -30, 30)))
    last = np.searchsorted(-times, -times, side="right") - 1
    steps = (events / at_risk[last])[::-1]
    passed = np.concatenate([[0.0], np.cumsum(steps)])
    return tuple(float(h) for h in passed[np.searchsorted(times[::-1], edges, side="right")])


def expected_times(curves: Array, target: Target) -> Array:
    """Mean time without the event up to the last edge, in the target's units: the area under each curve."""
    return np.asarray(np.trapezoid(curves, np.asarray(target.edges), axis=1), dtype=np.float32)


def times_of(labels: Array, target: Target) -> Array:
    """Labels in the target's own units: (rows, 2), time and event."""
    edges = np.asarray(target.edges)
    times = np.interp(labels[:, 0], np.arange(len(edges)), edges)
    return np.stack([times, labels[:, 1]], axis=1)


def surprise(truth: Array, curves: Array, target: Target) -> Array:
    """How far the expected time misses the seen one; rows still without the event can only have lived too long."""
    gap = truth[:, 0] - expected_times(curves, target)
    return np.asarray(np.where(truth[:, 1] > 0, np.abs(gap), np.maximum(gap, 0)), dtype=np.float32)
