"""Valid files of every kind that is read, and ways to damage them; `tests/fuzz.py` does it for hours, the suite for seconds.

A file is a dictionary of names and bytes: one name for a single file, several for a folder. SEEDS and DAMAGES are the visible
tables.
"""

import gzip
import io
import json
import random
import sqlite3
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import scipy.sparse
from PIL import Image

from belvedere.mapfolder import save
from make_fake_map import make_fake_content

Files = dict[str, bytes]
SPECIAL = (
    b"\x00", b"\xff" * 4, b"\x7f\xff\xff\xff", b"\x80\x00\x00\x00", b'"', b",", b"\r", b"\n", b"[", b"}", b"\xef\xbb\xbf",
    b"NaN", b"1e999", b"-0", "é".encode("latin-1"), "\u202e".encode(), b"\xed\xa0\x80", b"=1+1", b"%s", b"../",
)  # fmt: skip


def example() -> pa.Table:
    """A small table with a column of every simple kind."""
    n = 12
    return pa.table(
        {
            "age": pa.array([None, *range(1, n)], pa.int32()),
            "pay": np.linspace(-1, 1, n),
            "city": ["Ulm", "Bari", "Zürich"] * 4,
            "about": [f"a short text, no. {i}" for i in range(n)],
            "day": pa.array([18_000 + 30 * i for i in range(n)], pa.date32()),
            "steps": [[float(j) for j in range(i % 4)] for i in range(n)],
        }
    )


def noted() -> pa.Table:
    """Pictures, recordings and vectors as arrays, told apart by what Belvedere notes of them."""
    values = np.arange(240).astype(np.uint8)
    pairs = [
        ("face", {"kind": "image", "shape": "2,2,3"}, pa.FixedSizeListArray.from_arrays(values[:144], 12)),
        ("sound", {"kind": "sequence", "rate": "8000"}, pa.ListArray.from_arrays(np.arange(0, 241, 20), values * 1.0)),
        ("many", {"kind": "vector", "names": '["a", "b"]'}, pa.FixedSizeListArray.from_arrays(values[:24] * 1.0, 2)),
    ]
    fields = [
        pa.field(name, column.type, metadata={f"belvedere.{key}": told for key, told in notes.items()})
        for name, notes, column in pairs
    ]
    return pa.Table.from_arrays([column for *_, column in pairs], schema=pa.schema(fields))


def csvs() -> list[Files]:
    """Commas, semicolons and tabs; quotes, other encodings, packed."""
    plain = "age,pay,city,day\n" + "".join(f'{i},{i / 3:.2f},"Bari, {i}",2024-01-{i + 1:02}\n' for i in range(12))
    return [
        {"a.csv": plain.encode()},
        {"a.csv": plain.replace(",", ";").encode("utf-16")},
        {"a.tsv": plain.replace(",", "\t").replace("\n", "\r\n").encode("latin-1")},
        {"a.csv.gz": gzip.compress(plain.encode())},
    ]


def jsons() -> list[Files]:
    """A list of records, one record a line, and columns."""
    records = example().drop_columns(["day"]).to_pylist()
    lines = "".join(json.dumps(record) + "\n" for record in records)
    columns = example().drop_columns(["day"]).to_pydict()
    return [
        {"a.json": json.dumps(records).encode()},
        {"a.jsonl": lines.encode()},
        {"a.json": json.dumps(columns).encode()},
    ]


def parquets() -> list[Files]:
    """Plain, and packed with dictionaries in several row groups."""
    return [{"a.parquet": written(lambda sink, how=how: pq.write_table(example(), sink, **how))} for how in
            ({"compression": "none", "use_dictionary": False}, {"compression": "zstd", "row_group_size": 4})]  # fmt: skip


def arrows() -> list[Files]:
    """A file and a stream; a file whose fields say what their values are."""

    def write(make: Callable[..., Any], table: pa.Table) -> bytes:
        sink = io.BytesIO()
        with make(sink, table.schema) as writer:
            writer.write_table(table, max_chunksize=5)
        return sink.getvalue()

    return [
        {"a.arrow": write(pa.ipc.new_file, example())},
        {"a.arrows": write(pa.ipc.new_stream, example())},
        {"a.arrow": write(pa.ipc.new_file, noted())},
    ]


def arrays() -> list[Files]:
    """One array, a bundle, pictures with labels, parts, a recording that is cut, a sparse matrix."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(12, 3)).astype(np.float32), np.array(list("abcabcabcabc"))
    pictures = rng.integers(0, 255, (12, 4, 4, 3)).astype(np.uint8)
    return [
        {"a.npy": written(lambda sink: np.save(sink, x))},
        {"a.npz": written(lambda sink: np.savez_compressed(sink, x=x, y=y))},
        {"a.npz": written(lambda sink: np.savez(sink, x=pictures, y=y))},
        {"a.npz": written(lambda sink: np.savez(sink, x_train=x, y_train=y, x_test=x[:5], y_test=y[:5]))},
        {"a.npz": written(lambda sink: np.savez(sink, sound=x.ravel(), offsets=np.arange(0, 37, 6), y=y[:6], rate=50))},
        {"a.npz": written(lambda sink: scipy.sparse.save_npz(sink, scipy.sparse.csr_matrix(np.maximum(x, 0))))},
    ]


def databases() -> list[Files]:
    """One SQLite file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.sqlite"
        with sqlite3.connect(path) as connection:
            connection.execute("create table people (age int, city text, photo blob)")
            connection.executemany("insert into people values (?, ?, ?)", [(i, "Ulm", bytes([i])) for i in range(12)])
        connection.close()
        return [{"a.sqlite": path.read_bytes()}]


def duck_databases() -> list[Files]:
    """One DuckDB file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.duckdb"
        with duckdb.connect(str(path)) as connection:
            connection.register("given", example())
            connection.execute("CREATE TABLE people AS SELECT * FROM given")
        return [{"a.duckdb": path.read_bytes()}]


def workbooks() -> list[Files]:
    """A workbook as a file, and as the parts of which it is packed: damage to them gets beyond the checksums."""
    book = openpyxl.Workbook()
    for row in [example().drop_columns(["steps"]).column_names, *example().drop_columns(["steps"]).to_pylist()]:
        book.active.append(list(row.values()) if isinstance(row, dict) else row)
    data = written(book.save)
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        return [{"a.xlsx": data}, {f"a.xlsx/{name}": packed.read(name) for name in packed.namelist()}]


def pictures() -> list[Files]:
    """A folder with a picture of every common type."""
    rng = np.random.default_rng(0)
    found: Files = {}
    for i, suffix in enumerate(("png", "jpg", "gif", "webp", "bmp", "tiff")):
        picture = Image.fromarray(rng.integers(0, 255, (9, 7, 3)).astype(np.uint8))
        found[f"{'cat' if i % 2 else 'dog'}/{i}.{suffix}"] = written(
            lambda sink, p=picture, s=suffix: p.save(sink, {"jpg": "jpeg"}.get(s, s))
        )
    return [found]


def maps() -> list[Files]:
    """A map folder."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.map"
        save(make_fake_content(40), path)
        return [{f"a.map/{file.relative_to(path)}": file.read_bytes() for file in path.rglob("*") if file.is_file()}]


def written(write: Callable[[io.BytesIO], object]) -> bytes:
    """What is written into a stream."""
    sink = io.BytesIO()
    write(sink)
    return sink.getvalue()


def packed(parts: Files) -> bytes:
    """A workbook of its parts."""
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as book:
        for name, data in parts.items():
            book.writestr(name.removeprefix("a.xlsx/"), data)
    return sink.getvalue()


SEEDS: dict[str, Callable[[], list[Files]]] = {
    "csv": csvs, "json": jsons, "parquet": parquets, "arrow": arrows, "numpy": arrays, "sqlite": databases,
    "duckdb": duck_databases, "excel": workbooks, "pictures": pictures, "map": maps,
}  # fmt: skip
Damage = Callable[[bytearray, random.Random], bytearray]


def flip(data: bytearray, rng: random.Random) -> bytearray:
    """A few bits, most often near the ends, where headers and footers are."""
    for _ in range(rng.choice((1, 1, 2, 8))):
        at = rng.choice(
            (rng.randrange(len(data)), rng.randrange(min(64, len(data))), -1 - rng.randrange(min(64, len(data))))
        )
        data[at] ^= 1 << rng.randrange(8)
    return data


def cut(data: bytearray, rng: random.Random) -> bytearray:
    """The end, or a piece of the middle."""
    start = rng.randrange(len(data))
    del data[start : rng.choice((len(data), start + 1, start + rng.randrange(1, 100)))]
    return data


def repeat(data: bytearray, rng: random.Random) -> bytearray:
    """A piece, once or very often."""
    start = rng.randrange(len(data))
    piece = data[start : start + rng.randrange(1, 60)]
    data[start:start] = piece * rng.choice((1, 2, 500))
    return data


def overwrite(data: bytearray, rng: random.Random) -> bytearray:
    """Bytes that mean something to a reader, in the place of others or between them."""
    at, what = rng.randrange(len(data)), rng.choice(SPECIAL)
    data[at : at + rng.choice((0, len(what)))] = what
    return data


def scramble(data: bytearray, rng: random.Random) -> bytearray:
    """A piece becomes noise, or zeros."""
    at = rng.randrange(len(data))
    n = min(len(data) - at, rng.randrange(1, 40))
    data[at : at + n] = rng.choice((rng.randbytes(n), bytes(n)))
    return data


DAMAGES: tuple[Damage, ...] = (flip, cut, repeat, overwrite, scramble)


def damaged(files: Files, rng: random.Random) -> Files:
    """The same files, one of them damaged once to four times."""
    name = rng.choice(sorted(files))
    data = bytearray(files[name])
    for _ in range(rng.randrange(1, 5)):
        if data:
            data = rng.choice(DAMAGES)(data, rng)
    files = files | {name: bytes(data)}
    return _with_its_length(files, name) if rng.random() < 0.5 else files


def _with_its_length(files: Files, name: str) -> Files:
    """Of a map, say the new length in the manifest: else only damage that keeps the length gets beyond it."""
    folder, _, inner = name.partition("/")
    at = f"{folder}/manifest.json"
    if at not in files or at == name:
        return files
    manifest = json.loads(files[at])
    if inner in manifest["files"]:
        manifest["files"][inner]["bytes"] = len(files[name])
    return files | {at: json.dumps(manifest).encode()}


def write_files(files: Files, folder: Path) -> Path:
    """Write files into an empty folder, parts of a workbook into one file; the path that a person would give."""
    if next(iter(files)).startswith("a.xlsx/"):
        files = {"a.xlsx": packed(files)}
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    first = next(iter(files))
    if len(files) == 1:
        return folder / first
    return folder / "a.map" if first.startswith("a.map/") else folder
