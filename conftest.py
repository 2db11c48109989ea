"""What pytest must not read: modules of optional extras that are not installed here."""

from importlib.util import find_spec

collect_ignore = [] if find_spec("anywidget") else ["src/belvedere/widget.py"]
