"""Frozen values read back from manifest.json and regions.json."""

import dataclasses
from typing import Any

from belvedere.types import Column, Finding, Region, Schema, Score

VALUES = {"scores": Score, "findings": Finding, "regions": Region}


def read_values(name: str, plain: list[dict[str, Any]]) -> tuple[Any, ...]:
    """Frozen values of one list in the manifest; fields of a later minor version are passed over."""
    kind = VALUES[name]
    fields = {f.name: f for f in dataclasses.fields(kind)}
    return tuple(kind(**{k: _thaw(v) for k, v in item.items() if k in fields}) for item in plain)


def _thaw(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def read_schema(plain: list[dict[str, Any]]) -> Schema:
    """The schema as written in the manifest."""
    return Schema(tuple(Column(c["name"], c["kind"], c["role"], c.get("why", "")) for c in plain))
