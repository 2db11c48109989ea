"""Make a realistic but invented map folder: `python tests/make_fake_map.py OUT.map --rows 100000`.

Nothing here was learned: it is a stage set for the explorer, the server and their tests. Regions form four levels
inside one another; every kind of column is present; scores, curves and evaluation are computed from the invented
columns where they can be (accuracy, confusion matrix) and drawn by hand where not.
"""

import argparse
import io
from pathlib import Path

import numpy as np
import pyarrow as pa
from PIL import Image

from belvedere.types import Column, Finding, MapContent, Region, Schema, Score

LEVELS = (5, 3, 3, 2)  # children per region, level by level: 5, 15, 45, 90 regions
NAMES = (
    ("Paintings", "Ceramics", "Textiles", "Instruments", "Maps"),
    ("early", "modern", "folk", "court", "northern", "coastal", "painted", "woven", "carved", "gilded"),
    ("blue glaze", "red lacquer", "portraits", "landscapes", "strings", "brass", "silk", "wool", "ink", "copperplate"),
    ("signed", "unsigned", "restored", "large", "small", "damaged", "in pairs", "dated", "gifts", "loans"),
)
WORDS = (
    "oil canvas portrait landscape frame varnish",
    "glaze bowl vase kiln porcelain blue",
    "silk wool thread loom carpet dye",
    "string bow brass reed keyboard drum",
    "coast atlas compass engraved island meridian",
)
CITIES = ("北京", "上海", "Delft", "Firenze", "İzmir", "Kyoto", "Lima", "Oaxaca", "Praha", "Tabriz", "Wien", "Zürich")


def make_leaves(rng):
    """Centers of all regions by level (children around parents), and the parent of each."""
    centers, parents = [np.zeros((1, 2))], []
    for level, n_children in enumerate(LEVELS):
        spread = (17.0, 6.6, 2.5, 1.0)[level]
        old = centers[-1]
        turn = rng.uniform(0, 2 * np.pi, (len(old), 1))
        angle = (
            turn + np.arange(n_children)[None, :] / n_children * 2 * np.pi + rng.normal(0, 0.16, (len(old), n_children))
        )
        radius = spread * rng.uniform(0.75, 1.2, angle.shape)
        step = np.stack([radius * np.cos(angle), radius * np.sin(angle) * 0.8], -1)
        centers.append((old[:, None, :] + step).reshape(-1, 2))
        parents.append(np.repeat(np.arange(len(old)), n_children))
    return centers[1:], parents


def make_places(rng, n_rows):
    """Places (n, 2) float32 and the region of each row at each level (n, 4), by index within the level."""
    centers, parents = make_leaves(rng)
    n_leaves = len(centers[-1])
    weight = rng.gamma(2.0, 1.0, n_leaves)
    leaf = rng.choice(n_leaves, n_rows, p=weight / weight.sum())
    shape = rng.normal(0, 0.35, (n_leaves, 2, 2)) + np.eye(2) * 1.25 * (weight / 2)[:, None, None] ** 0.4
    angle = rng.uniform(0, 2 * np.pi, n_rows)  # filled discs with soft edges, as neighbor layouts have them
    radius = 1.5 * rng.beta(2, 1.15, n_rows) * np.exp(rng.normal(0, 0.08, n_rows))
    strayed = np.where(rng.random((n_rows, 1)) < 0.004, rng.normal(0, 2.0, (n_rows, 2)), 0)
    disc = radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], -1)
    places = centers[-1][leaf] + np.einsum("nij,nj->ni", shape[leaf], disc) + strayed
    bent = places + 0.7 * np.stack([np.sin(places[:, 1] / 2.3), np.cos(places[:, 0] / 2.7)], -1)
    of_level = [leaf]
    for parent in parents[:0:-1]:
        of_level.append(parent[of_level[-1]])
    return bent.astype(np.float32), np.stack(of_level[::-1], 1).astype(np.int32)


def name_region(level, index, parent_index):
    """A name such as a person would give; sub-regions differ from their sisters."""
    words = NAMES[level]
    name = words[(index * 7 + parent_index) % len(words)] if level else words[index]
    return name if level == 0 else f"{name} {NAMES[0][index // LEVELS[1]].lower()}" if level == 1 else name


def make_regions(places, region_of):
    """Regions with ids 0…, parents before children, and `region_of` in those ids."""
    regions, ids, start = [], np.empty_like(region_of), 0
    for level in range(region_of.shape[1]):
        n = int(np.prod(LEVELS[: level + 1]))
        counts = np.bincount(region_of[:, level], minlength=n)
        middle = [np.bincount(region_of[:, level], places[:, axis], n) / np.maximum(counts, 1) for axis in (0, 1)]
        for index in range(n):
            up = index // LEVELS[level]
            parent = -1 if level == 0 else start - n // LEVELS[level] + up
            why = (f"{WORDS[index % 5].split()[index % 6]} in 41 % against 3 %", f"year later by {3 + index % 40}")
            where = float(middle[0][index]), float(middle[1][index])
            regions.append(
                Region(start + index, parent, level, *where, int(counts[index]), name_region(level, index, up), why)
            )
        ids[:, level] = region_of[:, level] + start
        start += n
    return tuple(regions), ids


def draw_picture(rng, group):
    """One 20 × 20 gray picture: a shape per group."""
    y, x = np.mgrid[:20, :20] / 9.5 - 1
    turn, size = rng.uniform(0, np.pi), rng.uniform(0.4, 0.8)
    u, v = x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)
    field = [np.hypot(u, v), np.abs(u) + np.abs(v), np.maximum(np.abs(u), np.abs(v)), np.abs(u), np.hypot(u, 3 * v)][
        group
    ]
    return (255 / (1 + np.exp((field - size) * 14)) * rng.uniform(0.6, 1.0)).astype(np.uint8)


def make_pictures(rng, group, n_kinds=400):
    """An image column (fixed_size_list<uint8>[400]), and one PNG per row; `n_kinds` different pictures per group."""
    pool = np.stack([[draw_picture(rng, g) for _ in range(n_kinds)] for g in range(5)])
    pick = rng.integers(0, n_kinds, len(group))
    values = pa.array(pool[group, pick].reshape(-1))
    encoded = []
    for picture in pool.reshape(-1, 20, 20):
        out = io.BytesIO()
        Image.fromarray(picture).save(out, "PNG")
        encoded.append(out.getvalue())
    pngs = pa.array(encoded, pa.binary()).take(pa.array(group * n_kinds + pick))
    return pa.FixedSizeListArray.from_arrays(values, 400), pngs


def make_text(rng, group):
    """Short descriptions: words of the group, some common ones, some with markup that must never run."""
    n = len(group)
    pools = [[" ".join(rng.permutation(words.split())[:4]) for _ in range(300)] for words in WORDS]
    ends = np.array(
        ["given in 1911", "found at the market", "<b>on loan</b>", "=bought at auction", "来自私人收藏", "restored"]
    )
    pick, end = rng.integers(0, 300, n), rng.integers(0, len(ends), n)
    return pa.array([f"{pools[g][p]}, {ends[e]}" for g, p, e in zip(group, pick, end, strict=True)])


def make_rows(rng, region_of, *, images=True):
    """The table as given: one column of every kind, with missing values; returns (table, thumbnails)."""
    n, group, sub = len(region_of), region_of[:, 0], region_of[:, 1]
    price = np.exp(rng.normal(4 + 0.4 * sub % 3, 0.9)).round(2)
    year = (1500 + 25 * sub + rng.normal(0, 40, n)).astype(np.int32)
    added = np.datetime64("2015-01-01", "ms") + (rng.beta(2, 1.2, n) * 11 * 365 * 86_400).astype("timedelta64[s]")
    truth = np.where(rng.random(n) < 0.04, rng.integers(0, 5, n), group)
    city = np.minimum(rng.geometric(0.22, n) - 1 + group, 11)
    wave = np.sin(np.linspace(0, 6, 24)[None, :] * (1 + group[:, None] / 3)) + rng.normal(0, 0.2, (n, 24))
    columns = {
        "object": pa.array([f"A-{i:07d}" for i in range(n)]),
        "collection": pa.array(np.array(NAMES[0])[truth], mask=rng.random(n) < 0.01).dictionary_encode(),
        "city": pa.array(np.array(CITIES)[city]).dictionary_encode(),
        "restored": pa.array(rng.random(n) < 0.15 + 0.1 * group, mask=rng.random(n) < 0.02),
        "price": pa.array(price, mask=rng.random(n) < 0.05),
        "year": pa.array(year),
        "added": pa.array(added),
        "description": make_text(rng, group),
        "visits by hour": pa.ListArray.from_arrays(
            pa.array(np.arange(n + 1, dtype=np.int32) * 24), pa.array(wave.astype(np.float32).reshape(-1))
        ),
    }
    table, thumbnails = pa.table(columns), None
    if images:
        pixels, thumbnails = make_pictures(rng, group)
        field = pa.field("picture", pixels.type, metadata={"belvedere.kind": "image", "belvedere.shape": "20,20,1"})
        table = table.append_column(field, pixels)
    return table, thumbnails


KINDS = ("text", "category", "category", "boolean", "number", "number", "time", "text", "sequence", "image")
ROLES = ("id", "target") + ("input",) * 8
WHYS = ("all values differ", "named as target", "12 words repeat", "two values", "decimals", "whole numbers",
        "timestamps", "sentences of 5 words on average", "lists of 24 numbers", "400 bytes, 20 × 20 × 1")  # fmt: skip


def make_schema(table):
    """The schema that belongs to the table."""
    return Schema(tuple(Column(*line) for line in zip(table.column_names, KINDS, ROLES, WHYS, strict=False)))


def make_evaluation(table, predicted, confidence, held_out):
    """Accuracy, confusion matrix, calibration: really counted on the invented held-out rows; the ROC curve is drawn."""
    classes = list(NAMES[0])
    truth = np.array([classes.index(v) if v in classes else -1 for v in table["collection"].to_pylist()])
    keep = held_out & (truth >= 0)
    code = np.array([classes.index(v) for v in predicted])
    counts = np.zeros((5, 5), int)
    np.add.at(counts, (truth[keep], code[keep]), 1)
    bins = np.clip((confidence * 10).astype(int), 0, 9)
    right = truth == code
    filled = [b for b in range(10) if (keep & (bins == b)).any()]
    of_bin = [keep & (bins == b) for b in filled]
    calibration = {
        "confidence": [float(confidence[m].mean()) for m in of_bin],
        "accuracy": [float(right[m].mean()) for m in of_bin],
        "n": [int(m.sum()) for m in of_bin],
    }
    fpr = np.linspace(0, 1, 41)
    roc = [
        {"class": c, "fpr": fpr.tolist(), "tpr": (fpr ** (0.05 + 0.03 * i)).tolist(), "auc": 1 / (1.05 + 0.03 * i)}
        for i, c in enumerate(classes)
    ]
    confusion = {"classes": classes, "counts": counts.tolist()}
    return {"confusion": confusion, "roc": roc, "calibration": calibration}, float(
        right[keep].mean()
    ) if keep.any() else 0.0


def make_scores(accuracy):
    """Scores with their baselines; all but the accuracy are made up."""
    return (
        Score(
            "accuracy",
            accuracy,
            "held-out rows",
            "learning",
            0.871,
            "gradient boosting",
            accuracy - 0.006,
            accuracy + 0.006,
        ),
        Score("F1", accuracy - 0.004, "held-out rows, mean over classes", "learning", 0.868, "gradient boosting"),
        Score("AUC", 0.9871, "held-out rows, one class against the rest", "learning", 0.972, "gradient boosting"),
        Score("recall@15", 0.347, "latent space, 2,000 rows", "map", 0.118, "UMAP's published defaults"),
        Score("trustworthiness@15", 0.968, "latent space, 5,000 rows", "map", 0.94, "two principal components"),
    )


def make_findings(n):
    """Findings of every level."""
    return (
        Finding(
            "labels",
            "serious",
            f"{n // 900} labels look wrong.",
            "Look at them and correct the file.",
            "collection",
            tuple(range(0, n, 901))[:500],
            n // 900,
        ),
        Finding(
            "missing",
            "warning",
            "5 % of price is missing.",
            "Missing values are learned as a signal of their own.",
            "price",
            tuple(range(3, n, 97))[:500],
            n // 20,
        ),
        Finding(
            "outliers",
            "note",
            "12 rows lie far from all others.",
            "Look before you trust their place.",
            "",
            tuple(range(7, min(n, 8400), 700)),
            12,
        ),
        Finding("duplicates", "good", "No two rows are equal."),
    )


def make_curves(rng, epochs=12):
    """Loss and accuracy by epoch."""
    t = np.arange(1, epochs + 1)
    fall = lambda low, rate: (low + np.exp(-t / rate) + rng.normal(0, 0.008, epochs)).round(4).tolist()  # noqa: E731
    return {
        "loss": {"train": fall(0.12, 2.2), "valid": fall(0.19, 2.0)},
        "accuracy": {"valid": (0.93 - 0.5 * np.exp(-t / 2)).round(4).tolist()},
    }


def make_fake_content(n_rows=2000, *, seed=0, images=True, name="Museum objects"):
    """A whole `MapContent` with invented rows; the same seed gives the same map."""
    rng = np.random.default_rng(seed)
    places, region_of = make_places(rng, n_rows)
    table, thumbnails = make_rows(rng, region_of, images=images)
    regions, ids = make_regions(places, region_of)
    split = np.array(["train", "valid", "test"])[rng.choice(3, n_rows, p=[0.8, 0.1, 0.1])]
    predicted = np.array(NAMES[0])[np.where(rng.random(n_rows) < 0.03, rng.integers(0, 5, n_rows), region_of[:, 0])]
    confidence = rng.beta(9, 0.8, n_rows).astype(np.float32)
    evaluation, accuracy = make_evaluation(table, predicted, confidence, split != "train")
    latent = np.concatenate([places, rng.normal(0, 0.4, (n_rows, 14))], 1).astype(np.float16)
    return MapContent(
        name=name, schema=make_schema(table), rows=table, places=places, predicted=predicted, split=split,
        channels=make_channels(rng, places, confidence), regions=regions, region_of=ids, scores=make_scores(accuracy),
        findings=make_findings(n_rows), curves=make_curves(rng), evaluation=evaluation, latent=latent,
        neighbors=make_neighbors(rng, places, region_of), thumbnails=thumbnails,
        network_config={"network": "tabular", "latent": 16, "inputs": list(table.column_names[2:])},
        network_tensors={"head.weight": rng.normal(size=(5, 16)).astype(np.float32), "head.bias": np.zeros(5, "f4")},
        provenance={"fingerprint": "0" * 64, "seed": seed, "versions": {"belvedere": "0.1.0"}, "timings": {"learning": 41.2}},
    )  # fmt: skip


def make_channels(rng, places, confidence):
    """Reliability and confidence per row. `kept` and `false` are shares of the 15 nearest, 0 … 1."""
    n = len(places)
    border = np.clip(0.62 + 0.3 * np.sin(places[:, 0] / 1.9) * np.cos(places[:, 1] / 1.7), 0.02, 0.98)
    kept = rng.binomial(15, border, n) / 15
    values = {
        "kept": kept,
        "false": 1 - kept * rng.uniform(0.8, 1, n),
        "stretch": rng.gamma(3, 0.3, n),
        "outlying": rng.beta(1.2, 12, n),
        "jitter": rng.gamma(2, 0.05, n),
    }
    error = np.where(rng.random(n) < 0.06, rng.uniform(0.5, 1, n), rng.uniform(0, 0.2, n))
    return {
        name: value.astype(np.float32) for name, value in (values | {"confidence": confidence, "error": error}).items()
    }


def make_neighbors(rng, places, region_of, k=15):
    """Invented neighbors (n, k) int32: rows near in a shuffled walk through the leaf regions, never the row itself."""
    n = len(places)
    order = np.lexsort((places[:, 1], places[:, 0], region_of[:, -1]))
    rank = np.empty(n, np.int64)
    rank[order] = np.arange(n)
    steps = np.concatenate([np.arange(1, k // 2 + 2), -np.arange(1, k - k // 2)])
    return order[(rank[:, None] + steps[None, :k]) % n].astype(np.int32)


def main():
    """Read the command line, make the map, save it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--no-images", action="store_true")
    args = parser.parse_args()
    from belvedere.mapfolder import save

    save(make_fake_content(args.rows, seed=args.seed, images=not args.no_images), args.out)


if __name__ == "__main__":
    main()
