"""Commands of the learning half: train and evaluate without a map, tune, list the networks."""

import json
from typing import Annotated, Any

import typer

from belvedere.cli import options as o
from belvedere.cli.commands import learn_settings, parse_kinds


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
    seed: o.Seed = 0,
    threads: o.Threads = None,
    quiet: o.Quiet = False,
    as_json: o.AsJson = False,
) -> None:
    """Learn DATA and evaluate on held-out rows, without a map."""
    from belvedere.cli import terminal
    from belvedere.kinds import learn_kinds
    from belvedere.learn import learn
    from belvedere.sources import open_source

    progress = terminal.progress_for(quiet=quiet or as_json)
    source = open_source(data, sample=sample, seed=seed)
    schema = learn_kinds(source, overrides=parse_kinds(kind), target=target, ignore=tuple(ignore or ()))
    settings = learn_settings(
        network=network, epochs=epochs, time_limit_s=time_limit, batch_size=batch_size, learning_rate=learning_rate,
        dropout=dropout, weight_decay=weight_decay, seed=seed, threads=threads,
    )  # fmt: skip
    learned = learn(source, schema, settings, progress)
    if as_json:
        typer.echo(json.dumps(_as_dict(learned), ensure_ascii=False, indent=2))
    elif not quiet:
        for note in learned.notes:
            terminal.out().print(f"[dim]{note}[/]")
        terminal.out().print()
        terminal.print_scores("How well it learned", list(learned.scores))


def _as_dict(learned: Any) -> dict[str, Any]:
    """Make what was learned JSON-able."""
    from dataclasses import asdict

    return {
        "scores": [asdict(score) for score in learned.scores],
        "evaluation": learned.evaluation,
        "curves": learned.curves,
        "notes": list(learned.notes),
    }


def networks(as_json: o.AsJson = False) -> None:
    """List the networks and what they are for."""
    from rich.table import Table

    from belvedere.cli import terminal
    from belvedere.networks import NETWORKS

    if as_json:
        typer.echo(json.dumps({name: {"kinds": list(e.kinds), "about": e.about} for name, e in NETWORKS.items()}))
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
