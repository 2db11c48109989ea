"""Which columns of a map are personal, so that they must not leave, and which are sensitive, so that one must look."""

from belvedere.checks.look import look_at
from belvedere.checks.personal import ATTRIBUTES, spaced
from belvedere.checks.sensitive import check_sensitive
from belvedere.types import MapContent, Source


def personal_columns(content: MapContent) -> tuple[str, ...]:
    """Columns that hold names, addresses, numbers of people and the like, or keyed hashes of them."""
    look = look_at(Source(content.name, content.rows), content.schema)
    found = {finding.column for finding in check_sensitive(look) if finding.level in ("serious", "warning")}
    hashed = {name for name, what in content.provenance.get("sensitive", {}).items() if what == "hash"}
    return tuple(name for name in content.schema.names if name in found | hashed)


def sensitive_columns(content: MapContent) -> tuple[str, ...]:
    """Columns whose names tell of what may hurt people: health, origin, belief and the like, or where they live."""
    look = look_at(Source(content.name, content.rows), content.schema)
    noted = {f.column for f in check_sensitive(look) if f.level == "note"}
    return tuple(name for name in content.schema.names if name in noted or ATTRIBUTES.search(spaced(name)))
