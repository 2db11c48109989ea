"""Column names: made text, not empty, without control characters, and unique; the account says what changed."""

import re
from collections.abc import Sequence


def clean_names(names: Sequence[object]) -> tuple[list[str], tuple[str, ...]]:
    """Make names usable.

    Returns
    -------
    names : list of str
    account : tuple of str
        One sentence where names were empty or repeated.

    Examples
    --------
    >>> clean_names(["a", "a", "", " b "])[0]
    ['a', 'a (2)', 'column 3', 'b']
    """
    tidy = [re.sub(r"[\x00-\x1f\x7f\s]+", " ", str(name)).strip() if name is not None else "" for name in names]
    named = [name or f"column {position + 1}" for position, name in enumerate(tidy)]
    unique = _make_unique(named)
    repeated = [new for old, new in zip(named, unique, strict=True) if old != new]
    empty = [new for old, new in zip(tidy, unique, strict=True) if not old]
    return unique, _account(repeated, empty)


def _make_unique(names: Sequence[str]) -> list[str]:
    taken: set[str] = set()
    known = set(names)
    unique = []
    for name in names:
        candidate, number = name, 2
        while candidate in taken or (candidate != name and candidate in known):
            candidate, number = f"{name} ({number})", number + 1
        taken.add(candidate)
        unique.append(candidate)
    return unique


def _account(repeated: Sequence[str], empty: Sequence[str]) -> tuple[str, ...]:
    sentences = []
    if repeated:
        verb = "name got a number" if len(repeated) == 1 else "names got numbers"
        sentences.append(
            f"Column names must differ: {len(repeated):,} repeated {verb} ({_some(repeated, quoted=True)})."
        )
    if empty:
        sentences.append(f"Columns without a name got one by position: {_some(empty, quoted=False)}.")
    return tuple(sentences)


def _some(names: Sequence[str], *, quoted: bool) -> str:
    shown = [repr(name) if quoted else name for name in names[:5]]
    return ", ".join(shown) + (f" and {len(names) - 5:,} more" if len(names) > 5 else "")
