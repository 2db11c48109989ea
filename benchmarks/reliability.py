"""Kill the program again and again and look at what it left; ask a server ten thousand times and look at its memory.

    python benchmarks/reliability.py kills [--times 200]      # kill -9 while it learns, saves, appends and exports
    python benchmarks/reliability.py server [--requests 10000] [--connections 50]

Kills come at a moment drawn evenly between the start and the end of a whole run. Afterwards the map must be the old one,
byte for byte, or the new one, whole (its checksums and all its parts read); an export must be absent, the old file, or a
whole one. When all kills of one command are done, the command runs once in peace: it must end well, and nothing but the map
may lie in the folder. Server: a map of 20,000 rows; every connection asks in turn for the page's parts, rows, search, groups;
memory is what the system holds for the process (RSS), after the first tenth and at the end. Results go to
benchmarks/results/reliability-kills.md and reliability-server.md. Needs Linux.
"""

import argparse
import hashlib
import http.client
import json
import random
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from kept import keep

from belvedere.errors import BelvedereError
from belvedere.mapfolder import open_folder, verify

TITLE = "Killed, and asked ten thousand times"
BELVEDERE = [sys.executable, "-m", "belvedere"]


def make_rows(path: Path, n: int, seed: int = 0) -> None:
    """A table of numbers, a category, words and a class that depends on them."""
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(n, 6)).astype(np.float32)
    label = np.where(values[:, 0] + rng.normal(size=n) > 0, "yes", "no")
    words = [f"{rng.choice(['red', 'blue', 'old'])} {rng.choice(['cup', 'map', 'bow'])} {i % 97}" for i in range(n)]
    columns: dict[str, Any] = {f"c{i}": values[:, i] for i in range(6)}
    pq.write_table(pa.table(columns | {"city": rng.choice(["Ulm", "Bari"], n), "about": words, "label": label}), path)


@dataclass(frozen=True)
class Command:
    """A command to be killed, what it works on, and whether what it left is whole: the old one, or a new one."""

    name: str
    words: tuple[str, ...]
    result: str
    share: float


COMMANDS = (
    Command("map --replace", ("map", "rows.parquet", "--target", "label", "--epochs", "4", "--no-view", "--replace",
                              "--out", "a.map"), "a.map", 0.5),
    Command("place --append", ("place", "a.map", "more.parquet", "--append"), "a.map", 0.25),
    Command("export --html", ("export", "a.map", "--html", "a.html", "--yes"), "a.html", 0.125),
    Command("export --parquet", ("export", "a.map", "--parquet", "a.parquet", "--yes"), "a.parquet", 0.125),
)  # fmt: skip


def state(path: Path) -> str:
    """A digest of a file, or of all files of a folder; empty where there is none."""
    if not path.exists():
        return ""
    files = sorted(path.rglob("*")) if path.is_dir() else [path]
    digest = hashlib.sha256()
    for file in files:
        if file.is_file():
            digest.update(str(file.relative_to(path.parent)).encode() + file.read_bytes())
    return digest.hexdigest()


def is_whole(path: Path) -> bool:
    """Whether a map opens and fits its checksums, or an exported file can be read to its end."""
    try:
        if path.suffix == ".map":
            verify(path)
            return open_folder(path).n_rows > 0
        if path.suffix == ".parquet":
            return pq.read_table(path).num_rows > 0
        return path.read_text(encoding="utf-8").rstrip().endswith("</html>")
    except (BelvedereError, OSError, ValueError):
        return False


def run(words: tuple[str, ...], folder: Path, kill_after: float | None = None) -> tuple[int, float]:
    """Run a command, or kill it after some seconds with all its processes; its status, and seconds."""
    began = time.perf_counter()
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen([*BELVEDERE, *words], cwd=folder, start_new_session=True, **quiet)
    try:
        process.wait(kill_after)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.wait()
    return process.returncode, time.perf_counter() - began


def kill(command: Command, times: int, folder: Path, rng: random.Random) -> dict[str, Any]:
    """Kill one command so many times, and let it end once."""
    result = folder / command.result
    _, seconds = run(command.words, folder)
    kept = changed = broken = 0
    for _ in range(times):
        while True:  # a run that ends before its turn is none
            before = state(result)
            status, _ = run(command.words, folder, rng.uniform(0, seconds))
            if status == -signal.SIGKILL:
                break
        if state(result) == before:
            kept += 1
        elif is_whole(result):
            changed += 1
        else:
            broken += 1
    status, _ = run(command.words, folder)
    allowed = {"a.map", "a.html", "a.parquet", "rows.parquet", "more.parquet"}
    left = sorted({path.name for path in folder.iterdir()} - allowed)
    return {
        "command": command.name, "killed": times, "old one as it was": kept, "new one, whole": changed, "broken": broken,
        "afterwards": f"status {status}, left behind: {', '.join(left) or 'nothing'}",
    }  # fmt: skip


def kills(asked: argparse.Namespace) -> None:
    """All commands, one table."""
    rng = random.Random(0)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_rows(folder / "rows.parquet", 2000)
        make_rows(folder / "more.parquet", 500, seed=1)
        run(COMMANDS[0].words, folder)
        for command in COMMANDS:
            row = kill(command, round(asked.times * command.share), folder, rng)
            print(row, flush=True)
            keep("reliability-kills", TITLE, [row], key=("command",))


@dataclass(frozen=True)
class Door:
    """Where a server listens, and the cookie that lets in."""

    host: str
    port: int
    cookie: str

    def ask(self, connection: http.client.HTTPConnection, method: str, path: str, body: Any = None) -> int:
        """One request; its status, once the whole answer has been read."""
        headers = {"Cookie": self.cookie} | ({"Content-Type": "application/json"} if method == "POST" else {})
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = connection.getresponse()
        answer.read()
        return answer.status


def open_door(link: str) -> Door:
    """Spend the token of the first link."""
    found = re.match(r"http://([^:/]+):(\d+)(/.*)", link)
    assert found is not None, link
    connection = http.client.HTTPConnection(found[1], int(found[2]))
    connection.request("GET", found[3])
    answer = connection.getresponse()
    answer.read()
    return Door(found[1], int(found[2]), answer.getheader("set-cookie", "").split(";")[0])


NAMED = {"city": "Ulm", "about": "red cup"}  # what a new row must have beside its numbers
ASKED: tuple[Callable[[random.Random], tuple[str, str, Any]], ...] = (
    lambda rng: ("GET", "/", None),
    lambda rng: ("GET", "/api/map", None),
    lambda rng: ("GET", "/api/places", None),
    lambda rng: ("GET", f"/api/column/{rng.randrange(8)}", None),
    lambda rng: ("POST", "/api/rows", {"rows": [rng.randrange(20_000) for _ in range(50)]}),
    lambda rng: ("POST", "/api/neighbors", {"row": rng.randrange(20_000)}),
    lambda rng: ("POST", "/api/search", {"query": rng.choice(("red", "blue cup", "no such words")), "limit": 1000}),
    lambda rng: ("POST", "/api/explain", {"row": rng.randrange(20_000)}),
    lambda rng: ("POST", "/api/place", {"rows": [{f"c{i}": rng.random() for i in range(6)} | NAMED]}),
    lambda rng: ("POST", "/api/rows", {"rows": [10**9]}),  # refused
)


def server(asked: argparse.Namespace) -> None:
    """Start a server, ask it, watch its memory."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_rows(folder / "rows.parquet", 20_000)
        run(COMMANDS[0].words, folder)
        words = [*BELVEDERE, "view", "a.map", "--no-browser", "--port", "0"]
        process = subprocess.Popen(words, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        try:
            row = watched(process, asked)
        finally:
            process.terminate()
            process.wait()
    print(row, flush=True)
    keep("reliability-server", "One server, asked ten thousand times", [row], key=("requests", "connections"))


def watched(process: "subprocess.Popen[str]", asked: argparse.Namespace) -> dict[str, Any]:
    """Ask in many connections at once."""
    assert process.stdout is not None
    link = next(found[0] for line in process.stdout if (found := re.search(r"http://\S+token=\S+", line)))
    threading.Thread(target=process.stdout.read, daemon=True).start()
    door, statuses, began = open_door(link), [0] * 600, time.perf_counter()
    memory = [0.0]

    def work(number: int, n: int) -> None:
        rng = random.Random(number)
        connection = http.client.HTTPConnection(door.host, door.port, timeout=120)
        for _ in range(n):
            statuses[door.ask(connection, *rng.choice(ASKED)(rng))] += 1

    for share in (0.1, 0.4, 0.5):
        each = round(asked.requests * share / asked.connections)
        threads = [threading.Thread(target=work, args=(i, each)) for i in range(asked.connections)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        memory.append(resident(process.pid))
    told = ", ".join(f"{n:,} × {status}" for status, n in enumerate(statuses) if n)
    return {
        "requests": sum(statuses), "connections": asked.connections, "answers": told,
        "s": round(time.perf_counter() - began), "MB after a tenth": memory[1], "MB after half": memory[2],
        "MB at the end": memory[3],
        "grew since the first tenth, %": 100 * (memory[3] / memory[1] - 1),
    }  # fmt: skip


def resident(number: int) -> float:
    """Megabytes that the system holds for a process."""
    found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{number}/status").read_text())
    return int(found[1]) / 1024 if found else float("nan")


def main() -> None:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["kills", "server"])
    parser.add_argument("--times", type=int, default=200)
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--connections", type=int, default=50)
    asked = parser.parse_args()
    {"kills": kills, "server": server}[asked.what](asked)


if __name__ == "__main__":
    main()
