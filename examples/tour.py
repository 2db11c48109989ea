"""The tour of the four plain networks: scores, maps, and what each setting does to both.

`python examples/tour.py` trains everything anew (a few minutes on two cores) and writes the pictures and the tables of
docs/tour.md and docs/zh/tour.md. `--tiny` runs the same path on few rows, `--out FOLDER` writes elsewhere.
"""

import argparse
import re
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import tour_data
from PIL import Image, ImageDraw, ImageFont

import belvedere as bv
from belvedere.export.palette import CATEGORIES
from belvedere.kinds import learn_kinds
from belvedere.learn import LearnSettings, Search, cross_validate, tune
from belvedere.sources import open_source
from belvedere.types import Score

DOCS = Path(__file__).parents[1] / "docs"
SCORES = ("accuracy", "recall", "F1", "AUC-ROC")
SIDE, GAP, LETTERS = 300, 12, 34  # pixels of one small map, between two, and above it


@dataclass(frozen=True)
class Tour:
    """How large the tour is, and where its pictures go."""

    out: Path
    n_rows: int = 2000
    n_folds: int = 5
    epochs: int | None = None


@dataclass(frozen=True)
class Stop:
    """One of the four networks: what it reads, and what it predicts."""

    network: str
    data: str
    target: str
    make: Callable[[int], pa.Table]
    most_rows: int


STOPS = (
    Stop("mlp", "iris", "target", tour_data.flowers, 150),
    Stop("cnn", "digits", "digit", tour_data.digits, 1797),
    Stop("lstm", "waves", "shape", tour_data.waves, 900),
    Stop("text_lstm", "opinions", "verdict", tour_data.opinions, 900),
)
EFFECTS: Mapping[str, tuple[Any, ...]] = {
    "learning_rate": (0.00003, 0.001, 0.03),
    "batch_size": (16, 128, 1024),
    "weight_decay": (0.0, 0.01, 3.0),
    "dropout": (0.0, 0.3, 0.8),
}
SPACES: Mapping[str, dict[str, Any]] = {
    "grid": {"learning_rate": (0.0003, 0.003), "dropout": (0.0, 0.4)},
    "random": {"learning_rate": (0.0001, 0.0003, 0.001, 0.003, 0.01), "dropout": (0.0, 0.2, 0.4, 0.6)},
}


def main(arguments: list[str] | None = None) -> dict[str, list[list[str]]]:
    """Run the tour; give the tables by name, the first row of each their head."""
    asked = read_arguments(arguments)
    tour = Tour(asked.out, 60, 2, 1) if asked.tiny else Tour(asked.out)
    tour.out.mkdir(parents=True, exist_ok=True)
    began = time.perf_counter(), time.process_time()
    tables = {"networks": four_networks(tour)} | effects(tour) | {"transfer": transfer(tour)} | searches(tour)
    wall, cpu = time.perf_counter() - began[0], time.process_time() - began[1]
    print(f"The tour took {wall:.0f} s, {cpu:.0f} s of processor time.")
    for page in [] if asked.tiny else [DOCS / "tour.md", DOCS / "zh" / "tour.md"]:
        write_tables(page, tables)
    return tables


def read_arguments(arguments: list[str] | None) -> argparse.Namespace:
    """What was asked for on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tiny", action="store_true", help="few rows and one epoch, pages left as they are")
    parser.add_argument("--out", type=Path, default=DOCS / "pictures" / "tour", help="folder for the pictures")
    return parser.parse_args(arguments)


def four_networks(tour: Tour) -> list[list[str]]:
    """Cross-validate each network, and map its data."""
    rows = [["network", "data", "rows", *SCORES, "baseline accuracy", "recall@15"]]
    for stop in STOPS:
        table = stop.make(min(stop.most_rows, tour.n_rows))
        learning = LearnSettings(network=stop.network, epochs=tour.epochs)
        source = open_source(table)
        crossed = cross_validate(source, learn_kinds(source, target=stop.target), learning, n_folds=tour.n_folds)
        scores = {score.name: score for score in crossed.scores}
        made = bv.map(table, target=stop.target, learning=learning, name=stop.data)
        picture(made, tour.out / f"{stop.network}.webp")
        cells = [told(scores.get(name)) for name in SCORES]
        base = scores["accuracy"].baseline
        kept = f"{made.score('recall@15').value:.2f}"
        said = "–" if base is None else f"{base:.3f}"
        rows.append([f"`{stop.network}`", stop.data, f"{table.num_rows:,}", *cells, said, kept])
        print("  ".join(rows[-1]))
    return rows


def effects(tour: Tour) -> dict[str, list[list[str]]]:
    """Change one setting at a time for the convolutional network on the digits; everything else stays."""
    table = tour_data.digits(min(1797, tour.n_rows))
    tables = {}
    for name, values in EFFECTS.items():
        maps = {f"{value:g}": mapped(tour, table, **{name: value}) for value in values}
        strip(maps, tour.out / f"{name}.webp", "digit")
        tables[name] = compared(name, maps)
    return tables


def transfer(tour: Tour) -> list[list[str]]:
    """Learn a question with few labels from nothing, and from the network of an older map; as long as by default."""
    old, new = tour_data.few_labels(min(60, tour.n_rows // 3), min(1797, tour.n_rows))
    maps = {"anew": mapped(tour, new, "parity", epochs=tour.epochs)}
    with tempfile.TemporaryDirectory() as folder:
        first = mapped(tour, old, epochs=tour.epochs).save(Path(folder) / "digits.map")
        for freeze in (0.3, 1.0):
            start = {"start_from": str(first.path), "freeze": freeze, "epochs": tour.epochs}
            maps[f"freeze {freeze:g}"] = mapped(tour, new, "parity", **start)
    strip(maps, tour.out / "transfer.webp", "parity")
    return compared("start", maps)


def searches(tour: Tour) -> dict[str, list[list[str]]]:
    """Search two settings on validation rows; score, and map, what the best and the worst trial learn."""
    table, tables = tour_data.digits(min(1797, tour.n_rows)), {}
    source = open_source(table)
    schema = learn_kinds(source, target="digit")
    for by, space in SPACES.items():
        learning = LearnSettings(network="cnn", epochs=tour.epochs or 4)
        tuned = tune(source, schema, learning, search=Search(by, space, n_trials=4))
        maps = {}
        for which, trial in (("best", tuned.trials[0]), ("worst", tuned.trials[-1])):
            told_as = ", ".join(f"{value:g}" for value in trial.changes.values())
            maps[f"{which}: {told_as}"] = mapped(tour, table, **trial.changes)
        strip(maps, tour.out / f"{by}.webp", "digit")
        tables[by] = compared("learning_rate, dropout", maps)
    return tables


def mapped(tour: Tour, table: pa.Table, target: str = "digit", **changes: Any) -> bv.Map:
    """The map of one setting; four epochs, so that settings still differ."""
    learning = replace(LearnSettings(network="cnn", epochs=tour.epochs or 4), **changes)
    return bv.map(table, target=target, learning=learning)


def compared(name: str, maps: Mapping[str, bv.Map]) -> list[list[str]]:
    """One row for each setting: its scores on held-out rows, and how true its map is."""
    rows = [[name, *SCORES, "recall@15", "Spearman"]]
    for value, made in maps.items():
        known = {score.name: score for score in made.scores}
        cells = [f"{known[score].value:.3f}" if score in known else "–" for score in SCORES]
        rows.append([value, *cells, f"{known['recall@15'].value:.2f}", f"{known['spearman'].value:.2f}"])
        print("  ".join(rows[-1]))
    return rows


def told(score: Score | None) -> str:
    """A mean over folds with its 95 % interval."""
    if score is None:
        return "–"
    return f"{score.value:.3f}" + ("" if score.low is None else f" ({score.low:.3f}–{score.high:.3f})")


def picture(made: bv.Map, path: Path) -> None:
    """The map as Belvedere draws it, small."""
    with tempfile.TemporaryDirectory() as folder:
        drawn = Image.open(made.export(Path(folder) / "map.png")).convert("RGB")
        drawn.resize((960, 960 * drawn.height // drawn.width), Image.Resampling.LANCZOS).save(path, quality=80)


def strip(maps: Mapping[str, bv.Map], path: Path, target: str) -> None:
    """Small maps side by side, their setting above each; held-out rows and others alike, colored by the target."""
    wide = len(maps) * SIDE + (len(maps) - 1) * GAP
    sheet = Image.new("RGB", (2 * wide, 2 * (SIDE + LETTERS)), "#FFFFFF")
    draw = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(32)
    for at, (value, made) in enumerate(maps.items()):
        left, top = 2 * at * (SIDE + GAP), 2 * LETTERS
        draw.text((left, 10), value, fill="#46525F", font=font)
        draw.rectangle((left, top, left + 2 * SIDE - 1, top + 2 * SIDE - 1), fill="#EDF1F3")
        for (x, y), color in zip(on_paper(made.places), colors(made, target), strict=True):
            draw.ellipse((left + x - 3, top + y - 3, left + x + 3, top + y + 3), fill=color)
    sheet.resize((wide, SIDE + LETTERS), Image.Resampling.LANCZOS).save(path, quality=82)


def on_paper(places: np.ndarray) -> np.ndarray:
    """Places as pixels of a square of 2 SIDE, with a margin; y points down."""
    low, high = places.min(axis=0), places.max(axis=0)
    middle, size = (low + high) / 2, max(float((high - low).max()), 1e-9)
    x, y = ((places - middle) / size * (2 * SIDE - 40)).T
    return np.stack([SIDE + x, SIDE - y], axis=1)


def colors(made: bv.Map, target: str) -> list[str]:
    """One color of the explorer's palette for each class, in the order of their names."""
    values = [str(value) for value in made.content.rows[target].to_pylist()]
    order = {name: n for n, name in enumerate(sorted(set(values)))}
    return [f"#{CATEGORIES['light'][order[value] % 12]}" for value in values]


def write_tables(page: Path, tables: Mapping[str, list[list[str]]]) -> None:
    """Put each table and its picture between their marks in a page; a head that the page has already stays as it is."""
    text = page.read_text(encoding="utf-8")
    for name, rows in tables.items():
        mark = re.compile(rf"(<!-- tour:{name} -->\n)(.*?)(<!-- end -->)", re.DOTALL)
        found = mark.search(text)
        if found is None:
            raise SystemExit(f"{page} must have a place for the table {name!r}, but has none.")
        head = found[2].splitlines()[:1] or [lined(rows[0])]
        body = "\n".join([head[0], lined(["---"] * len(rows[0])), *map(lined, rows[1:])])
        up = "../" if page.parent != DOCS else ""
        body += "" if name == "networks" else f"\n\n![{name}]({up}pictures/tour/{name}.webp)"
        text = text[: found.start()] + found[1] + body + "\n" + found[3] + text[found.end() :]
    page.write_text(text, encoding="utf-8")


def lined(cells: list[str]) -> str:
    """One line of a table."""
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
