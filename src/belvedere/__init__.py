"""Belvedere: deep networks learn a large dataset and draw it as a map that a person can trust, explore and share.

Nothing heavy is imported until it is used: `import belvedere` and `belvedere --help` answer at once.
"""

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

from belvedere.version import __version__

# Read by OpenMP when torch, faiss or numba load it: threads that wait sleep. Threads that spin slow the many short
# loops of the layout down as soon as anything else runs on the machine.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

if TYPE_CHECKING:
    from belvedere.api import map, open
    from belvedere.draw import DrawSettings
    from belvedere.estimator import DeepMap
    from belvedere.learn import LearnSettings
    from belvedere.maps import Map, Placed

_HOMES = {
    "DeepMap": "belvedere.estimator",
    "DrawSettings": "belvedere.draw",
    "LearnSettings": "belvedere.learn",
    "Map": "belvedere.maps",
    "Placed": "belvedere.maps",
    "map": "belvedere.api",
    "open": "belvedere.api",
}

__all__ = ["DeepMap", "DrawSettings", "LearnSettings", "Map", "Placed", "__version__", "map", "open"]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module 'belvedere' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
