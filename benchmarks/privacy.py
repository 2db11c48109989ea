"""Measure whether privacy promises hold: `python benchmarks/privacy.py`; some four minutes on one thread of a busy machine.

Parts: k-anonymity of 500 random tables, canary strings in the bytes of copies, and a membership attack on one small
network trained the usual way until it knows its rows by heart, beside the same network trained privately.
Writes benchmarks/results/privacy.md and privacy.json.
"""

import argparse
import json
import platform
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results"
sys.path.insert(0, str(ROOT / "tests"))  # the generator of random people stands there

from belvedere import kinds, networks, training  # noqa: E402
from belvedere.kinds import learn_kinds  # noqa: E402
from belvedere.progress import Silent  # noqa: E402
from belvedere.sharing import make_copy, share  # noqa: E402
from belvedere.sharing.membership import attack  # noqa: E402
from belvedere.sources import open_source  # noqa: E402
from random_people import CANARIES, random_content, smallest_group  # noqa: E402

N_TABLES, N_CANARIES = 500, 30
SEEDS = {2000: range(100, 105), 1000: range(100, 103)}  # by rows learned; as many are held out
EPSILON, DELTA = 8.0, 1e-5


def measure_anonymity() -> dict[str, Any]:
    """Smallest group of equal rows in copies of random tables, by k."""
    failed, smallest, n_rows = 0, {2: 10**9, 5: 10**9, 10: 10**9}, 0
    for seed in range(N_TABLES):
        content, k = random_content(seed), (2, 5, 10)[seed % 3]
        found = smallest_group(make_copy(content, k=k).content)
        failed, smallest[k], n_rows = failed + (found < k), min(smallest[k], found), n_rows + content.n_rows
    return {"tables": N_TABLES, "rows": n_rows, "below k": failed, "smallest group by k": smallest}


def measure_canaries() -> dict[str, Any]:
    """Canaries found in all bytes of copies, written to disk, plain and with noise."""
    from belvedere.mapfolder import save

    hits, before, planted = 0, 0, 0
    with tempfile.TemporaryDirectory() as scratch:
        for seed in range(N_CANARIES):
            content = random_content(seed, n_rows=300)
            words = CANARIES(300)
            planted += len(words)
            before += _hits(save(content, Path(scratch) / f"{seed}.map"), words)
            hits += _hits(share(content, noise=bool(seed % 2)).save(Path(scratch) / f"{seed}.copy.map"), words)
    return {"copies": N_CANARIES, "canaries planted": planted, "found in maps before": before, "found in copies": hits}


def _hits(folder: Path, words: list[str]) -> int:
    from belvedere.mapfolder import open_folder

    found = b"\n".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())
    found += json.dumps(open_folder(folder).rows.to_pylist(), default=str, ensure_ascii=False).encode()
    return sum(word.encode() in found for word in words)


def measure_membership() -> dict[str, Any]:
    """AUC and share found at 1 % false alarms of an attack by errors, usual and private, by rows learned."""
    told: dict[str, Any] = {}
    for n_rows, seeds in SEEDS.items():
        rows = [dict(zip(("usual", "private"), _both(n_rows, seed), strict=True)) for seed in seeds]
        cell: dict[str, Any] = {"seeds": len(seeds), "epsilon": rows[0]["private"]["epsilon"], "delta": DELTA}
        for how in ("usual", "private"):
            for what in ("auc", "found", "accuracy"):
                values = [row[how][what] for row in rows]
                cell[f"{how} {what}"] = {"mean": float(np.mean(values)), "each": [round(v, 4) for v in values]}
        told[str(n_rows)] = cell
    return told


def _both(n_rows: int, seed: int) -> tuple[dict[str, float], dict[str, float]]:
    """The same network, data and seed of weights: trained the usual way, then privately as the product does it."""
    source, schema = _people(n_rows, seed)
    inputs = kinds.fit_inputs(source.read(0, n_rows), schema, seed=seed)
    target = kinds.fit_labels(source.table, "ill")
    arrays, labels = kinds.make_arrays(source.table, inputs), kinds.make_labels(source.table, target)
    halves = (slice(n_rows), slice(n_rows, None))
    parts = [training.make_rows({k: v[at] for k, v in arrays.items()}, labels[at]) for at in halves]
    nobody = training.Rows({k: v[:0] for k, v in parts[0].arrays.items()}, parts[0].labels[:0])
    plan = training.Plan(epochs=40, batch_size=64, learning_rate=2e-3, weight_decay=0.0, seed=seed, threads=1)
    private = training.private_plan(plan, n_rows, batch_size=None)
    objective = training.objective_for(target.task)
    how: dict[str, Any] = {"loss": (objective.loss, objective.reported), "progress": Silent()}
    networks_ = []
    for _ in range(2):
        torch.manual_seed(seed)
        shape = networks.Shape(32, 0.0, 64, 1)
        networks_.append(networks.build_network(inputs, target, network="tabular", settings=shape))
    training.train(networks_[0], parts[0], nobody, plan=plan, **how)
    spent = training.train_privately(networks_[1], parts[0], nobody, plan=private, budget=(EPSILON, DELTA), **how)[1]
    usual, hidden = (_attacked(network, parts) for network in networks_)
    return usual, {**hidden, "epsilon": spent.epsilon}


def _people(n_rows: int, seed: int) -> Any:
    """Numbers and categories, and a label of which a quarter is chance: what a network can only learn by heart."""
    rng = np.random.default_rng(seed)
    n = 2 * n_rows
    numbers = {f"n{i}": rng.normal(size=n) for i in range(10)}
    jobs = rng.choice(["a", "b", "c", "d", "e"], n)
    truth = numbers["n0"] + numbers["n1"] + (jobs == "a") > 0.2
    ill = np.where(rng.random(n) < 0.25, ~truth, truth)
    source = open_source({**numbers, "job": jobs, "ill": np.where(ill, "yes", "no")})
    return source, learn_kinds(source, target="ill")


def _attacked(network: Any, parts: list[training.Rows]) -> dict[str, float]:
    errors, right = [], []
    with torch.no_grad():
        for rows in parts:
            chance = torch.sigmoid(network(rows.arrays).reshape(len(rows), -1).mean(dim=1)).numpy()
            label = rows.labels.numpy()
            errors.append(np.abs(label - chance).astype(np.float64))
            right.append(float(((chance > 0.5) == label).mean()))
    found = attack(*errors)
    return {"auc": found.auc, "found": found.found, "accuracy": right[1]}


PARTS = {"anonymity": measure_anonymity, "canaries": measure_canaries, "membership": measure_membership}


def page(told: dict[str, Any]) -> str:
    """The results as Markdown, each beside its bar."""
    a, c = told["anonymity"], told["canaries"]
    groups = ", ".join(f"{size} at k = {k}" for k, size in a["smallest group by k"].items())
    lines = [
        "# Privacy", "",
        f"Made by `python benchmarks/privacy.py` on {told['machine']}; one thread, {told['seconds']:.0f} s.", "",
        "| promise | bar | measured |", "|---|---|---|",
        f"| every row of a copy equals k − 1 others ({a['tables']} random tables, {a['rows']:,} rows) | 0 tables below k | "
        f"{a['below k']}; smallest group {groups} |",
        f"| canaries in the bytes of {c['copies']} copies ({c['canaries planted']:,} planted, {c['found in maps before']:,} "
        f"found in the maps themselves) | 0 | {c['found in copies']} |", "",
        "## Membership", "",
        "An attack by the network's error alone on one network, trained the usual way until it knows its rows by heart (no rows "
        "held back to stop it), and privately. Bars: private AUC ≤ 0.52 and ≤ 1.5 % found at 1 % false alarms, where the usual "
        "one gives AUC ≥ 0.70.", "",
        "| rows learned | training | AUC | of each seed | found at 1 % false alarms | accuracy, held out | bar |",
        "|---|---|---|---|---|---|---|",
    ]  # fmt: skip
    for n_rows, cell in told["membership"].items():
        usual, auc, found = cell["usual auc"]["mean"], cell["private auc"]["mean"], cell["private found"]["mean"]
        bars = {"usual": usual >= 0.70, "private": auc <= 0.52 and found <= 0.015}
        names = {"usual": "usual", "private": f"private, epsilon {cell['epsilon']:.2f}, delta {cell['delta']:g}"}
        for how, name in names.items():
            each = ", ".join(f"{value:.3f}" for value in cell[f"{how} auc"]["each"])
            lines.append(
                f"| {int(n_rows):,} | {name} | {cell[f'{how} auc']['mean']:.3f} | {each} | {cell[f'{how} found']['mean']:.1%} | "
                f"{cell[f'{how} accuracy']['mean']:.3f} | {'kept' if bars[how] else 'missed'} |"
            )
    lines += [
        "",
        "A quarter of the labels is chance, so 0.75 is the best accuracy. Stronger attacks (shadow networks) find more.",
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure all parts and write the results."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    torch.set_num_threads(1)
    began = time.monotonic()
    told: dict[str, Any] = {name: measure() for name, measure in PARTS.items()}
    packages = ", ".join(f"{name} {version(name)}" for name in ("torch", "opacus", "numpy"))
    told["machine"] = f"{platform.machine()}, Python {platform.python_version()}, {packages}"
    told["seconds"] = time.monotonic() - began
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "privacy.json").write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    (RESULTS / "privacy.md").write_text(page(told), encoding="utf-8")
    print(page(told))


if __name__ == "__main__":
    main()
