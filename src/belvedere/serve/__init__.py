"""The explorer's server: routes in `app`, the lock on the door in `guard`, one function per answer in `answers`."""

from belvedere.serve.app import build_app
from belvedere.serve.run import serve_map

__all__ = ["build_app", "serve_map"]
