"""The map folder: everything that a map is, in plain files that outlive this program. `FORMAT.md` lists the bytes."""

from belvedere.mapfolder.edits import add_tag, rename_region
from belvedere.mapfolder.layout import FORMAT_VERSION
from belvedere.mapfolder.reading import open_folder, read_manifest, verify
from belvedere.mapfolder.writing import save

__all__ = ["FORMAT_VERSION", "add_tag", "open_folder", "read_manifest", "rename_region", "save", "verify"]
