"""The check command: a report in the terminal, as HTML or JSON; a copy without the rows found; a status for pipelines."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from belvedere.cli import options as o
from belvedere.cli.commands import echo_json, parse_kinds
from belvedere.errors import SettingError

if TYPE_CHECKING:
    from belvedere.types import Finding, Schema, Source

FORMATS = ("terminal", "html", "json")
GRAVE = {"serious": ("serious",), "warning": ("serious", "warning"), "note": ("serious", "warning", "note")}


def check(
    data: o.Data,
    target: o.TargetName = None,
    kind: o.Kinds = None,
    read: o.Reading = None,
    skip_bad: o.SkipBad = False,
    sensitive: o.Sensitive = None,
    against: Annotated[
        str | None, typer.Option("--against", help="Other data: what changed, and which rows stand in both.")
    ] = None,
    without: Annotated[
        str | None, typer.Option("--without", help="Checks whose rows a clean copy leaves out: duplicates,texts.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Clean copy (.parquet, .csv), or the report (--format html).")
    ] = None,
    form: Annotated[str, typer.Option("--format", help="terminal, html or json.")] = "terminal",
    fail_on: Annotated[
        str | None, typer.Option("--fail-on", help="Exit 1 on findings: serious, warning or note.")
    ] = None,
    as_json: o.AsJson = False,
) -> None:
    """Look for faults and sensitive columns in DATA."""
    from belvedere.checks import run_checks

    form = _insist("json" if as_json else form, fail_on, without, out)
    read = [*(read or []), *(["skip_bad=true"] if skip_bad else [])]
    source, schema = _opened(data, target=target, kind=kind, read=read, sensitive=sensitive)
    other = None if against is None else _opened(against, target=target, kind=None, read=read, sensitive=None)[0]
    findings = run_checks(source, schema, against=other)
    _report(form, source, schema, findings, None if without else out)
    if without:
        assert out is not None
        _write_without(source, findings, [name.strip() for name in without.split(",")], out)
    if any(finding.level in GRAVE.get(fail_on or "", ()) for finding in findings):
        raise typer.Exit(1)


def _insist(form: str, fail_on: str | None, without: str | None, out: Path | None) -> str:
    """Refuse options that do not go together."""
    if form not in FORMATS:
        raise SettingError(f"--format must be terminal, html or json, but is {form!r}.")
    if fail_on not in (None, *GRAVE):
        raise SettingError(f"--fail-on must be 'serious', 'warning' or 'note', but is {fail_on!r}.")
    if without and out is None:
        raise SettingError("A clean copy must have a name, but --out is missing. Add --out clean.parquet.")
    if without and form != "terminal":
        raise SettingError("--without writes a copy and --format a report; choose one of them per call.")
    return form


def _opened(
    data: str, *, target: str | None, kind: list[str] | None, read: list[str] | None, sensitive: list[str] | None
) -> "tuple[Source, Schema]":
    from belvedere.checks import apply_decisions, parse_decisions
    from belvedere.kinds import learn_kinds
    from belvedere.sources import open_source, parse_options

    kinds = parse_kinds(kind)
    wanted: dict[str, Any] = {**parse_options(read), "keep": [*([target] if target else []), *kinds]}
    source = apply_decisions(open_source(data, options=wanted), parse_decisions(sensitive))
    return source, learn_kinds(source, overrides=kinds, target=target if target in source.table.column_names else None)


def _report(form: str, source: "Source", schema: "Schema", findings: "tuple[Finding, ...]", out: Path | None) -> None:
    from belvedere.cli import terminal

    if form == "terminal":
        terminal.print_report(source, schema, findings)
    elif form == "html":
        target = out or Path(f"{source.name}.check.html")
        terminal.write_report(source, schema, findings, target)
        terminal.out().print(f"Wrote [bold]{target}[/]")
    elif out is None:
        echo_json(findings)
    else:
        from belvedere.page import write_json

        told = {"name": source.name, "rows": source.n_rows, "account": source.account, "findings": findings}
        out.write_bytes(write_json(told, indent=2))


def _write_without(source: "Source", findings: "tuple[Finding, ...]", checks: list[str], out: Path) -> None:
    """Write a copy of the data without the rows that some checks found; the data themselves stay as they are."""
    import numpy as np

    from belvedere.cli import terminal
    from belvedere.errors import nearest_names
    from belvedere.export import write_rows

    named = [finding for finding in findings if finding.check in checks]
    known = sorted({finding.check for finding in findings if finding.n_rows})
    for name in checks:
        if name not in known:
            raise SettingError(
                f"--without must name checks that found rows, but {name!r} did not. {nearest_names(name, known)}"
            )
    gone = np.unique([row for finding in named for row in finding.rows]).astype(np.int64)
    kept = np.setdiff1d(np.arange(source.n_rows), gone)
    write_rows(source.take(kept), out)
    more = sum(finding.n_rows - len(finding.rows) for finding in named)
    left = f" {more:,} more were found than one run removes: check the copy again." if more else ""
    terminal.out().print(f"\nWrote [bold]{out}[/] without {len(gone):,} of {source.n_rows:,} rows.{left}")
