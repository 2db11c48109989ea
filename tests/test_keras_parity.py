"""The four plain networks equal their textbook Keras listings: parameters, outputs, and a step of training."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(importlib.util.find_spec("keras") is None, reason="the extra 'keras' is not installed"),
]


@pytest.fixture(scope="module")
def compared() -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("keras_parity.py"))], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.parametrize(
    ("name", "n_parameters"), [("mlp", 1_611), ("cnn", 1_199_882), ("lstm", 32_051), ("text_lstm", 550_451)]
)
def test_a_plain_network_is_its_textbook_listing(compared: dict[str, Any], name: str, n_parameters: int) -> None:
    found = compared[name]

    assert found["counts"] == [n_parameters, n_parameters]
    assert found["gap"] < 1e-5
    assert found["ours"] == pytest.approx(found["keras"], abs=1e-5)
    assert found["ours"][1] < found["ours"][0]
