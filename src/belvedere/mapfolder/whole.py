"""A folder is written beside its final place and swapped in, so that a reader sees the old or the new one, never half.

After `kill -9` at any moment the path holds a whole folder: on Linux the two names are exchanged in one system call
(renameat2(2), RENAME_EXCHANGE); elsewhere the old folder steps aside for an instant, and `recover` puts it back.
"""

import contextlib
import ctypes
import errno
import os
import secrets
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from belvedere.errors import MapFolderError
from belvedere.mapfolder.layout import FILE_MODE, FOLDER_MODE, MANIFEST

_AT_FDCWD, _RENAME_EXCHANGE = -100, 2  # linux/fcntl.h, linux/fs.h


def replace_folder(path: Path, fill: Callable[[Path], None]) -> None:
    """Let `fill` write a fresh folder beside `path`, then put it in the place of `path`.

    Parameters
    ----------
    path : pathlib.Path
        Where the folder shall be; a whole map folder there is replaced, anything else is refused.
    fill : callable
        Given an empty folder, writes all files into it.

    Raises
    ------
    MapFolderError
        Where something else lies at `path`, or the disk is full or not writable; nothing is left behind.
    """
    path = Path(os.path.abspath(path))  # noqa: PTH100 - resolve() would follow a link that is to be refused
    refuse_strangers(path)
    remove_leftovers(path)
    with explain_disk(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f".{path.name}.new-{os.getpid()}-{secrets.token_hex(4)}")
        fresh.mkdir(mode=FOLDER_MODE)
        try:
            fill(fresh)
            secure(fresh)
            swap_in(fresh, path)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)


def refuse_strangers(path: Path) -> None:
    """Refuse to write over anything that is not a map folder."""
    if path.is_symlink():
        raise MapFolderError(f"A map must not be written over a link, but {path} is one. Give the folder it points to.")
    if path.exists() and not (path / MANIFEST).is_file():
        what = "a folder without a manifest.json" if path.is_dir() else "a file"
        raise MapFolderError(f"A map may only replace a map folder, but {path} is {what}. Choose another name.")


def swap_in(fresh: Path, path: Path) -> None:
    """Give `fresh` the name `path`; what lay there before ends up under the name `fresh`, or is gone."""
    if not path.exists():
        fresh.rename(path)
    elif not _exchange(fresh, path):
        old = path.with_name(f".{path.name}.old-{os.getpid()}-{secrets.token_hex(4)}")
        path.rename(old)
        fresh.rename(path)
        shutil.rmtree(old, ignore_errors=True)
    _sync(path.parent)


def _exchange(one: Path, other: Path) -> bool:
    """Exchange two names in one step; False where the system cannot."""
    if sys.platform != "linux":
        return False
    renameat2 = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if renameat2 is None:
        return False
    return bool(renameat2(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE) == 0)


def recover(path: Path) -> None:
    """Put back a folder that had stepped aside when the program was killed between two renames."""
    if path.exists():
        return
    for old in sorted(path.parent.glob(f".{_escape(path.name)}.old-*")):
        if (old / MANIFEST).is_file():
            with contextlib.suppress(OSError):
                old.rename(path)
            return


def remove_leftovers(path: Path) -> None:
    """Remove what killed programs left beside `path`; folders of programs still running stay."""
    recover(path)
    for left in path.parent.glob(f".{_escape(path.name)}.*-*-*"):
        kind, _, rest = left.name.removeprefix(f".{path.name}.").partition("-")
        number = rest.partition("-")[0]
        if kind in ("new", "old") and number.isdigit() and not is_running(int(number)):
            shutil.rmtree(left, ignore_errors=True)


def is_running(number: int) -> bool:
    """Whether a process with this number is there."""
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _escape(name: str) -> str:
    return "".join(f"[{c}]" if c in "*?[" else c for c in name)


def secure(folder: Path) -> None:
    """Only the owner may read; every byte is on the disk before the folder gets its name."""
    for file in [*folder.rglob("*"), folder]:
        file.chmod(FOLDER_MODE if file.is_dir() else FILE_MODE)
        _sync(file)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextlib.contextmanager
def explain_disk(path: Path) -> Iterator[None]:
    """Turn an error of the disk into one sentence."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            free = shutil.disk_usage(_nearest(path)).free / 1e9
            text = (
                f"The disk must have room for the map, but it is full ({free:.2f} GB left). "
                f"Nothing was left behind at {path}; free some room and save again."
            )
        else:
            reason = error.strerror or str(error)
            text = f"The map must be writable at {path}, but: {reason}. Choose another place."
        raise MapFolderError(text) from error


def _nearest(path: Path) -> Path:
    """The nearest folder above that exists."""
    return next(p for p in (path, *path.parents) if p.exists())
