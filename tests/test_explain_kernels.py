"""Maps of few labelled sequences explain themselves too: shares of kernels are given back to the steps that made them."""

import numpy as np
import pyarrow as pa
import pytest

import belvedere as bv
from belvedere.explaining import explain_rows
from belvedere.explaining.judging import faithfulness
from belvedere.explaining.rocket import owed_by_steps
from belvedere.kinds import fit_kernels, kernel_features
from belvedere.learn import LearnSettings
from belvedere.values import Array


def bumps(n: int = 80, n_steps: int = 60) -> pa.Table:
    """Noise; rows of class b have a bump in the third sixth."""
    rng = np.random.default_rng(0)
    is_b = np.arange(n) % 2 == 1
    curves = rng.normal(0, 0.3, (n, n_steps))
    curves[is_b, 20:30] += 2 * np.hanning(10)
    return pa.table({"curve": list(curves.astype(np.float32)), "y": np.where(is_b, "b", "a")})


@pytest.fixture(scope="module")
def made() -> bv.Map:
    field = pa.field("curve", pa.list_(pa.float32()), metadata={"belvedere.kind": "sequence"})
    table = bumps().cast(pa.schema([field, pa.field("y", pa.string())]))
    return bv.map(table, target="y", learning=LearnSettings(threads=1))


def random_kernels(channels: int, n_steps: int) -> tuple[Array, dict[str, Array]]:
    rng = np.random.default_rng(1)
    steps = rng.normal(size=(20, n_steps, channels)).astype(np.float32)
    return steps, fit_kernels(steps, np.full(20, n_steps))


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("length", [1, 5, 30])
def test_what_the_steps_get_adds_up_to_what_the_shares_contribute(channels: int, length: int) -> None:
    steps, known = random_kernels(channels, 30)
    shares = kernel_features(steps, np.full(20, length), known)
    slopes = np.random.default_rng(2).normal(size=(2, shares.shape[1])).astype(np.float32)
    usual = shares.mean(axis=0)

    found = owed_by_steps(slopes, usual, steps[0, :length], known)

    assert found.shape == (2, length, channels)
    np.testing.assert_allclose(found.sum(axis=(1, 2)), slopes @ (shares[0] - usual), atol=1e-3)


def test_a_flat_sequence_shares_among_all_its_steps() -> None:
    _, known = random_kernels(1, 30)
    flat = np.zeros((30, 1), np.float32)
    shares = kernel_features(flat[None], np.array([30]), known)
    slopes = np.ones((1, shares.shape[1]), np.float32)

    found = owed_by_steps(slopes, np.full_like(shares[0], 0.5), flat, known)

    assert np.ptp(found) < 1e-4
    np.testing.assert_allclose(found.sum(), (shares - 0.5).sum(), rtol=1e-3)


def test_the_pulls_of_a_map_of_kernels_add_up(made: bv.Map) -> None:
    assert made.content.network_config is not None
    assert made.content.network_config["learn"]["network"] == "rocket"

    found = explain_rows(made.content, range(10), exact=True)

    assert max(one.error for one in found) < 1e-4
    assert found[0].details[0].along.shape == (60, 1)
    assert "patterns are as frequent as usual" in found[0].baseline


def test_the_steps_that_tell_a_class_are_those_that_explain_it(made: bv.Map) -> None:
    rows = [row for row, label in enumerate(made.content.rows.column("y").to_pylist()) if label == "b"]

    found = explain_rows(made.content, rows, what="prediction")

    along = np.mean([one.details[0].along[:, 0] for one in found], axis=0)
    assert np.abs(along[18:32]).mean() > 3 * np.abs(np.r_[along[:14], along[36:]]).mean()
    assert along[18:32].sum() > 0


def test_erased_steps_are_counted_anew(made: bv.Map) -> None:
    assert faithfulness(made.content, np.arange(0, 80, 8)).value > 1.2
