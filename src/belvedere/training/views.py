"""Two looks at the same rows, from which a network learns without labels what stays the same. `VIEWS` is the table.

A view changes what does not say what a row is: the crop and light of a picture, the stretch of a sequence that is
read, the words of a text that happen to be used, some cells of a table (swapped with those of other rows).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from belvedere.training.picture_views import varied_pictures
from belvedere.types import Input

Batch = dict[str, Tensor]
SWAPPED_SHARE = 0.3
KEPT_WORDS = 0.5
SHORTEST_CROP = 0.5


@dataclass(frozen=True)
class Looks:
    """How views are made: whether pictures may be mirrored, and the share of the cells of a table that is swapped."""

    mirror: bool = False
    swapped: float = SWAPPED_SHARE


def make_view(batch: Batch, inputs: Sequence[Input], looks: Looks) -> Batch:
    """Look at a batch in another way: the same keys, first axis the same rows."""
    view = dict(batch)
    for position, item in enumerate(inputs):
        view |= VIEWS[item.kind](batch, position, looks)
    return view


def swap_cells(batch: Batch, position: int, looks: Looks) -> Batch:
    """In some rows, the cell of another row: what a column holds stays, what it says of this row is lost.

    References
    ----------
    Bahri, Jiang, Tay, Metzler (2022), SCARF: self-supervised contrastive learning using random feature corruption.
    """
    keys = [key for key in batch if key.startswith(f"{position}.")]
    n = len(batch[keys[0]])
    at = torch.where(torch.rand(n) < looks.swapped, torch.randint(n, (n,)), torch.arange(n))
    return {key: batch[key][at] for key in keys}


def swap_numbers(batch: Batch, position: int, looks: Looks) -> Batch:
    """The same for each number of a vector."""
    value = batch[f"{position}.value"]
    lost = torch.rand(value.shape) < looks.swapped
    return {f"{position}.value": torch.where(lost, value[torch.randperm(len(value))], value)}


def vary_pixels(batch: Batch, position: int, looks: Looks) -> Batch:
    """Another crop, angle and light."""
    return {f"{position}.pixels": varied_pictures(batch[f"{position}.pixels"], mirror=looks.mirror)}


def drop_words(batch: Batch, position: int, looks: Looks) -> Batch:
    """Half of the n-grams, half of the words; a text is left at least one."""
    view = {}
    for key in (f"{position}.grams", f"{position}.tokens"):
        codes = batch[key]
        drawn = torch.rand(codes.shape).masked_fill(codes == 0, 2.0)
        keep = (drawn < KEPT_WORDS) | (drawn == drawn.amin(dim=1, keepdim=True))
        view[key] = codes * keep if key.endswith("grams") else closed_up(codes, keep & (codes != 0))
    return view


def closed_up(codes: Tensor, keep: Tensor) -> Tensor:
    """Move kept codes together, padding behind: (rows, length).

    Examples
    --------
    >>> closed_up(torch.tensor([[5, 6, 7]]), torch.tensor([[True, False, True]]))
    tensor([[5, 7, 0]])
    """
    order = torch.argsort((~keep).to(torch.uint8), dim=1, stable=True)
    return (codes * keep).gather(1, order)


def crop_steps(batch: Batch, position: int, looks: Looks) -> Batch:
    """A stretch of each sequence, half of it at least, a little louder or softer, with a little noise.

    References
    ----------
    Yue et al. (2022), TS2Vec: towards universal representation of time series.
    """
    steps, lengths = batch[f"{position}.steps"], batch[f"{position}.length"]
    n, n_steps, _ = steps.shape
    share = SHORTEST_CROP + (1 - SHORTEST_CROP) * torch.rand(n)
    kept = (lengths * share).ceil().long().clamp(min=1)
    start = (torch.rand(n) * (lengths - kept + 1).clamp(min=1)).long()
    at = torch.arange(n_steps)[None, :]
    real = at < kept[:, None]  # (rows, steps)
    moved = steps[torch.arange(n)[:, None], (start[:, None] + at).clamp(max=n_steps - 1)]
    loud = torch.exp((torch.rand(n, 1, 1) * 2 - 1) * 0.2)
    noise = torch.randn_like(moved) * 0.1
    return {f"{position}.steps": (moved * loud + noise) * real[:, :, None], f"{position}.length": kept}


View = Callable[[Batch, int, Looks], Batch]

VIEWS: dict[str, View] = {
    "number": swap_cells,
    "category": swap_cells,
    "boolean": swap_cells,
    "time": swap_cells,
    "vector": swap_numbers,
    "image": vary_pixels,
    "text": drop_words,
    "sequence": crop_steps,
}
