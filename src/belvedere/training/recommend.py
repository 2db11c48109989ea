"""Who will have what: the loss, recall among the first 20, and two baselines that cost seconds.

Items are lists per user, (users, most), padded: with 0 and item k as k + 1 where a network reads them, with -1 where they
are to be foreseen.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import sparse
from sklearn.decomposition import TruncatedSVD
from torch import Tensor

from belvedere.training.baseline import Baseline
from belvedere.training.intervals import mean_interval
from belvedere.types import Score

Array = NDArray[np.int64]
Scores = NDArray[np.float32]
FIRST = 20
RANKS = (8, 16, 32, 64)
MOST_SOLVED, RIDGE = 4_000, 200.0


def foresee_loss(scores: Tensor, items: Tensor) -> Tensor:
    """Mean negative log chance of the items to be foreseen, among all items: (users, items), (users, most)."""
    logs = torch.log_softmax(scores, dim=1).gather(1, items.clamp(min=0))
    known = (items >= 0).float()
    return -((logs * known).sum(dim=1) / known.sum(dim=1).clamp(min=1)).mean()


def missed_items(scores: Tensor, items: Tensor) -> Tensor:
    """1 - recall among the first 20: what decides which epoch was best."""
    said = scores.topk(min(FIRST, scores.shape[1]), dim=1).indices
    hits = ((said[:, :, None] == items[:, None, :]) & (items >= 0)[:, None, :]).sum(dim=(1, 2))
    return 1 - (hits / (items >= 0).sum(dim=1).clamp(min=1, max=said.shape[1])).mean()


def beginnings(lists: Array, n_items: int, *, dims: int, seed: int) -> tuple[Tensor, Tensor]:
    """Where towers begin: vectors of items as they are read, and as they are foreseen, (items, dims) each.

    Up to 4,000 items a linear model of each item by all others (Steck 2019) in its main directions; a truncated SVD
    beyond, since the model costs the cube of the items.
    """
    found = who_had_what(lists, n_items)
    most = min(dims, n_items - 1, len(lists) - 1)
    if n_items > MOST_SOLVED:
        directions = TruncatedSVD(most, random_state=seed).fit(found).components_.T
        return _wide(directions, dims), _wide(directions, dims)
    together = np.asarray((found.T @ found).todense(), dtype=np.float64)
    solved = np.linalg.inv(together + RIDGE * np.eye(n_items))
    weights = -solved / np.diag(solved)
    np.fill_diagonal(weights, 0)
    directions = np.linalg.eigh(weights.T @ together @ weights)[1][:, ::-1][:, :most]
    return _wide(weights @ directions, dims), _wide(directions, dims)


def _wide(vectors: NDArray[np.float64], dims: int) -> Tensor:
    """Vectors filled with zeros to `dims`, their mean length 1."""
    size = max(float(np.sqrt(np.square(vectors).sum(axis=1).mean())), 1e-9)
    full = np.zeros((len(vectors), dims), np.float32)
    full[:, : vectors.shape[1]] = vectors / size
    return torch.from_numpy(full)


def who_had_what(lists: Array, n_items: int) -> sparse.csr_matrix:
    """1 where a user had an item: sparse (users, items)."""
    rows, places = np.nonzero(lists >= 0)
    ones = np.ones(len(rows), np.float32)
    return sparse.csr_matrix((ones, (rows, lists[rows, places])), shape=(len(lists), n_items))


def lists_of(users: Array, items: Array, n_users: int, *, empty: int) -> Array:
    """Items of each user side by side: (interactions,), (interactions,) -> (users, most).

    Examples
    --------
    >>> lists_of(np.array([1, 0, 1]), np.array([5, 6, 7]), 2, empty=-1).tolist()
    [[6, -1], [5, 7]]
    """
    order = np.argsort(users, kind="stable")
    users, items = users[order], items[order]
    counts = np.bincount(users, minlength=n_users)
    place = np.arange(len(users)) - np.repeat(np.cumsum(counts) - counts, counts)
    grid = np.full((n_users, max(1, int(counts.max(initial=0)))), empty, dtype=np.int64)
    grid[users, place] = items
    return grid


def first_items(scores: Scores, *, most: int = FIRST) -> Array:
    """The items with the highest scores, best first: (users, items) -> (users, most)."""
    most = min(most, scores.shape[1])
    some = np.argpartition(-scores, most - 1, axis=1)[:, :most]
    best = np.argsort(-np.take_along_axis(scores, some, axis=1), axis=1, kind="stable")
    return np.take_along_axis(some, best, axis=1)


def recall_per_user(said: Array, truth: Array) -> NDArray[np.float64]:
    """Share of each user's items that were said, of at most as many as can be said; users without items left out.

    Examples
    --------
    >>> recall_per_user(np.array([[1, 2], [3, 4]]), np.array([[2, 9, 8], [-1, -1, -1]])).tolist()
    [0.5]
    """
    hits = np.array([len(np.intersect1d(a, b[b >= 0])) for a, b in zip(said, truth, strict=True)], dtype=float)
    n = (truth >= 0).sum(axis=1)
    return np.asarray(hits[n > 0] / np.minimum(n[n > 0], said.shape[1]))


def gain_per_user(said: Array, truth: Array) -> NDArray[np.float64]:
    """Normalized discounted cumulative gain of what was said (Järvelin, Kekäläinen 2002)."""
    worth = 1 / np.log2(np.arange(2, said.shape[1] + 2))
    found = []
    for a, b in zip(said, truth, strict=True):
        wanted = b[b >= 0]
        if len(wanted):
            found.append((worth * np.isin(a, wanted)).sum() / worth[: len(wanted)].sum())
    return np.array(found)


def recommend_scores(said: Array, truth: Array, *, about: str) -> tuple[Score, ...]:
    """recall@20 and nDCG@20 with intervals over users, and the share of items that are ever recommended."""
    scores = []
    for name, values in (("recall@20", recall_per_user(said, truth)), ("nDCG@20", gain_per_user(said, truth))):
        low, high = mean_interval(values)
        scores.append(Score(name, float(values.mean()), about, low=max(0.0, low), high=min(1.0, high)))
    return tuple(scores)


def without_had(scores: Scores, had: Array) -> Scores:
    """Scores in which what a user had comes last; `had` is padded with -1."""
    rows, places = np.nonzero(had >= 0)
    scores = scores.copy()
    scores[rows, had[rows, places]] = -np.inf
    return scores


def recommend_baseline(had: Array, valid: Array, everything: Array, n_items: int, *, seed: int) -> Baseline:
    """Truncated SVD of who had what (its rank chosen by validation items), and beside it the most popular items.

    Parameters
    ----------
    had, valid : (users, most) arrays
        Items learned from, and items that choose the rank; padded with -1.
    everything : (users, most) array
        Both together, from which the test items are foreseen.
    """

    def scores(lists: Array, rank: int) -> Scores:
        known = who_had_what(lists, n_items)
        svd = TruncatedSVD(rank, random_state=seed).fit(known)
        return without_had((svd.transform(known) @ svd.components_).astype(np.float32), lists)

    ranks = [rank for rank in RANKS if rank < min(n_items, len(had))] or [1]
    judged = {rank: recall_per_user(first_items(scores(had, rank)), valid) for rank in ranks}
    best = max(ranks, key=lambda rank: float(judged[rank].mean()) if len(judged[rank]) else 0.0)
    popular = np.asarray(who_had_what(everything, n_items).sum(axis=0), dtype=np.float32).repeat(
        len(everything), axis=0
    )
    simpler = Baseline("the most popular items", first_items(without_had(popular, everything)))
    return Baseline(f"truncated SVD of rank {best}", first_items(scores(everything, best)), simpler)
