"""Which encoding a text file is in: byte order mark, then UTF-8 by trial, then Chinese, then Western European."""

import codecs
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np

MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
CHUNK = 1 << 20  # bytes


def open_bytes(path: Path) -> IO[bytes]:
    """Open a file for reading bytes, through gzip, bz2 or xz where its name says so."""
    import bz2
    import gzip
    import lzma

    openers: dict[str, Any] = {".gz": gzip.open, ".bz2": bz2.open, ".xz": lzma.open}
    opener = openers.get(path.suffix.lower())
    return opener(path, "rb") if opener else path.open("rb")


def chunks_of(path: Path) -> Iterator[bytes]:
    """Read a file in chunks."""
    with open_bytes(path) as stream:
        while chunk := stream.read(CHUNK):
            yield chunk


def find_encoding(head: bytes, chunks: Iterable[bytes]) -> str:
    r"""Say which encoding bytes are in.

    Parameters
    ----------
    head : bytes
        The first bytes, for byte order marks and statistics.
    chunks : iterable of bytes
        All bytes, to be tried as UTF-8.

    Examples
    --------
    >>> text = "编码,名称\\n一,二十三四五六七"
    >>> [find_encoding(t := text.encode(name), [t]) for name in ("utf-8", "utf-8-sig", "utf-16", "gb18030")]
    ['utf-8', 'utf-8-sig', 'utf-16', 'gb18030']
    >>> find_encoding(t := "café,naïve".encode("latin-1"), [t])
    'cp1252'
    """
    for mark, name in MARKS:
        if head.startswith(mark):
            return name
    unmarked = _unmarked_utf16(head)
    if unmarked:
        return unmarked
    if _decodes(chunks, "utf-8") or _is_mostly_utf8(head):
        return "utf-8"
    return _legacy_encoding(head)


def _unmarked_utf16(head: bytes) -> str:
    """Tell UTF-16 without a mark by its zeros: every second byte of mostly Western text."""
    half = len(head[:4096]) // 2
    if half < 4:
        return ""
    even, odd = head[0:4096:2].count(0) / half, head[1:4096:2].count(0) / half
    if odd > 0.6 and even < 0.1:
        return "utf-16-le"
    return "utf-16-be" if even > 0.6 and odd < 0.1 else ""


def _decodes(chunks: Iterable[bytes], encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for chunk in chunks:
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _is_mostly_utf8(head: bytes) -> bool:
    """Tell UTF-8 with a few broken bytes in it: most of its foreign characters are whole."""
    text = head.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    whole = sum(letter > "\x7f" for letter in text) - broken
    return whole > 5 * broken


def _legacy_encoding(head: bytes) -> str:
    """Choose between GB18030, Shift-JIS, Big5 and Windows-1252 by what the bytes would mean."""
    scores = {name: _plausibility(head, name) for name in ("gb18030", "shift_jis", "big5")}
    best = max(scores, key=lambda name: scores[name])
    if scores[best] > 0.6:
        return best
    try:
        head.decode("cp1252")
    except UnicodeDecodeError:
        return "latin-1"
    return "cp1252"


def _plausibility(head: bytes, encoding: str) -> float:
    """Share of the non-ASCII characters that are common in the encoding's language, 0 if it does not decode."""
    usable = head if len(head) < 8 else head[: len(head) - len(head) % 2]
    text = usable.decode(encoding, "replace")
    foreign = [letter for letter in text if ord(letter) > 127]
    if not foreign or text.count("\ufffd") > 1:
        return 0.0
    return sum(_is_common(letter, encoding) for letter in foreign) / len(foreign)


def _is_common(letter: str, encoding: str) -> bool:
    if letter in "，。、；：？！“”‘’（）《》…—　":
        return True
    try:
        lead = letter.encode("gb2312" if encoding == "gb18030" else encoding)[0]
    except UnicodeEncodeError:
        return False
    if encoding == "shift_jis":
        return "\u3040" <= letter <= "\u30ff"  # kana: half-width katakana is what Western text would look like
    first, last = (0xB0, 0xD7) if encoding == "gb18030" else (0xA4, 0xC6)  # the level of common characters
    return first <= lead <= last


def utf8_chunks(path: Path, encoding: str) -> Iterator[bytes]:
    """Read a file in chunks in which a line end is one byte: UTF-16 and UTF-32 are recoded."""
    if not encoding.startswith(("utf-16", "utf-32", "utf_16", "utf_32")):
        yield from chunks_of(path)
        return
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    for chunk in chunks_of(path):
        yield decoder.decode(chunk).encode()


def count_marks(chunks: Iterable[bytes]) -> tuple[int, int, int]:
    r"""Count quotes, blank lines outside quotes (those at the very end do not count), and bytes.

    Examples
    --------
    >>> count_marks([b'a,b\n\n1,"x\n\ny"\n', b"\n2,3\n\n"])
    (2, 2, 20)
    """
    quotes = blank = waiting = n_bytes = 0
    before = b""
    for chunk in chunks:
        n_bytes += len(chunk)
        signs = np.frombuffer(before + chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n"), np.uint8)
        ends = signs == 10
        inside = (np.cumsum(signs == 34) + quotes) % 2 == 1
        empty = np.flatnonzero(ends[1:] & ends[:-1] & ~inside[1:]) + 1
        filled = np.flatnonzero(~ends)
        last = int(filled[-1]) if len(filled) else -1
        inner = int((empty < last).sum())
        blank, waiting = (blank + waiting + inner, len(empty) - inner) if last >= 0 else (blank, waiting + len(empty))
        quotes += chunk.count(b'"')
        before = signs[-1:].tobytes() if len(signs) and signs[-1] == 10 else b""
    return quotes, blank, n_bytes
