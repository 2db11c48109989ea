"""Learning a table from end to end: latent vectors of all rows, honest scores, and one sentence for bad input."""

import json
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from belvedere.errors import ColumnError, SettingError
from belvedere.learn import Learned, LearnSettings, Search, cross_validate, embed_rows, learn, predict_rows, tune
from belvedere.types import Column, Schema, Source

QUICK = LearnSettings(epochs=6, threads=1, width=32, n_members=2, latent_dims=8)


def table_source(n: int = 400, **columns: object) -> tuple[Source, Schema]:
    """Two numbers and a category that decide a label; more columns on demand."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=n), rng.normal(size=n)
    job = rng.choice(["cook", "clerk"], size=n)
    label = np.where((x > 0) ^ (job == "cook"), "high", "low")
    values = {"x": x, "y": y, "job": job, "label": label} | columns
    kinds = {"x": "number", "y": "number", "job": "category", "label": "category"}
    kinds |= {name: "category" for name in columns if name not in kinds}
    roles = {"label": "target", "split": "split"}
    schema = Schema(tuple(Column(name, kinds[name], roles.get(name, "input")) for name in values))  # type: ignore[arg-type]
    return Source("table", pa.table(values)), schema


def image_source(n: int = 120, *, labelled: bool = True) -> tuple[Source, Schema]:
    """Bright squares on the left or on the right."""
    rng = np.random.default_rng(0)
    label = rng.integers(2, size=n)
    pixels = rng.integers(0, 60, size=(n, 8, 8, 1)).astype(np.uint8)
    for row, side in enumerate(label):
        pixels[row, 2:6, 4 * side : 4 * side + 4] = 220
    images = pa.FixedSizeListArray.from_arrays(pa.array(pixels.reshape(-1)), 64)
    fields = [pa.field("image", images.type, metadata={"belvedere.kind": "image", "belvedere.shape": "8,8,1"})]
    table = pa.table(
        [images, pa.array(np.where(label, "right", "left"))], schema=pa.schema([*fields, pa.field("side", pa.string())])
    )
    role = "target" if labelled else "left out"
    return Source("images", table), Schema((Column("image", "image"), Column("side", "category", role)))  # type: ignore[arg-type]


def value(learned: Learned, name: str) -> float:
    return next(score.value for score in learned.scores if score.name == name)


def test_a_table_is_learned_scored_and_embedded() -> None:
    source, schema = table_source()

    learned = learn(source, schema, replace(QUICK, epochs=25))

    assert learned.latent.shape == (400, 12)  # eight learned dimensions, and four plain ones beside them
    assert learned.latent.dtype == np.float32
    assert value(learned, "accuracy") > 0.85
    assert all(score.baseline is not None for score in learned.scores if score.name == "accuracy")
    assert {"train", "valid", "test"} == set(learned.split)
    assert learned.predicted is not None
    assert set(learned.predicted) <= {"high", "low"}
    assert "label" in learned.space
    json.dumps([learned.config, learned.curves, learned.evaluation])


def test_new_rows_get_the_same_vectors_and_predictions_as_the_rows_that_were_learned() -> None:
    """Saved as JSON and arrays, loaded again: nothing is lost."""
    source, schema = table_source()
    learned = learn(source, schema, QUICK)
    config = json.loads(json.dumps(learned.config))

    latent = embed_rows(config, learned.tensors, source.read(10, 60))
    predicted, confidence = predict_rows(config, learned.tensors, source.read(10, 60))

    assert learned.predicted is not None
    assert learned.confidence is not None
    assert np.allclose(latent, learned.latent[10:60], atol=1e-5)
    assert (predicted == learned.predicted[10:60]).all()
    assert confidence is not None
    assert np.allclose(confidence, learned.confidence[10:60], atol=1e-5)


def test_the_same_seed_gives_the_same_map_data_bit_for_bit() -> None:
    source, schema = table_source(200)

    first, second = learn(source, schema, QUICK), learn(source, schema, QUICK)

    assert np.array_equal(first.latent, second.latent)
    assert first.scores == second.scores


def test_held_out_labels_are_never_seen() -> None:
    """Wrong labels on all test rows change no weight: nothing leaks from them."""
    source, schema = table_source(split=np.array(["train"] * 300 + ["test"] * 100))
    wrong = source.table["label"].to_pylist()
    wrong[300:] = ["high" if label == "low" else "low" for label in wrong[300:]]
    spoiled = Source("table", source.table.set_column(3, "label", pa.array(wrong)))

    honest, misled = learn(source, schema, QUICK), learn(spoiled, schema, QUICK)

    assert all(np.array_equal(honest.tensors[name], misled.tensors[name]) for name in honest.tensors)
    assert value(honest, "accuracy") == pytest.approx(1 - value(misled, "accuracy"))


def test_held_out_values_do_not_move_the_statistics() -> None:
    """Scales are learned from training rows only."""
    rng = np.random.default_rng(0)
    x = np.concatenate([rng.normal(size=300), rng.normal(size=100) + 1000])
    source, schema = table_source(split=np.array(["train"] * 300 + ["test"] * 100), x=x)

    learned = learn(source, schema, QUICK)

    assert abs(learned.inputs[0].info["mean"]) < 1


def test_a_number_is_learned_in_its_own_units() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=400)
    source = Source("t", pa.table({"x": x, "price": 1000 + 50 * x}))
    schema = Schema((Column("x", "number"), Column("price", "number", "target")))

    learned = learn(source, schema, replace(QUICK, epochs=20))

    assert learned.confidence is None
    assert value(learned, "R²") > 0.9
    assert learned.predicted is not None
    assert 900 < float(np.mean(learned.predicted)) < 1100


def test_images_are_learned_with_a_target_and_mapped_plainly_without() -> None:
    with_target = learn(*image_source(), QUICK)
    without = learn(*image_source(labelled=False), QUICK)

    assert value(with_target, "accuracy") > 0.9
    assert without.config["network"] == "none"
    assert without.latent.shape == (120, 64)
    assert "plain" in without.space
    assert np.allclose(embed_rows(without.config, without.tensors, image_source()[0].read(0, 5)), without.latent[:5])


def test_texts_and_sequences_are_learned() -> None:
    rng = np.random.default_rng(0)
    good = rng.integers(2, size=200)
    texts = [f"a {'lovely' if g else 'dreadful'} film number {i % 7}" for i, g in enumerate(good)]
    waves = [np.sin(np.arange(20 + i % 5) * (0.3 + g)).astype(np.float32) for i, g in enumerate(good)]
    table = pa.table({"text": texts, "wave": pa.array(waves, pa.list_(pa.float32())), "good": good.astype(bool)})
    for name, kind in (("text", "text"), ("wave", "sequence")):
        schema = Schema((Column(name, kind), Column("good", "boolean", "target")))

        learned = learn(Source("t", table), schema, replace(QUICK, epochs=12, width=8, learning_rate=1e-2))

        assert value(learned, "accuracy") > 0.8, name


def test_rows_without_a_label_are_mapped_but_not_learned_from() -> None:
    source, schema = table_source()
    labels = source.table["label"].to_pylist()
    labels[:50] = [None] * 50
    source = Source("t", source.table.set_column(3, "label", pa.array(labels)))

    learned = learn(source, schema, QUICK)

    assert set(learned.split[:50]) == {"unlabelled"}
    assert np.isfinite(learned.latent).all()
    assert learned.error is not None
    assert np.isnan(learned.error[:50]).all()
    assert any("50 rows without a label" in note for note in learned.notes)


def test_a_class_seen_once_and_an_empty_column_do_no_harm() -> None:
    source, schema = table_source(empty=pa.nulls(400, pa.string()))
    labels = source.table["label"].to_pylist()
    labels[7] = "once"
    source = Source("t", source.table.set_column(3, "label", pa.array(labels)))

    learned = learn(source, schema, QUICK)

    assert np.isfinite(learned.latent).all()
    assert learned.split[7] == "train"


@pytest.mark.parametrize("labels", [["same"] * 400, [None] * 400])
def test_a_constant_or_empty_target_is_refused_in_one_sentence(labels: list[str | None]) -> None:
    source, schema = table_source()
    source = Source("t", source.table.set_column(3, "label", pa.array(labels, pa.string())))

    with pytest.raises((ColumnError, SettingError), match="label"):
        learn(source, schema, QUICK)


def test_a_target_that_does_not_exist_is_refused_with_the_nearest_name() -> None:
    source, schema = table_source()

    with pytest.raises(ColumnError, match="Did you mean 'label'"):
        learn(source, schema, replace(QUICK, target="lable"))


@pytest.mark.parametrize("wrong", [{"epochs": 0}, {"holdout": 1.0}, {"dropout": 1.5}, {"time_limit_s": -1.0}])
def test_a_setting_out_of_range_is_refused_by_name(wrong: dict[str, float]) -> None:
    source, schema = table_source(50)

    with pytest.raises(SettingError, match=next(iter(wrong))):
        learn(source, schema, replace(QUICK, **wrong))  # type: ignore[arg-type]


@pytest.mark.parametrize("n", [1, 2, 3, 5])
def test_very_few_rows_end_in_a_result_or_a_sentence(n: int) -> None:
    source, schema = table_source(n)
    said = ""
    try:
        rows = len(learn(source, schema, QUICK).latent)
    except (ColumnError, SettingError) as error:
        said, rows = str(error), n

    assert rows == n
    assert not said or said.endswith(".")


def test_wide_vectors_are_narrowed_and_say_so() -> None:
    rng = np.random.default_rng(0)
    values = rng.normal(size=(60, 1500)).astype(np.float32)
    vectors = pa.FixedSizeListArray.from_arrays(pa.array(values.reshape(-1)), 1500)
    source = Source("v", pa.table({"v": vectors}))

    learned = learn(source, Schema((Column("v", "vector"),)), QUICK)

    assert learned.latent.shape == (60, 50)
    assert "PCA" in learned.space
    assert np.allclose(embed_rows(learned.config, learned.tensors, source.table), learned.latent, atol=1e-4)


def test_cross_validation_scores_every_row_once_beside_a_baseline() -> None:
    source, schema = table_source(150)

    found = cross_validate(source, schema, QUICK, n_folds=3)

    assert len(found.folds) == 3
    assert all(fold[0].about.startswith("50 held-out rows") for fold in found.folds)
    mean = found.scores[0]
    assert mean.value == pytest.approx(np.mean([fold[0].value for fold in found.folds]))
    assert mean.low is not None
    assert mean.high is not None
    assert mean.low <= mean.value <= mean.high
    assert mean.baseline is not None


def test_tuning_keeps_the_settings_with_the_lowest_validation_loss() -> None:
    source, schema = table_source(200)

    found = tune(source, schema, QUICK, search=Search("grid", {"learning_rate": [1e-6, 1e-2], "epochs": [8]}))

    assert found.settings.learning_rate == 1e-2
    assert [trial.loss for trial in found.trials] == sorted(trial.loss for trial in found.trials)
    assert value(found.learned, "accuracy") > 0


def test_a_search_over_an_unknown_setting_is_refused() -> None:
    with pytest.raises(SettingError, match="no setting 'droput'"):
        tune(*table_source(50), QUICK, search=Search(space={"droput": [0.1]}))


def test_wide_vectors_are_learned_through_the_main_directions_of_training_rows() -> None:
    rng = np.random.default_rng(0)
    label = rng.integers(2, size=200)
    values = rng.normal(size=(200, 400)).astype(np.float32)
    values[:, :40] += 1.5 * label[:, None]
    vectors = pa.FixedSizeListArray.from_arrays(pa.array(values.reshape(-1)), 400)
    source = Source("v", pa.table({"v": vectors, "y": np.where(label, "a", "b")}))

    schema = Schema((Column("v", "vector"), Column("y", "category", "target")))
    learned = learn(source, schema, replace(QUICK, epochs=20, learning_rate=1e-2))

    assert "main_directions" in learned.inputs[0].tensors
    assert value(learned, "accuracy") > 0.8
    assert np.allclose(embed_rows(learned.config, learned.tensors, source.table), learned.latent, atol=1e-4)
