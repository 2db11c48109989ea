"""What Belvedere notes in the metadata of a field (kind, shape, rate, names, folder): kept only where it fits the values."""

import json
import math
from collections.abc import Callable, Mapping
from typing import Any

import pyarrow as pa

Metadata = dict[bytes, bytes]
PREFIX = "belvedere."


def own_metadata(field: pa.Field) -> Metadata | None:
    """The entries that Belvedere wrote; None where there is none."""
    kept = {key: value for key, value in (field.metadata or {}).items() if key.startswith(PREFIX.encode())}
    return kept or None


def fits(metadata: Metadata, kind: Any) -> bool:
    """Whether notes fit values of a type: the file may be damaged, or was changed by others.

    Examples
    --------
    >>> fits({b"belvedere.shape": b"2,2,1"}, pa.list_(pa.uint8(), 4)), fits({b"belvedere.shape": b"2,9,1"}, pa.string())
    (True, False)
    """
    try:
        told = {key.decode().removeprefix(PREFIX): value.decode() for key, value in metadata.items()}
        return all(does_fit(told[name], kind) for name, does_fit in NOTES.items() if name in told)
    except (ValueError, RecursionError):  # no text, no number, no JSON
        return False


def _fits_kind(told: str, kind: Any) -> bool:
    if told == "image":
        return _holds_files(kind) or pa.types.is_fixed_size_list(kind)
    return told in ("sequence", "vector") and _is_list(kind)


def _fits_shape(told: str, kind: Any) -> bool:
    sizes = [int(size) for size in told.split(",")]
    is_image = len(sizes) == 3 and min(sizes) > 0 and sizes[2] in (1, 3, 4)
    return is_image and pa.types.is_fixed_size_list(kind) and math.prod(sizes) == kind.list_size


def _fits_rate(told: str, kind: Any) -> bool:
    return _is_list(kind) and math.isfinite(float(told)) and float(told) > 0


def _fits_names(told: str, kind: Any) -> bool:
    names = json.loads(told)
    return pa.types.is_fixed_size_list(kind) and isinstance(names, list) and len(names) == kind.list_size


def _fits_root(told: str, kind: Any) -> bool:
    return "\0" not in told and _holds_files(kind)


NOTES: Mapping[str, Callable[[str, Any], bool]] = {
    "kind": _fits_kind,
    "shape": _fits_shape,
    "rate": _fits_rate,
    "names": _fits_names,
    "root": _fits_root,
}


def _holds_files(kind: Any) -> bool:
    """Paths of files, or their bytes."""
    tests = (
        pa.types.is_string,
        pa.types.is_large_string,
        pa.types.is_binary,
        pa.types.is_large_binary,
        pa.types.is_null,
    )
    return any(is_kind(kind) for is_kind in tests)


def _is_list(kind: Any) -> bool:
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind))
