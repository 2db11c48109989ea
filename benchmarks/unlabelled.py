"""Maps made without labels, judged by labels they did not see: the plain space, the learned one, and which was chosen.

    python benchmarks/unlabelled.py [NAME ...] [--sample N] [--threads 2] [--time-limit SECONDS] [--seed 0]

Data are read from the folder that BELVEDERE_DATA names. Default settings throughout. Each set's label is left out of the
inputs and only scores the maps: the share of rows whose ten nearest places vote for their label (leave one out). Where
too few rows are there for learning to be tried, that is said. Every row is kept in benchmarks/results/unlabelled.md,
misses too.

Accuracy is that of the ten nearest places. Sets marked * were looked
at while the criteria were made; the others were first run afterwards.
"""

import argparse
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from kept import keep, table
from numpy.typing import NDArray

from belvedere import networks, training
from belvedere.draw import DrawSettings, draw
from belvedere.judge.labels import label_accuracy
from belvedere.kinds import learn_kinds
from belvedere.learn import LearnSettings, unlabelled
from belvedere.learn.case import prepare
from belvedere.learn.fit import learn_plain
from belvedere.progress import Silent
from belvedere.sources import open_source
from belvedere.types import Schema, Source


@dataclass(frozen=True)
class Data:
    """A data set: where it lies, the label that only scores, and columns that would give it away."""

    path: str
    label: str
    ignore: tuple[str, ...] = ()
    seen: bool = False  # while the criteria were made


SETS = {
    "gtsrb": Data("gtsrb_10k/gtsrb_10k.npz", "y", ("track_train",), seen=True),
    "fashion": Data("fashion_mnist/fashion_mnist.npz", "y", seen=True),
    "mnist": Data("mnist/mnist.npz", "y", seen=True),
    "digits": Data("sklearn:digits", "digit", seen=True),
    "spoken": Data("spoken_digits/spoken_digits.npz", "y", ("speaker",)),
    "ecg5000": Data("ecg5000_train/ecg5000_train.npz", "y"),
    **{
        name: Data(f"ucr_uea_small/ucr_uea_small.npz::{name}", "y")
        for name in ("ACSF1", "ArrowHead", "GunPoint", "ItalyPowerDemand", "JapaneseVowels", "OSULeaf")
    },
    "rt_polarity": Data("rt_polarity/rt_polarity.parquet", "label", seen=True),
    "banking77": Data("banking77/banking77.parquet", "category", seen=True),
    "clinc150": Data("clinc150/clinc150.parquet", "intent", ("domain",), seen=True),
    "sms_spam": Data("sms_spam/sms_spam.parquet", "label", seen=True),
    "shopping": Data("zh_online_shopping/zh_online_shopping.parquet", "cat", ("label",), seen=True),
    "telco": Data("telco_churn/telco_churn.parquet", "churn", seen=True),
    "adult": Data("adult/adult.parquet", "income", seen=True),
    "german": Data("german_credit/german_credit.parquet", "risk", seen=True),
    "credit": Data("credit_default_taiwan/credit_default_taiwan.parquet", "default.payment.next.month", seen=True),
    "california": Data("california_housing/california_housing.parquet", "ocean_proximity", seen=True),
    "diamonds": Data("diamonds/diamonds.parquet", "cut", seen=True),
    "bladder": Data("scrna_mouse_bladder/counts.npz", "y", seen=True),
    "worm": Data("scrna_worm_neuron/counts.npz", "y", seen=True),
}


def opened(data: Data, sample: int | None) -> tuple[Source, Schema, NDArray[Any]]:
    """The rows, their kinds without the label, and the labels."""
    path, _, part = data.path.partition("::")
    where = path if path.startswith("sklearn:") else str(Path(os.environ["BELVEDERE_DATA"]) / path)
    source = archive(where, part) if part else open_source(where, sample=sample, options={"keep": [data.label]})
    name = {name.lower(): name for name in source.table.column_names}[data.label.lower()]
    left_out = [column for column in (*data.ignore, "split") if column in source.table.column_names]
    schema = learn_kinds(source, target=name, ignore=left_out).with_column(name, role="left out")
    return source, schema, np.array([str(value) for value in source.table.column(name).to_pylist()])


def archive(path: str, name: str) -> Source:
    """One set of the UCR archive, train and test rows together: (rows, channels, steps) -> a column of sequences."""
    with np.load(path) as file:
        x = np.concatenate([file[f"{name}_x_{part}"] for part in ("train", "test")]).transpose(0, 2, 1)
        y = np.concatenate([file[f"{name}_y_{part}"] for part in ("train", "test")])
    n, steps, channels = x.shape
    values = pa.array(np.ascontiguousarray(x, np.float32).reshape(-1))
    values = values if channels == 1 else pa.FixedSizeListArray.from_arrays(values, channels)
    column = pa.ListArray.from_arrays(np.arange(0, n * steps + 1, steps, dtype=np.int32), values)
    field = pa.field("x", column.type, metadata={"belvedere.kind": "sequence"})
    return Source(name, pa.table([column, pa.array(y.astype(str))], schema=pa.schema([field, ("y", pa.string())])))


def on_the_map(latent: NDArray[np.float32], labels: NDArray[Any], settings: LearnSettings) -> float:
    """The share of rows whose ten nearest places vote for their label."""
    drawn = draw(latent, DrawSettings(seed=settings.seed, n_threads=settings.threads or 0))
    return label_accuracy(drawn.places, labels).value


def measured(name: str, settings: LearnSettings, sample: int | None) -> dict[str, Any]:
    """Learn both spaces of a set, draw both maps, and say which one would have been chosen."""
    data, quiet, began = SETS[name], Silent(), time.monotonic()
    source, schema, labels = opened(data, sample)
    with training.threads_for(settings.threads):
        case = prepare(source, schema, settings)
        plain = learn_plain(case, quiet)
        network = networks.choose_network(case.inputs, None).name
        tried = unlabelled.try_network(case, network, quiet)
        half = unlabelled.half_of(case, network, tried)
        found, rank = unlabelled.judge_spaces(case, (plain.config, plain.tensors), half, tried)
        learned = unlabelled.finish(case, half, tried, "", quiet)
    wins = found.learned_wins and rank >= unlabelled.LEAST_RANK
    chosen = "too few rows" if unlabelled.why_not(case) else "learned" if wins else "plain"
    seconds = time.monotonic() - began
    accuracy = [on_the_map(one.latent, labels, settings) for one in (plain, learned)]
    kinds = ", ".join(sorted({item.kind for item in case.inputs}))
    return {
        "data": f"{name}{'*' if data.seen else ''}",
        "kinds": kinds,
        "rows": source.n_rows,
        "10-NN accuracy, plain": accuracy[0],
        "10-NN accuracy, learned": accuracy[1],
        "chosen": chosen,
        "asked": found.asked,
        "plain": found.plain,
        "learned": found.learned,
        "error": found.error,
        "rank": round(rank),
        "s learning": round(seconds),
    }


def main() -> None:
    """Run the sets asked for, all by default."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help=", ".join(SETS))
    parser.add_argument("--sample", type=int)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--time-limit", type=float)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    settings = LearnSettings(seed=asked.seed, threads=asked.threads, time_limit_s=asked.time_limit)
    for name in asked.names or SETS:
        try:
            rows = [measured(name, settings, asked.sample)]
        except Exception as error:  # one failure must not hide the other rows
            print(f"{name} failed: {type(error).__name__}: {error}", flush=True)
            continue
        print(table(rows), flush=True)
        keep("unlabelled", "Maps without labels, judged by labels", rows, key=("data",))


if __name__ == "__main__":
    main()
