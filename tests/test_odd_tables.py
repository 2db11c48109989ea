# ruff: noqa: E501 - one case a line reads best
"""Odd tables: each becomes arrays and findings, or one sentence that says what must hold; never a traceback."""

import datetime as dt
import decimal
import gzip
import io
import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from belvedere.checks import run_checks
from belvedere.errors import BelvedereError
from belvedere.kinds import fit_inputs, learn_kinds, make_arrays, plain_space, preview, thumbnails
from belvedere.sources import open_source

Make = Callable[[Path], Any]
HEBREW, EMOJI = "שלום עולם", "😀👩‍👩‍👧 ok"


def written(name: str, data: bytes | str) -> Make:
    """A case that is a file with this content."""

    def make(folder: Path) -> Path:
        path = folder / name
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        return path

    return make


def given(what: Any) -> Make:
    """A case that is a value in memory."""
    return lambda folder: what() if callable(what) else what


def packed(**arrays: Any) -> bytes:
    """Bytes of an .npz file."""
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    return stream.getvalue()


def parquet_bytes(table: pa.Table) -> bytes:
    """Bytes of a Parquet file."""
    stream = io.BytesIO()
    pq.write_table(table, stream)
    return stream.getvalue()


def image_folder(folder: Path) -> Path:
    """Images of several sizes, modes and states of health."""
    for position, (mode, size) in enumerate(
        [("L", (8, 8)), ("RGB", (40, 20)), ("RGBA", (9, 90)), ("P", (3, 3)), ("CMYK", (5, 5))]
    ):
        path = folder / "good" / f"{position}.{'tif' if mode == 'CMYK' else 'png'}"
        path.parent.mkdir(exist_ok=True)
        Image.new(mode, size).save(path)
    Image.fromarray(np.arange(100, dtype=np.uint16).reshape(10, 10) * 600).save(folder / "good" / "deep.png")
    whole = (folder / "good" / "1.png").read_bytes()
    (folder / "bad").mkdir()
    for name, data in {"empty.png": b"", "cut.png": whole[:60], "lie.jpg": b"GIF89a??", "text.png": b"hello"}.items():
        (folder / "bad" / name).write_bytes(data)
    return folder


def bad_images(folder: Path) -> Path:
    """A folder where no image can be decoded."""
    (folder / "a.png").write_bytes(b"nothing")
    return folder


def two_tables(folder: Path) -> Path:
    """A database with two tables."""
    with sqlite3.connect(folder / "two.sqlite") as database:
        database.execute("CREATE TABLE a (x)")
        database.execute("CREATE TABLE b (y)")
    return folder / "two.sqlite"


def loose_types(folder: Path) -> str:
    """A database column that holds numbers, words, bytes and nothing."""
    with sqlite3.connect(folder / "loose.sqlite") as database:
        database.execute('CREATE TABLE "odd ""name" (x, y)')
        database.executemany('INSERT INTO "odd ""name" VALUES (?, ?)', [(1, "a"), ("word", b"\xff\x00"), (None, 2.5)])
    return f'{folder / "loose.sqlite"}::odd "name'


def missing_file(folder: Path) -> Path:
    """A path with a typing error."""
    (folder / "reviews.csv").write_text("a,b\n1,2\n")
    return folder / "reveiws.csv"


STRUCT = pa.array([{"a": 1, "b": {"c": "x"}}, None, {"a": 3, "b": None}])
OLD = [dt.date(1066, 10, 14), dt.date(1899, 12, 31), None, dt.date(9999, 12, 31)]
ZONED = pa.array([0, 10**15, None], pa.timestamp("us", tz="Asia/Shanghai"))
MAPS = pa.array([[("k", 1)], [], None], pa.map_(pa.string(), pa.int64()))

TABLES: dict[str, Make] = {
    "no rows": given(pa.table({"a": pa.array([], pa.int64()), "b": pa.array([], pa.string())})),
    "one row": given({"a": [1.5], "b": ["x"], "c": [True]}),
    "two rows": given({"a": [1.5, 2.5], "b": ["x", "y"]}),
    "one column": given({"a": list(range(50))}),
    "no columns": given(pa.table({})),
    "10,000 columns": given(lambda: pa.table({f"g{i}": np.arange(3.0) * i for i in range(10_000)})),
    "all constant": given({"a": [1] * 30, "b": ["x"] * 30}),
    "all missing": given({"a": [None] * 5, "b": [float("nan")] * 5, "c": [""] * 5, "d": ["  "] * 5}),
    "infinite": given({"a": [1.0, np.inf, -np.inf, 2.0] * 10}),
    "very large numbers": given({"a": [1e300, -1e300, 1e-300, 0.0] * 10, "b": [2**63 - 1, -(2**63), 0, 1] * 10}),
    "unsigned 64 bit": given(pa.table({"a": pa.array([2**64 - 1, 0, 5], pa.uint64())})),
    "half precision": given(pa.table({"a": pa.array(np.array([1, 2, 3], np.float16))})),
    "repeated names": given(pa.Table.from_arrays([pa.array([1, 2]), pa.array([3, 4]), pa.array([5, 6])], ["a", "a", "a (2)"])),
    "empty names": given(pa.Table.from_arrays([pa.array([1, 2]), pa.array([3, 4])], ["", " \n"])),
    "names that are no text": given(lambda: pd.DataFrame({0: [1, 2], None: [3, 4], (1, 2): [5, 6]})),
    "columns in levels": given(lambda: pd.DataFrame([[1, 2], [3, 4]], columns=pd.MultiIndex.from_tuples([("a", "x"), ("a", "y")]))),
    "an index of names": given(lambda: pd.DataFrame({"a": [1, 2]}, index=["r1", "r2"])),
    "100,000 categories": given(lambda: pa.table({"a": [f"level-{i}x" for i in range(100_000)]})),
    "structs in structs": given(pa.table({"s": STRUCT})),
    "vectors, the first missing": given({"v": [None, [1.0, 2.0], [3.0, 5.0]] * 4}),
    "lists without numbers": given(pa.table({"v": pa.array([[], [], None] * 4, pa.list_(pa.float64()))})),
    "bytes without any": given(pa.table({"b": pa.array([b""] * 10 + [None], pa.binary())})),
    "bytes that are blanks": given(pa.table({"b": pa.array([b" "] * 10 + [None], pa.binary())})),
    "lists of structs": given(pa.table({"s": pa.array([[{"a": 1}], [], None])})),
    "maps": given(pa.table({"m": MAPS})),
    "lists of words": given({"w": [["a", "b"], [], None]}),
    "lists of several lengths": given({"v": [[1.0, 2.0], [3.0], [], None]}),
    "lists with gaps": given(pa.table({"v": pa.array([[1.0, None], None, [float("nan"), 2.0]], pa.list_(pa.float64(), 2))})),
    "lists of lists": given({"v": [[[1, 2], [3]], [[4]], []]}),
    "raw bytes": given({"b": [b"\x00\x01", b"", None]}),
    "decimals": given({"d": [decimal.Decimal("1.10"), decimal.Decimal("99999999999999999999.5"), None]}),
    "dates before 1900": given({"d": OLD}),
    "time zones": given(pa.table({"t": ZONED})),
    "times of day": given({"t": [dt.time(1, 2), None, dt.time(23, 59)]}),
    "durations": given({"t": [dt.timedelta(days=1), None, dt.timedelta(microseconds=1)]}),
    "dates far out of range": given(pa.table({"t": pa.array([2**62, -(2**62), 0], pa.timestamp("s"))})),
    "emoji, Chinese, Hebrew": given({"a": [EMOJI, "编码，测试", HEBREW] * 10}),
    "names in many scripts": given({"编码": [1, 2], HEBREW: [3, 4], EMOJI: ["a", "b"]}),
    "NUL in text": given({"a": ["x\0y", "\0", "z"] * 10}),
    "lone surrogates": given({"a": ["ok", "\ud800broken", None], "\udfff": [1, 2, 3]}),
    "lone surrogates in pandas": given(lambda: pd.DataFrame({"a": pd.Series(["ok", "\ud800"], dtype=object)})),
    "mixed types": given({"a": [1, "x", None, [1], {"k": 2}, 2.5]}),
    "objects": given({"a": [object(), object()]}),
    "booleans with gaps": given({"a": [True, None, False]}),
    "dictionary encoded": given(pa.table({"a": pa.array(["x", None, "y"]).dictionary_encode()})),
    "pandas categories": given(lambda: pd.DataFrame({"a": pd.Categorical(["x", None, "y"]), "b": pd.array([1, None, 3], "Int64")})),
    "polars": given(lambda: pl.DataFrame({"a": [1, None], "b": ["x", "y"], "c": [[1, 2], [3]], "d": [dt.date(2020, 1, 1), None]})),
    "string views": given(lambda: pa.table({"a": pa.array(["x", "y", None], pa.string_view())})),
    "no type at all": given(pa.table({"a": pa.nulls(3)})),
    "columns of several lengths": given({"a": [1, 2], "b": [1]}),
    "a number": given(17),
    "nothing": given(None),
    "array without axes": given(np.array(3.0)),
    "array without rows": given(np.zeros((0, 5))),
    "array without columns": given(np.zeros((5, 0))),
    "array of complex numbers": given(np.ones((4, 2), complex)),
    "array with fields": given(np.array([(1, "a"), (2, "b")], dtype=[("n", "i4"), ("s", "U2")])),
    "array of five axes": given(np.zeros((3, 2, 2, 2, 2))),
    "array of times": given(np.array(["2020-01-01", "NaT"], dtype="datetime64[D]")),
    "array of objects": given(np.array([1, "a", None], dtype=object)),
    "images of one pixel": given({"x": np.zeros((4, 1, 1, 3), np.uint8), "y": np.arange(4)}),
    "sequences of one step": given({"x": np.zeros((4, 1, 1), np.float32)}),
    "identical vectors": given(np.ones((30, 64), np.float32)),
    "vectors with NaN": given(lambda: np.where(np.eye(40) > 0, np.nan, 1.0)),
    "empty texts": given({"a": ["", " ", "one text with some words"] + ["another text of words"] * 9}),
    "texts of signs only": given({"a": ["!!! ??? ...", "--- === ///", "### @@@ $$$"] * 10}),
    "very long text": given({"a": ["word " * 50_000, "short text of words", "one more text here"]}),
}  # fmt: skip
FILES: dict[str, Make] = {
    "missing file": missing_file,
    "missing folder": lambda folder: folder / "no" / "such.csv",
    "empty file": written("a.csv", ""),
    "blank file": written("a.csv", "\n\n  \n"),
    "only a byte order mark": written("a.csv", b"\xef\xbb\xbf"),
    "header only": written("a.csv", "a,b,c\n"),
    "one cell": written("a.csv", "x"),
    "UTF-16": written("a.csv", "näme,ßize\nå,1\nb,2\n".encode("utf-16")),
    "UTF-16 without mark": written("a.csv", "name,size\na,1\nb,2\n".encode("utf-16-le")),
    "Latin-1": written("a.csv", "name,size\nÅngström,1\nMünchen,2\n".encode("latin-1")),
    "GB18030": written("a.csv", "名称,数量\n苹果,1\n香蕉,2\n".encode("gb18030")),
    "broken UTF-8": written("a.csv", b"name,size\nabc\xff\xfe,1\nxyz,2\n"),
    "ragged rows": written("a.csv", "a,b,c\n1,2,3\n4,5\n6,7,8,9\n\n10,11,12\n"),
    "quote that never closes": written("a.csv", 'a,b\n1,"x\n2,y\n3,z\n'),
    "quoted line breaks": written("a.csv", 'a,b\n1,"x\ny"\n2,"z ""q"" z"\n'),
    "NUL": written("a.csv", b"a,b\n1,x\0y\n2,z\n"),
    "random bytes": lambda folder: written("a.bin", np.random.default_rng(0).bytes(5000))(folder),
    "random bytes named csv": lambda folder: written("a.csv", np.random.default_rng(0).bytes(5000))(folder),
    "a cell of 3 MB": written("a.csv", "a,b\n1," + "x" * 3_000_000 + "\n2,y\n"),
    "old Mac line ends": written("a.csv", "a,b\r1,2\r3,4\r"),
    "no header": written("a.csv", "1,2\n3,4\n5,6\n"),
    "only delimiters": written("a.csv", ",,,\n,,,\n,,,\n"),
    "cut Parquet": lambda folder: written("a.parquet", parquet_bytes(pa.table({"a": [1, 2, 3]}))[:-20])(folder),
    "Parquet named csv": lambda folder: written("a.csv", parquet_bytes(pa.table({"a": [1, 2, 3]})))(folder),
    "Parquet without rows": lambda folder: written("a.parquet", parquet_bytes(pa.table({"a": pa.array([], pa.int8())})))(folder),
    "cut Arrow": written("a.arrow", b"ARROW1\0\0 and then nothing"),
    "cut npz": lambda folder: written("a.npz", packed(x=np.arange(100))[:-30])(folder),
    "npz without arrays": lambda folder: written("a.npz", packed())(folder),
    "pickled npy": lambda folder: (np.save(folder / "a.npy", np.array([{}], dtype=object), allow_pickle=True), folder / "a.npy")[1],
    "several sets": lambda folder: written("a.npz", packed(A_x=np.zeros((3, 2)), B_x=np.zeros((4, 2))))(folder),
    "damaged sparse matrix": lambda folder: written(
        "a.npz", packed(indices=np.array([9]), indptr=np.array([0, 1]), format=b"csr", shape=(1, 2), data=np.ones(1))
    )(folder),
    "a pickle": written("a.pkl", b"\x80\x04K\x01."),
    "cut gzip": lambda folder: written("a.csv.gz", gzip.compress(b"a,b\n1,2\n" * 1000)[:40])(folder),
    "JSON number": written("a.json", "17"),
    "JSON list of numbers": written("a.json", "[1, 2, 3]"),
    "JSON of empty list": written("a.json", "[]"),
    "broken JSON": written("a.json", '{"a": [1, 2'),
    "JSON nested deep": written("a.json", "[" * 100_000),
    "JSON lines, one broken": written("a.jsonl", '{"a": 1}\n{"a": \n{"a": 3, "b": "x"}\n'),
    "JSON of mixed records": written("a.json", json.dumps([{"a": 1}, {"a": "x", "b": [1, {"c": 2}]}, {}])),
    "empty folder": lambda folder: folder,
    "folder of odd images": image_folder,
    "folder of broken images": bad_images,
    "one image": lambda folder: (Image.new("L", (4, 4)).save(folder / "a.png"), folder / "a.png")[1],
    "two tables": two_tables,
    "loose types in SQLite": loose_types,
    "no database": written("a.sqlite", b"SQLite format 3\0 but then nothing"),
    "no workbook": written("a.xlsx", b"PK\x03\x04 but then nothing"),
    "a query that fails": given("SELECT * FROM nowhere_at_all"),
}  # fmt: skip
CASES = TABLES | FILES


@pytest.mark.parametrize("case", CASES)
def test_odd_data_become_arrays_or_one_sentence(case: str, tmp_path: Path) -> None:
    """Whatever is given, the pipeline before learning ends with finite arrays or a sentence of our own."""
    try:
        source = open_source(CASES[case](tmp_path))
        schema = learn_kinds(source)
        findings = run_checks(source, schema)
        inputs = fit_inputs(source.table, schema)
    except BelvedereError as error:
        sentence = str(error)
        assert sentence.endswith("."), sentence
        assert "Traceback" not in sentence
        assert 30 < len(sentence) < 700, sentence
        return
    arrays = make_arrays(source.table, inputs)
    plain = plain_space(source.table, inputs)
    rows = preview(source.table, schema, list(range(min(3, source.n_rows))))
    pictures = thumbnails(source.table, schema)

    assert len({len(array) for array in arrays.values()} | {source.n_rows}) == 1
    assert plain.shape[0] == source.n_rows
    assert plain.dtype == np.float32
    assert np.isfinite(plain).all()
    assert all(np.isfinite(array).all() for array in arrays.values())
    assert len(source.fingerprint) == 64
    assert len(json.dumps(rows, allow_nan=False)) > 0
    assert all(finding.sentence.endswith(".") and finding.n_rows >= len(finding.rows) for finding in findings)
    assert all(0 <= row < source.n_rows for finding in findings for row in finding.rows)
    assert pictures is None or len(pictures) == source.n_rows
    assert len(set(source.table.column_names)) == source.table.num_columns
    assert [info for info in inputs if not json.dumps(info.info)] == []


def test_there_are_many_odd_cases() -> None:
    assert len(CASES) >= 100
