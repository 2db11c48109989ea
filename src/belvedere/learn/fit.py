"""Train a network on a target, score it, embed all rows; or map the plain space."""

from dataclasses import asdict, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from belvedere import kinds, networks, training
from belvedere.learn.case import Case
from belvedere.learn.embedding import embed_all, embed_and_predict
from belvedere.learn.pretrained import rates_for_finetuning
from belvedere.learn.privately import epsilon_score, fit_privately, private_shape
from belvedere.learn.resume import hooks_for, told_settings
from belvedere.learn.rows import name_predictions, run_network
from belvedere.learn.score import errors_of, score
from belvedere.learn.settings import Array, Learned, LearnSettings
from belvedere.learn.solved import is_solvable, solve
from belvedere.learn.together import train_on
from belvedere.learn.transfer import begin
from belvedere.networks import Network, Shape
from belvedere.progress import Progress
from belvedere.training import Hooks, plain
from belvedere.types import Input, Target

LONG_VECTOR, MAIN_DIRECTIONS = 256, 100
# Images: so few are seen often enough for more variation to pay; still fewer are learned too briefly for it.
VARIED = range(1_000, 20_001)
VARIED_EPOCHS = 40  # shorter training does not get used to it


def learn_target(case: Case, name: str, progress: Progress) -> Learned:
    """Train a network on the target, score it on held-out rows beside a baseline, and embed all rows."""
    assert case.target is not None
    torch.manual_seed(case.settings.seed)
    target, (rows, notes) = case.target, training_rows(case)
    case = with_directions(case, rows)
    network = networks.build_network(case.inputs, target, network=name, settings=shape_for(case, rows))
    if case.settings.private:
        trained, plan, privacy = _fit_privately(network, case, rows, progress)
    else:
        (trained, plan), privacy = fit(network, case, rows, progress, hooks=hooks_for(case, name)), None
    target, temperature = with_hazards(target, network, case, rows), temperature_of(network, case)
    config = {
        **network.config(), "network": networks.portable_name(name), "target": asdict(target), "temperature": temperature,
        "settings": told_settings(case.settings), "plan": asdict(plan),
    }  # fmt: skip
    weigh_likeness(network, case, rows)
    tensors = networks.tensors_of(network)
    latent, predictions = embed_and_predict(
        case.settings.engine, case.source, network, target, temperature, progress,
        folder=case.settings.latent_folder,
    )  # fmt: skip
    scores, evaluation = score(case, predictions, rows, progress)
    predicted, confidence = name_predictions(predictions, target)
    if privacy is not None:
        scores, notes = (*scores, epsilon_score(privacy)), (*notes, privacy.sentence)
        evaluation = {**evaluation, "privacy": asdict(privacy)}
    stopped = f"Training ended by: {trained.stopped}; the network of epoch {trained.best_epoch} was kept."
    return Learned(
        case.inputs, target, latent, space_in_words(network, name, target),
        case.split, predicted, confidence, errors_of(case, predictions), scores, evaluation,
        {"loss": trained.curves}, config, tensors, (*case.notes, *notes, stopped),
    )  # fmt: skip


def weigh_likeness(network: Network, case: Case, rows: NDArray[np.int64]) -> None:
    """Give what was learned and the plain columns beside it their shares of the variance, by some training rows."""
    if network.likeness is None:
        return
    table = case.source.take(training.thin_out(rows, plain.FIT_ROWS, seed=case.settings.seed))
    batch = training.make_rows(kinds.make_arrays(table, case.inputs), np.zeros(table.num_rows)).arrays
    with torch.no_grad():
        network.likeness.weigh(batch, network.latent(batch))


def space_in_words(network: Network, name: str, target: Target) -> str:
    """Which space is mapped, and why."""
    learned = (
        f"The latent space of the network {networks.portable_name(name)!r}, learned from the target {target.name!r}"
    )
    if network.likeness is None:
        return f"{learned}: rows lie near each other when they are alike in what predicts it."
    share = f"{network.likeness.target_weight:.0%} of the variance"
    return (
        f"{learned} ({share}), beside the plain columns (the rest): rows lie near each other when they are alike in what "
        "predicts it, and in what else they hold."
    )


def training_rows(case: Case) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Numbers of the rows to learn from, thinned out where there are too many, and a sentence if so."""
    rows = case.rows_of("train")
    kept = training.thin_out(rows, case.settings.max_train_rows, seed=case.settings.seed)
    if len(kept) == len(rows):
        return rows, ()
    return kept, (f"Learned from {len(kept):,} of {len(rows):,} training rows, chosen at random.",)


def with_directions(case: Case, rows: NDArray[np.int64]) -> Case:
    """Give long vector columns the main directions of their training rows, which narrow them for the network."""
    some = training.thin_out(rows, plain.FIT_ROWS, seed=case.settings.seed)
    inputs = []
    for item in case.inputs:
        if item.kind == "vector" and int(item.info["d"]) > LONG_VECTOR and len(some) > 10 and not is_narrowed(item):
            values = kinds.make_arrays(case.source.take(some), (item,))["0.value"]
            most = min(MAIN_DIRECTIONS, max(10, len(rows) // 10))  # few rows cannot tell many directions from noise
            found = plain.fit_narrowing(values, seed=case.settings.seed, most=most)
            main = {"main_directions": found.directions / found.scale, "main_mean": found.mean}
            item = replace(item, tensors={**item.tensors, **main})
        inputs.append(item)
    return replace(case, inputs=tuple(inputs))


def is_narrowed(item: Input) -> bool:
    """Whether directions are known already, from a network that was learned before."""
    return "main_directions" in item.tensors


def shape_for(case: Case, rows: NDArray[np.int64]) -> Shape:
    """Sizes of the network as asked, and how its images may be varied."""
    s = case.settings
    if s.private:
        return private_shape(Shape(s.latent_dims, s.dropout, s.width, s.n_members))
    flip = images_may_mirror(case, rows)
    return Shape(
        s.latent_dims, s.dropout, s.width, s.n_members, flip=flip, vary=images_may_vary(s, len(rows)),
        target_weight=s.target_weight, finetune=s.finetune,
    )  # fmt: skip


def images_may_vary(settings: LearnSettings, n_rows: int) -> bool:
    """Whether images are turned, scaled and lit otherwise: neither many nor very few of them, and learned for long."""
    is_long = settings.effort >= 1 if settings.epochs is None else settings.epochs >= VARIED_EPOCHS
    return n_rows in VARIED and is_long


def images_may_mirror(case: Case, rows: NDArray[np.int64]) -> bool:
    """Whether mirroring the first image column changes no class, asked of training rows."""
    images = [position for position, item in enumerate(case.inputs) if item.kind == "image"]
    if not images or case.target is None or case.target.task not in ("binary", "multiclass"):
        return False
    some = training.thin_out(rows, 4000, seed=case.settings.seed)
    arrays = kinds.make_arrays(case.source.take(some), (case.inputs[images[0]],))
    return training.may_mirror(arrays["0.pixels"], case.labels[some], seed=case.settings.seed)


def fit(
    network: Network, case: Case, rows: NDArray[np.int64], progress: Progress, *, hooks: Hooks | None = None
) -> tuple[training.Trained, training.Plan]:
    """Train the network in place."""
    assert case.target is not None
    s, plan = case.settings, plan_for(network, case, len(rows), progress)
    if is_solvable(network, case):
        return solve(network, case, rows, progress), plan
    objective = training.objective_for(case.target.task)
    valid = rows_for(case, case.rows_of("valid"))
    losses = (objective.loss, objective.reported)
    known = rows_for(case, rows)
    if s.precision == "auto":
        plan = training.choose_precision(network, known, objective.loss, plan)
    else:
        plan = replace(plan, low_precision=s.precision == "bfloat16")
    trained = train_on(
        s.engine, network, known, valid, loss=losses, plan=plan, progress=progress, hooks=hooks or Hooks()
    )
    return trained, plan


def plan_for(network: Network, case: Case, n_rows: int, progress: Progress) -> training.Plan:
    """How long and how fast to train: as asked, else by the data's kind and size."""
    s = case.settings
    asked = {
        "epochs": s.epochs, "batch_size": s.batch_size, "learning_rate": s.learning_rate, "seed": s.seed,
        "weight_decay": s.weight_decay, "time_limit_s": s.time_limit_s, "threads": s.threads,
        **rates_for_finetuning(network, s),
        **begin(network, s, progress),
    }  # fmt: skip
    read = [(part.network, [case.inputs[p] for p in part.positions]) for part in network.parts]
    return training.default_plan(read, n_rows, effort=s.effort, **asked)


def _fit_privately(
    network: Network, case: Case, rows: NDArray[np.int64], progress: Progress
) -> tuple[training.Trained, training.Plan, training.Privacy]:
    """Train with noise; rows held out decide nothing."""
    assert case.target is not None
    data = rows_for(case, rows), rows_for(case, case.rows_of("valid"))
    plan = plan_for(network, case, len(rows), progress)
    return fit_privately(network, data, plan, case.settings, case.target, progress)


def rows_for(case: Case, rows: NDArray[np.int64]) -> training.Rows:
    """Arrays and labels of some rows, ready to learn from."""
    return training.make_rows(kinds.make_arrays(case.source.take(rows), case.inputs), case.labels[rows])


def temperature_of(network: Network, case: Case) -> float:
    """How much to cool the network's scores so that it is as sure as it is right, found on validation rows."""
    rows = case.rows_of("valid")
    if case.settings.private:  # these rows are somebody's too, and this number would be told without noise
        return 1.0
    if case.target is not None and is_solvable(network, case):  # it knows from rows left out
        return 1.0
    if case.target is None or not training.TASKS[case.target.task].is_calibrated or not len(rows):
        return 1.0
    _, outputs = run_network(network, case.source.take(rows))
    return training.fit_temperature(outputs, case.labels[rows])


def with_hazards(target: Target, network: Network, case: Case, rows: NDArray[np.int64]) -> Target:
    """Give a Cox target the hazard of a row of log risk 0, found on training rows."""
    if target.task != "cox":
        return target
    outputs = run_network(network, case.source.take(rows))[1]
    truth, edges = training.TASKS["cox"].truth(case.labels[rows], target), np.asarray(target.edges)
    return replace(target, hazards=training.baseline_hazards(outputs[:, 0], truth, edges, truth[:, 0]))


def learn_plain(case: Case, progress: Progress) -> Learned:
    """Map what the columns say, standardized: no network, nothing learned but scales."""
    progress.start("Reading", case.source.n_rows)
    rows = training.thin_out(np.arange(case.source.n_rows), plain.FIT_ROWS, seed=case.settings.seed)
    n_dims = kinds.plain_space(case.source.read(0, 1), case.inputs).shape[1]
    config, tensors = {"network": "none", "inputs": described(case.inputs)}, input_tensors(case.inputs)
    space = f"The plain space of {n_dims:,} standardized columns, because no network was asked for or needed."
    if plain.needs_narrowing(case.source.n_rows, n_dims):
        found = plain.fit_narrowing(kinds.plain_space(case.source.take(rows), case.inputs), seed=case.settings.seed)
        tensors |= {"plain.mean": found.mean, "plain.directions": found.directions}
        space = (
            f"The {len(found.directions)} main directions (PCA, {found.share:.0%} of the variance) of the plain space "
            f"of {n_dims:,} standardized columns, which is too wide to keep."
        )
    latent = embed_all(case.settings.engine, case.source, config, tensors, progress, folder=case.settings.latent_folder)
    progress.finish(f"{latent.shape[1]} dimensions")
    return Learned(case.inputs, None, latent, space, case.split, config=config, tensors=tensors, notes=case.notes)


def described(inputs: tuple[Input, ...]) -> list[dict[str, Any]]:
    """Inputs as JSON-able data."""
    return [{"name": item.name, "kind": item.kind, "info": item.info} for item in inputs]


def input_tensors(inputs: tuple[Input, ...]) -> dict[str, Array]:
    """Statistics of the inputs that are too large for JSON."""
    return {f"inputs.{i}.{name}": np.asarray(v) for i, item in enumerate(inputs) for name, v in item.tensors.items()}
