"""Time the main job, whole processes from cold, on real data: `python benchmarks/main_job.py DATA_FOLDER [NAME …]`.

DATA_FOLDER holds the public sets by the names below (see docs/benchmarks.md for where they come from). Each run is one
`belvedere map … --json --no-view`; wall and CPU seconds and peak memory are the operating system's own account of the
finished process. Writes a Markdown table and the raw JSON to benchmarks/results/.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True)
class Job:
    """One data set and the options that a user would give."""

    path: str
    options: tuple[str, ...] = ()


JOBS = {
    "adult": Job("adult/adult.parquet", ("--target", "income")),
    "fashion_mnist": Job("fashion_mnist/fashion_mnist.npz", ("--target", "y")),
    "hflights": Job("hflights/hflights.parquet"),
    "rt_polarity": Job("rt_polarity/rt_polarity.parquet", ("--target", "label")),
    "spoken_digits": Job("spoken_digits/spoken_digits.npz", ("--target", "y", "--ignore", "speaker")),
    "zh_online_shopping": Job("zh_online_shopping/zh_online_shopping.parquet", ("--target", "cat")),
    "scrna_mouse_bladder": Job("scrna_mouse_bladder/counts.npz"),
    "scrna_worm_neuron": Job("scrna_worm_neuron/counts.npz"),
}


@dataclass(frozen=True)
class Outcome:
    """What one run cost and gave."""

    name: str
    status: int
    wall_s: float
    cpu_s: float
    peak_gb: float
    rows: int
    scores: dict[str, tuple[float, float | None, str]]
    said: str


def run(name: str, job: Job, folder: Path) -> Outcome:
    """Map one data set in a process of its own."""
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch) / "out.map"
        words = [sys.executable, "-m", "belvedere", "map", str(folder / job.path), *job.options]
        began = time.perf_counter()
        process = subprocess.Popen(
            [*words, "--out", str(out), "--json", "--no-view"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        stdout, stderr = process.communicate()
        wall = time.perf_counter() - began
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    made = json.loads(stdout) if process.returncode == 0 else {"rows": 0, "scores": []}
    scores = {s["name"]: (s["value"], s["baseline"], s["baseline_name"]) for s in made["scores"]}
    cpu = used.ru_utime + used.ru_stime
    return Outcome(name, process.returncode, wall, cpu, used.ru_maxrss / 2**20, made["rows"], scores, stderr[-400:])


def table(outcomes: list[Outcome]) -> str:
    """Write the outcomes as Markdown."""
    lines = ["| data | rows | wall s | CPU s | peak GB | scores (baseline) |", "|---|---|---|---|---|---|"]
    for o in outcomes:
        said = "; ".join(
            f"{name} {value:.3f}" + (f" ({base:.3f} {what})" if base is not None else "")
            for name, (value, base, what) in o.scores.items()
        )
        lines.append(
            f"| {o.name} | {o.rows:,} | {o.wall_s:.0f} | {o.cpu_s:.0f} | {o.peak_gb:.1f} | "
            f"{said or f'failed with status {o.status}: {o.said}'} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Run the jobs, each in a forked child so that its resources are its own."""
    folder, names = Path(sys.argv[1]), sys.argv[2:] or list(JOBS)
    outcomes = [in_child(name, folder) for name in names]
    RESULTS.mkdir(exist_ok=True)
    stamp = "main_job" if len(names) == len(JOBS) else f"main_job_{'_'.join(names)}"
    (RESULTS / f"{stamp}.json").write_text(json.dumps([asdict(o) for o in outcomes], indent=1))
    (RESULTS / f"{stamp}.md").write_text(table(outcomes) + "\n")
    print(table(outcomes))


def in_child(name: str, folder: Path) -> Outcome:
    """Fork, so that the account of finished children starts at zero for each run."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        with os.fdopen(writing, "w") as pipe:
            json.dump(asdict(run(name, JOBS[name], folder)), pipe)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        outcome = Outcome(**json.load(pipe))
    os.waitpid(child, 0)
    return outcome


if __name__ == "__main__":
    main()
