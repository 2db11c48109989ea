"""Data quality and personal data: one file per check, `CHECKS` is the visible table."""

from belvedere.checks.decide import apply_decisions, parse_decisions
from belvedere.checks.distance import column_distance
from belvedere.checks.labels import label_quality, suspicious_labels
from belvedere.checks.run import CHECKS, run_checks

__all__ = [
    "CHECKS",
    "apply_decisions",
    "column_distance",
    "label_quality",
    "parse_decisions",
    "run_checks",
    "suspicious_labels",
]
