"""Time, memory and bytes against rows and workers: `python benchmarks/scale.py [--rows 100000 1000000 10000000] [--workers 1 2]`.

Data are made here: a mixture of 50 groups in 50 columns, a label, in one Parquet file per size. Each run is one
`belvedere` command in a process of its own, from cold, imports included: `map --network none`, then with the network
of a small map `place` by the local engine and by Ray with each number of workers, and `place --append`. While it
runs, all its processes are looked at five times a second: memory is the largest sum of what the system cannot take
back (anonymous and shared pages) and of all resident pages (a page that two processes share counts twice); bytes are
what they read and wrote by system calls. Start-up is told apart by a line through the sizes: seconds = start + rows /
rate. Results go to benchmarks/results/scale.json and scale.md.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

RESULTS = Path(__file__).parent / "results"
COLUMNS, GROUPS, CHUNK = 50, 50, 500_000
LEARNED_ROWS = 100_000  # of the map that places
LOOK_S = 0.2
BILLION, NODES, PROCESSORS = 1_000_000_000, (1, 10, 100), 16  # of the projection: rows, nodes, processors of a node


@dataclass(frozen=True)
class Run:
    """What one command cost."""

    what: str
    rows: int
    workers: int
    seconds: float
    own_gb: float
    resident_gb: float
    read_gb: float
    written_gb: float
    status: int
    said: str = ""


@dataclass(frozen=True)
class Line:
    """seconds = start + rows / rate, and how many times the time and memory of the one before the largest size took."""

    what: str
    workers: int
    start_s: float
    rows_per_s: float
    growth: float
    memory_growth: float


@dataclass
class Watched:
    """The largest memory seen of a family of processes, and the bytes that each of them had moved when last seen."""

    own: int = 0
    resident: int = 0
    moved: dict[int, tuple[int, int]] = field(default_factory=dict)

    def look(self, root: int) -> None:
        """Look at a process and all its descendants once."""
        own = resident = 0
        for number in family(root):
            try:
                said = facts(f"/proc/{number}/status")
                io = facts(f"/proc/{number}/io")
            except OSError:  # it ended meanwhile
                continue
            own += 1024 * (said.get("RssAnon", 0) + said.get("RssShmem", 0))
            resident += 1024 * said.get("VmRSS", 0)
            self.moved[number] = (io.get("rchar", 0), io.get("wchar", 0))
        self.own, self.resident = max(self.own, own), max(self.resident, resident)


def facts(path: str) -> dict[str, int]:
    """Lines `name: number` of a file of the system."""
    lines = (line.split(":", 1) for line in Path(path).read_text().splitlines())
    return {name: int(value.split()[0]) for name, value in lines if value.split() and value.split()[0].isdigit()}


def family(root: int) -> list[int]:
    """Numbers of a process and its descendants."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
            parents.setdefault(parent, []).append(int(entry.name))
    found = [root]
    for number in found:  # grows while it is walked
        found.extend(parents.get(number, []))
    return found


def run(what: str, rows: int, workers: int, words: list[str]) -> Run:
    """Run one command and watch it."""
    began, watched = time.perf_counter(), Watched()
    with tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "belvedere", *words], stdout=subprocess.DEVNULL, stderr=errors, text=True
        )
        while process.poll() is None:
            watched.look(process.pid)
            time.sleep(LOOK_S)
        seconds = time.perf_counter() - began
        errors.seek(0)
        said = errors.read()[-300:] if process.returncode else ""
    read, written = (sum(pair[i] for pair in watched.moved.values()) for i in (0, 1))
    sizes = (value / 1e9 for value in (watched.own, watched.resident, read, written))
    made = Run(what, rows, workers, seconds, *sizes, process.returncode, said)
    print(made, flush=True)
    return made


def make_rows(path: Path, n_rows: int) -> None:
    """Write a mixture with a label, chunk by chunk."""
    random = np.random.default_rng(0)
    centers = 4 * random.standard_normal((GROUPS, COLUMNS)).astype(np.float32)
    writer = None
    for start in range(0, n_rows, CHUNK):
        group = random.integers(GROUPS, size=min(CHUNK, n_rows - start))
        values = centers[group] + random.standard_normal((len(group), COLUMNS), dtype=np.float32)
        table = pa.table({f"c{i}": values[:, i] for i in range(COLUMNS)} | {"group": [f"g{g}" for g in group]})
        writer = writer or pq.ParquetWriter(path, table.schema)
        writer.write_table(table)
    if writer is not None:
        writer.close()


def measure(sizes: list[int], workers: list[int], memory: str | None, network: str, folder: Path) -> list[Run]:
    """Run everything."""
    bound = ["--memory", memory] if memory else []
    small, learned = folder / "small.parquet", folder / "learned.map"
    make_rows(small, min(LEARNED_ROWS, *sizes))
    runs = [run("learn", min(LEARNED_ROWS, *sizes), 0, learn_words(small, learned, network))]
    for rows in sizes:
        data, out = folder / "rows.parquet", folder / "out"
        make_rows(data, rows)
        plain = ["map", str(data), "--network", "none", "--ignore", "group", "--no-view", "--out", str(out), *bound]
        runs.append(run("map", rows, 0, plain))
        shutil.rmtree(out, ignore_errors=True)
        place = ["place", str(learned), str(data), "--json"]
        runs.append(run("place, local", rows, 0, [*place, "--out", str(folder / "local.parquet")]))
        for n in workers:
            words = [*place, "--engine", "ray", "--workers", str(n), "--out", str(folder / "ray.parquet")]
            runs.append(run("place, ray", rows, n, words))
            insist_on_equal(folder / "local.parquet", folder / "ray.parquet")
        runs.append(run("append", rows, 0, [*place, "--append", "--out", str(out)]))
        shutil.rmtree(out, ignore_errors=True)
    return runs


def learn_words(data: Path, out: Path, network: str) -> list[str]:
    """The command that makes the map which places."""
    words = ["map", str(data), "--target", "group", "--network", network, "--epochs", "3", "--no-view"]
    return [*words, "--out", str(out)]


def insist_on_equal(one: Path, other: Path) -> None:
    """Both engines must give the same bytes."""
    if one.is_file() and other.is_file() and not subprocess.run(["cmp", "-s", one, other], check=False).returncode == 0:
        raise SystemExit(f"{one} and {other} must hold the same bytes, but differ.")
    other.unlink(missing_ok=True)


def fit(runs: list[Run]) -> list[Line]:
    """A line through the sizes of each kind of run, by relative error; two sizes at least."""
    lines = []
    for what, workers in dict.fromkeys((r.what, r.workers) for r in runs):
        own = sorted((r for r in runs if (r.what, r.workers) == (what, workers) and not r.status), key=lambda r: r.rows)
        if len(own) < 2:
            continue
        seconds, rows = np.array([r.seconds for r in own]), np.array([float(r.rows) for r in own])
        start, per_row = np.linalg.lstsq(
            np.stack([1 / seconds, rows / seconds], axis=1), np.ones(len(own)), rcond=None
        )[0]
        lines.append(
            Line(
                what,
                workers,
                float(start),
                float(1 / max(per_row, 1e-12)),
                own[-1].seconds / own[-2].seconds,
                own[-1].own_gb / max(own[-2].own_gb, 1e-3),
            )
        )
    return lines


def project(lines: list[Line]) -> list[str]:
    """Minutes for a billion rows, if every worker is as fast as one is here and the driver no faster than the local engine is."""
    one = next((line for line in lines if line.what == "place, ray" and line.workers == 1), None)
    local = next((line for line in lines if line.what == "place, local"), None)
    if one is None or local is None:
        return []
    told = [
        "",
        f"Placing {BILLION:,} rows on paper, {PROCESSORS - 1} workers per node:",
        "",
        "| nodes | minutes |",
        "|---|---|",
    ]
    for nodes in NODES:
        wanted = one.rows_per_s * (PROCESSORS - 1) * nodes
        told.append(f"| {nodes} | {BILLION / wanted / 60:.1f} if the driver keeps up |")
    told += ["", f"A driver that reads and writes as fast as the local engine does all of it bounds this to "
             f"{BILLION / local.rows_per_s / 60:.0f} minutes at worst."]  # fmt: skip
    return told


def table(runs: list[Run], lines: list[Line]) -> str:
    """The results as Markdown."""
    told = [
        "| what | rows | workers | wall s | own GB | resident GB | read GB | written GB |",
        "|---|---|---|---|---|---|---|---|",
    ]
    told += [
        f"| {r.what} | {r.rows:,} | {r.workers or ''} | {r.seconds:.1f} | {r.own_gb:.2f} | {r.resident_gb:.2f} | "
        f"{r.read_gb:.2f} | {r.written_gb:.2f} |" + (f" failed with status {r.status}: {r.said}" if r.status else "")
        for r in runs
    ]
    told += ["", "| what | workers | start s | rows per s | largest size took, × the one before | its memory, × |"]
    told += ["|---|---|---|---|---|---|"]
    told += [
        f"| {line.what} | {line.workers or ''} | {line.start_s:.1f} | {line.rows_per_s:,.0f} | "
        f"{line.growth:.1f} | {line.memory_growth:.1f} |"
        for line in lines
    ]
    return "\n".join([*told, *project(lines)])


def main() -> None:
    """Read what is asked, run it, write the results."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000, 1_000_000, 10_000_000])
    parser.add_argument("--workers", type=int, nargs="*", default=[1, 2])
    parser.add_argument("--memory", help="bound for belvedere map, such as 2GB")
    parser.add_argument("--network", default="auto", help="that places: auto is an ensemble, mlp is small")
    parser.add_argument("--out", type=Path, default=RESULTS)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as folder:
        runs = measure(asked.rows, asked.workers, asked.memory, asked.network, Path(folder))
    lines = fit(runs)
    asked.out.mkdir(parents=True, exist_ok=True)
    (asked.out / "scale.json").write_text(json.dumps([asdict(r) for r in runs] + [asdict(x) for x in lines], indent=1))
    (asked.out / "scale.md").write_text(table(runs, lines) + "\n")
    print(table(runs, lines))


if __name__ == "__main__":
    main()
