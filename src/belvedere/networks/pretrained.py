"""Pretrained text encoders from a folder on this machine, in the layout of Hugging Face: `hf:FOLDER`.

The map keeps the encoder's weights, sizes and tokenizer, so that it opens where the folder is not. Nothing is fetched
unless the person allows it, code inside a folder is never run, and weights must be safetensors.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from belvedere.errors import SettingError, missing_extra
from belvedere.networks.blocks import Batch, Encoder, Shape
from belvedere.types import Input

PREFIX = "hf:"
MOST_TOKENS = 256  # of a text; the rest is not read
MOST_LETTERS = 4096  # bytes of a text that are kept to be cut into tokens
MOST_KNOWN = 100_000  # vectors of texts remembered while the encoder rests
AT_ONCE = 32


def folder_of(network: str) -> str:
    """The folder in a network's name, '' where there is none.

    Examples
    --------
    >>> folder_of("tabular+hf:models/minilm"), folder_of("resnet")
    ('models/minilm', '')
    """
    return network.partition(PREFIX)[2]


def portable_name(network: str) -> str:
    """The name without where the folder lies.

    Examples
    --------
    >>> portable_name("hf:/home/ada/models/minilm"), portable_name("resnet")
    ('hf:minilm', 'resnet')
    """
    head, prefix, folder = network.partition(PREFIX)
    return head + prefix + Path(folder).name if prefix else network


def read_folder(folder: str, *, allow_download: bool = False) -> tuple[str, dict[str, Any], NDArray[np.uint8]]:
    """Where an encoder lies, its sizes, and its tokenizer as bytes of JSON.

    Raises
    ------
    SettingError
        If there is no such folder and nothing may be fetched, or it holds no encoder.
    MissingExtraError
        If the extra `transformers` is not installed.
    """
    transformers = _transformers()
    path = folder if Path(folder).is_dir() else _fetched(folder, allow_download=allow_download)
    try:
        config = transformers.AutoConfig.from_pretrained(path, local_files_only=True, trust_remote_code=False)
        cutter = transformers.AutoTokenizer.from_pretrained(path, local_files_only=True, trust_remote_code=False)
        cut = cutter.backend_tokenizer.to_str()
    except Exception as error:  # the library raises errors of many kinds for a file that is missing or damaged
        raise _unreadable(folder, error) from error
    told = json.loads(config.to_json_string(use_diff=False))
    told = {key: value for key, value in told.items() if key not in ("auto_map", "_name_or_path")}
    length = min(MOST_TOKENS, int(getattr(config, "max_position_embeddings", 0) or MOST_TOKENS + 2) - 2)
    sizes = {"config": told, "length": max(1, length), "padding": int(cutter.pad_token_id or 0)}
    return path, sizes, np.frombuffer(cut.encode(), np.uint8)


def _fetched(name: str, *, allow_download: bool) -> str:
    if not allow_download:
        raise SettingError(
            f"A pretrained encoder must be a folder on this machine, but there is none at {name!r}. Nothing is downloaded "
            "on its own: correct the path, or pass --allow-download to fetch a model of this name from Hugging Face."
        )
    import huggingface_hub

    try:
        files = ["*.json", "*.safetensors", "*.txt", "*.model"]
        return str(huggingface_hub.snapshot_download(name, allow_patterns=files))
    except Exception as error:  # no network, no such model, no leave: many kinds
        raise _unreadable(name, error) from error


def _unreadable(folder: str, error: Exception) -> SettingError:
    first = str(error).strip().split("\n")[0][:200]
    return SettingError(
        f"A pretrained encoder must have config.json, model.safetensors and a fast tokenizer (tokenizer.json), but "
        f"{folder!r} could not be read ({type(error).__name__}: {first}). Save it with save_pretrained of both."
    )


def _transformers() -> Any:
    try:
        import transformers
    except ImportError as error:
        raise missing_extra("transformers", "transformers", "A pretrained text encoder") from error
    return transformers


class PretrainedEncoder(Encoder):
    """Text by a pretrained encoder: mean of its last states over real tokens, then a layer that learns. -> (rows, dims).

    Unless it is fine-tuned, the encoder rests: each text passes it once, and its vector is remembered.
    """

    def __init__(self, inputs: list[tuple[int, Input]], shape: Shape, folder: str) -> None:
        super().__init__()
        transformers = _transformers()
        import tokenizers

        (self.position, item), self.folder, self.finetune = inputs[0], folder, shape.finetune
        told = item.info["pretrained"]
        self.body: nn.Module = transformers.AutoModel.from_config(
            transformers.AutoConfig.for_model(**told["config"]), trust_remote_code=False
        ).float()
        self.cutter = tokenizers.Tokenizer.from_str(bytes(item.tensors["tokenizer"]).decode())
        self.cutter.enable_truncation(told["length"])
        self.cutter.enable_padding(pad_id=told["padding"])
        self.known: dict[bytes, Tensor] = {}
        self.body.requires_grad_(self.finetune)
        width = int(self.body.config.hidden_size)
        self.dims = shape.latent_dims if shape.project else width
        self.to_latent = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, self.dims)) if shape.project else None

    def start(self) -> None:
        """Take the weights of the folder; where it is not at hand, they come from an older map."""
        if not Path(self.folder).is_dir():
            return
        try:
            found = _transformers().AutoModel.from_pretrained(
                self.folder, local_files_only=True, trust_remote_code=False, use_safetensors=True, dtype=torch.float32
            )
            self.body.load_state_dict(found.state_dict())
        except Exception as error:  # as above
            raise _unreadable(self.folder, error) from error

    def train(self, mode: bool = True) -> "PretrainedEncoder":  # noqa: FBT001, FBT002 torch's own signature
        """An encoder that rests has no dropout, also while the rest learns."""
        super().train(mode)
        self.body.train(mode and self.finetune)
        return self

    def forward(self, batch: Batch) -> Tensor:
        """Letters -> vectors."""
        rows = [bytes(row) for row in batch[f"{self.position}.letters"].numpy()]
        x = torch.cat([self.read(rows[at : at + AT_ONCE]) for at in range(0, len(rows), AT_ONCE)])
        if not self.finetune:
            x = x.detach()
        y: Tensor = x if self.to_latent is None else self.to_latent(x)
        return y

    def read(self, rows: list[bytes]) -> Tensor:
        """Vectors of texts, remembered where the encoder rests: (rows, width)."""
        if self.finetune:
            return self.pool(rows)
        fresh = [row for row in dict.fromkeys(rows) if row not in self.known]
        made: dict[bytes, Tensor] = {}
        if fresh:
            with torch.no_grad():
                made = dict(zip(fresh, self.pool(fresh), strict=True))
        if len(self.known) + len(made) <= MOST_KNOWN:
            self.known |= made
        return torch.stack([made[row] if row in made else self.known[row] for row in rows])

    def pool(self, rows: list[bytes]) -> Tensor:
        """Mean of the last states over real tokens: (rows, width)."""
        cut = self.cutter.encode_batch([row.rstrip(b"\0").decode("utf-8", "ignore") for row in rows])
        codes = torch.tensor([one.ids for one in cut], dtype=torch.long)
        mask = torch.tensor([one.attention_mask for one in cut], dtype=torch.long)
        if not codes.shape[1]:  # a tokenizer without marks makes nothing of empty texts
            codes, mask = codes.new_zeros(len(rows), 1), mask.new_ones(len(rows), 1)
        states = self.body(input_ids=codes, attention_mask=mask).last_hidden_state
        weight = mask[:, :, None].float()
        pooled: Tensor = (states * weight).sum(dim=1) / weight.sum(dim=1).clamp(min=1)
        return pooled
