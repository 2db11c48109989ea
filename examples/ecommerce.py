"""E-commerce: opinions in Chinese, what goes with whom, and a price.

`python examples/ecommerce.py --data FOLDER` needs zh_online_shopping, movielens100k and diamonds (`examples/fetch.py`).
`--sample --out FOLDER` runs on invented reviews, users and stones.
"""

import sys
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from application import (
    Rows,
    Tables,
    Visit,
    by_region,
    column,
    number,
    pulling,
    regions_at,
    run,
    scored,
    true_map,
    words,
)
from invented import diamonds, ratings, reviews

import belvedere as bv

CLASSES = ("accuracy", "recall", "AUC-ROC", "log loss", "calibration error")


def ecommerce(visit: Visit) -> Iterator[Tables]:
    """Reviews, recommendation, prices."""
    shelf = visit.map("films", bought(visit), target="film", learning={"task": "recommend", "user": "user"})
    visit.picture(shelf, "ecommerce-films", "is")
    yield of_films(shelf)
    said = visit.map("reviews", visit.few(opinions(visit)), target="opinion", ignore=["goods"])
    visit.picture(said, "ecommerce-reviews", "opinion")
    yield of_reviews(said)
    stones = visit.map("stones", visit.few(visit.rows("diamonds", lambda: diamonds(200))), target="price")
    visit.picture(stones, "ecommerce-stones", "price")
    yield {
        "stones": scored(stones, ("R²", "MAE", "RMSE")),
        "stone-regions": by_region(stones, column(stones, "price"), "mean price ($)", most=3),
        "stone-columns": pulling(stones),
    }
    yield {"true": true_map({"reviews": said, "films and viewers": shelf, "stones": stones})}


def of_reviews(made: bv.Map) -> Tables:
    """How good, where opinions are bad, and which goods the map told apart, though it was never told them."""
    bad = (words(made, "opinion") == "bad").astype(float)
    return {
        "reviews": scored(made, CLASSES),
        "review-regions": by_region(made, bad, "share bad", most=3),
        "goods": goods(made, bad),
    }


def goods(made: bv.Map, bad: np.ndarray, k: int = 15) -> Rows:
    """By kind of goods: how many reviews, how bad, how often right, and how many neighbors on the map are of the same kind."""
    kind, right = words(made, "goods"), np.asarray(made.content.predicted).astype(str) == words(made, "opinion")
    near = nearest(made.places, k)
    tested = np.asarray(made.content.split) == "test"
    rows = [["goods", "reviews", "share bad", "right on held-out rows", "same goods among neighbors", "by chance"]]
    for name in sorted(set(kind), key=lambda name: -(kind == name).sum()):
        inside = kind == name
        same = (kind[near[inside]] == name).mean()
        shares = (
            bad[inside].mean(),
            right[inside & tested].mean() if (inside & tested).any() else np.nan,
            same,
            inside.mean(),
        )
        rows.append([name, f"{inside.sum():,}", *[f"{share:.0%}" if np.isfinite(share) else "–" for share in shares]])
    return rows


def nearest(places: np.ndarray, k: int) -> np.ndarray:
    """The k nearest places of each, itself left out: (rows, k)."""
    from sklearn.neighbors import NearestNeighbors

    k = min(k, len(places) - 1)
    return NearestNeighbors(n_neighbors=k + 1).fit(places).kneighbors(places, return_distance=False)[:, 1:]


def of_films(made: bv.Map) -> Tables:
    """How good the recommendation is, one viewer's shelf, and films that lie near a film."""
    return {
        "films": scored(made, ("recall@20", "nDCG@20")),
        "viewer": viewer(made),
        "near-films": near_films(made),
        "film-regions": film_regions(made),
    }


def viewer(made: bv.Map, most: int = 6) -> Rows:
    """A viewer with few films: what was seen, and what the network would show next."""
    table = made.content.rows.select(["who", "is", "interactions", "had", "recommended"]).to_pylist()
    viewers = sorted((row for row in table if row["is"] == "user"), key=lambda row: (row["interactions"], row["who"]))
    row = viewers[len(viewers) // 10]
    return [["had", "recommended"], ["; ".join(row["had"][:most]), "; ".join(row["recommended"] or [])]]


def near_films(made: bv.Map, most: int = 4, n_films: int = 5) -> Rows:
    """The best known films, and which lie nearest to them."""
    who, known = words(made, "who"), column(made, "interactions")
    items = np.flatnonzero(words(made, "is") == "item")
    near = nearest(made.places[items], most)
    best = np.argsort(-known[items])[:n_films]
    lists = [[who[items[at]], number(known[items[at]]), "; ".join(who[items[near[at]]])] for at in best]
    return [["film", "viewers", "nearest on the map"], *lists]


def film_regions(made: bv.Map, most: int = 6) -> Rows:
    """Regions that hold most films: how many viewers and films, and its best known films."""
    who, known, item = words(made, "who"), column(made, "interactions"), words(made, "is") == "item"
    rows = [["viewers", "films", "best known films"]]
    for inside in sorted(regions_at(made).values(), key=lambda rows: -known[rows][item[rows]].sum())[:most]:
        films = inside[item[inside]]
        best = films[np.argsort(-known[films])[:3]]
        rows.append([str((~item[inside]).sum()), str(len(films)), "; ".join(who[best]) or "–"])
    return rows


def opinions(visit: Visit) -> pa.Table:
    """Reviews with their goods and opinion in words; the byte-order mark of some is removed."""
    table = visit.rows("zh_online_shopping", lambda: reviews(300))
    text = [said.lstrip("\ufeff") if said else said for said in table["text"].to_pylist()]
    opinion = ["good" if label else "bad" for label in table["label"].to_pylist()]
    return pa.table({"text": text, "goods": table["cat"], "opinion": opinion})


def bought(visit: Visit) -> pa.Table:
    """Who saw which film, by name."""
    if visit.data is None:
        seen, films = ratings()
    else:
        seen = visit.rows("movielens100k", lambda: ratings()[0])
        folder = visit.data if (visit.data / "items.parquet").exists() else visit.data / "movielens100k"
        films = pq.read_table(folder / "items.parquet")
    names = np.array(films["name"].to_pylist())
    return pa.table(
        {"user": [f"viewer {user}" for user in seen["user"].to_pylist()], "film": names[seen["item"].to_numpy()]}
    )


if __name__ == "__main__":
    run("ecommerce", ecommerce, sys.argv[1:])
