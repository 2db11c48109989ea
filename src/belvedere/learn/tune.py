"""Try settings and keep the best: chosen on validation rows, scored once on rows that no trial has seen."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, get_args

import numpy as np
import torch

from belvedere import networks, training
from belvedere.errors import SettingError, StoppedError, nearest_names
from belvedere.learn.case import Case, prepare, schema_for
from belvedere.learn.fit import fit, learn_target, shape_for, training_rows, with_directions
from belvedere.learn.forecast import refuse_forecast
from belvedere.learn.settings import Learned, LearnSettings, check_settings, refuse_private
from belvedere.learn.solved import with_kernels
from belvedere.learn.trials import Study, study_key
from belvedere.progress import Progress, Silent
from belvedere.training import Hooks, Matter, Range, Search, Space, Trial
from belvedere.types import Schema, Source


@dataclass(frozen=True)
class Tuned:
    """All trials, best first; the best settings; what they learned, scored on held-out rows; what mattered."""

    trials: tuple[Trial, ...]
    settings: LearnSettings
    learned: Learned
    matters: tuple[Matter, ...] = ()


def tune(
    source: Source,
    schema: Schema,
    settings: LearnSettings | None = None,
    progress: Progress | None = None,
    *,
    search: Search | None = None,
    store: Path | None = None,
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
    store : Path, optional
        SQLite file that keeps each finished trial. Trials of the same search on the same data that are there already
        are not tried again, so a search that was stopped goes on.

    Raises
    ------
    SettingError
        If a setting in the space is unknown or out of range, or there is no target.
    StoppedError
        If the person stopped the search before a trial was finished.
    """
    settings, progress, search = settings or LearnSettings(), progress or Silent(), search or Search()
    training.check_search(search)
    refuse_private(settings, "Tuning")
    refuse_forecast(settings, "Tuning")
    check_space(search.space, settings)
    case = prepare(source, schema_for(schema, settings), settings)
    if case.target is None:
        raise SettingError("Tuning must have a target to predict, but has none. Name one with --target.")
    _check_networks(case, search.space)
    study = Study(store, study_key(source.fingerprint, case.target.name, settings, search))
    _run(case, study, search, progress)
    trials = sorted(study.trials, key=lambda trial: (trial.pruned, trial.loss))
    best = replace(settings, **trials[0].changes)
    case = with_kernels(replace(case, settings=best))
    name = networks.choose_network(case.inputs, case.target, best.network).name
    with training.threads_for(best.threads):
        learned = learn_target(case, name, progress)
    return Tuned(tuple(trials), best, learned, training.what_mattered(study.trials, seed=settings.seed))


def _run(case: Case, study: Study, search: Search, progress: Progress) -> None:
    """Try what has not been tried yet, until all trials are done or the person stops."""
    n_trials = training.count_trials(search)
    del study.trials[n_trials:]
    if study.trials:
        progress.say(f"Going on after {len(study.trials)} of {n_trials} trials kept in {study.path}.")
    while len(study.trials) < n_trials:
        changes = training.propose(search, study.trials, seed=case.settings.seed)
        trial = _try(replace(case, settings=replace(case.settings, **changes)), changes, study.trials, search, progress)
        if trial is None:
            break
        study.add(trial)
        said = f"validation loss {trial.loss:.4f}{', given up' if trial.pruned else ''}"
        progress.say(f"Trial {len(study.trials)} of {n_trials}: {_spell(changes)}: {said}")
    if not study.trials:
        raise StoppedError("Stopped before the first trial was finished; nothing was written.")


def _spell(changes: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in changes.items())


def _try(
    case: Case, changes: dict[str, Any], before: Sequence[Trial], search: Search, progress: Progress
) -> Trial | None:
    """Train once; the loss is the lowest on validation rows. None if the person stopped it."""
    torch.manual_seed(case.settings.seed)
    rows, _ = training_rows(case)
    case = with_kernels(with_directions(case, rows))
    name = networks.choose_network(case.inputs, case.target, case.settings.network).name
    network = networks.build_network(case.inputs, case.target, network=name, settings=shape_for(case, rows))
    hooks = Hooks(give_up=lambda curve, epochs: search.prune and training.is_behind(curve, before, epochs=epochs))
    with training.threads_for(case.settings.threads):
        trained, plan = fit(network, case, rows, progress, hooks=hooks)
    if trained.stopped == "interrupted":
        return None
    curve = trained.curves["valid"]
    loss = min((loss for loss in curve if np.isfinite(loss)), default=float("inf"))
    return Trial(changes, loss, trained.seconds, tuple(curve), plan.epochs, trained.stopped == "given up")


def check_space(space: Space, settings: LearnSettings) -> None:
    """Refuse settings that cannot be searched, and values of another sort or out of their range.

    Raises
    ------
    SettingError
        Naming the setting, what it must be and what was found.
    """
    fixed = {"target", "task", "holdout", "seed"}  # these decide what is asked, not how well it is answered
    known = {field.name: field.type for field in fields(LearnSettings) if field.name not in fixed}
    for name, values in space.items():
        if name not in known:
            raise SettingError(f"There is no setting {name!r} to search. {nearest_names(name, list(known))}")
        for value in (values.low, values.high) if isinstance(values, Range) else values:
            if not _is_of(value, known[name]):
                raise SettingError(f"{name!r} must be {_sort_of(known[name])}, but is {value!r}.")
            changed: dict[str, Any] = {name: value}
            check_settings(replace(settings, **changed))


def _is_of(value: Any, kind: Any) -> bool:
    """Whether a value is of a field's type; a whole number is a number, and a network may be anything but a number or a list."""
    if kind is Any:
        return not isinstance(value, int | float | list | dict | None)
    return type(value) in (sorts := get_args(kind) or (kind,)) or (type(value) is int and float in sorts)


def _sort_of(kind: Any) -> str:
    """A field's type as a person says it."""
    names = {str: "a word", int: "a whole number", float: "a number", bool: "true or false"}
    return next((name for sort, name in names.items() if sort in (get_args(kind) or (kind,))), "a name")


def _check_networks(case: Case, space: Space) -> None:
    """Refuse a network that does not suit the columns before the first trial, not in the middle."""
    names = space.get("network", ())
    for name in () if isinstance(names, Range) else names:
        networks.choose_network(case.inputs, case.target, name)
