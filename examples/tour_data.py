"""The four data sets of the tour: two that come with scikit-learn, two that are made here, hard enough to err on."""

import numpy as np
import pyarrow as pa

from belvedere.sources import open_source

N_STEPS = 40
GOOD = "warm bright kind generous quick fresh gentle clean cheerful honest".split()
BAD = "cold dull rude stingy slow stale rough dirty gloomy false".split()
THINGS = "the soup|the room|our guide|the ferry|the garden|breakfast|the host|the bed|the view|the music".split("|")


def flowers(n_rows: int) -> pa.Table:
    """Iris: 150 flowers, four lengths in centimeters, three species."""
    return _some(open_source("sklearn:iris").table, n_rows)


def digits(n_rows: int) -> pa.Table:
    """Handwritten digits: 1,797 pictures of 8 x 8 gray values, ten classes."""
    return _some(open_source("sklearn:digits").table, n_rows)


def waves(n_rows: int) -> pa.Table:
    """Noisy waves of 40 steps: sine, square and saw, each of another period, phase and height."""
    rng = np.random.default_rng(7)
    steps = np.arange(N_STEPS)
    shapes, rows = rng.integers(0, 3, n_rows), []
    for shape in shapes:
        turn = steps / rng.uniform(12, 30) + rng.uniform()  # in periods
        pure = (np.sin(2 * np.pi * turn), np.sign(np.sin(2 * np.pi * turn)), 2 * (turn % 1) - 1)[shape]
        rows.append(rng.uniform(0.5, 1.5) * pure + rng.normal(0, 0.45, N_STEPS))
    names = np.array(["sine", "square", "saw"])[shapes]
    wave = pa.array([row.astype(np.float32) for row in rows], pa.list_(pa.float32()))
    field = pa.field("wave", wave.type, metadata={"belvedere.kind": "sequence"})
    return pa.table([wave, pa.array(names)], pa.schema([field, pa.field("shape", pa.string())]))


def opinions(n_rows: int) -> pa.Table:
    """Short opinions about two things; the thing named after 'but' decides, and one word in ten misleads."""
    rng = np.random.default_rng(11)
    texts, labels = [], []
    for _ in range(n_rows):
        last = bool(rng.integers(2))
        first = bool(rng.integers(2))
        one, other = rng.choice(THINGS, 2, replace=False)
        words = [_word(rng, is_good=is_good) for is_good in (first, last)]
        texts.append(f"{one} was {words[0]} but in the end {other} was {words[1]}")
        labels.append("praise" if last else "complaint")
    return pa.table({"opinion": texts, "verdict": labels})


def few_labels(n_train: int, n_rows: int) -> tuple[pa.Table, pa.Table]:
    """Digits parted in two: an older set with digits named, and a new one that asks for odd or even of few rows.

    The new one has a column `split`: `n_train` rows to learn from, the others to be scored on.
    """
    table = digits(n_rows)
    half = table.num_rows // 2
    old, new = table.slice(0, half), table.slice(half)
    odd = ["odd" if int(digit) % 2 else "even" for digit in new["digit"].to_pylist()]
    split = ["train" if row < n_train else "test" for row in range(new.num_rows)]
    return old, new.drop_columns(["digit"]).append_column("parity", [odd]).append_column("split", [split])


def _word(rng: np.random.Generator, *, is_good: bool) -> str:
    misleads = rng.uniform() < 0.1
    return str(rng.choice(GOOD if is_good != misleads else BAD))


def _some(table: pa.Table, n_rows: int) -> pa.Table:
    """At most so many rows, drawn by a fixed seed."""
    order = np.random.default_rng(3).permutation(table.num_rows)[:n_rows]
    return table.take(pa.array(order))
