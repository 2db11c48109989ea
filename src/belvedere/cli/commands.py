"""The commands. Each parses, calls one public function and prints; help texts are the first thing a user reads."""

import dataclasses
import shutil
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from belvedere.cli import options as o
from belvedere.cli.settings import given, learn_settings
from belvedere.cli.watching import open_page
from belvedere.errors import MapFolderError, SettingError, SourceError, StoppedError


def map_data(
    data: o.Data,
    target: o.TargetName = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Map folder to write.", show_default="DATA.map")
    ] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Replace the map folder if it exists.")] = False,
    kind: o.Kinds = None,
    ignore: o.Ignore = None,
    task: o.TaskName = None,
    event: o.Event = None,
    group: o.Group = None,
    by_time: o.Time = None,
    checkpoint: o.CheckpointFile = None,
    resume: o.Resume = False,
    user: o.User = None,
    horizon: o.Horizon = 1,
    network: o.NetworkName = "auto",
    finetune: o.Finetune = False,
    allow_download: o.AllowDownload = False,
    space: o.Space = "auto",
    start_from: o.StartFrom = None,
    freeze: o.Freeze = 0.3,
    read: o.Reading = None,
    skip_bad: o.SkipBad = False,
    sensitive: o.Sensitive = None,
    sample: o.Sample = None,
    effort: o.Effort = 1.0,
    epochs: o.Epochs = None,
    settings: o.SettingsFile = None,
    time_limit: o.TimeLimit = None,
    batch_size: o.BatchSize = None,
    learning_rate: o.Rate = None,
    dropout: o.Dropout = None,
    target_weight: o.TargetWeight = None,
    weight_decay: o.Decay = None,
    private: o.Private = False,
    epsilon: o.Epsilon = 8.0,
    delta: o.Delta = None,
    like: Annotated[
        Path | None, typer.Option("--like", help="Older map of some of these rows: lay them out as they lay there.")
    ] = None,
    key: Annotated[
        str | None, typer.Option("--key", help="With --like: the column by which rows are known again.")
    ] = None,
    attraction: Annotated[
        float, typer.Option(help="1 keeps most neighbors, 4 draws tight clusters.", min=1, max=4)
    ] = 1.0,
    seed: o.Seed = 0,
    threads: o.Threads = None,
    engine: o.EngineName = "local",
    workers: o.Workers = None,
    address: o.Address = None,
    memory: Annotated[
        str | None,
        typer.Option("--memory", help="Memory to use at most, about: 4GB.", show_default="60 % of what is free"),
    ] = None,
    picture: Annotated[Path | None, typer.Option("--picture", help="Also draw the map to this .png or .svg.")] = None,
    host: o.Host = "127.0.0.1",
    port: o.Port = 0,
    watch: Annotated[bool, typer.Option("--watch", help="Open the page at once and watch the map form.")] = False,
    no_view: Annotated[bool, typer.Option("--no-view", help="Do not open the explorer afterwards.")] = False,
    encrypt: Annotated[bool, typer.Option("--encrypt", help="Lock the map with a passphrase, asked first.")] = False,
    no_browser: o.NoBrowser = False,
    quiet: o.Quiet = False,
    as_json: o.AsJson = False,
) -> None:
    """Learn DATA, draw them as a map, open it in the browser."""
    from belvedere.checks import parse_decisions
    from belvedere.cli import privacy, terminal
    from belvedere.draw import DrawSettings
    from belvedere.engines import Engine

    began, on = time.monotonic(), Engine(engine, workers, address)
    folder = free_folder(out or Path(default_name(data)), replace=replace)
    passphrase = privacy.new_passphrase() if encrypt else None
    progress, watched = terminal.progress_for(quiet=quiet or as_json), None
    if watch:
        wants_none = no_view or as_json
        watched = open_page(progress, host=host, port=port, open_browser=not no_browser, has_no_view=wants_none)
    kept = folder.with_name(f"{folder.name}.part")
    state = checkpoint or kept.with_name(f"{folder.name}.checkpoint")
    made = _made(
        data,
        target=target,
        kinds=parse_kinds(kind),
        ignore=tuple(ignore or ()),
        reading=reading_options(read, skip_bad=skip_bad),
        sensitive=parse_decisions(sensitive),
        sample=sample,
        like=like,
        key=key,
        seed=seed,
        memory=memory,
        stages=None if encrypt else kept,  # they are not locked
        learning=learn_settings(
            settings,
            task=task, event=event, user=user, horizon=horizon, network=network, space=space,
            start_from=start_from, freeze=freeze, effort=effort, epochs=epochs, time_limit_s=time_limit,
            batch_size=batch_size, group=group, time=by_time,
            checkpoint=str(state), resume=resume, finetune=finetune, allow_download=allow_download,
            threads=threads, private=private, epsilon=epsilon, delta=delta, engine=on,
            learning_rate=learning_rate, dropout=dropout, weight_decay=weight_decay, target_weight=target_weight,
        ),
        drawing=given(DrawSettings(), attraction=attraction, n_threads=threads, engine=on),
        progress=watched.watch if watched else progress,
    )  # fmt: skip
    made = _saved(made, folder, passphrase, kept)
    if picture:
        made.export(picture)
    _report(made, folder, picture, time.monotonic() - began, how="json" if as_json else "quiet" if quiet else "words")
    if made.content.provenance["interrupted"]:
        cure = f" Go on with --resume --replace; {state} holds the state." if state.exists() else ""
        raise StoppedError(f"Stopped early, as you asked; the map as far as it came is saved in {folder}.{cure}")
    state.unlink(missing_ok=True)
    shutil.rmtree(kept, ignore_errors=True)
    if watched:
        made.show_in(watched)
        watched.wait()
    elif not (no_view or as_json or quiet):
        _serve(made, host=host, port=port, open_browser=not no_browser)


def _report(made: Any, folder: Path, picture: Path | None, seconds: float, *, how: str) -> None:
    """Say what came of it: 'words', 'json' or 'quiet'."""
    from belvedere.cli import terminal

    if how == "json":
        echo_json(summary(made))
    elif how == "words":
        terminal.print_summary(made, saved=str(folder), seconds=seconds)
        if picture:
            terminal.out().print(f"\nPicture [bold]{picture}[/]")


def _made(data: str, **asked: Any) -> Any:
    """Make a map; where what was asked is refused, no finished stages are left of a new one."""
    from belvedere import api

    try:
        return asked["learning"].engine.around(lambda: api.map(data, **asked))
    except (SettingError, SourceError):
        if asked["stages"] is not None and not asked["learning"].resume:
            shutil.rmtree(asked["stages"], ignore_errors=True)
        raise


def _saved(made: Any, folder: Path, passphrase: str | None, kept: Path) -> Any:
    """Save a map; where that fails, say how to go on from what was made."""
    try:
        return made.save(folder, passphrase=passphrase)
    except MapFolderError as error:
        if not kept.exists():
            raise
        raise MapFolderError(f"{error} Then go on with --resume; {kept} holds what was made.") from error


def view(
    map_folder: o.MapPath,
    beside: Annotated[
        Path | None, typer.Option("--beside", help="A second map of the same rows, shown side by side.")
    ] = None,
    key: Annotated[
        str | None,
        typer.Option("--key", help="Column that matches the rows of both maps.", show_default="an id, or row order"),
    ] = None,
    host: o.Host = "127.0.0.1",
    port: o.Port = 0,
    no_browser: o.NoBrowser = False,
) -> None:
    """Explore a map in the browser."""
    from belvedere import api

    if key and not beside:
        raise SettingError("--key matches the rows of two maps, but only one is given. Name the other with --beside.")
    other = api.open(beside) if beside else None
    _serve(api.open(map_folder), host=host, port=port, open_browser=not no_browser, beside=other, key=key)


def _serve(made: Any, *, host: str, port: int, open_browser: bool, **more: Any) -> None:
    """Serve until interrupted; the address is printed by the server."""
    from belvedere.cli.terminal import browser_is_there

    made.view(host=host, port=port, open_browser=open_browser and browser_is_there(), **more)


def place(
    map_folder: o.MapPath,
    data: o.Data,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Table to write (.parquet, .arrow, .csv); with --append the map folder."),
    ] = None,
    skip_bad: o.SkipBad = False,
    append: Annotated[bool, typer.Option("--append", help="Add the rows to the map itself.")] = False,
    exact: Annotated[
        bool, typer.Option("--exact", help="Place by the true neighbors, slower and truer than by the network.")
    ] = False,
    engine: o.EngineName = "local",
    workers: o.Workers = None,
    address: o.Address = None,
    as_json: o.AsJson = False,
) -> None:
    """Put new rows onto a map by its network."""
    from belvedere import api
    from belvedere.cli import terminal
    from belvedere.placing import Engine
    from belvedere.sources.batches import open_batches

    made = api.open(map_folder)
    rows = open_batches(data, keep=made.schema.names, skip_bad=skip_bad)
    if append:
        how = {"mode": "exact" if exact else "fast", "engine": Engine(engine, workers, address)}
        _append(made, rows, out, as_json=as_json, **how)
        return
    target = out or Path(f"{rows.name}.placed.parquet")
    began = time.monotonic()
    placed = made.place_into(
        rows, target, mode="exact" if exact else "fast", engine=Engine(engine, workers, address),
        progress=terminal.progress_for(quiet=as_json),
    )  # fmt: skip
    n_rows, seconds = placed.n_rows, time.monotonic() - began
    if as_json:
        echo_json({"rows": n_rows, "far_off": placed.n_far_off, "out": str(target), "seconds": seconds})
        return
    for sentence in placed.account:
        terminal.out().print(f"[dim]{sentence}[/]", soft_wrap=True)
    terminal.out().print(f"Placed {n_rows:,} rows in {seconds:.1f} s: [bold]{target}[/]")
    if placed.n_far_off:
        terminal.out().print(
            f"[yellow]![/] {placed.n_far_off:,} rows are more unusual than 96 of 100 learned rows; do not trust their places "
            "(column 'map_far_off'). Of ordinary rows, one in 25 is."
        )


def _append(made: Any, rows: Any, out: Path | None, *, as_json: bool, **how: Any) -> None:
    """Add rows to a map, and say how well they fit."""
    from belvedere.cli import terminal

    if out is not None:
        free_folder(out, replace=False)
    began = time.monotonic()
    grown, fit = made.append(rows, out=out, progress=terminal.progress_for(quiet=as_json), **how)
    if as_json:
        echo_json(dataclasses.asdict(fit) | {"far_off": fit.far_off, "out": str(grown.path), "map_rows": len(grown)})
        return
    console = terminal.out()
    for sentence in fit.account:
        console.print(f"[dim]{sentence}[/]", soft_wrap=True)
    seconds = time.monotonic() - began
    console.print(f"Appended {fit.n_rows:,} rows in {seconds:.1f} s: [bold]{grown.path}[/], now {len(grown):,} rows")
    console.print(
        f"{fit.far_off:.1%} of them are far off (4 % are expected); {fit.region_drift:.0%} would have to lie in other regions "
        "to be spread as the rows before."
    )
    order = sorted(fit.column_drift.items(), key=lambda pair: -pair[1])
    if drifted := [f"{name} {far:.2f}" for name, far in order if far > 0]:
        console.print(f"Columns that drifted (0 the same, 1 apart): {', '.join(drifted[:8])}", soft_wrap=True)
    if fit.advice:
        console.print(f"[yellow]![/] {fit.advice}", soft_wrap=True)


def info(map_folder: o.MapPath, as_json: o.AsJson = False) -> None:
    """Say what a map holds and how good it is."""
    from belvedere import api
    from belvedere.cli import terminal

    made = api.open(map_folder)
    if as_json:
        echo_json(summary(made))
        return
    terminal.print_schema(made.schema)
    seconds = sum(made.content.provenance.get("seconds", {}).values())
    terminal.print_summary(made, saved=str(map_folder), seconds=seconds)


def default_name(data: str) -> str:
    """Name the map folder after the data, in the current folder."""
    stem = Path(data.split("::")[0].rstrip("/")).name.split(":")[-1]
    return f"{stem.split('.')[0] or 'data'}.map"


def free_folder(folder: Path, *, replace: bool) -> Path:
    """Insist, before anything long, that the map folder can be written."""
    if folder.exists() and not replace:
        raise MapFolderError(
            f"The map folder must be new, but {str(folder)!r} exists. Pass --replace or --out OTHER.map."
        )
    if not folder.absolute().parent.is_dir():
        raise MapFolderError(f"The folder {str(folder.absolute().parent)!r} must exist, but does not. Make it first.")
    return folder


def parse_kinds(pairs: list[str] | None) -> dict[str, str]:
    """Read `--kind name=kind` options."""
    kinds = {}
    for pair in pairs or []:
        name, sign, kind = pair.rpartition("=")
        if not sign or not name:
            raise SettingError(f"--kind must look like column=kind, but is {pair!r}. For example: --kind age=category.")
        kinds[name] = kind
    return kinds


def reading_options(pairs: list[str] | None, *, skip_bad: bool) -> dict[str, Any]:
    """How to read: `--read name=value` options and `--skip-bad`."""
    from belvedere.sources import parse_options

    return {**parse_options(pairs), **({"skip_bad": True} if skip_bad else {})}


def echo_json(value: Any) -> None:
    """Print a result as JSON; what is not a number (a score of too few rows) becomes null."""
    from belvedere.page import write_json

    typer.echo(write_json(value, indent=2).decode().rstrip("\n"))


def summary(made: Any) -> dict[str, Any]:
    """The result of a map in a few entries."""
    content = made.content
    return {
        "name": made.name,
        "path": str(made.path),
        "rows": len(made),
        "columns": list(content.schema),
        "scores": made.scores,
        "findings": [dataclasses.replace(finding, rows=finding.rows[:20]) for finding in made.findings],
        "regions": [region for region in made.regions if region.level == 0],
        "provenance": content.provenance,
    }
