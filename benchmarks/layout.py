"""Belvedere's layout beside its peers, on the same rows, each in a process of its own, cold.

    python benchmarks/layout.py rows.npz --name mnist --runs 3            # all peers and Belvedere
    python benchmarks/layout.py rows.npz --name mnist --only belvedere umap
    python benchmarks/layout.py --growth 10000 30000 100000 300000 1000000  # synthetic mixture, 50 columns

`rows.npz` holds `x` (rows, …) and, optionally, `y` (labels); or `x_train`, `x_test`, `y_train`, `y_test`.
Wall time, CPU time and peak memory are those of the whole process, imports and compilation included. Peers come with
`pip install 'belvedere[bench]'`; one that is missing is left out, and the table says so. Scores follow the fixed protocol
of `belvedere.judge`, against the rows as given. Results go to `benchmarks/results/`, as Markdown and JSON.
"""

import argparse
import json
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

RESULTS = Path(__file__).parent / "results"
COLUMNS = ("method", "wall_s", "cpu_s", "peak_mb", "recall@15", "trustworthiness@15", "continuity@15", "spearman",
           "triplets", "10-NN accuracy")  # fmt: skip


def by_belvedere(rows: np.ndarray, *, n_fitted: int = 10_000_000) -> np.ndarray:
    """Places alone: projection, neighbors, layout; as `draw()` does them."""
    from belvedere.draw import DrawSettings, prepare
    from belvedere.layout.lay_out import LayoutSettings, lay_out

    narrow, _, full = prepare(rows, DrawSettings())
    return lay_out(narrow, LayoutSettings(max_fitted_rows=n_fitted), full=full).places


def by_belvedere_landmarks(rows: np.ndarray) -> np.ndarray:
    """The same with at most 200,000 rows laid out together."""
    return by_belvedere(rows, n_fitted=200_000)


def by_umap(rows: np.ndarray) -> np.ndarray:
    """umap-learn with its defaults."""
    import umap

    return umap.UMAP().fit_transform(rows)


def by_opentsne(rows: np.ndarray) -> np.ndarray:
    """OpenTSNE with its defaults on 50 principal components, as its authors advise."""
    import openTSNE
    from sklearn.decomposition import PCA

    narrow = PCA(50, random_state=0).fit_transform(rows) if rows.shape[1] > 50 else rows
    return np.asarray(openTSNE.TSNE(n_jobs=2, random_state=0).fit(narrow))


def by_pacmap(rows: np.ndarray) -> np.ndarray:
    """PaCMAP with its defaults."""
    import pacmap

    return pacmap.PaCMAP().fit_transform(rows)


def by_localmap(rows: np.ndarray) -> np.ndarray:
    """LocalMAP with its defaults."""
    import pacmap

    return pacmap.LocalMAP().fit_transform(rows)


METHODS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "belvedere": by_belvedere,
    "belvedere-landmarks": by_belvedere_landmarks,
    "umap": by_umap,
    "opentsne": by_opentsne,
    "pacmap": by_pacmap,
    "localmap": by_localmap,
}


def load(path: Path) -> tuple[np.ndarray, np.ndarray | None]:
    """Read rows, float32 (rows, columns), and labels where there are any."""
    held = np.load(path)
    join = lambda name: np.concatenate([held[f"{name}_train"], held[f"{name}_test"]])  # noqa: E731
    x = held["x"] if "x" in held else join("x")
    y = held["y"] if "y" in held else join("y") if "y_train" in held else None
    return np.ascontiguousarray(x.reshape(len(x), -1), np.float32), y


def mixture(n_rows: int, n_dims: int = 50, n_parts: int = 200) -> np.ndarray:
    """Rows from a mixture of Gaussians of different sizes and widths, the same for the same `n_rows`."""
    random = np.random.default_rng(0)
    centers = 3 * random.standard_normal((n_parts, n_dims), np.float32)
    widths = random.uniform(0.5, 1.5, n_parts).astype(np.float32)
    part = random.choice(n_parts, n_rows, p=random.dirichlet(np.ones(n_parts)))
    return centers[part] + widths[part, None] * random.standard_normal((n_rows, n_dims), np.float32)


def run_child(method: str, rows_path: Path, places_path: Path) -> None:
    """In the child process: draw, save places."""
    np.save(places_path, METHODS[method](np.load(rows_path)))


def measure(method: str, rows_path: Path, folder: Path) -> dict[str, Any]:
    """Run one method once in a cold process."""
    places_path = folder / f"{method}.npy"
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    script = (
        "import resource, sys; sys.path.insert(0, sys.argv[1]); import layout; from pathlib import Path;"
        "layout.run_child(sys.argv[2], Path(sys.argv[3]), Path(sys.argv[4]));"
        "print('PEAK', resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)"
    )
    command = [sys.executable, "-c", script, str(Path(__file__).parent), method, str(rows_path), str(places_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        return {"method": method, "failed": done.stderr.strip().splitlines()[-1][:200]}
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    peak = int(done.stdout.split("PEAK")[1])
    return {"method": method, "wall_s": wall, "cpu_s": cpu, "peak_mb": peak, "places": str(places_path)}


def judge(rows: np.ndarray, places: np.ndarray, labels: np.ndarray | None) -> dict[str, float]:
    """Score a map by the fixed protocol, against the rows as given."""
    from belvedere.draw import judge as judge_map

    scores = judge_map(rows, np.ascontiguousarray(places, np.float32), None, labels)
    return {score.name: score.value for score in scores}


def compare(rows: np.ndarray, labels: np.ndarray | None, methods: list[str], n_runs: int) -> list[dict[str, Any]]:
    """Run every method `n_runs` times, in turns, and keep medians; scores are those of the last run."""
    with tempfile.TemporaryDirectory() as name:
        folder, rows_path = Path(name), Path(name) / "rows.npy"
        np.save(rows_path, rows)
        runs = [measure(method, rows_path, folder) for _ in range(n_runs) for method in methods]
        return [_summary([run for run in runs if run["method"] == method], rows, labels) for method in methods]


def _summary(runs: list[dict[str, Any]], rows: np.ndarray, labels: np.ndarray | None) -> dict[str, Any]:
    failed = [run for run in runs if "failed" in run]
    if failed:
        return failed[0]
    times = {name: median(run[name] for run in runs) for name in ("wall_s", "cpu_s", "peak_mb")}
    all_walls = [round(run["wall_s"], 2) for run in runs]
    return {
        "method": runs[0]["method"],
        **times,
        "walls_s": all_walls,
        **judge(rows, np.load(runs[-1]["places"]), labels),
    }


def grow(sizes: list[int], methods: list[str]) -> list[dict[str, Any]]:
    """Time and memory against rows."""
    found = []
    for n_rows in sizes:
        rows = mixture(n_rows)
        found += [{"rows": n_rows, **line} for line in compare(rows, None, methods, 1)]
    return found


def table(lines: list[dict[str, Any]]) -> str:
    """Write a Markdown table."""
    names = [name for name in ("rows", *COLUMNS) if any(name in line for line in lines)]
    head = ["| " + " | ".join(names) + " |", "|" + " --- |" * len(names)]
    return "\n".join(head + ["| " + " | ".join(_cell(line, name) for name in names) + " |" for line in lines])


def _cell(line: dict[str, Any], name: str) -> str:
    if "failed" in line and name == "wall_s":
        return f"left out: {line['failed']}"
    value = line.get(name, "")
    if isinstance(value, float):
        return f"{value:.1f}" if name.endswith("_s") else f"{value:.3f}"
    return str(value)


def save(name: str, lines: list[dict[str, Any]]) -> None:
    """Save and show a table with what it was measured on."""
    RESULTS.mkdir(exist_ok=True)
    about = {"machine": platform.processor() or platform.machine(), "python": platform.python_version(), "lines": lines}
    (RESULTS / f"layout-{name}.json").write_text(json.dumps(about, indent=1) + "\n")
    (RESULTS / f"layout-{name}.md").write_text(f"# Layout: {name}\n\n{table(lines)}\n")
    print(table(lines))


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("rows", type=Path, nargs="?")
    parser.add_argument("--name", default="rows")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", nargs="+", choices=list(METHODS), default=None)
    parser.add_argument("--growth", nargs="+", type=int, default=None)
    asked = parser.parse_args()
    if asked.growth:
        save("growth", grow(asked.growth, asked.only or ["belvedere", "belvedere-landmarks"]))
    if asked.rows:
        rows, labels = load(asked.rows)
        chosen = asked.only or [name for name in METHODS if name != "belvedere-landmarks"]
        save(asked.name, compare(rows, labels, chosen, asked.runs))


if __name__ == "__main__":
    main()
