"""What happens to sensitive columns before anything is learned: dropped, hashed with a key, made coarser, or kept."""

import hashlib
import hmac
import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from belvedere.checks.look import is_text
from belvedere.checks.times import parse_times
from belvedere.errors import ColumnError, SettingError, nearest_names
from belvedere.types import Source
from belvedere.values import level_text, to_codes, to_floats

KEY_NAME = "BELVEDERE_KEY"  # environment variable; without it a key is made up and forgotten
BANDS = 10  # of a generalized number
LEAST_ROWS = 5  # per generalized word: rarer ones become "other"
Change = Callable[[pa.ChunkedArray, bytes], pa.ChunkedArray]


def apply_decisions(source: Source, decisions: Mapping[str, str]) -> Source:
    """Change sensitive columns as a person decided; the account says what was done.

    Parameters
    ----------
    source : Source
    decisions : mapping
        Column to 'drop', 'hash', 'generalize' or 'keep'.

    Raises
    ------
    SettingError
        If a decision is unknown.
    ColumnError
        If a column is.

    Examples
    --------
    >>> source = Source("tiny", pa.table({"mail": ["ann@example.org"], "age": [31]}))
    >>> changed = apply_decisions(source, {"mail": "drop"})
    >>> changed.table.column_names, changed.account
    (['age'], ("'mail' was dropped, as decided.",))
    """
    if not decisions:
        return source
    table, told, key = source.table, list(source.account), _key()
    for name, decision in decisions.items():
        _insist(name, decision, table.column_names)
        place = table.column_names.index(name)
        if decision == "drop":
            table = table.remove_column(place)
        elif decision != "keep":
            changed = DECISIONS[decision](table.column(name), key)
            table = table.set_column(place, pa.field(name, changed.type), changed)
        told.append(f"'{name}' was {TOLD[decision]}, as decided.")
    mark = hashlib.sha256((source.fingerprint + repr(sorted(decisions.items()))).encode()).hexdigest()
    return replace(source, table=table, account=tuple(told), fingerprint=mark if source.fingerprint else "")


def _insist(name: str, decision: str, names: list[str]) -> None:
    if decision not in TOLD:
        raise SettingError(
            f"What to do with a sensitive column must be known, but {decision!r} is not. {nearest_names(decision, TOLD)}"
        )
    if name not in names:
        raise ColumnError(f"There must be a column {name!r}, but there is none. {nearest_names(name, names)}")


def _key() -> bytes:
    return os.environ.get(KEY_NAME, "").encode() or secrets.token_bytes(32)


def _hash(column: pa.ChunkedArray, key: bytes) -> pa.ChunkedArray:
    """Write each value as 16 hexadecimal digits of HMAC-SHA256; equal values stay equal, missing ones missing."""
    codes, levels = to_codes(column)
    marks = [hmac.new(key, level.encode("utf-8", "replace"), hashlib.sha256).hexdigest()[:16] for level in levels]
    return _from_codes(codes, marks)


def _from_codes(codes: np.ndarray, words: list[str]) -> pa.ChunkedArray:
    indices = pa.array(codes, pa.int64(), mask=codes < 0)
    return pa.chunked_array([pa.array(words, pa.string()).take(indices)])


def _generalize(column: pa.ChunkedArray, key: bytes) -> pa.ChunkedArray:
    """Times to years, numbers to ten bands, mail addresses to domains, other words to their first; rare ones to 'other'."""
    if pa.types.is_temporal(column.type):
        return pc.year(column)
    if pa.types.is_integer(column.type) or pa.types.is_floating(column.type):
        return _bands(column)
    if is_text(column):
        seconds = parse_times(column)
        if np.isfinite(seconds).sum() > 0.5 * (len(column) - column.null_count):
            whole = pa.array(seconds, from_pandas=True).cast(pa.int64(), safe=False)
            return pa.chunked_array([pc.year(whole.cast(pa.timestamp("s")))])
    return _words(column)


def _bands(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Ranges that hold about a tenth of the values each."""
    values = to_floats(column)
    edges = np.unique(np.nanquantile(np.where(np.isfinite(values), values, np.nan), np.linspace(0, 1, BANDS + 1)))
    if len(edges) < 2:
        return _words(column)
    which = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, len(edges) - 2)
    names = [f"{low:.6g} to {high:.6g}" for low, high in pairwise(edges.tolist())]
    return _from_codes(np.where(np.isfinite(values), which, -1), names)


def _words(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Mail addresses to their domain, other words to their first word; what fewer than five rows share to 'other'."""
    codes, levels = to_codes(column)
    heads = [level.rpartition("@")[2] if "@" in level else (level_text(level).split() or [""])[0] for level in levels]
    number = {head: i for i, head in enumerate(dict.fromkeys(heads))}
    groups = np.array([number[head] for head in heads] + [-1])[codes]
    counts = np.bincount(groups[groups >= 0], minlength=len(number))
    names = [head if counts[i] >= LEAST_ROWS else "other" for i, head in enumerate(number)]
    return _from_codes(groups, names)


DECISIONS: dict[str, Change] = {"hash": _hash, "generalize": _generalize}
TOLD = {"drop": "dropped", "hash": f"hashed with a key ({KEY_NAME}, or one forgotten at the end)",
        "generalize": "made coarser", "keep": "kept as it is"}  # fmt: skip


def parse_decisions(pairs: list[str] | None) -> dict[str, str]:
    """Read `--sensitive email=hash,birth=generalize`.

    Raises
    ------
    SettingError
        If a part has no '='.

    Examples
    --------
    >>> parse_decisions(["email=hash,age=generalize", "note=drop"])
    {'email': 'hash', 'age': 'generalize', 'note': 'drop'}
    """
    decisions = {}
    for part in ",".join(pairs or []).split(","):
        name, sign, decision = part.rpartition("=")
        if part and not (sign and name):
            raise SettingError(f"--sensitive must look like column=decision, but is {part!r}. For example: email=hash.")
        if part:
            decisions[name.strip()] = decision.strip()
    return decisions
