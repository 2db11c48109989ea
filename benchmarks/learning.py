"""How well networks learn real data, each beside a baseline: one command, one table.

    python benchmarks/learning.py [NAME ...] [--seeds 3] [--threads 2]

Data are read from the folder that BELVEDERE_DATA names. Default settings throughout: nothing is tuned per data set, and
official test rows are only scored. Every row is kept in benchmarks/results/learning.md, misses too; a set that is run again
takes the place of its own rows.
"""

import argparse
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from kept import keep, table
from learning_data import boosted_histories, boosted_windows, engines, in_scope, patients, roles

from belvedere.kinds import learn_kinds
from belvedere.learn import Learned, LearnSettings, cross_validate, learn
from belvedere.sources import open_source
from belvedere.types import Schema, Score, Source


@dataclass(frozen=True)
class Task:
    """One data set, its target, and the scores that count."""

    path: str
    target: str
    scores: tuple[str, ...] = ("accuracy",)
    ignore: tuple[str, ...] = ()
    n_folds: int = 0  # 0: the official or a random hold-out
    settings: Mapping[str, Any] = field(default_factory=dict)  # what a person must say: the event, the task
    make: Callable[[Path], pa.Table] | None = None  # makes the table, where the file is not one
    others: tuple[Callable[[pa.Table], tuple[str, float]], ...] = ()  # more baselines of the first score


CLASSES, NUMBERS, LIVES = ("accuracy", "AUC-ROC"), ("RMSE", "R²"), ("C-index", "integrated Brier score")
TASKS = {
    "adult": Task("adult/adult.parquet", "income", CLASSES),
    "california": Task("california_housing/california_housing.parquet", "median_house_value", NUMBERS),
    "credit": Task(
        "credit_default_taiwan/credit_default_taiwan.parquet", "default.payment.next.month", CLASSES, n_folds=5
    ),
    "telco": Task("telco_churn/telco_churn.parquet", "churn", CLASSES, n_folds=5),
    "german": Task("german_credit/german_credit.parquet", "risk", CLASSES, n_folds=5),
    "fashion": Task("fashion_mnist/fashion_mnist.npz", "y"),
    "mnist": Task("mnist/mnist.npz", "y"),
    "gtsrb": Task("gtsrb_10k/gtsrb_10k.npz", "y"),
    "spoken digits": Task("spoken_digits/spoken_digits.npz", "y", ignore=("speaker",)),
    "unseen speakers": Task("spoken_digits/spoken_digits.npz", "y", n_folds=6, settings={"group": "speaker"}),
    "rt_polarity": Task("rt_polarity/rt_polarity.parquet", "label"),
    "chinese shopping": Task("zh_online_shopping/zh_online_shopping.parquet", "cat", ignore=("label",)),
    "banking77": Task("banking77/banking77.parquet", "category"),
    "clinc150": Task("", "intent", ignore=("domain",), make=in_scope),
    "gbsg2": Task("surv_gbsg2/surv_gbsg2.parquet", "time", LIVES, n_folds=5, settings={"event": "cens=1"}),
    "support2": Task("", "d.time", LIVES, n_folds=5, settings={"event": "death=1"}, make=patients),
    "wnut17": Task("wnut17_ner/wnut17_ner.parquet", "tags", ("span F1",)),
    "semantic roles": Task("", "roles", ("span F1",), settings={"task": "tokens"}, make=roles),
    "movielens": Task(
        "movielens100k/movielens100k.parquet", "item", ("recall@20", "nDCG@20"), settings={"task": "recommend"}
    ),
    "engines": Task(
        "", "left", ("RMSE",), settings={"group": "unit"}, make=engines, others=(boosted_windows, boosted_histories)
    ),
    "bladder cells": Task("scrna_mouse_bladder/counts.npz", "y"),
    "worm neurons": Task("scrna_worm_neuron/counts.npz", "y"),
}


def run(task: Task, seed: int, threads: int | None) -> tuple[dict[str, Score], str, float]:
    """Learn once; give back the scores by name, the network, and seconds in all."""
    began = time.monotonic()
    source, schema = opened(task)
    settings = LearnSettings(seed=seed, threads=threads, **task.settings)
    if task.n_folds:
        scores, network = cross_validate(source, schema, settings, n_folds=task.n_folds).scores, "auto"
    else:
        learned: Learned = learn(source, schema, settings)
        scores, network = learned.scores, str(learned.config["network"])
    return {score.name: score for score in scores}, network, time.monotonic() - began


def opened(task: Task) -> tuple[Source, Schema]:
    """Open a data set and read its kinds."""
    folder = Path(os.environ["BELVEDERE_DATA"])
    source = open_source(task.make(folder) if task.make else str(folder / task.path))
    names = {name.lower(): name for name in source.table.column_names}
    target = names.get(task.target.lower(), task.target)
    return source, learn_kinds(source, target=target, ignore=task.ignore, task=task.settings.get("task"))


def report(name: str, task: Task, seeds: int, threads: int | None) -> list[dict[str, Any]]:
    """One row per score, mean and spread over seeds, then one per further baseline."""
    found = [run(task, seed, threads) for seed in range(seeds)]
    seconds = float(np.mean([f[2] for f in found]))
    rows: list[dict[str, Any]] = []
    for score in task.scores:
        each = [f[0][score] for f in found]
        baseline = float(np.mean([s.baseline for s in each if s.baseline is not None]))
        rows.append(
            {
                "data": name,
                "score": score,
                "network": found[0][1],
                "ours": float(np.mean([s.value for s in each])),
                "spread": float(np.std([s.value for s in each])),
                "seeds": seeds,
                "baseline": baseline,
                "which": each[0].baseline_name,
                "whole run, s": round(seconds),
            }
        )
    for baseline_of in task.others:
        other, value = baseline_of(opened(task)[0].table)
        rows.append({**rows[0], "baseline": value, "which": other})
    return rows


def main() -> None:
    """Run the data sets asked for, all by default."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help=", ".join(TASKS))
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--threads", type=int)
    asked = parser.parse_args()
    for name in asked.names or TASKS:
        try:
            rows = report(name, TASKS[name], asked.seeds, asked.threads)
        except Exception as error:  # one failure must not hide the other rows
            print(f"{name} failed: {type(error).__name__}: {error}", flush=True)
            continue
        print(table(rows), flush=True)
        keep("learning", "Learning, beside baselines", rows, key=("data", "score", "which"))


if __name__ == "__main__":
    main()
