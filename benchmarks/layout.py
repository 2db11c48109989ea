"""Belvedere's layout beside its peers, on the same rows, each in a process of its own, cold.

    python benchmarks/layout.py mnist fashion scrna adult --data FOLDER      # all peers and Belvedere, three runs each
    python benchmarks/layout.py rows.npz --only belvedere umap --runs 1
    python benchmarks/layout.py --grow                       # time and memory, 10,000 to a million rows of a mixture
    python benchmarks/layout.py --rows 10000000              # one size, by landmarks

A set is a name (`layout_data.SETS`, in `--data` or the folder BELVEDERE_DATA) or an `.npz` file with `x` and, optionally,
`y`. Wall time, CPU time and peak memory are those of the whole process, imports included; what is compiled once after
installing (`belvedere doctor --warm-up`, or the first run) is in numba's cache. Peers come with `pip install
'belvedere[bench]'`; one that is missing is left out, and the table says so. Scores follow the fixed protocol of
`belvedere.judge`, against the rows as given. Tables, numbers and plots go to `benchmarks/results/`.
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
from layout_data import SETS, read, write_mixture
from layout_plot import write_plot

SIZES = [10_000, 30_000, 100_000, 300_000, 1_000_000]
SECONDS = {"belvedere": 8, "belvedere-landmarks": 8, "umap": 45, "opentsne": 75, "pacmap": 30, "localmap": 25}  # MNIST
RESULTS = Path(__file__).parent / "results"
COLUMNS = ("method", "wall_s", "cpu_s", "peak_mb", "recall@15", "trustworthiness@15", "continuity@15", "spearman",
           "triplets", "10-NN accuracy")  # fmt: skip


def by_belvedere(rows: np.ndarray, *, n_fitted: int = 100_000_000, memory: int = 64_000_000_000) -> np.ndarray:
    """Places alone: projection, neighbors, layout; as `draw()` does them."""
    from belvedere.draw import DrawSettings, prepare
    from belvedere.layout.lay_out import LayoutSettings, lay_out

    narrow, _, full = prepare(rows, DrawSettings())
    return lay_out(narrow, LayoutSettings(max_fitted_rows=n_fitted, memory=memory), full=full).places


def by_belvedere_landmarks(rows: np.ndarray) -> np.ndarray:
    """The same with at most 200,000 rows laid out together, in 6 GB."""
    return by_belvedere(rows, n_fitted=200_000, memory=6_000_000_000)


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


def run_child(method: str, rows_path: Path, places_path: Path) -> None:
    """In the child process: draw, save places."""
    np.save(places_path, METHODS[method](np.load(rows_path, mmap_mode="r" if method.startswith("belvedere") else None)))


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


def compare(rows_path: Path, labels: np.ndarray | None, methods: list[str], n_runs: int) -> list[dict[str, Any]]:
    """Run every method `n_runs` times, in turns, and keep medians; scores are those of the last run."""
    rows, runs = np.load(rows_path, mmap_mode="r"), []
    order = [method for _ in range(n_runs) for method in methods]
    guess = sum(SECONDS.get(method, 10) * len(rows) / 70_000 for method in order)
    print(
        f"{len(rows):,} x {rows.shape[1]}: {len(order)} runs, by a rough guess {guess / 60:.0f} min on two idle cores"
    )
    began = time.perf_counter()
    for done, method in enumerate(order, 1):
        runs.append(measure(method, rows_path, rows_path.parent))
        left = (time.perf_counter() - began) / done * (len(order) - done) / 60
        said = runs[-1].get("failed") or f"{runs[-1]['wall_s']:.1f} s"
        print(f"  {done} of {len(order)}: {method} {said}, about {left:.0f} min left", flush=True)
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


def measure_set(name: str, data: Path | None, methods: list[str], n_runs: int) -> None:
    """Compare methods on one set, and save table and plot."""
    rows, labels = read(name, data)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.npy"
        np.save(path, rows)
        lines = compare(path, labels, methods, n_runs)
    title = f"{Path(name).stem}, {len(rows):,} x {rows.shape[1]}"
    save(Path(name).stem, lines)
    points = {line["method"]: [(line["wall_s"], line["recall@15"])] for line in lines if "wall_s" in line}
    if points:
        plot = RESULTS / f"layout-{Path(name).stem}.svg"
        write_plot(plot, points, title, "seconds, whole process", "neighbors kept (recall@15)", log_y=False)


def grow(sizes: list[int], methods: list[str], name: str) -> None:
    """Time and memory against rows, saved after every size."""
    found: list[dict[str, Any]] = []
    for n_rows in sizes:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "rows.npy"
            write_mixture(path, n_rows)
            found += [{"rows": n_rows, **line} for line in compare(path, None, methods, 1)]
        save(name, found)
        for key, said in (("wall_s", "seconds, whole process"), ("peak_mb", "peak memory, MB")):
            lines = {m: [(x["rows"], x[key]) for x in found if x["method"] == m and key in x] for m in methods}
            lines = {method: line for method, line in lines.items() if line}
            if lines:
                write_plot(
                    RESULTS / f"layout-{name}-{key}.svg", lines, "A mixture of 200 Gaussians, 50 columns", "rows", said
                )


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
    parser.add_argument("sets", nargs="*", help=f"{', '.join(SETS)}, or .npz files")
    parser.add_argument("--data", type=Path, default=None)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", nargs="+", choices=list(METHODS), default=None)
    parser.add_argument("--grow", nargs="*", type=int, default=None)
    parser.add_argument("--rows", type=int, default=None)
    asked = parser.parse_args()
    for name in asked.sets:
        chosen = asked.only or [method for method in METHODS if method != "belvedere-landmarks"]
        measure_set(name, asked.data, chosen, asked.runs)
    if asked.grow is not None:
        grow(asked.grow or SIZES, asked.only or ["belvedere", "belvedere-landmarks"], "growth")
    if asked.rows:
        grow([asked.rows], asked.only or ["belvedere-landmarks"], f"rows-{asked.rows}")


if __name__ == "__main__":
    main()
