"""Try settings and keep the best: chosen on validation rows, scored once on rows that no trial has seen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import torch

from belvedere import networks, training
from belvedere.errors import SettingError, nearest_names
from belvedere.learn.case import Case, prepare, schema_for
from belvedere.learn.fit import fit, learn_target, shape_for, training_rows, with_directions
from belvedere.learn.settings import Learned, LearnSettings, check_settings
from belvedere.progress import Progress, Silent
from belvedere.training import Search
from belvedere.types import Schema, Source


@dataclass(frozen=True)
class Trial:
    """Settings that were tried, their loss on validation rows, and how long they took."""

    changes: dict[str, Any]
    loss: float
    seconds: float


@dataclass(frozen=True)
class Tuned:
    """All trials, best first; the best settings; and what they learned, scored on held-out rows."""

    trials: tuple[Trial, ...]
    settings: LearnSettings
    learned: Learned


def tune(
    source: Source,
    schema: Schema,
    settings: LearnSettings | None = None,
    progress: Progress | None = None,
    *,
    search: Search | None = None,
) -> Tuned:
    """Search settings by the loss on validation rows, then learn with the best.

    The held-out rows are scored once, at the end; no choice is made on them.

    Parameters
    ----------
    source, schema, settings, progress :
        As for `learn`; there must be a target.
    search : Search, optional
        Which fields of `LearnSettings` to try which values of, and how; by default 12 random combinations of learning
        rate, dropout and weight decay.

    Raises
    ------
    SettingError
        If a setting in the space is unknown or out of range, or there is no target.
    """
    settings, progress = settings or LearnSettings(), progress or Silent()
    search = search or Search()
    _check_space(search.space)
    tried = [replace(settings, **changes) for changes in training.candidates(search, seed=settings.seed)]
    for trial in tried:
        check_settings(trial)
    case = prepare(source, schema_for(schema, settings), settings)
    if case.target is None:
        raise SettingError("Tuning must have a target to predict, but has none. Name one with --target.")
    names = list(search.space)
    trials = []
    for number, trial in enumerate(tried, start=1):
        with training.threads_for(trial.threads):
            trials.append(_try(replace(case, settings=trial), names, progress))
        progress.say(f"Trial {number} of {len(tried)}: {trials[-1].changes}, validation loss {trials[-1].loss:.4f}")
    trials.sort(key=lambda trial: trial.loss)
    best = replace(settings, **trials[0].changes)
    name = networks.choose_network(case.inputs, case.target, best.network).name
    with training.threads_for(best.threads):
        return Tuned(tuple(trials), best, learn_target(replace(case, settings=best), name, progress))


def _check_space(space: Mapping[str, Sequence[Any]]) -> None:
    fixed = {"target", "task", "holdout", "seed"}  # these decide what is asked, not how well it is answered
    known = [field.name for field in fields(LearnSettings) if field.name not in fixed]
    for name in space:
        if name not in known:
            raise SettingError(f"There is no setting {name!r} to search. {nearest_names(name, known)}")


def _try(case: Case, names: list[str], progress: Progress) -> Trial:
    """Train once; the loss is the lowest on validation rows."""
    torch.manual_seed(case.settings.seed)
    rows, _ = training_rows(case)
    case = with_directions(case, rows)
    name = networks.choose_network(case.inputs, case.target, case.settings.network).name
    network = networks.build_network(case.inputs, case.target, network=name, settings=shape_for(case, rows))
    trained, _ = fit(network, case, rows, progress)
    losses = [loss for loss in trained.curves["valid"] if np.isfinite(loss)]
    changes = {name: getattr(case.settings, name) for name in names}
    return Trial(changes, min(losses, default=float("inf")), trained.seconds)
