"""Finished stages kept on disk, so that a map whose making was killed goes on from the last of them.

A stage is a value: dataclasses, containers, numbers, words, arrays, tables. It is written as JSON with its arrays beside it
(.npy, .arrow; nothing is pickled), and its folder appears under its name when it is whole. Beside the value stands what it
was made of; going on with other data or settings is refused.
"""

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any, TypeVar, cast

import numpy as np
import pyarrow as pa

from belvedere import types
from belvedere.errors import SettingError
from belvedere.progress import Progress, Silent

MARK = "belvedere-stages.json"  # without it a folder is not ours to empty
VALUE = "value.json"
MAPPED_BYTES = 64 * 2**20  # larger arrays stay on disk when they are read back
Value = TypeVar("Value")


class CannotKeepError(TypeError):
    """Raised inside when a value holds something that cannot be written."""


@dataclass
class Stages:
    """Stages of one map, each made once.

    Attributes
    ----------
    folder : Path or None
        Where they are kept; None keeps nothing.
    resume : bool
        Whether what lies there is used; else it is removed first.
    classes : tuple of types
        Dataclasses that values may hold, beside those of `belvedere.types`.
    progress : Progress
    """

    folder: Path | None = None
    resume: bool = False
    classes: tuple[type, ...] = ()
    progress: Progress = field(default_factory=Silent)

    def __post_init__(self) -> None:
        if self.folder is None:
            return
        if self.folder.exists() and not (self.folder / MARK).is_file() and any(self.folder.iterdir()):
            raise SettingError(
                f"Finished stages need a folder of their own, but {str(self.folder)!r} is something else. Move it away."
            )
        if self.folder.exists() and not self.resume:
            shutil.rmtree(self.folder)

    def once(
        self,
        name: str,
        made_of: Mapping[str, Any],
        make: Callable[[], Value],
        *,
        is_whole: Callable[[Value], bool] = lambda value: True,
    ) -> Value:
        """The value of a stage: as it was kept, else made and kept.

        Parameters
        ----------
        name : str
        made_of : mapping
            JSON-able: everything that the value depends on, by a word that a person understands.
        make : callable
        is_whole : callable
            Whether the value that was made is finished; what was stopped halfway is not kept.

        Raises
        ------
        SettingError
            If a value was kept that was made of something else.
        """
        if self.folder is None:
            return make()
        words = json.loads(json.dumps(made_of, default=str))
        place = self.folder / name
        if place.exists():
            value = cast("Value", self._kept(place, words))
            self.progress.say(f"Went on from the stage {name!r}, kept in {self.folder}.")
            return value
        value = make()
        if is_whole(value):
            self._keep(place, words, value)
        return value

    def remove(self) -> None:
        """Remove everything, because the map is saved."""
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)

    def _keep(self, place: Path, words: Any, value: Any) -> None:
        """Write a stage; where that fails (a full disk), go on without."""
        beside = place.with_name(f".{place.name}.new")
        shutil.rmtree(beside, ignore_errors=True)
        try:
            place.parent.mkdir(mode=0o700, exist_ok=True)
            (place.parent / MARK).write_text('{"version": 1}', encoding="utf-8")
            beside.mkdir()
            told = {"made_of": words, "value": Written(beside).encode(value)}
            (beside / VALUE).write_text(json.dumps(told), encoding="utf-8")
            beside.rename(place)
        except (OSError, pa.ArrowException, CannotKeepError) as error:
            shutil.rmtree(beside, ignore_errors=True)
            self.progress.say(f"The stage {place.name!r} could not be kept ({error}); going on without.")

    def _kept(self, place: Path, words: Any) -> Any:
        try:
            told = json.loads((place / VALUE).read_text(encoding="utf-8"))
            differ = [word for word in told["made_of"] | words if told["made_of"].get(word) != words.get(word)]
            if not differ:
                known = {
                    kind.__name__: kind for kind in (*vars(types).values(), *self.classes) if isinstance(kind, type)
                }
                return Read(place, known).decode(told["value"])
        except (OSError, ValueError, KeyError, TypeError, AttributeError, pa.ArrowException) as error:
            raise SettingError(
                f"To go on, the stage kept in {str(place)!r} must be whole, but cannot be read ({error}). "
                "Begin anew without --resume."
            ) from error
        raise SettingError(
            f"To go on, data and settings must be those of the map that was begun, but {' and '.join(differ)} differ. "
            f"Give the same ones, or begin anew without --resume ({str(place.parent)!r} is then emptied)."
        )


@dataclass
class Written:
    """Writes a value: what JSON can hold is returned, arrays and tables become files."""

    folder: Path
    n_files: int = 0

    def encode(self, value: Any) -> Any:
        """The value as JSON-able data."""
        if isinstance(value, np.generic):
            return {"scalar": [value.dtype.str, value.item()]}
        if value is None or isinstance(value, bool | int | float | str):
            return value
        if isinstance(value, list | tuple):
            items = [self.encode(item) for item in value]
            return items if isinstance(value, list) else {"tuple": items}
        if isinstance(value, Mapping):
            return {"dict": [[self.encode(key), self.encode(item)] for key, item in value.items()]}
        if is_dataclass(value) and not isinstance(value, type):
            own = {part.name: self.encode(getattr(value, part.name)) for part in fields(value)}
            return {"is": type(value).__name__, "fields": own}
        return self._large(value)

    def _large(self, value: Any) -> Any:
        """An array or table, as the name of its file."""
        if isinstance(value, np.ndarray) and value.dtype == object:
            return {"objects": [self.encode(item) for item in value.ravel().tolist()], "shape": list(value.shape)}
        if isinstance(value, np.ndarray):
            return {"array": self._file("npy", lambda path: np.save(path, value, allow_pickle=False))}
        if isinstance(value, pa.Table):
            return {"table": self._file("arrow", lambda path: _write_table(value, path))}
        raise CannotKeepError(f"it holds a {type(value).__name__}")

    def _file(self, ending: str, write: Callable[[Path], None]) -> str:
        self.n_files += 1
        name = f"{self.n_files}.{ending}"
        write(self.folder / name)
        return name


def _write_table(table: pa.Table, path: Path) -> None:
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)


@dataclass(frozen=True)
class Read:
    """Reads what `Written` wrote; `classes` are the dataclasses that may be made, by name."""

    folder: Path
    classes: Mapping[str, type]

    def decode(self, told: Any) -> Any:
        """The value again."""
        if isinstance(told, list):
            return [self.decode(item) for item in told]
        if not isinstance(told, dict):
            return told
        if "is" in told:
            return self.classes[told["is"]](**{name: self.decode(value) for name, value in told["fields"].items()})
        if "objects" in told:
            found = np.empty(len(told["objects"]), dtype=object)
            found[:] = [self.decode(item) for item in told["objects"]]
            return found.reshape(told["shape"])
        ((kind, value),) = told.items()
        return READ[kind](self, value)

    def array(self, name: str) -> Any:
        """An array, mapped where it is large; changes stay in memory."""
        path = self.folder / name
        return np.load(path, mmap_mode="c" if path.stat().st_size > MAPPED_BYTES else None, allow_pickle=False)

    def table(self, name: str) -> pa.Table:
        """A table, mapped."""
        return pa.ipc.open_file(pa.memory_map(str(self.folder / name))).read_all()


READ: Mapping[str, Callable[[Read, Any], Any]] = {
    "tuple": lambda read, items: tuple(read.decode(item) for item in items),
    "dict": lambda read, pairs: {read.decode(key): read.decode(item) for key, item in pairs},
    "array": Read.array,
    "scalar": lambda read, pair: np.dtype(pair[0]).type(pair[1]),
    "table": Read.table,
}
