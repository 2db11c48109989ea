"""Belvedere: deep networks learn a large dataset and draw it as a map that a person can trust, explore and share."""

from belvedere.version import __version__

__all__ = ["__version__"]
