"""The explorer's server: routes in `app`, the lock on the door in `guard`, one function per answer in `answers`."""

from belvedere.serve.app import build_app
from belvedere.serve.inside import Inside
from belvedere.serve.run import serve_map
from belvedere.serve.served import Served
from belvedere.serve.watch import Watching, start_watching

__all__ = ["Inside", "Served", "Watching", "build_app", "serve_map", "start_watching"]
