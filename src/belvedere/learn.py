"""Learn a table: kinds -> arrays -> network -> training -> latent vectors, scores, and the baseline beside them.

`learn` reads like a table of contents; `embed_rows` and `predict_rows` put new rows through what was learned.
"""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
import pyarrow as pa
import torch
from numpy.typing import NDArray

from belvedere import kinds, networks, training
from belvedere.errors import ColumnError, SettingError
from belvedere.networks import Network, Shape
from belvedere.progress import Progress, Silent
from belvedere.training import plain
from belvedere.types import Floats, Input, Schema, Score, Source, Target

Array = NDArray[Any]
FIT_ROWS = 200_000  # statistics of the columns are learned from at most this many training rows
PLAIN_CHUNK, NETWORK_CHUNK = 16_384, 4_096  # rows held in memory as arrays at a time
UNLABELLED = "unlabelled"


@dataclass(frozen=True)
class LearnSettings:
    """Everything a person may choose about learning; None means: chosen by the data's kind and size.

    Attributes
    ----------
    target : str or None
        The column to predict; None takes the schema's target, if any.
    task : str or None
        'binary', 'multiclass' or 'regression'; None reads it from the column.
    network : str
        'auto', 'none', or a name in `belvedere.networks.NETWORKS` (several joined by '+').
    epochs, batch_size, learning_rate, weight_decay, dropout, width, n_members :
        Of the training and the network.
    latent_dims : int
        Dimensions of the vector that each row becomes.
    time_limit_s : float or None
        Seconds of training; a model always comes back. With a limit, results depend on the machine's speed.
    holdout : float
        Share of the rows held out and scored, 0 < holdout < 1, where no `split` column says which.
    max_train_rows : int
        More training rows than this are thinned out at random, and a note says so.
    seed, threads : int
    """

    target: str | None = None
    task: str | None = None
    network: str = "auto"
    epochs: int | None = None
    batch_size: int | None = None
    learning_rate: float | None = None
    weight_decay: float | None = None
    dropout: float | None = None
    width: int | None = None
    n_members: int | None = None
    latent_dims: int = 64
    time_limit_s: float | None = None
    holdout: float = 0.2
    max_train_rows: int = 200_000
    seed: int = 0
    threads: int | None = None


@dataclass(frozen=True)
class Learned:
    """What was learned, for all rows in their order.

    Attributes
    ----------
    inputs : tuple of Input
    target : Target or None
    latent : float32 (rows, dims)
        One vector per row; distances between them are what the map draws.
    space : str
        One sentence: which space this is, and why.
    split : (rows,) array of str
        'train', 'valid', 'test', or 'unlabelled' where the target is missing.
    predicted : (rows,) array or None
        Class names, or numbers in the target's units.
    confidence : float32 (rows,) or None
        Probability of the predicted class.
    error : float32 (rows,) or None
        1 - probability of the true class, or the absolute error; NaN where the label is missing.
    scores, evaluation, curves :
        Measured on held-out rows, the baseline in each score.
    config, tensors :
        What `embed_rows` and `predict_rows` need, JSON-able and arrays.
    notes : tuple of str
        One sentence for each thing that was decided.
    """

    inputs: tuple[Input, ...]
    target: Target | None
    latent: Floats
    space: str
    split: Array
    predicted: Array | None = None
    confidence: Floats | None = None
    error: Floats | None = None
    scores: tuple[Score, ...] = ()
    evaluation: dict[str, Any] = field(default_factory=dict)
    curves: dict[str, Any] = field(default_factory=dict)
    config: dict[str, Any] = field(default_factory=dict)
    tensors: dict[str, Array] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Case:
    """What is learned: the data, the roles, which rows are for what, and what the columns look like."""

    source: Source
    schema: Schema
    settings: LearnSettings
    inputs: tuple[Input, ...]
    target: Target | None
    labels: Array  # (rows,) codes or standardized numbers; empty without a target
    split: Array
    notes: tuple[str, ...]

    def rows_of(self, part: str) -> NDArray[np.int64]:
        """Numbers of the rows in one part of the split."""
        return np.flatnonzero(self.split == part)


def learn(
    source: Source, schema: Schema, settings: LearnSettings | None = None, progress: Progress | None = None
) -> Learned:
    """Learn a table and make one latent vector of every row.

    Parameters
    ----------
    source : Source
    schema : Schema
        Kinds and roles; a column in the role of target is learned.
    settings : LearnSettings, optional
    progress : Progress, optional

    Returns
    -------
    Learned

    Raises
    ------
    SettingError
        If a setting is out of its range or the network cannot read these columns.
    ColumnError
        If the target does not exist, is empty or constant, or a split column says something else.
    """
    settings, progress = settings or LearnSettings(), progress or Silent()
    check_settings(settings)
    torch.set_num_threads(training.thread_count(settings.threads))
    case = prepare(source, schema_for(schema, settings), settings)
    choice = networks.choose_network(case.inputs, case.target, settings.network)
    progress.say(choice.why)
    case = replace(case, notes=(choice.why, *case.notes))
    if choice.name == "none":
        return learn_plain(case, progress)
    return learn_target(case, choice.name, progress)


def check_settings(settings: LearnSettings) -> None:
    """Refuse settings out of their range.

    Raises
    ------
    SettingError
        Naming the setting, its range and what was found.
    """
    whole = ("epochs", "batch_size", "width", "n_members", "latent_dims", "max_train_rows", "threads")
    for name in (*whole, "learning_rate", "time_limit_s"):
        value = getattr(settings, name)
        if value is not None and not value > 0:
            raise SettingError(f"{name} must be above 0, but is {value!r}. Choose a larger one, or leave it out.")
    for name in ("holdout", "dropout"):
        value = getattr(settings, name)
        if value is not None and not (0 <= value < 1 and (name == "dropout" or value > 0)):
            raise SettingError(f"{name} must lie between 0 and 1, but is {value!r}. Try 0.2.")


def schema_for(schema: Schema, settings: LearnSettings) -> Schema:
    """Give the columns their roles: the target asked for, and a column `split` that says which rows are held out."""
    if settings.target is not None and schema[settings.target].role != "target":
        for column in schema.of_role("target"):
            schema = schema.with_column(column.name, role="input")
        schema = schema.with_column(settings.target, role="target")
    if not schema.inputs:
        found = ", ".join(f"{column.name} ({column.role})" for column in schema)
        raise ColumnError(f"There must be a column to learn from, but found only {found}. Give one the role of input.")
    return schema


def prepare(source: Source, schema: Schema, settings: LearnSettings) -> Case:
    """Decide which rows are for what, and learn the columns' statistics from training rows only."""
    target, labels = read_target(source, schema, settings)
    split, notes = read_split(source, schema, labels, settings)
    rows = training.thin_out(np.flatnonzero(split == "train"), FIT_ROWS, seed=settings.seed)
    inputs = kinds.fit_inputs(source.take(rows), schema, seed=settings.seed)
    return Case(source, schema, settings, inputs, target, labels, split, notes)


def read_target(source: Source, schema: Schema, settings: LearnSettings) -> tuple[Target | None, Array]:
    """What is to be predicted, and every row's label: a code, or a number; -1 or NaN where it is missing."""
    if schema.target is None:
        return None, np.empty(0)
    column = source.table.column(schema.target.name)
    target = kinds.fit_target(column, schema.target.name, task=settings.task)
    labels = kinds.encode_target(column, target)
    values, counts = np.unique(labels[is_labelled(labels)], return_counts=True)
    if len(values) < 2:
        found = "no value at all" if not len(values) else f"only one in {int(counts[0]):,} rows"
        raise ColumnError(
            f"The target {target.name!r} must hold at least two different values, but holds {found}. "
            "Choose another target, or map without one."
        )
    return target, labels


def is_labelled(labels: Array) -> NDArray[np.bool_]:
    """Which rows have a label."""
    return np.asarray(labels >= 0 if labels.dtype.kind in "iu" else np.isfinite(labels))


def read_split(source: Source, schema: Schema, labels: Array, settings: LearnSettings) -> tuple[Array, tuple[str, ...]]:
    """The part that each row belongs to, and a sentence on how that came about."""
    given = schema.of_role("split")
    split = np.full(source.n_rows, "train", dtype="<U10")
    if given:
        split = training.given_split(source.table.column(given[0].name).to_pylist(), given[0].name)
    if not len(labels):
        return split, ()
    known = np.flatnonzero(is_labelled(labels))
    share = valid_share(len(known))
    if given and (split[known] == "test").any():
        split[known] = training.with_valid(
            split[known], training.strata_of(labels[known]), share=share, seed=settings.seed
        )
        how = f"the column {given[0].name!r}"
    else:
        split[known] = training.random_split(labels[known], holdout=settings.holdout, valid=share, seed=settings.seed)
        how = f"chance (seed {settings.seed}), every class alike"
    missing = np.flatnonzero(~is_labelled(labels))
    split[missing] = UNLABELLED
    counts = [int((split == part).sum()) for part in ("train", "valid", "test")]
    note = "Learned from {:,} rows, stopped by {:,}, scored on {:,}, parted by {}.".format(*counts, how)
    more = (f"{len(missing):,} rows without a label were not learned from; they are mapped.",) if len(missing) else ()
    return split, (note, *more)


def valid_share(n_rows: int) -> float:
    """Share of the training rows that decide when to stop: 15 % of few rows, 5 % of many."""
    return min(0.15, max(0.05, 2000 / max(1, n_rows)))


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
    latent = embed_all(case.source, config, tensors, progress)
    progress.finish(f"{latent.shape[1]} dimensions")
    return Learned(case.inputs, None, latent, space, case.split, config=config, tensors=tensors, notes=case.notes)


def learn_target(case: Case, name: str, progress: Progress) -> Learned:
    """Train a network on the target, score it on held-out rows beside a baseline, and embed all rows."""
    assert case.target is not None
    torch.manual_seed(case.settings.seed)
    rows, notes = training_rows(case)
    network = networks.build_network(case.inputs, case.target, network=name, settings=shape_for(case, rows))
    trained, plan = fit(network, case, rows, progress)
    temperature = temperature_of(network, case)
    config = {
        **network.config(), "network": name, "target": asdict(case.target), "temperature": temperature,
        "settings": asdict(case.settings), "plan": asdict(plan),
    }  # fmt: skip
    tensors = networks.tensors_of(network)
    latent, predictions = embed_and_predict(case.source, network, case.target, temperature, progress)
    scores, evaluation = score(case, predictions, rows, progress)
    predicted, confidence = name_predictions(predictions, case.target)
    stopped = f"Training ended by: {trained.stopped}; the network of epoch {trained.best_epoch} was kept."
    return Learned(
        case.inputs, case.target, latent, f"The latent space of the network {name!r}, learned from the target "
        f"{case.target.name!r}: rows lie near each other when they are alike in what predicts it.",
        case.split, predicted, confidence, errors_of(case, predictions), scores, evaluation,
        {"loss": trained.curves}, config, tensors, (*case.notes, *notes, stopped),
    )  # fmt: skip


def training_rows(case: Case) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Numbers of the rows to learn from, thinned out where there are too many, and a sentence if so."""
    rows = case.rows_of("train")
    kept = training.thin_out(rows, case.settings.max_train_rows, seed=case.settings.seed)
    if len(kept) == len(rows):
        return rows, ()
    return kept, (f"Learned from {len(kept):,} of {len(rows):,} training rows, chosen at random.",)


def shape_for(case: Case, rows: NDArray[np.int64]) -> Shape:
    """Sizes of the network as asked, and whether its images may be mirrored."""
    s = case.settings
    return Shape(s.latent_dims, s.dropout, s.width, s.n_members, flip=images_may_mirror(case, rows))


def images_may_mirror(case: Case, rows: NDArray[np.int64]) -> bool:
    """Whether mirroring the first image column changes no class, asked of training rows."""
    images = [position for position, item in enumerate(case.inputs) if item.kind == "image"]
    if not images or case.target is None or case.target.task == "regression":
        return False
    some = training.thin_out(rows, 4000, seed=case.settings.seed)
    arrays = kinds.make_arrays(case.source.take(some), (case.inputs[images[0]],))
    return training.may_mirror(arrays["0.pixels"], case.labels[some], seed=case.settings.seed)


def fit(
    network: Network, case: Case, rows: NDArray[np.int64], progress: Progress
) -> tuple[training.Trained, training.Plan]:
    """Train the network in place."""
    assert case.target is not None
    s = case.settings
    asked = {
        "epochs": s.epochs, "batch_size": s.batch_size, "learning_rate": s.learning_rate, "seed": s.seed,
        "weight_decay": s.weight_decay, "time_limit_s": s.time_limit_s, "threads": s.threads,
    }  # fmt: skip
    read = [(part.network, [case.inputs[p] for p in part.positions]) for part in network.parts]
    plan = training.default_plan(read, len(rows), **asked)
    objective = training.objective_for(case.target.task)
    valid = rows_for(case, case.rows_of("valid"))
    losses = (objective.loss, objective.reported)
    return training.train(network, rows_for(case, rows), valid, loss=losses, plan=plan, progress=progress), plan


def rows_for(case: Case, rows: NDArray[np.int64]) -> training.Rows:
    """Arrays and labels of some rows, ready to learn from."""
    return training.make_rows(kinds.make_arrays(case.source.take(rows), case.inputs), case.labels[rows])


def temperature_of(network: Network, case: Case) -> float:
    """How much to cool the network's scores so that it is as sure as it is right, found on validation rows."""
    rows = case.rows_of("valid")
    if case.target is None or case.target.task == "regression" or not len(rows):
        return 1.0
    _, outputs = run_network(network, case.source.take(rows))
    return training.fit_temperature(outputs, case.labels[rows])


@torch.no_grad()
def run_network(network: Network, table: pa.Table) -> tuple[Floats, Floats]:
    """Latent vectors and outputs of rows: (rows, dims), (rows, outputs)."""
    arrays = kinds.make_arrays(table, network.inputs)
    batch = training.make_rows(arrays, np.zeros(table.num_rows)).arrays
    latent, outputs = [], []
    for at in torch.split(torch.arange(table.num_rows), 1024):
        found = network.latent({name: value[at] for name, value in batch.items()})
        latent.append(found.numpy())
        outputs.append(network.output(found).numpy() if network.head is not None else np.empty((len(found), 0)))
    return np.concatenate(latent), np.concatenate(outputs)


def embed_and_predict(
    source: Source, network: Network, target: Target, temperature: float, progress: Progress
) -> tuple[Floats, Array]:
    """Latent vectors and predictions of all rows, in chunks: (rows, dims), (rows, classes) or (rows,)."""
    progress.start("Embedding", source.n_rows)
    n_outputs = len(target.classes) or 1
    latent = np.empty((source.n_rows, network.dims), dtype=np.float32)
    predictions = np.empty((source.n_rows, n_outputs), dtype=np.float32)
    for start, stop in chunks(source.n_rows, NETWORK_CHUNK):
        latent[start:stop], outputs = run_network(network, source.read(start, stop))
        predictions[start:stop] = to_predictions(outputs, target, temperature).reshape(stop - start, n_outputs)
        progress.advance(stop)
    progress.finish(f"{source.n_rows:,} rows, {network.dims} dimensions")
    return latent, predictions[:, 0] if target.task == "regression" else predictions


def to_predictions(outputs: Floats, target: Target, temperature: float) -> Array:
    """Probabilities of all classes, or numbers in the target's units."""
    found = training.objective_for(target.task).predict(torch.from_numpy(outputs / temperature)).numpy()
    return found * target.std + target.mean if target.task == "regression" else found


def name_predictions(predictions: Array, target: Target) -> tuple[Array, Floats | None]:
    """Class names and how sure the network is of them; or the numbers, with no sureness."""
    if target.task == "regression":
        return predictions.astype(np.float32), None
    names = np.array(target.classes, dtype=object)
    return names[predictions.argmax(axis=1)], predictions.max(axis=1).astype(np.float32)


def true_values(case: Case, rows: Array) -> Array:
    """Labels of rows as codes, or in the target's own units."""
    assert case.target is not None
    labels = case.labels[rows]
    return labels * case.target.std + case.target.mean if case.target.task == "regression" else labels


def errors_of(case: Case, predictions: Array) -> Floats:
    """1 - probability of the true class, or the absolute error; NaN where there is no label."""
    assert case.target is not None
    error = np.full(len(predictions), np.nan, dtype=np.float32)
    known = np.flatnonzero(is_labelled(case.labels))
    truth = true_values(case, known)
    if case.target.task == "regression":
        error[known] = np.abs(predictions[known] - truth)
    else:
        error[known] = 1 - predictions[known, truth.astype(np.int64)]
    return error


def score(
    case: Case, predictions: Array, rows: NDArray[np.int64], progress: Progress
) -> tuple[tuple[Score, ...], dict[str, Any]]:
    """Score the held-out rows, and a baseline that learned from the same rows."""
    assert case.target is not None
    held = case.rows_of("test")
    if not len(held):
        return (), {}
    about, truth = f"{len(held):,} held-out rows", true_values(case, held)
    scores, evaluation = training.evaluate(truth, predictions[held], case.target, about=about)
    progress.start("Comparing", None)
    found = training.run_baseline(
        example(case, rows), case.labels[rows], example(case, held),
        inputs=case.inputs, target=case.target, seed=case.settings.seed,
    )  # fmt: skip
    compared = found.predictions
    if case.target.task == "regression":
        compared = compared * case.target.std + case.target.mean
    baseline_scores, _ = training.evaluate(truth, compared, case.target, about=about)
    lead = scores[0]
    progress.finish(f"{lead.name} {lead.value:.4f}, {found.name} {baseline_scores[0].value:.4f}")
    return training.beside(scores, baseline_scores, found.name), evaluation


def example(case: Case, rows: NDArray[np.int64]) -> training.Example:
    """Rows as the baseline reads them."""
    table = case.source.take(rows)
    arrays = kinds.make_arrays(table, case.inputs)
    names = [item.name for item in case.inputs if item.kind == "text"]
    if not names:
        return training.Example(arrays)
    columns = [[text or "" for text in table.column(name).to_pylist()] for name in names]
    return training.Example(arrays, [" ".join(texts) for texts in zip(*columns, strict=True)])


def described(inputs: tuple[Input, ...]) -> list[dict[str, Any]]:
    """Inputs as JSON-able data."""
    return [{"name": item.name, "kind": item.kind, "info": item.info} for item in inputs]


def input_tensors(inputs: tuple[Input, ...]) -> dict[str, Array]:
    """Statistics of the inputs that are too large for JSON."""
    return {f"inputs.{i}.{name}": np.asarray(v) for i, item in enumerate(inputs) for name, v in item.tensors.items()}


def chunks(n_rows: int, size: int) -> Iterator[tuple[int, int]]:
    """Start and stop of each chunk of rows.

    Examples
    --------
    >>> list(chunks(5, 2))
    [(0, 2), (2, 4), (4, 5)]
    """
    return ((start, min(start + size, n_rows)) for start in range(0, n_rows, size))


def embedder(config: dict[str, Any], tensors: dict[str, Array]) -> Callable[[pa.Table], Floats]:
    """Build, once, the function from a table to its latent vectors."""
    if config["network"] != "none":
        network = networks.network_from(config, tensors)
        return lambda table: run_network(network, table)[0]
    inputs = networks.inputs_from(config, tensors)
    if "plain.directions" not in tensors:
        return lambda table: kinds.plain_space(table, inputs)
    narrow = plain.Narrowing(tensors["plain.mean"], tensors["plain.directions"], 1.0)
    return lambda table: narrow.apply(kinds.plain_space(table, inputs))


def embed_all(source: Source, config: dict[str, Any], tensors: dict[str, Array], progress: Progress) -> Floats:
    """Latent vectors of all rows in one array filled in chunks: float32 (rows, dims)."""
    embed = embedder(config, tensors)

    def read(start: int, stop: int) -> Floats:
        progress.advance(stop)
        return embed(source.read(start, stop))

    return plain.fill(source.n_rows, read, chunk=PLAIN_CHUNK if config["network"] == "none" else NETWORK_CHUNK)


def embed_rows(config: dict[str, Any], tensors: dict[str, Array], table: pa.Table) -> Floats:
    """Latent vectors of new rows with the same columns: float32 (rows, dims)."""
    return embed_all(Source("new rows", table), config, tensors, Silent())


def predict_rows(config: dict[str, Any], tensors: dict[str, Array], table: pa.Table) -> tuple[Array, Floats | None]:
    """Predictions for new rows, and how sure the network is of them (None for numbers).

    Raises
    ------
    SettingError
        If nothing was learned to predict.
    """
    if not config.get("target"):
        raise SettingError(
            "Predictions need a network that learned a target, but this one has none. Learn with --target."
        )
    target = Target(**config["target"] | {"classes": tuple(config["target"]["classes"])})
    network, source = networks.network_from(config, tensors), Source("new rows", table)
    _, predictions = embed_and_predict(source, network, target, float(config["temperature"]), Silent())
    return name_predictions(predictions, target)
