"""The explorer in a real, headless browser: what a person does, on an invented map, served as `belvedere view` does."""

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
VIEWER = ROOT / "viewer"
CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
)

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def missing_tool():
    """Name the first thing that a browser test needs and this machine lacks."""
    if CHROMIUM is None:
        return "Chromium is not installed"
    if shutil.which("node") is None:
        return "Node is not installed"
    if not (VIEWER / "node_modules/playwright-core").exists():
        return "viewer/node_modules is missing: run `npm ci` in viewer/"
    if not (ROOT / "src/belvedere/viewer/index.html").exists():
        return "the explorer was not built: run `npm run build` in viewer/"
    return None


def make_fake_content(n_rows):
    """The invented map of `make_fake_map.py`."""
    spec = importlib.util.spec_from_file_location("make_fake_map", ROOT / "tests/make_fake_map.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.make_fake_content(n_rows)


@pytest.fixture(scope="module")
def map_folder(tmp_path_factory):
    """An invented map of 100,000 rows, saved."""
    from belvedere.mapfolder import save

    path = tmp_path_factory.mktemp("browser") / "fake.map"
    save(make_fake_content(100_000), path)
    return path


@pytest.mark.skipif(missing_tool() is not None, reason=str(missing_tool()))
def test_a_person_finds_their_way_through_the_explorer(map_folder):
    """Hover, color, filter, brush, lasso, search, table, row, language, theme, address, phone: no error, no stranger asked."""
    env = os.environ | {"PYTHON": sys.executable, "CHROMIUM": str(CHROMIUM)}
    command = ["node", "tests/e2e/run.mjs", str(map_folder)]
    done = subprocess.run(command, cwd=VIEWER, env=env, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "all passed" in done.stdout
