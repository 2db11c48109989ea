"""What a person is told and asked before something leaves the house."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from rich.markup import escape

from belvedere.cli import options as o
from belvedere.cli.commands import free_folder
from belvedere.errors import SettingError, StoppedError

if TYPE_CHECKING:
    from belvedere.maps import Map
    from belvedere.sharing import Shared

MOST_LEAKS = 12


def lock(map_folder: o.MapPath) -> None:
    """Encrypt a map with a passphrase (AES-256-GCM; needs the extra 'encrypt'); it still opens, when asked for it."""
    from belvedere import mapfolder
    from belvedere.cli import terminal

    if not mapfolder.is_locked(map_folder):
        mapfolder.read_manifest(map_folder)  # a wrong path is told before a passphrase is asked
    mapfolder.lock(map_folder, new_passphrase())
    terminal.out().print(f"Locked [bold]{map_folder}[/]. Without the passphrase nobody can open it, you neither.")
    terminal.out().print("[dim]The clear files are removed, not overwritten: a disk may keep them for a while.[/]")


def unlock(map_folder: o.MapPath) -> None:
    """Decrypt a locked map where it lies."""
    from belvedere import mapfolder
    from belvedere.cli import terminal
    from belvedere.mapfolder.encrypted import ask_passphrase

    passphrase = ask_passphrase(map_folder) if mapfolder.is_locked(map_folder) else ""
    mapfolder.unlock(map_folder, passphrase)
    terminal.out().print(f"Unlocked [bold]{map_folder}[/].")


def new_passphrase() -> str:
    """A passphrase from BELVEDERE_PASSPHRASE, or typed twice; asked before any long work."""
    import os

    from belvedere.mapfolder import check_passphrase
    from belvedere.mapfolder.encrypted import VARIABLE

    passphrase = os.environ.get(VARIABLE)
    if not passphrase and not sys.stdin.isatty():
        raise SettingError(f"A passphrase must be in {VARIABLE} or typed in a terminal, but neither is there.")
    passphrase = passphrase or typer.prompt("New passphrase", hide_input=True, confirmation_prompt=True)
    check_passphrase(passphrase)
    return passphrase


def write_share(made: "Map", out: Path, *, yes: bool, encrypt: bool, **how: Any) -> None:
    """Show what a k-anonymous copy gives away, ask where that is much, and write it."""
    from belvedere.cli import terminal

    free_folder(out, replace=False)
    passphrase = new_passphrase() if encrypt else None
    shared = made.share(**how)
    print_leaks(shared)
    if shared.alarming and not yes and sys.stdin.isatty() and not typer.confirm("Write the copy all the same?"):
        raise StoppedError("Stopped, as you asked; nothing was written.")
    shared.save(out, passphrase=passphrase)
    console = terminal.out()
    console.print(f"\nWrote [bold]{out}[/], a copy in which nobody can be told apart from {how['k'] - 1} others.")
    for sentence in shared.account:
        console.print(f"  [dim]{escape(sentence)}[/]", soft_wrap=True)


def print_leaks(shared: "Shared") -> None:
    """Print what places alone tell, marked columns first."""
    from belvedere.cli import terminal

    console = terminal.out()
    console.print("[bold]What places alone give away[/]")
    if not shared.leaks:
        console.print("  [dim]nothing to guess: too few rows, or all values alike[/]")
    for leak in shared.leaks[:MOST_LEAKS]:
        mark = terminal.MARKS["warning" if leak.is_much and leak.marked else "note" if leak.is_much else "good"]
        console.print(f"  {mark} {escape(leak.sentence)}", soft_wrap=True)
        if leak.marked and leak.telling:
            told = f"In {leak.telling:.0%} of the rows the whole group has one value: who knows the group knows it."
            console.print(f"      [dim]{told}[/]", soft_wrap=True)
    if len(shared.leaks) > MOST_LEAKS:
        console.print(f"  [dim]… and {len(shared.leaks) - MOST_LEAKS} more columns, less told[/]")
    for leak in shared.alarming:
        cure = f"To hide '{leak.column}', make a map without it and what goes along with it (--ignore), and share that."
        console.print(f"  [yellow]{escape(cure)}[/]", soft_wrap=True)


def write_density(made: "Map", path: Path, *, epsilon: float) -> None:
    """Write a noisy picture of how many rows lie where, and say what its epsilon covers."""
    from belvedere.cli import terminal
    from belvedere.sharing import write_density as write

    write(made.places, path, epsilon=epsilon)
    terminal.out().print(
        f"Wrote [bold]{path}[/]: counts with noise, epsilon = {epsilon:g} for one row more or less while all other "
        "places stay. Places were learned from all rows; that step has no such guarantee.",
        soft_wrap=True,
    )


def say_membership(map_folder: Path) -> None:
    """Say whether a map's network remembers single rows, and what it was promised to forget."""
    from belvedere import api
    from belvedere.cli import terminal

    made = api.open(map_folder)
    found = made.membership()
    mark = terminal.MARKS["good" if found.high < 0.55 else "warning"]
    terminal.out().print(f"{mark} {escape(found.sentence)}", soft_wrap=True)
    for note in made.content.provenance.get("notes", ()):
        if note.startswith("Private training"):
            terminal.out().print(escape(note), soft_wrap=True)
