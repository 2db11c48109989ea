"""The command line: parse, call one public function, print."""

from belvedere.cli.main import main

__all__ = ["main"]
