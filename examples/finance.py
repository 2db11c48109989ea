"""Finance: credit risk, stocks placed by their returns, and what comes next beside the last value.

`python examples/finance.py --data FOLDER` needs credit_default_taiwan and sp500_stocks (`examples/fetch.py`).
`--sample --out FOLDER` runs on invented clients and prices.
"""

import sys
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
from application import (
    Rows,
    Tables,
    Visit,
    by_region,
    calibrated,
    column,
    pulling,
    regions_at,
    run,
    scored,
    true_map,
    words,
)
from invented import clients, prices
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score

import belvedere as bv

TRAITS = ("SEX", "MARRIAGE", "AGE")  # must not decide who is given credit
LATE = "default.payment.next.month"


def finance(visit: Visit) -> Iterator[Tables]:
    """Credit risk, sectors found in returns, and a forecast."""
    quotes = visit.rows("sp500_stocks", lambda: prices(40))
    stocks, returns = history(quotes)
    market = visit.map("stocks", stocks, ignore=["stock", "sector"], kinds={"returns": "vector"})
    visit.picture(market, "finance-stocks", "sector")
    yield of_stocks(market, returns)
    credit = visit.map("credit", visit.few(named_default(visit)), target=LATE, ignore=TRAITS)
    visit.picture(credit, "finance-credit", LATE)
    yield of_credit(credit)
    weekly = {"task": "forecast", "group": "stock", "time": "week", "horizon": 4}
    forecast = visit.map("weekly-prices", weeks(quotes), target="close", learning=weekly)
    visit.picture(forecast, "finance-forecast")
    yield {"forecast": scored(forecast, ("MASE", "MAE", "RMSE"))}
    yield {"true": true_map({"clients": credit, "stocks": market, "weekly prices": forecast})}


def of_stocks(made: bv.Map, returns: np.ndarray) -> Tables:
    """Whether regions are sectors, whether neighbors are of one sector, and what regions hold."""
    return {"sectors": sectors(made, returns), "neighbors": neighbors(made, returns), "stock-regions": in_regions(made)}


def of_credit(made: bv.Map) -> Tables:
    """How good the score is, where risk lies, what moves it, and whom it would refuse."""
    late = (words(made, LATE) == "default").astype(float)
    return {
        "credit": scored(made, ("accuracy", "recall", "AUC-ROC", "log loss", "calibration error")),
        "calibration": calibrated(made),
        "credit-regions": by_region(made, late, "share that defaults"),
        "credit-columns": pulling(made),
        "credit-groups": groups(made, late),
    }


def groups(made: bv.Map, late: np.ndarray) -> Rows:
    """Share flagged and share that defaults, by traits that the network did not read."""
    rows = [["group", "clients", "share that defaults", "share flagged", "of those who pay, flagged"]]
    flagged = np.asarray(made.content.predicted).astype(str) == "default"
    age = column(made, "AGE")
    parts = {
        "men": words(made, "SEX") == "1",
        "women": words(made, "SEX") == "2",
        "under 30": age < 30,
        "30 and older": age >= 30,
    }
    for name, inside in parts.items():
        wrong = flagged[inside & (late == 0)].mean()
        rows.append(
            [
                name,
                f"{inside.sum():,}",
                *[f"{share:.1%}" for share in (late[inside].mean(), flagged[inside].mean(), wrong)],
            ]
        )
    return rows


def named_default(visit: Visit) -> pa.Table:
    """Clients, with the target in words."""
    table = visit.rows("credit_default_taiwan", lambda: clients(200))
    told = pa.array(["default" if code else "pays" for code in table[LATE].to_pylist()])
    return table.set_column(table.column_names.index(LATE), LATE, told)


def history(quotes: pa.Table) -> tuple[pa.Table, np.ndarray]:
    """One row per stock of a known sector: its daily log returns less the market's mean of the day, all equally loud."""
    names, _, close, sector = pivot(quotes)
    whole = np.isfinite(close).mean(axis=1) > 0.98  # a stock that was listed later has no history to compare
    whole &= np.array([name is not None for name in sector])
    close = close[whole]
    returns = np.nan_to_num(np.diff(np.log(close), axis=1))
    returns -= returns.mean(axis=0)
    returns /= returns.std(axis=1, keepdims=True)
    wide = pa.FixedSizeListArray.from_arrays(pa.array(returns.astype(np.float32).ravel()), returns.shape[1])
    return pa.table({"stock": names[whole], "sector": sector[whole], "returns": wide}), returns


def pivot(quotes: pa.Table) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Names, days, closing prices (stocks, days), and sectors."""
    stock, day = (quotes[name].to_numpy() for name in ("name", "date"))
    names, row, at = np.unique(stock, return_index=True, return_inverse=True)
    days, of = np.unique(day, return_inverse=True)
    close = np.full((len(names), len(days)), np.nan)
    close[at, of] = quotes["close"].to_numpy()
    return names, days, close, quotes["sector"].to_numpy()[row]


def weeks(quotes: pa.Table, n_stocks: int = 40) -> pa.Table:
    """Logarithm of the last close of every week, for every twelfth stock; no rows where there was no trade."""
    names, days, close, _ = pivot(quotes)
    close, last = close[:: max(1, len(names) // n_stocks)], np.arange(4, len(days), 5)
    chosen = names[:: max(1, len(names) // n_stocks)]
    stock, week = np.repeat(chosen, len(last)), np.tile(days[last], len(chosen))
    value = np.log(close[:, last]).ravel()
    there = np.isfinite(value)
    return pa.table({"stock": stock[there], "week": week[there], "close": value[there]})


def sectors(made: bv.Map, returns: np.ndarray) -> Rows:
    """Agreement of groups with sectors, which nobody showed them: 1 is the same, 0 is chance."""
    known = words(made, "sector")
    n_sectors = len(set(known))
    levels = np.asarray(made.content.region_of).T
    found = {f"regions of the map, level {level}": of for level, of in enumerate(levels)}
    found["k-means on the map's places"] = KMeans(n_sectors, n_init=10, random_state=0).fit_predict(made.places)
    found["k-means on all returns"] = KMeans(n_sectors, n_init=10, random_state=0).fit_predict(returns)
    rows = [["groups", "how many", "adjusted Rand index"]]
    return rows + [
        [name, str(len(set(of) - {-1})), f"{adjusted_rand_score(known, of):.2f}"] for name, of in found.items()
    ]


def neighbors(made: bv.Map, returns: np.ndarray, k: int = 5) -> Rows:
    """Share of the nearest stocks that are of the same sector, on the map and by correlation of all returns."""
    known = words(made, "sector")
    far = ((made.places[:, None] - made.places[None]) ** 2).sum(axis=2)
    rows = [["nearest by", f"same sector, of {k} nearest"]]
    for name, distance in {"place on the map": far, "correlation of all returns": -np.corrcoef(returns)}.items():
        np.fill_diagonal(distance, np.inf)
        near = np.argsort(distance, axis=1)[:, :k]
        rows.append([name, f"{(known[near] == known[:, None]).mean():.0%}"])
    chance = sum((known == name).mean() ** 2 for name in set(known))
    return [*rows, ["chance", f"{chance:.0%}"]]


def in_regions(made: bv.Map, most: int = 8) -> Rows:
    """What each of the largest regions holds."""
    rows = [["stocks", "of which", "for instance"]]
    known, names = words(made, "sector"), words(made, "stock")
    for inside in sorted(regions_at(made).values(), key=len, reverse=True)[:most]:
        kinds, counts = np.unique(known[inside], return_counts=True)
        order = np.argsort(-counts)[:2]
        rows.append(
            [
                str(len(inside)),
                ", ".join(f"{kinds[n]} {counts[n] / len(inside):.0%}" for n in order),
                ", ".join(names[inside][:5]),
            ]
        )
    return rows


if __name__ == "__main__":
    run("finance", finance, sys.argv[1:])
