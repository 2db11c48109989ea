"""The network is carried away as ONNX with equal outputs, and the map as a model card that hides nothing."""

import importlib.util
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from belvedere.errors import SettingError
from belvedere.export.card import make_card
from belvedere.learn import LearnSettings, embed_rows, learn, predict_chances
from belvedere.learn.onnx import export_onnx
from belvedere.types import Column, Finding, Schema, Score, Source
from make_fake_map import make_fake_content

QUICK = LearnSettings(epochs=1, threads=1, width=16, n_members=2, latent_dims=4)
HAS_ONNX = all(importlib.util.find_spec(name) for name in ("onnx", "onnxruntime", "onnxscript"))
needs_onnx = pytest.mark.skipif(not HAS_ONNX, reason="the extra 'onnx' is not installed")


def source_and_schema(n: int = 60) -> tuple[Source, Schema]:
    rng = np.random.default_rng(0)
    x = rng.normal(size=n)
    table = pa.table({"x": x, "job": rng.choice(["cook", "clerk"], size=n), "label": np.where(x > 0, "high", "low")})
    columns = (Column("x", "number"), Column("job", "category"), Column("label", "category", "target"))
    return Source("table", table), Schema(columns)


@needs_onnx
def test_onnx_gives_the_latent_vectors_and_probabilities_of_the_map(tmp_path: Path) -> None:
    """Any number of rows, and temperature included; the file says how columns are prepared."""
    import onnx
    import onnxruntime

    from belvedere.kinds import make_arrays

    source, schema = source_and_schema()
    learned = learn(source, schema, replace(QUICK, network="mlp", target_weight=1.0))

    gap = export_onnx(learned.config, learned.tensors, source.table, tmp_path / "m.onnx")

    session = onnxruntime.InferenceSession(tmp_path / "m.onnx")
    arrays = make_arrays(source.table.slice(0, 33), learned.inputs)
    latent, chances = session.run(None, {item.name: arrays[item.name] for item in session.get_inputs()})
    assert gap < 1e-4
    assert np.allclose(latent, embed_rows(learned.config, learned.tensors, source.table)[:33], atol=1e-4)
    assert np.allclose(chances, predict_chances(learned.config, learned.tensors, source.table)[1][:33], atol=1e-4)
    words = {p.key: p.value for p in onnx.load(tmp_path / "m.onnx").metadata_props}
    assert json.loads(words["belvedere.target"])["classes"] == list(learned.target.classes)
    assert [item["name"] for item in json.loads(words["belvedere.inputs"])] == ["x", "job"]


@needs_onnx
def test_a_plain_space_has_no_network_to_carry(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="learned network"):
        export_onnx({"network": "none"}, {}, source_and_schema()[0].table, tmp_path / "m.onnx")
    assert not list(tmp_path.iterdir())


def test_a_card_says_data_scores_baseline_and_limits() -> None:
    content = replace(
        make_fake_content(200),
        scores=(Score("accuracy", 0.8, "20 held-out rows", baseline=0.9, baseline_name="trees", low=0.7, high=0.9),),
        findings=(Finding("leak", "serious", "Column 'a|b' repeats the target.", "Ignore it."),),
        provenance={"fingerprint": "abc123", "notes": ["10 rows were dropped."]},
    )

    card = make_card(content)

    assert "`abc123`" in card
    assert "| accuracy | 0.8000 | 0.7000 to 0.9000 | 0.9000 (trees) | 20 held-out rows |" in card
    assert "The baseline is better in: accuracy" in card
    assert "Column 'a\\|b' repeats the target. Ignore it." in card
    assert "10 rows were dropped." in card
