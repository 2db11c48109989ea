"""Large tables: streamed batch by batch into one Arrow file, which is then memory-mapped instead of loaded."""

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa

from belvedere.errors import SourceError


def stream_to_disk(batches: Iterable[pa.RecordBatch], schema: pa.Schema, scratch: Path | None) -> pa.Table:
    """Write batches into an Arrow IPC file and map it into memory.

    Parameters
    ----------
    batches : iterable of pyarrow.RecordBatch
    schema : pyarrow.Schema
    scratch : Path or None
        Folder for the file `rows.arrow`. None: a file in the system's temporary folder that vanishes with the process.

    Raises
    ------
    SourceError
        If the disk is full.
    """
    path = _fresh_path(scratch)
    try:
        with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, schema) as writer:
            for batch in batches:
                writer.write_batch(batch)
    except BaseException as error:
        path.unlink(missing_ok=True)
        if not isinstance(error, OSError):
            raise  # reading failed, or was stopped
        raise SourceError(
            f"Large data must fit on the disk under {path.parent}, but writing failed ({error.strerror or error}). "
            "Free some space, or draw a sample with --sample."
        ) from error
    table = pa.ipc.open_file(pa.memory_map(str(path))).read_all()
    if scratch is None and os.name == "posix":
        path.unlink()  # the mapping keeps the bytes until the process ends
    return table


def _fresh_path(scratch: Path | None) -> Path:
    if scratch is not None:
        scratch.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix="rows-", suffix=".arrow", dir=scratch)  # mode 0600
    os.close(handle)
    return Path(name)
