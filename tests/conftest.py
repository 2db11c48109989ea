"""What holds for every test."""

import numpy as np
import pytest

SEED = 20_261_124  # not 0: the program draws its own samples by small seeds, and its luck must not be the data's


@pytest.fixture(autouse=True)
def _fixed_numbers(request: pytest.FixtureRequest) -> None:
    """A module's own generator starts anew for each test, so that no test depends on which ones ran before it."""
    module = getattr(request, "module", None)
    for generator in (getattr(module, "RANDOM", None), getattr(module, "random", None)):
        if isinstance(generator, np.random.Generator):
            generator.bit_generator.state = np.random.default_rng(SEED).bit_generator.state
