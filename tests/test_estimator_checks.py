"""Scikit-learn's own checks of an estimator, for each thing that `y` may mean. No exception is asked for.

What is documented with scikit-learn's tags instead of an exception: gaps in `X` are welcome (`allow_nan`), and places
are float32 whatever the numbers were (`preserves_dtype`).
"""

from typing import Any

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from belvedere import DeepMap

EXCEPTIONS: dict[str, str] = {}  # name of a check -> why it is expected to fail
MODELS = [DeepMap(epochs=2), DeepMap(epochs=40, task="classification"), DeepMap(epochs=40, task="regression")]


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.filterwarnings("ignore")
@parametrize_with_checks(MODELS, expected_failed_checks=lambda _: EXCEPTIONS)
def test_scikit_learn_finds_nothing_wrong(estimator: DeepMap, check: Any) -> None:
    check(estimator)
