"""NumPy arrays, `.npy` and `.npz` files, tensors, sparse matrices: what their shapes say they are.

One axis is a column; two axes are number columns (up to 32) or one vector column; three are images or sequences; four are
images. `x_train, y_train, x_test, y_test` are joined with a column `split`; rising `offsets` cut a long recording.
"""

import itertools
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from belvedere.errors import SourceError
from belvedere.sources.opened import Opened, Wish, chosen_part
from belvedere.sources.shapes import columns_of_array
from belvedere.sources.sparse import is_sparse_parts, read_sparse, sparse_of_parts
from belvedere.values import NUMPY_DAMAGES, counted

Array = NDArray[Any]
Named = dict[str, Array]
PARTS = (("train", "train"), ("valid", "valid"), ("val", "valid"), ("dev", "valid"), ("test", "test"))
CLASS_NAMES = ("classes", "class_names", "target_names", "label_names")


def is_array(what: Any) -> bool:
    """Tell whether something is an array, a tensor, a sparse matrix, a list of values, or a pair `(X, y)` of those."""
    if isinstance(what, tuple) and len(what) == 2:
        return all(is_array(part) or hasattr(part, "iloc") for part in what)
    return isinstance(what, (np.ndarray, list)) or hasattr(what, "detach") or hasattr(what, "tocsr")


def read_array(what: Any, wish: Wish) -> Opened:
    """Read arrays in memory; a pair is read as inputs `x` and labels `y`."""
    if isinstance(what, tuple):
        return read_arrays({"x": _plain(what[0]), "y": _plain(what[1])}, "array", wish)
    if hasattr(what, "tocsr"):
        return read_sparse(what.tocsr(), "matrix")
    if isinstance(what, list) and what and all(isinstance(item, str) for item in what):
        return read_arrays({"text": np.array(what, dtype=object)}, "texts", wish)
    return read_arrays({"x": _plain(what)}, "array", wish)


def _plain(what: Any) -> Array:
    """Make an array of a tensor, a frame or a list; lists of several lengths become an array of lists."""
    if hasattr(what, "tocsr"):
        return np.asarray(what.toarray())
    if hasattr(what, "detach"):
        what = what.detach().cpu()
        return np.asarray(what.float() if "bfloat16" in str(what.dtype) else what)
    try:
        return np.asarray(what)
    except ValueError:
        ragged = np.empty(len(what), dtype=object)
        ragged[:] = list(what)
        return ragged


def read_npy(path: Path, wish: Wish) -> Opened:
    """Read one array; never unpickles.

    Raises
    ------
    SourceError
        If the file is damaged or holds Python objects.
    """
    return read_arrays(_load(path), path.stem, wish)


def _load(path: Path) -> Named:
    """All arrays of a file; the only one of a `.npy` file is `x`."""
    try:
        found = np.load(path, allow_pickle=False)
        if isinstance(found, np.ndarray):
            return {"x": _checked_text(found)}
        with found:
            return {name: _checked_text(np.asarray(found[name])) for name in found.files}
    except NUMPY_DAMAGES as error:
        said = str(error).partition("\n")[0] or type(error).__name__
        reason = "it holds Python objects" if "pickle" in said else said[:150]
        raise SourceError(
            f"{path} must be a whole NumPy file of plain arrays, but is not ({reason}). Check the file, or save plain arrays."
        ) from error


def _checked_text(array: Array) -> Array:
    """Refuse numbers that stand for no letter: NumPy reads them as text, and every look at it fails."""
    for field in array.dtype.names or ():
        _checked_text(array[field])
    if array.dtype.kind == "U" and array.nbytes:
        letters = np.ascontiguousarray(array).view(np.dtype("u4").newbyteorder(array.dtype.byteorder))
        if int(letters.max()) > sys.maxunicode:
            raise ValueError("it holds text that is no Unicode")
    return array


def read_npz(path: Path, wish: Wish) -> Opened:
    """Read a bundle of arrays, or a sparse matrix as SciPy saves it."""
    arrays = _load(path)
    if not is_sparse_parts(arrays):
        return read_arrays(arrays, path.stem, wish, address=str(path))
    opened = read_sparse(sparse_of_parts(arrays, path), path.parent.name if path.stem == "counts" else path.stem)
    return _with_sibling_labels(opened, path)


def _with_sibling_labels(opened: Opened, path: Path) -> Opened:
    """Add the columns of `labels.npz` beside the matrix, where it has as many rows."""
    sibling = path.with_name("labels.npz")
    if not sibling.exists() or sibling == path:
        return opened
    labels, table = _load(sibling), opened.table
    added = [name for name in labels if labels[name].ndim == 1 and len(labels[name]) == table.num_rows]
    for name in added:
        table = table.append_column(name, pa.array(labels[name]))
    note = (f"Labels ({', '.join(added)}) were added from {sibling.name} beside it.",) if added else ()
    return Opened(opened.name, table, opened.account + note)


def read_arrays(arrays: Mapping[str, Array], name: str, wish: Wish, *, address: str = "arrays") -> Opened:
    """Read named arrays as one table.

    Raises
    ------
    SourceError
        If there are several sets of arrays and none is chosen, or no array has rows.

    Examples
    --------
    >>> arrays = {"x_train": np.zeros((3, 2)), "y_train": np.arange(3), "x_test": np.ones((1, 2)), "y_test": np.ones(1)}
    >>> read_arrays(arrays, "tiny", Wish()).table.column_names
    ['x 0', 'x 1', 'y', 'split']
    """
    named, title = _choose_set(dict(arrays), name, wish.part, address)
    scalars = {key: named.pop(key) for key in list(named) if np.ndim(named[key]) == 0}
    named, joined = _join_parts(named)
    named, cut = _cut_recordings(named, scalars)
    named = _name_classes(named)
    rows = _row_count(named, address)
    left_out = [key for key, value in named.items() if len(value) != rows]
    columns, account = [], [*joined, *cut]
    for key, value in named.items():
        if key not in left_out:
            made, notes = columns_of_array(key, value, _rate(scalars))
            columns.extend(made)
            account.extend(notes)
    if left_out:
        account.append(f"Left out, since they do not have {counted(rows, 'row')}: {', '.join(left_out)}.")
    table = pa.Table.from_arrays([column for _, column in columns], schema=pa.schema([field for field, _ in columns]))
    return Opened(title, table, tuple(account))


def _rate(scalars: Mapping[str, Array]) -> float:
    """Find the sampling rate in Hz, 0 where it is not told."""
    for key in ("rate", "sample_rate", "sampling_rate", "fs", "sr"):
        if key in scalars and np.asarray(scalars[key]).dtype.kind in "iuf":
            return float(scalars[key])
    return 0.0


def _choose_set(arrays: Named, name: str, part: str, address: str) -> tuple[Named, str]:
    """Choose one of several sets named `NAME_x_train`, `NAME_y_train`, …; or one array by its own name."""
    prefixes = {
        re.sub(r"_?[xX](_(train|test))?$", "", key) for key in arrays if re.search(r"_[xX](_(train|test))?$", key)
    }
    if not prefixes:
        if part and part not in arrays:
            chosen_part(part, list(arrays), "array", address)
        return ({part: arrays[part]} if part else arrays), name
    chosen = chosen_part(part, sorted(prefixes), "data set", address)
    own = {key.removeprefix(f"{chosen}_"): value for key, value in arrays.items() if key.startswith(f"{chosen}_")}
    return own, chosen


def _join_parts(arrays: Named) -> tuple[Named, list[str]]:
    """Join `x_train` and `x_test` into `x`, and say in `split` which row came from where."""
    stems: dict[str, list[tuple[str, str]]] = {}
    for suffix, part in PARTS:
        for key in arrays:
            if key.endswith(f"_{suffix}"):
                stems.setdefault(key.removesuffix(f"_{suffix}"), []).append((key, part))
    first = next(iter(stems), "")
    whole = {
        stem for stem in stems if [p for _, p in stems[stem]] == [p for _, p in stems[first]] and len(stems[stem]) > 1
    }
    if not whole:
        return arrays, []
    used = {key for stem in whole for key, _ in stems[stem]}
    joined = {stem: _concatenated(stem, [arrays[key] for key, _ in stems[stem]]) for stem in stems if stem in whole}
    sizes = [(part, len(arrays[key])) for key, part in stems[first]]
    rest = {k: v for k, v in arrays.items() if k not in used}
    split = np.concatenate([np.full(size, part, dtype=object) for part, size in sizes])
    told = " and ".join(f"{size:,} {part}" for part, size in sizes)
    only = [key for stem in stems if stem not in whole for key, _ in stems[stem]]
    lost = [f"Left out, since only some of the parts have it: {', '.join(only)}."] if only else []
    rest = {key: value for key, value in rest.items() if key not in only}
    return {**joined, "split": split, **rest}, [
        f"Parts were joined ({told} rows); the column 'split' keeps them apart.",
        *lost,
    ]


def _concatenated(stem: str, parts: list[Array]) -> Array:
    if len({part.shape[1:] for part in parts}) > 1:
        raise SourceError(
            f"The parts of {stem!r} must be alike but for their rows, but are arrays of "
            f"{' and '.join(str(part.shape) for part in parts)}. Choose one of them by its name."
        )
    try:
        return np.concatenate(parts)
    except TypeError as error:  # numpy.exceptions.DTypePromotionError: records beside numbers, words beside dates
        raise SourceError(
            f"The parts of {stem!r} must be of one type, but are of {' and '.join(str(part.dtype) for part in parts)}. "
            "Choose one of them by its name."
        ) from error


def _cut_recordings(arrays: Named, scalars: Named) -> tuple[Named, list[str]]:
    """Cut a long array into one sequence per row where rising offsets say so."""
    for key, offsets in arrays.items():
        if not re.fullmatch(r"(.*_)?offsets?", key) or offsets.ndim != 1 or offsets.dtype.kind not in "iu":
            continue
        longs = [k for k, v in arrays.items() if k != key and len(v) == offsets[-1] and len(v) != len(offsets) - 1]
        if longs and offsets[0] == 0 and bool(np.all(np.diff(offsets) >= 0)):
            pieces = np.empty(len(offsets) - 1, dtype=object)
            pieces[:] = [arrays[longs[0]][a:b] for a, b in itertools.pairwise(offsets)]
            rest = {k: v for k, v in arrays.items() if k not in (key, longs[0])}
            return {longs[0]: pieces, **rest}, [
                f"{longs[0]!r} was cut into {counted(len(pieces), 'sequence')} at {key!r}."
            ]
    return arrays, []


def _name_classes(arrays: Named) -> Named:
    """Replace class numbers by the names that a further array lists."""
    for key in CLASS_NAMES:
        names = arrays.get(key)
        if names is None or names.ndim != 1 or names.dtype.kind not in "UOS":
            continue
        for target in ("y", "target", "label", "labels"):
            codes = arrays.get(target)
            if (
                codes is not None
                and codes.dtype.kind in "iu"
                and codes.size
                and codes.min() >= 0
                and codes.max() < len(names)
            ):
                rest = {k: v for k, v in arrays.items() if k != key}
                return {k: names[codes] if k == target else v for k, v in rest.items()}
    return arrays


def _row_count(arrays: Named, address: str) -> int:
    """Rows: those of `x` or `data`, else those that most arrays have."""
    if not arrays:
        raise SourceError(f"{address} must hold at least one array with rows, but holds none. Choose another file.")
    for key in ("x", "X", "data", "images"):
        if key in arrays:
            return len(arrays[key])
    lengths = [len(value) for value in arrays.values()]
    return max(lengths, key=lambda length: (lengths.count(length), length))


def is_bunch(what: Any) -> bool:
    """Tell a scikit-learn `Bunch`."""
    return type(what).__name__ == "Bunch" and isinstance(what, Mapping)


def read_bunch(bunch: Mapping[str, Any], wish: Wish) -> Opened:
    """Read a scikit-learn data set: its images where it has them, else its named features, and the target."""
    target = _bunch_target(bunch)
    if bunch.get("images") is not None and len(bunch["images"]) == len(bunch["data"]):
        return read_arrays({"image": np.asarray(bunch["images"]), **target}, "images", wish)
    data = bunch["data"]
    if hasattr(data, "iloc"):
        named = {str(name): np.asarray(data[name]) for name in data.columns}
    elif hasattr(data, "tocsr") or np.ndim(data) != 2:
        named = {"text" if isinstance(data, list) else "x": _plain(data)}
    else:
        given = bunch.get("feature_names")  # an array in some sets
        names = [f"x {i}" for i in range(np.shape(data)[1])] if given is None else [str(name) for name in given]
        named = {str(name): np.asarray(data)[:, position] for position, name in enumerate(names)}
    columns = {**named, **target}
    fields = [columns_of_array(name, values, 0.0)[0] for name, values in columns.items()]
    flat = [pair for made in fields for pair in made]
    table = pa.Table.from_arrays([column for _, column in flat], schema=pa.schema([field for field, _ in flat]))
    return Opened("bunch", table)


def _bunch_target(bunch: Mapping[str, Any]) -> Named:
    if bunch.get("target") is None:
        return {}
    target, names = np.asarray(bunch["target"]), bunch.get("target_names")
    named = (
        _name_classes({"y": target, "classes": np.asarray(names, dtype=object)}) if names is not None else {"y": target}
    )
    return {"target": named["y"]}
