"""Are the explanations true? Erase what they call strong, and explain a network that has learned nothing.

Both questions are asked of single inputs: cells of a table, pixels, steps, words. Only maps with a learned network can
be judged so.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import torch
from numpy.typing import NDArray
from scipy.stats import spearmanr

from belvedere import kinds, networks
from belvedere.explain.values import What
from belvedere.explaining.gates import Array, Share, as_batch
from belvedere.explaining.rows import ADDS_UP, attribute, direction
from belvedere.explaining.whole import NetworkEntrance, Placing, Whole, halves_of, whole_of
from belvedere.explaining.words import by_token
from belvedere.types import Input, MapContent, Score

N_RANDOM = 10
Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Units:
    """Contributions of the single inputs of one row.

    Attributes
    ----------
    owner : int64 (units,)
        Position of the input that each belongs to.
    part : int64 (units,)
        Its number within the input, row-major.
    amounts : float32 (outputs, units)
    distance : float32 (units,)
    """

    owner: NDArray[np.int64]
    part: NDArray[np.int64]
    amounts: NDArray[np.float32]
    distance: NDArray[np.float32]

    @property
    def size(self) -> NDArray[np.float32]:
        """Length of each contribution: what is shown as strong."""
        return np.asarray(np.linalg.norm(self.amounts, axis=0))

    @property
    def along(self) -> NDArray[np.float64]:
        """Signed contributions along the row's way."""
        return np.asarray(direction(self.amounts.sum(axis=1).astype(np.float64)) @ self.amounts)

    @property
    def strength(self) -> NDArray[np.float64]:
        """Signed contribution per unit of difference from the baseline."""
        return np.asarray(self.along / np.maximum(self.distance, 1e-9) * (self.distance > 1e-9))


def units_of(shares: list[Share], i: int, n_tokens: dict[int, int]) -> Units:
    """Single inputs of row `i`; n-grams are given back to their words."""
    owner, part, amounts, distance = [], [], [], []
    for share in shares:
        found, away = share.amounts[i], share.distance[i]
        if share.position in n_tokens:
            n = n_tokens[share.position]
            found, away = by_token(found, n), by_token(away[None], n)[0]
        flat = found.reshape(len(found), -1)
        owner.append(np.full(flat.shape[1], share.position))
        part.append(np.arange(flat.shape[1]))
        amounts.append(flat)
        distance.append(away.reshape(-1))
    amounts_of_all = np.concatenate(amounts, axis=1)
    return Units(np.concatenate(owner), np.concatenate(part), amounts_of_all, np.concatenate(distance))


def units_of_rows(whole: Whole, rows: Rows, what: What = "place") -> list[Units]:
    """Single inputs of rows, with what they contribute to the place, or to the prediction."""
    table = whole.content.rows.take(pa.array(rows))
    _, shares, _ = attribute(whole, table, what, ADDS_UP)
    tokens = {
        p: counts
        for p, item in enumerate(whole.entrance.inputs)
        if item.kind == "text"
        for counts in [_tokens(whole, p, table)]
    }
    return [units_of(shares, i, {p: int(counts[i]) for p, counts in tokens.items()}) for i in range(len(rows))]


def _tokens(whole: Whole, position: int, table: pa.Table) -> NDArray[np.int64]:
    """How many words of each text the network sees."""
    arrays = kinds.make_arrays(table, whole.entrance.inputs)
    return np.asarray(np.maximum((arrays[f"{position}.tokens"] != 0).sum(axis=1), 1), dtype=np.int64)


def faithfulness(content: MapContent, rows: Rows, *, share: float = 0.1, seed: int = 0) -> Score:
    """How much farther a row moves when the inputs that pull it most are erased than when as many random ones are.

    Erased means set to the baseline. 1 is what an explanation by chance reaches.
    """
    whole = whole_of(content)
    rng = np.random.default_rng(seed)
    top, random = [], []
    for row, units in zip(rows, units_of_rows(whole, rows), strict=True):
        n = max(1, round(share * len(units.owner)))
        picks = [np.argsort(-units.along, kind="stable")[:n]]
        picks += [rng.choice(len(units.owner), n, replace=False) for _ in range(N_RANDOM)]
        moved = _moved(whole, int(row), units, picks)
        top.append(moved[0])
        random.append(moved[1:].mean())
    value = float(np.mean(top) / max(np.mean(random), 1e-12))
    about = f"{len(rows):,} rows, {share:.0%} of the inputs erased, distance moved relative to random ones"
    return Score("faithfulness", value, about, "map")


def sufficiency(content: MapContent, rows: Rows, *, share: float = 0.2) -> Score:
    """How far a row moves when only its strongest inputs are kept, relative to its distance from the baseline's place."""
    whole = whole_of(content)
    moved, whole_way = [], []
    for row, units in zip(rows, units_of_rows(whole, rows), strict=True):
        n = max(1, round(share * len(units.owner)))
        moved.append(_moved(whole, int(row), units, [np.argsort(-units.size, kind="stable")[n:]])[0])
        whole_way.append(float(np.linalg.norm(units.amounts.sum(axis=1))))
    value = float(np.mean(moved) / max(np.mean(whole_way), 1e-12))
    return Score(
        "sufficiency", value, f"{len(rows):,} rows, {share:.0%} of the inputs kept", "map", higher_is_better=False
    )


def _moved(whole: Whole, row: int, units: Units, picks: list[NDArray[np.int64]]) -> NDArray[np.float32]:
    """How far the network's place moves when units are erased, for each pick."""
    assert isinstance(whole.entrance, NetworkEntrance)
    arrays = kinds.make_arrays(whole.content.rows.take(pa.array([row])), whole.entrance.inputs)
    batch = {name: np.repeat(values, len(picks) + 1, axis=0) for name, values in arrays.items()}
    for line, pick in enumerate(picks, start=1):
        for position in np.unique(units.owner[pick]):
            item = whole.entrance.inputs[position]
            parts = units.part[pick][units.owner[pick] == position]
            erase(batch, line, (int(position), item), parts, whole.entrance.typical)
    for position, item in enumerate(whole.entrance.inputs):
        if "kernels" in item.info:  # they are counted in the steps that are left
            steps, lengths = batch[f"{position}.steps"], batch[f"{position}.length"]
            batch[f"{position}.kernels"] = kinds.kernel_features(steps, lengths, item.tensors)
    with torch.no_grad():
        places = whole.placing(whole.entrance.network.space(as_batch(batch))).numpy()
    return np.asarray(np.linalg.norm(places[1:] - places[0], axis=1))


def erase(
    batch: dict[str, Array], line: int, owner: tuple[int, Input], parts: NDArray[np.int64], typical: dict[str, Array]
) -> None:
    """Set parts of one input to the baseline, in place, in one line of the arrays."""
    position, item = owner
    if item.kind in ("number", "category", "boolean", "time"):
        for name in (name for name in batch if name.split(".")[0] == str(position)):
            batch[name][line] = typical[name][0]
    elif item.kind == "text":
        _erase_words(batch, line, position, parts)
    elif item.kind == "image":
        name = f"{position}.pixels"
        pixels, mean = batch[name][line], np.rint(typical[name][0]).astype(np.uint8)
        at = np.unravel_index(parts, pixels.shape[:2])
        pixels[at] = mean[at]
    else:
        name = f"{position}.{'steps' if item.kind == 'sequence' else 'value'}"
        blank = np.zeros_like(batch[name][line]) if item.kind == "sequence" else typical[name][0]
        batch[name][line].reshape(-1)[parts] = blank.reshape(-1)[parts]


def _erase_words(batch: dict[str, Array], line: int, position: int, parts: NDArray[np.int64]) -> None:
    """Erase words: their single n-grams, their pairs, and their tokens (which become unknown)."""
    tokens, grams = batch[f"{position}.tokens"][line], batch[f"{position}.grams"][line]
    n = int((tokens != 0).sum())
    tokens[parts] = 1
    places = np.concatenate([parts, n + parts, n + parts - 1])  # single, pair with the next, pair with the one before
    valid = (np.concatenate([parts, parts, parts - 1]) >= 0) & (places < len(grams))  # no pair before the first word
    grams[places[valid]] = 0


def untrained(content: MapContent, seed: int = 0) -> Whole:
    """The same map with all weights of both networks drawn anew: it has learned nothing."""
    whole = whole_of(content)
    assert isinstance(whole.entrance, NetworkEntrance)
    (config, tensors), placed = halves_of(content)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        made = networks.network_from(config, tensors)
        made.apply(_reset)
        for name, parameter in made.named_parameters():
            if not _was_reset(made, name):
                parameter.data = parameter.data[torch.randperm(len(parameter.data))]  # our own layers: weights shuffled
        placing = {name: _redrawn(name, value) for name, value in placed[1].items()}
    entrance = NetworkEntrance(made.eval(), whole.entrance.typical)
    return replace(whole, entrance=entrance, placing=Placing(placed[0], placing), network=made)


def _reset(module: torch.nn.Module) -> None:
    reset: Any = getattr(module, "reset_parameters", None)
    if reset is not None:
        reset()


def _was_reset(network: torch.nn.Module, name: str) -> bool:
    owner = network.get_submodule(name.rpartition(".")[0])
    return hasattr(owner, "reset_parameters")


def _redrawn(name: str, value: Array) -> Array:
    """Weights of the place network drawn anew; its scales stay."""
    if not name.startswith(("weight.", "bias.")):
        return value
    bound = (value.shape[1] if value.ndim == 2 else len(value)) ** -0.5
    return np.asarray(((torch.rand(*value.shape) * 2 - 1) * bound).numpy())


def sanity(content: MapContent, rows: Rows, *, seed: int = 0) -> dict[str, float]:
    """Rank correlation of explanations of this map and of one that learned nothing, by what is looked at.

    Near 0 is good: an explanation that stays the same when all weights are drawn anew explains the data, not the
    network (Adebayo et al. 2018, Sanity checks for saliency maps).

    Returns
    -------
    dict of float
        'size' (|contribution|), 'along' (signed), 'strength' (signed, per unit of difference): means over rows.
    """
    whole = whole_of(content)
    return agreement(units_of_rows(whole, rows), units_of_rows(untrained(content, seed), rows))


def agreement(first: list[Units], second: list[Units]) -> dict[str, float]:
    """Mean rank correlation of two explanations of the same rows."""
    looks: dict[str, Callable[[Units], Array]] = {
        "size": lambda u: u.size, "along": lambda u: u.along, "strength": lambda u: u.strength,
    }  # fmt: skip
    found = {}
    for name, look in looks.items():
        each = [_rank_correlation(look(a), look(b), a.distance > 1e-9) for a, b in zip(first, second, strict=True)]
        found[name] = float(np.nanmean(each)) if np.isfinite(each).any() else float("nan")
    return found


def _rank_correlation(a: Array, b: Array, differs: NDArray[np.bool_]) -> float:
    """Spearman's rank correlation over inputs that differ from the baseline."""
    a, b = a[differs], b[differs]
    if len(a) < 3 or np.ptp(a) == 0 or np.ptp(b) == 0:
        return float("nan")
    return float(spearmanr(a, b).statistic)
