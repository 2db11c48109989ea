"""`belvedere doctor`: what is here, what is missing, and whether the main parts work on this machine."""

import os
import platform
import shutil
import sys
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from belvedere.cli.privacy import say_membership

CORE = ("numpy", "scipy", "scikit-learn", "pyarrow", "torch", "safetensors", "numba", "faiss-cpu", "pillow", "fastapi")
EXTRAS = {
    "excel": ("python_calamine", "read Excel files"),
    "sql": ("duckdb", "read DuckDB files and queries"),
    "encrypt": ("cryptography", "lock maps with a passphrase"),
    "private": ("opacus", "train privately"),
    "frames": ("pandas", "take pandas and Polars frames"),
}


def doctor(
    privacy: Annotated[
        Path | None, typer.Option("--privacy", help="A map folder: does its network remember the rows it learned?")
    ] = None,
) -> None:
    """Say what this machine offers and try the parts; or what a map's network remembers."""
    if privacy is not None:
        return say_membership(privacy)
    from belvedere.cli.terminal import out
    from belvedere.version import __version__

    console = out()
    console.print(
        f"[bold]Belvedere {__version__}[/]  Python {platform.python_version()} · {sys.platform} {platform.machine()}"
    )
    console.print(f"  cores {os.cpu_count()} · memory {_memory()}")
    for package in CORE:
        console.print(f"  {package:<14} {_version(package)}")
    for extra, (module, purpose) in EXTRAS.items():
        state = "[green]✓[/]" if find_spec(module) else f"[dim]not installed: pip install 'belvedere[{extra}]'[/]"
        console.print(f"  to {purpose:<32} {state}")
    results = [(name, _outcome(trial)) for name, trial in TRIALS]
    for name, outcome in results:
        console.print(f"  {'[green]✓[/]' if outcome == '' else '[red]✗[/]'} {name} {outcome}")
    if any(outcome for _, outcome in results):
        raise typer.Exit(1)
    return None


def _version(package: str) -> str:
    """Give the installed version of a package."""
    try:
        return version(package)
    except PackageNotFoundError:
        return "[red]missing[/]"


def _memory() -> str:
    """Give total memory in GB, where the system tells."""
    if not hasattr(os, "sysconf") or "SC_PHYS_PAGES" not in os.sysconf_names:
        return "unknown"
    return f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GB"


def _outcome(trial: Callable[[], str]) -> str:
    """Run one trial; an empty string is success."""
    try:
        return trial()
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def _try_map() -> str:
    """Learn and draw a tiny table."""
    import numpy as np

    from belvedere import api

    rng = np.random.default_rng(0)
    made = api.map({"a": rng.normal(size=120), "b": rng.normal(size=120), "kind": np.repeat(["x", "y"], 60)})
    return "" if np.isfinite(made.places).all() else "the places of a tiny table are not finite"


def _try_viewer() -> str:
    """Find the built explorer in the package."""
    from importlib.resources import files

    return (
        ""
        if (files("belvedere") / "viewer" / "index.html").is_file()
        else "the built explorer is missing from the package"
    )


def _try_browser() -> str:
    """Find a browser; a server without one still serves."""
    names = ("chromium", "chromium-browser", "google-chrome", "firefox", "xdg-open", "open")
    return "" if any(shutil.which(n) for n in names) else "none found; 'belvedere view' prints an address instead"


TRIALS = (
    ("a tiny table is learned and drawn", _try_map),
    ("the explorer is in the package", _try_viewer),
    ("a browser", _try_browser),
)
