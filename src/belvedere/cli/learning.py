"""Commands of the learning half: train and evaluate without a map, tune, list the networks."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from belvedere.cli import options as o
from belvedere.cli.commands import default_name, echo_json, parse_kinds
from belvedere.cli.settings import learn_settings
from belvedere.errors import SettingError

if TYPE_CHECKING:
    from belvedere.learn import LearnSettings
    from belvedere.types import Schema, Source


def train(
    data: o.Data,
    target: Annotated[str, typer.Option("--target", "-t", help="Column to be predicted.")],
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
    start_from: o.StartFrom = None,
    freeze: o.Freeze = 0.3,
    sample: o.Sample = None,
    effort: o.Effort = 1.0,
    epochs: o.Epochs = None,
    settings: o.SettingsFile = None,
    time_limit: o.TimeLimit = None,
    batch_size: o.BatchSize = None,
    learning_rate: o.Rate = None,
    dropout: o.Dropout = None,
    weight_decay: o.Decay = None,
    private: o.Private = False,
    epsilon: o.Epsilon = 8.0,
    delta: o.Delta = None,
    folds: Annotated[int | None, typer.Option("--folds", help="Cross-validate with so many folds.", min=2)] = None,
    seed: o.Seed = 0,
    threads: o.Threads = None,
    engine: o.EngineName = "local",
    workers: o.Workers = None,
    address: o.Address = None,
    quiet: o.Quiet = False,
    as_json: o.AsJson = False,
) -> None:
    """Learn DATA and evaluate on held-out rows, without a map."""
    from belvedere.cli import terminal
    from belvedere.engines import Engine
    from belvedere.learn import cross_validate, learn

    on = Engine(engine, workers, address)
    progress = terminal.progress_for(quiet=quiet or as_json)
    wanted = learn_settings(
        settings, task=task, event=event, user=user, horizon=horizon, group=group, time=by_time, network=network,
        start_from=start_from, freeze=freeze, effort=effort, epochs=epochs,
        time_limit_s=time_limit, batch_size=batch_size, learning_rate=learning_rate,
        checkpoint=None if checkpoint is None else str(checkpoint), resume=resume,
        dropout=dropout, weight_decay=weight_decay, seed=seed, threads=threads,
        finetune=finetune, allow_download=allow_download,
        private=private, epsilon=epsilon, delta=delta, engine=on,
    )  # fmt: skip
    source, schema = _opened(data, wanted, target=target, kind=kind, ignore=ignore, sample=sample)
    if folds is None:
        learned = on.around(lambda: learn(source, schema, wanted, progress))
        told = {
            "scores": learned.scores,
            "evaluation": learned.evaluation,
            "curves": learned.curves,
            "notes": learned.notes,
        }
    else:
        found = on.around(lambda: cross_validate(source, schema, wanted, progress, n_folds=folds))
        told = {"scores": found.scores, "notes": (f"Scored in {found.how}.",), "folds": found.folds}
    if as_json:
        echo_json(told)
    elif not quiet:
        _print_learned(told["scores"], told["notes"])


def tune(
    data: o.Data,
    target: Annotated[str, typer.Option("--target", "-t", help="Column to be predicted.")],
    search: Annotated[
        str, typer.Option("--search", help="random, grid (every combination) or tpe (where trials were good).")
    ] = "random",
    setting: Annotated[
        list[str] | None,
        typer.Option("--try", help="Values or a range: --try dropout=0.1,0.3 --try learning_rate=0.0005..0.01"),
    ] = None,
    trials: Annotated[int, typer.Option("--trials", help="Trials of a random or tpe search.", min=1)] = 12,
    no_prune: Annotated[bool, typer.Option("--no-prune", help="Finish also trials that are behind.")] = False,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            help="Folder for trials and tables; a stopped search goes on from it.",
            show_default="DATA.search",
        ),
    ] = None,
    afresh: Annotated[bool, typer.Option("--afresh", help="Forget the trials kept in the folder.")] = False,
    kind: o.Kinds = None,
    ignore: o.Ignore = None,
    task: o.TaskName = None,
    event: o.Event = None,
    group: o.Group = None,
    by_time: o.Time = None,
    network: o.NetworkName = "auto",
    sample: o.Sample = None,
    effort: o.Effort = 1.0,
    epochs: o.Epochs = None,
    time_limit: o.TimeLimit = None,
    seed: o.Seed = 0,
    threads: o.Threads = None,
    quiet: o.Quiet = False,
    as_json: o.AsJson = False,
) -> None:
    """Search for better settings of learning."""
    from belvedere.cli import terminal
    from belvedere.export import write_search
    from belvedere.learn import Search
    from belvedere.learn import tune as search_settings

    progress = terminal.progress_for(quiet=quiet or as_json)
    space, folder = _space(setting), out or Path(default_name(data)).with_suffix(".search")
    wanted = Search(by=search, n_trials=trials, prune=not no_prune, **({"space": space} if space else {}))
    settings = learn_settings(
        task=task, event=event, group=group, time=by_time, network=network, effort=effort, epochs=epochs, time_limit_s=time_limit,
        seed=seed, threads=threads,
    )  # fmt: skip
    source, schema = _opened(data, settings, target=target, kind=kind, ignore=ignore, sample=sample)
    tuned = search_settings(source, schema, settings, progress, search=wanted, store=_store(folder, afresh=afresh))
    files = write_search(
        folder, [vars(t) for t in tuned.trials], [vars(m) for m in tuned.matters], settings=tuned.trials[0].changes
    )
    if as_json:
        told = {"trials": tuned.trials, "best": tuned.trials[0].changes, "scores": tuned.learned.scores}
        echo_json(told | {"matters": tuned.matters, "files": [str(file) for file in files]})
    elif not quiet:
        _print_trials(tuned.trials)
        _print_matters(tuned.matters)
        _print_learned(tuned.learned.scores, ("Scores of the best settings on held-out rows, looked at once:",))
        terminal.out().print(f"Written to [bold]{folder}[/]: {', '.join(file.name for file in files)}")
        words = ["belvedere", "map", data, "--target", target, "--settings", str(folder / "best.json")]
        terminal.out().print(f"Use them: {shlex.join(words)}", markup=False, soft_wrap=True)


def _store(folder: Path, *, afresh: bool) -> Path:
    """The file of trials in the folder; an old one is forgotten where asked."""
    folder.mkdir(parents=True, exist_ok=True)
    store = folder / "trials.sqlite"
    if afresh:
        store.unlink(missing_ok=True)
    return store


def _opened(
    data: str, settings: "LearnSettings", *, target: str, kind: list[str] | None, ignore: list[str] | None,
    sample: int | None,
) -> "tuple[Source, Schema]":  # fmt: skip
    """Open data and recognize its kinds."""
    from belvedere.kinds import learn_kinds
    from belvedere.sources import open_source

    kinds = parse_kinds(kind)
    keep = [target, *settings.named, *kinds, *(ignore or ())]
    source = open_source(data, sample=sample, seed=settings.seed, options={"keep": keep})
    ignored = tuple(ignore or ())
    return source, learn_kinds(source, overrides=kinds, target=target, ignore=ignored, task=settings.task)


def _space(pairs: list[str] | None) -> dict[str, Any]:
    """Read `--try name=value,value` and `--try name=low..high` options; numbers become numbers."""
    from belvedere.learn import Range

    space: dict[str, Any] = {}
    for pair in pairs or []:
        name, sign, values = pair.partition("=")
        if not sign or not values:
            raise SettingError(
                f"--try must look like setting=value,value, but is {pair!r}. For example: --try dropout=0.1,0.3."
            )
        ends = [_value(text) for text in values.split("..")]
        is_range = len(ends) == 2 and not any(isinstance(end, str) for end in ends)
        space[name.replace("-", "_")] = Range(*ends) if is_range else [_value(text) for text in values.split(",")]
    return space


def _value(text: str) -> Any:
    """A whole number, a number, or the word itself."""
    for read in (int, float):
        try:
            return read(text)
        except ValueError:
            continue
    return text


def _print_learned(scores: Any, notes: Any) -> None:
    """Print notes and scores."""
    from belvedere.cli import terminal

    for note in notes:
        terminal.out().print(f"[dim]{note}[/]", soft_wrap=True)
    terminal.out().print()
    terminal.print_scores("How well it learned", list(scores))


def _print_trials(trials: Any) -> None:
    """Print the best trials."""
    from rich.table import Table

    from belvedere.cli import terminal

    table = Table(box=None, padding=(0, 3, 0, 0), header_style="dim")
    for title in ("validation loss", "seconds", "settings"):
        table.add_column(title, justify="left" if title == "settings" else "right")
    for trial in trials[:12]:
        said = ", ".join(f"{name} {value}" for name, value in trial.changes.items())
        said += " [dim](given up)[/]" if trial.pruned else ""
        table.add_row(f"{trial.loss:.4f}", f"{trial.seconds:.1f}", said)
    terminal.out().print(table)
    terminal.out().print()


def _print_matters(matters: Any) -> None:
    """Print which settings moved the loss, with a bar for the share and the best value by expectation."""
    from rich.table import Table

    from belvedere.cli import terminal

    if not matters:
        return
    table = Table(box=None, padding=(0, 3, 0, 0), header_style="dim")
    for title in ("what mattered", "share", "", "lowest expected loss at"):
        table.add_column(title, justify="right" if title == "share" else "left")
    for matter in matters:
        loss, value = min(zip(matter.losses, matter.values, strict=True), key=lambda pair: pair[0])
        bar = "█" * round(20 * matter.share)
        table.add_row(matter.name, f"{matter.share:.0%}", f"[blue]{bar}[/]", f"{value} ({loss:.4f})")
    terminal.out().print(table)
    terminal.out().print("[dim]Of what settings explain one by one; with few trials a hint, no proof.[/]\n")


def networks(as_json: o.AsJson = False) -> None:
    """List the networks and what they are for."""
    from rich.table import Table

    from belvedere.cli import terminal
    from belvedere.networks import NETWORKS

    if as_json:
        echo_json({name: {"kinds": e.kinds, "about": e.about} for name, e in NETWORKS.items()})
        return
    table = Table(box=None, padding=(0, 3, 0, 0), header_style="dim")
    for title in ("network", "reads", "what it is"):
        table.add_column(title, overflow="fold")
    for name, entry in NETWORKS.items():
        table.add_row(f"[bold]{name}[/]", ", ".join(entry.kinds), entry.about)
    terminal.out().print(table)
    terminal.out().print(
        "\n[dim]'auto' chooses by the kinds of the columns; 'none' maps the plain standardized space; 'hf:FOLDER' is a "
        "pretrained text encoder from that folder (extra transformers).[/]"
    )
