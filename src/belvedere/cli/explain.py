"""The command that explains: one row, or what sets two groups of rows apart."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from belvedere.cli import options as o
from belvedere.cli.commands import echo_json
from belvedere.errors import SettingError, nearest_names

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from belvedere.explain.compare import Comparison
    from belvedere.explain.values import Detail, Explanation
    from belvedere.explaining import Counterfactual
    from belvedere.types import MapContent

Row = Annotated[int | None, typer.Option("--row", help="Number of a row, from 0.")]
New = Annotated[Path | None, typer.Option("--new", help="A file of new rows: the first one is explained.")]
Asked = Annotated[str, typer.Option("--what", help="place, prediction or change (smallest change that crosses over).")]
Exact = Annotated[bool, typer.Option("--exact", help="Pulls that add up to 1e-4 of the map's width; slower.")]
Group = Annotated[str | None, typer.Option("--compare", help="Rows of group A: 'column=value', 'age>30', 'region=3'.")]
Against = Annotated[
    str | None, typer.Option("--against", help="Rows of group B in the same way; all others if left out.")
]
Depends = Annotated[str | None, typer.Option("--depends", help="Column: how the prediction changes with it.")]
Movers = Annotated[Path | None, typer.Option("--movers", help="Another map of the same rows: who moved.")]
Picture = Annotated[Path | None, typer.Option("--png", help="Also draw the explanation to this file.")]
Page = Annotated[Path | None, typer.Option("--html", help="Also write what is printed to this file.")]
BAR = 24  # characters


def explain(
    map_folder: o.MapPath,
    row: Row = None,
    new: New = None,
    what: Asked = "place",
    exact: Exact = False,
    compare: Group = None,
    against: Against = None,
    depends: Depends = None,
    movers: Movers = None,
    png: Picture = None,
    html: Page = None,
    as_json: o.AsJson = False,
) -> None:
    """Say why a row lies where it lies, why it was predicted so, or why groups differ."""
    from belvedere import api, explaining

    content = api.open(map_folder).content
    asked = [value for value in (row, new, compare, depends, movers) if value is not None]
    if len(asked) != 1:
        raise SettingError(
            f"One thing must be asked, but {len(asked)} were. Pass one of --row, --new, --compare, --depends, --movers."
        )
    found: Any
    if compare is not None:
        found = compare_selected(content, compare, against)
    elif depends is not None:
        found = explaining.depend(content, depends)
    elif movers is not None:
        found = explaining.movers(content, api.open(movers).content)
    elif what == "change":
        if row is None:
            raise SettingError("A change is looked for in a row of the map, but --new was given. Pass --row.")
        found = explaining.cross_over(content, row)
    else:
        found = _explain_one(content, row, new, what, exact=exact)
    if png:
        _draw(content, found, png)
    _print(found, html, as_json=as_json)


def _explain_one(content: "MapContent", row: int | None, new: Path | None, what: str, *, exact: bool) -> "Explanation":
    from belvedere import explaining
    from belvedere.sources import open_source

    if what not in ("place", "prediction"):
        raise SettingError(f"--what must be 'place', 'prediction' or 'change', but is {what!r}.")
    rows: Any = [row] if new is None else open_source(str(new)).table.slice(0, 1)
    return explaining.explain_rows(content, rows, what=what, exact=exact)[0]  # type: ignore[arg-type]


def compare_selected(content: "MapContent", a: str, b: str | None) -> "Comparison":
    """Compare the rows that two conditions select."""
    from belvedere import explaining

    (column, rows_a), other = selected(content, a), selected(content, b) if b else None
    made_by = {column} | ({other[0]} if other else set())
    return explaining.compare(content, rows_a, other[1] if other else None, ignore=tuple(made_by))


def selected(content: "MapContent", condition: str) -> "tuple[str, NDArray[np.bool_]]":
    """Column and flags of the rows that fulfill a condition such as `job=nurse`, `age>30`, `region=3`."""
    import re

    import numpy as np

    from belvedere.values import to_floats, to_texts

    parts = re.fullmatch(r"\s*(.+?)\s*(<=|>=|!=|=|<|>)\s*(.*?)\s*", condition)
    if parts is None:
        raise SettingError(f"A condition must look like column=value or column>number, but is {condition!r}.")
    column, sign, value = parts.groups()
    if column == "region" and content.region_of is not None and value.isdigit():
        return column, np.asarray((content.region_of == int(value)).any(axis=1))
    if column not in content.rows.column_names:
        raise SettingError(f"There is no column {column!r}. {nearest_names(column, content.rows.column_names)}")
    values = content.rows.column(column)
    if sign in ("=", "!="):
        equal = np.array([text == value for text in to_texts(values)])
        return column, equal if sign == "=" else ~equal
    numbers, limit = to_floats(values), parse_limit(value, condition)
    compared = {"<": numbers < limit, ">": numbers > limit, "<=": numbers <= limit, ">=": numbers >= limit}
    return column, np.asarray(compared[sign])


def parse_limit(value: str, condition: str) -> float:
    """Read the number of a condition such as `age>30`."""
    import math

    from belvedere.values import parse_number

    limit = parse_number(value)
    if math.isnan(limit):
        raise SettingError(f"{condition!r} must compare with a number, but {value!r} is none. Use = or != for words.")
    return limit


def _print(found: Any, html: Path | None, *, as_json: bool) -> None:
    from rich.console import Console

    from belvedere.explain.compare import Comparison
    from belvedere.explain.values import Explanation
    from belvedere.explaining import Counterfactual

    if as_json:
        echo_json(found.to_dict())
        return
    console = Console(highlight=False, record=html is not None)
    if isinstance(found, Explanation):
        print_explanation(console, found)
    elif isinstance(found, Comparison):
        print_comparison(console, found)
    elif isinstance(found, Counterfactual):
        print_change(console, found)
    else:
        console.print_json(json.dumps(found.to_dict() if not hasattr(found, "distance") else found.to_dict(20)))
    if html:
        console.save_html(str(html))


def print_explanation(console: Any, found: "Explanation") -> None:
    """Print pulls as bars to the right and left of a middle line."""
    from rich.markup import escape
    from rich.table import Table

    from belvedere.explain.picture import bars_of

    console.print(f"[bold]{escape(found.about)}[/]\n[dim]{escape(found.baseline)}[/]")
    console.print(f"[dim]from {_numbers(found.start)} to {_numbers(found.reached)}[/]\n")
    table = Table(box=None, padding=(0, 1, 0, 0), show_header=False)
    bars = bars_of(found)
    longest = max([abs(value) for _, value in bars] or [1.0]) or 1.0
    for name, value in bars:
        table.add_row(escape(name), *_bar(value / longest), f"{value:+.3g}")
    console.print(table)
    for detail in found.details:
        if detail.parts == "pixels" and detail.shape[1] <= 96 and console.color_system:
            print_map(console, detail)
    console.print(
        f"\n[dim]The pulls add up to within {found.error:.2%}; the row lies {found.residual:.1%} of the width from "
        f"where the network places it; {found.n_nodes} gradients.[/]"
    )
    for sentence in found.warnings:
        console.print(f"[yellow]![/] {escape(sentence)}")


def print_change(console: Any, found: "Counterfactual") -> None:
    """Print the smallest change that crosses over."""
    from rich.markup import escape

    if found.changes:
        console.print(f"[bold]{escape(found.before)}[/] would be [bold]{escape(found.after)}[/] with")
    for change in found.changes:
        console.print(f"  {escape(change.column)}  {escape(change.value)} → [bold]{escape(change.instead)}[/]")
    console.print(f"[dim]{escape(found.note)}[/]")


def print_map(console: Any, detail: "Detail") -> None:
    """Print the signed pulls of pixels, two rows of pixels per line of text."""
    import numpy as np
    from rich.color import Color
    from rich.style import Style
    from rich.text import Text

    from belvedere.explain.picture import signed_colors

    pixels = np.asarray(signed_colors(detail.along))
    for y in range(0, len(pixels) - 1, 2):
        line = Text()
        for x in range(pixels.shape[1]):
            above, below = (tuple(pixels[y + dy, x].tolist()) for dy in (0, 1))
            line.append("▀", Style(color=Color.from_rgb(*above), bgcolor=Color.from_rgb(*below)))
        console.print(line)


def _bar(share: float) -> tuple[str, str]:
    """A bar to the left or to the right."""
    blocks = "█" * max(1, round(abs(share) * BAR)) if share else ""
    return (f"[red]{blocks:>{BAR}}[/]", "") if share < 0 else (" " * BAR, f"[blue]{blocks}[/]")


def _numbers(values: tuple[float, ...]) -> str:
    return "(" + ", ".join(f"{value:.4g}" for value in values) + ")"


def print_comparison(console: Any, found: "Comparison") -> None:
    """Print the rule and the differences, those that merely go along dimmed."""
    from rich.markup import escape
    from rich.table import Table

    console.print(f"[bold]{found.n_inside:,} rows against {found.n_outside:,}[/]")
    for sentence in found.notes:
        console.print(f"[yellow]![/] {escape(sentence)}")
    if found.rule is not None:
        rule = found.rule
        console.print(
            f"\n[bold]{escape(str(rule))}[/]\n[dim]precision {rule.precision:.0%} (without a rule {rule.base:.0%}), "
            f"coverage {rule.coverage:.0%}, on {rule.n_rows:,} held-out rows[/]\n"
        )
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for title in ("difference", "", "", "effect", "q", "here", "there", ""):
        table.add_column(title)
    for d in (found.found or found.differences)[:20]:
        q = "" if d.q is None else f"{d.q:.1g}"
        echo = f"[dim]goes along with {escape(d.echo_of)}[/]" if d.echo_of else ""
        table.add_row(
            escape(d.name), *_bar(d.effect), f"{d.effect:+.2f}", q, f"{d.inside:.4g}", f"{d.outside:.4g}", echo
        )
    console.print(table)


def _draw(content: "MapContent", found: Any, path: Path) -> None:
    """Draw an explanation of a row."""
    from belvedere.explain.picture import draw_explanation
    from belvedere.explain.values import Explanation
    from belvedere.explaining.pictures import picture_of

    if not isinstance(found, Explanation):
        raise SettingError("--png draws the explanation of one row. Pass --row, or --html for tables.")
    draw_explanation(found, path, picture=picture_of(content, found.row))
