"""Interactions of users with items: both get a place on one map, those near each other who go together.

Each row of the data is an interaction. What is mapped are users and items, one row each: `who` (the name), `is` ('user' or
'item'), `had` (the items that a user had; an item has itself), how often, and what the data say of each. By `had` and `is`
new users find their place.
"""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import torch
from numpy.typing import NDArray

from belvedere import training
from belvedere.errors import ColumnError, SettingError
from belvedere.kinds import time_of
from belvedere.learn.resume import told_settings
from belvedere.learn.settings import Array, Learned, LearnSettings
from belvedere.networks import TwoTowers
from belvedere.progress import Progress
from belvedere.training import recommend as task
from belvedere.types import Column, Floats, Schema, Score, Source
from belvedere.values import to_codes

USERS = re.compile(
    r"^(user|customer|member|reader|viewer|listener|client|buyer|visitor|account)s?([ _]?(id|nr|name))?$", re.I
)
HELD_OUT, VALID = 0.2, 0.1
EPOCHS, RATE, BATCH = 30, 1e-4, 64  # small steps: the linear beginning is good, large ones lose it


@dataclass(frozen=True)
class Meetings:
    """Who had what: codes of users and items, one per interaction, and which part of the split each belongs to."""

    users: NDArray[np.int64]
    items: NDArray[np.int64]
    user_names: tuple[str, ...]
    item_names: tuple[str, ...]
    split: Array
    note: str

    def lists(self, *parts: str, empty: int = -1) -> NDArray[np.int64]:
        """Items of each user in some parts: (users, most)."""
        at = np.isin(self.split, parts)
        return task.lists_of(self.users[at], self.items[at], len(self.user_names), empty=empty)


def recommend(source: Source, schema: Schema, settings: LearnSettings, progress: Progress) -> Learned:
    """Learn who goes with what, score it on held-out interactions, and give every user and item a vector.

    Raises
    ------
    SettingError, ColumnError
        If it is not clear which columns say who and what, or there is too little to learn.
    """
    item = schema.target.name if schema.target else ""
    meetings = read_meetings(source, schema, settings, user=find_user(schema, item, settings.user), item=item)
    network, trained, plan = fit(meetings, settings, progress)
    scores = score(network, meetings, settings, progress)
    nodes = node_table(source, meetings, item=item, said=recommended(network, meetings))
    config = {
        "network": "two_towers", "items": list(meetings.item_names), "dims": network.dims, "inputs": [],
        "settings": told_settings(settings), "plan": asdict(plan),
    }  # fmt: skip
    tensors = {f"network.{name}": value.detach().numpy().copy() for name, value in network.state_dict().items()}
    stopped = f"Training ended by: {trained.stopped}; the network of epoch {trained.best_epoch} was kept."
    return Learned(
        (), None, embed_nodes(config, tensors, nodes.table),
        "The space of two towers: users lie near items that they had or would have, and near users like them.",
        np.full(nodes.n_rows, "train"), scores=scores, curves={"loss": trained.curves}, config=config, tensors=tensors,
        notes=(meetings.note, stopped), rows=(nodes, node_schema(nodes.table)),
    )  # fmt: skip


def find_user(schema: Schema, item: str, asked: str | None) -> str:
    """The column that says who: as asked, or the one that is named so."""
    if not item:
        raise SettingError(
            "Recommendation must have a target, the column of items, but has none. Name it with --target."
        )
    found = [asked] if asked else [name for name in schema.names if name != item and USERS.match(name)]
    if len(found) != 1:
        said = "none is named like one" if not found else f"{', '.join(found)} all look like one"
        raise SettingError(f"Recommendation must have a column that says who, but {said}. Name it with --user.")
    return schema[found[0]].name


def read_meetings(source: Source, schema: Schema, settings: LearnSettings, *, user: str, item: str) -> Meetings:
    """Codes of users and items without repeats, and what is held out: the latest where there is a time, else by chance."""
    who, user_names = to_codes(source.table.column(user))
    what, item_names = to_codes(source.table.column(item))
    when = time_of(source, schema, leaving=(user, item))
    known = np.flatnonzero((who >= 0) & (what >= 0))
    order = known if when is None else known[np.argsort(when[0][known], kind="stable")]
    first = np.unique(who[order].astype(np.int64) * len(item_names) + what[order], return_index=True)[1]
    rows = order[np.sort(first)]
    if len(np.unique(who[rows])) < 5 or len(np.unique(what[rows])) < 5:
        raise ColumnError(
            f"Recommendation must have at least 5 users and 5 items, but {user!r} and {item!r} hold "
            f"{len(np.unique(who[rows]))} and {len(np.unique(what[rows]))}. Choose other columns."
        )
    ranks = np.arange(len(rows)) if when is not None else np.random.default_rng(settings.seed).permutation(len(rows))
    split = by_time(ranks, settings.holdout) if when is not None else by_user(who[rows], ranks, settings.holdout)
    counts = [int((split == part).sum()) for part in ("train", "valid", "test")]
    how = f"time ({when[1]!r})" if when is not None else f"chance (seed {settings.seed}), every user alike"
    note = "Learned from {:,} interactions, stopped by {:,}, scored on {:,}, parted by {}.".format(*counts, how)
    return Meetings(who[rows], what[rows], tuple(user_names), tuple(item_names), split, note)


def by_time(ranks: Array, holdout: float) -> Array:
    """The latest share is held out; of the rest, the latest tenth decides when to stop."""
    n = len(ranks)
    split = np.full(n, "train", dtype="<U5")
    split[ranks >= n * (1 - holdout)] = "test"
    split[(ranks >= n * (1 - holdout) * (1 - VALID)) & (split == "train")] = "valid"
    return split


def by_user(users: Array, ranks: Array, holdout: float) -> Array:
    """Of each user's interactions a share is held out, and of the rest a tenth decides when to stop."""
    order = np.lexsort((ranks, users))
    counts = np.bincount(users)
    place = np.empty(len(users))
    place[order] = np.arange(len(users)) - np.repeat(np.cumsum(counts) - counts, counts)
    share = (place + 0.5) / counts[users]
    return np.where(share < holdout, "test", np.where(share < holdout + VALID * (1 - holdout), "valid", "train"))


def fit(
    meetings: Meetings, settings: LearnSettings, progress: Progress
) -> tuple[TwoTowers, training.Trained, training.Plan]:
    """Find how many epochs foresee the validation items best, then learn these and the training items for as many."""
    had, later, everything = meetings.lists("train"), meetings.lists("valid"), meetings.lists("train", "valid")
    asked = np.flatnonzero((later >= 0).any(axis=1))
    valid = training.make_rows({"items": had[asked] + 1}, later[asked])
    plan = training.Plan(
        epochs=settings.epochs or EPOCHS, batch_size=settings.batch_size or BATCH, patience=8,
        learning_rate=settings.learning_rate or RATE, weight_decay=settings.weight_decay or 1e-2, seed=settings.seed,
        time_limit_s=settings.time_limit_s, threads=settings.threads or (1 if len(had) < 20_000 else 2),
    )  # fmt: skip
    losses = (task.foresee_loss, task.missed_items)
    network = begun(had, meetings, settings)
    trained = training.train(network, rows_of(had), valid, loss=losses, plan=plan, progress=progress)
    if not len(asked) or trained.stopped in ("time limit", "interrupted"):
        return network, trained, plan
    network, plan = begun(everything, meetings, settings), replace(plan, epochs=max(1, trained.best_epoch))
    training.train(network, rows_of(everything), rows_of(had[:0]), loss=losses, plan=plan, progress=progress)
    return network, trained, plan


def begun(had: NDArray[np.int64], meetings: Meetings, settings: LearnSettings) -> TwoTowers:
    """Towers that begin at a linear model."""
    torch.manual_seed(settings.seed)
    dropout = 0.5 if settings.dropout is None else settings.dropout
    network = TwoTowers(len(meetings.item_names), dims=settings.latent_dims, dropout=dropout)
    network.begin_at(*task.beginnings(had, network.n_items, dims=settings.latent_dims, seed=settings.seed))
    return network


def rows_of(had: NDArray[np.int64]) -> training.Rows:
    """A user is a row; what it had is both read and foreseen."""
    return training.make_rows({"items": had + 1}, had)


@torch.no_grad()
def scored(network: TwoTowers, had: Array, *, most: int = task.FIRST) -> NDArray[np.int64]:
    """Items that each user would have next, best first; `had` is padded with -1."""
    found = []
    for at in torch.split(torch.arange(len(had)), 1024):
        batch = {"items": torch.from_numpy(had[at.numpy()] + 1)}
        found.append(task.first_items(network(batch).numpy(), most=most))
    return np.concatenate(found)


def score(network: TwoTowers, meetings: Meetings, settings: LearnSettings, progress: Progress) -> tuple[Score, ...]:
    """Score the held-out interactions of users who are known, beside truncated SVD and the most popular items."""
    everything, truth = meetings.lists("train", "valid"), meetings.lists("test")
    asked = (everything >= 0).any(axis=1) & (truth >= 0).any(axis=1)
    if not asked.any():
        return ()
    about = f"{int(asked.sum()):,} users, {int((truth[asked] >= 0).sum()):,} held-out interactions"
    progress.start("Comparing", None)
    found = task.recommend_baseline(
        meetings.lists("train"), meetings.lists("valid"), everything, len(meetings.item_names), seed=settings.seed
    )
    said = scored(network, everything)
    scores, compared, popular = (
        task.recommend_scores(one[asked], truth[asked], about=about)
        for one in (said, found.predictions, found.simpler.predictions if found.simpler else said)
    )
    name = f"{found.name}; {found.simpler.name if found.simpler else ''} {popular[0].value:.3f}"
    progress.finish(f"{scores[0].name} {scores[0].value:.4f}, {found.name} {compared[0].value:.4f}")
    return training.beside(scores, compared, name)


def recommended(network: TwoTowers, meetings: Meetings) -> list[list[str]]:
    """Five items that each user has not had and would have next; none for items."""
    names = np.array(meetings.item_names, dtype=object)
    said = scored(network, meetings.lists("train", "valid", "test"), most=5)
    return [list(names[row]) for row in said] + [[] for _ in names]


def node_table(source: Source, meetings: Meetings, *, item: str, said: list[list[str]]) -> Source:
    """One row per user and item."""
    n_users, n_items = len(meetings.user_names), len(meetings.item_names)
    names, every = np.array(meetings.item_names, dtype=object), meetings.lists("train", "valid", "test")
    had = [list(names[row[row >= 0]]) for row in every] + [[name] for name in names]
    counts = np.concatenate(
        [np.bincount(meetings.users, minlength=n_users), np.bincount(meetings.items, minlength=n_items)]
    )
    words = pa.list_(pa.string())
    columns = {
        "who": pa.array([*meetings.user_names, *meetings.item_names], pa.string()),
        "is": pa.array(["user"] * n_users + ["item"] * n_items),
        "interactions": pa.array(counts),
        "had": pa.array(had, words),
        "recommended": pa.array(said, words),
    }
    return replace(source, table=pa.table(columns))


def node_schema(table: pa.Table) -> Schema:
    """What the columns of users and items are."""
    return Schema(
        (
            Column("who", "text", "left out", "names users and items"),
            Column("is", "category", "input", "users and items lie on one map"),
            Column("interactions", "number", "left out", "counted"),
            Column("had", "words", "input", "by these a user has its place; an item has itself"),
            Column("recommended", "words", "left out", "items that a user has not had and would have next"),
        )
    )


@torch.no_grad()
def embed_nodes(config: dict[str, Any], tensors: dict[str, Array], table: pa.Table) -> Floats:
    """Vectors of users by what they had, and of items: float32 (rows, dims)."""
    network = TwoTowers(len(config["items"]), dims=int(config["dims"]))
    weights = {name.removeprefix("network."): torch.from_numpy(np.array(v)) for name, v in tensors.items()}
    network.load_state_dict(weights)
    network.eval()
    code = {name: number for number, name in enumerate(config["items"])}
    lists = [[code[name] for name in row or () if name in code] for row in table.column("had").to_pylist()]
    numbers = np.repeat(np.arange(len(lists)), [len(row) for row in lists])
    flat = np.array([one for row in lists for one in row], dtype=np.int64)
    had = task.lists_of(numbers, flat + 1, len(lists), empty=0)
    is_item = np.array([kind == "item" for kind in table.column("is").to_pylist()]) & (had[:, 0] > 0)
    vectors = network.users(torch.from_numpy(had)).numpy()
    vectors[is_item] = network.item_vectors().numpy()[had[is_item, 0] - 1]
    return np.asarray(vectors, dtype=np.float32)


__all__: Sequence[str] = ["embed_nodes", "recommend"]
