"""A network is one file and one line, as docs/extending.md tells; its code is read from that page."""

import re
from typing import Any

import numpy as np
import pytest

import doc_pages
from belvedere.kinds import learn_kinds
from belvedere.learn import LearnSettings, embed_rows, learn
from belvedere.networks import table
from belvedere.networks.mlp import TABLE_KINDS
from belvedere.sources import open_source
from belvedere.training import plans

PAGE = (doc_pages.DOCS / "extending.md").read_text(encoding="utf-8")
NETWORK = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)[0]


def made_by(code: str) -> dict[str, Any]:
    """What a file of the page defines."""
    names: dict[str, Any] = {"__name__": "added"}
    exec(compile(code, "extending.md", "exec"), names)
    return names


def test_a_network_is_a_file_and_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """It learns under its name, and what it learned reads rows again, which is all that mapping and placing need."""
    line = re.search(r'^"ring": (Entry\(.*\)),$', PAGE, re.MULTILINE)
    assert line is not None
    entry = eval(line[1], {"Entry": table.Entry, "TABLE_KINDS": TABLE_KINDS} | made_by(NETWORK))
    monkeypatch.setitem(table.NETWORKS, "ring", entry)
    monkeypatch.setitem(plans.HABITS, "ring", plans.HABITS["mlp"])
    random = np.random.default_rng(0)
    rows = {"a": random.normal(size=40), "b": random.normal(size=40), "high": ["no", "yes"] * 20}

    source = open_source(rows)

    learned = learn(source, learn_kinds(source, target="high"), LearnSettings(network="ring", epochs=1))

    assert learned.config["network"] == "ring"
    assert embed_rows(learned.config, learned.tensors, source.table).shape == learned.latent.shape
