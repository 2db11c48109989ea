"""Make the golden map folders: `python tests/golden/make_golden.py`. Run only when the format changes; then commit them.

Three tiny maps that readers in Python and TypeScript must understand for ever: `mixed.map` (every kind of column, names
in several scripts, a tag), `least.map` (one row, nothing learned) and `empty.map` (no rows).
"""

import sys
from pathlib import Path

import numpy as np
import pyarrow as pa

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from belvedere.mapfolder import add_tag, save  # noqa: E402
from belvedere.types import Column, MapContent, Schema  # noqa: E402
from make_fake_map import make_fake_content  # noqa: E402


def least(n_rows: int) -> MapContent:
    """A map with nothing but places."""
    rows = pa.table({"长度": pa.array(np.arange(n_rows) + 0.5)})
    schema = Schema((Column("长度", "number", "input", "decimals"),))
    return MapContent("Least", schema, rows, np.full((n_rows, 2), 0.25, np.float32))


def main() -> None:
    """Write the three folders."""
    save(make_fake_content(24, seed=5, name="Golden objects"), HERE / "mixed.map")
    add_tag(HERE / "mixed.map", "looked at", [0, 5, 23])
    save(least(1), HERE / "least.map")
    save(least(0), HERE / "empty.map")


if __name__ == "__main__":
    main()
