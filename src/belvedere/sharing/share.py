"""Share a map: a k-anonymous copy, and what its places still give away, known before anything is written."""

import os
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from belvedere import mapfolder
from belvedere.errors import SettingError, nearest_names
from belvedere.sharing.copies import make_copy
from belvedere.sharing.leaks import Leak, measure_leaks
from belvedere.sharing.marking import personal_columns, sensitive_columns
from belvedere.types import MapContent


@dataclass(frozen=True)
class Shared:
    """A copy that is ready to be written.

    Attributes
    ----------
    content : MapContent
        The copy.
    leaks : tuple of Leak
        What its places alone give away of each column of the original, marked columns first, worst first.
    account : tuple of str
        What was left out, made coarser or suppressed, a sentence each.
    personal, sensitive : tuple of str
        Columns that were left out as personal; columns that were marked as sensitive.
    """

    content: MapContent
    leaks: tuple[Leak, ...]
    account: tuple[str, ...]
    personal: tuple[str, ...]
    sensitive: tuple[str, ...]

    @property
    def alarming(self) -> tuple[Leak, ...]:
        """Marked columns that places give away clearly better than guessing does."""
        return tuple(leak for leak in self.leaks if leak.marked and leak.is_much)

    def save(self, path: str | os.PathLike[str], *, passphrase: str | None = None) -> Path:
        """Write the copy as a map folder, locked where there is a passphrase."""
        return mapfolder.save(self.content, path, passphrase=passphrase)


def share(
    content: MapContent, *, k: int = 10, noise: bool = False, drop: Collection[str] = (), mark: Collection[str] = ()
) -> Shared:
    """Make a k-anonymous copy and measure what it gives away.

    Parameters
    ----------
    content : MapContent
    k : int
        Rows that are equal at least.
    noise : bool
        Spread the rows of a group around its middle at random.
    drop : collection of str
        More columns to leave out than those that hold personal values.
    mark : collection of str
        More columns to watch than those whose names sound sensitive.

    Raises
    ------
    SettingError
        Where k is out of its range, or a column is unknown.
    """
    for name in (*drop, *mark):
        if name not in content.schema.names:
            raise SettingError(
                f"A column must be one of the map's, but is {name!r}. {nearest_names(name, content.schema.names)}"
            )
    personal, sensitive = personal_columns(content), (*sensitive_columns(content), *mark)
    copy = make_copy(content, k=k, personal={*personal, *drop}, noise=noise)
    truth = content.rows.take(pa.array(copy.rows))
    leaks = measure_leaks(
        copy.content.places, truth, content.schema, copy.cells, marked={*personal, *sensitive, *drop}
    )  # fmt: skip
    return Shared(copy.content, leaks, copy.account, personal, sensitive)
