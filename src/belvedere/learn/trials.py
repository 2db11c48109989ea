"""Trials of a search in one SQLite file, so that a search that was killed goes on where it was."""

import hashlib
import json
import math
import sqlite3
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

from belvedere.errors import SettingError
from belvedere.learn.settings import LearnSettings
from belvedere.training import Range, Search, Trial

TABLE = """
CREATE TABLE IF NOT EXISTS trials (
    study TEXT, number INTEGER, changes TEXT, loss REAL, seconds REAL, curve TEXT, epochs INTEGER, pruned INTEGER,
    PRIMARY KEY (study, number)
)
"""


def study_key(fingerprint: str, target: str, settings: LearnSettings, search: Search) -> str:
    """Name a search by everything that its trials depend on, but for how many there shall be."""
    space = {
        name: [values.low, values.high] if isinstance(values, Range) else {"one of": list(values)}
        for name, values in search.space.items()
    }
    words = [fingerprint, target, asdict(settings), search.by, space, search.prune]
    return hashlib.sha256(json.dumps(words, sort_keys=True, default=str).encode()).hexdigest()


class Study:
    """The finished trials of one search; kept in a file if there is one, else in memory."""

    def __init__(self, path: Path | None, key: str) -> None:
        self.path, self.key, self.trials = path, key, list[Trial]()
        if path is not None:
            self.trials = self._read()

    def add(self, trial: Trial) -> None:
        """Keep a finished trial."""
        self.trials.append(trial)
        if self.path is None:
            return
        loss = trial.loss if math.isfinite(trial.loss) else None
        values = (self.key, len(self.trials) - 1, json.dumps(trial.changes), loss, trial.seconds)
        more = (json.dumps(trial.curve), trial.epochs, int(trial.pruned))
        with closing(sqlite3.connect(self.path)) as base, base:
            base.execute("INSERT INTO trials VALUES (?, ?, ?, ?, ?, ?, ?, ?)", (*values, *more))

    def _read(self) -> list[Trial]:
        """The trials of this search, in their order."""
        columns = "changes, loss, seconds, curve, epochs, pruned"
        try:
            with closing(sqlite3.connect(self.path or ":memory:")) as base, base:
                base.execute(TABLE)
                rows = base.execute(f"SELECT {columns} FROM trials WHERE study = ? ORDER BY number", (self.key,))
                return [
                    Trial(json.loads(c), math.inf if loss is None else loss, s, tuple(json.loads(curve)), e, bool(p))
                    for c, loss, s, curve, e, p in rows
                ]
        except sqlite3.Error as error:
            raise SettingError(
                f"Trials must be kept in a SQLite file that can be written, but {str(self.path)!r} is none ({error}). "
                "Name another one."
            ) from error
