"""New rows, more rows, strange rows: what placing on an old map is worth, and how fast it is.

    python benchmarks/placing.py mnist=mnist.npz fashion_mnist=fashion_mnist.npz scrna=cells.npz
    python benchmarks/placing.py mnist=mnist.npz --peers --refit-rows 60000

A bundle holds `x_train`, `x_test` and `y_train`, `y_test`; or `x` and `y`, of which a fifth is then held out; or a sparse
matrix of counts (`data`, `indices`, `indptr`, `shape`; `y` beside it in labels.npz). Rows held out are drawn with one seed
and were never looked at while anything here was chosen: that was done on a part of Fashion-MNIST's training rows.

recall@15 of held-out rows: the share of the 15 exact nearest fitted rows, by distance in all columns, that are among the
15 fitted rows nearest on the map. Drift: of old rows after 20 % more, as share of the old map's diameter. Strange rows: a
class left out of the fit, placed; rows of another data set; rows that leave the map's axes; rows with columns shuffled.
Results go to `benchmarks/results/placing.json` and `.md`; a data set measured again replaces its own lines.
"""

import argparse
import json
import os
import platform
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from scipy.spatial import cKDTree

from belvedere.draw import DrawSettings, OldMap, Placer, _reliability, draw, prepare
from belvedere.layout.lay_out import Laid, LayoutSettings, lay_out
from belvedere.layout.neighbors import find_neighbors, nearest_rows
from belvedere.layout.packing import Prepared, pack
from belvedere.layout.place_network import distill
from belvedere.layout.placement import levels_of, noise_like, said_of, unusual

RESULTS = Path(__file__).parent / "results"
N_ASKED = 2000
N_CLASS_ROWS = 6_000  # fitted rows where a class is left out
PLACING = {"metric": "euclidean", "attraction": 1.0, "n_neighbors": 15, "seed": 0}


@dataclass(frozen=True)
class Data:
    """Fitted and held-out rows, float32 (rows, columns), and their classes."""

    fitted: np.ndarray
    classes: np.ndarray
    held: np.ndarray
    held_classes: np.ndarray


@dataclass(frozen=True)
class Fitted:
    """A map of the fitted rows, what placing needs, and the seconds of each stage."""

    laid: Laid
    rows: np.ndarray
    placer: Placer
    narrow: Placer
    seconds: dict[str, float]


def load(path: Path) -> Data:
    """Read a bundle; fitted rows, and held-out ones by seed where it names none."""
    held = np.load(path, allow_pickle=False)
    if "x_train" in held:
        flat = [held[name].reshape(len(held[name]), -1).astype(np.float32) for name in ("x_train", "x_test")]
        return _few_held(Data(flat[0], held["y_train"], flat[1], held["y_test"]))
    y = held["y"] if "y" in held else np.load(path.with_name("labels.npz"))["y"]
    x = _counts(held) if "indptr" in held else held["x"].reshape(len(held["x"]), -1).astype(np.float32)
    order = np.random.default_rng(0).permutation(len(x))
    test, train = order[: len(x) // 5], order[len(x) // 5 :]
    return _few_held(Data(x[train], y[train], x[test], y[test]))


def _few_held(data: Data) -> Data:
    asked = np.sort(np.random.default_rng(0).permutation(len(data.held))[:N_ASKED])
    return Data(data.fitted, data.classes, data.held[asked], data.held_classes[asked])


def _counts(held: Any) -> np.ndarray:
    """Counts of cells as logarithms of their rates per 10,000, the 2,000 most varying genes."""
    import scipy.sparse as sp

    counts = sp.csr_matrix((held["data"], held["indices"], held["indptr"]), shape=tuple(held["shape"]))
    rates = counts.multiply(1e4 / np.maximum(counts.sum(axis=1), 1)).tocsr().log1p()
    varying = np.asarray(rates.multiply(rates).mean(axis=0) - np.square(rates.mean(axis=0))).ravel()
    return np.asarray(rates[:, np.sort(np.argsort(-varying)[:2000])].todense(), np.float32)


def fit(data: Data) -> Fitted:
    """Lay the fitted rows out and pack what placing needs, stage by stage."""
    settings, seconds = DrawSettings(), {}

    def timed(name: str, work: Callable[[], Any]) -> Any:
        began, spent = time.perf_counter(), time.process_time()
        made = work()
        seconds[name] = time.perf_counter() - began
        seconds[f"{name}, CPU"] = time.process_time() - spent
        return made

    rows, projection, full = timed("prepare", lambda: prepare(data.fitted, settings))
    laid = timed("lay out", lambda: lay_out(rows, LayoutSettings(), full=full))
    network = timed("distill", lambda: distill(rows, laid.places))
    timed("reliability", lambda: _reliability(rows, laid, settings))
    config, tensors = timed("pack", lambda: pack(Prepared(rows, full), projection, network, laid, PLACING))
    narrow = pack(Prepared(rows), None, network, laid, PLACING)
    placer = Placer(config, tensors, data.fitted, laid.places)
    timed("first place", lambda: placer.place(data.held[:1], mode="fast"))
    return Fitted(laid, rows, placer, Placer(*narrow, rows, laid.places), seconds)


def judge_new(data: Data, made: Fitted) -> dict[str, float]:
    """Recall of held-out rows by every way of placing, what is foretold of it, and how many are flagged."""
    near = nearest_rows(data.fitted, data.held, 15)[0]
    tree, found = cKDTree(made.laid.places), {}
    mean = made.laid.places[near].mean(axis=1)
    found["recall mean of neighbors"] = float(_kept(tree, mean, near).mean())
    for mode in ("smooth", "fast", "exact"):
        began = time.perf_counter()
        places, said = made.placer.place(data.held, mode=mode)
        found[f"rows/s {mode}, all columns"] = len(places) / (time.perf_counter() - began)
        kept = _kept(tree, places, near)
        found[f"recall {mode}"] = float(kept.mean())
        if "kept" in said:
            found |= _foretold(mode, said["kept"], kept)
            found[f"flagged {mode}"] = float(said["far_off"].mean())
    return found | _speed(data, made)


def _kept(tree: cKDTree, places: np.ndarray, near: np.ndarray) -> np.ndarray:
    on_map = tree.query(places, near.shape[1], workers=2)[1]
    return (near[:, :, None] == on_map[:, None, :]).any(axis=2).mean(axis=1)


def _foretold(mode: str, said: np.ndarray, true: np.ndarray) -> dict[str, float]:
    """How far the share kept that a row is said to keep is from the true one: by row, and by tenths of rows."""
    tenths = np.array_split(np.argsort(said, kind="stable"), 10)
    gaps = [abs(said[part].mean() - true[part].mean()) for part in tenths]
    return {f"kept error {mode}, by row": float(np.abs(said - true).mean()),
            f"kept error {mode}, by tenths": float(np.mean(gaps))}  # fmt: skip


def _speed(data: Data, made: Fitted) -> dict[str, float]:
    """Rows a second of the whole fast call, channels included, at the map's own axes: the best of five."""
    axes = made.narrow.tensors["cells"].shape[1]
    own = made.placer._as_prepared(data.held).rows  # the axes of held-out rows
    random = np.random.default_rng(0)
    million = own[random.integers(0, len(own), 1_000_000)] + random.normal(0, 0.01, (1_000_000, axes)).astype(
        np.float32
    )
    rates, cpu = [], []
    for _ in range(5):
        began, spent = time.perf_counter(), time.process_time()
        made.narrow.place(million, mode="fast")
        rates.append(len(million) / (time.perf_counter() - began))
        cpu.append((time.process_time() - spent) / len(million) * 1e6)
    return {f"rows/s fast, {axes} columns": max(rates), "CPU us per row fast": min(cpu)}


def judge_strange(data: Data, others: np.ndarray | None) -> dict[str, float]:
    """Share flagged of a class that was left out, class by class, and of rows that are strange in other ways."""
    found: dict[str, float] = {}
    classes, shares, normal = np.unique(data.classes), [], []
    for one in classes:
        fitted = data.fitted[data.classes != one][:N_CLASS_ROWS]
        flag = flagger(fitted)
        shares.append(flag(data.held[data.held_classes == one]))
        normal.append(flag(data.held[data.held_classes != one]))
        found[f"flagged, class {one} left out"] = shares[-1]
    flag = flagger(data.fitted[:N_CLASS_ROWS])
    beyond = data.held + _beyond_axes(data)
    strange = {"columns shuffled": noise_like(data.held), "leaving the axes": beyond, "of other data": others}
    found |= {f"flagged, rows {name}": flag(rows) for name, rows in strange.items() if rows is not None}
    return found | {
        "flagged, class left out, mean": float(np.mean(shares)),
        "flagged, ordinary": float(np.mean(normal)),
    }


def flagger(fitted: np.ndarray) -> Callable[[np.ndarray], float]:
    """The share of rows that exact placing on a map of `fitted` flags; it does not depend on the places."""
    graph = find_neighbors(fitted, 15)
    radius = graph.distances.mean(axis=1)
    typical = levels_of(unusual(graph.neighbors, graph.distances, radius))

    def share(rows: np.ndarray) -> float:
        return float(said_of(unusual(*nearest_rows(fitted, rows, 15), radius), typical)["far_off"].mean())

    return share


def _beyond_axes(data: Data) -> np.ndarray:
    """A direction that the map's axes leave out, as long as rows deviate from their mean: float32 (columns,)."""
    _, projection, full = prepare(data.fitted[:N_CLASS_ROWS], DrawSettings())
    if projection is None or full is None:
        return np.zeros(data.fitted.shape[1], np.float32)
    direction = np.random.default_rng(0).standard_normal(full.shape[1]).astype(np.float32)
    direction -= projection.axes @ (projection.axes.T @ direction)
    length = np.sqrt(np.square(full - projection.mean).sum(axis=1)).mean()
    return np.asarray(direction / np.linalg.norm(direction) * length, np.float32)


def judge_refit(data: Data, n_rows: int) -> dict[str, float]:
    """Drift after 20 % more rows, and the recall of that map beside one drawn afresh."""
    rows = data.fitted[:n_rows]
    n_old = round(len(rows) / 1.2)
    old = draw(rows[:n_old])
    known = np.concatenate([old.places, np.full((len(rows) - n_old, 2), np.nan, np.float32)])
    more, fresh = draw(rows, old=OldMap(known)), draw(rows)
    value = {score.name: score.value for score in more.scores}
    free = {score.name: score.value for score in fresh.scores}
    return {"refit rows": len(rows), "median drift": value["median drift"], "95 % drift": value["95 % drift"],
            "recall refitted": value["recall@15"], "recall afresh": free["recall@15"]}  # fmt: skip


def judge_umap(data: Data) -> dict[str, float]:
    """umap-learn with its defaults, fitted on the same rows: recall of `transform`, and its rows a second."""
    import umap

    model = umap.UMAP().fit(data.fitted)
    began = time.perf_counter()
    places = model.transform(data.held)
    seconds = time.perf_counter() - began
    near = nearest_rows(data.fitted, data.held, 15)[0]
    kept = _kept(cKDTree(model.embedding_), places, near)
    return {"recall UMAP.transform": float(kept.mean()), "rows/s UMAP.transform": len(places) / seconds}


def measure(data: Data, asked: argparse.Namespace, others: np.ndarray | None) -> dict[str, float]:
    """Everything about one data set."""
    found: dict[str, float] = {
        "fitted rows": len(data.fitted),
        "columns": data.fitted.shape[1],
        "asked": len(data.held),
    }
    if "new" in asked.parts:
        made = fit(data)
        spent = {name: value for name, value in made.seconds.items() if name.endswith("CPU")}
        extra = spent.pop("reliability, CPU")
        found |= {f"seconds, {name}": value for name, value in made.seconds.items()}
        found["reliability, share of the CPU time of the rest"] = extra / sum(spent.values())
        found |= judge_new(data, made)
    if "strange" in asked.parts:
        found |= judge_strange(data, others)
    if "refit" in asked.parts:
        found |= judge_refit(data, asked.refit_rows)
    return found | (judge_umap(data) if asked.peers else {})


def save(found: dict[str, dict[str, float]]) -> None:
    """Add to what was measured before, and write a table."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / "placing.json"
    known = json.loads(path.read_text())["data"] if path.exists() else {}
    for name, values in found.items():
        known[name] = known.get(name, {}) | values
    about = {"machine": platform.machine(), "cores": os.cpu_count(), "load": os.getloadavg()[1], "data": known}
    path.write_text(json.dumps(about, indent=1) + "\n")
    lines = list(dict.fromkeys(line for values in known.values() for line in values))
    head = ["| | " + " | ".join(known) + " |", "|---|" + "---|" * len(known)]
    body = [f"| {line} | " + " | ".join(_cell(values.get(line)) for values in known.values()) + " |" for line in lines]
    text = "\n".join(head + body)
    note = f"Load of the machine over five minutes: {os.getloadavg()[1]:.1f} on {os.cpu_count()} cores."
    (RESULTS / "placing.md").write_text(f"# Placing\n\n{note}\n\n{text}\n")
    print(text)


def _cell(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if value >= 100 or (value == int(value) and value > 1) else f"{value:.3f}"


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("data", nargs="+", help="name=bundle.npz")
    parser.add_argument("--parts", nargs="+", choices=("new", "strange", "refit"), default=["new", "strange", "refit"])
    parser.add_argument("--refit-rows", type=int, default=30_000)
    parser.add_argument("--peers", action="store_true")
    asked = parser.parse_args()
    faiss.omp_set_num_threads(2)
    loaded = {name: load(Path(path)) for name, _, path in (item.partition("=") for item in asked.data)}
    for name, data in loaded.items():
        same = [
            other.held
            for known, other in loaded.items()
            if known != name and other.held.shape[1:] == data.held.shape[1:]
        ]
        save({name: measure(data, asked, same[0] if same else None)})


if __name__ == "__main__":
    main()
