"""Tables that the benchmark of learning makes of raw data, and baselines that only it needs."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from sklearn.ensemble import HistGradientBoostingRegressor

SUPPORT = (
    "age", "num.co", "meanbp", "wblc", "hrt", "resp", "temp", "pafi", "alb", "bili", "crea", "sod", "ph", "glucose",
    "bun", "urine", "adlp", "adls", "sex", "dzgroup", "dzclass", "income", "race", "ca", "d.time", "death",
)  # fmt: skip  # known at the start; not the costs and outcomes of the stay


def roles(folder: Path) -> pa.Table:
    """One row per predicate of the proposition bank: words, parts of speech, the predicate's place, roles of heads.

    There is no training file: the part 'dev' is learned from.
    """
    rows = []
    for line in pq.read_table(folder / "srl_up_ewt/srl_up_ewt.parquet").to_pylist():
        n_words = len(line["tokens"].split())
        for frame in json.loads(line["frames_json"]):
            said = dict(map(tuple, frame["args"]))
            rows.append(
                {
                    "words": line["tokens"],
                    "parts of speech": line["upos"],
                    "predicate": frame["predicate"],
                    "roles": " ".join(said.get(at, "O") for at in range(n_words)),
                    "split": "train" if line["split"] == "dev" else "test",
                }
            )
    return pa.Table.from_pylist(rows)


def patients(folder: Path) -> pa.Table:
    """SUPPORT2 with what is known at the start."""
    return pq.read_table(folder / "surv_support2/surv_support2.parquet").select(list(SUPPORT))


def in_scope(folder: Path) -> pa.Table:
    """The 150 intents of CLINC150 with their official parts; without the queries that are out of scope."""
    table = pq.read_table(folder / "clinc150/clinc150.parquet")
    return table.filter(pc.is_in(table["split"], pa.array(["train", "val", "test"])))


WINDOW = 30  # cycles of the statistics that boosting is usually given


def engines(folder: Path, *, every: int = 3, most: float = 125.0) -> pa.Table:
    """What was seen of each engine up to some cycle, and the cycles that remain, at most 125; of test engines the whole.

    Histories have all lengths from 30 cycles on. `unit` keeps cuts of one engine together, so that none is learned from whose
    other cuts decide when to stop.
    """
    table = pq.read_table(folder / "cmapss_fd001/cmapss_fd001.parquet").to_pandas()
    sensors = [f"s{i}" for i in range(1, 22) if table[f"s{i}"].std() > 1e-6]
    rows = []
    for (split, unit), engine in table.groupby(["split", "unit"]):
        values, left = engine[sensors].to_numpy(np.float32), np.minimum(engine["rul"].to_numpy(float), most)
        ends = range(WINDOW, len(engine) + 1, every) if split == "train" else [len(engine)]
        rows += [(values[:end], left[end - 1], split, f"{split} {unit}") for end in ends]
    steps = pa.list_(pa.list_(pa.float32(), len(sensors)))
    history = pa.array([values.tolist() for values, *_ in rows], steps)
    names = ("left", "split", "unit")
    return pa.table({"history": history} | {name: [row[i] for row in rows] for i, name in enumerate(names, 1)})


def boosted_windows(table: pa.Table) -> tuple[str, float]:
    """RMSE of gradient boosting on statistics of the last 30 cycles."""
    return f"gradient boosting on statistics of {WINDOW} cycles", _boosted(table, (WINDOW,))


def boosted_histories(table: pa.Table) -> tuple[str, float]:
    """RMSE of gradient boosting on statistics of the last 30 cycles and of the whole history."""
    return "gradient boosting on statistics of 30 and of all cycles", _boosted(table, (WINDOW, 10_000))


def _boosted(table: pa.Table, windows: tuple[int, ...]) -> float:
    histories = [np.array(history) for history in table["history"].to_pylist()]
    features = np.array([np.concatenate([_statistics(h[-n:]) for n in windows]) for h in histories])
    left, is_train = np.array(table["left"].to_pylist()), np.array(table["split"].to_pylist()) == "train"
    model = HistGradientBoostingRegressor(random_state=0).fit(features[is_train], left[is_train])
    gap = model.predict(features[~is_train]) - left[~is_train]
    return float(np.sqrt(np.square(gap).mean()))


def _statistics(window: np.ndarray) -> np.ndarray:
    """Mean, spread, last value and slope of each sensor."""
    slope = np.polyfit(np.arange(len(window)), window, 1)[0]
    return np.concatenate([window.mean(0), window.std(0), window[-1], slope])
