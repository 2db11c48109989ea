"""Integrated gradients: what each input contributes between a baseline and a row, for any number of outputs at once.

The path from baseline to row is cut into panels. A panel adds up when the integral of its gradients equals the change
of the outputs from its one end to its other, and only panels that do not are halved: smooth networks need one panel,
piecewise-linear ones are followed from kink to kink. Sundararajan, Taly and Yan (2017), Axiomatic attribution for deep
networks; panels are integrated by the Gauss-Lobatto rule, whose nodes hold both ends.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from numpy.polynomial import legendre
from numpy.typing import NDArray
from torch import Tensor

Gates = tuple[Tensor, ...]  # where a path enters the network: one tensor per gate, (rows, ...)
Function = Callable[[Gates, Tensor], Tensor]  # values at the gates, row number of each -> (items, outputs)
N_NODES = 8  # per panel
MAX_VALUES = 24_000_000  # numbers at the gates held at once


@dataclass(frozen=True)
class Integral:
    """Mean gradients along the path, and how well they add up.

    Attributes
    ----------
    gradients : tuple of tensors (outputs, rows, ...)
        One per gate; times `stop - start` they are the contributions.
    first, last : (rows, outputs) tensor
        Outputs at the baseline and at the row.
    missing : (rows, outputs) tensor
        Change of the outputs less the sum of all contributions; 0 where they add up.
    n_nodes : (rows,) int64 tensor
        Gradients taken per row.
    """

    gradients: Gates
    first: Tensor
    last: Tensor
    missing: Tensor
    n_nodes: Tensor


@lru_cache
def lobatto(n_nodes: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Nodes and weights of the Gauss-Lobatto rule on 0…1.

    Examples
    --------
    >>> nodes, weights = lobatto(3)
    >>> nodes.round(3).tolist(), weights.round(3).tolist()
    ([0.0, 0.5, 1.0], [0.167, 0.667, 0.167])
    """
    last = legendre.Legendre.basis(n_nodes - 1)
    nodes = np.sort(np.concatenate([[-1.0, 1.0], np.real(last.deriv().roots())]))
    weights = 2 / (n_nodes * (n_nodes - 1) * last(nodes) ** 2)
    return (nodes + 1) / 2, weights / 2


def integrate(
    function: Function, start: Gates, stop: Gates, *, tolerance: float, rounds: int = 18, n_nodes: int = N_NODES
) -> Integral:
    """Integrate gradients from `start` to `stop`, halving panels until they add up.

    Parameters
    ----------
    function : callable
        From values at the gates and the row that each item belongs to, to outputs. Must treat items independently.
    start, stop : tuple of tensors (rows, ...)
        Ends of the straight path, one pair per gate.
    tolerance : float
        What may be missing in each output in sum over the path, in the outputs' units.
    rounds : int
        How often panels may be halved: 2^rounds panels at most.
    n_nodes : int
        Gradients per panel.

    Returns
    -------
    Integral
    """
    n_rows = len(start[0])
    shift = tuple(b - a for a, b in zip(start, stop, strict=True))
    total: list[Tensor] = []
    ends: dict[str, Tensor] = {}
    counts = torch.zeros(n_rows, dtype=torch.int64)
    rows, low, high = torch.arange(n_rows), torch.zeros(n_rows), torch.ones(n_rows)
    for turn in range(rounds + 1):
        found = _panels(function, (start, shift), (rows, low, high), n_nodes)
        ends = ends or {"first": found.first, "last": found.last}
        counts += torch.bincount(rows, minlength=n_rows) * n_nodes
        allowed = tolerance * (high - low).sqrt()[:, None]  # errors of panels add up like independent ones
        keep = (found.missing.abs() <= allowed).all(dim=1) | (turn == rounds)
        total = _add(total, found.gradients, (rows, keep, high - low), n_rows)
        if bool(keep.all()):
            break
        rows, low, high = _halved(rows[~keep], low[~keep], high[~keep])
    missing = ends["last"] - ends["first"] - _summed(total, shift)
    return Integral(tuple(total), ends["first"], ends["last"], missing, counts)


def _panels(function: Function, ends: tuple[Gates, Gates], panels: tuple[Tensor, ...], n_nodes: int) -> Integral:
    """Mean gradient over each panel, in chunks that fit memory; rows are panels here."""
    rows, low, high = panels
    per_item = sum(gate[0].numel() for gate in ends[0])
    size = max(1, MAX_VALUES // max(1, per_item * n_nodes))
    parts = [
        _some_panels(function, ends, (rows[at], low[at], high[at]), n_nodes)
        for at in torch.split(torch.arange(len(rows)), size)
    ]
    if len(parts) == 1:
        return parts[0]
    gradients = tuple(torch.cat(gate, dim=1) for gate in zip(*(part.gradients for part in parts), strict=True))
    joined = {name: torch.cat([getattr(part, name) for part in parts]) for name in ("first", "last", "missing")}
    return Integral(gradients, **joined, n_nodes=torch.cat([part.n_nodes for part in parts]))


def _some_panels(function: Function, ends: tuple[Gates, Gates], panels: tuple[Tensor, ...], n_nodes: int) -> Integral:
    rows, low, high = panels
    nodes, weights = (torch.tensor(values, dtype=torch.float32) for values in lobatto(n_nodes))
    at = low[:, None] + (high - low)[:, None] * nodes  # (panels, nodes)
    items = rows[:, None].expand(-1, n_nodes).reshape(-1)
    outputs, slopes = slopes_at(function, ends, items, at.reshape(-1))
    folded = outputs.reshape(len(rows), n_nodes, -1)
    gradients = tuple(_weighed(slope, weights, len(rows)) for slope in slopes)
    shift = tuple(gate[rows] for gate in ends[1])
    gained = _summed(gradients, shift) * (high - low)[:, None]
    first, last = folded[:, 0], folded[:, -1]
    return Integral(gradients, first, last, last - first - gained, torch.full((len(rows),), n_nodes))


def slopes_at(function: Function, ends: tuple[Gates, Gates], items: Tensor, at: Tensor) -> tuple[Tensor, Gates]:
    """Outputs (items, outputs) and their gradients (outputs, items, ...) at shares `at` of the way."""
    values = tuple(
        (a[items] + at.reshape(-1, *[1] * (a.dim() - 1)) * b[items]).requires_grad_()
        for a, b in zip(*ends, strict=True)
    )
    with torch.enable_grad():
        outputs = function(values, items)
        n = outputs.shape[1]
        # A gate may not lead to the output: the plain columns beside a latent space shape places, not predictions.
        slopes = [
            torch.autograd.grad(
                outputs[:, k].sum(), values, retain_graph=k < n - 1, allow_unused=True, materialize_grads=True
            )
            for k in range(n)
        ]
    return outputs.detach(), tuple(torch.stack(gate) for gate in zip(*slopes, strict=True))


def _weighed(slope: Tensor, weights: Tensor, n_panels: int) -> Tensor:
    """Mean over a panel's nodes: (outputs, panels * nodes, ...) -> (outputs, panels, ...)."""
    folded = slope.reshape(slope.shape[0], n_panels, len(weights), -1)
    mean = torch.einsum("opnv,n->opv", folded, weights)
    return mean.reshape(slope.shape[0], n_panels, *slope.shape[2:])


def _summed(gradients: tuple[Tensor, ...] | list[Tensor], shift: Gates) -> Tensor:
    """Sum of all contributions: (rows, outputs), in float64 so that adding itself loses nothing."""
    parts = [
        torch.einsum("orv,rv->ro", g.flatten(2).double(), s.flatten(1).double())
        for g, s in zip(gradients, shift, strict=True)
    ]
    return torch.stack(parts).sum(dim=0)


def _add(total: list[Tensor], found: Gates, kept: tuple[Tensor, Tensor, Tensor], n_rows: int) -> list[Tensor]:
    """Add the accepted panels to their rows, weighed by their length."""
    rows, keep, length = kept
    if not total:
        total = [torch.zeros(gate.shape[0], n_rows, *gate.shape[2:]) for gate in found]
    for sums, gate in zip(total, found, strict=True):
        weight = length[keep].reshape(1, -1, *[1] * (gate.dim() - 2))
        sums.index_add_(1, rows[keep], gate[:, keep] * weight)
    return total


def _halved(rows: Tensor, low: Tensor, high: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Cut every panel in two."""
    middle = (low + high) / 2
    return rows.repeat(2), torch.cat([low, middle]), torch.cat([middle, high])
