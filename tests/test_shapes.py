"""Shapes in signatures are enforced in every test run, and cost nothing outside of it."""

import pytest
import torch
from jaxtyping import TypeCheckError

from belvedere.networks.blocks import OneBiasLSTM


def test_a_wrong_shape_is_refused_by_name() -> None:
    """Sequences have three axes; two are a mistake of ours."""
    lstm = OneBiasLSTM(3, 5)

    assert lstm(torch.zeros(2, 7, 3)).shape == (2, 7, 5)
    with pytest.raises(TypeCheckError):
        lstm(torch.zeros(7, 3))
