"""What every reader takes and gives: a wish, and the table that came of it with an account of the reading."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from belvedere.errors import SettingError, SourceError, nearest_names
from belvedere.values import counted

LARGE_BYTES = 512 * 2**20  # data above this are streamed into an Arrow file and memory-mapped

OPTIONS = {
    "encoding": "of a text file, for instance 'gb18030'",
    "delimiter": "between the cells of a CSV file",
    "quote": "the character round quoted cells, '' for none",
    "header": "True or False: the first row holds the column names",
    "skip": "lines before the header row",
    "decimal": "'.' or ',': the decimal sign of numbers",
    "query": "SQL to run in the database",
    "keep": "names of columns that must stay columns of their own in a very wide table",
    "large_bytes": "size above which data are streamed to disk instead of loaded",
    "skip_bad": "True: of several files those that cannot be read are left out, named and counted",
}


@dataclass(frozen=True)
class Wish:
    """How a person wants something opened: the part after `::`, a folder for large files, options, how many rows."""

    part: str = ""
    scratch: Path | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    sample: int | None = None
    seed: int = 0

    @property
    def large_bytes(self) -> int:
        """Size in bytes above which data are streamed to disk."""
        return int(self.options.get("large_bytes", LARGE_BYTES))


@dataclass(frozen=True)
class Opened:
    """A table as read, a short title, and one sentence for each thing that reading decided or lost."""

    name: str
    table: pa.Table
    account: tuple[str, ...] = ()


def check_options(options: Mapping[str, Any]) -> None:
    """Refuse an option that no reader knows.

    Raises
    ------
    SettingError
        If a name is unknown; the nearest one is offered.
    """
    for name in options:
        if name not in OPTIONS:
            raise SettingError(
                f"Options of a source must be known, but {name!r} is not. {nearest_names(name, OPTIONS)}"
            )


def parse_options(pairs: list[str] | None) -> dict[str, Any]:
    r"""Read `--read encoding=gb18030 --read header=false`.

    Raises
    ------
    SettingError
        If a part has no '=' or its name is unknown.

    Examples
    --------
    >>> parse_options(["delimiter=;", "header=false", "skip=2", "delimiter=tab"])
    {'delimiter': '\t', 'header': False, 'skip': 2}
    """
    words: dict[str, Any] = {"true": True, "false": False, "tab": "\t", "none": ""}
    options: dict[str, Any] = {}
    for pair in pairs or []:
        name, sign, value = pair.partition("=")
        if not sign:
            raise SettingError(
                f"--read must look like name=value, but is {pair!r}. For example: --read encoding=gb18030."
            )
        options[name] = words.get(value.lower(), int(value) if value.isdigit() else value)
    check_options(options)
    return options


def sample_rows(n_rows: int, sample: int, seed: int) -> tuple[NDArray[np.int64], str]:
    """Rows drawn without replacement, every one as likely as another wherever it lies, in rising order; and a sentence."""
    rows = np.sort(np.random.default_rng(seed).choice(n_rows, sample, replace=False))
    return rows, f"A sample of {counted(sample, 'row')} of {n_rows:,} was drawn (seed {seed})."


def chosen_part(part: str, known: list[str], noun: str, address: str) -> str:
    """Find the one part of a file (a table, a sheet, a set) that is meant, or ask.

    Raises
    ------
    SourceError
        If there is none, or there are several and `part` names none of them.
    """
    if part in known:
        return part
    if not known:
        raise SourceError(f"{address} must hold at least one {noun}, but holds none. Choose another file.")
    if part:
        raise SourceError(f"{address} must hold the {noun} {part!r}, but does not. {nearest_names(part, known)}")
    if len(known) == 1:
        return known[0]
    raise SourceError(
        f"{address} must hold one {noun} or be told which, but holds {len(known)}. "
        f"Write {address}::NAME with one of: {', '.join(known[:20])}{' …' if len(known) > 20 else ''}."
    )
