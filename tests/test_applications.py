"""The five applications run, fill their pages, and their tables are fetched only as they were."""

import importlib
import io
import json
import re
import zipfile
from pathlib import Path
from types import ModuleType

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

ROOT = Path(__file__).parents[1]
NAMES = ("medicine", "finance", "logistics", "ecommerce", "social")
PAGES = [ROOT / "docs" / tree / f"{name}.md" for tree in ("applications", "zh/applications") for name in NAMES]


def example(name: str, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A script of examples/."""
    monkeypatch.syspath_prepend(str(ROOT / "examples"))
    return importlib.import_module(name)


def marks(page: Path) -> list[str]:
    """Names of the tables that a page has a place for."""
    said = re.findall(r"^<!-- (\w+:[\w-]+)(?: .*)? -->$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return [mark for mark in said if mark.startswith(page.stem)]


@pytest.mark.timeout(900)  # a dozen small networks on a busy machine
@pytest.mark.parametrize("name", NAMES)
def test_an_application_runs_on_its_sample_and_makes_every_table_of_its_page(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = example(name, monkeypatch)

    tables = example("application", monkeypatch).run(name, getattr(made, name), ["--sample", "--out", str(tmp_path)])

    assert {f"{name}:{table}" for table in tables} == set(marks(ROOT / "docs" / "applications" / f"{name}.md"))
    assert [key for key, rows in tables.items() if len(rows) < 2 or len({len(row) for row in rows}) != 1] == []
    shown = re.findall(r"<!-- picture:([\w-]+) ", (ROOT / "docs/applications" / f"{name}.md").read_text("utf-8"))
    assert sorted(path.stem for path in tmp_path.glob("*.webp")) == sorted(shown)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_shows_what_its_script_wrote_and_says_what_is_missing(
    page: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = json.loads((ROOT / "docs" / "applications" / f"{page.stem}.json").read_text(encoding="utf-8"))
    text, up = page.read_text(encoding="utf-8"), "../../" if "zh" in page.parts else "../"

    assert example("application", monkeypatch).filled(text, page.stem, said, up=up) == text
    assert {f"{page.stem}:{table}" for table in said} <= set(marks(page))
    assert marks(page) == marks(ROOT / "docs" / "applications" / page.name)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_is_short_and_its_pictures_are_light(page: Path) -> None:
    text = page.read_text(encoding="utf-8")

    pictures = [page.parent / link for link in re.findall(r"\]\(([^)]+\.webp)\)", text)]

    assert len(re.sub(r"(?m)^\|.*\n", "", text).splitlines()) <= 200
    assert [path.name for path in pictures if path.stat().st_size > 150_000] == []


def test_a_page_is_filled_in_its_own_language_and_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    filled = example("application", monkeypatch).filled
    page = "<!-- missing: 尚缺：{}。 -->\n<!-- end -->\n<!-- a:b | 列 | 份额 | -->\n<!-- end -->\n<!-- a:c -->\n<!-- end -->\n"
    tables = {"b": [["column", "share"], ["age", "1|2"]]}

    once = filled(page, "a", tables)

    assert "\n| 列 | 份额 |\n| --- | --- |\n| age | 1·2 |\n" in once
    assert "\n尚缺：c。\n" in once
    assert filled(once, "a", tables) == once
    assert "尚缺：c" not in filled(once, "a", tables | {"c": tables["b"]})


def test_values_have_one_checksum_however_they_are_stored(monkeypatch: pytest.MonkeyPatch) -> None:
    digest = example("fetch", monkeypatch).digest
    table = pa.table({"n": pa.array([1, None], pa.float64()), "word": ["a", ""]})

    other = pa.table({"n": pa.array([1, None], pa.int32()), "word": pa.array(["a", None], pa.large_string())})

    assert digest(table) == digest(other)
    assert digest(table) != digest(table.slice(0, 1))
    assert digest(table) != digest(table.rename_columns(["m", "word"]))


def test_other_values_than_the_page_was_made_with_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fetch = example("fetch", monkeypatch)
    wrong = tmp_path / "support2.csv"
    wrong.write_text("sno,age\n1,  62.5\n2,\n", encoding="utf-8")

    with pytest.raises(SystemExit, match=r"must have values of SHA-256 \w{64}, but has \w{64}"):
        fetch.fetch("surv_support2", tmp_path / "data", files=[wrong])
    assert not (tmp_path / "data").exists()

    kept = pq.read_table(fetch.fetch("surv_support2", tmp_path / "data", files=[wrong], checked=False))
    assert kept.to_pydict() == {"sno": [1, 2], "age": [62.5, None]}


def test_every_table_has_a_checksum_but_the_one_that_readers_bring_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    tables = example("fetch", monkeypatch).TABLES

    assert [name for name, one in tables.items() if not re.fullmatch(r"[0-9a-f]{64}", one.sha256)] == ["sp500_stocks"]
    assert [name for name, one in tables.items() if not (one.addresses or one.how)] == []
    assert [url for one in tables.values() for url in one.addresses if not url.startswith("https://")] == []


def test_films_of_one_title_are_one(monkeypatch: pytest.MonkeyPatch) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as files:
        files.writestr("ml-100k/u.data", "2\t1\t5\t0\n1\t3\t4\t0\n1\t1\t4\t0\n1\t2\t1\t0\n")
        files.writestr("ml-100k/u.item", "1|A|x\n2|unknown|x\n3|A|x\n")

    table, beside = example("fetch", monkeypatch).films([packed.getvalue()])

    assert table.to_pydict() == {"user": [0, 1], "item": [0, 0]}
    assert beside["items"].to_pydict() == {"item": [0], "name": ["A"]}


def test_attacks_that_training_lacks_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    fetch = example("fetch", monkeypatch)
    line = ",".join(["0", "tcp", "http", "SF", *["0"] * 37])

    table, _ = fetch.connections([f"{line},neptune,21\n{line},normal,20\n".encode(), f"{line},saint,5\n".encode()])

    assert table["category"].to_pylist() == ["dos", "normal", "probe"]
    assert table["seen_in_train"].to_pylist() == [True, True, False]
    assert table["split"].to_pylist() == ["train20", "train20", "test"]


def test_pages_bring_their_words_and_links(monkeypatch: pytest.MonkeyPatch) -> None:
    target, words, edges = b"id,page_type\n0,tvshow\n1,company\n", b'{"0": [3, 1], "1": []}', b"id_1,id_2\n0,1\n"

    table, beside = example("fetch", monkeypatch).facebook([target, words, edges])

    assert table["page_type"].to_pylist() == ["tvshow", "company"]
    assert beside["features"]["indices"].tolist() == [1, 3]
    assert beside["features"]["indptr"].tolist() == [0, 2, 2]
    assert np.array_equal(beside["edges"]["edges"], [[0, 1]])


def test_a_weka_file_keeps_names_and_words(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "@relation x\n@attribute horTh {no,yes}\n@attribute age numeric\n@data\nno,70\nyes,?\n".replace("?", "56")

    table, _ = example("fetch", monkeypatch).arff([text.encode()])

    assert table.to_pydict() == {"horTh": ["no", "yes"], "age": [70, 56]}
