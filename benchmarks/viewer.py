"""The explorer in a headless Chromium without a graphics card: load time, frames, filters, memory, by number of rows.

    python benchmarks/viewer.py                                   # 100k, 1M, 5M, 10M rows, and the peers
    python benchmarks/viewer.py --rows 100000 1000000 --no-peers --runs 3

Maps are invented (`tests/make_fake_map.py`; above a million rows its rows are repeated with jittered places), served by the
code of `belvedere view`, and opened at 1440 × 900. Frames are what the page shows: from an input to the first picture
after it (the coarse frame) and to the last one (the full frame). Needs Node, `npm ci` in viewer/, and Chromium; peers come
from the npm registry, are built here and given the same points; one that shows nothing is reported as such.
Results go to `benchmarks/results/viewer.md` and `.json`.
"""

import argparse
import http.server
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pyarrow as pa

ROOT = Path(__file__).parent.parent
RESULTS, VIEWER, PEERS = ROOT / "benchmarks/results", ROOT / "viewer", ROOT / "benchmarks/viewer_peers"
ROWS = (100_000, 1_000_000, 5_000_000, 10_000_000)
BASE_ROWS = 1_000_000
PEER_NAMES = {"regl": "regl-scatterplot 1.16.0", "atlas": "Embedding Atlas 0.26.0"}
SERVE = """
import sys, time
from pathlib import Path
from belvedere import mapfolder
from belvedere.serve.run import start_server
from belvedere.serve.served import Served
began = time.perf_counter()
running = start_server(Served(mapfolder.open_folder(Path(sys.argv[1]))))
print(running.link, round(time.perf_counter() - began, 2), flush=True)
sys.stdin.read()
"""


def make_map(n_rows: int, folder: Path) -> Path:
    """An invented map of so many rows, saved."""
    sys.path.insert(0, str(ROOT / "tests"))
    from belvedere.mapfolder import save
    from make_fake_map import make_fake_content

    path = folder / f"{n_rows}.map"
    content = make_fake_content(min(n_rows, BASE_ROWS), images=False)
    if not path.exists():
        save(content if n_rows <= BASE_ROWS else repeat(content, n_rows // BASE_ROWS), path)
    return path


def repeat(content: Any, times: int) -> Any:
    """The same rows several times, each copy's places moved a little."""
    n, rng = content.n_rows, np.random.default_rng(1)
    again = lambda values: np.concatenate([values] * times)  # noqa: E731
    places = again(content.places) + rng.standard_normal((n * times, 2), dtype=np.float32) * 0.05
    return replace(
        content, rows=pa.concat_tables([content.rows] * times), places=places,
        channels={name: again(values) for name, values in content.channels.items()},
        predicted=again(content.predicted), split=again(content.split), region_of=again(content.region_of),
        neighbors=np.concatenate([content.neighbors + i * n for i in range(times)]), latent=again(content.latent),
        regions=tuple(replace(region, n_rows=region.n_rows * times) for region in content.regions),
    )  # fmt: skip


@contextmanager
def served(path: Path) -> Iterator[tuple[str, float]]:
    """A server in a process of its own: its link, and the seconds from opening the folder to the link."""
    command = [sys.executable, "-c", SERVE, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            link, seconds = server.stdout.readline().split()
            yield link, float(seconds)
        finally:
            server.terminate()


def measure(path: Path, n_runs: int) -> dict[str, Any]:
    """Medians of the numbers of several runs, each with a new server and a new browser."""
    runs = []
    for _ in range(n_runs):
        with served(path) as (link, seconds):
            found = node("scripts/measure.mjs", link)
        runs.append({"server_s": seconds} | found)
    return middle(runs)


def middle(values: list[Any]) -> Any:
    """The median of numbers, inside dicts too; None where one run has none."""
    if any(value is None for value in values):
        return None
    if isinstance(values[0], dict):
        return {key: middle([value[key] for value in values]) for key in values[0]}
    return median(values)


def node(script: str, *words: str) -> dict[str, Any]:
    """Run a script of the viewer and read the JSON of its last line."""
    done = subprocess.run(["node", script, *words], cwd=VIEWER, capture_output=True, text=True, timeout=900)
    if done.returncode:
        raise SystemExit(done.stderr)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def build_peers(folder: Path) -> Path | None:
    """The peers' pages, built from the registry's packages; None where they cannot be had."""
    shutil.copytree(PEERS, folder, dirs_exist_ok=True)
    for command in (["npm", "install", "--no-audit", "--no-fund", "--legacy-peer-deps"], ["npx", "vite", "build"]):
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=600)
        if done.returncode:
            print(f"Peers are left out: {' '.join(command)}: {done.stderr[-400:]}", file=sys.stderr)
            return None
    return folder / "dist"


def measure_peers(dist: Path, path: Path) -> dict[str, Any]:
    """Both peers with the points of one map."""
    from belvedere.mapfolder import open_folder
    from belvedere.page import Page

    page = Page(open_folder(path))
    index = next(i for i, shown in enumerate(page.shown) if shown.name == "collection")
    codes = np.minimum(page.column(index).values, 4).astype(np.uint8)
    (dist / "places.bin").write_bytes((page.places() / np.float32(65_535)).astype("<f4").tobytes())
    (dist / "categories.bin").write_bytes(codes.tobytes())
    with file_server(dist) as address:
        return {name: node("scripts/measure_peer.mjs", f"{address}/{name}.html") for name in PEER_NAMES}


@contextmanager
def file_server(folder: Path) -> Iterator[str]:
    """Files over http, for as long as it is open."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()


LINES = (  # what, where in the result, bar by number of rows
    ("server ready (s)", "server_s"), ("first picture (ms)", "first_picture_ms"), ("all rows shown (ms)", "whole_map_ms"),
    ("pan: first frame (ms)", "pan.answer_ms.median"), ("pan: full frame (ms)", "pan.settled_ms.median"),
    ("zoom: first frame (ms)", "zoom.answer_ms.median"), ("zoom: full frame (ms)", "zoom.settled_ms.median"),
    ("pan under a filter: first frame (ms)", "pan_filtered.answer_ms.median"),
    ("cross-filter step (ms)", "filter_ms.median"), ("50 rows of the table (ms)", "rows_ms.median"),
    ("page memory (MB)", "memory_mb"), ("page memory after use (MB)", "memory_after_mb"),
)  # fmt: skip


def look_up(result: Any, path: str) -> str:
    """A number of a result as text; a dash where there is none."""
    for key in path.split("."):
        result = result.get(key) if isinstance(result, dict) else None
    return "–" if result is None else f"{result:,.4g}" if isinstance(result, float) else f"{result:,}"


def write_results(results: dict[int, Any], peers: dict[int, Any], n_runs: int) -> None:
    """The table and the numbers behind it."""
    machine = (
        f"{platform.machine()}, {os.cpu_count()} cores, no graphics card; load {os.getloadavg()[0]:.1f} at the end"
    )
    about = {"machine": machine, "runs": n_runs, "made": time.strftime("%Y-%m-%d")}
    lines = [f"# The explorer in a browser\n\n{machine}; median of {n_runs} runs, {about['made']}.\n",
             "| | " + " | ".join(f"{n:,} rows" for n in results) + " |", "|---|" + "---|" * len(results)]  # fmt: skip
    lines += [f"| {what} | " + " | ".join(look_up(r, at) for r in results.values()) + " |" for what, at in LINES]
    for name, title in PEER_NAMES.items():
        cells = [peer_cell(peers[n][name]) if n in peers else "not measured" for n in results]
        lines.append(f"| {title}: first picture · zoom frame | " + " | ".join(cells) + " |")
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "viewer.md").write_text("\n".join(lines) + "\n")
    (RESULTS / "viewer.json").write_text(json.dumps(about | {"belvedere": results, "peers": peers}, indent=1) + "\n")


def peer_cell(found: dict[str, Any]) -> str:
    """What a peer did."""
    if not found["drew"]:
        return "did not draw"
    return f"{found['first_picture_ms']:,} ms · {found['zoom']['settled_ms']['median']:,} ms"


def main() -> None:
    """Read the command line, measure, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+", default=ROWS)
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument("--scratch", type=Path, help="keep the maps here (10M rows: 3 GB)")
    args = parser.parse_args()
    results: dict[int, Any] = {}
    peers: dict[int, Any] = {}
    with tempfile.TemporaryDirectory(prefix="belvedere-bench-", dir=args.scratch) as scratch:
        dist = None if args.no_peers else build_peers(Path(scratch) / "peers")
        for n_rows in args.rows:
            path = make_map(n_rows, args.scratch or Path(scratch))
            results[n_rows] = measure(path, args.runs)
            if dist:
                peers[n_rows] = measure_peers(dist, path)
            print(n_rows, json.dumps(results[n_rows]), json.dumps(peers.get(n_rows)), flush=True)
            write_results(results, peers, args.runs)


if __name__ == "__main__":
    main()
