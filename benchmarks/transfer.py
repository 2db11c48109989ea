"""A network learned on half of the Fashion-MNIST classes, put to learning the other half from 10 or 50 labels each.

    python benchmarks/transfer.py [--seeds 3] [--rows 20000] [--labels 10 50] [--threads 2]

Classes 0 to 4 are learned and mapped; classes 5 to 9 then from few labels, anew and from that map. Both are scored on
the official test rows of classes 5 to 9. Also a start from a map of all training pictures made without any label.
"""

import argparse
import os
import tempfile
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from kept import keep
from numpy.typing import NDArray

import belvedere as bv
from belvedere.kinds import learn_kinds
from belvedere.learn import LearnSettings, learn
from belvedere.types import Source


def pictures(x: NDArray[np.uint8], y: NDArray[Any], part: NDArray[Any] | None = None) -> pa.Table:
    """A table of pictures, classes in words, and what each row is for."""
    flat = pa.array(np.ascontiguousarray(x).reshape(-1))
    note = {"belvedere.kind": "image", "belvedere.shape": "28,28,1"}
    columns = [pa.FixedSizeListArray.from_arrays(flat, 784), pa.array([f"class {code}" for code in y])]
    fields = [pa.field("picture", columns[0].type, metadata=note), pa.field("label", pa.string())]
    if part is not None:
        columns.append(pa.array(part.astype(str)))
        fields.append(pa.field("split", pa.string()))
    return pa.table(columns, schema=pa.schema(fields))


def few_labels(data: Any, n_labels: int, seed: int) -> pa.Table:
    """Classes 5 to 9: so many training rows of each, and all their test rows."""
    x, y, test = data["x_train"], data["y_train"], data["y_test"] >= 5
    rng = np.random.default_rng(seed)
    rows = np.concatenate([rng.permutation(np.flatnonzero(y == code))[:n_labels] for code in range(5, 10)])
    pixels, labels = np.concatenate([x[rows], data["x_test"][test]]), np.concatenate([y[rows], data["y_test"][test]])
    return pictures(pixels, labels, np.repeat(["train", "test"], [len(rows), int(test.sum())]))


def accuracy(table: pa.Table, settings: LearnSettings) -> float:
    """Of the held-out rows."""
    source = Source("fashion", table)
    learned = learn(source, learn_kinds(source, target="label"), settings)
    return next(score.value for score in learned.scores if score.name == "accuracy")


def main() -> None:
    """Learn the old map once, then learn from few labels for each seed."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name, default in (("--seeds", 3), ("--rows", 20_000), ("--threads", 2)):
        parser.add_argument(name, type=int, default=default)
    parser.add_argument("--labels", type=int, nargs="+", default=[10, 50])
    asked = parser.parse_args()
    data = np.load(Path(os.environ["BELVEDERE_DATA"]) / "fashion_mnist/fashion_mnist.npz", allow_pickle=True)
    old = np.flatnonzero(data["y_train"] < 5)[: asked.rows]
    settings = LearnSettings(threads=asked.threads)
    with tempfile.TemporaryDirectory() as folder:
        with_target, without = f"{folder}/a.map", f"{folder}/b.map"
        starts = {"anew": None, "five other classes": with_target, "no labels": without}
        bv.map(pictures(data["x_train"][old], data["y_train"][old]), target="label", learning=settings).save(
            with_target
        )
        table = pictures(data["x_train"][: asked.rows], data["y_train"][: asked.rows]).select(["picture"])
        bv.map(table, learning=replace(settings, space="learned")).save(without)
        for n_labels, (name, start) in product(asked.labels, starts.items()):
            found = [
                accuracy(few_labels(data, n_labels, seed), replace(settings, seed=seed, start_from=start))
                for seed in range(asked.seeds)
            ]
            row = {"labels each": n_labels, "start": name, "accuracy": float(np.mean(found))}
            row |= {"spread": float(np.std(found)), "seeds": asked.seeds}
            print(row, flush=True)
            keep("transfer", "Five classes from few labels each", [row], key=("labels each", "start"))


if __name__ == "__main__":
    main()
