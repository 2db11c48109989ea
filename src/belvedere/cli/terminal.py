"""What a person sees in the terminal: progress bars, and a closing summary that reads like a report."""

import os
import sys
import webbrowser
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from belvedere.progress import Plain, Progress, Silent

if TYPE_CHECKING:
    from pathlib import Path

    from belvedere.maps import Map
    from belvedere.types import Finding, Schema, Score, Source

MARKS = {"serious": "[red]✗[/]", "warning": "[yellow]![/]", "note": "[blue]·[/]", "good": "[green]✓[/]"}


def out() -> Console:
    """Where results go."""
    return Console(highlight=False)


def err() -> Console:
    """Where progress and errors go."""
    return Console(stderr=True, highlight=False)


def print_error(sentence: str) -> None:
    """Print one sentence about what went wrong."""
    err().print(f"[bold red]✗[/] {escape(sentence)}", soft_wrap=True)


def progress_for(*, quiet: bool) -> Progress:
    """Bars in a terminal, a plain log elsewhere, silence when asked."""
    if quiet:
        return Silent()
    return Bars() if sys.stderr.isatty() else Plain()


class Bars:
    """Progress bars of rich, one line per stage; finished stages stay with their seconds."""

    def __init__(self) -> None:
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

        self._bars = Progress(
            TextColumn("{task.description:<22}"),
            BarColumn(bar_width=28, complete_style="blue", finished_style="blue"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[note]}"),
            console=err(),
            transient=True,
        )
        self._task: Any = None
        self._began = 0.0

    def start(self, stage: str, total: int | None = None) -> None:
        """Show a new bar."""
        import time

        self._began = time.monotonic()
        self._stage = stage
        self._bars.start()
        self._task = self._bars.add_task(stage, total=total, note="")

    def advance(self, done: int, note: str = "") -> None:
        """Move the bar."""
        self._bars.update(self._task, completed=done, note=escape(note))

    def finish(self, note: str = "") -> None:
        """Replace the bar by one line with its seconds."""
        import time

        self._bars.remove_task(self._task)
        self._bars.stop()
        seconds = time.monotonic() - self._began
        err().print(f"[blue]✓[/] {escape(self._stage):<22} [dim]{seconds:6.1f} s[/]  {escape(note)}")

    def say(self, sentence: str) -> None:
        """Print a sentence above the bar."""
        err().print(f"  {escape(sentence)}")


def print_schema(schema: "Schema", console: Console | None = None) -> None:
    """List the columns with kind, role and the reason; long lists are cut."""
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=True, header_style="dim")
    for title in ("column", "kind", "role", "why"):
        table.add_column(title, overflow="fold")
    for column in schema.columns[:24]:
        role = "" if column.role == "input" else column.role
        table.add_row(escape(column.name), column.kind, role, f"[dim]{escape(column.why)}[/]")
    (console or out()).print(table)
    if len(schema.columns) > 24:
        (console or out()).print(f"[dim]… and {len(schema.columns) - 24:,} more columns[/]")


def print_summary(made: "Map", *, saved: str, seconds: float) -> None:
    """Print the closing report: what was learned, how true the map is, what was found, what to try next."""
    content, console = made.content, out()
    console.print(f"\n[bold]{escape(made.name)}[/]  {len(made):,} rows · {len(content.schema.columns):,} columns")
    console.print(f"[dim]{escape(str(content.provenance.get('space', '')))}[/]\n")
    print_scores("How well it learned", [s for s in made.scores if s.group == "learning"])
    print_scores("How true the map is", [s for s in made.scores if s.group == "map"])
    top = [r.name for r in made.regions if r.level == 0 and r.name]
    if top:
        console.print(f"[bold]Regions[/]  {escape(' · '.join(top[:12]))}\n")
    print_findings(made.findings)
    console.print(f"\nSaved [bold]{escape(saved)}[/] in {_minutes(seconds)}\n")
    console.print("[dim]Next[/]")
    for command, what in _next_steps(saved):
        console.print(f"  {escape(command):<44} [dim]{what}[/]")


def _next_steps(saved: str) -> Iterable[tuple[str, str]]:
    """Commands that a person may want now."""
    yield f"belvedere view {saved}", "explore it in the browser"
    yield f"belvedere place {saved} NEW.csv", "put new rows onto it"
    yield f"belvedere export {saved} --png map.png", "a picture (or a page, a table)"


def print_scores(title: str, scores: "list[Score]") -> None:
    """Print scores as a table with the baseline beside each; what was measured on what stands below, once."""
    if not scores:
        return
    table = Table(box=None, padding=(0, 3, 0, 0), header_style="dim")
    table.add_column(title, header_style="bold", min_width=22)
    for name in ("", "95 %", "baseline"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("")
    for score in scores:
        table.add_row(score.name, f"[bold]{number(score.value)}[/]", _interval(score), *_baseline(score))
    out().print(table)
    for said in dict.fromkeys(_footnote(score) for score in scores):
        if said:
            out().print(f"[dim]{escape(said)}[/]")
    out().print()


def _footnote(score: "Score") -> str:
    """Say on what a score was measured, and against what."""
    beside = f"baseline: {score.baseline_name}" if score.baseline is not None else ""
    return " · ".join(part for part in (score.about, beside) if part)


def number(value: float) -> str:
    """Write a number with three decimals where it is small, and without where it is large."""
    return f"{value:.3f}".replace("-0.000", "0.000") if abs(value) < 100 else f"{value:,.0f}"


def _interval(score: "Score") -> str:
    """Write the interval of a score, if it has one."""
    if score.low is None or score.high is None:
        return ""
    return f"[dim]{number(score.low)}–{number(score.high)}[/]"


def _baseline(score: "Score") -> tuple[str, str]:
    """Write the baseline of a score, and a word where it wins."""
    if score.baseline is None:
        return "", ""
    wins = score.value == score.baseline or (score.value > score.baseline) == score.higher_is_better
    return number(score.baseline), "" if wins else "[yellow]the baseline wins[/]"


def print_findings(findings: "Iterable[Finding]") -> None:
    """Print what the checks found, the gravest first."""
    ranked = sorted(findings, key=lambda f: list(MARKS).index(f.level))
    if not ranked:
        return
    out().print("[bold]Data quality[/]")
    for finding in ranked[:12]:
        cure = f"  [dim]{escape(finding.cure)}[/]" if finding.cure else ""
        out().print(f"  {MARKS[finding.level]} {escape(finding.sentence)}{cure}")
    if len(ranked) > 12:
        out().print(f"  [dim]… and {len(ranked) - 12} more: belvedere check[/]")


def print_report(
    source: "Source", schema: "Schema", findings: "Iterable[Finding]", console: Console | None = None
) -> None:
    """Print all that checking found: how the data were read, what the columns are, every finding with its cure."""
    console, ranked = console or out(), sorted(findings, key=lambda f: list(MARKS).index(f.level))
    console.print(f"[bold]{escape(source.name)}[/]  {source.n_rows:,} rows · {len(schema.columns):,} columns\n")
    for sentence in source.account:
        console.print(f"  {escape(sentence)}", soft_wrap=True)
    print_schema(schema, console)
    counts = [f"{sum(f.level == level for f in ranked)} {level}" for level in dict.fromkeys(f.level for f in ranked)]
    console.print(f"\n[bold]Data quality[/]  {' · '.join(counts) or '[green]✓[/] nothing found'}")
    for finding in ranked:
        console.print(f"  {MARKS[finding.level]} {escape(finding.sentence)} [dim]({finding.check})[/]", soft_wrap=True)
        if finding.cure:
            console.print(f"      [dim]{escape(finding.cure)}[/]", soft_wrap=True)
    for undo in dict.fromkeys(f.undo for f in ranked if f.undo):
        console.print(f"  [dim]{escape(undo)}[/]")


def write_report(source: "Source", schema: "Schema", findings: "Iterable[Finding]", path: "Path") -> None:
    """Write the same report as one HTML page."""
    import io

    console = Console(record=True, width=120, file=io.StringIO(), highlight=False, force_terminal=True)
    print_report(source, schema, findings, console)
    path.write_text(console.export_html(inline_styles=False), encoding="utf-8")


def _minutes(seconds: float) -> str:
    """Write a duration for people."""
    return f"{seconds:.0f} s" if seconds < 90 else f"{int(seconds // 60)} min {int(seconds % 60)} s"


def browser_is_there() -> bool:
    """Tell whether a browser can be opened here (a screen, and a known browser)."""
    if os.environ.get("CI") or (sys.platform.startswith("linux") and not os.environ.get("DISPLAY")):
        return False
    try:
        return bool(webbrowser.get())
    except webbrowser.Error:
        return False
