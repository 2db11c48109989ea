"""Measure explanations on real data: `python benchmarks/explain.py DATA_FOLDER [NAME …] [--retrain | --names]`.

DATA_FOLDER holds the public sets by the names below (see docs/benchmarks.md). For each set a map is made once per seed and
its explanations are judged: do they add up, does erasing what they call strong move rows, do they differ from those of an
untrained network, how long does a clicked row take, do region names tell held-out rows, and with --retrain whether five
trainings give like explanations (of places, on maps laid over the first one by `like`, and laid out freely; and of predictions).
With --names only the names are measured anew. Planted differences are drawn here. `"planted groups"` and `speed` are names too.
Each section of benchmarks/results/explain.md stays until it is measured again.
"""

import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

import belvedere
from belvedere.explain.compare import compare_groups
from belvedere.explain.features import naming_features
from belvedere.explain.names import name_regions
from belvedere.explain.naming_scores import judge_names
from belvedere.explain.rules import Numbers
from belvedere.explain.values import What
from belvedere.explaining import explain_rows
from belvedere.explaining.judging import agreement, faithfulness, sanity, sufficiency, units_of_rows
from belvedere.explaining.looks import describe
from belvedere.explaining.whole import whole_of
from belvedere.sources import open_source

RESULTS = Path(__file__).parent / "results"
N_ROWS = 100


@dataclass(frozen=True)
class Job:
    """One data set: what to open, the target, how many rows, and which set of an archive."""

    path: str
    target: str
    sample: int | None = None
    part: str = ""


JOBS = {
    "digits": Job("sklearn:digits", "digit"),
    "fashion_mnist": Job("fashion_mnist/fashion_mnist.npz", "y", 10_000),
    "adult": Job("adult/adult.parquet", "income", 10_000),
    "rt_polarity": Job("rt_polarity/rt_polarity.parquet", "label"),
    "ItalyPowerDemand": Job("ucr_uea_small/ucr_uea_small.npz", "y", part="ItalyPowerDemand"),
    "GunPoint": Job("ucr_uea_small/ucr_uea_small.npz", "y", part="GunPoint"),
}


def make(job: Job, folder: Path, seed: int, like: belvedere.Map | None = None) -> belvedere.Map:
    """Map one data set."""
    data: Any = job.path if ":" in job.path else str(folder / job.path)
    if job.sample:  # the same rows for every seed, which otherwise would draw others
        data = open_source(data, sample=job.sample).table
    if job.part:
        data = one_ucr_set(folder / job.path, job.part)
    return belvedere.map(data, target=job.target, seed=seed, like=like)


def one_ucr_set(path: Path, name: str) -> pa.Table:
    """One set of the archive as a table with a sequence, a class and the published split."""
    held = np.load(path)
    parts = ("train", "test")
    x = np.concatenate([held[f"{name}_x_{part}"] for part in parts])[:, 0]
    y = np.concatenate([held[f"{name}_y_{part}"] for part in parts])
    split = np.repeat(parts, [len(held[f"{name}_y_{part}"]) for part in parts])
    field = pa.field("x", pa.list_(pa.float32()), metadata={"belvedere.kind": "sequence"})
    schema = pa.schema([field, pa.field("y", pa.string()), pa.field("split", pa.string())])
    return pa.table([pa.array(list(x), pa.list_(pa.float32())), pa.array(y), pa.array(split)], schema=schema)


def judge(made: belvedere.Map, seed: int) -> dict[str, float]:
    """Everything measured on one map."""
    content = made.content
    rows = np.sort(np.random.default_rng(seed).choice(content.n_rows, N_ROWS, replace=False))
    found = explain_rows(content, rows)
    exact = explain_rows(content, rows[:10], exact=True)
    looks = sanity(content, rows, seed=seed)
    return {
        "adds up, worst (≤ 1 %)": max(e.error for e in found),
        "exact, worst (≤ 1e-4)": max(e.error for e in exact),
        "faithfulness (≥ 4)": faithfulness(content, rows, seed=seed).value,
        "kept 20 % (≤ 0.25)": sufficiency(content, rows).value,
        "sanity, signed (≤ 0.3)": looks["along"],
        "sanity, signed per unit (≤ 0.3)": looks["strength"],
        "sanity of |contribution|, for comparison": looks["size"],
        "ms per row, median": 1000 * float(np.median([_seconds(content, int(row)) for row in rows[:30]])),
    }


def _seconds(content: Any, row: int) -> float:
    began = time.perf_counter()
    explain_rows(content, [row])
    return time.perf_counter() - began


def stability(maps: list[belvedere.Map], job: Job, folder: Path) -> dict[str, float]:
    """Rank correlation of the explanations of retrained maps with those of the first: each laid out freely, and over the first.

    The signed pull along the row's own way needs no alignment: turning a map turns the way and the pulls together.
    """
    over = [make(job, folder, seed, like=maps[0]) for seed in range(1, len(maps))]
    return {
        "stability, laid over the first map (≥ 0.7)": alike([maps[0], *over]),
        "stability, laid out freely": alike(maps),
        "stability of why predicted so": alike(maps, "prediction"),
    }


def alike(maps: list[belvedere.Map], what: What = "place") -> float:
    """Mean rank correlation with the first map, over rows and the other maps."""
    rows = np.arange(0, len(maps[0]), max(1, len(maps[0]) // N_ROWS))
    first, *others = ([*units_of_rows(whole_of(m.content), rows, what)] for m in maps)
    return float(np.mean([agreement(first, other)["along"] for other in others]))


def speeds(folder: Path) -> dict[str, float]:
    """Milliseconds per clicked row at 100 columns, and at 64 × 64 pixels, on freshly made small maps."""
    rng = np.random.default_rng(0)
    label = np.where(rng.random(1000) < 0.5, "a", "b")
    shift = (label == "a")[:, None]
    wide = pa.table({f"c{i}": v for i, v in enumerate((rng.normal(size=(1000, 100)) + shift).T)} | {"y": label})
    pixels = (rng.integers(0, 100, (1000, 64 * 64)) + 100 * shift).astype(np.uint8)
    column = pa.FixedSizeListArray.from_arrays(pa.array(pixels.reshape(-1)), 64 * 64)
    field = pa.field("x", column.type, metadata={"belvedere.kind": "image", "belvedere.shape": "64,64,1"})
    large = pa.table([column, pa.array(label)], schema=pa.schema([field, pa.field("y", pa.string())]))
    found = {}
    for name, table in (("ms at 100 columns (≤ 20)", wide), ("ms at 64 × 64 pixels (≤ 300)", large)):
        content = belvedere.map(table, target="y", learning=_short()).content
        _seconds(content, 0)
        found[name] = 1000 * float(np.median([_seconds(content, row) for row in range(1, 31)]))
    return found


def _short() -> Any:
    from belvedere.learn import LearnSettings

    return LearnSettings(epochs=2)


def planted() -> dict[str, float]:
    """Top-k recall and share of false differences with 5 of 100 columns planted and 20 correlated decoys; 200 draws."""
    recall, false, held = [], [], []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        inside, values = np.arange(2000) < 1000, rng.normal(size=(2000, 100))
        for decoy in range(5, 25):
            values[:, decoy] = 0.8 * values[:, decoy % 5] + 0.6 * values[:, decoy]
        values[:, :5] += inside[:, None]
        told = compare_groups([Numbers(f"c{i}", "number", values[:, i]) for i in range(100)], [], inside, seed=seed)
        recall.append(len({d.column for d in told.differences[:5]} & {f"c{i}" for i in range(5)}) / 5)
        false.append(sum(int(d.column[1:]) >= 5 for d in told.found) / max(1, len(told.found)))
        if seed < 40:
            held.append(_rule_of(seed))
    precision, coverage = np.mean(held, axis=0)
    return {
        "planted, top-5 recall (≥ 0.95)": float(np.mean(recall)),
        "false discovery rate (≤ 0.05)": float(np.mean(false)),
        "rule, held-out precision (≥ 0.9)": float(precision),
        "rule, coverage (≥ 0.8)": float(coverage),
    }


def _rule_of(seed: int) -> tuple[float, float]:
    """Precision and coverage of the rule for a group made by two or three cuts, 3 % of the rows mislabeled."""
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(3000, 50))
    inside = np.all(values[:, : 2 + seed % 2] > -0.3, axis=1) ^ (rng.random(3000) < 0.03)
    rule = compare_groups([Numbers(f"c{i}", "number", values[:, i]) for i in range(50)], [], inside, seed=seed).rule
    return (rule.precision, rule.coverage) if rule else (0.0, 0.0)


def names_of(made: belvedere.Map) -> dict[str, float]:
    """How well names, chosen on half of the rows, tell the other half; level by level."""
    content = made.content
    half = np.random.default_rng(0).random(content.n_rows) < 0.5
    more = describe(content.rows, whole_of(content).entrance.inputs, confidence=content.channels.get("confidence"))
    train, held = (
        naming_features(content.rows, content.schema, rows=np.flatnonzero(part)[:: 1 + part.sum() // 20_000], more=more)
        for part in (half, ~half)
    )
    named = name_regions(content.regions, content.region_of, content.rows, content.schema, features=train)
    return judge_names(named, content.region_of, held)


def main() -> None:
    """Measure and write, set by set."""
    words = [word for word in sys.argv[1:] if not word.startswith("--")]
    folder, names = Path(words[0]), words[1:] or list(JOBS)
    seeds = range(5) if "--retrain" in sys.argv else range(1)
    for title, measure in (("planted groups", planted), ("speed", lambda: speeds(folder))):
        if not words[1:] or title in names:
            keep(title, measure())
    for name in [name for name in names if name in JOBS]:
        if "--names" in sys.argv:
            keep(name, known().get(name, {}) | names_of(make(JOBS[name], folder, 0)))
            continue
        maps = [make(JOBS[name], folder, seed) for seed in seeds]
        each = [judge(made, seed) for seed, made in zip(seeds, maps, strict=True)]
        found = {key: float(np.mean([one[key] for one in each])) for key in each[0]} | names_of(maps[0])
        more = stability(maps, JOBS[name], folder) if len(maps) > 1 else {}
        keep(name, {"trainings": len(maps)} | found | more)


def known() -> dict[str, dict[str, float]]:
    """What was measured before, by title."""
    file = RESULTS / "explain.json"
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}


def keep(title: str, found: dict[str, float]) -> None:
    """Put what was found in the place of what was there under the same title, and write everything."""
    print(title, *(f"  {name}: {value:.4g}" for name, value in found.items()), sep="\n", flush=True)
    file = RESULTS / "explain.json"
    kept = known() | {title: found}
    file.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    lines = ["# Explanations, measured", ""]
    for name, values in kept.items():
        lines += [f"## {name}", "", "| measured | value |", "|---|---|"]
        lines += [*(f"| {what} | {value:.4g} |" for what, value in values.items()), ""]
    (RESULTS / "explain.md").write_text("\n".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
