"""Why to doubt an explanation: rows unlike all training rows, places the network would not give, sums that fail."""

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from belvedere.types import Floats, MapContent
from belvedere.values import to_codes, to_floats

if TYPE_CHECKING:
    from belvedere.explaining.whole import Whole

FAR, LOST, AWAY, UNEVEN = 0.99, 0.2, 0.05, 0.01


def doubts_about(
    whole: "Whole", number: int, table: pa.Table, i: int, measured: tuple[float, float]
) -> tuple[str, ...]:
    """Sentences of warning for one row.

    Parameters
    ----------
    whole : Whole
    number : int
        Row number, -1 for a row not on the map.
    table, i :
        The row is line `i` of the table.
    measured : (residual, error)
        Shares of the map's width.
    """
    residual, error = measured
    content = whole.content
    said = [*_of_distance(whole, number, table, i), *unseen_values(whole, table, i)]
    kept = content.channels.get("kept")
    if number >= 0 and kept is not None and kept[number] < LOST:
        said.append(
            f"Only {kept[number]:.0%} of the row's true neighbors are near it on the map; its place says little."
        )
    if residual > AWAY:
        said.append(
            f"The network would place the row {residual:.0%} of the map's width away from where it lies; the pulls "
            "explain the network's place."
        )
    if error > UNEVEN:
        said.append(f"The pulls do not add up: {error:.1%} of the whole range is missing.")
    return tuple(said)


def _of_distance(whole: "Whole", number: int, table: pa.Table, i: int) -> tuple[str, ...]:
    """Whether the row is unlike what was learned from."""
    content = whole.content
    if number >= 0:
        outlying = content.channels.get("outlying")
        share = float(outlying[number]) if outlying is not None else 0.0
    else:
        share = outlying_share(whole, table.slice(i, 1))
    if share <= FAR:
        return ()
    return (
        f"The row is farther from its nearest neighbors than {share:.1%} of the rows learned from: nothing like it was "
        "seen, so neither its place nor this explanation can be relied on.",
    )


def unseen_values(whole: "Whole", table: pa.Table, i: int) -> tuple[str, ...]:
    """Values outside what was there in training: numbers beyond the range, levels never met."""
    found = []
    for item in whole.entrance.inputs:
        column = table.column(item.name).slice(i, 1)
        if item.kind == "number":
            value = float(to_floats(column)[0])
            if value < item.info["min"] or value > item.info["max"]:
                found.append(f"{item.name} {value:.5g} (seen {item.info['min']:.5g} to {item.info['max']:.5g})")
        elif item.kind in ("category", "boolean"):
            codes, levels = to_codes(column)
            if codes[0] >= 0 and levels[codes[0]] not in item.info["categories"]:
                found.append(f"{item.name} {levels[codes[0]]!r}")
    return (f"Hardly or never seen in training: {', '.join(found[:5])}.",) if found else ()


def outlying_share(whole: "Whole", table: pa.Table) -> float:
    """Share of training rows that lie closer to their neighbors than this one row does, in the latent space."""
    import torch

    ends = whole.entrance.read(table)
    with torch.no_grad():
        latent = whole.entrance.space(ends.stop, torch.arange(1), ends.batch).numpy()[0]
    rows, typical = whole.reference
    distances = np.sort(np.linalg.norm(rows - latent, axis=1))[:5]
    return float((typical < distances.mean()).mean())


def reference(content: MapContent) -> tuple[Floats, NDArray[np.float64]]:
    """Latent vectors of at most 5,000 rows, and the mean distance of some of them to five neighbors among these."""
    latent = content.latent
    assert latent is not None
    few = np.sort(np.random.default_rng(0).choice(len(latent), min(5000, len(latent)), replace=False))
    rows = np.asarray(latent[few], dtype=np.float32)
    some = rows[:500]
    squared = np.square(some).sum(axis=1)[:, None] + np.square(rows).sum(axis=1)[None] - 2 * some @ rows.T
    nearest = np.sort(np.partition(squared, min(6, len(rows) - 1), axis=1)[:, :6], axis=1)[:, 1:]
    return rows, np.sqrt(np.maximum(nearest, 0)).mean(axis=1)
