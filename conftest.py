"""What pytest must not read: modules of optional extras that are not installed here."""

from importlib.util import find_spec

NEEDS = {"src/belvedere/widget.py": "anywidget", "tests/keras_parity.py": "keras"}
collect_ignore = [path for path, extra in NEEDS.items() if find_spec(extra) is None]
