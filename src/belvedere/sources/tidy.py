"""Any Arrow table to one that the rest of the house knows: plain types, clean names, wide tables folded."""

import json
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from belvedere.sources.columns import as_text
from belvedere.sources.naming import clean_names
from belvedere.sources.noted import Metadata, fits, own_metadata
from belvedere.values import counted

WIDEST = 200  # more columns than this of one numeric type become one vector column
Notes = tuple[str, ...]


def tidy_table(table: pa.Table, *, keep: tuple[str, ...] = ()) -> tuple[pa.Table, Notes]:
    """Flatten structs, plain types, clean names, fold very many numeric columns into one.

    Parameters
    ----------
    table : pyarrow.Table
    keep : tuple of str
        Columns that are never folded.

    Returns
    -------
    table : pyarrow.Table
    account : tuple of str
    """
    table, flattened = _flatten(table)
    names, naming = clean_names(table.column_names)
    fields, columns, account = [], [], [*flattened, *naming]
    for name, field, column in zip(names, table.schema, table.columns, strict=True):
        plain, notes = plain_column(name, column)
        metadata, doubts = _sound_metadata(name, field, plain.type)
        columns.append(plain)
        fields.append(pa.field(name, plain.type, metadata=metadata))
        account.extend((*notes, *doubts))
    table, folded = fold_columns(pa.Table.from_arrays(columns, schema=pa.schema(fields)), keep=keep)
    return table, (*account, *folded)


def _sound_metadata(name: str, field: pa.Field, kind: Any) -> tuple[Metadata | None, Notes]:
    metadata = own_metadata(field)
    if metadata is None or fits(metadata, kind):
        return metadata, ()
    return None, (f"What the file notes on column {name!r} does not fit its values and was passed over.",)


def _flatten(table: pa.Table) -> tuple[pa.Table, Notes]:
    """Turn struct columns into columns `outer.inner`; a struct of bytes and path (an image) into its bytes."""
    account: list[str] = []
    for _ in range(10):
        structs = [field for field in table.schema if pa.types.is_struct(field.type)]
        if not structs:
            break
        for field in structs:
            table = _flatten_one(table, field, account)
    return table, tuple(account)


def _flatten_one(table: pa.Table, field: pa.Field, account: list[str]) -> pa.Table:
    position = table.schema.get_field_index(field.name)
    if position < 0:  # the name occurs twice
        position = [other.type for other in table.schema].index(field.type)
    column = table.column(position)
    inner = [field.type.field(i).name for i in range(field.type.num_fields)]
    if set(inner) == {"bytes", "path"}:
        return table.set_column(position, field.name, pc.struct_field(column, "bytes"))
    table = table.remove_column(position)
    for offset, name in enumerate(inner):
        table = table.add_column(position + offset, f"{field.name}.{name}", pc.struct_field(column, [offset]))
    account.append(f"The nested column {field.name!r} became {counted(len(inner), 'column')} of its own.")
    return table


def plain_column(name: str, column: pa.ChunkedArray) -> tuple[pa.ChunkedArray, Notes]:
    """Give a column one of the plain types: bool, int, float, text, time, bytes, list of numbers."""
    kind = column.type
    if isinstance(kind, pa.BaseExtensionType):
        column, kind = (
            pa.chunked_array([chunk.storage for chunk in column.chunks], kind.storage_type),
            kind.storage_type,
        )
    if pa.types.is_dictionary(kind):
        return plain_column(name, column.cast(kind.value_type))
    for is_kind, change in PLAIN:
        if is_kind(kind):
            return change(name, column)
    return column, ()


def _is_view(kind: Any) -> bool:
    return str(kind) in ("string_view", "binary_view")


def _from_view(name: str, column: pa.ChunkedArray) -> tuple[pa.ChunkedArray, Notes]:
    return column.cast(pa.large_string() if str(column.type) == "string_view" else pa.large_binary()), ()


def _from_decimal(name: str, column: pa.ChunkedArray) -> tuple[pa.ChunkedArray, Notes]:
    try:
        numbers = column.cast(pa.float64())
    except pa.ArrowInvalid:
        return _to_text(name, column)
    return numbers, (f"Column {name!r} holds exact decimals; they are kept as 64-bit floating-point numbers.",)


def _from_half(name: str, column: pa.ChunkedArray) -> tuple[pa.ChunkedArray, Notes]:
    return column.cast(pa.float32()), ()


def _from_clock(name: str, column: pa.ChunkedArray) -> tuple[pa.ChunkedArray, Notes]:
    unit = {"s": 1, "ms": 1e3, "us": 1e6, "ns": 1e9}[column.type.unit]
    whole = column.cast(pa.int32() if column.type.bit_width == 32 else pa.int64())
    hours = pc.divide(pc.cast(whole, pa.float64()), unit * 3600)
    return hours, (f"Column {name!r} holds times of day; they are kept as hours after midnight.",)


def _from_duration(name: str, column: pa.ChunkedArray) -> tuple[pa.ChunkedArray, Notes]:
    unit = {"s": 1, "ms": 1e3, "us": 1e6, "ns": 1e9}[column.type.unit]
    seconds = pc.divide(pc.cast(column.cast(pa.int64()), pa.float64()), unit)
    return seconds, (f"Column {name!r} holds durations; they are kept as seconds.",)


def _from_list(name: str, column: pa.ChunkedArray) -> tuple[pa.ChunkedArray, Notes]:
    """Keep lists of numbers; join lists of words; write anything deeper as JSON."""
    inner = column.type.value_type
    if _is_number(inner) or (pa.types.is_fixed_size_list(inner) and _is_number(inner.value_type)):
        return column, ()
    if _is_list(inner) and _is_number(inner.value_type):
        return _from_steps(name, column)
    if pa.types.is_string(inner) or pa.types.is_large_string(inner):
        joined = [None if value is None else ", ".join(word or "" for word in value) for value in column.to_pylist()]
        return pa.chunked_array([pa.array(joined, pa.string())]), (
            f"The lists in column {name!r} were joined by commas.",
        )
    return _to_text(name, column)


def _from_steps(name: str, column: pa.ChunkedArray) -> tuple[pa.ChunkedArray, Notes]:
    """Lists of lists of numbers: sequences of several channels where all inner lists have one length."""
    inner = pc.list_flatten(column)
    widths = pc.unique(pc.list_value_length(inner)).to_pylist()
    if len(widths) != 1 or not widths[0] or column.null_count:
        return _to_text(name, column)
    steps = pa.list_(pa.list_(pa.float32(), widths[0]))
    try:
        return column.cast(steps), ()
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return _to_text(name, column)


def _to_text(name: str, column: pa.ChunkedArray) -> tuple[pa.ChunkedArray, Notes]:
    texts = pa.array([as_text(value) for value in column.to_pylist()], pa.string())
    return pa.chunked_array([texts]), (f"Column {name!r} holds values of type {column.type}; they were read as text.",)


def _is_number(kind: Any) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind))


def _is_list(kind: Any) -> bool:
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind))


PLAIN = (
    (_is_view, _from_view),
    (pa.types.is_decimal, _from_decimal),
    (pa.types.is_float16, _from_half),
    (pa.types.is_time, _from_clock),
    (pa.types.is_duration, _from_duration),
    (_is_list, _from_list),
    (pa.types.is_nested, _to_text),
)


def fold_columns(table: pa.Table, *, keep: tuple[str, ...] = ()) -> tuple[pa.Table, Notes]:
    """Fold more than 200 columns of one numeric type into one vector column, which learns as one input.

    The names of the folded columns stay in the field's metadata under `belvedere.names` (JSON).

    Examples
    --------
    >>> wide = pa.table({f"gene {i}": [0.5, 1.5] for i in range(300)} | {"cell": ["a", "b"]})
    >>> fold_columns(wide)[0].column_names
    ['300 columns', 'cell']
    """
    account: list[str] = []
    for kind in sorted({field.type for field in table.schema if _is_number(field.type)}, key=str):
        names = [f.name for f in table.schema if f.type == kind and f.name not in keep and not own_metadata(f)]
        if len(names) > WIDEST:
            table, sentence = _fold(table, names, kind)
            account.append(sentence)
    return table, tuple(account)


def _fold(table: pa.Table, names: list[str], kind: Any) -> tuple[pa.Table, str]:
    title = _title(table, len(names))
    chunks = [_fold_batch(batch.select(names), kind) for batch in table.to_batches(max_chunksize=16_384)]
    vector_type = pa.list_(pa.uint8() if kind == pa.uint8() else pa.float32(), len(names))
    metadata = {b"belvedere.kind": b"vector", b"belvedere.names": json.dumps(names).encode()}
    position = table.column_names.index(names[0])
    folded_names = set(names)
    rest = table.select([name for name in table.column_names if name not in folded_names])
    column = pa.chunked_array(chunks, vector_type)
    folded = rest.add_column(position, pa.field(title, vector_type, metadata=metadata), column)
    return folded, f"{counted(len(names), 'column')} of numbers are kept together as one vector column, {title!r}."


def _title(table: pa.Table, n_columns: int) -> str:
    title, number = f"{n_columns:,} columns", 2
    while title in table.column_names:
        title, number = f"{n_columns:,} columns ({number})", number + 1
    return title


def _fold_batch(batch: pa.RecordBatch, kind: Any) -> pa.Array:
    if kind == pa.uint8() and not any(column.null_count for column in batch.columns):
        values = np.column_stack([column.to_numpy() for column in batch.columns])
    else:
        parts = [column.cast(pa.float32(), safe=False).to_numpy(zero_copy_only=False) for column in batch.columns]
        values = np.column_stack(parts)
    return pa.FixedSizeListArray.from_arrays(pa.array(values.reshape(-1)), batch.num_columns)
