# ruff: noqa: E501 - one case a line reads best
"""Checks find what was put in, and are silent on what is clean."""

import functools
import io
import re
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image, ImageFilter
from sklearn.datasets import load_breast_cancer, load_digits, load_iris, load_wine
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.model_selection import cross_val_predict
from sklearn.neighbors import NearestNeighbors

from belvedere.checks import CHECKS, label_quality, run_checks, suspicious_labels
from belvedere.checks.personal import passes_chinese_id, passes_iban, passes_luhn
from belvedere.kinds import learn_kinds
from belvedere.sources import open_source
from belvedere.types import Finding

RANDOM = np.random.default_rng(0)
WORDS = "the old map shows a quiet river near seven green hills and many stone bridges".split()


def sentences(n: int) -> list[str]:
    """Different random sentences."""
    return [" ".join(RANDOM.choice(WORDS, 9)) + f" {i}" for i in range(n)]


def clean_table(n: int = 400) -> dict[str, Any]:
    """A table without faults."""
    return {
        "height": RANDOM.normal(170, 10, n).round(2),
        "weight": RANDOM.normal(70, 10, n).round(2),
        "city": RANDOM.choice(["Ulm", "Bari", "Lviv"], n).astype(object),
        "review": sentences(n),
    }


def checked(table: Any, target: str | None = None, **more: Any) -> tuple[Finding, ...]:
    """Findings on a table."""
    source = open_source(pa.table(table) if type(table) is dict else table)
    return run_checks(source, learn_kinds(source, target=target, **more))


def found(findings: tuple[Finding, ...], check: str, column: str = "") -> Finding:
    """The one finding of a check on a column."""
    matching = [f for f in findings if f.check == check and (not column or f.column == column)]
    assert len(matching) == 1, findings
    return matching[0]


def rows_at(n: int, k: int) -> list[int]:
    """Some row numbers, sorted."""
    return sorted(RANDOM.choice(n, k, replace=False).tolist())


# ---------------------------------------------------------------- silence


def test_a_clean_table_has_no_findings() -> None:
    assert checked(clean_table()) == ()


@pytest.mark.parametrize("load", [load_iris, load_wine, load_breast_cancer, load_digits])
def test_well_known_clean_data_have_at_most_two_findings_and_none_grave(load: Any) -> None:
    findings = checked(load(), target="target")

    assert len(findings) <= 2, findings
    assert [f for f in findings if f.level == "serious"] == []


def test_empty_tables_have_no_findings() -> None:
    assert checked({"a": pa.array([], pa.int64())}) == ()


# ---------------------------------------------------------------- seeded faults: exact rows


def with_values(name: str, rows: list[int], values: Any) -> dict[str, Any]:
    """The clean table with some cells of a column replaced."""
    table = clean_table()
    column = list(table[name])
    for position, row in enumerate(rows):
        column[row] = values[position % len(values)] if isinstance(values, list) else values
    return table | {name: column}


ROWS = rows_at(400, 20)
SEEDED: dict[str, tuple[dict[str, Any], str, str, list[int]]] = {
    "missing numbers": (with_values("height", ROWS, None), "missing", "height", ROWS),
    "missing words": (with_values("city", ROWS, [None, "", "  "]), "missing", "city", ROWS),
    "words that stand for missing": (with_values("city", ROWS, "?"), "missing", "city", ROWS),
    "a number that stands for missing": (with_values("height", ROWS, -999.0), "missing", "height", ROWS),
    "infinite numbers": (with_values("height", ROWS, float("inf")), "mixed", "height", ROWS),
    "mojibake": (with_values("review", ROWS, ["cafÃ© in the old town near", "itâ€™s a quiet river"]), "encoding", "review", ROWS),
    "lost characters": (with_values("review", ROWS, "the old \ufffd map shows a"), "encoding", "review", ROWS),
    "e-mail addresses in texts": (with_values("review", ROWS, "write to ann@example.org for a map"), "sensitive", "review", ROWS),
    "cards in texts": (with_values("review", ROWS, "my card is 4111 1111 1111 1111 thanks"), "sensitive", "review", ROWS),
}  # fmt: skip


@pytest.mark.parametrize("case", SEEDED)
def test_a_seeded_fault_is_found_in_exactly_its_rows(case: str) -> None:
    table, check, column, rows = SEEDED[case]

    finding = found(checked(table), check, column)

    assert sorted(finding.rows) == rows
    assert finding.n_rows == len(rows)


def test_numbers_mixed_with_words_are_found() -> None:
    numbers = [f"{value:.2f}" for value in RANDOM.normal(size=400)]
    for row in ROWS[:10]:
        numbers[row] = "broken"

    finding = found(checked(clean_table() | {"size": numbers}), "mixed", "size")

    assert list(finding.rows) == ROWS[:10]


def test_repeated_rows_are_found_once_each() -> None:
    table = pa.table(clean_table())
    repeated = pa.concat_tables([table, table.take(ROWS)])

    finding = found(checked(repeated), "duplicates")

    assert list(finding.rows) == list(range(400, 420))
    assert finding.level == "warning"


def test_equal_images_and_sequences_are_found() -> None:
    images = RANDOM.integers(0, 255, (50, 9, 9), dtype=np.uint8)
    series = [RANDOM.normal(size=RANDOM.integers(3, 9)).tolist() for _ in range(50)]

    images[7], series[9] = images[3], series[1]

    assert found(checked(open_source({"x": images}).table), "duplicates").rows == (7,)
    assert found(checked({"x": series}), "duplicates").rows == (9,)


def test_equal_rows_with_different_answers_are_found() -> None:
    table = pa.table(clean_table() | {"label": ["a", "b"] * 200})
    first, other = table.slice(0, 1), table.slice(0, 1).set_column(4, "label", pa.array(["b"]))

    finding = found(checked(pa.concat_tables([table, first, other]), target="label"), "duplicates", "label")

    assert finding.rows == (0, 400, 401)


def test_rows_shared_by_training_and_test_are_found() -> None:
    table = clean_table() | {"split": ["train"] * 300 + ["test"] * 100}
    for name in ("height", "weight", "city", "review"):
        table[name] = [*table[name][:390], *table[name][:10]]

    finding = found(checked(table), "leakage", "split")

    assert list(finding.rows) == list(range(390, 400))
    assert finding.level == "serious"


def test_a_column_that_gives_the_target_away_is_serious() -> None:
    churn = RANDOM.choice(["yes", "no"], 400)
    table = clean_table() | {
        "churn": churn,
        "cancelled_on": np.where(churn == "yes", RANDOM.integers(1, 365, 400), 0),
        "hint": np.where(RANDOM.random(400) < 0.8, churn == "yes", churn == "no"),
    }

    findings = [f for f in checked(table, target="churn") if f.check == "leakage"]

    assert [(f.column, f.level) for f in findings] == [("cancelled_on", "serious")]
    assert findings[0].cure == "belvedere map … --ignore cancelled_on"


def test_a_number_that_repeats_the_target_is_serious() -> None:
    table = clean_table()
    table |= {"price": table["height"] * 2.5 + RANDOM.normal(size=400) * 0.1}

    assert found(checked(table, target="price"), "leakage", "height").level == "serious"


def test_numbers_beyond_single_precision_and_times_finer_than_milliseconds_are_looked_at() -> None:
    table = clean_table() | {
        "huge": np.where(RANDOM.random(400) < 0.5, 1e100, -1e100),
        "at": pa.array(RANDOM.integers(0, 10**18, 400), pa.timestamp("ns")),
    }

    assert [f.check for f in checked(table, target="city")] == []


def test_constant_columns_are_told_together() -> None:
    table = clean_table() | {f"s{i}": [i] * 400 for i in range(6)} | {"empty": [None] * 400}

    findings = [f for f in checked(table) if f.check == "constant"]

    assert len(findings) == 2
    assert "'empty' holds no values at all" in findings[0].sentence
    assert "6 columns have the same value" in findings[1].sentence


def test_columns_missing_together_are_told_together() -> None:
    gap = np.isin(np.arange(400), ROWS)
    table = clean_table()
    table["height"], table["weight"] = (pa.array(table[n], mask=gap) for n in ("height", "weight"))

    finding = found(checked(table), "missing")

    assert "2 columns are missing together in 20 rows" in finding.sentence
    assert list(finding.rows) == ROWS


def test_values_far_outside_are_found_and_long_tails_are_not() -> None:
    far = with_values("height", ROWS[:1], 16_500.0)

    assert list(found(checked(far), "outliers", "height").rows) == ROWS[:1]
    assert checked(clean_table() | {"income": np.exp(RANDOM.normal(size=400))}) == ()


def test_rare_and_tiny_classes_are_found() -> None:
    labels = ["a"] * 390 + ["b"] * 8 + ["c"] * 2

    findings = [f for f in checked(clean_table() | {"label": labels}, target="label") if f.check == "imbalance"]

    assert "2 classes with fewer than 10 rows" in findings[0].sentence
    assert list(findings[0].rows) == list(range(390, 400))
    assert "'a' makes up 97.5 %" in findings[1].sentence or "'a' makes up 98 %" in findings[1].sentence


def test_identifiers_are_told() -> None:
    assert "looks like an identifier" in found(checked(clean_table() | {"user_id": np.arange(400) + 7}), "ids").sentence


def test_empty_and_short_texts_are_found() -> None:
    table = with_values("review", ROWS, ["", "ok"])

    assert list(found(checked(table, overrides={"review": "text"}), "missing").rows) == ROWS[::2]
    texts = [f for f in checked(table, overrides={"review": "text"}) if f.check == "texts"]
    assert {tuple(f.rows) for f in texts} >= {tuple(ROWS[::2]), tuple(ROWS[1::2])}


# ---------------------------------------------------------------- images


def photo(seed: int) -> Image.Image:
    """A picture with some structure at every scale."""
    random = np.random.default_rng(seed)
    layers = [np.kron(random.random((side, side)), np.ones((128 // side, 128 // side))) for side in (4, 8, 16, 32, 64)]
    gray = sum(layers) / 5 * 255
    return Image.fromarray(gray.astype(np.uint8)).convert("RGB")


def test_spoiled_images_are_found(tmp_path: Path) -> None:
    for number in range(40):
        photo(number).save(tmp_path / f"{number:02d}.png")
    photo(1).filter(ImageFilter.GaussianBlur(6)).save(tmp_path / "50_blur.png")
    photo(2).point(lambda value: value // 8).save(tmp_path / "51_dark.png")
    photo(3).point(lambda value: 220 + value // 8).save(tmp_path / "52_light.png")
    Image.new("RGB", (128, 128), (9, 99, 9)).save(tmp_path / "53_blank.png")
    photo(4).resize((400, 40)).save(tmp_path / "54_odd.png")

    findings = [f for f in checked(tmp_path) if f.check == "images"]

    assert {f.rows for f in findings} == {(40,), (41,), (42,), (43,), (44,)}
    assert "cannot" not in " ".join(f.sentence for f in findings)


def test_encoded_images_that_cannot_be_decoded_are_found() -> None:
    encoded = []
    for number in range(30):
        stream = io.BytesIO()
        photo(number).save(stream, "PNG")
        encoded.append(stream.getvalue())
    encoded[5] = encoded[5][:200]

    finding = found(checked({"image": encoded}), "images")

    assert finding.rows == (5,)
    assert finding.level == "warning"


# ---------------------------------------------------------------- personal data


def luhn_card(random: Any) -> str:
    """A card number with a valid check digit."""
    body = "4" + "".join(str(d) for d in random.integers(0, 10, 14))
    return next(body + str(d) for d in range(10) if passes_luhn(body + str(d)))


def chinese_id(random: Any) -> str:
    """A Chinese identity number with a valid check character."""
    body = f"1101{random.integers(10, 99)}19{random.integers(50, 99)}{random.integers(1, 13):02d}{random.integers(1, 29):02d}"
    body += f"{random.integers(0, 1000):03d}"
    return next(body + c for c in "0123456789X" if passes_chinese_id(body + c))


def iban(random: Any) -> str:
    """A German account number with valid check digits."""
    body = "".join(str(d) for d in random.integers(0, 10, 18))
    return next(f"DE{n:02d}{body}" for n in range(2, 99) if passes_iban(f"DE{n:02d}{body}"))


def digits(random: Any, n: int) -> str:
    """Some digits."""
    return "".join(str(d) for d in random.integers(0, 10, n))


PERSONAL: dict[str, tuple[str, Any, str]] = {
    "e-mail": ("contact", lambda r: f"{r.choice(WORDS)}{digits(r, 4)}@mail.example.org", "e-mail addresses"),
    "card": ("payment", luhn_card, "payment card numbers"),
    "card with spaces": ("payment", lambda r: re.sub("(....)(?=.)", r"\1 ", luhn_card(r)), "payment card numbers"),
    "IBAN": ("account", iban, "bank account numbers"),
    "Chinese identity number": ("c7", chinese_id, "Chinese identity numbers"),
    "Chinese mobile number": ("c8", lambda r: f"1{r.integers(3, 10)}{digits(r, 9)}", "Chinese mobile numbers"),
    "US phone": ("c9", lambda r: f"({r.integers(201, 989)}) {r.integers(200, 999)}-{digits(r, 4)}", "phone numbers"),
    "German phone": ("c10", lambda r: f"+49 {r.integers(30, 999)} {digits(r, 7)}", "phone numbers"),
    "plain phone, by name": ("phone_number", lambda r: f"{r.integers(2, 9)}{digits(r, 8)}", "phone numbers"),
    "social security number": ("c11", lambda r: f"{r.integers(100, 599)}-{r.integers(10, 99)}-{r.integers(1000, 9999)}", "social security"),
    "IPv4": ("c12", lambda r: ".".join(str(d) for d in r.integers(1, 255, 4)), "IP addresses"),
    "IPv6": ("c13", lambda r: ":".join(f"{d:x}" for d in r.integers(1, 65535, 8)), "IP addresses"),
    "hardware address": ("c14", lambda r: ":".join(f"{d:02x}" for d in r.integers(0, 256, 6)), "hardware addresses"),
    "key": ("c15", lambda r: "AKIA" + digits(r, 16), "keys or tokens"),
    "first name": ("FirstName", lambda r: str(r.choice(["Ann", "Bob", "Cem", "Dia", "Eve"])), "names of people"),
    "姓名": ("姓名", lambda r: str(r.choice(["王伟", "李娜", "张敏", "刘洋", "陈静"])), "names of people"),
    "name": ("name", lambda r: f"{r.choice(['Ann', 'Bob', 'Cem'])} {r.choice(['Lee', 'Kaya', 'Roth'])}{digits(r, 0)}", "names of people"),
    "street": ("street_address", lambda r: f"{r.integers(1, 200)} {r.choice(['Mill', 'Oak'])} Road", "postal addresses"),
    "date of birth": ("date_of_birth", lambda r: f"19{r.integers(10, 99)}-{r.integers(1, 13):02d}-11", "dates of birth"),
    "passport": ("passport_no", lambda r: f"C{digits(r, 8)}", "national identity numbers"),
    "latitude": ("latitude", lambda r: round(float(r.uniform(40, 60)), 5), "coordinates"),
}  # fmt: skip


@pytest.mark.parametrize("case", PERSONAL)
def test_personal_columns_are_named(case: str) -> None:
    name, make, noun = PERSONAL[case]
    random = np.random.default_rng(1)

    finding = found(checked(clean_table() | {name: [make(random) for _ in range(400)]}), "sensitive", name)

    assert noun in finding.sentence
    assert "--sensitive" in finding.cure


NOT_PERSONAL: dict[str, tuple[str, Any]] = {
    "long numbers": ("facebook_id", lambda r: int(r.integers(10**14, 10**15))),
    "versions": ("version", lambda r: f"{r.integers(0, 9)}.{r.integers(0, 20)}.{r.integers(0, 30)}"),
    "dates": ("when", lambda r: f"20{r.integers(10, 25)}-{r.integers(1, 13):02d}-{r.integers(1, 29):02d}"),
    "times": ("at", lambda r: f"{r.integers(0, 24):02d}:{r.integers(0, 60):02d}:{r.integers(0, 60):02d}"),
    "product names": ("product_name", lambda r: f"{r.choice(['Blue', 'Red'])} {r.choice(['Chair', 'Lamp'])}"),
    "stock names": ("name", lambda r: str(r.choice(["AAPL", "MSFT", "GE", "T"]))),
    "a flag called phone": ("phone_service", lambda r: int(r.integers(0, 2))),
    "a size called telephone": ("telephone", lambda r: str(r.choice(["A191", "A192"]))),
    "an address kind": ("address_type", lambda r: str(r.choice(["home", "work", "other", "none"]))),
    "scores": ("score", lambda r: f"{r.integers(0, 9)}-{r.integers(0, 9)}"),
    "prices": ("price", lambda r: f"${r.integers(1, 9)},{r.integers(100, 999)}.00"),
    "ten-digit numbers": ("items_sold", lambda r: int(r.integers(10**9, 10**10))),
    "hashes": ("checksum", lambda r: "".join(f"{d:x}" for d in r.integers(0, 16, 32))),
}


@pytest.mark.parametrize("case", NOT_PERSONAL)
def test_harmless_columns_are_not_called_personal(case: str) -> None:
    name, make = NOT_PERSONAL[case]
    random = np.random.default_rng(2)

    findings = checked(clean_table() | {name: [make(random) for _ in range(400)]})

    assert [f for f in findings if f.check == "sensitive"] == []


def test_sensitive_attributes_are_told_in_one_note() -> None:
    table = clean_table() | {"Gender": RANDOM.choice(["f", "m"], 400), "religion": RANDOM.choice(list("abc"), 400)}

    finding = found(checked(table), "sensitive")

    assert (finding.level, finding.column) == ("note", "Gender")
    assert "'Gender', 'religion'" in finding.sentence


# ---------------------------------------------------------------- labels


@functools.lru_cache
def noisy_digits(share: float) -> tuple[Any, Any, Any, Any]:
    """Digits with some labels wrong: probabilities out of fold, given labels, neighbors, which are wrong."""
    data, truth = load_digits(return_X_y=True)
    random = np.random.default_rng(0)
    wrong = random.random(len(truth)) < share
    labels = np.where(wrong, (truth + random.integers(1, 10, len(truth))) % 10, truth)
    model = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=0.1)
    probabilities = cross_val_predict(model, data / 16, labels, cv=4, method="predict_proba")
    neighbors = NearestNeighbors(n_neighbors=11).fit(data).kneighbors(data, return_distance=False)[:, 1:]
    return probabilities, labels, neighbors, wrong


@pytest.mark.parametrize("share", [0.02, 0.1, 0.3])
def test_wrong_labels_are_found(share: float) -> None:
    probabilities, labels, neighbors, wrong = noisy_digits(share)

    finding = suspicious_labels(probabilities, labels, neighbors, column="digit")
    quality = label_quality(probabilities, labels, neighbors)

    assert finding is not None
    marked = np.isin(np.arange(len(labels)), finding.rows)
    assert wrong[marked].mean() > 0.85
    assert marked[wrong].mean() > 0.8
    assert finding.n_rows == pytest.approx(wrong.sum(), rel=0.3)
    assert roc_auc_score(wrong, -quality) > 0.98
    assert average_precision_score(wrong, -quality) > 0.9


def test_two_witnesses_are_better_than_one() -> None:
    probabilities, labels, neighbors, wrong = noisy_digits(0.1)
    alone = probabilities[np.arange(len(labels)), labels]

    both = average_precision_score(wrong, -label_quality(probabilities, labels, neighbors))

    assert both > average_precision_score(wrong, -alone)


def test_right_labels_are_left_alone() -> None:
    probabilities, labels, neighbors, _ = noisy_digits(0.0)

    finding = suspicious_labels(probabilities, labels, neighbors)

    assert finding is None or finding.n_rows < 0.005 * len(labels)


def test_witnesses_that_know_nothing_accuse_nobody() -> None:
    random = np.random.default_rng(0)
    labels = random.integers(0, 8, 400)

    finding = suspicious_labels(random.dirichlet(np.ones(8), 400), labels, random.integers(0, 400, (400, 9)))

    assert finding is None


def test_rows_without_a_label_are_no_errors() -> None:
    probabilities = np.tile([0.9, 0.1], (20, 1))
    neighbors = (np.arange(20)[:, None] + np.arange(1, 6)) % 20

    assert suspicious_labels(probabilities, np.full(20, -1), neighbors) is None


# ---------------------------------------------------------------- the table of checks


def test_graver_findings_come_first() -> None:
    table = clean_table() | {"mail": [f"p{i}@example.org" for i in range(400)], "unit": ["cm"] * 400}
    table |= {"label": RANDOM.choice(["a", "b"], 400)}
    table |= {"copy": table["label"]}

    levels = [f.level for f in checked(table, target="label")]

    assert levels[0] == "serious"
    assert levels == sorted(levels, key=["serious", "warning", "note"].index)


def test_every_finding_is_one_sentence_with_rows_of_the_table() -> None:
    table = with_values("review", ROWS, ["", "cafÃ© ann@example.org"]) | {
        "age": [-1, *range(30, 90), 999] * 6 + [4] * 28
    }

    for finding in checked(table):
        assert finding.sentence.endswith(".")
        assert finding.n_rows >= len(finding.rows)
        assert all(0 <= row < 400 for row in finding.rows)


def test_the_order_of_rows_does_not_change_the_findings() -> None:
    table = pa.table(with_values("height", ROWS, -999.0) | {"unit": ["cm"] * 400})
    order = RANDOM.permutation(400)

    straight, shuffled = checked(table), checked(table.take(order))

    assert [f.sentence for f in straight] == [f.sentence for f in shuffled]
    assert sorted(order[list(found(shuffled, "missing").rows)]) == ROWS


def test_a_large_table_is_sampled_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("belvedere.checks.look.LOOKED_AT", 200)

    finding = found(checked(with_values("height", rows_at(400, 100), None)), "missing")

    assert "looked at a sample of 200 rows" in finding.sentence
    assert all(0 <= row < 400 for row in finding.rows)


def test_the_checks_are_a_visible_table() -> None:
    assert len(CHECKS) >= 12
    assert all(check.__doc__ for check in CHECKS)


def test_a_column_of_empty_bytes_holds_no_values() -> None:
    findings = checked(pa.table({"photo": pa.array([b""] * 30, pa.binary()), "x": np.arange(30) % 7 / 3}))

    assert found(findings, "constant", "photo").sentence == "'photo' holds no values at all."
