"""Commands of the learning half: train and evaluate without a map, tune, list the networks."""

from typing import Annotated

import typer

from belvedere.cli import options as o


def train() -> None:
    """Learn DATA and evaluate, without a map."""


def tune() -> None:
    """Search for better settings of learning."""


def networks() -> None:
    """List the networks and what they are for."""
