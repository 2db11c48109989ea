"""CHECKS: the visible table of checks, run in this order before anything is learned."""

from collections.abc import Callable

from belvedere.checks.constant import check_constant
from belvedere.checks.drift import check_drift, compare_sources
from belvedere.checks.duplicates import check_duplicates
from belvedere.checks.encoding import check_encoding
from belvedere.checks.entities import check_entities
from belvedere.checks.ids import check_ids
from belvedere.checks.images import check_images
from belvedere.checks.imbalance import check_imbalance
from belvedere.checks.languages import check_languages
from belvedere.checks.leakage import check_leakage
from belvedere.checks.look import Look, look_at
from belvedere.checks.missing import check_missing
from belvedere.checks.mixed import check_mixed
from belvedere.checks.near import check_near
from belvedere.checks.outliers import check_outliers
from belvedere.checks.sensitive import check_sensitive
from belvedere.checks.sequences import check_sequences
from belvedere.checks.texts import check_texts
from belvedere.checks.times import check_times
from belvedere.types import Finding, Schema, Source

CHECKS: tuple[Callable[[Look], list[Finding]], ...] = (
    check_sensitive,
    check_leakage,
    check_entities,
    check_duplicates,
    check_near,
    check_missing,
    check_constant,
    check_mixed,
    check_times,
    check_drift,
    check_encoding,
    check_texts,
    check_languages,
    check_images,
    check_sequences,
    check_outliers,
    check_imbalance,
    check_ids,
)
GRAVITY = {"serious": 0, "warning": 1, "note": 2, "good": 3}


def run_checks(source: Source, schema: Schema, *, against: Source | None = None) -> tuple[Finding, ...]:
    """Look for faults and for personal data.

    Parameters
    ----------
    source : Source
    schema : Schema
        As `learn_kinds` gave it.
    against : Source or None
        Other data to compare with: what changed, and which rows stand in both.

    Returns
    -------
    tuple of Finding
        Gravest first. Beyond a million rows a sample is looked at, and the findings say so.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from belvedere.types import Column
    >>> source = Source("tiny", pa.table({"mail": ["ann@example.org", "bob@example.org"] * 20}))
    >>> run_checks(source, Schema((Column("mail", "category"),)))[0].cure
    'belvedere map … --sensitive mail=hash (or drop, generalize, keep)'
    """
    look = look_at(source, schema)
    if look.n_rows == 0:
        return ()
    findings = [finding for check in CHECKS for finding in check(look)]
    findings += compare_sources(look, against) if against is not None else []
    return tuple(sorted(findings, key=lambda finding: GRAVITY[finding.level]))
