"""Which network for which columns, and why."""

from dataclasses import dataclass

from belvedere.errors import SettingError, nearest_names
from belvedere.networks.guest import Guest
from belvedere.networks.pretrained import PREFIX, portable_name
from belvedere.networks.table import DEFAULTS, NETWORKS, STEP_DEFAULTS, Entry, entry_of
from belvedere.types import Input, Target


@dataclass(frozen=True)
class Choice:
    """A network's name ('none' for the plain space) and one sentence on why it was chosen."""

    name: str
    why: str


@dataclass(frozen=True)
class Part:
    """One encoder of a network: its name in `NETWORKS` and the positions of the inputs that it reads."""

    network: str
    positions: tuple[int, ...]


STEP_TASKS = ("tokens", "steps")  # tasks with an answer at every step of a row


def choose_network(inputs: tuple[Input, ...], target: Target | None, wanted: str = "auto") -> Choice:
    """Choose a network for these columns, or check the one that a person wants.

    Parameters
    ----------
    inputs : tuple of Input
        The columns.
    target : Target or None
        What is to be predicted; without one, networks learn what stays the same in two looks at a row.
    wanted : str
        'auto', 'none' (only without target), a name in `NETWORKS`, or several joined by '+'.

    Raises
    ------
    SettingError
        If the name is unknown, 'none' is to predict a target, or no column has a kind that the network reads.

    Examples
    --------
    >>> image = Input("picture", "image", {"height": 28, "width": 28, "channels": 1})
    >>> choose_network((image,), Target("label", "binary", ("no", "yes"))).name
    'resnet'
    >>> choose_network((image,), None).name, choose_network((image,), None, "none").name
    ('resnet', 'none')
    """
    if wanted == "none":
        return _choose_none(target)
    parts = read_parts(inputs, wanted, at_steps=target is not None and target.task in STEP_TASKS)
    names = dict.fromkeys(part.network for part in parts)
    name = "+".join(sorted(names, key=lambda part: part.startswith(PREFIX)))  # a folder stands last
    if isinstance(wanted, Guest):
        return Choice(wanted, f"The network {name!r} was asked for.")
    if wanted != "auto":
        return Choice(name, f"The network {portable_name(name)!r} was asked for.")
    reasons = [f"{NETWORKS[part.network].about} Reads {_columns(part, inputs)}." for part in parts]
    return Choice(name, f"Chosen {name!r} by the kinds of the columns: " + " ".join(reasons))


def _choose_none(target: Target | None) -> Choice:
    if target is not None:
        raise SettingError(
            f"A target can only be learned by a network, but network is 'none' and the target is {target.name!r}. "
            "Choose --network auto, or leave the target out."
        )
    return Choice("none", "No network: the map shows the plain standardized columns, as asked.")


def read_parts(inputs: tuple[Input, ...], wanted: str, *, at_steps: bool = False) -> list[Part]:
    """Which encoder reads which inputs: wanted ones first, defaults of the kinds for all other columns."""
    by_kind = {**DEFAULTS, **STEP_DEFAULTS} if at_steps else dict(DEFAULTS)
    if any("kernels" in item.info for item in inputs):
        by_kind["sequence"] = "rocket"
    for name in _names(wanted):
        by_kind |= dict.fromkeys(_known(name, inputs).kinds, name)
    parts: dict[tuple[str, int], list[int]] = {}
    for position, item in enumerate(inputs):
        if item.kind in by_kind:
            name = by_kind[item.kind]
            together = _known(name, inputs).columns == "together"
            parts.setdefault((name, -1 if together else position), []).append(position)
    if not parts:
        kinds = ", ".join(sorted({item.kind for item in inputs})) or "no columns at all"
        raise SettingError(f"A network must have a column to read, but found {kinds}. Declare one: --kind NAME=KIND.")
    found = [Part(name, tuple(positions)) for (name, _), positions in parts.items()]
    if at_steps and not any(_known(part.network, inputs).at_steps for part in found):
        answering = ", ".join(name for name, entry in NETWORKS.items() if entry.at_steps)
        raise SettingError(
            f"A label per step must have a column that is read step by step, but {', '.join(p.network for p in found)} "
            f"answers once per row. Choose --network {answering}."
        )
    return found


def _names(wanted: str) -> list[str]:
    """Single names in what a person wants; a folder may hold any sign, so it stands last."""
    if isinstance(wanted, Guest):
        return [wanted]
    head, prefix, folder = wanted.partition(PREFIX)
    names = [] if wanted == "auto" else head.removesuffix("+").split("+")
    return [*(name for name in names if name or not prefix), *([prefix + folder] if prefix else [])]


def _known(name: str, inputs: tuple[Input, ...]) -> Entry:
    """The entry of a network that is known and has something to read."""
    entry = entry_of(name, inputs)
    if entry is None:
        known = ["auto", "none", *NETWORKS, f"{PREFIX}FOLDER"]
        raise SettingError(f"There is no network {name!r}. {nearest_names(name, known)}")
    kinds = entry.kinds
    if not any(item.kind in kinds for item in inputs):
        found = ", ".join(sorted({item.kind for item in inputs}))
        raise SettingError(
            f"The network {name!r} reads columns of kind {', '.join(kinds)}, but these data hold {found}. "
            "Choose --network auto, or declare a column's kind with --kind."
        )
    return entry


def _columns(part: Part, inputs: tuple[Input, ...]) -> str:
    names = [inputs[position].name for position in part.positions]
    return f"{names[0]!r}" if len(names) == 1 else f"{len(names)} columns"
