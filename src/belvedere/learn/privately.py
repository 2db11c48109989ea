"""Private learning: what can be guaranteed is done, what cannot is refused in a sentence."""

from dataclasses import replace
from typing import Any

from belvedere import training
from belvedere.errors import SettingError
from belvedere.learn.settings import LearnSettings
from belvedere.networks import Network, Shape
from belvedere.progress import Progress
from belvedere.training import Plan, Privacy, Rows, Trained
from belvedere.types import Score, Target

WIDTH = 64
TASKS = ("binary", "multiclass", "regression", "multilabel")  # whose loss is each row's own


def refuse_unprivate(settings: LearnSettings) -> None:
    """Refuse settings that private training cannot keep its promise with, before any data are looked at.

    Raises
    ------
    SettingError
        In one sentence, with what to do.
    """
    reasons = {
        "start_from": "a network taken over was learned without noise from rows that no budget counts",
        "group": "the guarantee is for single rows, and groups say that several belong to one",
        "resume": "the noise of a run cannot be taken up again",
    }
    for name, reason in reasons.items():
        if getattr(settings, name):
            raise SettingError(f"Private training cannot be promised with '{name}': {reason}. Leave one of them out.")
    if settings.task == "recommend":
        raise SettingError("Private training must keep rows apart, but 'recommend' learns from who goes with what.")


def refuse_pairs(target: Target | None) -> None:
    """Refuse to learn from rows compared with each other.

    Raises
    ------
    SettingError
        Where there is no target, or its loss is not each row's own.
    """
    if target is None:
        raise SettingError(
            "Private training must have a target: without one, networks learn by comparing rows with each other, and what "
            "one row gives cannot be told from the rest. Name one with --target."
        )
    if target.task not in TASKS:
        raise SettingError(
            f"Private training must have a loss of each row by itself, but the task {target.task!r} has none that is "
            f"known to be. It can do: {', '.join(TASKS)}."
        )


def private_shape(shape: Shape) -> Shape:
    """Sizes for private learning: one narrow member, no dropout unless asked, and no share of the plain columns.

    Noise falls on every weight, so that few weights learn more than many.
    """
    width = shape.width or WIDTH
    return replace(
        shape, width=width, dropout=shape.dropout or 0.0, n_members=shape.n_members or 1, flip=False, target_weight=1.0
    )


def fit_privately(
    network: Network, data: tuple[Rows, Rows], plan: Plan, settings: LearnSettings, target: Target, progress: Progress
) -> tuple[Trained, Plan, Privacy]:
    """Train in place within the budget, on the first rows of `data`; the second are only reported on."""
    rows, valid = data
    delta = training.check_budget(settings.epsilon, settings.delta, len(rows))
    objective = training.objective_for(target.task)
    plan = training.private_plan(plan, len(rows), batch_size=settings.batch_size)
    plan = replace(plan, epochs=settings.epochs or plan.epochs)
    _rest(network)
    trained, privacy = training.train_privately(
        network, rows, valid, loss=(objective.loss, objective.reported), plan=plan, progress=progress,
        budget=(settings.epsilon, delta),
    )  # fmt: skip
    return trained, plan, privacy


def _rest(network: Network) -> None:
    """Vectors of single n-grams rest at zero: millions of noisy weights would drown what the rest learns."""
    for encoder in network.encoders:
        vectors: Any = dict(encoder.named_parameters(recurse=False)).get("embed")
        if vectors is not None and getattr(encoder, "project", None) is not None:
            vectors.data.zero_()
            vectors.requires_grad_(False)


def epsilon_score(privacy: Privacy) -> Score:
    """The spent budget among the scores."""
    about = f"privacy of the network's weights, delta {privacy.delta:.1e}, not of the map"
    return Score("epsilon", privacy.epsilon, about, higher_is_better=False)
