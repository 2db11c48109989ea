"""Users and items of their interactions lie on one map, near each other where they go together."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

import belvedere
from belvedere.errors import ColumnError, SettingError
from belvedere.kinds import learn_kinds
from belvedere.learn import Learned, LearnSettings, embed_rows, learn
from belvedere.training.recommend import first_items, gain_per_user, lists_of, recall_per_user
from belvedere.types import Source

QUICK = LearnSettings(target="film", task="recommend", epochs=6, latent_dims=8, threads=1, batch_size=16)


def evenings(*, with_time: bool = False) -> pa.Table:
    """40 users of two tastes; each sees 12 of the 20 films of its taste and now and then another."""
    rng = np.random.default_rng(0)
    rows = []
    for user in range(40):
        own = rng.permutation(20)[:12] + 20 * (user % 2)
        rows += [{"user": f"u{user}", "film": f"f{film}"} for film in [*own, int(rng.integers(40))]]
    table = pa.Table.from_pylist([rows[i] for i in rng.permutation(len(rows))])
    return table.append_column("timestamp", pa.array(range(table.num_rows))) if with_time else table


def learned_from(table: pa.Table, settings: LearnSettings = QUICK) -> Learned:
    source = Source("films", table)
    return learn(source, learn_kinds(source, target="film"), settings)


def test_users_lie_near_items_of_their_taste_and_scores_stand_beside_two_baselines() -> None:
    learned = learned_from(evenings())

    lead = learned.scores[0]
    assert lead.name == "recall@20"
    assert lead.baseline is not None
    assert "SVD" in lead.baseline_name
    assert "popular" in lead.baseline_name
    assert lead.value > 0.65  # every thirteenth evening is chance
    assert learned.rows is not None
    nodes = learned.rows[0].table
    taste = np.array(
        [int(name[1:]) % 2 if kind == "user" else int(name[1:]) // 20 for name, kind in
         zip(nodes["who"].to_pylist(), nodes["is"].to_pylist(), strict=True)]
    )  # fmt: skip
    users, items = learned.latent[:40], learned.latent[40:]
    near = (users @ items.T).argmax(axis=1)
    assert (taste[40:][near] == taste[:40]).mean() > 0.9
    assert np.allclose(np.linalg.norm(learned.latent, axis=1), 1, atol=1e-4)


def test_one_map_holds_users_and_items_and_places_a_new_user(tmp_path: object) -> None:
    made = belvedere.map(evenings(), target="film", learning=replace(QUICK, epochs=2))

    assert len(made) == 80
    assert made.schema["is"].role == "input"
    new = pa.table({"is": ["user"], "had": pa.array([["f0", "f1", "f2", "never heard of"]], pa.list_(pa.string()))})
    assert np.isfinite(made.place(new).places).all()
    said = made.content.rows["recommended"].to_pylist()
    had = made.content.rows["had"].to_pylist()
    assert not set(said[0]) & set(had[0])
    assert said[79] == []
    with pytest.raises(SettingError, match="meetings alone"):
        made.explain([0])


def test_a_time_parts_old_from_new() -> None:
    learned = learned_from(evenings(with_time=True))

    assert "parted by time ('timestamp')" in learned.notes[0]


def test_a_new_user_of_known_films_lies_where_a_known_one_lies() -> None:
    learned = learned_from(evenings())
    assert learned.rows is not None
    table = learned.rows[0].table.slice(0, 3)

    again = embed_rows(learned.config, learned.tensors, table.select(["is", "had"]))

    assert np.allclose(again, learned.latent[:3], atol=1e-5)


def test_what_is_not_clear_is_asked_for() -> None:
    table = evenings().rename_columns(["person", "film"])

    with pytest.raises(SettingError, match="--user"):
        learned_from(table)
    assert learned_from(table, replace(QUICK, user="person", epochs=1)).scores
    with pytest.raises(ColumnError, match="at least 5 users"):
        learned_from(pa.table({"user": ["a", "b", "a"], "film": ["x", "y", "z"]}))


def test_recall_and_gain_count_hits_among_the_first() -> None:
    truth = lists_of(np.array([0, 0, 1]), np.array([3, 4, 5]), 3, empty=-1)
    said = first_items(np.eye(3, 6, k=3, dtype=np.float32), most=2)

    assert said[:, 0].tolist() == [3, 4, 5]
    assert recall_per_user(said, truth).tolist() == [0.5, 0.0]
    assert gain_per_user(said, truth) == pytest.approx([1 / (1 + 1 / np.log2(3)), 0.0])
