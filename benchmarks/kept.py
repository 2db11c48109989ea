"""Results that are measured in parts: rows of one table, kept from run to run until they are measured again."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"
Row = Mapping[str, Any]


def keep(name: str, title: str, rows: Sequence[Row], *, key: Sequence[str]) -> None:
    """Write rows into `results/NAME.json` and `NAME.md`; a row with the same key as an older one takes its place.

    Columns stand in the order in which rows first name them. Call it as often as something new is known: a run that is
    stopped loses only the part it was in.
    """
    file = RESULTS / f"{name}.json"
    old = json.loads(file.read_text(encoding="utf-8")) if file.exists() else []
    found = {tuple(row.get(part) for part in key): dict(row) for row in [*old, *rows]}
    RESULTS.mkdir(exist_ok=True)
    file.write_text(json.dumps(list(found.values()), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    (RESULTS / f"{name}.md").write_text(f"# {title}\n\n{table(list(found.values()))}\n", encoding="utf-8")


def table(rows: Sequence[Row]) -> str:
    """Rows as Markdown."""
    columns = list(dict.fromkeys(column for row in rows for column in row))
    lines = [columns, ["---"] * len(columns), *([shown(row.get(column, "")) for column in columns] for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def shown(value: Any) -> str:
    """A number with the digits that mean something; anything else as it is."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value).replace("|", "\\|")
    return f"{value:,}" if isinstance(value, int) else f"{value:.4g}" if abs(value) < 1000 else f"{value:,.0f}"
