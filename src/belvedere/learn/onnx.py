"""A learned network as an ONNX file: rows as `kinds` prepares them in, latent vectors and predictions out.

The file carries, as JSON in its metadata, how each column is prepared (`inputs`), the target and its classes; statistics
too large for JSON stay in the map folder. What comes out is compared with torch before the file is kept.
"""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from belvedere import kinds, networks, training
from belvedere.errors import SettingError, missing_extra
from belvedere.types import Target

Array = NDArray[Any]
LARGEST_GAP = 1e-4  # of any output, relative to 1 where outputs are larger
N_EXAMPLES = 8


class Answering(nn.Module):
    """A network whose outputs are what a person asked for: latent vectors, and probabilities or numbers."""

    def __init__(self, network: nn.Module, target: Target | None, temperature: float) -> None:
        super().__init__()
        self.network, self.target, self.temperature = network, target, temperature

    def forward(self, batch: dict[str, Tensor]) -> tuple[Tensor, ...]:
        """(rows, dims), and with a target (rows, classes) or (rows,)."""
        latent = self.network.latent(batch)  # type: ignore[operator]
        if self.target is None:
            return (latent,)
        output = self.network.output(latent) / self.temperature  # type: ignore[operator]
        answer = training.objective_for(self.target.task).predict(output)
        return latent, answer * self.target.std + self.target.mean if self.target.task == "regression" else answer


def export_onnx(config: dict[str, Any], tensors: dict[str, Array], table: pa.Table, path: Path) -> float:
    """Write a network as ONNX and compare it with torch on some rows.

    Parameters
    ----------
    config, tensors :
        The learned half of a map's network.
    table : pyarrow.Table
        Rows to try it on, at least one.
    path : Path

    Returns
    -------
    float
        The largest difference between ONNX and torch, over rows and outputs.

    Raises
    ------
    SettingError
        If there is no network, it cannot be written as ONNX, or what comes out differs by more than 1e-4.
    MissingExtraError
        If the extra `onnx` is not installed.
    """
    try:
        import onnx
        import onnxruntime
        import onnxscript  # noqa: F401 torch needs it
    except ImportError as error:
        raise missing_extra("onnx", "onnx", "Writing a network as ONNX") from error
    if config["network"] == "none":
        raise SettingError(
            "ONNX needs a map with a learned network, but this one shows the plain space. Learn a target."
        )
    network = networks.network_from(config, tensors)
    target = Target.from_json(config["target"]) if config.get("target") else None
    if target is not None and target.task not in ("binary", "multiclass", "regression"):
        raise SettingError(
            f"ONNX is written for classes and numbers, but the task is {target.task!r}. Use the map itself."
        )
    arrays = kinds.make_arrays(table.slice(0, N_EXAMPLES), network.inputs)
    batch = training.make_rows(arrays, np.zeros(min(N_EXAMPLES, table.num_rows))).arrays
    model = Answering(network, target, float(config.get("temperature", 1.0))).eval()
    beside = path.with_name(path.name + ".part")
    _write(model, batch, beside, onnx, describe(config))
    try:
        gap = _gap(model, batch, onnxruntime.InferenceSession(beside, providers=["CPUExecutionProvider"]))
    except Exception:  # the runtime's own errors; the file is of no use then
        gap = float("inf")
    if gap > LARGEST_GAP:
        beside.unlink()
        raise SettingError(
            f"ONNX must give what torch gives, but differs by {gap:.1e}. Nothing was written; choose another --network."
        )
    os.replace(beside, path)  # noqa: PTH105 one step
    return gap


def describe(config: dict[str, Any]) -> dict[str, str]:
    """What a program must know to use the file, as metadata."""
    words = {"inputs": config["inputs"], "target": config.get("target"), "network": config["network"]}
    return {f"belvedere.{name}": json.dumps(value, ensure_ascii=False) for name, value in words.items()}


def _write(model: Answering, batch: dict[str, Tensor], path: Path, onnx: Any, words: dict[str, str]) -> None:
    rows = torch.export.Dim("rows", min=1)
    outputs = ["latent"] if model.target is None else ["latent", "prediction"]
    try:
        made = torch.onnx.export(
            model, (), kwargs={"batch": batch}, dynamo=True, verbose=False,
            dynamic_shapes={"batch": {name: {0: rows} for name in batch}},
            input_names=list(batch), output_names=outputs, optimize=True,
        )  # fmt: skip
    except Exception as error:  # torch raises errors of many kinds; all mean that a layer has no counterpart
        raise SettingError(
            f"The network must have layers that ONNX knows, but one has no counterpart ({type(error).__name__}). "
            "Learn with another --network, for instance one of the plain ones."
        ) from error
    assert made is not None
    proto = made.model_proto
    onnx.helper.set_model_props(proto, words)
    onnx.save(proto, path)


def _gap(model: Answering, batch: dict[str, Tensor], session: Any) -> float:
    """The largest difference on all rows, and on the first alone, so that the number of rows is seen to be free."""
    gaps = []
    for some in (batch, {name: value[:1] for name, value in batch.items()}):
        with torch.no_grad():
            wanted = [value.numpy() for value in model(some)]
        found = session.run(None, {item.name: some[item.name].numpy() for item in session.get_inputs()})
        gaps += [float((np.abs(a - b) / np.maximum(1, np.abs(a))).max()) for a, b in zip(wanted, found, strict=True)]
    return max(gaps)
