"""Compare regions with clusters of a UMAP picture: `python benchmarks/regions.py DATA_FOLDER [NAME …]`.

DATA_FOLDER holds the public sets by the names below (see docs/benchmarks.md). Nothing is learned from labels: the plain
space of each set is mapped, and both sides see the same vectors. Belvedere's regions come from the neighbor graph; the
other side is HDBSCAN on umap-learn's two dimensions, as people do it. Labels are looked at only to judge. Two numbers a
side: the default (level 0; min_cluster_size 15), and the best of four settings (levels 0 to 3; min_cluster_size 5, 15, 50,
150). Where regions stand apart (`APART` in layout/regions.py) was set looking at digits and the two cell sets; clinc150 and
Fashion-MNIST had no part in it; that boundaries are smoothed was decided with digits and the two cell
sets in view, how often on four other sets. Rows that HDBSCAN leaves
out count as one cluster. Stability: two random 80 % of the rows, each mapped anew; adjusted Rand index of the regions on
the rows in both. Rows of benchmarks/results/regions.md stay until their set is measured again.
"""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from kept import keep
from numpy.typing import NDArray
from sklearn.cluster import HDBSCAN
from sklearn.datasets import load_digits
from sklearn.metrics import adjusted_mutual_info_score, adjusted_rand_score

from belvedere import kinds
from belvedere.draw import DrawSettings, prepare
from belvedere.layout.neighbors import find_neighbors
from belvedere.layout.regions import find_regions
from belvedere.sources import open_source

SIZES = (5, 15, 50, 150)
DEFAULT_SIZE = 1
Labels = NDArray[Any]


def digits(folder: Path) -> tuple[Any, Labels]:
    """The 1,797 digits that come with scikit-learn, as pictures."""
    found = load_digits()
    column = pa.FixedSizeListArray.from_arrays(
        pa.array((found.images * 16).clip(0, 255).astype(np.uint8).reshape(-1)), 64
    )
    field = pa.field("x", column.type, metadata={"belvedere.kind": "image", "belvedere.shape": "8,8,1"})
    return pa.table([column], schema=pa.schema([field])), found.target


def clinc150(folder: Path) -> tuple[Any, Labels]:
    """Short questions, and their intents."""
    table = pq.read_table(folder / "clinc150/clinc150.parquet")
    return table.select(["text"]), np.array(table["intent"].to_pylist())


def cells(name: str) -> Any:
    """Counts of genes in single cells, and the types that biologists gave them."""

    def read(folder: Path) -> tuple[Any, Labels]:
        return str(folder / name / "counts.npz"), np.load(folder / name / "labels.npz")["y"]

    return read


def fashion_mnist(folder: Path) -> tuple[Any, Labels]:
    """The 10,000 test pictures of Fashion-MNIST."""
    held = np.load(folder / "fashion_mnist/fashion_mnist.npz")
    column = pa.FixedSizeListArray.from_arrays(pa.array(held["x_test"].reshape(-1)), 784)
    field = pa.field("x", column.type, metadata={"belvedere.kind": "image", "belvedere.shape": "28,28,1"})
    return pa.table([column], schema=pa.schema([field])), held["y_test"]


SETS = {
    "digits": digits,
    "clinc150": clinc150,
    "fashion_mnist": fashion_mnist,
    "scrna_mouse_bladder": cells("scrna_mouse_bladder"),
    "scrna_worm_neuron": cells("scrna_worm_neuron"),
}


def vectors_of(data: Any) -> NDArray[np.float32]:
    """The plain space as it is drawn: standardized columns, on 50 main directions where there are more than 64."""
    source = open_source(data)
    inputs = kinds.fit_inputs(source.table, kinds.learn_kinds(source))
    return prepare(kinds.plain_space(source.table, inputs), DrawSettings())[0]


def regions_of(vectors: NDArray[np.float32]) -> NDArray[np.int32]:
    """The region of each row at each level, as `draw` finds them; where labels stand plays no part."""
    graph = find_neighbors(np.ascontiguousarray(vectors), 15)
    return find_regions(graph.neighbors, graph.distances, np.ascontiguousarray(vectors[:, :2])).region_of


def agreement(labels: Labels, clusterings: list[Labels], default: int) -> tuple[float, ...]:
    """Adjusted Rand and mutual information at the default, and the best of each."""
    rand = [adjusted_rand_score(labels, found) for found in clusterings]
    info = [adjusted_mutual_info_score(labels, found) for found in clusterings]
    return rand[default], info[default], max(rand), max(info)


def by_hdbscan(vectors: NDArray[np.float32]) -> list[Labels]:
    """Clusters of umap-learn's picture."""
    from umap import UMAP

    places = UMAP(random_state=0).fit_transform(vectors)
    return [HDBSCAN(min_cluster_size=size, copy=True).fit_predict(places) for size in SIZES]


def stability(vectors: NDArray[np.float32]) -> list[float]:
    """Adjusted Rand index, level by level, between regions of two random 80 % of the rows."""
    rng = np.random.default_rng(0)
    found = []
    for _ in (0, 1):
        rows = np.sort(rng.choice(len(vectors), int(0.8 * len(vectors)), replace=False))
        region_of = np.full((len(vectors), 4), -2)
        drawn = regions_of(vectors[rows])
        region_of[rows, : drawn.shape[1]] = drawn
        found.append(region_of)
    both = (found[0][:, 0] != -2) & (found[1][:, 0] != -2)
    return [adjusted_rand_score(found[0][both, level], found[1][both, level]) for level in range(4)]


NUMBERS = ("Rand, default", "AMI, default", "Rand, best of 4", "AMI, best of 4")


def measure(name: str, folder: Path) -> dict[str, Any]:
    """One row of the table: ours / theirs."""
    data, labels = SETS[name](folder)
    vectors = vectors_of(data)
    levels = regions_of(vectors)
    ours = agreement(labels, list(levels.T), 0)
    theirs = agreement(labels, by_hdbscan(vectors), DEFAULT_SIZE)
    return {
        "data": name,
        "rows": len(vectors),
        "classes": len(set(labels.tolist())),
        **{what: f"{a:.3f} / {b:.3f}" for what, a, b in zip(NUMBERS, ours, theirs, strict=True)},
        "regions, by level": ", ".join(str(len(np.unique(level[level >= 0]))) for level in levels.T),
        "stable, by level": ", ".join(f"{value:.2f}" for value in stability(vectors)),
    }


def main() -> None:
    """Measure and write."""
    folder, names = Path(sys.argv[1]), sys.argv[2:] or list(SETS)
    for name in names:
        row = measure(name, folder)
        print(row, flush=True)
        keep("regions", "Regions, ours / HDBSCAN on a UMAP picture", [row], key=("data",))


if __name__ == "__main__":
    main()
