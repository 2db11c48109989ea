"""Random tables of invented people, with canaries in them: what must never be found in a copy that is shared."""

from collections import Counter
from typing import Any

import numpy as np
import pyarrow as pa

from belvedere.types import TAG_WHY, Column, Finding, MapContent, Region, Schema


def CANARIES(n_rows: int) -> list[str]:  # noqa: N802 a constant of a size
    """Strings that stand once in a table of so many rows, or for its owner alone."""
    return [f"canary{i:05d}" for i in range(n_rows)] + [f"9{i:05d}.12345" for i in range(n_rows)] + ["OWNERSECRET"]


def random_content(seed: int, *, n_rows: int | None = None) -> MapContent:
    """A map of invented rows: any kinds of columns, gaps, rare values, ties, strays; canaries in most columns."""
    rng = np.random.default_rng(seed)
    n = n_rows or int(rng.choice([11, 23, 60, 200, 400]))
    made = [_column(rng, n, i) for i in range(int(rng.integers(1, 7)))]
    canary = [f"canary{i:05d}" for i in range(n)]
    fixed = {
        "full name": [f"{c} Smith" for c in canary],
        "mail": [f"{c}@example.org" for c in canary],
        "notes": [f"said {c} of the weather and much else that takes more room than a name" for c in canary],
        "code": canary,
        "income": [float(f"9{i:05d}.12345") for i in range(n)],
        "OWNERSECRET": rng.random(n) < 0.3,
    }
    schema = [
        Column("full name", "category"), Column("mail", "text"), Column("notes", "text"), Column("code", "category"),
        Column("income", "number", why="from 900000.12345"), Column("OWNERSECRET", "boolean", "left out", TAG_WHY),
    ]  # fmt: skip
    table = pa.table({**fixed, **{f"c{i}": values for i, (_, values) in enumerate(made)}})
    columns = (*schema, *(Column(f"c{i}", kind, why="like canary00003") for i, (kind, _) in enumerate(made)))
    places = rng.normal(size=(n, 2)) * rng.choice([0.0, 1.0, 30.0], 2)
    places[rng.random(n) < 0.1] = places[0]
    region_of = (places[:, :1] > 0).astype(np.int32)
    regions = tuple(
        Region(i, -1, 0, 0.0, 0.0, int((region_of == i).sum()), f"canary{i:05d}", ("canary00001",)) for i in (0, 1)
    )
    return MapContent(
        "people", Schema(columns), table, places.astype(np.float32), regions=regions, region_of=region_of,
        channels={"kept": rng.random(n).astype(np.float32), "outlying": rng.random(n).astype(np.float32)},
        predicted=np.array(canary, dtype=object), split=np.array(["train"] * n, dtype=object),
        findings=(Finding("sensitive", "warning", "row holds canary00002"),), evaluation={"worst": "canary00004"},
        latent=rng.normal(size=(n, 4)).astype(np.float16), neighbors=np.zeros((n, 3), np.int32),
        provenance={"notes": ["read canary00005"], "fingerprint": "canary00006", "sensitive": {}},
    )  # fmt: skip


def _column(rng: np.random.Generator, n: int, number: int) -> tuple[str, Any]:
    kind = rng.choice(["number", "category", "boolean", "time", "whole", "constant", "dates"])
    gone = rng.random(n) < rng.choice([0.0, 0.2, 0.9])
    if kind == "number":
        return "number", pa.array(np.where(gone, np.nan, rng.standard_cauchy(n) * 10.0 ** rng.integers(-9, 9)))
    if kind == "whole":
        return "number", pa.array(rng.integers(0, rng.choice([2, 20, 10**6]), n))
    if kind == "constant":
        return "number", pa.array(np.full(n, 7.5))
    if kind == "boolean":
        return "boolean", pa.array(rng.random(n) < 0.1, mask=gone)
    if kind == "category":
        return "category", pa.array([f"level {int(v)}" for v in rng.zipf(1.5, n)], mask=gone)
    seconds = rng.integers(-(10**9), 10**9, n) // rng.choice([1, 10**5])
    moments = pa.array(seconds, pa.timestamp("s"), mask=gone)
    return "time", moments.cast(pa.date32(), safe=False).cast(pa.string()) if kind == "dates" else moments


def smallest_group(content: MapContent) -> int:
    """The least number of rows that are equal in everything that the copy holds: k of its anonymity."""
    parts = [content.rows[name].to_pylist() for name in content.rows.column_names]
    parts += [content.places[:, axis].tolist() for axis in (0, 1)] + [v.tolist() for v in content.channels.values()]
    parts += [] if content.region_of is None else content.region_of.T.tolist()
    return min(Counter(zip(*parts, strict=True)).values())
