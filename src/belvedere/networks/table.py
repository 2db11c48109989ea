"""The visible table of networks: a new one is a file and a line here."""

from collections.abc import Callable
from dataclasses import dataclass

from belvedere.networks.blocks import Encoder, Shape
from belvedere.networks.cnn import CnnEncoder
from belvedere.networks.guest import PREFIX as GUEST_PREFIX
from belvedere.networks.guest import Guest, GuestEncoder, missing_guest
from belvedere.networks.lstm import BiLstmEncoder, LstmEncoder
from belvedere.networks.mlp import TABLE_KINDS, MlpEncoder
from belvedere.networks.ngrams import NgramEncoder
from belvedere.networks.pretrained import PREFIX as PRETRAINED_PREFIX
from belvedere.networks.pretrained import PretrainedEncoder, folder_of
from belvedere.networks.readers import GruEncoder, TcnEncoder, TransformerEncoder
from belvedere.networks.resnet import ResNetEncoder
from belvedere.networks.rocket import RocketEncoder
from belvedere.networks.series import InceptionTimeEncoder
from belvedere.networks.tabular import TabularEncoder
from belvedere.networks.taggers import BiLstmTagger, TransformerTagger
from belvedere.networks.text_lstm import TextLstmEncoder
from belvedere.types import Input

Builder = Callable[[list[tuple[int, Input]], Shape], Encoder]


@dataclass(frozen=True)
class Entry:
    """One network: the kinds of columns it reads, what builds it, and what it is in one sentence.

    `columns` says whether one encoder reads all columns of its kinds together, or each column has its own; `at_steps`
    whether it can answer at every step.
    """

    kinds: tuple[str, ...]
    build: Builder
    about: str
    columns: str = "each"
    at_steps: bool = False


TAGGED = ("words", "position")
NETWORKS: dict[str, Entry] = {
    "tabular": Entry(
        TABLE_KINDS, TabularEncoder, "Embedded numbers and categories, residual blocks, 8 members in one.", "together"
    ),
    "mlp": Entry(TABLE_KINDS, MlpEncoder, "The textbook perceptron: Dense 10, Dense 50, one output.", "together"),
    "resnet": Entry(("image",), ResNetEncoder, "Small residual network with batch normalization and augmentation."),
    "cnn": Entry(("image",), CnnEncoder, "The textbook CNN: Conv 32, Conv 64, MaxPool, Dense 128."),
    "inceptiontime": Entry(
        ("sequence",), InceptionTimeEncoder, "Convolutions of several lengths side by side, in two residual pairs."
    ),
    "rocket": Entry(
        ("sequence",),
        RocketEncoder,
        "Thousands of fixed random kernels and a linear model of them, for few labelled rows.",
    ),
    "bilstm": Entry(
        ("sequence",), BiLstmEncoder, "Two LSTM layers read both ways, pooled over real steps.", at_steps=True
    ),
    "gru": Entry(("sequence",), GruEncoder, "Two GRU layers read both ways, pooled over real steps.", at_steps=True),
    "tcn": Entry(
        ("sequence",), TcnEncoder, "Residual convolutions over steps ever farther apart, both ways.", at_steps=True
    ),
    "transformer": Entry(
        ("sequence", "text"), TransformerEncoder, "Three small attention blocks behind a convolution.", at_steps=True
    ),
    "lstm": Entry(("sequence",), LstmEncoder, "The textbook LSTM: two layers of 50, one output."),
    "bilstm_tagger": Entry(
        TAGGED,
        BiLstmTagger,
        "Words by their writing, one LSTM that reads both ways: a label per word.",
        "together",
        True,
    ),
    "transformer_tagger": Entry(
        TAGGED, TransformerTagger, "Words by their writing, two attention blocks: a label per word.", "together", True
    ),
    "ngrams": Entry(("text", "words"), NgramEncoder, "Bag of weighted n-grams beside projected tf-idf."),
    "text_lstm": Entry(("text",), TextLstmEncoder, "The textbook text network: Embedding 100, two LSTM layers of 50."),
}

DEFAULTS = {kind: name for name in ("ngrams", "inceptiontime", "resnet", "tabular") for kind in NETWORKS[name].kinds}
STEP_DEFAULTS = {
    **dict.fromkeys(TAGGED, "bilstm_tagger"),
    "sequence": "bilstm",
}  # where each step has a label of its own


def entry_of(name: str, inputs: tuple[Input, ...]) -> Entry | None:
    """The line of a network in the table, or one made for a network from outside; None where there is none.

    Raises
    ------
    SettingError
        If a guest's code is not at hand.
    """
    if isinstance(name, Guest):
        kinds = name.reads(inputs)
        together = getattr(name.maker, "reads", None) == "batch" or set(kinds) <= set(TABLE_KINDS)
        about = f"Your own {name.removeprefix(GUEST_PREFIX)}."
        return Entry(kinds, lambda read, shape: GuestEncoder(read, name), about, "together" if together else "each")
    if name.startswith(GUEST_PREFIX):
        raise missing_guest(name)
    if name.startswith(PRETRAINED_PREFIX):
        folder = folder_of(name)
        about = "A pretrained encoder, mean over tokens."
        return Entry(("text",), lambda read, shape: PretrainedEncoder(read, shape, folder), about)
    return NETWORKS.get(name)
