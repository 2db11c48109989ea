"""A prediction is explained where it is a class or a number, and refused in a sentence where it is neither."""

from dataclasses import replace
from functools import cache

import pytest

from belvedere.errors import SettingError
from belvedere.explaining import answer, cross_over, depend, explain_rows
from belvedere.explaining.whole import build_whole
from belvedere.types import MapContent
from make_explained import make_explained, people


@cache
def learned() -> MapContent:
    return make_explained(*people(), network="mlp", steps=5)


def with_task(task: str) -> MapContent:
    """The same network, said to have learned another task."""
    config = learned().network_config
    assert config is not None
    target = config["learn"]["target"] | {"task": task, "classes": []}
    return replace(learned(), network_config={**config, "learn": {**config["learn"], "target": target}})


@pytest.mark.parametrize("task", ["survival", "forecast", "tokens", "steps"])
def test_predictions_that_are_no_class_and_no_number_are_refused(task: str) -> None:
    content = with_task(task)

    for ask in (lambda: explain_rows(content, [0], what="prediction"), lambda: cross_over(content, 0),
                lambda: depend(content, "age")):  # fmt: skip
        with pytest.raises(SettingError, match=f"task is '{task}'"):
            ask()


def test_places_of_such_maps_are_still_explained() -> None:
    told = answer(with_task("survival"), 0)

    assert told["can"] == ["place"]
    assert len(told["pulls"]) == 7


def test_a_log_risk_is_one_number() -> None:
    """Cox: the network has one output, which is not a class."""
    content = with_task("cox")

    found = explain_rows(content, [0], what="prediction")[0]

    assert "log risk" in found.about
    assert len(found.reached) == 1
    assert build_whole(content).outputs(content.rows.slice(0, 3)).shape == (3, 1)
