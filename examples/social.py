"""Social networks: what a page is about by its words and its friends, opinions, and attacks.

`python examples/social.py --data FOLDER` needs facebook_pages, rt_polarity and nsl_kdd (`examples/fetch.py`).
`--sample --out FOLDER` runs on invented pages, sentences and connections.
"""

import sys
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
from application import Rows, Tables, Visit, by_region, differing, held_out, run, scored, true_map, words
from invented import connections, opinions, pages
from scipy import sparse
from sklearn.decomposition import TruncatedSVD

import belvedere as bv

CLASSES = ("accuracy", "recall", "AUC-ROC", "log loss")
OWN, FRIENDS = "words of the page", "words of its friends"


def social(visit: Visit) -> Iterator[Tables]:
    """Pages, opinions, attacks."""
    graph, hidden = visit.few(graph_rows(visit)), ["page_name", "id"]
    linked = visit.map("pages", graph, target="page_type", ignore=hidden, kinds={OWN: "vector", FRIENDS: "vector"})
    visit.picture(linked, "social-pages", "page_type")
    yield of_pages(linked)
    yield {
        "pages-alone": scored(
            visit.score("pages-alone", graph, "page_type", ignore=[*hidden, FRIENDS, "friends"]), CLASSES
        )
    }
    said = visit.map("opinions", visit.few(verdicts(visit)), target="verdict")
    visit.picture(said, "social-opinions", "verdict")
    bad = (words(said, "verdict") == "bad").astype(float)
    yield {
        "opinions": scored(said, (*CLASSES, "calibration error")),
        "opinion-regions": by_region(said, bad, "share bad", most=3),
    }
    hidden = ["attack", "difficulty", "seen_in_train"]
    attacks = visit.map("attacks", visit.few(watched(visit)), target="category", ignore=hidden)
    visit.picture(attacks, "social-attacks", "category")
    yield of_attacks(attacks)
    yield {"true": true_map({"pages": linked, "opinions": said, "connections": attacks})}


def of_pages(made: bv.Map) -> Tables:
    """With and without the graph; by number of friends; pages that look like another kind."""
    right = np.asarray(made.content.predicted).astype(str) == words(made, "page_type")
    friends, tested = made.content.rows["friends"].to_numpy(), held_out(made)
    by_friends = [["friends", "held-out pages", "right"]]
    for low, high in ((0, 3), (4, 10), (11, 30), (31, 10**9)):
        inside = tested & (friends >= low) & (friends <= high)
        if inside.any():
            by_friends.append(
                [
                    f"{low}–{high}" if high < 10**9 else f"more than {low - 1}",
                    f"{inside.sum():,}",
                    f"{right[inside].mean():.0%}",
                ]
            )
    return {
        "pages": scored(made, CLASSES),
        "pages-by-friends": by_friends,
        "pages-mixed": mixed(made),
    }


def mixed(made: bv.Map, most: int = 6) -> Rows:
    """Held-out pages that the network took for another kind and was most sure of."""
    kind, taken, sure = (
        words(made, "page_type"),
        np.asarray(made.content.predicted).astype(str),
        made.content.channels["confidence"],
    )
    wrong = np.flatnonzero((kind != taken) & held_out(made))
    rows = [["page", "is", "taken for", "sure"]]
    names = words(made, "page_name")
    return rows + [[names[at], kind[at], taken[at], f"{sure[at]:.2f}"] for at in wrong[np.argsort(-sure[wrong])][:most]]


def of_attacks(made: bv.Map) -> Tables:
    """The official split; attacks that training never showed; what sets a flood apart."""
    kind, taken, tested = words(made, "category"), np.asarray(made.content.predicted).astype(str), held_out(made)
    seen = words(made, "seen_in_train") == "True"
    rows = [["connections of the test", "how many", "right category", "called normal", "mean outlying"]]
    parts = {
        "normal": kind == "normal",
        "attacks of known names": (kind != "normal") & seen,
        "attacks of new names": (kind != "normal") & ~seen,
    }
    for name, of in parts.items():
        inside = tested & of
        if inside.any():
            shares = [f"{(taken == kind)[inside].mean():.0%}", f"{(taken == 'normal')[inside].mean():.0%}"]
            rows.append([name, f"{inside.sum():,}", *shares, f"{made.content.channels['outlying'][inside].mean():.2f}"])
    hidden = ["attack", "category", "difficulty", "seen_in_train", "split"]
    return {
        "attacks": scored(made, CLASSES),
        "attacks-new": rows,
        "attacks-flood": differing(made, kind == "dos", against=kind == "normal", ignore=hidden),
    }


def graph_rows(visit: Visit, dims: int = 48) -> pa.Table:
    """Each page with its words (truncated SVD of TF-IDF, made without any label), the mean of its friends' and how many."""
    table, has, links = read_graph(visit)
    n = table.num_rows
    has = has.multiply(np.log(n / np.maximum(1, np.asarray(has.sum(axis=0)))))
    own = TruncatedSVD(min(dims, has.shape[1] - 1), random_state=0).fit_transform(sparse.csr_matrix(has))
    own /= np.maximum(1e-9, np.linalg.norm(own, axis=1, keepdims=True))
    degree = np.asarray(links.sum(axis=1)).ravel()
    friends = links @ own / np.maximum(1, degree)[:, None]
    about = table.select(["id", "page_name", "page_type"])
    return (
        about.append_column("friends", pa.array(degree.astype(int)))
        .append_column(OWN, as_vectors(own))
        .append_column(FRIENDS, as_vectors(friends))
    )


def read_graph(visit: Visit) -> tuple[pa.Table, sparse.csr_matrix, sparse.csr_matrix]:
    """Pages, which words they have (pages, words), and who is linked with whom (pages, pages), both 0 or 1."""
    if visit.data is None:
        table, indices, indptr, edges = pages(300)
    else:
        table = visit.rows("facebook_pages", lambda: pages(0)[0])
        folder = visit.data if (visit.data / "edges.npz").exists() else visit.data / "facebook_pages"
        with np.load(folder / "features.npz") as features, np.load(folder / "edges.npz") as linked:
            indices, indptr, edges = features["indices"], features["indptr"], linked["edges"]
    n = table.num_rows
    has = sparse.csr_matrix((np.ones(len(indices)), indices, indptr), shape=(n, int(indices.max()) + 1))
    a, b = edges[edges[:, 0] != edges[:, 1]].T
    links = sparse.csr_matrix((np.ones(2 * len(a)), (np.r_[a, b], np.r_[b, a])), shape=(n, n))
    links.data[:] = 1  # a link said twice is one
    return table, has, links


def as_vectors(values: np.ndarray) -> pa.Array:
    """Numbers that go together, one list per row."""
    return pa.FixedSizeListArray.from_arrays(pa.array(values.astype(np.float32).ravel()), values.shape[1])


def verdicts(visit: Visit) -> pa.Table:
    """Sentences with their verdict in words."""
    table = visit.rows("rt_polarity", lambda: opinions(300))
    return pa.table(
        {"text": table["text"], "verdict": ["good" if label else "bad" for label in table["label"].to_pylist()]}
    )


def watched(visit: Visit) -> pa.Table:
    """Connections with the official split: the test holds attacks that training lacks."""
    table = visit.rows("nsl_kdd", lambda: connections(300))
    split = ["train" if part.startswith("train") else "test" for part in table["split"].to_pylist()]
    return table.set_column(table.column_names.index("split"), "split", pa.array(split))


if __name__ == "__main__":
    run("social", social, sys.argv[1:])
