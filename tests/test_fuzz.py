"""Damaged files end in a table or in one sentence; `make fuzz` looks for longer, in a process of its own."""

import random

import pytest

from damage import SEEDS, damaged, write_files
from fuzz import WELL, read


@pytest.mark.parametrize("reader", SEEDS)
def test_undamaged_files_are_read(reader, tmp_path):
    for i, files in enumerate(SEEDS[reader]()):
        assert read(write_files(files, tmp_path / str(i)), reader) == ("a table", "")


@pytest.mark.parametrize("reader", SEEDS)
def test_damaged_files_end_in_a_table_or_a_sentence(reader, tmp_path):
    rng, seeds = random.Random(1), SEEDS[reader]()

    for i in range(40):
        end, said = read(write_files(damaged(rng.choice(seeds), rng), tmp_path / str(i)), reader)

        assert end in WELL, said
