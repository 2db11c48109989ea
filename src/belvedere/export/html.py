"""The whole map as one HTML file that opens from disk with no network."""

from pathlib import Path
from belvedere.types import MapContent


def write_html(content: MapContent, path: str | Path, *, max_rows: int = 200_000) -> Path:
    raise NotImplementedError
