"""Promises about a cluster that somebody started: it is joined, also where it asks for a token."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from belvedere.engines.ray import show_token

SETTINGS = ("RAY_AUTH_MODE", "RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH")
JOIN = "from belvedere.engines.ray import connected\nwith connected({!r}, 1) as ray: print(len(ray.nodes()), 'node')"


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


@contextlib.contextmanager
def head() -> Iterator[str]:
    """A head started as a person starts it; gives its address."""
    from ray.util import get_node_ip_address

    with socket.socket() as free:
        free.bind(("", 0))
        port = free.getsockname()[1]
    words = ["start", "--head", "--port", str(port), "--num-cpus", "2", "--include-dashboard", "false", "--block"]
    started = subprocess.Popen(
        [Path(sys.executable).with_name("ray"), *words], stdout=subprocess.DEVNULL, start_new_session=True
    )
    try:
        yield f"{get_node_ip_address()}:{port}"
    finally:
        os.killpg(started.pid, signal.SIGKILL)
        started.wait()


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("mode", [None, "disabled"], ids=["asks for a token", "asks for none"])
def test_a_cluster_is_joined_by_somebody_who_has_a_token(
    mode: str | None, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("ray", reason="the extra 'ray' is not installed")
    keep_token(home)
    with pytest.MonkeyPatch.context() as other:
        if mode:
            other.setenv("RAY_AUTH_MODE", mode)
        with head() as address:
            other.undo()
            for _ in range(10):  # it takes a while to start
                done = subprocess.run([sys.executable, "-c", JOIN.format(address)], capture_output=True, text=True)
                if done.returncode == 0:
                    break

    assert done.stdout == "1 node\n", done.stderr[-500:]
