"""Anything a person points at becomes a `Source`: one Arrow table, its fingerprint, and an account of the reading."""

from belvedere.sources.open import READERS, open_source
from belvedere.sources.opened import parse_options

__all__ = ["READERS", "open_source", "parse_options"]
