"""The house is in order: light doors, one version, no network hosts, no strangers' names."""

import subprocess
import sys
from pathlib import Path

import belvedere

ROOT = Path(__file__).parents[1]


def loaded_after(statement: str) -> set[str]:
    """Top-level modules that are loaded after a statement in a fresh interpreter."""
    code = f"{statement}\nimport sys\nprint(' '.join({{m.split('.')[0] for m in sys.modules}}))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(out.stdout.split())


def test_importing_belvedere_loads_nothing_heavy() -> None:
    heavy = {"torch", "numba", "faiss", "sklearn", "scipy", "fastapi", "pandas"}

    assert loaded_after("import belvedere") & heavy == set()


def test_the_command_line_loads_nothing_heavy_before_it_is_needed() -> None:
    heavy = {"torch", "numba", "faiss", "sklearn", "scipy", "fastapi", "pandas", "pyarrow"}

    assert loaded_after("import belvedere.cli") & heavy == set()


def test_every_public_name_exists_and_is_sorted() -> None:
    assert belvedere.__all__ == sorted(belvedere.__all__)
    assert [name for name in belvedere.__all__ if not hasattr(belvedere, name)] == []


def test_a_map_opens_without_torch() -> None:
    assert "torch" not in loaded_after(
        "from belvedere.mapfolder import open_folder\nfrom belvedere.serve import build_app"
    )
