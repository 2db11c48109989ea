"""The map folder: everything that a map is, in plain files that outlive this program. `FORMAT.md` lists the bytes."""

from belvedere.mapfolder.edits import add_tag, rename_region
from belvedere.mapfolder.encrypted import check_passphrase, is_locked, lock, open_folder, save, unlock
from belvedere.mapfolder.layout import FORMAT_VERSION
from belvedere.mapfolder.reading import read_manifest, verify

__all__ = [
    "FORMAT_VERSION",
    "add_tag",
    "check_passphrase",
    "is_locked",
    "lock",
    "open_folder",
    "read_manifest",
    "rename_region",
    "save",
    "unlock",
    "verify",
]
