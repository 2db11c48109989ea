"""Every error a user can meet, drawn as a tree.

::

    BelvedereError
    ├── SettingError (ValueError)      a setting is out of range or unknown           exit status 2
    ├── SourceError (ValueError)       the data cannot be found, read or understood   exit status 3
    │   └── ColumnError                a named column is missing or holds the wrong kind of values
    ├── MapFolderError (ValueError)    a map folder is missing, damaged or of another version   exit status 3
    ├── EngineError                    an engine for many processes stopped making progress   exit status 1
    │   └── WorkerLostError            a worker died; the work is done again
    ├── MissingExtraError (ImportError)  an optional package is needed for this
    └── StoppedError                   the person stopped the work; says what was saved   exit status 130

Each message says what must hold, what was found, and what to do.
"""

import difflib
from collections.abc import Iterable


class BelvedereError(Exception):
    """The root of all errors that Belvedere raises on purpose."""

    exit_status = 1


class SettingError(BelvedereError, ValueError):
    """Raised when a setting is out of its range or its name is unknown."""

    exit_status = 2


class SourceError(BelvedereError, ValueError):
    """Raised when data cannot be found, read or understood."""

    exit_status = 3


class ColumnError(SourceError):
    """Raised when a named column is missing or holds values of the wrong kind."""

    exit_status = 2


class MapFolderError(BelvedereError, ValueError):
    """Raised when a map folder is missing, damaged or of another format version."""

    exit_status = 3


class MissingExtraError(BelvedereError, ImportError):
    """Raised when an optional package is needed and is not installed."""

    exit_status = 2


class EngineError(BelvedereError):
    """Raised when an engine that works in several processes stops making progress."""


class WorkerLostError(EngineError):
    """Raised when a worker died, or no longer holds what it was given; the work is done again, so no user meets it."""


class StoppedError(BelvedereError):
    """Raised when the person stopped the work; the message says what was saved."""

    exit_status = 130


def nearest_names(wanted: str, known: Iterable[str]) -> str:
    """Say which known names come nearest to a mistyped one.

    Examples
    --------
    >>> nearest_names("stras", ["stars", "text"])
    "Did you mean 'stars'? Known: stars, text."
    >>> nearest_names("zzz", ["stars", "text"])
    'Known: stars, text.'
    """
    names = list(known)
    close = difflib.get_close_matches(wanted, names, n=1, cutoff=0.5)
    shown = ", ".join(names[:20]) + (f" and {len(names) - 20} more" if len(names) > 20 else "")
    return (f"Did you mean {close[0]!r}? " if close else "") + f"Known: {shown}."


def missing_extra(package: str, extra: str, purpose: str) -> MissingExtraError:
    """Build the error for an optional package that is not installed."""
    return MissingExtraError(
        f"{purpose} needs the package {package!r}, but it is not installed. "
        f"Install it with: pip install 'belvedere[{extra}]'"
    )
