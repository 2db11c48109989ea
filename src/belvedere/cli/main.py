"""The door: every command in one visible table, every failure one sentence and an exit status."""

import os
import sys
from collections.abc import Callable
from functools import wraps
from typing import Any

import typer

from belvedere.cli import commands, learning, privacy
from belvedere.cli.check import check
from belvedere.cli.doctor import doctor
from belvedere.cli.explain import explain
from belvedere.cli.export import export
from belvedere.errors import BelvedereError, StoppedError
from belvedere.version import __version__

app = typer.Typer(
    name="belvedere",
    help="Deep networks learn a large dataset and draw it as a map that you can trust, explore and share.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

COMMANDS = (
    commands.map_data,
    commands.view,
    commands.place,
    check,
    learning.train,
    learning.tune,
    commands.info,
    explain,
    export,
    privacy.lock,
    privacy.unlock,
    learning.networks,
    doctor,
)


def _stoppable(command: Callable[..., None]) -> Callable[..., None]:
    """Turn Ctrl-C into an error of ours before the parser can turn it into exit status 1."""

    @wraps(command)
    def run(*args: Any, **options: Any) -> None:
        try:
            command(*args, **options)
        except KeyboardInterrupt:
            raise StoppedError("Stopped; nothing was written.") from None

    return run


for command in COMMANDS:
    app.command("map" if command is commands.map_data else None)(_stoppable(command))


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"belvedere {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True, help="Show the version."),
) -> None:
    """Deep networks learn a large dataset and draw it as a map that you can trust, explore and share."""


def main() -> None:
    """Run the command line; exit 0 done, 1 unforeseen, 2 wrong use, 3 data unreadable, 130 interrupted."""
    try:
        app()
    except BelvedereError as error:
        _fail(str(error), error.exit_status)
    except OSError as error:
        _fail(_about_files(error), 3)
    except MemoryError:
        _fail("There must be enough memory, but it ran out. Map a sample (--sample 100000) or close other programs.", 1)
    except Exception as error:
        if os.environ.get("BELVEDERE_DEBUG"):
            raise
        _fail(
            f"This is a mistake in Belvedere, not in your data: {type(error).__name__}: {error}. "
            "Nothing was half-written. BELVEDERE_DEBUG=1 shows the details for a report.",
            1,
        )


def _about_files(error: OSError) -> str:
    """Say what a failed file operation means."""
    if error.errno == 28:  # ENOSPC
        place = error.filename or "while writing"
        return f"The disk must have room, but it is full ({place}). Free some space; nothing was half-written."
    where = f" ({error.filename})" if error.filename else ""
    return f"A file operation must succeed, but: {error.strerror or error}{where}. Check the path and its permissions."


def _fail(sentence: str, status: int) -> None:
    """Print one sentence where errors go, and leave."""
    from belvedere.cli.terminal import print_error

    print_error(sentence)
    sys.stdout.flush()
    raise SystemExit(status)
