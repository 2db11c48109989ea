"""A label for every word: read, learned, put into spans, scored, drawn."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

import belvedere
from belvedere.errors import ColumnError, SettingError
from belvedere.kinds import fit_labels, learn_kinds, make_labels
from belvedere.learn import Learned, LearnSettings, learn, predict_rows
from belvedere.networks import build_network, network_from, tensors_of
from belvedere.training.tokens import best_labels, evaluate_tokens, grammar, spans_of
from belvedere.types import Source, Target

QUICK = LearnSettings(epochs=8, threads=1, width=16, latent_dims=8, batch_size=16, learning_rate=1e-2)
NAMES, PLACES, PLAIN = ("Anna", "Otto", "Li Wei"), ("Rome", "New York"), ("went", "to", "saw", "and", "slept", "in")


def sentences(n: int = 240) -> pa.Table:
    """Random sentences of plain words, persons and places, with their B-, I-, O labels."""
    rng = np.random.default_rng(0)
    rows = []
    for _ in range(n):
        words: list[str] = []
        tags: list[str] = []
        for _ in range(int(rng.integers(2, 6))):
            kind = rng.choice(["person", "place", ""], p=[0.25, 0.25, 0.5])
            said = str(rng.choice({"person": NAMES, "place": PLACES, "": PLAIN}[str(kind)])).split()
            words += said
            tags += [f"{'I' if i else 'B'}-{kind}" if kind else "O" for i in range(len(said))]
        rows.append({"words": " ".join(words), "tags": " ".join(tags)})
    return pa.Table.from_pylist(rows)


def learned_from(table: pa.Table, settings: LearnSettings) -> Learned:
    source = Source("said", table)
    schema = learn_kinds(source, target=settings.target, task=settings.task)
    return learn(source, schema, settings)


@pytest.mark.parametrize("network", ["auto", "transformer_tagger"])
def test_entities_are_found_beside_two_baselines(network: str) -> None:
    table = sentences()

    learned = learned_from(table, replace(QUICK, target="tags", network=network))

    lead = learned.scores[0]
    assert lead.name == "span F1"
    assert lead.value > 0.9
    assert lead.baseline is not None
    assert "most frequent label" in lead.baseline_name
    assert learned.predicted is not None
    assert [len(tags.split()) for tags in learned.predicted] == [len(w.split()) for w in table["words"].to_pylist()]
    assert learned.evaluation["classes"][0] == "O"
    said, sure = predict_rows(learned.config, learned.tensors, table.select(["words"]).slice(0, 7))
    assert said.tolist() == learned.predicted[:7].tolist()
    assert sure is not None
    assert (sure > 0.3).all()


def test_a_map_of_tagged_sentences_is_drawn_and_places_new_ones() -> None:
    table = sentences(80)

    made = belvedere.map(table, target="tags", learning=replace(QUICK, epochs=1))

    assert made.schema["words"].kind == "words"
    assert made.places.shape == (80, 2)
    assert made.place(table.slice(0, 3)).table["map_predicted"].to_pylist()[0].count(" ") >= 1


def test_roles_depend_on_the_predicate_that_a_row_asks_about() -> None:
    rng = np.random.default_rng(0)
    rows = []
    for _ in range(300):  # the word before the predicate is its agent
        words = rng.choice(["cat", "dog", "sees", "bites", "hears"], size=6)
        at = int(rng.integers(1, 6))
        rows.append(
            {"words": words.tolist(), "predicate": at, "roles": ["A0" if i == at - 1 else "O" for i in range(6)]}
        )
    settings = replace(QUICK, target="roles", task="tokens", epochs=8)

    learned = learned_from(pa.Table.from_pylist(rows), settings)

    assert [(item.name, item.kind) for item in learned.inputs] == [("words", "words"), ("predicate", "position")]
    assert learned.scores[0].value > 0.9


def test_texts_that_do_not_match_the_labels_are_left_out() -> None:
    table = sentences(30).append_column("raw", pa.array([f"as it was written, part {i}" for i in range(30)]))

    schema = learn_kinds(Source("said", table), target="tags")

    assert schema["raw"].role == "left out"
    assert "not as many words" in schema["raw"].why


def test_labels_follow_the_grammar_of_spans() -> None:
    target = Target("tags", "tokens", ("O", "B-x", "I-x"))
    outputs = np.array([[0.0, -9, 1, 0, 3, 0, 0, 0, 5]])  # 'I-x' is likeliest first, but nothing has begun

    codes = best_labels(outputs, target)[0, 0]

    assert codes.tolist() == [0, 1, 2]
    assert grammar(("O", "I-x"))[0].tolist() == [0, 0]  # without a 'B-x', 'I-x' may begin


def test_spans_count_only_when_whole_and_of_the_right_type() -> None:
    target = Target("tags", "tokens", ("O", "B-x", "I-x", "B-y"))
    truth = np.array([[1, 2, 0, 3, -1]])
    said = np.array([[1, 0, 0, 3, -1]], dtype=float)
    predictions = np.stack([np.where(said < 0, np.nan, said), np.ones((1, 5))], axis=1)

    scores, details = evaluate_tokens(truth, predictions, target, about="here")

    assert {s.name: round(s.value, 3) for s in scores} == {
        "span F1": 0.5, "span precision": 0.5, "span recall": 0.5, "word accuracy": 0.75,
    }  # fmt: skip
    assert details["confusion"] == [[1, 0, 0], [1, 1, 0], [0, 0, 1]]
    assert spans_of([]) == set()


def test_bad_targets_and_networks_end_in_one_sentence() -> None:
    with pytest.raises(ColumnError, match="one label per word"):
        fit_labels(pa.table({"tags": ["O O", "O"]}), "tags", task="tokens")
    with pytest.raises(SettingError, match="transformer_tagger"):
        learned_from(sentences(30), replace(QUICK, target="tags", network="ngrams"))


def test_rows_without_words_and_words_never_seen_are_answered() -> None:
    table = sentences(60)
    source = Source("said", table)
    learned = learned_from(table, replace(QUICK, target="tags", epochs=1))
    assert source.n_rows == 60

    said, _ = predict_rows(learned.config, learned.tensors, pa.table({"words": ["", None, "Zzyx qqq"]}))

    assert said[0] == said[1] == ""
    assert len(said[2].split()) == 2


def test_a_saved_tagger_answers_as_before() -> None:
    table = sentences(40)
    target = fit_labels(table, "tags")
    learned = learned_from(table, replace(QUICK, target="tags", epochs=1))
    network = build_network(learned.inputs, target, network="bilstm_tagger").eval()

    again = network_from({**network.config(), "target": {}}, tensors_of(network))

    assert type(again) is type(network)
    assert make_labels(table, target).shape[0] == 40


@pytest.mark.parametrize("network", ["auto", "tcn"])
def test_steps_of_a_sequence_have_labels_too(network: str) -> None:
    rng = np.random.default_rng(0)
    rows = []
    for _ in range(120):  # a step is 'up' where the value three steps before was high
        values = rng.normal(size=int(rng.integers(8, 14)))
        said = ["up" if i >= 3 and values[i - 3] > 0.3 else "down" for i in range(len(values))]
        rows.append({"curve": values.tolist(), "state": said})

    learned = learned_from(
        pa.Table.from_pylist(rows), replace(QUICK, target="state", task="tokens", network=network, epochs=20)
    )

    accuracy = next(s for s in learned.scores if s.name == "word accuracy")
    assert accuracy.baseline is not None
    assert accuracy.value > accuracy.baseline + 0.05  # the baseline sees no farther than two steps to each side
    assert learned.predicted is not None
    assert len(learned.predicted[0].split()) == len(rows[0]["state"])
