"""What pytest must not read: modules of optional extras that are not installed here; and which tests go one by one."""

from importlib.util import find_spec

import pytest

NEEDS = {"src/belvedere/widget.py": "anywidget", "tests/keras_parity.py": "keras"}
collect_ignore = [path for path, extra in NEEDS.items() if find_spec(extra) is None]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One worker runs all tests that open a browser: two browsers that draw without a graphics card starve each other."""
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.xdist_group("browser"))
