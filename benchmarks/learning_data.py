"""Tables that the benchmark of learning makes of raw data, and baselines that only it needs."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
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


def engines(folder: Path, *, cycles: int = 30, most: float = 125.0) -> pa.Table:
    """Windows of 30 cycles of each engine and the cycles that remain, at most 125; of test engines the last window."""
    table = pq.read_table(folder / "cmapss_fd001/cmapss_fd001.parquet").to_pandas()
    sensors = [f"s{i}" for i in range(1, 22) if table[f"s{i}"].std() > 1e-6]
    rows = []
    for (split, _), engine in table.groupby(["split", "unit"]):
        values, left = engine[sensors].to_numpy(np.float32), np.minimum(engine["rul"].to_numpy(float), most)
        ends = range(cycles, len(engine) + 1, 3) if split == "train" else [len(engine)]
        rows += [(values[max(0, end - cycles) : end], left[end - 1], split) for end in ends]
    steps = pa.list_(pa.list_(pa.float32(), len(sensors)))
    windows = pa.array([window.tolist() for window, _, _ in rows], steps)
    return pa.table({"window": windows, "left": [r[1] for r in rows], "split": [r[2] for r in rows]})


def boosted_windows(table: pa.Table) -> tuple[str, float]:
    """RMSE of gradient boosting on mean, spread, last value and slope of each sensor."""
    windows = [np.array(window) for window in table["window"].to_pylist()]
    slopes = [np.polyfit(np.arange(len(w)), w, 1)[0] for w in windows]
    rows = zip(windows, slopes, strict=True)
    features = np.array([np.concatenate([w.mean(0), w.std(0), w[-1], slope]) for w, slope in rows])
    left, is_train = np.array(table["left"].to_pylist()), np.array(table["split"].to_pylist()) == "train"
    model = HistGradientBoostingRegressor(random_state=0).fit(features[is_train], left[is_train])
    gap = model.predict(features[~is_train]) - left[~is_train]
    return "gradient boosting on window statistics", float(np.sqrt(np.square(gap).mean()))
