"""A release tells what it is made of: one version, every package that the wheel needs, and the same bytes each time."""

import json
import re
import tomllib
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

import belvedere
from doc_pages import DOCS, ROOT, script

sbom, licences = script("write_sbom"), script("write_licences")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
NEEDED = [re.split(r"[^\w.-]", line)[0].lower() for line in PROJECT["project"]["dependencies"]]


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """The SBOM of the environment that runs this test."""
    found: dict[str, Any] = sbom.sbom({"numpy": "ab" * 32})
    return found


def test_the_version_is_written_in_one_place() -> None:
    written = [
        path.name
        for path in [*(ROOT / "src").rglob("*.py"), ROOT / "pyproject.toml", *(ROOT / "viewer").glob("*.json")]
        if f'"{belvedere.__version__}"' in path.read_text(encoding="utf-8")[:2000]
    ]

    assert written == ["version.py"]
    assert PROJECT["project"]["dynamic"] == ["version"]
    assert PROJECT["tool"]["hatch"]["version"]["path"] == "src/belvedere/version.py"


def test_the_newest_entry_of_the_changelog_is_this_version() -> None:
    newest = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)

    assert newest is not None
    assert newest[1] == belvedere.__version__


def test_every_requirement_is_in_the_sbom_with_version_and_licence(document: dict[str, Any]) -> None:
    told = {part["name"]: part for part in document["components"]}

    assert [name for name in NEEDED if name not in told] == []
    for name in NEEDED:
        assert told[name]["version"] == version(name)
        assert told[name]["purl"].startswith(f"pkg:pypi/{name}@")
    for part in document["components"]:
        (said,) = part["licenses"]
        assert said.get("expression") or said["license"]["name"] not in ("", "unknown"), part["name"]


def test_the_sbom_names_nothing_twice_and_leads_nowhere_else(document: dict[str, Any]) -> None:
    """Each reference is a component, each component but Belvedere is reached from it."""
    parts = [document["metadata"]["component"], *document["components"]]
    refs = [part["bom-ref"] for part in parts]
    asked = {line["ref"]: line["dependsOn"] for line in document["dependencies"]}

    assert len(refs) == len(set(refs)) == len({part["name"] for part in parts})
    assert sorted(asked) == sorted(refs)
    assert {ref for line in asked.values() for ref in line} == set(refs[1:])


def test_the_same_environment_gives_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    for name in ("first", "second"):
        sbom.write(tmp_path / name)

    assert (tmp_path / "first").read_bytes() == (tmp_path / "second").read_bytes()
    assert "timestamp" not in json.loads((tmp_path / "first").read_text(encoding="utf-8"))["metadata"]


def test_another_content_has_another_serial_number(document: dict[str, Any]) -> None:
    dated = sbom.sbom(epoch="0")

    assert dated["metadata"]["timestamp"] == "1970-01-01T00:00:00Z"
    assert dated["serialNumber"] != document["serialNumber"]
    assert re.fullmatch(r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", dated["serialNumber"])


def test_hashes_of_wheels_are_those_that_pip_reports(document: dict[str, Any], tmp_path: Path) -> None:
    hashes = {part["name"]: part["hashes"] for part in document["components"] if "hashes" in part}
    archive = {"archive_info": {"hashes": {"sha256": "cd" * 32}}}
    report = {"install": [{"metadata": {"name": "Pydantic_Core"}, "download_info": archive}]}

    assert hashes == {"numpy": [{"alg": "SHA-256", "content": "ab" * 32}]}
    assert sbom.wheel_hashes(report) == {"pydantic-core": "cd" * 32}


def test_a_package_that_the_sbom_would_leave_out_stops_the_release(tmp_path: Path) -> None:
    (tmp_path / "report.json").write_text('{"install": [{"metadata": {"name": "stowaway"}, "download_info": {}}]}')

    with pytest.raises(SystemExit, match="stowaway"):
        sbom.write(tmp_path / "sbom.json", tmp_path / "report.json")

    assert not (tmp_path / "sbom.json").exists()


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("mit or apache-2.0", {"expression": "MIT OR Apache-2.0", "acknowledgement": "declared"}),
        ("BSD License", {"license": {"name": "BSD License", "acknowledgement": "declared"}}),
    ],
)
def test_a_licence_is_an_expression_where_it_is_one(said: str, told: dict[str, Any]) -> None:
    assert sbom.declared(said) == told


@pytest.mark.parametrize("tree", [DOCS, DOCS / "zh"], ids=("en", "zh"))
def test_the_page_of_licences_lists_every_requirement(tree: Path) -> None:
    page = (tree / "licences.md").read_text(encoding="utf-8")

    lacking = [name for name in NEEDED if f"| {name} | {licences.licence(name)} |" not in page]
    assert lacking == [], "run: python docs/write_licences.py"


def test_the_wheel_holds_the_built_front_end() -> None:
    """Whatever git ignores, the build takes all of it; the sdist takes what the wheel is built from."""
    targets = PROJECT["tool"]["hatch"]["build"]["targets"]

    assert (ROOT / "src" / "belvedere" / "viewer" / "index.html").exists()
    assert "src/belvedere/viewer/**" in targets["wheel"]["artifacts"]
    assert "src" in targets["sdist"]["include"]
