"""Ways out: pictures, tables, one HTML file."""

from belvedere.export.html import write_html
from belvedere.export.picture import write_picture
from belvedere.export.tables import write_rows, write_table

__all__ = ["write_html", "write_picture", "write_rows", "write_table"]
