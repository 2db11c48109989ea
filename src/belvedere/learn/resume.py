"""Going on with learning that was stopped: what a checkpoint belongs to, and where it lies."""

import hashlib
import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from belvedere.learn.case import Case
from belvedere.learn.settings import LearnSettings
from belvedere.networks import portable_name
from belvedere.training import Checkpoint, Hooks

# may differ when going on
FREE = {
    "time_limit_s": None,
    "threads": None,
    "checkpoint": None,
    "resume": False,
    "latent_folder": None,
    "engine": None,
}


def portable(settings: LearnSettings) -> LearnSettings:
    """The settings without what concerns only this run on this machine."""
    return replace(settings, checkpoint=None, resume=False, start_from=None, latent_folder=None)


def told_settings(settings: LearnSettings) -> dict[str, Any]:
    """The settings as a map keeps them: nothing of this run, and not where on a disk a pretrained encoder lay."""
    settings = portable(settings)
    told = asdict(replace(settings, network=portable_name(settings.network)))
    return {name: value for name, value in told.items() if name != "engine"}


def hooks_for(case: Case, name: str) -> Hooks:
    """The checkpoint that was asked for, marked with the data, the settings and the network that it belongs to."""
    s = case.settings
    if s.checkpoint is None:
        return Hooks()
    words = [case.source.fingerprint, case.source.n_rows, case.schema.names, name, asdict(s) | FREE]
    key = hashlib.sha256(json.dumps(words, sort_keys=True, default=str).encode()).hexdigest()
    return Hooks(checkpoint=Checkpoint(Path(s.checkpoint), key, s.resume))
