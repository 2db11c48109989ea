"""Logistics: how long a delivery takes, which flights will be late, and which routes are alike.

`python examples/logistics.py --data FOLDER` needs delivery_times and hflights (`examples/fetch.py`).
`--sample --out FOLDER` runs on invented meals and flights.
"""

import sys
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
from application import Rows, Tables, Visit, by_region, column, differing, pulling, run, scored, true_map, words
from invented import deliveries, flights

import belvedere as bv

NUMBERS = ("R²", "MAE", "RMSE")
CLASSES = ("accuracy", "recall", "AUC-ROC", "log loss", "calibration error")
LATE_MINUTES = 15  # as the US Department of Transportation counts


def logistics(visit: Visit) -> Iterator[Tables]:
    """Delivery times, late flights, routes."""
    flown = visit.rows("hflights", lambda: flights(400))
    profiles = visit.map("routes", routes(flown), ignore=["route", "carrier", "to"])
    visit.picture(profiles, "logistics-routes", "late")
    yield of_routes(profiles)
    meals = visit.rows("delivery_times", lambda: deliveries(200))
    delivered = visit.map("meals", visit.few(meals), target="time_to_delivery")
    visit.picture(delivered, "logistics-meals", "time_to_delivery")
    yield of_meals(delivered)
    planned = visit.few(departures(flown))
    late = visit.map("late-flights", planned, target="late", ignore=["left_late"], learning={"time": "date"})
    visit.picture(late, "logistics-late", "confidence")
    yield of_late(late)
    by_chance = visit.score("late-flights-by-chance", planned, "late", ignore=["left_late", "date"])
    knowing = visit.score("late-flights-knowing", planned, "late", time="date")
    names = ("AUC-ROC", "log loss")
    yield {"late-by-chance": scored(by_chance, names), "late-knowing": scored(knowing, names)}
    yield {"true": true_map({"meals": delivered, "flights": late, "routes": profiles})}


def of_meals(made: bv.Map) -> Tables:
    """How good, where slow, what moves it, and what sets the slowest tenth apart."""
    minutes = column(made, "time_to_delivery")
    return {
        "meals": scored(made, NUMBERS),
        "meal-regions": by_region(made, minutes, "mean minutes"),
        "meal-columns": pulling(made),
        "meal-groups": differing(made, minutes >= np.quantile(minutes, 0.9), ignore=["time_to_delivery"]),
    }


def of_late(made: bv.Map) -> Tables:
    """Flights of the last months foretold from those before; carriers beside each other."""
    late = (words(made, "late") == "late").astype(float)
    return {
        "late": scored(made, CLASSES),
        "late-regions": by_region(made, late, "share late", most=3),
        "late-columns": pulling(made),
        "carriers": carriers(made, late),
    }


def carriers(made: bv.Map, late: np.ndarray, most: int = 8) -> Rows:
    """The largest carriers: how many flights, how many late, at what hour they fly."""
    of, hour = words(made, "carrier"), column(made, "hour")
    names, counts = np.unique(of, return_counts=True)
    rows = [["carrier", "flights", "share late", "median hour"]]
    for name in names[np.argsort(-counts)][:most]:
        inside = of == name
        rows.append([name, f"{inside.sum():,}", f"{late[inside].mean():.1%}", f"{np.median(hour[inside]):.0f}"])
    return rows


def of_routes(made: bv.Map) -> Tables:
    """Routes that are late most and least, by region, and what sets late ones apart."""
    late = column(made, "late")
    return {
        "route-regions": by_region(made, late, "mean share late", most=3, fewest=10),
        "route-groups": differing(made, late >= np.quantile(late, 0.8), ignore=["late", "median_delay", "worst_tenth"]),
    }


def departures(flown: pa.Table) -> pa.Table:
    """What is known before a flight leaves, and whether it came in late; the planned hour is actual less delay."""
    there = np.isfinite(numbers(flown, "ArrDelay"))
    left, delay = numbers(flown, "DepTime")[there], numbers(flown, "DepDelay")[there]
    planned = (left // 100 * 60 + left % 100 - delay) % 1440
    said = {
        name: flown[name].to_numpy()[there]
        for name in ("Month", "DayofMonth", "UniqueCarrier", "Origin", "Dest", "Distance")
    }
    days = (np.datetime64("2011-01") + (said["Month"] - 1).astype("timedelta64[M]")).astype("datetime64[D]")
    weekday = np.array(["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"])[flown["DayOfWeek"].to_numpy()[there] - 1]
    late = np.where(numbers(flown, "ArrDelay")[there] > LATE_MINUTES, "late", "on time")
    return pa.table(
        {
            "date": days + (said["DayofMonth"] - 1).astype("timedelta64[D]"),
            "weekday": weekday,
            "hour": planned / 60,
            "carrier": said["UniqueCarrier"].astype(str),
            "from": said["Origin"].astype(str),
            "to": said["Dest"].astype(str),
            "distance": said["Distance"],
            "left_late": delay,
            "late": late,
        }
    )


def numbers(table: pa.Table, name: str) -> np.ndarray:
    """A column as float64, gaps as NaN."""
    return np.asarray(table[name].cast(pa.float64()).to_numpy())


def routes(flown: pa.Table, fewest: int = 50) -> pa.Table:
    """One row per carrier and destination with at least so many flights: how it flies, and how late."""
    of = np.char.add(
        np.char.add(flown["UniqueCarrier"].to_numpy().astype(str), " to "), flown["Dest"].to_numpy().astype(str)
    )
    names, at, counts = np.unique(of, return_inverse=True, return_counts=True)
    fewest = min(fewest, int(np.median(counts)))
    values = {
        name: numbers(flown, name) for name in ("ArrDelay", "DepTime", "Distance", "TaxiOut", "Cancelled", "DayOfWeek")
    }
    rows = [
        profile(name, {key: value[at == n] for key, value in values.items()})
        for n, name in enumerate(names)
        if counts[n] >= fewest
    ]
    return pa.Table.from_pylist(rows)


def profile(route: str, of: dict[str, np.ndarray]) -> dict[str, object]:
    """One route in numbers."""
    delay, hour = of["ArrDelay"][np.isfinite(of["ArrDelay"])], of["DepTime"][np.isfinite(of["DepTime"])] // 100
    return {
        "route": route,
        "carrier": route[:2],
        "to": route[-3:],
        "flights": len(of["Distance"]),
        "distance": float(of["Distance"][0]),
        "late": float((delay > LATE_MINUTES).mean()),
        "median_delay": float(np.median(delay)),
        "worst_tenth": float(np.quantile(delay, 0.9)),
        "cancelled": float(of["Cancelled"].mean()),
        "taxi_out": float(np.nanmedian(of["TaxiOut"])),
        "before_noon": float((hour < 12).mean()),
        "after_18": float((hour >= 18).mean()),
        "weekend": float((of["DayOfWeek"] >= 6).mean()),
    }


if __name__ == "__main__":
    run("logistics", logistics, sys.argv[1:])
