"""Rows as a table to take away: the columns as given, and beside them place, regions and predictions."""

import json
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
from numpy.typing import NDArray

from belvedere.types import MapContent
from belvedere.values import repeating

FORMULA_STARTS = "=+-@\t\r\x00"  # OWASP ASVS 5, 1.2.10: a spreadsheet would run such a cell
ROWS_PER_PART = 65_536


def make_table(content: MapContent, rows: NDArray[Any] | None = None) -> pa.Table:
    """Put what the map says beside the given columns.

    Parameters
    ----------
    content : MapContent
        The map.
    rows : integer array, optional
        Row numbers to keep, in this order; all where not given.

    Returns
    -------
    pyarrow.Table
        The columns as given, then `map_x`, `map_y`, `map_region_1`… (names), `map_predicted`, `map_split`, and one
        column per channel (`map_kept`, …). Where the data hold such a name already, `_` is put before it.
    """
    wanted = np.arange(content.n_rows) if rows is None else np.asarray(rows, dtype=np.int64)
    table = content.rows if rows is None else content.rows.take(wanted)
    for name, values in _map_columns(content, wanted).items():
        free = name
        while free in table.column_names:
            free = f"_{free}"
        table = table.append_column(free, values)
    return table


def _map_columns(content: MapContent, rows: NDArray[Any]) -> dict[str, pa.Array]:
    columns: dict[str, Any] = {"map_x": pa.array(content.places[rows, 0]), "map_y": pa.array(content.places[rows, 1])}
    if content.region_of is not None:
        names = np.array([*(region.name for region in content.regions), None], dtype=object)
        for level in range(content.region_of.shape[1]):
            columns[f"map_region_{level + 1}"] = pa.array(names[content.region_of[rows, level]].tolist(), pa.string())
    for name, values in (("predicted", content.predicted), ("split", content.split)):
        if values is not None:
            columns[f"map_{name}"] = pa.array(np.asarray(values)[rows].tolist())
    return columns | {f"map_{name}": pa.array(values[rows]) for name, values in content.channels.items()}


def write_parquet(table: pa.Table, sink: Any) -> None:
    """Write Parquet, compressed with zstd."""
    pq.write_table(table, sink, compression="zstd", use_dictionary=repeating(table.schema))


def write_csv(table: pa.Table, sink: Any) -> None:
    """Write CSV in UTF-8 with a mark that spreadsheets know; cells that a spreadsheet would run are disarmed.

    Images and other bytes are left out; lists become JSON text.
    """
    table = table.select([f.name for f in table.schema if not _is_bytes(f.type)])
    names = [f"'{n}" if n[:1] and n[0] in FORMULA_STARTS else n for n in table.column_names]
    sink.write(b"\xef\xbb\xbf")
    for start in range(0, max(table.num_rows, 1), ROWS_PER_PART):
        part = table.slice(start, ROWS_PER_PART)
        plain = pa.table([plain_cells(part[i]) for i in range(part.num_columns)], names=names)
        pa_csv.write_csv(plain, sink, pa_csv.WriteOptions(include_header=start == 0))


def _is_bytes(kind: pa.DataType) -> bool:
    if pa.types.is_fixed_size_list(kind):
        return bool(kind.value_type == pa.uint8())
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind))


def plain_cells(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A column as CSV can hold it; text that starts like a formula gets an apostrophe before it.

    Examples
    --------
    >>> plain_cells(pa.chunked_array([["=1+1", "fine", None, "-3"]])).to_pylist()
    ["'=1+1", 'fine', None, "'-3"]
    """
    if pa.types.is_dictionary(column.type):
        column = pc.cast(column, column.type.value_type)
    if pa.types.is_nested(column.type):
        return pa.chunked_array(
            [[None if v is None else json.dumps(v, default=str) for v in column.to_pylist()]], pa.string()
        )
    if pa.types.is_decimal(column.type) or pa.types.is_duration(column.type):
        return pc.cast(column, pa.string())
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        return column
    risky = pc.match_substring_regex(column, r"^[=+\-@\t\r\x00]")
    return pc.if_else(risky, pc.binary_join_element_wise("'", column, ""), column)
