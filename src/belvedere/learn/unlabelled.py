"""Learn a network without a target, and map its space only where it foresees what is hidden better than the plain one.

What was measured, and why a space was chosen, goes into the notes of the map and into `evaluation["space"]`.
"""

from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from belvedere import kinds, networks, training
from belvedere.learn.case import Case
from belvedere.learn.embedding import embed_all
from belvedere.learn.fit import learn_plain, with_directions
from belvedere.learn.foresight import Comparison, compare_foresight, compare_recognition, effective_rank
from belvedere.learn.parts import RICH, cut_rows, other_looks
from belvedere.learn.resume import told_settings
from belvedere.learn.rows import embedder
from belvedere.learn.settings import Learned
from belvedere.learn.transfer import begin
from belvedere.networks import Network
from belvedere.progress import Progress

FEWEST_ROWS = {"table": 1000, "image": 1000, "sequence": 100, "text": 1000}
Half = tuple[dict[str, Any], dict[str, NDArray[Any]]]  # config and tensors, as `embed_rows` reads them
N_ASKED = 1500  # rows that are not learned from, and decide between the spaces
LEAST_RANK = 4.0
# Two looks share what several columns say together; what one column alone says is no longer seen. For a table that is a
# loss, so its learned space must foresee clearly more: a twentieth of what the plain one leaves open.
TABLE_LEAD = 0.05
# Words that a short text holds foretell next to nothing of its others: below a twentieth the question tells no spaces apart. The
# learned one is mapped then; on all five sets of texts tried it told apart more of what readers had told apart.
TEXT_MUTE = 0.05


@dataclass(frozen=True)
class Tried:
    """A network learned without labels, how it was trained, and the rows kept from it."""

    network: Network
    trained: training.Trained
    plan: training.Plan
    asked: NDArray[np.int64]
    n_rows: int
    mirror: bool


def learn_unlabelled(case: Case, name: str, progress: Progress) -> Learned:
    """Learn without a target; map the learned space if it was asked for, or if it foresees more than the plain one."""
    must = case.settings.space == "learned" or case.settings.network != "auto"
    reason = "" if must else why_not(case)
    told = reason or f"No target: {name!r} learns without labels what stays the same in two looks at a row."
    progress.say(told)
    case = replace(case, notes=(told, *case.notes))
    if reason:
        return learn_plain(case, progress)
    tried = try_network(case, name, progress)
    learned = half_of(case, name, tried)
    if must:
        return finish(case, learned, tried, "The learned space is mapped, as asked.", progress)
    plain = learn_plain(case, progress)
    found, rank = judge_spaces(case, (plain.config, plain.tensors), learned, tried)
    reason = describe(found, rank)
    progress.say(reason)
    wins = found.learned_wins and rank >= LEAST_RANK
    measured = {**asdict(found), "effective_rank": rank, "seconds": tried.trained.seconds, "learned_wins": wins}
    made = finish(case, learned, tried, reason, progress) if wins else replace(plain, notes=(*plain.notes, reason))
    return replace(made, evaluation={"space": measured}, curves={"loss": tried.trained.curves})


def kind_of(case: Case) -> str:
    """What the columns are, for the costs and the least number of rows: 'table', or the one rich kind among them."""
    rich = [item.kind for item in case.inputs if item.kind in ("image", "sequence", "text")]
    return rich[0] if rich else "table"


def why_not(case: Case) -> str:
    """Why a space is not worth learning, in one sentence; '' where it is."""
    n_rows, least = case.source.n_rows, FEWEST_ROWS[kind_of(case)]
    if n_rows < least:
        return f"No network: without a target a space is learned from {least:,} rows on, and there are {n_rows:,}."
    if len(case.inputs) == 1 and case.inputs[0].kind not in RICH:
        return "No network: one plain column leaves nothing to learn without a target."
    return ""


def try_network(case: Case, name: str, progress: Progress) -> Tried:
    """Train a network on all rows but those that will judge it."""
    s = case.settings
    torch.manual_seed(s.seed)
    order = np.random.default_rng(s.seed).permutation(case.source.n_rows)
    n_asked = min(N_ASKED, case.source.n_rows // 5)
    asked, rows = np.sort(order[:n_asked]), np.sort(order[n_asked:])
    rows = training.thin_out(rows, min(s.max_train_rows, training.MOST_UNLABELLED), seed=s.seed)
    case = with_directions(case, rows)
    shape = networks.Shape(s.latent_dims, s.dropout or 0.0, s.width, n_members=1, unit=True)
    network = networks.build_network(case.inputs, None, network=name, settings=shape)
    begun = begin(network, s, progress)
    arrays = kinds.make_arrays(case.source.take(rows), case.inputs)
    asked_for = ("epochs", "batch_size", "learning_rate", "weight_decay", "time_limit_s", "threads", "seed", "effort")
    read = [(part.network, [case.inputs[p] for p in part.positions]) for part in network.parts]
    plan = training.unlabelled_plan(read, len(rows), **{name: getattr(s, name) for name in asked_for}, **begun)
    looks = training.Looks(mirror=training.mirrors_itself(arrays, case.inputs, seed=s.seed))
    trained = training.learn_contrast(network, arrays, case.inputs, looks=looks, plan=plan, progress=progress)
    return Tried(network, trained, plan, asked, len(rows), looks.mirror)


def half_of(case: Case, name: str, tried: Tried) -> Half:
    """Config and tensors of the learned half."""
    config = {
        **tried.network.config(), "network": networks.portable_name(name), "target": None,
        "settings": told_settings(case.settings), "plan": asdict(tried.plan),
    }  # fmt: skip
    return config, networks.tensors_of(tried.network)


def judge_spaces(case: Case, plain: Half, learned: Half, tried: Tried) -> tuple[Comparison, float]:
    """How both spaces do on the rows kept aside, and the effective rank of the learned one."""
    table, inputs, seed = case.source.take(tried.asked), case.inputs, case.settings.seed
    embeds = embedder(*plain), embedder(*learned)
    if len(inputs) == 1 and inputs[0].kind == "image":
        looks = other_looks(table, inputs[0], mirror=tried.mirror, seed=seed)
        found = compare_recognition(table, looks, *embeds)
    else:
        lead = TABLE_LEAD if kind_of(case) == "table" and len(inputs) > 1 else 0.0
        mute = TEXT_MUTE if len(inputs) == 1 and inputs[0].kind == "text" else None
        found = compare_foresight(list(cut_rows(table, inputs, seed=seed)), *embeds, lead=lead, mute=mute)
    return found, effective_rank(embeds[1](table))


def finish(case: Case, learned: Half, tried: Tried, reason: str, progress: Progress) -> Learned:
    """Embed all rows by the learned network."""
    progress.start("Embedding", case.source.n_rows)
    latent = embed_all(case.settings.engine, case.source, *learned, progress, folder=case.settings.latent_folder)
    progress.finish(f"{case.source.n_rows:,} rows, {latent.shape[1]} dimensions")
    name, ended = learned[0]["network"], tried.trained
    space = (
        f"The latent space of the network {name!r}, learned without a target: rows lie near each other when they are "
        "alike in what stays the same in another look at them."
    )
    how = f"Learned from {tried.n_rows:,} rows without a target; training ended by: {ended.stopped}."
    note = f"Training ended by: {ended.stopped}" if ended.stopped == "interrupted" else how
    return Learned(
        case.inputs, None, latent, space, case.split, config=learned[0], tensors=learned[1],
        curves={"loss": ended.curves}, notes=(*case.notes, note, reason),
    )  # fmt: skip


def describe(found: Comparison, rank: float) -> str:
    """One sentence: which space is mapped, and the numbers behind it."""
    if found.asked == "recognition":
        does = f"recognizes {found.learned:.0%} of {found.n_rows:,} pictures it had not seen by another look at them"
        measured = f"The learned space {does}, the plain one {found.plain:.0%}"
    else:
        measured = (
            f"From a part of {found.n_rows:,} rows it had not seen, the learned space foresees {found.learned:.3f} of "
            f"what the rest varies by, the plain one {found.plain:.3f} (± {found.error:.3f})"
        )
    if rank < LEAST_RANK:
        return f"{measured}; but it uses only {rank:.1f} directions, so the plain space is mapped."
    if found.is_mute:
        return (
            f"{measured}: too little for either to tell them apart, so the learned space is mapped, as usual for texts."
        )
    if found.learned_wins:
        return f"{measured}: the learned space is mapped."
    return f"{measured}: not clearly enough, so the plain space is mapped."
