"""Ways out: pictures, tables, one HTML file, a folder for a web server."""

from belvedere.export.card import write_card
from belvedere.export.folder import write_folder
from belvedere.export.html import hosted_page, write_html
from belvedere.export.picture import write_picture
from belvedere.export.search import write_search
from belvedere.export.tables import write_rows, write_stream, write_table

__all__ = [
    "hosted_page",
    "write_card",
    "write_folder",
    "write_html",
    "write_picture",
    "write_rows",
    "write_search",
    "write_stream",
    "write_table",
]
