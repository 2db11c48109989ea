"""Start from a network that was learned before: its weights, its view of the columns, and gentler rates for it.

New columns are matched to those that the old network read, by name, else by kind and order. Their statistics are the
old ones, for the weights were learned with them. What does not fit (above all the output) begins anew.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from belvedere import networks
from belvedere.errors import SettingError
from belvedere.learn.case import Case
from belvedere.learn.settings import LearnSettings
from belvedere.mapfolder import open_folder
from belvedere.networks import Network
from belvedere.progress import Progress
from belvedere.types import Input


@dataclass(frozen=True)
class Start:
    """The learned half of an old map."""

    path: str
    config: dict[str, Any]
    tensors: dict[str, NDArray[Any]]


def read_start(path: str) -> Start:
    """Read the network of a map folder.

    Raises
    ------
    MapFolderError
        If there is no such map folder, or it is damaged.
    SettingError
        If the map holds no network that learned.
    """
    content = open_folder(Path(path))
    config = (content.network_config or {}).get("learn", {"network": "none"})
    if config["network"] == "none" or "parts" not in config:
        raise SettingError(
            f"A map to start from must hold a network that learned, but {path!r} shows the plain columns. "
            "Map it again with --target or --space learned."
        )
    tensors = content.network_tensors or {}
    return Start(path, config, {k.removeprefix("learn."): v for k, v in tensors.items() if k.startswith("learn.")})


def adopt(case: Case, path: str) -> Case:
    """See the columns as the old network saw them, and take over its sizes.

    Raises
    ------
    SettingError
        If no column has a kind that it read.
    """
    start = read_start(path)
    old = list(networks.inputs_from(start.config, start.tensors))
    inputs = tuple(_as_before(item, old) for item in case.inputs)
    if not any(after is not before for after, before in zip(inputs, case.inputs, strict=True)):
        kinds = [", ".join(sorted({item.kind for item in some})) for some in (old, case.inputs)]
        raise SettingError(
            f"A network to start from must have read columns like these, but {start.path!r} read {kinds[0]} and these "
            f"are {kinds[1]}. Start from another map."
        )
    shape = start.config["shape"]
    sizes = {name: shape[name] for name in ("latent_dims", "width", "n_members")}
    network = start.config["network"] if case.settings.network == "auto" else case.settings.network
    settings = replace(case.settings, network=network, **sizes)
    note = f"Started from the network {start.config['network']!r} of {Path(path).name}; columns are scaled as they were there."
    return replace(case, inputs=inputs, settings=settings, notes=(*case.notes, note))


def _as_before(item: Input, old: list[Input]) -> Input:
    """The input with the old statistics, taken out of the list; itself where the old network read none of its kind."""
    alike = [other for other in old if other.kind == item.kind]
    if not alike:
        return item
    found = next((other for other in alike if other.name == item.name), alike[0])
    old.remove(found)
    return replace(found, name=item.name)


def begin(network: Network, settings: LearnSettings, progress: Progress) -> dict[str, Any]:
    """Put the old weights into a network wherever name and shape agree; say how many.

    Returns
    -------
    dict
        `rates` and `freeze` of the plan of training; empty where nothing is taken over.
    """
    if settings.start_from is None:
        return {}
    start, own = read_start(settings.start_from), network.state_dict()
    old = {name.removeprefix("network."): value for name, value in start.tensors.items() if name.startswith("network.")}
    fits = [n for n, v in old.items() if n in own and own[n].shape == v.shape and not n.startswith("head.")]
    network.load_state_dict({**own, **{name: torch.from_numpy(np.array(old[name])) for name in fits}})
    n_taken, n_all = (sum(own[name].numel() for name in names) for names in (fits, own))
    progress.say(f"Started from {start.path}: {n_taken:,} of {n_all:,} weights were learned before.")
    return {"rates": rates_for(tuple(fits), settings.start_rate), "freeze": settings.freeze}


def rates_for(names: tuple[str, ...], start_rate: float) -> dict[str, float]:
    """Share of the rate for each weight taken over: `start_rate` at the first layer, rising evenly in its logarithm.

    References
    ----------
    Howard, Ruder (2018), Universal language model fine-tuning for text classification (discriminative rates).

    Examples
    --------
    >>> rates = rates_for(("encoders.0.stem.weight", "encoders.0.top.weight"), 0.25)
    >>> [round(share, 2) for share in rates.values()]
    [0.25, 0.5]
    """
    layers = list(dict.fromkeys(_layer(name) for name in names))
    below_1 = 1 - 1e-6  # what was taken over rests while frozen, at any rate
    return {layer: min(below_1, start_rate ** (1 - i / len(layers))) for i, layer in enumerate(layers)}


def _layer(name: str) -> str:
    """The layer that a weight belongs to: its name without the last word."""
    return name.rpartition(".")[0] + "." if "." in name else name
