"""The rows that the layout is measured on: data sets by name, and a synthetic mixture of any size."""

import os
from pathlib import Path

import numpy as np

CHUNK = 500_000  # rows of the mixture made at once
CELL_SETS = {"scrna": "scrna_worm_neuron", "bladder": "scrna_mouse_bladder"}
SETS = ("mnist", "fashion", *CELL_SETS, "adult")


def read(name: str, folder: Path | None) -> tuple[np.ndarray, np.ndarray | None]:
    """Rows, float32 (rows, columns), and labels where there are any, of a set in `folder` or of an `.npz` file."""
    if name.endswith(".npz"):
        return _npz(Path(name))
    where = folder or Path(os.environ.get("BELVEDERE_DATA", "data"))
    if name in ("mnist", "fashion"):
        full = {"mnist": "mnist", "fashion": "fashion_mnist"}[name]
        return _npz(where / full / f"{full}.npz")
    return _scrna(where / CELL_SETS[name]) if name in CELL_SETS else _adult(where)


def _npz(path: Path) -> tuple[np.ndarray, np.ndarray | None]:
    held = np.load(path)
    parts = {name: [held[key] for key in (name, f"{name}_train", f"{name}_test") if key in held] for name in "xy"}
    x = np.concatenate(parts["x"])
    y = np.concatenate(parts["y"]) if parts["y"] else None
    return np.ascontiguousarray(x.reshape(len(x), -1), np.float32), y


def _scrna(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Logarithms of counts per 10,000, every cell a row."""
    import scipy.sparse as sp

    counts = sp.load_npz(folder / "counts.npz").astype(np.float32)
    rates = sp.csr_matrix(counts.multiply(1e4 / np.maximum(counts.sum(axis=1), 1)))
    rates.data = np.log1p(rates.data)
    labels = np.load(folder / "labels.npz", allow_pickle=True)["y"]
    return np.ascontiguousarray(rates.toarray(), np.float32), labels


def _adult(where: Path) -> tuple[np.ndarray, np.ndarray]:
    """The plain standardized space that Belvedere makes of the table, without its target and the column of the split."""
    from belvedere.kinds.arrays import fit_inputs, plain_space
    from belvedere.kinds.recognize import learn_kinds
    from belvedere.sources.open import open_source

    source = open_source(where / "adult" / "adult.parquet")
    schema = learn_kinds(source, ignore=("income", "split"))
    rows = plain_space(source.table, fit_inputs(source.table, schema))
    return np.ascontiguousarray(rows, np.float32), np.asarray(source.table["income"].to_numpy(zero_copy_only=False))


def write_mixture(path: Path, n_rows: int, n_dims: int = 50, n_parts: int = 200) -> None:
    """Write rows of a mixture of Gaussians of different sizes and widths, a chunk at a time, each with its own seed."""
    random = np.random.default_rng(0)
    centers = 3 * random.standard_normal((n_parts, n_dims), np.float32)
    widths = random.uniform(0.5, 1.5, n_parts).astype(np.float32)
    shares = random.dirichlet(np.ones(n_parts))
    out = np.lib.format.open_memmap(path, "w+", np.float32, (n_rows, n_dims))
    for at in range(0, n_rows, CHUNK):
        own = np.random.default_rng([1, at])
        part = own.choice(n_parts, min(CHUNK, n_rows - at), p=shares)
        noise = own.standard_normal((len(part), n_dims), np.float32)
        out[at : at + CHUNK] = centers[part] + widths[part, None] * noise
    out.flush()
