"""Files by address: here, or in an object store (`s3://`, `gs://`, `memory://` …) through pyarrow's file systems, else fsspec's.

Credentials are those that the libraries find by themselves (environment, profile, the machine's role); none is read here.
"""

import fnmatch
import glob
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from urllib.parse import unquote, urlparse

import pyarrow as pa
import pyarrow.fs as pafs

from belvedere.errors import SourceError, nearest_names

ADDRESS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://")
BY_ARROW = ("s3", "gs", "gcs", "hdfs", "viewfs")  # the others are fsspec's
MAGIC = "*?["
REFUSED = (OSError, ValueError, ImportError, pa.ArrowException)  # what file systems raise


@dataclass(frozen=True)
class Stored:
    """One file, here or in a store.

    Attributes
    ----------
    address : str
        As a person would write it.
    path : str
        Within its file system.
    system : pyarrow.fs.FileSystem or None
        None for this machine.
    """

    address: str
    path: str
    system: Any = None

    @classmethod
    def here(cls, path: Path) -> "Stored":
        """A file of this machine."""
        return cls(str(path), str(path))

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rsplit("/", 1)[-1]

    @property
    def suffix(self) -> str:
        """The ending of the name, in small letters."""
        return Path(self.name).suffix.lower()


def is_address(what: Any) -> bool:
    """Tell whether something is the address of a file in a store, such as `s3://bucket/rows.parquet`.

    Examples
    --------
    >>> is_address("s3://bucket/rows.parquet"), is_address("rows.parquet"), is_address("SELECT 1")
    (True, False, False)
    """
    return isinstance(what, str) and ADDRESS.match(what) is not None


def local_path(what: Any) -> Any:
    """The path that a `file://` address means; anything else as it is.

    Examples
    --------
    >>> local_path("file:///data/my%20rows.csv"), local_path("rows.csv")
    ('/data/my rows.csv', 'rows.csv')
    """
    if not isinstance(what, str) or not what.lower().startswith("file://"):
        return what
    return unquote(urlparse(what).path)


def find_stored(address: str) -> list[Stored]:
    """The file at an address, those that fit a pattern, or the Parquet files below a folder, in the order of their names.

    Raises
    ------
    SourceError
        If the store is unknown or cannot be reached, or nothing is there.
    """
    scheme = cast("re.Match[str]", ADDRESS.match(address))[1].lower()
    head, _, query = address.partition("?") if scheme in ("s3", "gs", "gcs") and "=" in address else (address, "", "")
    with explain_store(address):
        system, path = _open_store(scheme, address)
        found = _list_files(system, path)
    if not found:
        raise SourceError(f"There must be a file at {address}, but there is none. Check the address.")
    base = head[: len(head) - len(path)] if head.endswith(path) else f"{scheme}://"
    return [Stored(f"{base}{name}" + (f"?{query}" if query else ""), name, system) for name in found]


def _open_store(scheme: str, address: str) -> tuple[Any, str]:
    """The file system of an address, and the path within it."""
    if scheme in BY_ARROW:
        if "*" in address:  # a sign that no address may hold as it is
            stem, star, rest = address.partition("*")
            system, path = pafs.FileSystem.from_uri(stem.rstrip("/"))
            return system, f"{path}{'/' if stem.endswith('/') else ''}{star}{rest}"
        return cast("tuple[Any, str]", pafs.FileSystem.from_uri(address))
    import fsspec  # type: ignore[import-untyped]  # has none; comes with torch

    known = fsspec.available_protocols()
    if scheme not in known:
        raise SourceError(
            f"The store of {address} must be one that is known, but {scheme!r} is not. {nearest_names(scheme, known)}"
        )
    system, path = fsspec.core.url_to_fs(address)
    return pafs.PyFileSystem(pafs.FSSpecHandler(system)), path


def _list_files(system: Any, path: str) -> list[str]:
    """Paths of the files that are meant."""
    if set(MAGIC) & set(path):
        folder = path[: min(path.index(sign) for sign in MAGIC if sign in path)].rpartition("/")[0]
        deep = "**" in path
        found = system.get_file_info(pafs.FileSelector(folder, recursive=deep or "/" in path[len(folder) + 1 :]))
        fits = [f.path for f in found if f.type == pafs.FileType.File and fnmatch.fnmatchcase(f.path, path)]
        return sorted(p for p in fits if deep or p.count("/") == path.count("/"))
    info = system.get_file_info(path)
    if info.type == pafs.FileType.Directory:
        found = system.get_file_info(pafs.FileSelector(path, recursive=True))
        return sorted(f.path for f in found if f.type == pafs.FileType.File and f.path.endswith((".parquet", ".pq")))
    return [path] if info.type == pafs.FileType.File else []


def match_files(pattern: Path) -> list[Path]:
    """Files of this machine that fit a pattern, in the order of their names."""
    return sorted(Path(name) for name in glob.glob(str(pattern), recursive=True))  # noqa: PTH207 - absolute patterns


@contextmanager
def fetched(stored: Stored) -> Iterator[Path]:
    """A copy of a stored file on this machine, under the same name, for readers that need one; removed at the end."""
    with tempfile.TemporaryDirectory(prefix="belvedere-") as folder:
        path = Path(folder) / stored.name
        with (
            explain_store(stored.address),
            stored.system.open_input_stream(stored.path) as taken,
            path.open("wb") as copy,
        ):
            while piece := taken.read(1 << 22):
                copy.write(piece)
        yield path


@contextmanager
def explain_store(address: str) -> Iterator[None]:
    """Turn what a file system raises into one sentence."""
    try:
        yield
    except SourceError:
        raise
    except REFUSED as error:
        if isinstance(error, ImportError):
            raise SourceError(
                f"The store of {address} needs a package that is not installed ({error}). Install it, or copy the file here."
            ) from error
        reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise SourceError(
            f"{address} must be readable, but its store says: {reason}. Check address, network and credentials."
        ) from error


def is_gone(stored: Stored, error: Exception) -> bool:
    """Whether a file that was there is no longer."""
    return isinstance(error, FileNotFoundError) or (stored.system is None and not os.path.exists(stored.path))  # noqa: PTH110
