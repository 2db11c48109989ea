"""The main call, as a table of contents: `map` makes a map of data, `open` opens a saved one."""

import hashlib
import os
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from belvedere.errors import SettingError, SourceError
from belvedere.maps import Map
from belvedere.progress import Progress, Silent
from belvedere.types import Finding, MapContent, Region, Schema, Source
from belvedere.version import __version__

if TYPE_CHECKING:
    from belvedere.draw import Drawn, DrawSettings, OldMap
    from belvedere.learn import Learned, LearnSettings
    from belvedere.stages import Stages


def map(  # noqa: PLR0913 the one call of the product: everything a person may say, keyword-only
    data: Any,
    *,
    target: str | None = None,
    kinds: Mapping[str, str] | None = None,
    ignore: Sequence[str] = (),
    reading: Mapping[str, Any] | None = None,
    sensitive: Mapping[str, str] | None = None,
    name: str | None = None,
    sample: int | None = None,
    learning: "LearnSettings | None" = None,
    drawing: "DrawSettings | None" = None,
    like: "Map | str | Path | None" = None,
    key: str | None = None,
    seed: int = 0,
    scratch: str | Path | None = None,
    memory: str | int | None = None,
    stages: str | Path | None = None,
    progress: Progress | None = None,
) -> Map:
    """Let a network learn the data, and lay them out as a map.

    Parameters
    ----------
    data :
        A file (CSV, Parquet, Arrow, JSON, Excel, SQLite, NumPy …), a folder of images or texts, a data frame, an array.
    target : str, optional
        Column to be predicted; without it the map shows the data as they are.
    kinds : mapping, optional
        Kinds to use instead of the recognized ones: `{"age": "category"}`.
    ignore : sequence of str
        Columns that the network must not see; they stay in the table.
    reading : mapping, optional
        How to read a file, where the guess is wrong: `{"encoding": "gb18030", "delimiter": ";", "skip": 2}`.
    sensitive : mapping, optional
        What happens to sensitive columns before anything is learned: 'drop', 'hash', 'generalize' or 'keep' by name;
        remembered in the map's provenance.
    name : str, optional
        Title of the map.
    sample : int, optional
        Use that many rows, drawn by the seed.
    learning, drawing : optional
        Settings of the two halves.
    like : Map or path, optional
        An older map of some of these rows: they are laid out as they lay there, new rows among them, and how far the old
        ones drifted is among the scores.
    key : str, optional
        Column by which rows of that map are known again; without it they are by their values. A row whose values have
        changed is placed anew.
    seed : int
        The same data, settings and seed give the same map, bit for bit, on the same machine.
    scratch : path, optional
        Folder for data larger than memory; a temporary one if not given.
    memory : str or int, optional
        Bound such as '4GB'; 60 % of what is free if not given. What the map will take is told before the work begins,
        and a smaller sample where it may not fit. Latent vectors above a quarter of it are kept on disk.
    stages : path, optional
        Folder that keeps every finished stage (checks, what was learned, what was drawn), so that with
        `learning.resume` a map whose making was killed goes on from the last one; remove it once the map is saved.
    progress : Progress, optional
        Where to tell how far the work is.

    Returns
    -------
    Map
        Places, scores with baselines, findings, regions, and the network.

    Raises
    ------
    SourceError, ColumnError, SettingError
        In one sentence: what must hold, what was found, what to do.
    """
    from belvedere.checks import apply_decisions, run_checks
    from belvedere.draw import Drawn, DrawSettings, draw
    from belvedere.kinds import learn_kinds
    from belvedere.learn import Learned, LearnSettings, learn, schema_for
    from belvedere.sources import open_source
    from belvedere.stages import Stages

    progress, clock = progress or Silent(), Clock()
    named = [*([target] if target else []), *(learning.named if learning else ())]
    keep = {"keep": [*named, *(kinds or {}), *ignore]}  # never folded into a wide vector
    folder = _scratch(scratch)
    large = scratch if os.name == "posix" else folder  # without a folder, the file for large data has no name
    source = open_source(data, scratch=large, sample=sample, seed=seed, options={**(reading or {}), **keep})
    source = apply_decisions(source, sensitive or {})
    _insist_on_rows(source)
    learning, drawing = replace(learning or LearnSettings(), seed=seed), replace(drawing or DrawSettings(), seed=seed)
    schema = schema_for(
        learn_kinds(source, overrides=kinds, target=target, ignore=ignore, task=learning.task), learning
    )
    old = None if like is None else _old_map(like, source, schema, key)
    clock.lap("read")
    _tell(progress, source, schema)
    kept = Stages(None if stages is None else Path(stages), learning.resume, (Learned, Drawn), progress)
    made_of = _made_of(source, schema, learning, drawing) | {"memory": memory}
    learning, drawing = _within(memory, source, schema, (learning, drawing), folder, kept, made_of)
    findings = kept.once("checks", made_of, lambda: run_checks(source, schema))
    clock.lap("check")
    learned = kept.once("learned", made_of, lambda: learn(source, schema, learning, progress), is_whole=_is_whole)
    if learned.rows is not None:  # users and items are mapped, not the interactions that were checked
        (source, schema), findings = learned.rows, tuple(replace(finding, rows=()) for finding in findings)
    clock.lap("learn")
    space = "plain space" if learned.config["network"] == "none" else "latent space"
    made_of |= _told_old(old)
    drawn = kept.once(
        "drawn", made_of, lambda: draw(_as_wide(learned.latent, folder), drawing, progress, space=space, old=old),
        is_whole=_is_whole,
    )  # fmt: skip
    clock.lap("draw")
    findings += _doubtful_labels(source, learned, drawn)
    clock.lap("doubt")
    content = _assemble(source, schema, findings, learned, drawn)
    clock.lap("describe")
    provenance = content.provenance | {"seconds": clock.seconds, "seed": seed, "sensitive": dict(sensitive or {})}
    return Map(replace(content, name=name or content.name, provenance=provenance))


def open(path: str | Path, *, passphrase: str | None = None, network: Any = None) -> Map:
    """Open a map folder, memory-mapped and without loading torch.

    Parameters
    ----------
    path : path
        The map folder.
    passphrase : str, optional
        Of a locked map, which is decrypted into memory and cannot be edited; without it, that of the environment variable
        BELVEDERE_PASSPHRASE, else it is asked for in the terminal.
    network : optional
        A map that learned with a network from your own code keeps its weights only: hand over the module, or the function
        that makes it, to place and explain rows.

    Raises
    ------
    MapFolderError
        If the folder is missing, damaged or of another format version.
    SettingError
        If a network is given to a map that learned with one of ours.
    """
    from belvedere.mapfolder import is_locked, open_folder

    content = open_folder(Path(path), passphrase=passphrase)
    if network is not None:
        from belvedere.networks import seat

        config = content.network_config or {}
        content = replace(content, network_config={**config, "learn": seat(config.get("learn", {}), network)})
    return Map(content, None if is_locked(path) else Path(path))


MOST_HALF = 65_504.0  # the largest float16


def _as_wide(latent: Any, folder: Path) -> Any:
    """Latent vectors as float32 for the layout; those that lie on disk as another array on disk."""
    import numpy as np

    from belvedere.values import map_array

    if latent.dtype != np.float16:
        return latent
    wide = map_array(folder, latent.shape, np.dtype(np.float32))
    for at in range(0, len(latent), 262_144):
        wide[at : at + 262_144] = latent[at : at + 262_144]
    return wide


def _as_half(latent: Any) -> Any:
    """Latent vectors as float16; those that lie on disk already are."""
    import numpy as np

    return latent if latent.dtype == np.float16 else np.clip(latent, -MOST_HALF, MOST_HALF).astype(np.float16)


def _within(  # noqa: PLR0913 what is mapped, how, and where
    memory: str | int | None,
    source: Source,
    schema: Schema,
    settings: "tuple[LearnSettings, DrawSettings]",
    folder: Path,
    kept: "Stages",
    made_of: dict[str, Any],
) -> "tuple[LearnSettings, DrawSettings]":
    """Say what the map will take, and change the settings so that it stays within the bound where it can."""
    from belvedere.budget import plan_memory

    learning, drawing = settings
    plain = learning.network == "none" or (schema.target is None and learning.space == "plain")

    def room() -> dict[str, Any]:
        budget = plan_memory(source, schema, memory=memory, latent_dims=None if plain else learning.latent_dims)
        for sentence in budget.describe():
            kept.progress.say(sentence)
        most = budget.for_layout if budget.is_asked else min(drawing.memory, budget.for_layout)
        return {"latent_on_disk": budget.latent_on_disk, "graph_on_disk": budget.graph_on_disk, "layout": most}

    found = kept.once("room", made_of, room)  # kept, since the default bound follows what is free
    if found["latent_on_disk"]:
        learning = replace(learning, latent_folder=str(folder))
    return learning, replace(drawing, memory=found["layout"], folder=str(folder) if found["graph_on_disk"] else None)


def _made_of(source: Source, schema: Schema, learning: "LearnSettings", drawing: "DrawSettings") -> dict[str, Any]:
    """What stages depend on, by words that a person understands; not how many threads or seconds they may take."""
    from belvedere.learn.resume import FREE, told_settings

    told = told_settings(learning) | FREE | {"start_from": learning.start_from}
    return {
        "the version of Belvedere": __version__,
        "data": [source.fingerprint, source.n_rows],
        "columns": [asdict(column) for column in schema],
        "settings of learning": told,
        "settings of drawing": asdict(drawing) | {"n_threads": 0, "engine": None, "folder": None},
    }


def _told_old(old: "OldMap | None") -> dict[str, Any]:
    """The older map that a stage depends on, by the bytes of its places."""
    return {} if old is None else {"the older map": hashlib.sha256(old.places.tobytes()).hexdigest()}


def _is_whole(made: "Learned | Drawn") -> bool:
    """Whether a half was not stopped by the person."""
    return not any(note.startswith(STOPPED_EARLY) for note in made.notes)


STOPPED_EARLY = (
    "Training ended by: interrupted",
    "The layout ended interrupted",
)  # a column may be called 'interrupted'


class Clock:
    """Seconds spent by stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, stage: str) -> None:
        """End a stage."""
        now = time.perf_counter()
        self.seconds[stage] = round(now - self._last, 3)
        self._last = now


def _scratch(folder: str | Path | None) -> Path:
    """The folder for large data, where files lose their names once they are open; elsewhere a temporary one."""
    if folder is not None:
        return Path(folder)
    if os.name == "posix":
        return Path(tempfile.gettempdir())
    holder = tempfile.TemporaryDirectory(prefix="belvedere-")
    _held.append(holder)
    return Path(holder.name)


_held: list[tempfile.TemporaryDirectory[str]] = []  # kept alive while memory-mapped tables may point into them


def _old_map(like: Map | str | Path, source: Source, schema: Schema, key: str | None) -> "OldMap":
    """Where the rows lay on an older map, whichever of them did."""
    import numpy as np

    from belvedere.draw import OldMap
    from belvedere.matching import match_rows

    old = (like if isinstance(like, Map) else open(like)).content
    columns = [column.name for column in schema.inputs if column.name in old.rows.column_names]
    if not columns:
        raise SettingError(
            "The old map must share a column that the network reads, but shares none. Choose another map."
        )
    match = match_rows(old.rows, source.table, columns=columns, key=key)
    places = np.full((source.n_rows, 2), np.nan, np.float32)
    known = (match.old_row >= 0) & ~match.changed
    places[known] = old.places[match.old_row[known]]
    return OldMap(places, float(((old.network_config or {}).get("place") or {}).get("unit", 1.0)))


def _insist_on_rows(source: Source) -> None:
    """Refuse a table without rows."""
    if source.n_rows == 0:
        raise SourceError(f"Data must have at least one row, but {source.name!r} has none. Choose other data.")


def _tell(progress: Progress, source: Source, schema: Schema) -> None:
    """Say what was read and decided, before anything long begins."""
    progress.say(f"{source.name}: {source.n_rows:,} rows, {len(schema.columns):,} columns")
    for sentence in source.account:
        progress.say(sentence)
    progress.say(f"Reads {_listed([f'{c.name} ({c.kind})' for c in schema.inputs])}.")
    left = [f"{column.name} ({column.why})" for column in schema.of_role("left out") + schema.of_role("id")]
    if left:
        progress.say(f"Leaves out {_listed(left)}.")


def _listed(names: list[str], most: int = 12) -> str:
    """Join names; of many the first ones and how many more there are."""
    more = [f"{len(names) - most:,} more"] if len(names) > most else []
    return ", ".join([*names[:most], *more]) or "nothing"


def _assemble(
    source: Source, schema: Schema, findings: tuple[Finding, ...], learned: "Learned", drawn: "Drawn"
) -> MapContent:
    """Put the results of all stages into one value."""
    from belvedere.kinds import thumbnails

    channels = dict(drawn.channels)
    channels |= {k: v for k, v in (("confidence", learned.confidence), ("error", learned.error)) if v is not None}
    schema = _as_learned(schema, learned)
    return MapContent(
        name=source.name,
        schema=schema,
        rows=source.table,
        places=drawn.places,
        channels=channels,
        predicted=learned.predicted,
        split=learned.split,
        regions=_named(source, schema, learned, drawn),
        region_of=drawn.region_of,
        scores=learned.scores + drawn.scores,
        findings=findings,
        curves=learned.curves,
        evaluation=learned.evaluation,
        latent=_as_half(learned.latent),
        neighbors=drawn.neighbors,
        thumbnails=thumbnails(source.table, schema),
        network_config={"learn": learned.config, "place": drawn.place_config},
        network_tensors={f"learn.{k}": v for k, v in learned.tensors.items()}
        | {f"place.{k}": v for k, v in drawn.place_tensors.items()},
        provenance=_provenance(source, learned, drawn),
    )


def _named(source: Source, schema: Schema, learned: "Learned", drawn: "Drawn") -> tuple[Region, ...]:
    """Regions with names made of columns, of what is predicted, and of what pictures and sequences look like."""
    from belvedere.explain import name_regions, naming_features
    from belvedere.explaining.looks import describe, fits

    more = describe(source.table, learned.inputs, confidence=learned.confidence)
    most = fits(schema, source.table, 20_000)
    features = naming_features(source.table, schema, max_rows=most, more=more)
    return name_regions(drawn.regions, drawn.region_of, source.table, schema, latent=learned.latent, features=features)


def _doubtful_labels(source: Source, learned: "Learned", drawn: "Drawn") -> tuple[Finding, ...]:
    """Labels that a linear model and the neighbors on the map both doubt."""
    from belvedere.checks import suspicious_labels
    from belvedere.learn import can_doubt, witness_labels

    if drawn.neighbors is None or learned.target is None or not can_doubt(learned, source.n_rows):
        return ()
    probabilities, labels = witness_labels(source, learned)
    found = suspicious_labels(probabilities, labels, drawn.neighbors, column=learned.target.name)
    return (found,) if found else ()


def _as_learned(schema: Schema, learned: "Learned") -> Schema:
    """The schema with the target's kind as it was learned: numbers learned as classes are shown as classes."""
    target = learned.target
    if target is None or not target.classes or schema[target.name].kind != "number":
        return schema
    return schema.with_column(target.name, kind="category")


def _provenance(source: Source, learned: "Learned", drawn: "Drawn") -> dict[str, Any]:
    """Where the map comes from and what was decided on the way, in words."""
    import platform

    import numpy
    import torch

    notes = [*source.account, *learned.notes, *drawn.notes]
    return {
        "belvedere": __version__,
        "python": platform.python_version(),
        "numpy": numpy.__version__,
        "torch": torch.__version__,
        "machine": platform.machine(),
        "fingerprint": source.fingerprint,
        "made": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "space": learned.space,
        "notes": notes,
        "interrupted": any(note.startswith(STOPPED_EARLY) for note in notes),
    }
