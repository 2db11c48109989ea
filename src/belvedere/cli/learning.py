"""Commands of the learning half: train and evaluate without a map, tune, list the networks."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from belvedere.cli import options as o
from belvedere.cli.commands import echo_json, learn_settings, parse_kinds
from belvedere.errors import SettingError

if TYPE_CHECKING:
    from belvedere.types import Schema, Source


def train(
    data: o.Data,
    target: Annotated[str, typer.Option("--target", "-t", help="Column to be predicted.")],
    kind: o.Kinds = None,
    ignore: o.Ignore = None,
    network: o.NetworkName = "auto",
    sample: o.Sample = None,
    epochs: o.Epochs = None,
    time_limit: o.TimeLimit = None,
    batch_size: o.BatchSize = None,
    learning_rate: o.Rate = None,
    dropout: o.Dropout = None,
    weight_decay: o.Decay = None,
    folds: Annotated[int | None, typer.Option("--folds", help="Cross-validate with so many folds.", min=2)] = None,
    seed: o.Seed = 0,
    threads: o.Threads = None,
    quiet: o.Quiet = False,
    as_json: o.AsJson = False,
) -> None:
    """Learn DATA and evaluate on held-out rows, without a map."""
    from belvedere.cli import terminal
    from belvedere.learn import cross_validate, learn

    progress = terminal.progress_for(quiet=quiet or as_json)
    source, schema = _opened(data, target=target, kind=kind, ignore=ignore, sample=sample, seed=seed)
    settings = learn_settings(
        network=network, epochs=epochs, time_limit_s=time_limit, batch_size=batch_size, learning_rate=learning_rate,
        dropout=dropout, weight_decay=weight_decay, seed=seed, threads=threads,
    )  # fmt: skip
    if folds is None:
        learned = learn(source, schema, settings, progress)
        told = {
            "scores": learned.scores,
            "evaluation": learned.evaluation,
            "curves": learned.curves,
            "notes": learned.notes,
        }
    else:
        told = {"scores": cross_validate(source, schema, settings, progress, n_folds=folds).scores, "notes": ()}
    if as_json:
        echo_json(told)
    elif not quiet:
        _print_learned(told["scores"], told["notes"])


def tune(
    data: o.Data,
    target: Annotated[str, typer.Option("--target", "-t", help="Column to be predicted.")],
    search: Annotated[str, typer.Option("--search", help="random, or grid (every combination).")] = "random",
    setting: Annotated[
        list[str] | None,
        typer.Option("--try", help="Values of a setting: --try dropout=0.1,0.3 (again for more)."),
    ] = None,
    trials: Annotated[int, typer.Option("--trials", help="Combinations that a random search tries.", min=1)] = 12,
    kind: o.Kinds = None,
    ignore: o.Ignore = None,
    network: o.NetworkName = "auto",
    sample: o.Sample = None,
    epochs: o.Epochs = None,
    time_limit: o.TimeLimit = None,
    seed: o.Seed = 0,
    threads: o.Threads = None,
    quiet: o.Quiet = False,
    as_json: o.AsJson = False,
) -> None:
    """Search for better settings of learning."""
    from belvedere.cli import terminal
    from belvedere.learn import Search
    from belvedere.learn import tune as search_settings

    progress = terminal.progress_for(quiet=quiet or as_json)
    space = _space(setting)
    wanted = Search(by=search, n_trials=trials, **({"space": space} if space else {}))
    source, schema = _opened(data, target=target, kind=kind, ignore=ignore, sample=sample, seed=seed)
    settings = learn_settings(network=network, epochs=epochs, time_limit_s=time_limit, seed=seed, threads=threads)
    tuned = search_settings(source, schema, settings, progress, search=wanted)
    if as_json:
        told = {"trials": tuned.trials, "best": tuned.trials[0].changes, "scores": tuned.learned.scores}
        echo_json(told)
    elif not quiet:
        _print_trials(tuned.trials)
        _print_learned(tuned.learned.scores, ("Scores of the best settings on held-out rows, looked at once:",))


def _opened(
    data: str, *, target: str, kind: list[str] | None, ignore: list[str] | None, sample: int | None, seed: int
) -> "tuple[Source, Schema]":
    """Open data and recognize its kinds."""
    from belvedere.kinds import learn_kinds
    from belvedere.sources import open_source

    kinds = parse_kinds(kind)
    keep = [target, *kinds, *(ignore or ())]
    source = open_source(data, sample=sample, seed=seed, options={"keep": keep})
    return source, learn_kinds(source, overrides=kinds, target=target, ignore=tuple(ignore or ()))


def _space(pairs: list[str] | None) -> dict[str, list[Any]]:
    """Read `--try name=value,value` options; numbers become numbers."""
    space: dict[str, list[Any]] = {}
    for pair in pairs or []:
        name, sign, values = pair.partition("=")
        if not sign or not values:
            raise SettingError(
                f"--try must look like setting=value,value, but is {pair!r}. For example: --try dropout=0.1,0.3."
            )
        space[name.replace("-", "_")] = [_value(text) for text in values.split(",")]
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
        table.add_row(f"{trial.loss:.4f}", f"{trial.seconds:.1f}", said)
    terminal.out().print(table)
    terminal.out().print()


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
        "\n[dim]'auto' chooses by the kinds of the columns; 'none' maps the plain standardized space.[/]"
    )
