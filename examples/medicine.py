"""Medicine: a diagnosis, and how long patients live, each on a map.

`python examples/medicine.py --data FOLDER` needs surv_support2 and surv_gbsg2 (`examples/fetch.py`); the tumors come with
scikit-learn. `--sample --out FOLDER` runs on those and on invented patients.
"""

import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
from application import (
    Rows,
    Tables,
    Visit,
    by_region,
    calibrated,
    column,
    differing,
    held_out,
    number,
    pulling,
    run,
    scored,
    true_map,
    words,
)  # fmt: skip
from invented import patients

import belvedere as bv

# Known only after the third day in hospital, or made of how it ended; the first two are what is foretold.
LATER = ("hospdead", "slos", "charges", "totcst", "totmcst", "avtisst", "dnr", "dnrday", "sfdm2", "hday")
FORETOLD = ("surv2m", "surv6m", "prg2m", "prg6m")  # by the study's own model, and by the physicians
SURVIVAL = ("C-index", "integrated Brier score")


def medicine(visit: Visit) -> Iterator[Tables]:
    """Diagnosis of breast tumors, and survival of the critically ill and after breast cancer."""
    tumors = visit.map("tumors", diagnosis(), target="diagnosis")
    visit.picture(tumors, "medicine-tumors")
    yield of_tumors(tumors)
    yield {"diagnosis-columns": pulling(tumors)}
    operated = visit.map("operated", after_surgery(visit), target="time", learning={"event": "cens=1"})
    visit.picture(operated, "medicine-operated", "predicted")
    yield {"operated": scored(operated, SURVIVAL), "operated-columns": pulling(operated)}
    table, later = critically_ill(visit)
    ill = visit.map(
        "critically-ill", table, target="d.time", ignore=[*later, *numbered(table)], learning={"event": "death"}
    )
    visit.picture(ill, "medicine-ill", "predicted")
    leaking = visit.score("critically-ill-leaking", table, "d.time", ignore=numbered(table), event="death")
    yield of_ill(ill, leaking)
    yield {"true": true_map({"tumors": tumors, "critically ill": ill, "operated": operated})}


def numbered(table: pa.Table) -> list[str]:
    """The number of each patient, which tells when they came; the sample has none."""
    return [name for name in table.column_names if name == "sno"]


def of_tumors(made: bv.Map) -> Tables:
    """How good the diagnosis is, how sure, who lies where, and what tells."""
    malignant = words(made, "diagnosis") == "malignant"
    return {
        "diagnosis": scored(made, ("accuracy", "recall", "AUC-ROC", "log loss", "calibration error")),
        "calibration": calibrated(made),
        "diagnosis-regions": by_region(made, malignant.astype(float), "share malignant", most=3),
    }


def of_ill(made: bv.Map, leaking: list[Any]) -> Tables:
    """Survival beside a linear model, the physicians, and what the same network says when it may peek."""
    foretold = np.asarray(made.content.predicted, dtype=float)
    died_early = (column(made, "d.time") <= 60) & (column(made, "death") > 0)
    low, high = np.nanquantile(foretold, (0.1, 0.9))
    with_leaks = next(score for score in leaking if score.name == "C-index")
    return {
        "ill": scored(made, SURVIVAL),
        "ill-beside": [
            *beside(made, foretold),
            ["the network with columns known later", number(with_leaks.value), "–"],
        ],
        "ill-regions": by_region(made, died_early.astype(float), "share dead by day 60"),
        "ill-columns": pulling(made),
        "ill-groups": differing(
            made, foretold <= low, against=foretold >= high, ignore=["d.time", "death", *LATER, *FORETOLD]
        ),
    }


def beside(made: bv.Map, foretold: np.ndarray) -> Rows:
    """C-index on the same held-out patients: those for whom physicians said a chance."""
    from belvedere.training.concordance import concordance

    rows = [["who foretells", "C-index", "patients"]]
    asked = held_out(made)
    if "prg6m" in made.content.rows.column_names:
        asked = asked & np.isfinite(column(made, "prg6m")) & np.isfinite(column(made, "surv6m"))
    time, died = column(made, "d.time")[asked], column(made, "death")[asked]
    others = {"physicians (chance to live six months)": "prg6m", "the study's own model (SUPPORT)": "surv6m"}
    risks = {"the network": -foretold} | {
        who: -column(made, name) for who, name in others.items() if name in made.content.rows.column_names
    }
    for who, risk in risks.items():
        value, low, high = concordance(time, died, risk[asked])
        rows.append([who, f"{number(value)} ({number(low)}–{number(high)})", f"{asked.sum():,}"])
    return rows


def diagnosis() -> pa.Table:
    """569 tumors, 30 measures of their cell nuclei (Wolberg, Street, Mangasarian 1995), as scikit-learn ships them."""
    from sklearn.datasets import load_breast_cancer

    data = load_breast_cancer()
    table = pa.table({name: data.data[:, n] for n, name in enumerate(data.feature_names)})
    return table.append_column("diagnosis", pa.array([str(data.target_names[code]) for code in data.target]))


def critically_ill(visit: Visit) -> tuple[pa.Table, list[str]]:
    """SUPPORT2, and its columns that a physician does not have on the third day."""
    table = visit.few(visit.rows("surv_support2", lambda: patients(200)))
    return table, [name for name in (*LATER, *FORETOLD) if name in table.column_names]


def after_surgery(visit: Visit) -> pa.Table:
    """GBSG2; in the sample the same invented patients under its names."""
    names = ["age", "pnodes", "tsize", "time", "cens"]
    return visit.rows("surv_gbsg2", lambda: patients(120).drop_columns(["hospdead"]).rename_columns(names))


if __name__ == "__main__":
    run("medicine", medicine, sys.argv[1:])
