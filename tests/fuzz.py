"""Damage files at random and read them, hour after hour: each must end in a table (or a map) or in one sentence.

    python tests/fuzz.py [READER ...] [--seconds 3600] [--seed 0] [--out FOLDER]

Files and damages are those of `damage.py`. Seconds are processor time per reader. Reading happens in a process of its own,
so that a crash or a hang is counted like an exception; a file that does not end well is kept in --out with what was said, the
first of each sort. Exit status 1 if there was any.
"""

import argparse
import json
import multiprocessing
import os
import random
import resource
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np

from damage import SEEDS, Files, damaged, write_files

HANG_S = 60.0
MOST_MEMORY = 6_000_000_000  # bytes of addresses: a few damaged bytes must not make a reader ask for more
WELL = ("a table", "a sentence")


def read(path: Path, reader: str) -> tuple[str, str]:
    """Read as the program does, up to what a network would see; give back how it ended, and where, if not well."""
    from belvedere.checks import run_checks
    from belvedere.errors import BelvedereError
    from belvedere.kinds import fit_inputs, learn_kinds, make_arrays, preview
    from belvedere.mapfolder import open_folder
    from belvedere.sources import open_source

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if reader == "map":
                content = open_folder(path)
                return judged(preview(content.rows, content.schema, range(min(3, content.n_rows))), {})
            source = open_source(path)
            schema = learn_kinds(source)
            run_checks(source, schema)
            shown = preview(source.table, schema, range(min(3, source.n_rows)))
            return judged(shown, make_arrays(source.table, fit_inputs(source.table, schema)))
    except BelvedereError as error:
        return ("a sentence", "") if str(error) else ("an empty sentence", traceback.format_exc())
    except BaseException as error:
        own = [frame for frame in traceback.extract_tb(error.__traceback__) if "belvedere" in frame.filename]
        at = f"{Path(own[-1].filename).name}:{own[-1].lineno}" if own else "outside"
        return f"{type(error).__name__} at {at}", traceback.format_exc()


def judged(shown: list[dict[str, Any]], arrays: dict[str, Any]) -> tuple[str, str]:
    """A table, if its cards can be written as JSON and a network can learn from its arrays."""
    json.dumps(shown, allow_nan=False).encode()
    wild = [name for name, array in arrays.items() if not np.isfinite(array).all()]
    return ("arrays that are not finite", ", ".join(wild)) if wild else ("a table", "")


def answer(connection: Connection) -> None:
    """In the process that reads: a path and a reader in, how it ended and processor seconds out."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    with Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        os.dup2(nowhere.fileno(), 2)
    while True:
        path, reader = connection.recv()
        began = time.process_time()
        connection.send((*read(Path(path), reader), time.process_time() - began))


@dataclass
class Child:
    """The process that reads, started again when it died."""

    process: Any = None
    pipe: Any = None

    def ask(self, path: Path, reader: str) -> tuple[str, str, float]:
        """How reading ended, what was said, processor seconds."""
        if self.process is None or not self.process.is_alive():
            own = multiprocessing.get_context("spawn")
            self.pipe, theirs = own.Pipe()
            self.process = own.Process(target=answer, args=(theirs,), daemon=True)
            self.process.start()
            theirs.close()
        self.pipe.send((str(path), reader))
        try:
            if self.pipe.poll(HANG_S):
                return self.pipe.recv()
            self.process.kill()
            self.process.join()
            return "a hang", f"no answer within {HANG_S:.0f} s", HANG_S
        except EOFError:
            self.process.join()
            return f"a crash with status {self.process.exitcode}", "", 0.0


@dataclass
class Report:
    """What came of one reader."""

    seconds: float = 0.0
    ends: Counter[str] = field(default_factory=Counter)

    def row(self, reader: str) -> str:
        """One line of the table."""
        bad = {end: n for end, n in self.ends.items() if end not in WELL}
        told = "; ".join(f"{n} × {end}" for end, n in bad.items()) or "none"
        good = " | ".join(f"{self.ends[end]:,}" for end in WELL)
        return f"| {reader} | {self.ends.total():,} | {good} | {told} | {self.seconds:.0f} |"


def fuzz(reader: str, seconds: float, seed: int, out: Path) -> Report:
    """Damage and read until so much processor time is spent."""
    rng, seeds, child, report = random.Random(f"{reader} {seed}"), SEEDS[reader](), Child(), Report()
    while report.seconds < seconds:
        files = damaged(rng.choice(seeds), rng)
        with tempfile.TemporaryDirectory() as folder:
            end, said, spent = child.ask(write_files(files, Path(folder)), reader)
        report.seconds += max(spent, 1e-3)
        if end not in WELL and end not in report.ends:
            keep(files, out / f"{reader} {len(report.ends)}", f"{end}\n{said}")
        report.ends[end] += 1
    if child.process is not None:
        child.process.kill()
    return report


def keep(files: Files, folder: Path, said: str) -> None:
    """Keep a file that did not end well."""
    folder.mkdir(parents=True, exist_ok=True)
    write_files(files, folder)
    (folder / "said.txt").write_text(said, encoding="utf-8")
    print(f"kept in {folder}: {said.strip().splitlines()[0]}", file=sys.stderr, flush=True)


def main() -> int:
    """Fuzz the readers asked for, all by default."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("readers", nargs="*", help=", ".join(SEEDS))
    parser.add_argument("--seconds", type=float, default=3600.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("fuzzed"))
    asked = parser.parse_args()
    print("| reader | files | a table | a sentence | else | processor s |\n|---|---|---|---|---|---|", flush=True)
    bad = 0
    for reader in asked.readers or SEEDS:
        report = fuzz(reader, asked.seconds, asked.seed, asked.out)
        print(report.row(reader), flush=True)
        bad += sum(n for end, n in report.ends.items() if end not in WELL)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
