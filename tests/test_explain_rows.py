"""A row's place and its prediction are explained by what the network really reads."""

from dataclasses import replace
from functools import cache

import numpy as np
import pyarrow as pa
import pytest
import torch

from belvedere import kinds
from belvedere.draw import DrawSettings, draw, place_rows
from belvedere.errors import SettingError
from belvedere.explain.integrate import integrate, lobatto, slopes_at
from belvedere.explaining import answer, explain_rows
from belvedere.explaining.judging import faithfulness, sanity, sufficiency
from belvedere.explaining.whole import Placing, whole_of
from belvedere.explaining.words import read_words
from belvedere.types import MapContent, Schema
from make_explained import digits, make_explained, people, reviews, waves

CASES = {
    "tabular": lambda: make_explained(*people(), network="tabular"),
    "mlp": lambda: make_explained(*people(), network="mlp"),
    "cnn": lambda: make_explained(*digits(), network="cnn", steps=25),
    "ngrams": lambda: make_explained(*reviews(), network="ngrams"),
    "text_lstm": lambda: make_explained(*reviews(), network="text_lstm", steps=30),
    "lstm": lambda: make_explained(*waves(), network="lstm", steps=12),
    "bilstm": lambda: make_explained(*waves(), network="bilstm", steps=12),
    "inceptiontime": lambda: make_explained(*waves(), network="inceptiontime", steps=15),
}


@cache
def made(name: str) -> MapContent:
    return CASES[name]()


@pytest.mark.parametrize("name", CASES)
def test_gates_change_nothing_of_what_the_network_says(name: str) -> None:
    content = made(name)
    whole = whole_of(content)
    ends = whole.entrance.read(content.rows.slice(0, 8))
    with torch.no_grad():
        latent = whole.entrance.latent(ends.stop, torch.arange(8), ends.batch)

    np.testing.assert_allclose(latent.numpy(), content.latent[:8].astype(np.float32), atol=0.02, rtol=0.01)


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_the_place_function_is_that_of_the_map(metric: str) -> None:
    """With more columns than the map has axes, so that the projection is met too."""
    latent = np.random.default_rng(0).normal(size=(300, 60)).astype(np.float32)
    drawn = draw(latent, DrawSettings(metric=metric, n_threads=1))

    found = Placing(drawn.place_config, drawn.place_tensors)(torch.from_numpy(latent[:20])).numpy()

    expected, _ = place_rows(drawn.place_config, drawn.place_tensors, latent, drawn.places, latent[:20], mode="smooth")
    np.testing.assert_allclose(found, expected, atol=1e-3 * np.ptp(drawn.places))


@pytest.mark.parametrize("name", CASES)
def test_pulls_add_up_to_the_whole_way(name: str) -> None:
    """Within 1 % of the map's width; parts of a column add up to its pull."""
    found = explain_rows(made(name), range(6))

    for explanation in found:
        way = np.subtract(explanation.reached, explanation.start)
        assert (
            np.linalg.norm(np.sum([p.amount for p in explanation.pulls], axis=0) - way)
            <= 0.01 * whole_of(made(name)).width
        )
        for detail in explanation.details:
            (pull,) = (p for p in explanation.pulls if p.column == detail.column)
            np.testing.assert_allclose(detail.amounts.reshape(2, -1).sum(axis=1), pull.amount, rtol=1e-3, atol=1e-3)


def test_exact_pulls_add_up_to_a_ten_thousandth() -> None:
    for name in ("tabular", "mlp"):
        for explanation in explain_rows(made(name), range(4), exact=True):
            assert explanation.error <= 1e-4


def test_a_piecewise_linear_network_is_followed_from_kink_to_kink() -> None:
    """Equation: the score of relu units with biases, whose integral is known in closed form."""
    weights, biases = torch.tensor([[1.0, -2.0], [0.5, 1.5], [-1.0, 1.0]]), torch.tensor([-0.3, 0.1, 0.2])

    def function(values: tuple[torch.Tensor, ...], items: torch.Tensor) -> torch.Tensor:
        return torch.relu(values[0] @ weights.T + biases).sum(dim=1, keepdim=True)

    start, stop = torch.zeros(1, 2), torch.tensor([[1.0, 0.7]])
    found = integrate(function, (start,), (stop,), tolerance=1e-5, rounds=20)

    # share of the way on which each unit is on, from its zero along the path
    slope = (weights @ stop[0]).numpy()
    zero = -biases.numpy() / slope
    on = np.where(slope > 0, 1 - np.clip(zero, 0, 1), np.clip(zero, 0, 1))
    expected = (on[:, None] * weights.numpy()).sum(axis=0)
    np.testing.assert_allclose(found.gradients[0][0, 0].numpy(), expected, atol=2e-4)


def test_age_and_job_explain_income_and_noise_does_not() -> None:
    content = make_explained(*people(600), network="tabular", steps=80)
    strength: dict[str, float] = {}
    for explanation in explain_rows(content, range(40), what="prediction"):
        for pull in explanation.pulls:
            strength[pull.column] = strength.get(pull.column, 0.0) + abs(pull.amount[0])

    assert sorted(strength, key=lambda name: -strength[name])[:2] == ["age", "job"]


def test_the_telling_word_is_found() -> None:
    for name in ("ngrams", "text_lstm"):
        hits = 0
        for explanation in explain_rows(made(name), range(10), what="prediction"):
            words, along = explanation.details[0].labels, explanation.details[0].along
            hits += words[int(along.argmax())] in ("splendid", "dreadful")
        assert hits >= 8, name


def test_the_bump_of_a_wave_is_found() -> None:
    content = made("inceptiontime")
    for row, explanation in enumerate(explain_rows(content, range(6), what="prediction")):
        size = np.abs(explanation.saliency("wave")).sum(axis=1)
        late = content.rows["when"][row].as_py() == "late"
        assert size[18:27].sum() + size[3:12].sum() > size.sum() * 0.4
        assert len(size) >= 30, late


def test_a_saliency_map_has_the_shape_of_the_picture() -> None:
    explanation = explain_rows(made("cnn"), [3], what="prediction")[0]

    assert explanation.saliency().shape == (8, 8)


def test_erasing_what_pulls_most_moves_digits_four_times_as_far_as_chance() -> None:
    score = faithfulness(made("cnn"), np.arange(30))

    assert score.value >= 4
    assert sufficiency(made("cnn"), np.arange(10)).value < 1


def test_explanations_are_not_those_of_an_untrained_network() -> None:
    """The signed and the normalized view pass; the bare size of contributions does not, which is why it is not shown alone."""
    for name in ("cnn", "tabular"):
        found = sanity(made(name), np.arange(30))
        assert abs(found["along"]) <= 0.3, name
        assert abs(found["strength"]) <= 0.3, name


def test_words_are_bucketed_as_the_text_kind_does() -> None:
    table, schema = reviews(20)
    inputs = kinds.fit_inputs(table, Schema(schema.columns[:1]))
    grams = kinds.make_arrays(table, inputs)["0.grams"]

    found = read_words(table.column("text")).grams

    width = min(grams.shape[1], found.shape[1])
    np.testing.assert_array_equal(found[:, :width], grams[:, :width])


def test_a_row_unlike_all_others_gets_a_warning() -> None:
    content = made("tabular")
    names = [name for name in content.rows.column_names if name != "rich"]
    odd = {name: [1e6] if name != "job" else ["astronaut"] for name in names}

    usual = explain_rows(content, content.rows.slice(0, 1))[0]
    strange = explain_rows(content, pa.table(odd | {"rich": ["no"]}))[0]

    assert strange.row == -1
    assert any("never seen in training: age 1e+06" in sentence for sentence in strange.warnings)
    assert any("'astronaut'" in sentence for sentence in strange.warnings)
    assert usual.warnings == ()


def test_a_row_far_from_all_others_in_the_latent_space_gets_a_warning() -> None:
    """Before/after: the same row, once its neighbors are taken to lie elsewhere."""
    content = made("tabular")
    moved = replace(content, latent=(content.latent + np.float16(50)))

    warned = explain_rows(moved, content.rows.slice(0, 1))[0].warnings
    flagged = explain_rows(replace(content, channels={"outlying": np.ones(240, np.float32)}), [0])[0].warnings

    assert "nothing like it was seen" in " ".join(warned)
    assert "nothing like it was seen" in " ".join(flagged)


def test_the_distance_to_the_free_place_is_stated() -> None:
    """A fitted row lies where the layout put it; what the network cannot say is the residual, not a pull."""
    content = made("tabular")
    width = whole_of(content).width
    before = explain_rows(content, [0])[0]
    places = content.places.copy()
    places[0] = np.add(before.reached, (0.3 * width, 0))
    moved = replace(content, places=places)

    found = explain_rows(moved, [0])[0]

    assert found.residual == pytest.approx(0.3 * width / whole_of(moved).width, rel=0.01)
    assert any("would place the row" in sentence for sentence in found.warnings)
    np.testing.assert_allclose(found.reached, before.reached, atol=1e-4)


def test_a_flagged_place_is_explained_with_a_warning() -> None:
    kept = np.full(len(made("mlp").places), 0.9, np.float32)
    kept[2] = 0.0

    found = explain_rows(replace(made("mlp"), channels={"kept": kept}), [1, 2])

    assert "true neighbors" not in " ".join(found[0].warnings)
    assert "true neighbors" in " ".join(found[1].warnings)


def test_what_cannot_be_explained_is_refused() -> None:
    content = made("tabular")
    with pytest.raises(SettingError, match="from 0 to 239"):
        explain_rows(content, [240])
    with pytest.raises(SettingError, match="'place' or 'prediction'"):
        explain_rows(content, [0], what="why")  # type: ignore[arg-type]
    with pytest.raises(SettingError, match="hold its network"):
        explain_rows(replace(content, network_config=None), [0])


def test_the_explorer_gets_plain_data() -> None:
    import json

    told = json.loads(json.dumps(answer(made("tabular"), 5)))

    assert told["can"] == ["place", "prediction", "change"]
    assert len(told["pulls"]) == 7
    assert set(told["pulls"][0]) == {"column", "kind", "value", "amount", "along", "strength"}


def test_integrated_gradients_are_those_of_captum() -> None:
    captum = pytest.importorskip("captum.attr", reason="captum is not installed; it is only compared with")
    content = made("mlp")
    whole = whole_of(content)
    ends = whole.entrance.read(content.rows.slice(0, 4))
    function = whole.place_function(ends)
    items = torch.arange(4)

    for output in (0, 1):
        there = captum.IntegratedGradients(lambda x, o=output: function((x,), items.repeat(len(x) // 4))[:, o])
        expected = there.attribute(ends.stop[0], ends.start[0], n_steps=50, method="gausslegendre")
        ours = _legendre(function, ends, output, 50)
        torch.testing.assert_close(ours, expected.float(), atol=1e-3, rtol=1e-3)


def _legendre(function, ends, output: int, n_steps: int) -> torch.Tensor:
    """Our gradients under the same rule and number of steps."""
    nodes, weights = np.polynomial.legendre.leggauss(n_steps)
    n = len(ends.start[0])
    at = torch.tensor((nodes + 1) / 2, dtype=torch.float32).repeat(n)
    items = torch.arange(n).repeat_interleave(n_steps)
    shift = tuple(b - a for a, b in zip(ends.start, ends.stop, strict=True))
    _, slopes = slopes_at(function, (ends.start, shift), items, at)
    folded = slopes[0][output].reshape(n, n_steps, -1)
    return torch.einsum("nsv,s->nv", folded, torch.tensor(weights / 2, dtype=torch.float32)) * shift[0]


def test_lobatto_integrates_polynomials_exactly() -> None:
    nodes, weights = lobatto(5)  # exact to degree 7

    assert weights @ nodes**7 == pytest.approx(1 / 8)
