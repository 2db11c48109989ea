"""A map locked with a passphrase: a header in the clear, and one file in which everything else is encrypted.

- The key is made of the passphrase by scrypt (RFC 7914) with a fresh salt for each locking: 128 MB and about a third of
  a second per guess.
- The bytes of all files, one after another behind an index of names and lengths, are cut into pieces of 1 MiB and
  encrypted by AES-256-GCM. Each piece's nonce holds its number and whether it is the last, so that pieces cannot be
  changed, swapped or left out unseen (STREAM: Hoang, Reyhanitabar, Rogaway, Vizar 2015); the header is bound to each.
- Opening decrypts into memory where the system offers a folder there (/dev/shm), else into a private temporary folder;
  either way the files lose their names as soon as they are mapped.

`FORMAT.md` lists the bytes.
"""

import base64
import hashlib
import json
import os
import secrets
import shutil
import tempfile
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

from belvedere.errors import MapFolderError, SettingError, missing_extra
from belvedere.mapfolder import layout, reading, whole, writing
from belvedere.types import MapContent

VERSION, PIECE_BYTES = 1, 1 << 20
SCRYPT = {"n": 1 << 17, "r": 8, "p": 1}
MOST_N, MOST_R, MOST_P = 1 << 20, 16, 16  # a header may not ask for more memory than 2 GB
TAG_BYTES, PREFIX_BYTES = 16, 7
MOST_INDEX_BYTES = 1 << 16
SHORTEST = 8  # letters of a passphrase
VARIABLE = "BELVEDERE_PASSPHRASE"


def is_locked(path: str | os.PathLike[str]) -> bool:
    """Whether a folder is a locked map."""
    try:
        return (Path(path) / layout.LOCKED).is_file()
    except OSError:
        return False


def open_folder(path: str | os.PathLike[str], *, passphrase: str | None = None) -> MapContent:
    """Open a saved map; see `reading.open_folder`. A locked one asks for its passphrase.

    Parameters
    ----------
    path : path-like
        The map folder.
    passphrase : str, optional
        Of a locked map; without it, the environment variable BELVEDERE_PASSPHRASE, then the terminal is asked.

    Raises
    ------
    MapFolderError
        Where the folder is missing or damaged, or the passphrase is wrong or missing.
    """
    path = Path(path)
    whole.recover(path)
    if not is_locked(path):
        return reading.open_folder(path)
    whole.remove_leftovers(path)  # of a killed program, which may be in the clear
    with _workroom((path / layout.LOCKED).stat().st_size) as room:
        _decrypt(path, passphrase or ask_passphrase(path), room)
        return reading.open_folder(room)


def save(
    content: MapContent,
    path: str | os.PathLike[str],
    *,
    rows_file: str | os.PathLike[str] | None = None,
    passphrase: str | None = None,
) -> Path:
    """Save a map as a folder; see `writing.save`. With a passphrase it is locked, and never on the disk in the clear."""
    if passphrase is None:
        return writing.save(content, path, rows_file=rows_file)
    check_passphrase(passphrase)
    with _workroom(content.rows.nbytes * 2 + (1 << 28)) as room:
        writing.save(content, room / "plain", rows_file=rows_file)
        whole.replace_folder(Path(path), partial(_encrypt, room / "plain", passphrase))
    return Path(path)


def lock(path: str | os.PathLike[str], passphrase: str) -> None:
    """Encrypt a saved map where it lies; the folder is swapped in one step, then the clear one is removed.

    What was in the clear is removed, not overwritten: disks may keep it until they need the room.

    Raises
    ------
    MapFolderError
        Where there is no whole map at the path, or it is locked already.
    SettingError
        Where the passphrase is short.
    """
    path = Path(path)
    if is_locked(path):
        raise MapFolderError(f"A map to be locked must be open, but {path} is locked already. Nothing was changed.")
    check_passphrase(passphrase)
    reading.verify(path)
    whole.replace_folder(path, partial(_encrypt, path, passphrase))


def unlock(path: str | os.PathLike[str], passphrase: str) -> None:
    """Decrypt a locked map where it lies; the folder is swapped in one step.

    Raises
    ------
    MapFolderError
        Where the map is not locked, the passphrase is wrong, or a byte was changed.
    """
    path = Path(path)
    if not is_locked(path):
        raise MapFolderError(f"A map to be unlocked must be locked, but {path} is not. Nothing was changed.")
    whole.replace_folder(path, partial(_decrypt, path, passphrase))


def ask_passphrase(path: Path) -> str:
    """The passphrase from the environment, else from the terminal.

    Raises
    ------
    MapFolderError
        Where neither is there to be asked.
    """
    import getpass
    import sys

    known = os.environ.get(VARIABLE)
    if known:
        return known
    if sys.stdin is None or not sys.stdin.isatty():
        raise MapFolderError(
            f"The map {path} is locked: its passphrase must be in {VARIABLE} or typed in a terminal, but neither is there."
        )
    return getpass.getpass(f"Passphrase of {path}: ")


def check_passphrase(passphrase: str) -> None:
    """Refuse a passphrase that is quickly guessed."""
    if len(passphrase) < SHORTEST:
        raise SettingError(
            f"A passphrase must have at least {SHORTEST} letters, but has {len(passphrase)}. Four or five words are good."
        )


def _encrypt(source: Path, passphrase: str, folder: Path) -> None:
    """Write header and encrypted file of the map at `source` into an empty folder."""
    names = [n for n in (layout.MANIFEST, *layout.REQUIRED, *layout.OPTIONAL) if (source / n).is_file()]
    header = {
        "format": layout.LOCKED_NAME, "version": VERSION, "cipher": "AES-256-GCM", "piece_bytes": PIECE_BYTES,
        "kdf": "scrypt", **SCRYPT, "salt": _text(secrets.token_bytes(16)), "nonce": _text(secrets.token_bytes(PREFIX_BYTES)),
    }  # fmt: skip
    written = json.dumps(header, indent=1).encode()
    cipher = _Cipher(header, written, passphrase)
    index = json.dumps({name: (source / name).stat().st_size for name in names}).encode()
    blocks = chain([len(index).to_bytes(4, "little") + index], *(_blocks(source / name) for name in names))
    with (folder / layout.LOCKED).open("wb") as sink:
        for number, (piece, is_last) in enumerate(_cut(blocks)):
            sink.write(cipher.seal(number, piece, is_last=is_last))
    (folder / layout.MANIFEST).write_bytes(written)


def _blocks(file: Path) -> Iterator[bytes]:
    with file.open("rb") as handle:
        while block := handle.read(PIECE_BYTES):
            yield block


def _cut(blocks: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Bytes in pieces of one length, the last shorter or as long, and whether it is the last."""
    held = bytearray()
    for block in blocks:
        held += block
        while len(held) > PIECE_BYTES:
            yield bytes(held[:PIECE_BYTES]), False
            del held[:PIECE_BYTES]
    yield bytes(held), True


def _decrypt(path: Path, passphrase: str, folder: Path) -> None:
    """Write the files of a locked map into an empty folder."""
    header, written = _read_header(path)
    pieces = _opened(path, _Cipher(header, written, passphrase), int(header["piece_bytes"]))
    stream = _Stream(pieces)
    try:
        index = json.loads(stream.take(min(MOST_INDEX_BYTES, int.from_bytes(stream.take(4), "little"))))
        for name, size in index.items():
            if name not in (layout.MANIFEST, *layout.REQUIRED, *layout.OPTIONAL):
                raise _changed(path)
            file = folder / name
            file.parent.mkdir(mode=layout.FOLDER_MODE, exist_ok=True)
            with file.open("wb") as sink:
                while size > 0:
                    size -= sink.write(stream.take(min(size, PIECE_BYTES)))
    except MapFolderError:
        raise
    except (ValueError, AttributeError, TypeError) as error:
        raise _changed(path) from error
    if stream.take_rest():
        raise _changed(path)


def _opened(path: Path, cipher: "_Cipher", piece_bytes: int) -> Iterator[bytes]:
    """Decrypted pieces; whatever was changed, swapped, added or cut off is refused."""
    size, left = piece_bytes + TAG_BYTES, (path / layout.LOCKED).stat().st_size
    with (path / layout.LOCKED).open("rb") as source:
        number = 0
        while piece := source.read(size):
            left -= len(piece)
            opened = cipher.open(number, piece, is_last=left <= 0)
            if opened is None:
                raise _refused(path) if number == 0 else _changed(path)
            yield opened
            number += 1
    if number == 0:
        raise _changed(path)


class _Stream:
    """Takes so many bytes at a time from pieces of any length."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces, self._held = pieces, b""

    def take(self, n: int) -> bytes:
        """The next n bytes; a ValueError where there are fewer."""
        parts, missing = [], n
        while missing > 0:
            if not self._held:
                self._held = next(self._pieces, b"")
                if not self._held:
                    raise ValueError("too few bytes")
            part, self._held = self._held[:missing], self._held[missing:]
            parts.append(part)
            missing -= len(part)
        return b"".join(parts)

    def take_rest(self) -> bytes:
        """Whatever is left; reading to the end also checks every piece."""
        rest, self._held = b"".join([self._held, *self._pieces]), b""
        return rest


class _Cipher:
    """Encrypts and decrypts numbered pieces with the key that a passphrase gives."""

    def __init__(self, header: dict[str, Any], written: bytes, passphrase: str) -> None:
        try:
            from cryptography.hazmat.primitives.ciphers.aead import AESGCM
            from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
        except ImportError as error:
            raise missing_extra("cryptography", "encrypt", "A locked map") from error
        salt = base64.b64decode(header["salt"])
        key = Scrypt(salt=salt, length=32, n=header["n"], r=header["r"], p=header["p"]).derive(_plain(passphrase))
        self._aes, self._prefix = AESGCM(key), base64.b64decode(header["nonce"])
        self._header = hashlib.sha256(written).digest()  # bound to every piece

    def _nonce(self, number: int, *, is_last: bool) -> bytes:
        return self._prefix + number.to_bytes(4, "big") + bytes([is_last])

    def seal(self, number: int, piece: bytes, *, is_last: bool) -> bytes:
        """Encrypt one piece."""
        return self._aes.encrypt(self._nonce(number, is_last=is_last), piece, self._header)

    def open(self, number: int, piece: bytes, *, is_last: bool) -> bytes | None:
        """Decrypt one piece; None where key, place or bytes are not right."""
        from cryptography.exceptions import InvalidTag

        try:
            return self._aes.decrypt(self._nonce(number, is_last=is_last), piece, self._header)
        except InvalidTag:
            return None


def _plain(passphrase: str) -> bytes:
    """The same bytes however a keyboard composes letters with accents."""
    return unicodedata.normalize("NFKC", passphrase).encode("utf-8", "surrogatepass")


def _read_header(path: Path) -> tuple[dict[str, Any], bytes]:
    """The header, and its bytes; refused where it asks for what no Belvedere writes."""
    file = path / layout.MANIFEST
    try:
        written = file.read_bytes() if file.stat().st_size < MOST_INDEX_BYTES else b""
        header = dict(json.loads(written))
        numbers = [int(header[name]) for name in ("n", "r", "p", "piece_bytes")]
        fair = all(0 < found <= most for found, most in zip(numbers, (MOST_N, MOST_R, MOST_P, 1 << 26), strict=True))
        power = numbers[0] & (numbers[0] - 1) == 0 and numbers[0] > 1
        lengths = len(base64.b64decode(header["salt"])) == 16 and len(base64.b64decode(header["nonce"])) == PREFIX_BYTES
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise _changed(path) from error
    if not (fair and power and lengths and header.get("format") == layout.LOCKED_NAME):
        raise _changed(path)
    if header.get("version") != VERSION:
        raise MapFolderError(
            f"A locked map must be version {VERSION}, but {path} is version {header.get('version')!r}. Upgrade Belvedere."
        )
    return header, written


@contextmanager
def _workroom(n_bytes: int) -> Iterator[Path]:
    """A private folder, in memory where there is room; gone at the end, while mapped files live on without a name."""
    memory = Path("/dev/shm")
    fits = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 2 * n_bytes
    room = Path(tempfile.mkdtemp(prefix=f"belvedere-{os.getpid()}-", dir=memory if fits else None))
    for left in room.parent.glob("belvedere-*-*"):  # of programs that were killed here
        number = left.name.split("-")[1]
        if number.isdigit() and not whole.is_running(int(number)) and left.is_dir():
            shutil.rmtree(left, ignore_errors=True)
    try:
        yield room
    finally:
        shutil.rmtree(room, ignore_errors=True)


def _text(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _refused(path: Path) -> MapFolderError:
    return MapFolderError(
        f"The passphrase must be the one that locked {path}, but it is not, or the map was changed. Try again."
    )


def _changed(path: Path) -> MapFolderError:
    return MapFolderError(
        f"A locked map must be whole, but {path} was changed or cut off after it was locked. Take a copy that is whole."
    )
