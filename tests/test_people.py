"""Personal columns of 25 kinds in 6 locales are named, harmless ones are not."""

import pyarrow as pa
import pytest
from tests import people

from belvedere.checks import run_checks
from belvedere.kinds import learn_kinds
from belvedere.sources import open_source


def named(columns: dict[str, list[object]]) -> set[str]:
    """Columns that a finding calls sensitive."""
    source = open_source(pa.table(columns))
    findings = run_checks(source, learn_kinds(source))
    return {finding.column for finding in findings if finding.check == "sensitive"}


@pytest.mark.parametrize("locale", people.LOCALES)
def test_personal_columns_are_named_in_every_locale(locale: str) -> None:
    columns = people.personal_columns(locale, seed=3, n=150)

    found = named(dict(columns.values()))

    assert [kind for kind, (name, _) in columns.items() if name not in found] == []
    assert len(columns) == 25


def test_harmless_columns_are_left_alone() -> None:
    assert named(people.harmless_columns(seed=3, n=150)) == set()
