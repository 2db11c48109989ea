"""Do rows that were never learned from lie among their own kind? By places alone, beside the network's own accuracy.

    python benchmarks/held_out.py [NAME ...] [--seed 0]

Data are read from the folder that BELVEDERE_DATA names. A map is made with the target, default settings throughout; then each
held-out row asks the ten nearest of the rows learned from, on the map, for their class, and the share that hear their own is set
beside the network's accuracy on the same rows. Where a row lies comes from the network and the layout alone: labels of held-out
rows are seen by neither.
"""

import argparse
import os
import time
from pathlib import Path
from typing import Any

import numpy as np
from kept import keep, table
from sklearn.neighbors import KNeighborsClassifier

import belvedere as bv

SETS = {
    "adult": ("adult/adult.parquet", "income"),
    "gtsrb": ("gtsrb_10k/gtsrb_10k.npz", "y"),
    "fashion": ("fashion_mnist/fashion_mnist.npz", "y"),
}
NEIGHBORS = 10


def measured(name: str, seed: int) -> dict[str, Any]:
    """Map one set and ask the neighbors of held-out rows."""
    path, target = SETS[name]
    began = time.monotonic()
    made = bv.map(str(Path(os.environ["BELVEDERE_DATA"]) / path), target=target, seed=seed)
    seconds = time.monotonic() - began
    content = made.content
    labels = np.array([str(value) for value in content.rows.column(target).to_pylist()])
    tested = np.asarray(content.split) == "test"
    asked = KNeighborsClassifier(NEIGHBORS).fit(content.places[~tested], labels[~tested])
    by_places = float((asked.predict(content.places[tested]) == labels[tested]).mean())
    network = float((np.asarray(content.predicted).astype(str)[tested] == labels[tested]).mean())
    return {
        "data": name, "held-out rows": int(tested.sum()), "network": network, "10 nearest on the map": by_places,
        "behind (≤ 0.02)": network - by_places, "whole map, s": round(seconds),
    }  # fmt: skip


def main() -> None:
    """Measure the sets asked for, all by default."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help=", ".join(SETS))
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    for name in asked.names or SETS:
        rows = [measured(name, asked.seed)]
        print(table(rows), flush=True)
        keep("held_out", "Held-out rows on the map", rows, key=("data",))


if __name__ == "__main__":
    main()
