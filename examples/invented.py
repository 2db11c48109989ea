"""Invented rows under the names of the real columns, so that the applications run in seconds where no data lie.

Each table holds a plain truth (an effect that a network can find) and chance; nothing here is real.
"""

import numpy as np
import pyarrow as pa


def patients(n: int, seed: int = 0) -> pa.Table:
    """Critically ill: risk rises with age and creatinine, half of the times are cut off."""
    rng = np.random.default_rng(seed)
    age, creatinine, pressure = rng.normal(65, 12, n), rng.gamma(2.0, 1.0, n), rng.normal(85, 20, n)
    until = rng.exponential(400 * np.exp(-0.04 * (age - 65) - 0.5 * (creatinine - 2)))
    watched = rng.uniform(50, 900, n)
    died = (until < watched).astype(int)
    time = np.ceil(np.minimum(until, watched))
    return pa.table(
        {
            "age": age,
            "crea": creatinine,
            "meanbp": pressure,
            "d.time": time,
            "death": died,
            "hospdead": died * (time < 30),
        }
    )


def clients(n: int, seed: int = 0) -> pa.Table:
    """Clients of a bank: who paid late before, does so again."""
    rng = np.random.default_rng(seed)
    late, limit, bill = rng.integers(-1, 4, n), rng.gamma(3.0, 50_000, n), rng.gamma(2.0, 20_000, n)
    chance = 1 / (1 + np.exp(1.5 - 0.9 * late))
    return pa.table(
        {
            "LIMIT_BAL": limit,
            "PAY_0": late,
            "BILL_AMT1": bill,
            "SEX": rng.integers(1, 3, n),
            "MARRIAGE": rng.integers(1, 3, n),
            "AGE": rng.integers(21, 70, n),
            "default.payment.next.month": (rng.random(n) < chance).astype(int),
        }
    )


def prices(n_stocks: int, n_days: int = 300, n_sectors: int = 4, seed: int = 0) -> pa.Table:
    """Prices that move by chance: with the market, with their sector, and alone."""
    rng = np.random.default_rng(seed)
    sector = np.arange(n_stocks) % n_sectors
    moves = (
        rng.normal(0, 0.01, (n_sectors, n_days))[sector]
        + rng.normal(0, 0.01, n_days)
        + rng.normal(0, 0.01, (n_stocks, n_days))
    )
    close = 100 * np.exp(moves.cumsum(axis=1))
    days = np.datetime64("2020-01-01") + np.arange(n_days).astype("timedelta64[D]")
    names = np.array([f"S{n:02d}" for n in range(n_stocks)])
    return pa.table(
        {
            "name": np.repeat(names, n_days),
            "date": np.tile(days, n_stocks),
            "close": close.ravel(),
            "sector": np.repeat([f"sector {n}" for n in sector], n_days),
        }
    )


def deliveries(n: int, seed: int = 0) -> pa.Table:
    """Meals: far ones and those of the evening take longer."""
    rng = np.random.default_rng(seed)
    hour, distance, items = rng.uniform(11, 21, n), rng.gamma(4.0, 0.8, n), rng.integers(0, 4, n)
    minutes = 10 + 2 * distance + 1.5 * (hour > 17) * (hour - 17) + items + rng.normal(0, 1.5, n)
    day = np.array(["Mon", "Wed", "Fri", "Sat"])[rng.integers(0, 4, n)]
    return pa.table({"time_to_delivery": minutes, "hour": hour, "day": day, "distance": distance, "item_01": items})


def flights(n: int, seed: int = 0) -> pa.Table:
    """Flights of one year: delays grow over the day."""
    rng = np.random.default_rng(seed)
    hour, carrier = rng.integers(6, 22, n), np.array(["AA", "CO", "WN"])[rng.integers(0, 3, n)]
    delay = np.round(rng.gamma(1.0, 12.0, n) * (0.3 + (hour - 6) / 10) - 5)
    day = np.sort(rng.integers(0, 360, n))
    return pa.table(
        {
            "Month": day // 30 + 1,
            "DayofMonth": day % 30 + 1,
            "DayOfWeek": day % 7 + 1,
            "DepTime": hour * 100.0 + 30,
            "UniqueCarrier": carrier,
            "Dest": np.array(["DAL", "ORD", "LAX", "DEN"])[rng.integers(0, 4, n)],
            "Origin": np.array(["IAH", "HOU"])[rng.integers(0, 2, n)],
            "Distance": rng.integers(200, 1800, n),
            "TaxiOut": rng.gamma(4.0, 3.0, n),
            "DepDelay": delay,
            "ArrDelay": delay + np.round(rng.normal(0, 5, n)),
            "Cancelled": (rng.random(n) < 0.02).astype(int),
            "Year": np.full(n, 2011),
        }
    )


def reviews(n: int, seed: int = 0) -> pa.Table:
    """Chinese opinions of four kinds of goods, by a template."""
    rng = np.random.default_rng(seed)
    goods = {"书籍": ("书", "内容"), "水果": ("苹果", "味道"), "酒店": ("房间", "服务"), "洗发水": ("洗发水", "香味")}
    good, bad = (
        ("很好，非常喜欢", "不错，下次再来", "满意，值得推荐"),
        ("太差了，很失望", "不好，不会再买", "糟糕，要求退货"),
    )
    names = list(goods)
    cat, label = rng.integers(0, len(names), n), rng.integers(0, 2, n)
    text = [
        f"这次的{goods[names[c]][0]}{goods[names[c]][1]}{(good if y else bad)[rng.integers(3)]}。"
        for c, y in zip(cat, label, strict=True)
    ]
    return pa.table({"cat": [names[c] for c in cat], "label": label, "text": text})


def ratings(n_users: int = 40, n_items: int = 30, seed: int = 0) -> tuple[pa.Table, pa.Table]:
    """Users of two tastes and what they had; and the items with their names."""
    rng = np.random.default_rng(seed)
    had = rng.random((n_users, n_items)) < np.where(
        (np.arange(n_users)[:, None] + np.arange(n_items)) % 2 == 0, 0.5, 0.08
    )
    user, item = np.nonzero(had)
    names = pa.table({"item": np.arange(n_items), "name": [f"Film {n} (1995)" for n in range(n_items)]})
    return pa.table({"user": user, "item": item, "value": np.full(len(user), 4.0)}), names


def diamonds(n: int, seed: int = 0) -> pa.Table:
    """Diamonds: the price grows with weight and clarity."""
    rng = np.random.default_rng(seed)
    carat, clarity = rng.gamma(3.0, 0.25, n) + 0.2, rng.integers(0, 4, n)
    price = 4000 * carat**1.7 * (1 + 0.15 * clarity) * np.exp(rng.normal(0, 0.1, n))
    side = 6.4 * carat ** (1 / 3)
    kinds = {"cut": ["Fair", "Good", "Ideal"], "color": ["D", "G", "J"], "clarity": ["SI2", "SI1", "VS1", "IF"]}
    told = {
        name: np.array(values)[clarity if name == "clarity" else rng.integers(0, 3, n)]
        for name, values in kinds.items()
    }
    return pa.table(
        {
            "carat": carat,
            **told,
            "depth": rng.normal(62, 1.5, n),
            "table": rng.normal(57, 2, n),
            "price": price.astype(int),
            "x": side,
            "y": side,
            "z": side * 0.62,
        }
    )


def pages(n: int, seed: int = 0) -> tuple[pa.Table, np.ndarray, np.ndarray, np.ndarray]:
    """Pages of three kinds with words, and links mostly within a kind: table, indices, indptr, edges."""
    rng = np.random.default_rng(seed)
    kind = rng.integers(0, 3, n)
    words = [np.unique(np.r_[rng.integers(0, 60, 6), 60 + kind[row] * 20 + rng.integers(0, 20, 2)]) for row in range(n)]
    a, b = rng.integers(0, n, 8 * n), rng.integers(0, n, 8 * n)
    kept = (a != b) & ((kind[a] == kind[b]) | (rng.random(8 * n) < 0.1))
    names = np.array(["company", "politician", "tvshow"])[kind]
    table = pa.table({"id": np.arange(n), "page_name": [f"Page {row}" for row in range(n)], "page_type": names})
    return (
        table,
        np.concatenate(words),
        np.r_[0, np.cumsum([len(of) for of in words])],
        np.stack([a[kept], b[kept]], axis=1),
    )


def opinions(n: int, seed: int = 0) -> pa.Table:
    """Sentences about films that like or dislike them."""
    rng = np.random.default_rng(seed)
    label = rng.integers(0, 2, n)
    verdict = {0: ("dull", "tedious", "a mess"), 1: ("moving", "a delight", "very funny")}
    return pa.table(
        {
            "text": [f"the film with scene {rng.integers(99)} is {verdict[int(y)][rng.integers(3)]} ." for y in label],
            "label": label,
        }
    )


def connections(n: int, seed: int = 0) -> pa.Table:
    """Connections to a network: floods come many a second, scans meet refusals."""
    rng = np.random.default_rng(seed)
    kind = rng.integers(0, 3, n)
    names, attacks = np.array(["normal", "dos", "probe"])[kind], np.array(["normal", "neptune", "satan"])[kind]
    split = np.where(rng.random(n) < 0.7, "train20", "test")
    return pa.table(
        {
            "duration": rng.exponential(10, n),
            "protocol_type": np.array(["tcp", "udp"])[rng.integers(0, 2, n)],
            "src_bytes": rng.gamma(1.0, 500, n) * (kind == 0),
            "count": rng.poisson(5 + 200 * (kind == 1)),
            "rerror_rate": np.clip(rng.normal(0.8 * (kind == 2), 0.1), 0, 1),
            "attack": attacks,
            "category": names,
            "split": split,
            "difficulty": rng.integers(0, 22, n),
            "seen_in_train": rng.random(n) < 0.8,
        }
    )
