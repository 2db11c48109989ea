"""Two groups are told apart by what really differs, and by nothing else."""

from functools import cache

import numpy as np
import pyarrow as pa
import pytest
from typer.testing import CliRunner

from belvedere.cli.explain import selected
from belvedere.errors import SettingError
from belvedere.explain.compare import compare_groups
from belvedere.explain.differences import adjust, choose_own, rank_effects, share_effects
from belvedere.explain.movers import lay_over, rank_movers
from belvedere.explain.rules import Numbers, Question, find_rule
from belvedere.explaining import compare, cross_over, depend, expect, movers, path
from belvedere.types import Column, MapContent, Schema
from make_explained import digits, make_explained, people


def planted(seed: int, *, n: int = 1200, k: int = 5) -> tuple[list[Numbers], np.ndarray, set[str]]:
    """100 columns of which k differ; 20 decoys go with the planted ones within groups but do not differ."""
    rng = np.random.default_rng(seed)
    inside, values = np.arange(n) < n // 2, rng.normal(size=(n, 100))
    for decoy in range(k, k + 20):
        values[:, decoy] = 0.8 * values[:, decoy % k] + 0.6 * values[:, decoy]
    values[:, :k] += inside[:, None]
    return [Numbers(f"c{i}", "number", values[:, i]) for i in range(100)], inside, {f"c{i}" for i in range(k)}


def test_planted_differences_are_found_and_decoys_are_not() -> None:
    """Over 5 draws: the k strongest are the planted ones, and at most 5 % of what is called found is not."""
    recall, n_false, n_found = [], 0, 0
    for seed in range(5):
        numbers, inside, truth = planted(seed)
        found = compare_groups(numbers, [], inside, seed=seed)
        recall.append(len({d.column for d in found.differences[:5]} & truth) / 5)
        n_found += len(found.found)
        n_false += sum(d.column not in truth for d in found.found)

    assert np.mean(recall) >= 0.95
    assert n_false <= 0.1 * n_found  # 5 % in the long run; 5 draws of a few each may have one more


def test_without_a_difference_nothing_is_found() -> None:
    rng = np.random.default_rng(0)
    n_found = 0
    for seed in range(8):
        numbers = [Numbers(f"c{i}", "number", rng.normal(size=300)) for i in range(40)]
        n_found += bool(compare_groups(numbers, [], rng.random(300) < 0.5, seed=seed).found)

    assert n_found <= 2


def test_a_column_that_merely_goes_along_is_called_an_echo() -> None:
    rng = np.random.default_rng(1)
    inside = rng.random(2000) < 0.5
    cause = rng.normal(size=2000) + 1.5 * inside
    numbers = [Numbers("cause", "number", cause), Numbers("echo", "number", cause + rng.normal(size=2000))]

    found = {d.column: d for d in compare_groups(numbers, [], inside).found}

    assert found["cause"].echo_of == ""
    assert found["echo"].echo_of == "cause"


def test_a_rule_is_found_and_holds_on_rows_that_had_no_part_in_it() -> None:
    """The group is age > 40 and job = nurse, with 3 % of the rows mislabeled."""
    rng = np.random.default_rng(2)
    age, nurse = rng.uniform(20, 70, 3000), rng.random(3000) < 0.5
    inside = ((age > 40) & nurse) ^ (rng.random(3000) < 0.03)
    numbers = [Numbers("age", "number", age), *(Numbers(f"n{i}", "number", rng.normal(size=3000)) for i in range(10))]

    rule = compare_groups(numbers, [Question("job", "category", "nurse", nurse)], inside).rule

    assert rule is not None
    assert rule.precision >= 0.9
    assert rule.coverage >= 0.8
    assert len(rule.conditions) == 2
    (cut,) = (c.value for c in rule.conditions if c.column == "age")
    assert cut == pytest.approx(40, abs=1)


def test_a_rule_of_chance_is_judged_by_its_held_out_rows() -> None:
    rng = np.random.default_rng(3)
    inside, train = rng.random(400) < 0.5, rng.random(400) < 0.5
    numbers = [Numbers(f"c{i}", "number", rng.normal(size=400)) for i in range(60)]

    rule = find_rule(numbers, [], inside, train)

    assert rule is None or rule.precision < 0.7


def test_effects_agree_with_their_definitions() -> None:
    """Equation: against all pairs counted, and scipy's test."""
    stats = pytest.importorskip("scipy.stats")
    rng = np.random.default_rng(4)
    inside, values = rng.random(60) < 0.4, rng.integers(0, 6, (60, 1)).astype(float)
    a, b = values[inside, 0], values[~inside, 0]

    effect, p = rank_effects(values, inside)

    assert effect[0] == pytest.approx(np.sign(a[:, None] - b[None]).mean())
    assert p[0] == pytest.approx(stats.mannwhitneyu(a, b, method="asymptotic").pvalue)
    assert share_effects(values > 2, inside)[0][0] == pytest.approx((a > 2).mean() - (b > 2).mean())
    np.testing.assert_allclose(adjust(np.array([0.01, 0.5, 0.02])), stats.false_discovery_control([0.01, 0.5, 0.02]))


def test_missing_values_are_left_out_not_counted_as_low() -> None:
    values = np.array([[1.0], [2], [np.nan], [np.nan], [1], [2]])

    effect, _ = rank_effects(values, np.array([True, True, True, False, False, False]))

    assert effect[0] == 0


def test_selection_stops_when_nothing_is_left_to_say() -> None:
    rng = np.random.default_rng(5)
    inside = rng.random(500) < 0.5
    values = np.stack([inside + rng.normal(size=500), rng.normal(size=500)], axis=1)

    assert choose_own(values, inside) == [0]


@cache
def learned_people() -> MapContent:
    return make_explained(*people(), network="tabular", steps=40)


def table_map(n: int = 300) -> MapContent:
    table, schema = people(n)
    table = table.append_column("same", pa.array([1.0] * n))
    return MapContent("m", Schema((*schema.columns, Column("same", "number"))), table, np.zeros((n, 2), np.float32))


def test_one_row_against_the_rest_is_described_not_tested() -> None:
    found = compare(table_map(), [3])

    assert found.n_inside == 1
    assert all(d.p is None for d in found.differences)
    assert found.rule is None
    assert any("too few to test" in note for note in found.notes)


def test_identical_groups_have_nothing_to_compare() -> None:
    found = compare(table_map(), range(20), range(20))

    assert found.differences == ()
    assert any("in both groups" in note for note in found.notes)
    assert any("empty" in note for note in found.notes)


def test_constant_columns_are_left_out() -> None:
    found = compare(table_map(), range(150))

    assert "same" not in {d.column for d in found.differences}


def test_columns_of_all_kinds_are_compared() -> None:
    """Words, patches of pictures, windows of sequences and numbers of vectors."""
    rng, n = np.random.default_rng(6), 200
    inside = np.arange(n) < 100
    pixels = rng.integers(0, 40, (n, 8, 8)).astype(np.uint8)
    pixels[inside, :2, :2] += 150
    wave = rng.normal(size=(n, 32)).astype(np.float32)
    wave[inside, 8:10] += 3
    vector = rng.normal(size=(n, 6)).astype(np.float32)
    vector[inside, 4] += 2
    words = np.where(inside, "a splendid film today", "a dreadful film today")
    columns = {
        "picture": pa.FixedSizeListArray.from_arrays(pa.array(pixels.reshape(-1)), 64),
        "wave": pa.array(list(wave)),
        "v": pa.FixedSizeListArray.from_arrays(pa.array(vector.reshape(-1)), 6),
        "text": words,
    }
    table = pa.table(columns)
    kinds = {"picture": "image", "wave": "sequence", "v": "vector", "text": "text"}
    content = MapContent(
        "m", Schema(tuple(Column(*pair) for pair in kinds.items())), table, np.zeros((n, 2), np.float32)
    )

    found = {d.name for d in compare(content, inside).found}

    assert "text splendid" in found
    assert "v 4" in found
    assert "wave steps 8–9" in found
    assert "picture rows 0–0, columns 0–0" in found
    assert "picture rows 7–7, columns 7–7" not in found


def test_the_smallest_change_is_real_and_crosses_over() -> None:
    """Round trip: the changed row, predicted again, is what was promised."""
    from belvedere.explaining.whole import halves_of
    from belvedere.learn import predict_rows

    content = learned_people()
    crossed = 0
    for row in range(6):
        found = cross_over(content, row)
        line = content.rows.slice(row, 1).to_pylist()[0]
        for change in found.changes:
            assert content.rows[change.column][found.donor].as_py() is not None
            line[change.column] = content.rows[change.column][found.donor].as_py()
        predicted, _ = predict_rows(*halves_of(content)[0], pa.Table.from_pylist([line], schema=content.rows.schema))
        assert predicted[0] == found.after
        assert len(found.changes) <= 3
        crossed += found.before != found.after
    assert crossed >= 5


def test_income_rises_with_age() -> None:
    found = depend(learned_people(), "age", n_values=8)

    yes = found.outputs.index("yes")
    assert found.mean[-1, yes] - found.mean[0, yes] > 1
    assert (found.low <= found.mean + 1e-6).all()
    with pytest.raises(SettingError, match="Did you mean 'age'"):
        depend(learned_people(), "agee")


def test_the_inverse_expects_better_than_the_mean_and_warns_where_it_is_empty() -> None:
    content = make_explained(*digits(), network="cnn", steps=20)

    here = expect(content, *map(float, content.places[0]))
    far = expect(content, *map(float, content.places.max(axis=0) * 10))

    assert here.error < 0.9
    assert here.warnings == ()
    assert here.images["picture"].shape == (8, 8, 1)
    assert any("No rows lie near" in sentence for sentence in far.warnings)


def test_the_inverse_says_when_places_say_nothing() -> None:
    """Most of these columns are noise, which no place can tell."""
    found = expect(learned_people(), 0.0, 0.0)

    assert set(found.values) == {c.name for c in learned_people().schema.inputs}
    assert found.values["job"] in ("nurse", "pilot", "clerk")
    assert found.error > 0.7


def test_a_path_begins_and_ends_at_its_rows() -> None:
    steps = path(learned_people(), 3, 9, 5)

    assert [steps[0].row, steps[-1].row] == [3, 9]
    assert len(steps) == 5


def test_turned_maps_have_no_movers_and_a_moved_row_comes_first() -> None:
    rng = np.random.default_rng(7)
    places = rng.normal(size=(200, 2)).astype(np.float32) * 10
    turn = np.array([[0, -2], [2, 0]], np.float32)
    near = np.argsort(((places[:, None] - places[None]) ** 2).sum(axis=2), axis=1)[:, 1:16].astype(np.int32)
    other = places @ turn + 5
    moved = other.copy()
    moved[17] += 80

    same = rank_movers((places, other), (near, near), np.arange(200))
    changed = rank_movers((places, moved), (near, near), np.arange(200))

    assert same.distance.max() < 1e-4
    assert same.changed.max() == 0
    assert changed.rows[0] == 17
    assert lay_over(places, other, other) == pytest.approx(places, abs=1e-3)


def test_maps_of_other_rows_need_a_key() -> None:
    a, b = table_map(30), table_map(40)
    with pytest.raises(SettingError, match="Name the column"):
        movers(a, b)


def test_conditions_select_rows() -> None:
    content = table_map(50)
    age = np.array([np.nan if a is None else a for a in content.rows["age"].to_pylist()])

    assert selected(content, "job=pilot")[1].sum() == content.rows["job"].to_pylist().count("pilot")
    np.testing.assert_array_equal(selected(content, "age > 40")[1], age > 40)
    with pytest.raises(SettingError, match="Did you mean 'job'"):
        selected(content, "jobb=pilot")
    with pytest.raises(SettingError, match="must look like"):
        selected(content, "pilot")
    with pytest.raises(SettingError, match="'old' is none"):
        selected(content, "age > old")


def test_the_command_prints_and_writes(tmp_path) -> None:
    from belvedere.cli.main import app
    from belvedere.mapfolder import save

    save(make_explained(*people(120), network="mlp", steps=20), tmp_path / "m.map")
    run = CliRunner().invoke

    one = run(app, ["explain", str(tmp_path / "m.map"), "--row", "3", "--png", str(tmp_path / "why.png")])
    two = run(app, ["explain", str(tmp_path / "m.map"), "--compare", "rich=yes", "--json"])
    none = run(app, ["explain", str(tmp_path / "m.map")])
    new = run(app, ["explain", str(tmp_path / "m.map"), "--new", "new.csv", "--what", "change"])

    assert one.exit_code == 0, one.output
    assert "The pulls add up" in one.output
    assert (tmp_path / "why.png").stat().st_size > 1000
    assert '"rule"' in two.output
    assert isinstance(none.exception, SettingError)
    assert "Pass --row" in str(new.exception)
