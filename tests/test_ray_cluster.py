"""Promises about a cluster that asks for a token: it is shown where a person has one, unless they decided otherwise."""

import os
import uuid
from pathlib import Path

import pytest

from belvedere.engines.ray import show_token

SETTINGS = ("RAY_AUTH_MODE", "RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A person's home with nothing in it, and no settings of Ray."""
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in SETTINGS:
        monkeypatch.setenv(name, "")  # so that what a test sets is gone afterwards
        monkeypatch.delenv(name)
    return tmp_path


def keep_token(home: Path) -> None:
    """As Ray keeps it."""
    (home / ".ray").mkdir()
    (home / ".ray" / "auth_token").write_text(uuid.uuid4().hex)


def test_a_token_is_shown_where_there_is_one(home: Path) -> None:
    show_token()
    assert "RAY_AUTH_MODE" not in os.environ

    keep_token(home)
    show_token()

    assert os.environ["RAY_AUTH_MODE"] == "token"


def test_whoever_decided_on_the_mode_is_not_overruled(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keep_token(home)
    monkeypatch.setenv("RAY_AUTH_MODE", "disabled")

    show_token()

    assert os.environ["RAY_AUTH_MODE"] == "disabled"
