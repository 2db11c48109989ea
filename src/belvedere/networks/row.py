"""The one network class: encoders of all columns -> one latent vector per row -> outputs.

A table with one image column has one encoder, a mixed table several; the textbook networks are an encoder and an
output layer and nothing else.
"""

from dataclasses import asdict, replace
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from belvedere.errors import SettingError
from belvedere.networks.blocks import Batch, Encoder, Residual, Shape
from belvedere.networks.choose import STEP_TASKS, Part, read_parts
from belvedere.networks.guest import Guest
from belvedere.networks.likeness import Likeness, can_be_likened
from belvedere.networks.pretrained import PretrainedEncoder, portable_name
from belvedere.networks.table import entry_of
from belvedere.types import Input, Target


class Join(nn.Module):
    """Make one latent vector of several: list of (rows, [members,] dims) -> (rows, [members,] dims)."""

    def __init__(self, sizes: list[int], *, dims: int) -> None:
        super().__init__()
        self.norms = nn.ModuleList(nn.LayerNorm(size) for size in sizes)
        self.first, self.block = nn.Linear(sum(sizes), 2 * dims), Residual(2 * dims, dropout=0.1)
        self.to_latent = nn.Linear(2 * dims, dims)

    def forward(self, vectors: list[Tensor]) -> Tensor:
        """Normalize, put side by side, mix."""
        normed = [norm(vector) for norm, vector in zip(self.norms, vectors, strict=True)]
        if any(vector.dim() == 3 for vector in normed):  # an ensemble among them: the others join every member
            n_members = max(v.shape[1] for v in normed if v.dim() == 3)
            normed = [v if v.dim() == 3 else v[:, None, :].expand(-1, n_members, -1) for v in normed]
        y: Tensor = self.to_latent(self.block(torch.relu(self.first(torch.cat(normed, dim=-1)))))
        return y


class Network(nn.Module):
    """Encoders of all columns, one latent vector per row, a linear output layer (none without a target)."""

    def __init__(self, inputs: tuple[Input, ...], parts: list[Part], shape: Shape, *, n_outputs: int) -> None:
        super().__init__()
        self.inputs, self.parts, self.shape, self.n_outputs = inputs, parts, shape, n_outputs
        self.encoders = nn.ModuleList(build_encoder(part, inputs, shape) for part in parts)
        sizes = [int(encoder.dims) for encoder in self.encoders]  # type: ignore[arg-type]
        self.dims = sizes[0] if len(sizes) == 1 else shape.latent_dims
        self.join = None if len(sizes) == 1 else Join(sizes, dims=self.dims)
        self.head = nn.Linear(self.dims, n_outputs) if n_outputs else None
        self.likeness = Likeness(inputs, target_weight=shape.target_weight) if _is_likened(inputs, shape) else None
        self.space_dims = self.dims + (self.likeness.width if self.likeness else 0)

    def encode(self, batch: Batch) -> Tensor:
        """Latent vectors, with an axis of ensemble members where there is one: (rows, [members,] dims)."""
        vectors: list[Tensor] = [encoder(batch) for encoder in self.encoders]
        joined: Tensor = vectors[0] if self.join is None else self.join(vectors)
        return joined.float()

    def latent(self, batch: Batch) -> Float[Tensor, "rows dims"]:
        """One latent vector per row: (rows, dims)."""
        vectors = self.encode(batch)
        latent = vectors.mean(dim=1) if vectors.dim() == 3 else vectors
        return functional.normalize(latent, dim=1) if self.shape.unit else latent

    def space(self, batch: Batch, latent: Tensor | None = None) -> Float[Tensor, "rows wide"]:
        """The space that the map is drawn of: latent vectors, and beside them the plain columns where they have a share."""
        latent = self.latent(batch) if latent is None else latent
        found: Tensor = latent if self.likeness is None else self.likeness(batch, latent)
        return found

    def output(self, latent: Float[Tensor, "*axes dims"]) -> Float[Tensor, "*axes outputs"]:
        """Scores (logits) or standardized values: (*, dims) -> (*, outputs)."""
        assert self.head is not None, "a network without a target has no output"
        y: Tensor = self.head(latent)
        return y

    def forward(self, batch: Batch) -> Tensor:
        """Outputs of every member: (rows, [members,] outputs). Its mean over members equals `output(latent(batch))`."""
        return self.output(self.encode(batch))

    def outputs(self, batch: Batch, latent: Float[Tensor, "rows dims"]) -> Tensor:
        """What the network answers to rows whose latent vectors are known: (rows, outputs), none without a target."""
        return self.output(latent) if self.head is not None else latent.new_zeros(len(latent), 0)

    def config(self) -> dict[str, Any]:
        """Everything but the weights, as JSON-able data; `network_from` builds the network again from it."""
        return {
            "inputs": [{"name": item.name, "kind": item.kind, "info": item.info} for item in self.inputs],
            "parts": [asdict(replace(part, network=portable_name(part.network))) for part in self.parts],
            "shape": asdict(self.shape),
            "n_outputs": self.n_outputs,
        }


def build_encoder(part: Part, inputs: tuple[Input, ...], shape: Shape) -> Encoder:
    """One encoder with fresh weights."""
    entry = entry_of(part.network, inputs)
    assert entry is not None, "a part has a known network"
    return entry.build([(position, inputs[position]) for position in part.positions], shape)


def _is_likened(inputs: tuple[Input, ...], shape: Shape) -> bool:
    return shape.target_weight < 1 and can_be_likened(inputs)


def count_outputs(target: Target | None) -> int:
    """How many numbers the output layer gives: one per class, one for two classes or a number, none without target."""
    if target is None:
        return 0
    if target.task in ("survival", "forecast"):
        return len(target.edges) - 1 if target.task == "survival" else target.horizon
    return len(target.classes) if target.task in ("multiclass", "multilabel", "tokens") else 1


def build_network(
    inputs: tuple[Input, ...], target: Target | None, *, network: str, settings: Shape | None = None
) -> Network:
    """Build a network with fresh weights from torch's global generator.

    Parameters
    ----------
    inputs : tuple of Input
        What the columns look like; a batch has keys by their position.
    target : Target or None
        What is to be predicted; None builds a network with no output layer.
    network : str
        A name from `NETWORKS`, several joined by '+', or 'auto'.
    settings : Shape, optional
        Sizes.

    Raises
    ------
    SettingError
        If the name is unknown or no column has a kind that it reads.
    """
    at_steps = target is not None and target.task in STEP_TASKS
    parts = read_parts(inputs, network, at_steps=at_steps)
    foretells = target is not None and target.task == "forecast"
    made = class_of(at_steps=at_steps, foretells=foretells)(
        inputs, parts, settings or Shape(), n_outputs=count_outputs(target)
    )
    for encoder in made.encoders:
        if isinstance(encoder, PretrainedEncoder):
            encoder.start()
    return made


def class_of(*, at_steps: bool, foretells: bool = False) -> type[Network]:
    """The class of networks with one answer per row, with one per step, or with what comes next."""
    from belvedere.networks.forecast import ForecastNetwork
    from belvedere.networks.steps import StepNetwork

    if foretells:
        return ForecastNetwork
    return StepNetwork if at_steps else Network


def network_from(config: dict[str, Any], tensors: dict[str, NDArray[Any]]) -> Network:
    """Build a saved network again, weights and all, ready to use (in evaluation mode).

    Parameters
    ----------
    config : dict
        What `Network.config` gave.
    tensors : dict of arrays
        `network.*` (the weights) and `inputs.{position}.*` (statistics of the inputs too large for JSON).
    """
    parts = [Part(part["network"], tuple(part["positions"])) for part in config["parts"]]
    inputs = inputs_from(config, tensors)
    build = class_of(at_steps=bool(config.get("at_steps")), foretells=bool(config.get("foretells")))
    network = build(inputs, parts, Shape(**config["shape"]), n_outputs=int(config["n_outputs"]))
    weights = {name.removeprefix("network."): value for name, value in tensors.items() if name.startswith("network.")}
    try:
        network.load_state_dict({name: torch.from_numpy(np.array(value)) for name, value in weights.items()})
    except RuntimeError as error:
        if not any(isinstance(part.network, Guest) for part in parts):
            raise
        raise SettingError(
            f"The network handed over must be the one that this map learned with, but its weights differ in name or "
            f"shape ({str(error).splitlines()[1].strip()}). Hand over the same one."
        ) from error
    return network.eval()


def inputs_from(config: dict[str, Any], tensors: dict[str, NDArray[Any]]) -> tuple[Input, ...]:
    """The inputs as they were when the network was saved."""
    found = []
    for position, item in enumerate(config["inputs"]):
        prefix = f"inputs.{position}."
        own = {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
        found.append(Input(item["name"], item["kind"], item["info"], own))
    return tuple(found)


def tensors_of(network: Network) -> dict[str, NDArray[Any]]:
    """All weights and input statistics of a network as named arrays, as `network_from` reads them."""
    weights = {f"network.{name}": value.detach().cpu().numpy().copy() for name, value in network.state_dict().items()}
    for position, item in enumerate(network.inputs):
        weights |= {f"inputs.{position}.{name}": np.asarray(value) for name, value in item.tensors.items()}
    return weights


__all__ = ["Encoder", "Network", "build_network", "inputs_from", "network_from", "tensors_of"]
