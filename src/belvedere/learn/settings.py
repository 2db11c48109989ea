"""What a person may choose about learning, and what learning gives back."""

from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray

from belvedere import networks
from belvedere.engines import Engine
from belvedere.errors import SettingError
from belvedere.types import Floats, Input, Schema, Score, Source, Target

Array = NDArray[Any]
ROW_ORDER = "row order"
PRECISIONS = ("auto", "float32", "bfloat16")
SPACES = ("auto", "plain", "learned")


@dataclass(frozen=True)
class LearnSettings:
    """Everything a person may choose about learning; None means: chosen by the data's kind and size.

    Attributes
    ----------
    target : str or None
        The column to predict; None takes the schema's target, if any.
    task : str or None
        A name in `belvedere.training.TASKS`; None reads it from the data.
    event : str or None
        Of survival: the column that says whether the event was seen, 'died' or 'status=2'; it makes the task cox.
    user : str or None
        Of the task 'recommend': the column that says who had the target's item; None finds it by its name.
    horizon : int
        Of the task 'forecast': how many values are foretold.
    network : str, torch.nn.Module or function
        'auto', 'none', a name in `belvedere.networks.NETWORKS` (several joined by '+'), 'hf:FOLDER' for a pretrained text
        encoder, or a network of your own (a module, a Keras 3 model on torch, a function that makes one); see
        `belvedere.networks.guest`. It becomes a name that carries what builds it.
    finetune : bool
        Whether a pretrained encoder learns too; otherwise it rests.
    allow_download : bool
        Whether 'hf:NAME' may be fetched from Hugging Face where no folder of that name is on this machine.
    space : str
        Without a target: 'plain' maps the standardized columns, 'learned' what a network learns of them without labels,
        'auto' the one that foresees hidden parts of rows better. With a target, the learned space is mapped.
    start_from : str or None
        A map folder whose network is where learning begins.
    freeze : float
        Share of the training, 0 to 1, in which only what is new learns and the network taken over rests.
    start_rate : float
        Share of the learning rate, above 0 to 1, for its first layer; it rises to 1 at the output.
    effort : float
        How many times as long as usual to train where epochs are not given: 0.3 for a first look, 5 for the best.
    epochs, batch_size, learning_rate, weight_decay, dropout, width, n_members :
        Of the training and the network.
    latent_dims : int
        Dimensions of the vector that each row becomes.
    target_weight : float
        Share of the variance of the mapped space that what was learned of the target has, above 0 to 1; where all
        columns are cells of a table, the plain columns have the rest, so that rows which the target does not tell apart
        still lie apart when they differ.
    time_limit_s : float or None
        Seconds of training; a model always comes back. With a limit, results depend on the machine's speed.
    holdout : float
        Share of the rows held out and scored, 0 < holdout < 1, where no `split` column says which.
    group : str or None
        A column, for instance of patients; rows that share its value are never parted, and it is not learned from.
    time : str or None
        A column of times or numbers, or 'row order'; the latest rows are held out.
    max_train_rows : int
        More training rows than this are thinned out at random, and a note says so.
    precision : {'auto', 'float32', 'bfloat16'}
        Of matrix products while training; 'auto' takes bfloat16 for images where a probe finds it faster.
    latent_folder : str or None
        Folder where latent vectors lie where they are too many for memory, as float16 in a mapped file without a name.
    checkpoint : str or None
        File in which the state of training is kept now and then; only for learning with a target.
    resume : bool
        Go on from the checkpoint if it is there; on the same machine with the same bits as never stopped.
    private : bool
        Train the network with differential privacy (extra `private`); `docs/security.md` says what that covers.
    epsilon, delta : float, float or None
        Its budget: epsilon is not passed; delta is chosen by the number of rows where it is None.
    engine : belvedere.engines.Engine
        Where training and embedding are done: in this process, or on Ray.
    seed, threads : int
    """

    target: str | None = None
    task: str | None = None
    event: str | None = None
    user: str | None = None
    horizon: int = 1
    network: Any = "auto"
    finetune: bool = False
    allow_download: bool = False
    space: str = "auto"
    start_from: str | None = None
    freeze: float = 0.3
    start_rate: float = 0.2
    effort: float = 1.0
    epochs: int | None = None
    batch_size: int | None = None
    learning_rate: float | None = None
    weight_decay: float | None = None
    dropout: float | None = None
    width: int | None = None
    n_members: int | None = None
    latent_dims: int = 64
    target_weight: float = 0.8
    time_limit_s: float | None = None
    holdout: float = 0.2
    group: str | None = None
    time: str | None = None
    max_train_rows: int = 200_000
    precision: str = "auto"
    latent_folder: str | None = None
    checkpoint: str | None = None
    resume: bool = False
    private: bool = False
    epsilon: float = 8.0
    delta: float | None = None
    seed: int = 0
    threads: int | None = None
    engine: Engine = field(default_factory=Engine)

    def __post_init__(self) -> None:
        object.__setattr__(self, "network", networks.invite(self.network))

    @property
    def named(self) -> tuple[str, ...]:
        """Columns beside the target that these settings name."""
        event = (self.event or "").partition("=")[0]
        time = "" if self.time == ROW_ORDER else self.time
        return tuple(name for name in (event, self.user, self.group, time) if name)


@dataclass(frozen=True)
class Learned:
    """What was learned, for all rows in their order.

    Attributes
    ----------
    inputs : tuple of Input
    target : Target or None
    latent : float32 (rows, dims)
        One vector per row (float16, mapped from disk, where `latent_folder` was given); distances between them are what
        the map draws.
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
    rows : (Source, Schema) or None
        The rows that were learned where they are not those given: users and items instead of their interactions.
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
    rows: tuple[Source, Schema] | None = None


def check_settings(settings: LearnSettings) -> None:
    """Refuse settings out of their range.

    Raises
    ------
    SettingError
        Naming the setting, its range and what was found.
    """
    _check_running(settings)
    whole = ("epochs", "batch_size", "width", "n_members", "latent_dims", "max_train_rows", "threads", "horizon")
    for name in (*whole, "learning_rate", "time_limit_s", "effort"):
        value = getattr(settings, name)
        if value is not None and not value > 0:
            raise SettingError(f"{name} must be above 0, but is {value!r}. Choose a larger one, or leave it out.")
    if not 0 < settings.target_weight <= 1:
        raise SettingError(
            f"target_weight must be above 0 and at most 1, but is {settings.target_weight!r}. "
            "Use 1 to map what predicts the target alone, or the network 'none' to map the plain columns."
        )
    for name in ("holdout", "dropout"):
        value = getattr(settings, name)
        if value is not None and not (0 <= value < 1 and (name == "dropout" or value > 0)):
            raise SettingError(f"{name} must lie between 0 and 1, but is {value!r}. Try 0.2.")
    if not (0 <= settings.freeze <= 1 and 0 < settings.start_rate <= 1):
        found = f"{settings.freeze!r} and {settings.start_rate!r}"
        raise SettingError(f"freeze must lie between 0 and 1, start_rate above 0 and at most 1, but are {found}.")
    if settings.space not in SPACES:
        raise SettingError(
            f"space must be 'auto', 'plain' or 'learned', but is {settings.space!r}. Choose one of these."
        )
    if settings.space == "learned" and settings.network == "none":
        raise SettingError("The learned space must have a network, but network is 'none'. Leave one of the two out.")


def refuse_private(settings: LearnSettings, what: str) -> None:
    """Refuse to learn many times from the same rows with one budget."""
    if settings.private:
        raise SettingError(
            f"{what} learns many times from the same rows, and each spends privacy anew; leave out 'private'."
        )


def _check_running(settings: LearnSettings) -> None:
    """Refuse what cannot be run."""
    if settings.precision not in PRECISIONS:
        raise SettingError(f"precision must be one of {', '.join(PRECISIONS)}, but is {settings.precision!r}.")
    if settings.resume and settings.checkpoint is None:
        raise SettingError("To go on, a checkpoint must be named, but none was. Give --checkpoint FILE.")
