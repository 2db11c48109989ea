"""A map as a page reads it: one JSON description, quantized columns, previews of rows, tables to take away.

Lies below the rooms: the server sends these answers, the exporter writes the same ones into one file.
"""

from belvedere.page.columns import Encoded, Shown, shown_columns
from belvedere.page.encode import encode
from belvedere.page.page import Page
from belvedere.page.plain import to_plain, write_json
from belvedere.page.previews import preview_column, preview_rows
from belvedere.page.subset import take_columns, take_rows
from belvedere.page.tables import make_table, write_csv, write_parquet

__all__ = [
    "Encoded",
    "Page",
    "Shown",
    "encode",
    "make_table",
    "preview_column",
    "preview_rows",
    "shown_columns",
    "take_columns",
    "take_rows",
    "to_plain",
    "write_csv",
    "write_json",
    "write_parquet",
]
