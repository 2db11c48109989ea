"""Anything a person points at becomes one table, and the account tells what reading did to it."""

import gzip
import json
import sqlite3
import sys
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import openpyxl
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import scipy.sparse
from PIL import Image
from sklearn.datasets import load_digits, load_iris

from belvedere.errors import SettingError, SourceError
from belvedere.sources import READERS, open_source

TABLE = pa.table({"n": [1, 2, 3], "x": [0.5, None, 2.5], "word": ["a", None, "编码"], "ok": [True, False, None]})


def csv_source(folder: Path, text: str | bytes, **options: Any) -> Any:
    """Open a CSV file with this content."""
    path = folder / "table.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return open_source(path, options=options)


def told(source: Any) -> str:
    """The whole account as one text."""
    return " ".join(source.account)


# ---------------------------------------------------------------- the same table through every door


def save_csv(path: Path) -> None:
    TABLE.to_pandas().to_csv(path, index=False)


def save_json(path: Path) -> None:
    path.write_text(json.dumps(TABLE.to_pylist(), ensure_ascii=False), encoding="utf-8")


def save_lines(path: Path) -> None:
    path.write_text("\n".join(json.dumps(row) for row in TABLE.to_pylist()), encoding="utf-8")


def save_arrow(path: Path) -> None:
    with pa.ipc.new_file(str(path), TABLE.schema) as writer:
        writer.write_table(TABLE)


def save_stream(path: Path) -> None:
    with pa.ipc.new_stream(str(path), TABLE.schema) as writer:
        writer.write_table(TABLE)


def save_duckdb(path: Path) -> None:
    with duckdb.connect(str(path)) as database:
        database.register("given", TABLE)
        database.execute("CREATE TABLE t AS SELECT * FROM given")


SAVERS = {
    "t.csv": save_csv,
    "t.tsv": lambda path: TABLE.to_pandas().to_csv(path, index=False, sep="\t"),
    "t.csv.gz": save_csv,
    "t.parquet": lambda path: pq.write_table(TABLE, path),
    "t.arrow": save_arrow,
    "t.feather": save_stream,
    "t.json": save_json,
    "t.jsonl": save_lines,
    "t.duckdb": save_duckdb,
}


@pytest.mark.parametrize("name", SAVERS)
def test_a_table_comes_back_from_every_file_type(name: str, tmp_path: Path) -> None:
    SAVERS[name](tmp_path / name)

    assert open_source(tmp_path / name).table.to_pylist() == TABLE.to_pylist()


@pytest.mark.parametrize(
    "what",
    [TABLE, TABLE.to_pandas(), pl.from_arrow(TABLE), TABLE.to_pydict(), TABLE.to_pylist(), TABLE.to_batches()[0]],
    ids=["Arrow", "pandas", "Polars", "columns", "records", "batch"],
)
def test_a_table_comes_back_from_every_frame(what: Any) -> None:
    assert open_source(what).table.to_pylist() == TABLE.to_pylist()


def test_the_file_type_is_found_by_content_where_the_name_says_nothing(tmp_path: Path) -> None:
    pq.write_table(TABLE, tmp_path / "no_suffix")
    (tmp_path / "lines").write_text('{"a": 1}\n{"a": 2}\n')

    assert open_source(tmp_path / "no_suffix").table.to_pylist() == TABLE.to_pylist()
    assert open_source(tmp_path / "lines").table.to_pydict() == {"a": [1, 2]}


def test_equal_data_have_equal_fingerprints_and_a_changed_cell_another(tmp_path: Path) -> None:
    pq.write_table(TABLE, tmp_path / "t.parquet", row_group_size=2)

    assert open_source(tmp_path / "t.parquet").fingerprint == open_source(TABLE).fingerprint
    assert open_source(TABLE.set_column(0, "n", pa.array([1, 2, 4]))).fingerprint != open_source(TABLE).fingerprint


def test_every_reader_is_reached_by_one_suffix_only() -> None:
    suffixes = [suffix for reader in READERS.values() for suffix in reader.suffixes]

    assert len(suffixes) == len(set(suffixes))


# ---------------------------------------------------------------- CSV

FORMS = {
    "commas": "name,size\na,1.5\nb,2.5\n",
    "semicolons and decimal commas": "name;size\na;1,5\nb;2,5\n",
    "tabs": "name\tsize\na\t1.5\nb\t2.5\n",
    "bars": "name|size\na|1.5\nb|2.5\n",
    "quotes": '"name","size"\n"a","1.5"\n"b","2.5"\n',
    "single quotes": "'name','size'\n'a','1.5'\n'b','2.5'\n",
    "line ends of Windows": "name,size\r\na,1.5\r\nb,2.5\r\n",
    "line ends of old Macs": "name,size\ra,1.5\rb,2.5\r",
    "no line end at the end": "name,size\na,1.5\nb,2.5",
    "a title before the table": "Report of May\n\nname,size\na,1.5\nb,2.5\n",
    "comments before the table": "# made in May\n# by us, them\nname,size\na,1.5\nb,2.5\n",
    "empty last cells": "name,size\na,1.5,\nb,2.5,\n",
    "blank lines": "name,size\n\na,1.5\n\n\nb,2.5\n",
}


@pytest.mark.parametrize("form", FORMS)
def test_the_form_of_a_csv_file_is_found(form: str, tmp_path: Path) -> None:
    assert csv_source(tmp_path, FORMS[form]).table.to_pydict() == {"name": ["a", "b"], "size": [1.5, 2.5]}


ENCODINGS = {
    "utf-8": "näme,数量\nÅsa,1\n李,2\n",
    "utf-8-sig": "näme,数量\nÅsa,1\n李,2\n",
    "utf-16": "näme,数量\nÅsa,1\n李,2\n",
    "utf-16-le": "name,size\nanna,1\nbob,2\n",
    "utf-32": "näme,数量\nÅsa,1\n李,2\n",
    "gb18030": "名称,数量\n苹果很好吃,1\n香蕉也很好吃,2\n",
    "big5": "名稱,數量\n蘋果很好吃的東西,1\n香蕉也是很好吃的,2\n",
    "shift_jis": "なまえ,かず\nりんごはおいしい,1\nバナナ,2\n",
    "latin-1": "näme,größe\nÅsa,1\nZoë,2\n",
    "cp1252": "näme,größe\n“Åsa”,1\nZoë,2\n",
}


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_the_encoding_of_a_csv_file_is_found(encoding: str, tmp_path: Path) -> None:
    text = ENCODINGS[encoding]

    source = csv_source(tmp_path, text.encode(encoding))

    rows = [line.split(",") for line in text.strip().split("\n")]
    assert source.table.column_names == rows[0]
    assert source.table.column(0).to_pylist() == [rows[1][0], rows[2][0]]


def test_every_padded_long_and_blank_row_is_counted(tmp_path: Path) -> None:
    source = csv_source(tmp_path, "a,b,c\n1,2,3\n4,5\n\n6,7,8,9,x\n10,11,12\n")

    assert source.table.column("a").to_pylist() == [1, 4, 6, 10]
    assert source.table.column("c").to_pylist() == [3, None, 8, 12]
    assert source.table.column("extra cells").to_pylist() == [None, None, "9,x", None]
    assert "Padded 1 row" in told(source)
    assert "surplus of 1 row" in told(source)
    assert "Skipped 1 blank line" in told(source)


def test_a_quote_that_never_closes_swallows_nothing(tmp_path: Path) -> None:
    rows = "".join(f'{i},"text {i}"\n' if i != 50 else '50,"open\n' for i in range(1000))

    source = csv_source(tmp_path, "n,t\n" + rows)

    assert source.table.column("n").to_pylist() == list(range(1000))
    assert "stray quotes in 1 row" in told(source)


def test_quoted_line_breaks_and_quotes_survive(tmp_path: Path) -> None:
    texts = ["two\nlines", 'a "word"', "comma, inside", "plain"]
    pd.DataFrame({"n": range(4), "t": texts}).to_csv(tmp_path / "t.csv", index=False)

    assert open_source(tmp_path / "t.csv").table.column("t").to_pylist() == texts


def test_quotes_escaped_by_a_backslash_are_understood(tmp_path: Path) -> None:
    source = csv_source(tmp_path, 'a,b\n1,"say \\"yes\\", or"\n2,"no"\n')

    assert source.table.column("b").to_pylist() == ['say "yes", or', "no"]


def test_one_column_of_text_is_not_cut_at_its_commas(tmp_path: Path) -> None:
    source = csv_source(tmp_path, "text\nWell, yes\nno\nred, green, blue\n")

    assert source.table.to_pydict() == {"text": ["Well, yes", "no", "red, green, blue"]}


def test_digits_that_are_codes_stay_text(tmp_path: Path) -> None:
    source = csv_source(tmp_path, "zip,card,n\n01234,4111111111111111111,7\n99999,4111111111111111112,8\n")

    assert source.table.column("zip").to_pylist() == ["01234", "99999"]
    assert source.table.column("card").to_pylist() == ["4111111111111111111", "4111111111111111112"]
    assert source.table.column("n").to_pylist() == [7, 8]


def test_a_type_that_changes_late_in_the_file_changes_the_column(tmp_path: Path) -> None:
    source = csv_source(tmp_path, "a,b\n" + "1,2\n" * 50_000 + "word,2.5\n")

    assert source.table.column("a").to_pylist()[-1] == "word"
    assert source.table.column("b").to_pylist()[-1] == 2.5


def test_files_without_header_get_numbered_names(tmp_path: Path) -> None:
    assert csv_source(tmp_path, "1,2\n3,4\n").table.column_names == ["column 1", "column 2"]
    assert csv_source(tmp_path, "country,2019,2020\nA,1,2\n").table.column_names == ["country", "2019", "2020"]


def test_a_person_may_know_better(tmp_path: Path) -> None:
    source = csv_source(tmp_path, "x;y\n1;2\n", delimiter=",", header=False)

    assert source.table.to_pydict() == {"column 1": ["x;y", "1;2"]}


def test_broken_characters_are_counted(tmp_path: Path) -> None:
    text = ("näme,größe\n" + "Åsa,1\n" * 20).encode() + b"bro\xffken,2\n"

    source = csv_source(tmp_path, text)

    assert source.table.column("näme").to_pylist()[-1] == "bro\ufffdken"
    assert "1 character could not be read as utf-8" in told(source)


def test_a_large_file_is_read_from_disk_with_the_same_result(tmp_path: Path) -> None:
    lines = "".join(f'{i},{i / 4},2024-01-{i % 28 + 1:02d},"t, {i}"\n' for i in range(3000)) + "1,2\n\n"
    path = tmp_path / "t.csv"
    path.write_text("n,x,day,t\n" + lines)

    small, large = open_source(path), open_source(path, scratch=tmp_path / "s", options={"large_bytes": 1})

    assert large.table.column("n").to_pylist() == small.table.column("n").to_pylist()
    assert large.table.column("x").to_pylist() == small.table.column("x").to_pylist()
    assert large.table.column("t").to_pylist() == small.table.column("t").to_pylist()
    assert [str(t) for t in large.table.schema.types][:3] == ["int64", "double", "date32[day]"]
    assert list((tmp_path / "s").glob("*.arrow"))
    assert "mapped into memory" in told(large)


def test_large_parquet_is_streamed_into_one_arrow_file(tmp_path: Path) -> None:
    table = pa.table({"n": np.arange(200_000), "t": [f"text {i}" for i in range(200_000)]})
    pq.write_table(table, tmp_path / "t.parquet", row_group_size=10_000)

    source = open_source(tmp_path / "t.parquet", scratch=tmp_path / "s", options={"large_bytes": 1000})

    assert source.table.equals(table)
    assert len(list((tmp_path / "s").glob("*.arrow"))) == 1


# ---------------------------------------------------------------- several files, parts of files


def test_a_folder_and_a_glob_of_parquet_are_one_table(tmp_path: Path) -> None:
    for part in range(3):
        pq.write_table(pa.table({"n": [part]}), tmp_path / f"part-{part}.parquet")

    assert open_source(tmp_path).table.to_pydict() == {"n": [0, 1, 2]}
    assert open_source(str(tmp_path / "part-*.parquet")).table.to_pydict() == {"n": [0, 1, 2]}


def test_parquet_files_with_other_columns_are_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": [1]}), tmp_path / "1.parquet")
    pq.write_table(pa.table({"b": [1]}), tmp_path / "2.parquet")

    with pytest.raises(SourceError, match="must have the same columns"):
        open_source(tmp_path)


def test_tables_of_a_database_are_chosen_by_name_or_query(tmp_path: Path) -> None:
    path = tmp_path / "shop.sqlite"
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE orders (id INTEGER, price REAL)")
        database.execute("INSERT INTO orders VALUES (1, 2.5), (2, NULL)")
        database.execute("CREATE TABLE people (name TEXT)")

    assert open_source(f"{path}::orders").table.to_pydict() == {"id": [1, 2], "price": [2.5, None]}
    assert open_source(f"{path}::SELECT max(id) AS top FROM orders").table.to_pydict() == {"top": [2]}
    with pytest.raises(SourceError, match="one of: orders, people"):
        open_source(path)
    with pytest.raises(SourceError, match="Did you mean 'orders'"):
        open_source(f"{path}::ordres")


def test_a_query_reads_files(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("n\n1\n2\n")

    assert open_source(f"SELECT sum(n)::INT AS total FROM '{tmp_path}/a.csv'").table.to_pydict() == {"total": [3]}


def test_a_sheet_of_a_workbook_is_read(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["A report"])
    book.active.append(["name", "size"])
    book.active.append(["a", 1.5])
    book.active.append(["b", None])
    book.save(tmp_path / "b.xlsx")

    source = open_source(tmp_path / "b.xlsx")

    assert source.table.to_pydict() == {"name": ["a", "b"], "size": [1.5, None]}


def test_records_in_json_may_be_nested_and_odd(tmp_path: Path) -> None:
    rows = [{"id": 1, "at": {"city": "Ulm", "zip": "01"}, "tags": ["x", "y"]}, {"id": "two", "at": None}]
    (tmp_path / "a.json").write_text(json.dumps({"meta": 1, "rows": rows}))

    source = open_source(tmp_path / "a.json")

    assert source.table.column_names == ["id", "at.city", "at.zip", "tags"]
    assert source.table.column("id").to_pylist() == ["1", "two"]
    assert source.table.column("tags").to_pylist() == ["x, y", None]
    assert "mixes types (int, str)" in told(source)


# ---------------------------------------------------------------- arrays


def test_train_and_test_arrays_are_joined_and_kept_apart(tmp_path: Path) -> None:
    np.savez(
        tmp_path / "d.npz",
        x_train=np.zeros((4, 8, 8), np.uint8),
        y_train=np.array([0, 1, 1, 0]),
        x_test=np.full((2, 8, 8), 9, np.uint8),
        y_test=np.array([1, 0]),
        classes=np.array(["cat", "dog"]),
        seed=np.array(7),
    )

    source = open_source(tmp_path / "d.npz")

    assert source.table.column("y").to_pylist() == ["cat", "dog", "dog", "cat", "dog", "cat"]
    assert source.table.column("split").to_pylist() == ["train"] * 4 + ["test"] * 2
    assert source.table.schema.field("x").metadata[b"belvedere.shape"] == b"8,8,1"


def test_offsets_cut_a_recording_into_sequences(tmp_path: Path) -> None:
    wave = np.arange(10, dtype=np.int16)
    np.savez(tmp_path / "s.npz", wave=wave, offset=np.array([0, 3, 3, 10]), y=np.array([1, 2, 3]), rate=np.array(8000))

    source = open_source(tmp_path / "s.npz")

    assert source.table.column("wave").to_pylist() == [[0, 1, 2], [], [3, 4, 5, 6, 7, 8, 9]]
    assert source.table.schema.field("wave").metadata[b"belvedere.rate"] == b"8000"


def test_several_sets_in_one_file_are_chosen_by_name(tmp_path: Path) -> None:
    np.savez(tmp_path / "m.npz", A_x_train=np.zeros((2, 1, 50)), A_x_test=np.zeros((1, 1, 50)), B_x=np.zeros((4, 2)))

    assert open_source(f"{tmp_path}/m.npz::A").n_rows == 3
    assert open_source(f"{tmp_path}/m.npz::B").table.column_names == ["x 0", "x 1"]
    with pytest.raises(SourceError, match="one of: A, B"):
        open_source(tmp_path / "m.npz")


def test_a_sparse_matrix_is_one_vector_column_with_labels_from_beside_it(tmp_path: Path) -> None:
    counts = np.array([[0, 3, 0], [1, 0, 2]])
    scipy.sparse.save_npz(tmp_path / "counts.npz", scipy.sparse.csr_matrix(counts))
    np.savez(tmp_path / "labels.npz", y=np.array([5, 6]))

    source = open_source(tmp_path / "counts.npz")

    assert source.table.column("counts").to_pylist() == counts.tolist()
    assert source.table.column("y").to_pylist() == [5, 6]
    assert "Labels (y) were added from labels.npz" in told(source)


SHAPES: dict[str, tuple[Any, list[str]]] = {
    "few columns": (np.zeros((5, 3)), ["double"] * 3),
    "a vector": (np.zeros((5, 100)), ["fixed_size_list<item: float>[100]"]),
    "gray images": (np.zeros((5, 9, 9), np.uint8), ["fixed_size_list<item: uint8>[81]"]),
    "color images": (np.zeros((5, 9, 9, 3), np.uint8), ["fixed_size_list<item: uint8>[243]"]),
    "color images, channels first": (np.zeros((5, 3, 9, 9), np.uint8), ["fixed_size_list<item: uint8>[243]"]),
    "one channel of time": (np.zeros((5, 1, 90)), ["list<item: float>"]),
    "six channels of time": (np.zeros((5, 6, 90)), ["list<item: fixed_size_list<item: float>[6]>"]),
    "six channels of time, time first": (np.zeros((5, 90, 6)), ["list<item: fixed_size_list<item: float>[6]>"]),
}


@pytest.mark.parametrize("case", SHAPES)
def test_the_shape_of_an_array_says_what_it_is(case: str) -> None:
    array, types = SHAPES[case]

    assert [str(kind) for kind in open_source(array).table.schema.types] == types


def test_time_and_channels_keep_their_order() -> None:
    array = np.arange(2 * 3 * 50, dtype=np.float32).reshape(2, 3, 50)

    steps = np.array(open_source(array).table.column("x").to_pylist())

    assert np.array_equal(steps.transpose(0, 2, 1), array)


def test_scikit_learn_data_sets_keep_their_names() -> None:
    iris, digits = open_source(load_iris()), open_source(load_digits())

    assert iris.table.column_names[0] == "sepal length (cm)"
    assert set(iris.table.column("target").to_pylist()) == {"setosa", "versicolor", "virginica"}
    assert digits.table.schema.field("image").metadata[b"belvedere.shape"] == b"8,8,1"


def test_pairs_tensors_and_lists_are_read() -> None:
    class Tensor:
        """Something that walks like a torch tensor."""

        dtype = "torch.float32"

        def detach(self) -> "Tensor":
            return self

        def cpu(self) -> "Tensor":
            return self

        def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
            return np.ones((3, 2), np.float32)

    assert open_source((Tensor(), [0, 1, 0])).table.column_names == ["x 0", "x 1", "y"]
    assert open_source(["a text", "another"]).table.to_pydict() == {"text": ["a text", "another"]}


# ---------------------------------------------------------------- folders


def test_subfolders_of_images_become_labels_and_broken_ones_are_listed(tmp_path: Path) -> None:
    for label, color in (("cat", 10), ("dog", 200)):
        (tmp_path / label).mkdir()
        for number in range(3):
            Image.new("RGB", (8, 6), (color, 0, 0)).save(tmp_path / label / f"{number}.png")
    (tmp_path / "dog" / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n cut off")
    (tmp_path / "notes.txt").write_text("hello")

    source = open_source(tmp_path)

    assert source.table.column("label").to_pylist() == ["cat"] * 3 + ["dog"] * 3
    assert source.table.column("image").to_pylist()[0] == "cat/0.png"
    assert "1 image could not be decoded and were left out: dog/broken.png" in told(source)
    assert "1 other file in the folder" in told(source)


def test_folders_named_train_and_test_become_the_split(tmp_path: Path) -> None:
    for part in ("train", "test"):
        for label in ("a", "b"):
            (tmp_path / part / label).mkdir(parents=True)
            (tmp_path / part / label / "1.txt").write_text(f"{part} {label}")

    source = open_source(tmp_path)

    assert source.table.column("split").to_pylist() == ["test", "test", "train", "train"]
    assert source.table.column("label").to_pylist() == ["a", "b", "a", "b"]
    assert source.table.column("text").to_pylist() == ["test a", "test b", "train a", "train b"]


def test_a_hugging_face_data_set_keeps_label_names_and_parts(tmp_path: Path) -> None:
    features = {"info": {"features": {"label": {"names": ["neg", "pos"], "_type": "ClassLabel"}}}}
    schema = pa.schema([("label", pa.int64())], metadata={b"huggingface": json.dumps(features).encode()})
    (tmp_path / "dataset_dict.json").write_text('{"splits": ["train", "validation"]}')
    for part, codes in (("train", [0, 1]), ("validation", [1])):
        (tmp_path / part).mkdir()
        with pa.ipc.new_stream(str(tmp_path / part / "data-0.arrow"), schema) as writer:
            writer.write_table(pa.table({"label": codes}, schema=schema))

    source = open_source(tmp_path)

    assert source.table.to_pydict() == {"label": ["neg", "pos", "pos"], "split": ["train", "train", "valid"]}


# ---------------------------------------------------------------- the door itself


def test_a_sample_is_drawn_by_seed_in_row_order_and_said() -> None:
    table = pa.table({"n": np.arange(1000)})

    first, again, other = (open_source(table, sample=50, seed=seed).table.column("n").to_pylist() for seed in (1, 1, 2))

    assert first == again == sorted(set(first))
    assert first != other
    assert "A sample of 50 rows of 1,000 was drawn (seed 1)." in open_source(table, sample=50, seed=1).account


def test_very_many_numeric_columns_are_kept_together_and_named_columns_apart() -> None:
    table = pa.table({"label": ["a", "b"]} | {f"g{i}": [float(i), 1.0] for i in range(300)})

    source = open_source(table, options={"keep": ["g7"]})

    assert source.table.column_names == ["label", "299 columns", "g7"]
    assert source.table.column("299 columns").to_pylist()[0][:8] == [0, 1, 2, 3, 4, 5, 6, 8]
    assert json.loads(source.table.schema.field("299 columns").metadata[b"belvedere.names"])[7] == "g8"


def test_the_nearest_name_is_offered_for_a_missing_file(tmp_path: Path) -> None:
    (tmp_path / "reviews.csv").write_text("a\n1\n")

    with pytest.raises(SourceError, match=r"Did you mean 'reviews.csv'\?"):
        open_source(tmp_path / "reveiws.csv")


def test_an_unknown_option_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(SettingError, match="Did you mean 'delimiter'"):
        open_source(TABLE, options={"delimeter": ";"})


def test_pickles_are_never_opened(tmp_path: Path) -> None:
    (tmp_path / "model.pkl").write_bytes(b"\x80\x04K\x01.")
    np.save(tmp_path / "objects.npy", np.array([{}], dtype=object), allow_pickle=True)

    with pytest.raises(SourceError, match="must not be a pickle"):
        open_source(tmp_path / "model.pkl")
    with pytest.raises(SourceError, match="it holds Python objects"):
        open_source(tmp_path / "objects.npy")


@pytest.mark.parametrize(
    "described", [b"{", b"[]", b'{"info": null}', b'{"info": {"features": {"label": {"names": 3}}}}']
)
def test_a_data_set_whose_description_is_damaged_keeps_its_numbers(described: bytes, tmp_path: Path) -> None:
    schema = pa.schema([("label", pa.int64())], metadata={b"huggingface": described})
    (tmp_path / "state.json").write_text("{}")
    with pa.ipc.new_stream(str(tmp_path / "data-0.arrow"), schema) as writer:
        writer.write_table(pa.table({"label": [0, 1]}, schema=schema))

    assert open_source(tmp_path).table.to_pydict() == {"label": [0, 1]}


@pytest.mark.parametrize(
    "notes",
    [
        {"kind": "image", "shape": "9,9,9"}, {"kind": "image", "shape": "2,x,1"}, {"kind": "imago"}, {"rate": "fast"},
        {"names": '["a"]'}, {"names": "["}, {"kind": b"\xff"}, {"root": "/"},
    ],
    ids=str,
)  # fmt: skip
def test_notes_that_do_not_fit_the_values_are_passed_over_and_said(notes: dict[str, Any]) -> None:
    kind = pa.list_(pa.uint8(), 4)
    field = pa.field("x", kind, metadata={f"belvedere.{key}": told for key, told in notes.items()})

    source = open_source(pa.table([pa.array([[1, 2, 3, 4]] * 3, kind)], schema=pa.schema([field])))

    assert source.table.schema.field("x").metadata is None
    assert source.account == ("What the file notes on column 'x' does not fit its values and was passed over.",)


def test_parts_that_cannot_be_joined_are_named(tmp_path: Path) -> None:
    np.savez(tmp_path / "wide.npz", x_train=np.zeros((3, 2)), x_test=np.zeros((2, 5)))
    np.savez(tmp_path / "typed.npz", y_train=np.array([(1, 2.0)], "i4,f4"), y_test=np.zeros(2))

    with pytest.raises(
        SourceError, match=r"The parts of 'x' must be alike but .* arrays of \(3, 2\) and \(2, 5\)\. Choose"
    ):
        open_source(tmp_path / "wide.npz")
    with pytest.raises(SourceError, match=r"The parts of 'y' must be of one type, but are of .* and float64\. Choose"):
        open_source(tmp_path / "typed.npz")


def test_a_rate_that_is_no_number_is_no_rate(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x=np.zeros((3, 2, 50)), rate="fast")

    assert b"belvedere.rate" not in open_source(tmp_path / "a.npz").table.schema.field("x").metadata


def test_a_sparse_matrix_whose_parts_are_odd_is_one_sentence(tmp_path: Path) -> None:
    scipy.sparse.save_npz(tmp_path / "a.npz", scipy.sparse.csr_matrix(np.eye(3)))
    with np.load(tmp_path / "a.npz") as parts:
        np.savez(tmp_path / "a.npz", **{**parts, "shape": np.array(["three", "3"])})

    with pytest.raises(SourceError, match="must hold a whole sparse matrix, but does not"):
        open_source(tmp_path / "a.npz")


@pytest.mark.parametrize("kind", [">f4", ">f8", ">i2", np.longdouble])
@pytest.mark.parametrize("shape", [(4,), (4, 2)])
def test_numbers_that_another_machine_wrote_stay_numbers(kind: Any, shape: tuple[int, ...], tmp_path: Path) -> None:
    array = np.arange(np.prod(shape)).reshape(shape)
    np.save(tmp_path / "a.npy", array.astype(kind))

    table = open_source(tmp_path / "a.npy").table

    assert np.column_stack([column.to_pylist() for column in table.columns]).reshape(shape).tolist() == array.tolist()


# ---------------------------------------------------------------- damaged files


def damage(path: Path, old: bytes, new: bytes, *, at: int = 1) -> Path:
    """Write other bytes in the place of some; of several places the `at`-th."""
    parts = path.read_bytes().split(old)
    path.write_bytes(old.join(parts[:at]) + new + old.join(parts[at:]))
    return path


def spoiled_npy(folder: Path) -> Path:
    np.save(folder / "a.npy", np.zeros(3))
    return damage(folder / "a.npy", b"(3,), }", b"(3,(, }")


def beyond_unicode(folder: Path) -> Path:
    np.savez(folder / "a.npz", x=np.zeros(2), y=np.array([66, sys.maxunicode + 1], np.uint32).view("U1"))
    return folder / "a.npz"


def beyond_unicode_in_records(folder: Path) -> Path:
    np.save(folder / "a.npy", np.array([(1, 66), (2, 2**31)], ">i4,>u4").view([("n", ">i4"), ("word", ">U1")]))
    return folder / "a.npy"


def spoiled_bundle(folder: Path) -> Path:
    np.savez_compressed(folder / "a.npz", x=np.arange(1000))
    return damage(folder / "a.npz", b"x.npy", b"x.npy" + b"\xff" * 9)


def newer_zip(folder: Path) -> Path:
    np.savez(folder / "a.npz", x=np.arange(5))
    return damage(folder / "a.npz", b"PK\x01\x02\x2d\x03\x2d", b"PK\x01\x02\x2d\x03\xfe")


def spoiled_gzip(folder: Path) -> Path:
    path = folder / "a.csv.gz"
    packed = bytearray(gzip.compress(b"a,b\n" + b"".join(b"%d,%d\n" % (i, i * i) for i in range(2000))))
    packed[200:260] = bytes(60)
    path.write_bytes(packed)
    return path


def arrow_file(folder: Path) -> Path:
    with pa.ipc.new_file(str(folder / "a.arrow"), pa.schema([("word", pa.string())])) as writer:
        writer.write_table(pa.table({"word": ["Ulm", "Bari", "Pisa"]}))
    return folder / "a.arrow"


def far_offset(folder: Path) -> Path:
    offsets = np.array([0, 3, 7, 11], np.int32)
    wild = np.array([0, 2**30, 7, 11], np.int32)
    return damage(arrow_file(folder), offsets.tobytes(), wild.tobytes())


def parquet_file(folder: Path) -> Path:
    table = pa.table({"word": ["Ulm", "Bari", "Pisa"]})
    pq.write_table(table, folder / "a.parquet", compression="none", use_dictionary=False, write_statistics=False)
    return folder / "a.parquet"


def odd_name_in_sqlite(folder: Path) -> Path:
    with sqlite3.connect(folder / "a.sqlite") as database:
        database.execute("CREATE TABLE people (age int, city text)")
    database.close()
    return damage(folder / "a.sqlite", b"people (age", b"people \xff\xffge")


DAMAGED = {
    "NumPy header": (spoiled_npy, r"must be a whole NumPy file of plain arrays, but is not \(.+\)\. Check the file"),
    "NumPy bundle": (spoiled_bundle, r"must be a whole NumPy file of plain arrays, but is not"),
    "NumPy bundle of a later zip": (newer_zip, r"but is not \(zip file version 25.4\)\."),
    "NumPy text": (beyond_unicode, r"but is not \(it holds text that is no Unicode\)\. Check the file"),
    "NumPy text in records": (beyond_unicode_in_records, r"but is not \(it holds text that is no Unicode\)\."),
    "packed CSV": (
        spoiled_gzip,
        r"must be readable, but reading failed \(Error -3 while decompressing.*Check the disk",
    ),
    "Arrow offsets": (far_offset, r"must be a whole Arrow file, but cannot be read as one \(.*offset"),
    "Arrow text": (lambda f: damage(arrow_file(f), b"Bari", b"B\xffri"), r"a whole Arrow file.*Invalid UTF8"),
    "Arrow name": (
        lambda f: damage(arrow_file(f), b"word", b"w\xffrd", at=2),
        r"a whole Arrow file.*codec can't decode",
    ),
    "Parquet text": (lambda f: damage(parquet_file(f), b"Bari", b"B\xffri"), r"a whole Parquet file.*Invalid UTF8"),
    "Parquet name": (lambda f: damage(parquet_file(f), b"word", b"w\xffrd"), r"a whole Parquet file.*can't decode"),
    "SQLite names": (odd_name_in_sqlite, r"must be a SQLite database that answers, but is not \("),
}


@pytest.mark.parametrize("case", DAMAGED)
def test_a_damaged_file_ends_in_one_sentence(case: str, tmp_path: Path) -> None:
    make, sentence = DAMAGED[case]

    with pytest.raises(SourceError, match=sentence):
        open_source(make(tmp_path))
