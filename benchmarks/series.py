"""Small sets of labelled time series: the network chosen by default beside 1-NN DTW and random kernels with a ridge.

    python benchmarks/series.py [NAME ...] [--seeds 3] [--threads 1]

Data are read from the folder that BELVEDERE_DATA names (UCR and UEA sets with their official split). Default settings throughout;
test rows are only scored. Every row is kept in benchmarks/results/series.md until its set is run again. The two peers are
written here, after the papers named below, in the plainest way:

- DTW: nearest neighbor by dynamic time warping within a tenth of the length (Sakoe, Chiba 1978); several channels share a path.
- kernels: 9,996 features from 84 fixed kernels of weights -1 and 2 at many dilations, thresholds drawn from training rows, the
  share of values above them (MiniRocket: Dempster, Schmidt, Webb 2021), and a ridge classifier whose penalty is found by
  leave-one-out on training rows.
"""

import argparse
import os
import time
from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import Any

import numba
import numpy as np
import pyarrow as pa
from kept import keep, table
from numpy.typing import NDArray
from sklearn.linear_model import RidgeClassifierCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from belvedere.learn import LearnSettings, learn
from belvedere.types import Column, Schema, Source

Array = NDArray[Any]
SETS = ("ACSF1", "ArrowHead", "BasicMotions", "GunPoint", "ItalyPowerDemand", "JapaneseVowels", "OSULeaf")
Set = tuple[Array, Array, Array, Array]  # (rows, channels, steps), labels, and the same of test rows


def read(folder: Path, name: str) -> Set:
    """One set with its official split."""
    data = np.load(folder / "ucr_uea_small/ucr_uea_small.npz")
    x, y, tests, truth = (data[f"{name}_{part}"] for part in ("x_train", "y_train", "x_test", "y_test"))
    return x, y, tests, truth


def ours(data: Set, *, seed: int, threads: int | None) -> tuple[float, str]:
    """Accuracy on test rows of `learn` with default settings, and the network that it chose."""
    x, y, tests, truth = data
    both = np.concatenate([x, tests]).swapaxes(1, 2)
    series = [row[np.isfinite(row).all(axis=1)].tolist() for row in both]
    split = ["train"] * len(x) + ["test"] * len(tests)
    steps = pa.list_(pa.list_(pa.float32(), both.shape[2]))
    table = pa.table({"series": pa.array(series, steps), "y": [*y.tolist(), *truth.tolist()], "split": split})
    columns = (Column("series", "sequence"), Column("y", "category", "target"), Column("split", "category", "split"))
    learned = learn(Source("series", table), Schema(columns), LearnSettings(seed=seed, threads=threads))
    accuracy = next(score.value for score in learned.scores if score.name == "accuracy")
    return accuracy, str(learned.config["network"])


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def warped(a: Array, b: Array, window: int, best: float) -> float:
    """Squared distance of two series (channels, steps) along their best common path; above `best` it may be cut short."""
    n, m = a.shape[1], b.shape[1]
    window = max(window, abs(n - m))
    before = np.full(m + 1, np.inf)
    before[0] = 0.0
    for i in range(n):
        now, least = np.full(m + 1, np.inf), np.inf
        for j in range(max(0, i - window), min(m, i + window + 1)):
            cost = 0.0
            for c in range(a.shape[0]):
                cost += (a[c, i] - b[c, j]) ** 2
            now[j + 1] = cost + min(before[j], before[j + 1], now[j])
            least = min(least, now[j + 1])
        if least > best:
            return np.inf
        before = now
    return float(before[m])


@numba.njit(cache=True)  # type: ignore[untyped-decorator]
def nearest(train: Array, tests: Array, window: int) -> Array:
    """Number of the nearest training row of each test row."""
    found = np.zeros(len(tests), np.int64)
    for row in range(len(tests)):
        best = np.inf
        for other in range(len(train)):
            distance = warped(tests[row], train[other], window, best)
            if distance < best:
                best, found[row] = distance, other
    return found


def by_dtw(data: Set) -> float:
    """Accuracy of the nearest neighbor by dynamic time warping."""
    x, y, tests, truth = (np.nan_to_num(part) if part.dtype.kind == "f" else part for part in data)
    return float((y[nearest(x, tests, max(1, x.shape[2] // 10))] == truth).mean())


PATTERNS = np.array([[2.0 if i in three else -1.0 for i in range(9)] for three in combinations(range(9), 3)])  # (84, 9)


def dilations_of(n_steps: int) -> Array:
    """Up to 32 distances between the nine weights, spread over powers of two up to the whole length."""
    largest = np.log2(max(1, (n_steps - 1) / 8))
    return np.unique(np.floor(2 ** np.linspace(0, largest, 32)).astype(int))


def convolved(x: Array, dilation: int, channels: Array) -> Array:
    """All 84 kernels at one dilation, each over some channels (84, channels): (rows, channels, steps) -> (rows, 84, steps)."""
    reach = 4 * dilation
    wide = np.pad(x, ((0, 0), (0, 0), (reach, reach)))
    shifted = np.stack([wide[:, :, i * dilation : i * dilation + x.shape[2]] for i in range(9)], axis=1)
    weights = (PATTERNS[:, :, None] * channels[:, None, :]).reshape(84, -1)
    return np.asarray(weights @ shifted.reshape(len(x), weights.shape[1], x.shape[2]))


def drawn(n_channels: int, rng: np.random.Generator) -> Array:
    """Up to nine channels that a kernel adds: 1 for these."""
    most = min(9, n_channels)
    taken = np.zeros(n_channels)
    taken[rng.choice(n_channels, int(2 ** rng.uniform(0, np.log2(most + 1))), replace=False)] = 1
    return taken


def by_kernels(data: Set, *, seed: int) -> float:
    """Accuracy of random kernels and a ridge."""
    x, y, tests, truth = (np.nan_to_num(part) if part.dtype.kind == "f" else part for part in data)
    rng = np.random.default_rng(seed)
    dilations = dilations_of(x.shape[2])
    n_thresholds = max(1, round(9996 / 84 / len(dilations)))
    fitted: list[tuple[int, Array]] = []
    asked: list[tuple[int, Array]] = []
    for dilation in dilations:
        channels = np.array([drawn(x.shape[1], rng) for _ in range(84)])
        some = convolved(x[rng.integers(len(x), size=min(len(x), 20))], dilation, channels)
        cuts = np.quantile(some, (np.arange(n_thresholds) * 0.618034 + 0.5) % 1, axis=(0, 2))  # (thresholds, 84)
        for found, rows in ((fitted, x), (asked, tests)):
            for start in range(0, len(rows), 64):
                part = convolved(rows[start : start + 64], dilation, channels)
                found.append((start, np.concatenate([(part > cut[:, None]).mean(axis=2) for cut in cuts], axis=1)))
    features, others = (_joined(found) for found in (fitted, asked))
    model = make_pipeline(StandardScaler(), RidgeClassifierCV(alphas=np.logspace(-3, 3, 10))).fit(features, y)
    return float((model.predict(others) == truth).mean())


def _joined(parts: list[tuple[int, Array]]) -> Array:
    """Chunks of rows one below the other, dilations side by side."""
    starts = sorted({start for start, _ in parts})
    return np.concatenate([np.concatenate([p for s, p in parts if s == start], axis=1) for start in starts])


def main() -> None:
    """Run the sets asked for, all by default."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help=", ".join(SETS))
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--threads", type=int)
    asked = parser.parse_args()
    for name in asked.names or SETS:
        rows = [report(name, asked)]
        print(table(rows), flush=True)
        keep("series", "Small sets of time series, accuracy on official test rows", rows, key=("set",))


def report(name: str, asked: argparse.Namespace) -> dict[str, Any]:
    """The row of one set: accuracies, means over seeds where there is chance, and seconds."""
    data, seeds = read(Path(os.environ["BELVEDERE_DATA"]), name), range(asked.seeds)
    told: list[str] = []

    def own(seed: int) -> float:
        accuracy, network = ours(data, seed=seed, threads=asked.threads)
        told.append(network)
        return accuracy

    ways: dict[str, Callable[[int], float]] = {
        "ours": own,
        "1-NN DTW": lambda seed: by_dtw(data),
        "kernels and ridge": lambda seed: by_kernels(data, seed=seed),
    }
    values, seconds = {}, {}
    for way, run in ways.items():
        began = time.monotonic()
        scores = [run(seed) for seed in (seeds if way != "1-NN DTW" else [0])]
        values[way] = float(np.mean(scores))
        seconds[f"s, {way}"] = (time.monotonic() - began) / len(scores)
    return {"set": name, "network": ", ".join(sorted(set(told))), "seeds": asked.seeds, **values, **seconds}


if __name__ == "__main__":
    main()
