"""The check command tells, writes reports and clean copies, and fails where it should; decisions reach the map."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pytest
from typer.testing import CliRunner

import belvedere
from belvedere.checks import apply_decisions
from belvedere.cli.main import app
from belvedere.draw import DrawSettings
from belvedere.errors import SettingError
from belvedere.types import Source

RUN = CliRunner()


@pytest.fixture
def people(tmp_path: Path) -> Path:
    """Sixty people, one of them twice."""
    random = np.random.default_rng(0)
    lines = [f"p{i}@mail.org,{random.integers(18, 90)},{random.normal():.4f},{random.normal():.4f}" for i in range(60)]
    path = tmp_path / "people.csv"
    path.write_text("email,age,x,y\n" + "\n".join([*lines, lines[3]]) + "\n")
    return path


def test_the_status_says_whether_a_finding_is_grave_enough(people: Path) -> None:
    assert RUN.invoke(app, ["check", str(people), "--fail-on", "serious"]).exit_code == 0
    assert RUN.invoke(app, ["check", str(people), "--fail-on", "warning"]).exit_code == 1


def test_the_report_says_how_the_file_was_read_and_what_can_be_done(people: Path) -> None:
    told = RUN.invoke(app, ["check", str(people)]).output

    assert "cells split at each comma" in told
    assert "--without duplicates" in told
    assert "never changed" in told


def test_reports_are_written_as_html_and_json(people: Path, tmp_path: Path) -> None:
    hostile = tmp_path / "h.csv"
    hostile.write_text("<script>alert(1)</script>,b\n" + "1,2\n" * 9)

    RUN.invoke(app, ["check", str(hostile), "--format", "html", "--out", str(tmp_path / "r.html")])
    RUN.invoke(app, ["check", str(people), "--format", "json", "--out", str(tmp_path / "r.json")])

    page = (tmp_path / "r.html").read_text()
    assert "&lt;script&gt;" in page
    assert "<script" not in page
    report = json.loads((tmp_path / "r.json").read_text())
    assert report["rows"] == 61
    assert {finding["check"] for finding in report["findings"]} >= {"duplicates", "sensitive"}


def test_a_clean_copy_leaves_out_the_rows_found_and_the_file_as_it_is(people: Path, tmp_path: Path) -> None:
    before = people.read_bytes()

    result = RUN.invoke(app, ["check", str(people), "--without", "duplicates", "--out", str(tmp_path / "clean.csv")])

    assert result.exit_code == 0, result.output
    assert pa_csv.read_csv(tmp_path / "clean.csv").num_rows == 60
    assert people.read_bytes() == before


def test_a_copy_without_a_check_that_found_nothing_is_refused(people: Path, tmp_path: Path) -> None:
    result = RUN.invoke(app, ["check", str(people), "--without", "duplicate", "--out", str(tmp_path / "c.csv")])

    assert isinstance(result.exception, SettingError)
    assert "'duplicates'" in str(result.exception)


def test_a_reader_may_be_told_what_it_cannot_guess(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a;b,c\n1;2,3\n")

    told = RUN.invoke(app, ["check", str(path), "--read", "delimiter=,", "--read", "header=false"]).output

    assert "cells split at each comma, no header row" in told


DECIDED = {
    "hash": lambda values: len(set(values)) == 3 and all(len(value) == 16 for value in values),
    "generalize": lambda values: set(values) == {"a.org", "other"},
    "keep": lambda values: values[0] == "x0@a.org",
}


@pytest.mark.parametrize("decision", DECIDED)
def test_a_sensitive_column_is_changed_as_decided(decision: str) -> None:
    mails = ["x0@a.org"] * 5 + ["x1@a.org"] * 3 + ["x2@b.org"]

    changed = apply_decisions(Source("t", pa.table({"mail": mails, "n": range(9)})), {"mail": decision})

    assert DECIDED[decision](changed.table.column("mail").to_pylist())
    assert "'mail' was" in changed.account[-1]


def test_hashes_are_the_same_with_the_same_key_and_others_without(monkeypatch: pytest.MonkeyPatch) -> None:
    source = Source("t", pa.table({"mail": ["a@b.org"]}))
    monkeypatch.setenv("BELVEDERE_KEY", "open sesame")

    with_key = [apply_decisions(source, {"mail": "hash"}).table for _ in range(2)]
    monkeypatch.delenv("BELVEDERE_KEY")
    without = [apply_decisions(source, {"mail": "hash"}).table for _ in range(2)]

    assert with_key[0] == with_key[1]
    assert without[0] != without[1]


def test_numbers_become_bands_and_dates_years() -> None:
    days = pa.array(np.datetime64("2000-01-01") + np.arange(400).astype("timedelta64[D]"))
    source = Source(
        "t", pa.table({"age": [float(i) for i in range(400)], "born": days, "text": [str(d) for d in days.to_pylist()]})
    )

    changed = apply_decisions(source, dict.fromkeys(source.table.column_names, "generalize")).table

    assert changed.column("age")[0].as_py() == "0 to 39.9"
    assert set(changed.column("born").to_pylist()) == set(changed.column("text").to_pylist()) == {2000, 2001}


def test_unknown_decisions_are_refused() -> None:
    with pytest.raises(SettingError, match="Did you mean 'hash'"):
        apply_decisions(Source("t", pa.table({"a": [1]})), {"a": "hasch"})


def test_decisions_are_remembered_by_the_map(people: Path, tmp_path: Path) -> None:
    made = belvedere.map(people, sensitive={"email": "drop"}, drawing=DrawSettings(n_threads=1))
    opened = belvedere.open(made.save(tmp_path / "m.map").path)

    assert opened.content.provenance["sensitive"] == {"email": "drop"}
    assert "email" not in opened.schema.names
    assert b"p3@mail.org" not in b"".join(p.read_bytes() for p in (tmp_path / "m.map").rglob("*") if p.is_file())
