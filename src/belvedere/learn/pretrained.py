"""A pretrained text encoder on its way into learning: what columns must give it, how gently it learns, or that it rests."""

from typing import Any

from belvedere import networks
from belvedere.errors import SettingError
from belvedere.learn.case import Case
from belvedere.learn.resume import told_settings
from belvedere.learn.rows import embed_all
from belvedere.learn.settings import Learned, LearnSettings
from belvedere.networks import Network
from belvedere.progress import Progress

GENTLE = 0.02  # share of the learning rate for weights that were pretrained: 2e-5 beside 1e-3 for what is new
FINETUNE_EPOCHS = 4


def is_as_is(case: Case, name: str) -> bool:
    """Whether the map shows a pretrained encoder's own vectors, since nothing says what else to learn."""
    return case.target is None and name.startswith("hf:") and len(case.inputs) == 1


def learn_nothing(case: Case, name: str, progress: Progress) -> Learned:
    """Map the vectors of a pretrained encoder as they are."""
    if case.settings.finetune:
        raise SettingError("Fine-tuning must have a target to learn, but there is none. Name one, or leave it out.")
    told = networks.portable_name(name)
    shape = networks.Shape(project=False)
    network = networks.build_network(case.inputs, None, network=name, settings=shape).eval()
    config = {**network.config(), "network": told, "target": None, "settings": told_settings(case.settings)}
    tensors = networks.tensors_of(network)
    progress.start("Embedding", case.source.n_rows)
    latent = embed_all(case.source, config, tensors, progress)
    progress.finish(f"{case.source.n_rows:,} rows, {latent.shape[1]} dimensions")
    space = (
        f"The space of the pretrained encoder {told!r} as it is: the mean of its last states over the tokens of a text."
    )
    return Learned(case.inputs, None, latent, space, case.split, config=config, tensors=tensors, notes=case.notes)


def rates_for_finetuning(network: Network, settings: LearnSettings) -> dict[str, Any]:
    """What a plan of training must say where a pretrained encoder learns too."""
    tuned = [f"encoders.{i}.body." for i, part in enumerate(network.parts) if part.network.startswith("hf:")]
    if not (settings.finetune and tuned):
        return {}
    return {"rates": dict.fromkeys(tuned, GENTLE), "epochs": settings.epochs or FINETUNE_EPOCHS}
