"""Measure whether checks and reading keep their promises: `python benchmarks/trust.py [DATA_FOLDER] [--only PART]`.

Parts: csv (malformed files), faults (seeded into clean data), people (personal columns), labels (wrong labels beside
cleanlab, needs fashion_mnist in DATA_FOLDER), scale (1,000,000 rows by 100 columns in a process of its own). Each part
is kept in benchmarks/results/trust.json under its name, so that parts can be measured apart; trust.md is made of it.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results"
sys.path.insert(0, str(ROOT))  # the generators stand in tests/

SHARES = (0.005, 0.02, 0.05)
SIZES = {"table": 2000, "text": 2000, "image": 400, "sequence": 600}


def measure_csv(folder: Path | None) -> dict[str, Any]:
    """Read every malformed file, whole and streamed."""
    from tests.malformed import judge, row_files, whole_files

    from belvedere.sources import open_source

    judged: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "file.csv"
        for seed in range(12):
            for file in [*whole_files(seed), *row_files(seed)]:
                path.write_bytes(file.data)
                source = open_source(path, options={"large_bytes": 1} if seed % 2 else None)
                judged[f"{seed}: {file.name}"] = judge(file, source.table, source.account)
    scores = np.array([one.f1 for one in judged.values()])
    return {
        "files": len(judged), "mean cell F1": float(scores.mean()), "files at or above .99": int((scores >= 0.99).sum()),
        "lowest F1": float(scores.min()), "silent losses": sum(one.is_silent for one in judged.values()),
        "wrong counts": sum(bool(one.wrong_counts) for one in judged.values()),
    }  # fmt: skip


def _findings(columns: dict[str, Any], target: str | None) -> list[Any]:
    from belvedere.checks import run_checks
    from belvedere.kinds import learn_kinds
    from belvedere.sources import open_source

    source = open_source(pa.table(columns))
    return list(run_checks(source, learn_kinds(source, target=target)))


def measure_faults(folder: Path | None) -> dict[str, Any]:
    """Put every fault into clean data at three shares, two seeds."""
    from tests import seeded

    told: dict[str, Any] = {"clean data: false findings": 0}
    exact, statistical = [], []
    for kind, (make, faults) in seeded.FAULTS.items():
        target = "label" if kind == "table" else None
        for seed in range(2):
            clean = make(np.random.default_rng(seed), SIZES[kind])
            before = _findings(clean, target)
            told["clean data: false findings"] += len(before)
            for fault in faults:
                for share in SHARES:
                    chance = np.random.default_rng(100 + seed)
                    spoiled, rows = fault.spoil(dict(clean), seeded.rows_to_spoil(chance, SIZES[kind], share), chance)
                    outcome = seeded.judge(fault, before, _findings(spoiled, target), rows)
                    (exact if fault.is_exact else statistical).append((f"{kind}: {fault.name}", outcome))
    for name, outcomes in (("deterministic", exact), ("statistical", statistical)):
        told[f"{name}: kinds"] = len({kind for kind, _ in outcomes})
        told[f"{name}: trials"] = len(outcomes)
        for measure in ("recall", "precision"):
            values = [getattr(outcome, measure) for _, outcome in outcomes]
            told[f"{name}: mean {measure}"], told[f"{name}: lowest {measure}"] = float(np.mean(values)), min(values)
    return told


def measure_people(folder: Path | None) -> dict[str, Any]:
    """Name personal columns of 25 kinds in 6 locales, and leave harmless ones alone."""
    from tests import people

    found = all_of_them = false = harmless = n_values = 0
    missed, began = [], time.perf_counter()
    for seed in range(5):
        for locale in people.LOCALES:
            columns = people.personal_columns(locale, seed=seed)
            named = {f.column for f in _findings(dict(columns.values()), None) if f.check == "sensitive"}
            missed += [f"{locale}: {kind}" for kind, (name, _) in columns.items() if name not in named]
            all_of_them += len(columns)
        plain = people.harmless_columns(seed=seed)
        named = {f.column for f in _findings(plain, None) if f.check == "sensitive"}
        false, harmless = false + len(named), harmless + len(plain)
        n_values += 300 * (len(plain) + 25 * len(people.LOCALES))
    found = all_of_them - len(missed)
    return {
        "columns": all_of_them, "recall": found / all_of_them, "missed": sorted(set(missed)), "harmless columns": harmless,
        "false share": false / harmless, "values per second, all checks": round(n_values / (time.perf_counter() - began)),
    }  # fmt: skip


def measure_labels(folder: Path | None) -> dict[str, Any]:
    """Rank wrong labels in six cells, with the same probabilities as cleanlab's scores."""
    if folder is None:
        return {"skipped": "needs DATA_FOLDER with fashion_mnist"}
    from sklearn.decomposition import PCA
    from sklearn.neighbors import NearestNeighbors

    found = np.load(folder / "fashion_mnist" / "fashion_mnist.npz")
    rows = np.random.default_rng(0).choice(len(found["y_train"]), 5000, replace=False)
    data = PCA(40, random_state=0).fit_transform(found["x_train"][rows].reshape(5000, -1) / 255.0)
    near = NearestNeighbors(n_neighbors=16).fit(data).kneighbors(data, return_distance=False)[:, 1:]
    truth = found["y_train"][rows].astype(np.int64)
    return {
        f"{kind} {share:.0%}": _label_cell(data, truth, near, kind, share)
        for kind in ("uniform", "confusable")
        for share in (0.02, 0.1, 0.3)
    }


def _label_cell(data: Any, truth: Any, near: Any, kind: str, share: float) -> dict[str, float]:
    from cleanlab.rank import get_label_quality_scores
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import average_precision_score, roc_auc_score
    from sklearn.model_selection import cross_val_predict

    from belvedere.checks import label_quality, suspicious_labels

    random = np.random.default_rng(round(1000 * share))
    wrong = random.random(len(truth)) < share
    other = _mates(data, truth)[truth] if kind == "confusable" else (truth + random.integers(1, 10, len(truth))) % 10
    labels = np.where(wrong, other, truth)
    chances = cross_val_predict(LogisticRegression(max_iter=300), data, labels, cv=5, method="predict_proba")
    methods = ("self_confidence", "normalized_margin")
    scores = {name: get_label_quality_scores(labels, chances, method=name) for name in methods}
    own, finding = label_quality(chances, labels, near), suspicious_labels(chances, labels, near)
    return {
        "own AUROC": roc_auc_score(wrong, -own), "own AP": average_precision_score(wrong, -own),
        "cleanlab best AUROC": max(roc_auc_score(wrong, -score) for score in scores.values()),
        "cleanlab best AP": max(average_precision_score(wrong, -score) for score in scores.values()),
        "wrong": int(wrong.sum()), "estimated": finding.n_rows if finding else 0,
    }  # fmt: skip


def _mates(data: Any, truth: Any) -> Any:
    """The class that a plain model takes each class for most often."""
    from sklearn.linear_model import LogisticRegression

    half = len(data) // 2
    chances = LogisticRegression(max_iter=300).fit(data[:half], truth[:half]).predict_proba(data[half:])
    table = np.array([chances[truth[half:] == code].mean(axis=0) for code in range(10)])
    np.fill_diagonal(table, 0)
    return table.argmax(axis=1)


def measure_scale(folder: Path | None, n_rows: int = 1_000_000) -> dict[str, Any]:
    """Check a wide table in a process of its own, on two cores; memory is the operating system's account."""
    environment = os.environ | {"OMP_NUM_THREADS": "2"}
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, __file__, "--scale-child", str(n_rows)],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    told = json.loads(done.stdout.splitlines()[-1])
    return told | {"whole process, seconds": round(time.perf_counter() - began, 1)}


def scale_child(n_rows: int) -> None:
    """Write, open and check a table of 70 numbers, 25 categories, 4 flags and a time; print what it took."""
    from belvedere.checks import run_checks
    from belvedere.kinds import learn_kinds
    from belvedere.sources import open_source

    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "wide.arrow"
        _write_wide(path, n_rows)
        began, cpu = time.perf_counter(), time.process_time()
        source = open_source(path)
        schema = learn_kinds(source, target="c0")
        opened = time.perf_counter()
        findings = run_checks(source, schema)
        print(json.dumps({
            "rows": n_rows, "columns": len(schema.columns), "open and recognize, seconds": round(opened - began, 1),
            "check, seconds": round(time.perf_counter() - opened, 1), "CPU seconds": round(time.process_time() - cpu, 1),
            "peak GB": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6, 2), "findings": len(findings),
        }))  # fmt: skip


def _write_wide(path: Path, n_rows: int) -> None:
    random, batch = np.random.default_rng(0), 50_000
    words = [f"level {i}" for i in range(40)]
    with pa.OSFile(str(path), "wb") as sink:
        writer = None
        for start in range(0, n_rows, batch):
            n = min(batch, n_rows - start)
            columns: dict[str, Any] = {f"x{i}": random.normal(size=n).astype(np.float32) for i in range(70)}
            columns |= {f"c{i}": pa.array(words).take(pa.array(random.integers(0, 5 + i, n))) for i in range(25)}
            columns |= {f"b{i}": random.random(n) < 0.3 for i in range(4)}
            columns["t"] = pa.array((start + np.arange(n)) * 60, pa.timestamp("s"))
            made = pa.table(columns)
            writer = writer or pa.ipc.new_file(sink, made.schema)
            writer.write_table(made)
        assert writer is not None
        writer.close()


PARTS: dict[str, Callable[[Path | None], dict[str, Any]]] = {
    "csv": measure_csv, "faults": measure_faults, "people": measure_people, "labels": measure_labels, "scale": measure_scale,
}  # fmt: skip


def write(results: dict[str, Any]) -> None:
    """Write the results as JSON and as tables."""
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "trust.json").write_text(json.dumps(results, indent=2, ensure_ascii=False) + "\n")
    lines = ["# Checks and reading, measured", "", "Made by `python benchmarks/trust.py`."]
    for part, told in results.items():
        lines += ["", f"## {part}", "", "| what | value |", "|---|---|"]
        lines += [f"| {name} | {_shown(value)} |" for name, value in told.items()]
    (RESULTS / "trust.md").write_text("\n".join(lines) + "\n")


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return " · ".join(f"{name} {_shown(inner)}" for name, inner in value.items())
    if isinstance(value, list):
        return ", ".join(value) or "none"
    return f"{value:.4g}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value)


def main() -> None:
    """Measure the parts asked for, one after the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", nargs="?", type=Path)
    parser.add_argument("--only", choices=[*PARTS], nargs="*", default=[*PARTS])
    parser.add_argument("--scale-child", type=int, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.scale_child:
        scale_child(asked.scale_child)
        return
    path = RESULTS / "trust.json"
    results = json.loads(path.read_text()) if path.exists() else {}
    for part in asked.only:
        began = time.perf_counter()
        results[part] = PARTS[part](asked.data) | {"measured in seconds": round(time.perf_counter() - began, 1)}
        write({name: results[name] for name in PARTS if name in results})
        print(part, json.dumps(results[part], indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
