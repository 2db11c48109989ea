"""Kill a worker, or a node, in the middle of embedding, training and the layout, again and again; count who ends well.

    python benchmarks/faults.py --times 10            # workers, on Ray started here
    python benchmarks/faults.py --times 10 --nodes    # two nodes of this machine; one is killed and another one joins

Each try is compared with what came without a fault: embedding and layout bit for bit, training within 1 % of the loss. A
try that ends without a kill (too quick) is done again and not counted. Rows go to benchmarks/results/faults.md. Reading
processes by name needs Linux.
"""

import argparse
import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import torch
from kept import keep
from scale import family

from belvedere.engines import Engine
from belvedere.engines.ray import show_token
from belvedere.kinds import learn_kinds
from belvedere.layout import sharded
from belvedere.layout.lay_out import LayoutSettings, lay_out
from belvedere.learn import LearnSettings, learn
from belvedere.sources import open_source

MARK = "BELVEDERE_FAULTS"  # in the environment of every process that this script starts
NAMES = {"embed": "ray::Worker", "train": "ray::RayTrainWorker", "layout": "ray::Holder"}
Result = Any


@dataclass
class Case:
    """A stage: what it does on an engine, and whether two results are as equal as promised."""

    run: Callable[[Engine], Result]
    is_same: Callable[[Result, Result], bool]
    promise: str


def data(n: int) -> pa.Table:
    """Three islands in six columns, and a class that follows them."""
    random, island = np.random.default_rng(0), np.arange(n) % 3
    columns = {f"c{i}": random.standard_normal(n) + 1.2 * (island == i) for i in range(6)}
    return pa.table(columns | {"kind": np.array(["a", "b", "c"])[island]})


def embed(engine: Engine) -> Result:
    """Embed rows by their plain columns, in batches through the pool."""
    source = open_source(data(500_000).drop_columns(["kind"]))
    return learn(source, learn_kinds(source), LearnSettings(network="none", engine=engine)).latent


def train(engine: Engine) -> Result:
    """Train a network by the class; gives its best loss on held-out rows."""
    source = open_source(data(20_000))
    settings = LearnSettings(network="mlp", epochs=8, batch_size=256, engine=engine, threads=1)
    found = learn(source, learn_kinds(source, target="kind"), settings).curves["loss"]["valid"]
    return min(found)


def layout(engine: Engine) -> Result:
    """Find neighbors and lay rows out by a crew."""
    sharded.FEWEST_SHARED = 1
    rows = np.float32(np.column_stack([data(6_000)[f"c{i}"].to_numpy() for i in range(6)]))
    with engine.crew(sharded.Member) as crew:
        return lay_out(rows, LayoutSettings(crew=crew)).places


CASES = {
    "embed": Case(embed, lambda a, b: bool(np.array_equal(a, b)), "bit for bit"),
    "train": Case(train, lambda a, b: abs(a - b) <= 0.01 * b, "loss within 1 %"),
    "layout": Case(layout, lambda a, b: bool(np.array_equal(a, b)), "bit for bit"),
}


def processes(name: str) -> list[int]:
    """Our own processes whose title begins so: children of a raylet that this script started."""
    raylets, found, mark = set[int](), list[tuple[int, int]](), f"{MARK}={os.environ[MARK]}".encode()
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words = (folder / "cmdline").read_bytes()
            if words.startswith(name.encode()):  # a title overwrites the environment, so its parent is asked
                found.append((int(folder.name), int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1])))
            elif b"raylet/raylet" in words and mark in (folder / "environ").read_bytes():
                raylets.add(int(folder.name))
    return [number for number, parent in found if parent in raylets]


@contextlib.contextmanager
def killing(name: str, wait_s: float, told: list[float]) -> Iterator[None]:
    """Kill one process of this name, `wait_s` seconds after the first one is there."""
    is_over = threading.Event()

    def kill() -> None:
        while not (found := processes(name)) and not is_over.wait(0.05):
            continue
        if is_over.wait(wait_s):
            return
        for number in (processes(name) or found)[-1:]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)
                told.append(time.monotonic())

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        yield
    finally:
        is_over.set()
        killer.join()


class Nodes:
    """A head with one processor and a node with two, each a family of processes of its own on this machine."""

    def __init__(self) -> None:
        from ray.util import get_node_ip_address  # Ray says itself by which address it is known

        with socket.socket() as free:
            free.bind(("", 0))
            self.address = f"{get_node_ip_address()}:{free.getsockname()[1]}"
        port = self.address.split(":")[1]
        self.head = self._start("--head", "--port", port, "--num-cpus", "1", "--include-dashboard", "false")
        self._await(1)  # a node that joins earlier ends at once
        self.node = self.join()
        self._await(2)

    def _start(self, *words: str) -> "subprocess.Popen[bytes]":
        ray = Path(sys.executable).with_name("ray")
        command = [ray, "start", *words, "--object-store-memory", "200000000", "--block", "--disable-usage-stats"]
        clean = {name: value for name, value in os.environ.items() if name != "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"}
        return subprocess.Popen(command, stdout=subprocess.DEVNULL, env=clean)  # our own driver forbids it other nodes

    def _await(self, n_nodes: int) -> None:
        """Wait until so many nodes are there; asked from other processes, since this one may join but once."""
        words = f"import ray; ray.init({self.address!r}, logging_level='ERROR'); assert len(ray.nodes()) >= {n_nodes}"
        for _ in range(20):
            if subprocess.run([sys.executable, "-c", words], capture_output=True).returncode == 0:
                return
        raise SystemExit(f"Ray must start {n_nodes} nodes at {self.address}, but has not. See /tmp/ray.")

    def join(self) -> "subprocess.Popen[bytes]":
        """Start a node."""
        return self._start("--address", self.address, "--num-cpus", "2")

    def lose(self) -> None:
        """Kill everything on the node, as a power cut would; another one joins."""
        self.end(self.node)
        self.node = self.join()

    @staticmethod
    def end(node: "subprocess.Popen[bytes]") -> None:
        """Kill all processes of a node."""
        for number in family(node.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)
        node.wait()


@contextlib.contextmanager
def losing_a_node(nodes: Nodes, wait_s: float, told: list[float]) -> Iterator[None]:
    """Kill the node after a while; another one joins a little later."""
    is_over = threading.Event()

    def lose() -> None:
        if not is_over.wait(wait_s):
            told.append(time.monotonic())
            nodes.lose()

    loser = threading.Thread(target=lose)
    loser.start()
    try:
        yield
    finally:
        is_over.set()
        loser.join()


def tries(name: str, engine: Engine, times: int, fault: Callable[[float, list[float]], Any]) -> dict[str, Any]:
    """One row of the table: how many tries ended as promised, and the seconds that a fault cost."""
    case, passed, counted, extra, errors = CASES[name], 0, 0, [], []
    began = time.monotonic()
    usual = case.run(engine)
    took, random = time.monotonic() - began, np.random.default_rng(0)
    alone = "yes" if case.is_same(usual, case.run(Engine())) else "no"
    for _ in range(3 * times):
        if counted == times:
            break
        told: list[float] = []
        began, found = time.monotonic(), None
        with fault(float(random.uniform(0.02, 0.6)) * took, told):
            try:
                found = case.run(engine)
            except Exception as error:
                errors.append(f"{type(error).__name__}: {error}")
        if told or found is None:
            counted += 1
            passed += found is not None and case.is_same(found, usual)
            extra.append(time.monotonic() - began - took)
    return {
        "stage": name, "promise": case.promise, "without a fault as in one process": alone,
        "ended as promised": f"{passed} of {counted}", "s without": took,
        "s more with a fault, median": float(np.median(extra)) if extra else "", "first error": "".join(errors[:1])[:160],
    }  # fmt: skip


def measure(lost: str, names: list[str], engine: Engine, times: int, fault: Callable[[str], Any]) -> None:
    """All stages, one row after another."""
    with engine.opened():
        for name in names:
            row = {"lost": lost} | tries(name, engine, times, fault(name))
            print(row, flush=True)
            keep("faults", "Workers and nodes lost in the middle of the work", [row], key=("lost", "stage"))


def main() -> None:
    """Run all stages and keep the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--times", type=int, default=10)
    parser.add_argument("--nodes", action="store_true", help="lose a node of two instead of a worker")
    parser.add_argument("--stages", nargs="+", choices=list(CASES), default=list(CASES))
    asked = parser.parse_args()
    os.environ[MARK] = uuid.uuid4().hex
    torch.set_num_threads(1)
    if not asked.nodes:
        measure("a worker", asked.stages, Engine("ray", 2), asked.times, lambda name: partial(killing, NAMES[name]))
        return
    show_token()  # the head asks for it
    nodes = Nodes()
    try:
        engine = Engine("ray", 2, nodes.address)
        measure("a node of two", asked.stages, engine, asked.times, lambda _: partial(losing_a_node, nodes))
    finally:
        nodes.end(nodes.node)
        nodes.end(nodes.head)


if __name__ == "__main__":
    main()
