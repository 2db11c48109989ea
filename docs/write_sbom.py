"""Write an SBOM (CycloneDX 1.6, JSON) of Belvedere and of all that it needs; `make release` does so beside its wheel.

`python docs/write_sbom.py FILE [REPORT]` reads the packages installed beside the Python that runs it. REPORT is what
`pip install --report` wrote there, and gives the SHA-256 of each wheel. The same environment gives the same bytes: the serial
number is made of the content, and a time is told only where SOURCE_DATE_EPOCH says one.

Source: CycloneDX 1.6 (ECMA-424); purl-spec, types/pypi-definition.
"""

import json
import os
import sys
from datetime import UTC, datetime
from importlib.metadata import distribution
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import NAMESPACE_URL, uuid5

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression
from write_licences import asked, canonical, licence, needed

ROOT = "belvedere"


def sbom(hashes: dict[str, str] | None = None, *, epoch: str | None = None) -> dict[str, Any]:
    """The document.

    Parameters
    ----------
    hashes : dict[str, str], optional
        Of each package by name: the SHA-256 of the wheel that it was installed from, where known.
    epoch : str, optional
        When the release was made, in seconds since 1970.
    """
    names = sorted(needed(ROOT))
    parts = {name: component(name, (hashes or {}).get(name)) for name in names}
    content = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {**told_time(epoch), "component": {**parts[ROOT], "type": "application"}},
        "components": [parts[name] for name in names if name != ROOT],
        "dependencies": [
            {"ref": purl(name), "dependsOn": sorted({purl(need) for need in asked(name) if need in parts})}
            for name in names
        ],
    }
    return {**content, "serialNumber": uuid5(NAMESPACE_URL, json.dumps(content, sort_keys=True)).urn}


def component(name: str, sha256: str | None) -> dict[str, Any]:
    """What is told of one package."""
    known = [{"alg": "SHA-256", "content": sha256}] if sha256 else []
    return {
        "type": "library",
        "bom-ref": purl(name),
        "name": name,
        "version": distribution(name).version,
        **({"hashes": known} if known else {}),
        "licenses": [declared(licence(name))],
        "purl": purl(name),
    }


def declared(said: str) -> dict[str, Any]:
    """A licence as an SPDX expression where it is one, else by the name that the package gives it."""
    try:
        return {"expression": canonicalize_license_expression(said), "acknowledgement": "declared"}
    except InvalidLicenseExpression:
        return {"license": {"name": said, "acknowledgement": "declared"}}


def purl(name: str) -> str:
    """The address of a package as purl-spec writes it."""
    return f"pkg:pypi/{name}@{quote(distribution(name).version, safe='')}"


def told_time(epoch: str | None) -> dict[str, str]:
    """The time of the release, if it was given."""
    return {"timestamp": datetime.fromtimestamp(int(epoch), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")} if epoch else {}


def overlooked(report: dict[str, Any]) -> set[str]:
    """What pip installed with the wheel and the document would not name, from a report of pip."""
    return {canonical(item["metadata"]["name"]) for item in report["install"]} - needed(ROOT)


def wheel_hashes(report: dict[str, Any]) -> dict[str, str]:
    """SHA-256 of each wheel by the package's name, from a report of pip."""
    return {
        canonical(item["metadata"]["name"]): item["download_info"]["archive_info"]["hashes"]["sha256"]
        for item in report["install"]
        if "sha256" in item["download_info"].get("archive_info", {}).get("hashes", {})
    }


def write(path: Path, report_path: Path | None = None) -> None:
    """Write the document; SOURCE_DATE_EPOCH is read from the environment."""
    report = json.loads(report_path.read_text(encoding="utf-8")) if report_path else {"install": []}
    if left_out := overlooked(report):
        sys.exit(
            f"The SBOM must name all that comes with the wheel, but would leave out: {', '.join(sorted(left_out))}."
        )
    document = sbom(wheel_hashes(report), epoch=os.environ.get("SOURCE_DATE_EPOCH"))
    path.write_text(json.dumps(document, indent=2, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write(*map(Path, sys.argv[1:]))
