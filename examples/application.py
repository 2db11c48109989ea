"""What the five applications share: where data come from, maps made once, tables for the pages, pictures.

An application is a function that is given a `Visit` and yields tables by name, part by part, the first row of each its
head. `run` writes them into docs/applications/NAME.md and docs/zh/applications/NAME.md, between the marks
`<!-- NAME:TABLE -->` and `<!-- end -->`, and as JSON beside them; what is missing, the page says.
"""

import argparse
import json
import re
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

import belvedere as bv
from belvedere.types import Score

DOCS = Path(__file__).parents[1] / "docs"
PICTURES = DOCS / "pictures" / "applications"
Rows = list[list[str]]
Tables = dict[str, Rows]


@dataclass(frozen=True)
class Visit:
    """What was asked for: the folder of the data (none: invented or shipped rows), where maps and pictures go."""

    data: Path | None
    maps: Path
    pictures: Path
    threads: int | None = None
    most_rows: int = 4000

    @property
    def is_sample(self) -> bool:
        """Whether this is the quick path on rows that are shipped or invented."""
        return self.data is None

    def rows(self, name: str, invent: Callable[[], pa.Table]) -> pa.Table:
        """The table NAME of the data folder (`fetch.py` writes it there), or what `invent` makes."""
        if self.data is None:
            return invent()
        places = [self.data / f"{name}.parquet", self.data / name / f"{name}.parquet"]
        found = [place for place in places if place.exists()]
        if not found:
            raise SystemExit(f"{places[0]} must be there, but is not. Write it by: python examples/fetch.py {name}")
        return pq.read_table(found[0])

    def few(self, table: pa.Table, seed: int = 0) -> pa.Table:
        """A fair sample of as many rows as were asked for, in their order; all where there are no more."""
        if table.num_rows <= self.most_rows:
            return table
        rows = np.random.default_rng(seed).choice(table.num_rows, self.most_rows, replace=False)
        return table.take(pa.array(np.sort(rows)))

    def map(self, name: str, table: pa.Table, *, learning: Mapping[str, Any] | None = None, **choices: Any) -> bv.Map:
        """The map of a table; one that lies in the folder of maps is opened instead of made."""
        path = self.maps / f"{name}.map"
        if path.exists():
            return bv.open(path)
        settings = bv.LearnSettings(threads=self.threads, **(learning or {}))
        if self.is_sample:
            settings = replace(settings, epochs=2)
        drawing = bv.DrawSettings(n_threads=self.threads or 0)
        print(f"{name}: {table.num_rows:,} rows")
        return bv.map(table, name=name, learning=settings, drawing=drawing, **choices).save(path)

    def score(
        self, name: str, table: pa.Table, target: str, *, ignore: Sequence[str] = (), **learning: Any
    ) -> list[Score]:
        """What a network scores without a map; kept beside the maps."""
        from belvedere.kinds import learn_kinds
        from belvedere.learn import learn, schema_for
        from belvedere.sources import open_source

        path = self.maps / f"{name}.scores.json"
        if path.exists():
            return [Score(**said) for said in json.loads(path.read_text(encoding="utf-8"))]
        print(f"{name}: {table.num_rows:,} rows, scores only")
        source = open_source(table, options={"keep": table.column_names})
        settings = bv.LearnSettings(threads=self.threads, epochs=2 if self.is_sample else None, **learning)
        schema = learn_kinds(source, target=target, ignore=ignore, task=settings.task)
        scores = list(learn(source, schema_for(schema, settings), settings).scores)
        path.write_text(json.dumps([asdict(score) for score in scores]), encoding="utf-8")
        return scores

    def picture(self, made: bv.Map, name: str, color: str | None = None) -> None:
        """The map as `belvedere export` draws it, small."""
        self.pictures.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as folder:
            drawn = Image.open(made.export(Path(folder) / "map.png", color=color)).convert("RGB")
            size = 1200, 1200 * drawn.height // drawn.width
            drawn.resize(size, Image.Resampling.LANCZOS).save(self.pictures / f"{name}.webp", quality=78, method=6)


Application = Callable[[Visit], Iterator[Tables]]


def run(name: str, application: Application, arguments: Sequence[str] | None = None) -> Tables:
    """Run an application as the command line asks for, and write what it found, part by part."""
    asked = read_arguments(application.__doc__ or "", arguments)
    began, tables = (time.perf_counter(), time.process_time()), dict[str, Rows]()
    with tempfile.TemporaryDirectory() as folder:
        maps = asked.maps or Path(folder)
        maps.mkdir(parents=True, exist_ok=True)
        visit = Visit(None if asked.sample else asked.data, maps, asked.out or PICTURES, asked.threads, asked.rows)
        for part in application(visit):
            tables |= part
            if asked.out is None:
                write(name, tables)
    wall, cpu = time.perf_counter() - began[0], time.process_time() - began[1]
    print(f"{name} took {wall:.0f} s, {cpu:.0f} s of processor time.")
    return tables


def read_arguments(about: str, arguments: Sequence[str] | None) -> argparse.Namespace:
    """What the command line says; one of --data and --sample must be there."""
    parser = argparse.ArgumentParser(description=about)
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--data", type=Path, help="folder of tables that fetch.py wrote")
    which.add_argument("--sample", action="store_true", help="rows that are shipped or invented, in seconds")
    parser.add_argument("--maps", type=Path, help="folder that keeps the maps; those in it are not made again")
    parser.add_argument("--out", type=Path, help="folder for the pictures; the pages are then left as they are")
    parser.add_argument("--threads", type=int, help="processor cores to use")
    parser.add_argument("--rows", type=int, default=4000, help="rows of each table at most, drawn by chance")
    asked = parser.parse_args(arguments)
    if asked.sample and asked.out is None:
        parser.error("--sample must be told where its pictures go, since the pages show real data. Add --out FOLDER.")
    return asked


def write(name: str, tables: Tables) -> None:
    """Put the tables into both pages and into the JSON that a test compares them with."""
    said = json.dumps(tables, indent=1, ensure_ascii=False) + "\n"
    (DOCS / "applications" / f"{name}.json").write_text(said, encoding="utf-8")
    for page in (DOCS / "applications" / f"{name}.md", DOCS / "zh" / "applications" / f"{name}.md"):
        text = filled(
            page.read_text(encoding="utf-8"), name, tables, up="../" * len(page.relative_to(DOCS).parents[:-1])
        )
        page.write_text(text, encoding="utf-8")


def filled(text: str, name: str, tables: Mapping[str, Rows], *, up: str = "../") -> str:
    """A page with every table and picture between its marks, and at its top the names of those that are missing.

    A mark may bring the head of its table in the language of the page: `<!-- NAME:TABLE | head | head | -->`.
    """
    missing = []

    def table(found: re.Match[str]) -> str:
        mark, key, head = found[1], found[2], found[3]
        if key not in tables:
            missing.append(key)
            return f"{mark}\n<!-- end -->"
        rows = tables[key]
        lines = [head.strip() if head else lined(rows[0]), lined(["---"] * len(rows[0])), *map(lined, rows[1:])]
        return "\n".join([mark, *lines, "<!-- end -->"])

    def picture(found: re.Match[str]) -> str:
        there = (PICTURES / f"{found[2]}.webp").exists()
        if not there:
            missing.append(found[2])
        shown = [f"![{found[3]}]({up}pictures/applications/{found[2]}.webp)"] if there else []
        return "\n".join([found[1], *shown, "<!-- end -->"])

    text = re.sub(rf"(<!-- {name}:([\w-]+)( \|.*\|)? -->)\n(?:.*\n)*?<!-- end -->", table, text)
    text = re.sub(r"(<!-- picture:([\w-]+) (.*) -->)\n(?:.*\n)*?<!-- end -->", picture, text)
    return re.sub(
        r"(<!-- missing: (.*) -->)\n(?:.*\n)*?<!-- end -->",
        lambda found: "\n".join(
            [found[1], *([found[2].format(", ".join(missing))] if missing else []), "<!-- end -->"]
        ),
        text,
    )


def lined(cells: Sequence[str]) -> str:
    """One line of a table."""
    return f"| {' | '.join(cell.replace('|', '·') for cell in cells)} |"


def scored(made: bv.Map | Sequence[Score], names: Sequence[str]) -> Rows:
    """Scores of the network beside the baseline, with 95 % intervals where they are known."""
    scores = made.scores if isinstance(made, bv.Map) else made
    rows = [["score", "network", "baseline", "which baseline"]]
    for name in names:
        for score in (score for score in scores if score.name == name):
            base = "–" if score.baseline is None else number(score.baseline)
            rows.append([name, with_interval(score), base, score.baseline_name or "–"])
    return rows


def with_interval(score: Score) -> str:
    """A value with its interval."""
    between = "" if score.low is None or score.high is None else f" ({number(score.low)}–{number(score.high)})"
    return number(score.value) + between


def number(value: float) -> str:
    """Three digits that tell something."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}" if abs(value) >= 1 else f"{value:.3f}"


def true_map(maps: Mapping[str, bv.Map]) -> Rows:
    """How far each map may be believed: neighbors kept, and order of distances."""
    rows = [["map", "rows", "regions", "recall@15", "Spearman"]]
    for name, made in maps.items():
        known = {score.name: score.value for score in reversed(made.scores)}  # fewer than 16 rows have no recall@15
        kept = [f"{known[score]:.2f}" if score in known else "–" for score in ("recall@15", "spearman")]
        rows.append([name, f"{len(made):,}", str(len(regions_at(made))), *kept])
    return rows


def regions_at(made: bv.Map, level: int = 0) -> dict[int, np.ndarray]:
    """Rows of each region of a level, 0 the coarsest; rows between regions are in none."""
    of = made.content.region_of
    if of is None or of.size == 0:
        return {}
    ids = np.asarray(of)[:, min(level, of.shape[1] - 1)]
    return {int(region): np.flatnonzero(ids == region) for region in np.unique(ids) if region >= 0}


def by_region(made: bv.Map, value: np.ndarray, head: str, *, most: int = 4, fewest: int = 20) -> Rows:
    """The coarsest regions where a value (rows,) is highest and lowest, and how true the map is there."""
    found = []
    for region, rows in regions_at(made).items():
        known = value[rows][np.isfinite(value[rows])]
        if len(known) >= min(fewest, len(made) // 20):
            kept = float(np.nanmean(made.content.channels["kept"][rows]))
            found.append((float(known.mean()), made.regions[region].name or "no name", len(rows), kept))
    found.sort(reverse=True)
    shown = found if len(found) <= 2 * most else found[:most] + found[-most:]
    rows = [["region", "rows", head, "neighbors kept"]]
    return rows + [[name, f"{n:,}", number(mean), f"{kept:.2f}"] for mean, name, n, kept in shown]


def pulling(made: bv.Map, *, n_rows: int = 60, most: int = 8, what: str = "prediction") -> Rows:
    """Which columns move the prediction: the mean size of their pulls on rows drawn by chance."""
    rows = np.random.default_rng(0).choice(len(made), min(n_rows, len(made)), replace=False)
    sums: dict[str, float] = {}
    for explanation in made.explain(np.sort(rows), what=what):
        for pull in explanation.pulls:
            sums[pull.column] = sums.get(pull.column, 0.0) + abs(pull.along)
    whole = sum(sums.values()) or 1.0
    ordered = sorted(sums.items(), key=lambda item: -item[1])[:most]
    return [["column", "share of all pulls"], *[[name, f"{amount / whole:.0%}"] for name, amount in ordered]]


def differing(
    made: bv.Map, inside: np.ndarray, *, against: np.ndarray | None = None, most: int = 6, **more: Any
) -> Rows:
    """What sets one group of rows apart from others: medians of numbers, shares of levels and words."""
    rows = [["what", "effect", "inside", "outside", "q"]]
    for found in made.compare(inside, against, **more).differences[:most]:
        q = "–" if found.q is None else f"{found.q:.1g}" if found.q >= 1e-6 else "< 1e-6"
        rows.append([found.name, f"{found.effect:+.2f}", number(found.inside), number(found.outside), q])
    return rows


def calibrated(made: bv.Map) -> Rows:
    """Of held-out rows: how sure the network was, and how often it was right."""
    rows = [["said", "rows", "mean chance said", "share that was right"]]
    for part in made.content.evaluation.get("calibration", []):
        between = f"{part['low']:.1f}–{part['high']:.1f}"
        rows.append([between, f"{part['n']:,}", f"{part['confidence']:.3f}", f"{part['accuracy']:.3f}"])
    return rows


def column(made: bv.Map, name: str) -> np.ndarray:
    """A column of numbers as float64, gaps as NaN."""
    return np.array([np.nan if v is None else float(v) for v in made.content.rows[name].to_pylist()])


def words(made: bv.Map, name: str) -> np.ndarray:
    """A column as words."""
    return np.array([str(value) for value in made.content.rows[name].to_pylist()])


def held_out(made: bv.Map) -> np.ndarray:
    """Which rows were held out and scored: bool (rows,)."""
    return np.asarray(made.content.split) == "test"
