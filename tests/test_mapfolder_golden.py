"""Golden folders written by an earlier Belvedere open unchanged, for ever."""

from pathlib import Path

import numpy as np
import pytest

from belvedere.mapfolder import open_folder, verify

GOLDEN = Path(__file__).parent / "golden"


@pytest.mark.parametrize("name", ["mixed", "least", "empty"])
def test_golden_folders_are_whole(name):
    verify(GOLDEN / f"{name}.map")


def test_the_mixed_map_says_what_was_written():
    content = open_folder(GOLDEN / "mixed.map")

    assert (content.name, content.n_rows, len(content.regions)) == ("Golden objects", 24, 155)
    np.testing.assert_allclose(content.places[:2], [[12.518899, -7.297696], [4.741234, 13.073647]], rtol=1e-6)
    assert content.rows["city"].to_pylist()[:3] == ["Zürich", "Lima", "Wien"]
    assert content.rows["price"].to_pylist()[:3] == [504.91, 952.34, 16.45]
    assert content.schema["collection"].role == "target"
    assert content.schema["looked at"].kind == "boolean"
    assert np.flatnonzero(content.rows["looked at"].to_numpy()).tolist() == [0, 5, 23]
    assert content.latent.dtype == np.float16
    assert content.neighbors.shape == (24, 15)
    assert content.thumbnails[0].as_py()[:4] == b"\x89PNG"
    assert content.scores[0].baseline == 0.871
    assert content.findings[0].rows == (0,)


def test_the_least_maps_say_what_was_written():
    least, empty = open_folder(GOLDEN / "least.map"), open_folder(GOLDEN / "empty.map")

    assert least.rows.to_pylist() == [{"长度": 0.5}]
    assert least.places.tolist() == [[0.25, 0.25]]
    assert (empty.n_rows, empty.latent, empty.regions) == (0, None, ())
