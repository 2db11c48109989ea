"""Few labelled sequences: a network of fixed kernels whose linear layers are solved at once instead of trained.

All rows but those held out are learned from. How sure the network is comes from rows left out one by one, so none need be set
aside for that. As the latent space stand the answers themselves, and beside them the main directions of the kernels.
"""

from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray

from belvedere import kinds, training
from belvedere.learn.case import Case
from belvedere.learn.settings import Array
from belvedere.networks import Network, RocketEncoder
from belvedere.progress import Progress

MOST_ROWS = 1000  # up to so many labelled rows a linear model of fixed kernels is the default
SOLVABLE = ("binary", "multiclass", "regression")
USUAL = 4.0  # answers lie between -1 and 1, scores that are sure about so far apart
ANSWERS_SHARE = 0.8  # of the variance of the latent space; the main directions have the rest


@dataclass(frozen=True)
class Wanted:
    """What the linear model is taught: numbers (rows, outputs), and the labels they stand for."""

    numbers: Array
    labels: Array


def with_kernels(case: Case) -> Case:
    """Give sequences their kernels, where a person wants the network 'rocket' or few rows make it the default."""
    if not wants_kernels(case):
        return case
    inputs = list(case.inputs)
    rows = training.thin_out(case.rows_of("train"), 1000, seed=case.settings.seed)
    for position, item in enumerate(inputs):
        if item.kind == "sequence" and "kernels" not in item.info:
            arrays = kinds.make_arrays(case.source.take(rows), (item,))
            found = kinds.fit_kernels(arrays["0.steps"], arrays["0.length"], seed=case.settings.seed)
            info = {**item.info, "kernels": int(found["kernel_cuts"].size)}
            inputs[position] = replace(item, info=info, tensors={**item.tensors, **found})
    return replace(case, inputs=tuple(inputs))


def wants_kernels(case: Case) -> bool:
    """Whether 'rocket' was asked for, or is what suits these rows."""
    s, target = case.settings, case.target
    if s.network != "auto":
        return "rocket" in s.network.split("+")
    is_one = len(case.inputs) == 1 and case.inputs[0].kind == "sequence" and case.inputs[0].info["front"] == "steps"
    n_rows = len(case.rows_of("train")) + len(case.rows_of("valid"))
    fits = target is not None and target.task in SOLVABLE and n_rows <= MOST_ROWS
    return is_one and fits and not s.private and s.start_from is None


def is_solvable(network: Network, case: Case) -> bool:
    """Whether the whole network is a linear model of kernels, and the task one that least squares suit."""
    assert case.target is not None
    alone = len(network.encoders) == 1 and isinstance(network.encoders[0], RocketEncoder)
    n_rows = len(case.rows_of("train")) + len(case.rows_of("valid"))
    fits = network.n_outputs <= network.dims
    return alone and fits and case.target.task in SOLVABLE and n_rows <= 4 * MOST_ROWS and not case.settings.private


def solve(network: Network, case: Case, rows: NDArray[np.int64], progress: Progress) -> training.Trained:
    """Solve the linear layers in place."""
    progress.start("Learning", None)
    rows = np.concatenate([rows, case.rows_of("valid")])
    features = kinds.make_arrays(case.source.take(rows), network.inputs)["0.kernels"].astype(np.float64)
    mean, deviation = features.mean(axis=0), features.std(axis=0)
    deviation = np.where(deviation > 1e-6, deviation, 1.0)
    x = (features - mean) / deviation / np.sqrt(features.shape[1])
    wanted = to_numbers(case, case.labels[rows])
    found = training.solve_ridge(x, wanted.numbers)
    sharpness = sharpness_of(found.left_out, wanted.labels, case)
    directions = training.fit_narrowing(x.astype(np.float32), seed=case.settings.seed, most=network.dims)
    weights = _side_by_side(x, found.weights, directions.directions, network.dims)
    encoder, n = network.encoders[0], found.weights.shape[1]
    assert isinstance(encoder, RocketEncoder), "see is_solvable"
    scale = float(np.linalg.norm(found.weights)) / max(float(np.linalg.norm(weights[:n])), 1e-12)
    encoder.place(mean, deviation, weights / np.sqrt(features.shape[1]), np.zeros(network.dims))
    _read_answers(network, sharpness * scale, sharpness * found.bias)
    progress.finish(f"solved at once, strength {found.strength:.3g}")
    network.eval()
    losses = [
        loss_of(sharpness * said, wanted.labels, case) for said in (x @ found.weights + found.bias, found.left_out)
    ]
    return training.Trained(
        {"train": losses[:1], "valid": losses[1:]}, best_epoch=1, stopped="all rows, solved at once"
    )


def to_numbers(case: Case, labels: Array) -> Wanted:
    """Classes as -1 and 1, numbers as they are."""
    assert case.target is not None
    if case.target.task == "regression":
        return Wanted(labels[:, None].astype(np.float64), labels)
    codes = np.arange(len(case.target.classes)) if case.target.task == "multiclass" else np.array([1])
    return Wanted(np.where(labels[:, None] == codes, 1.0, -1.0), labels)


def loss_of(answers: Array, labels: Array, case: Case) -> float:
    """The task's loss of answers; those of rows left out stand where otherwise the loss on validation rows does."""
    assert case.target is not None
    reported = training.objective_for(case.target.task).reported
    return float(reported(torch.from_numpy(answers.astype(np.float32)), torch.from_numpy(labels)))


def sharpness_of(left_out: Array, labels: Array, case: Case) -> float:
    """By how much answers are multiplied so that they are as sure as rows left out are right; 1 for numbers."""
    assert case.target is not None
    if case.target.task == "regression":
        return 1.0
    return USUAL / training.fit_temperature(USUAL * left_out.astype(np.float32), labels)


def _side_by_side(x: Array, answers: Array, directions: Array, dims: int) -> Array:
    """Weights of the latent layer: the answers, then main directions with the rest of the variance. (dims, features)."""
    weights = np.zeros((dims, x.shape[1]))
    n = min(dims, answers.shape[1])
    said = (x @ answers).var(axis=0).sum()
    weights[:n] = answers.T[:n] * np.sqrt(ANSWERS_SHARE / max(said, 1e-12))
    rest = directions[: dims - n]
    spread = (x @ rest.T).var(axis=0).sum() if len(rest) else 1.0
    weights[n : n + len(rest)] = rest * np.sqrt((1 - ANSWERS_SHARE) / max(spread, 1e-12))
    return weights


@torch.no_grad()
def _read_answers(network: Network, scale: float, bias: Array) -> None:
    """The output layer reads the answers off the latent vector."""
    assert network.head is not None, "there is a target"
    network.head.weight.zero_()
    for output in range(len(bias)):
        network.head.weight[output, output] = scale
    network.head.bias.copy_(torch.from_numpy(np.asarray(bias)))
