"""A locked map opens with its passphrase only, shows nothing without it, and is never half."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from typer.testing import CliRunner

import belvedere
from belvedere.cli.main import app
from belvedere.errors import MapFolderError, SettingError
from belvedere.mapfolder import encrypted, is_locked, lock, open_folder, rename_region, save, unlock, verify
from make_fake_map import make_fake_content

pytest.importorskip("cryptography", reason="locking needs the extra 'encrypt'")
WORDS = "correct horse battery"


@pytest.fixture(autouse=True)
def _fast(monkeypatch):
    """Guesses are made cheap here, and pieces small, so that files have many."""
    monkeypatch.setattr(encrypted, "SCRYPT", {"n": 1 << 10, "r": 8, "p": 1})
    monkeypatch.setattr(encrypted, "PIECE_BYTES", 4096)
    monkeypatch.delenv(encrypted.VARIABLE, raising=False)


@pytest.fixture
def path(tmp_path):
    return save(make_fake_content(300), tmp_path / "objects.map")


def files_of(path):
    return {str(f.relative_to(path)): f.read_bytes() for f in path.rglob("*") if f.is_file()}


def test_lock_and_unlock_give_back_the_same_bytes(path) -> None:
    before = files_of(path)

    lock(path, WORDS)
    assert is_locked(path)
    assert set(files_of(path)) == {"manifest.json", "locked.bin"}
    unlock(path, WORDS)

    assert files_of(path) == before
    verify(path)


def test_a_locked_map_opens_with_its_passphrase_and_leaves_nothing_behind(path, tmp_path) -> None:
    before = open_folder(path)
    lock(path, WORDS)
    rooms = set(encrypted.Path("/dev/shm").glob("belvedere-*")) if encrypted.Path("/dev/shm").is_dir() else set()

    made = belvedere.open(path, passphrase=WORDS)

    assert made.content.rows.equals(before.rows)
    assert np.array_equal(made.content.latent, before.latent)
    assert made.path is None  # no edits, no index in the clear beside it
    if encrypted.Path("/dev/shm").is_dir():
        assert set(encrypted.Path("/dev/shm").glob("belvedere-*")) <= rooms
    assert {f.name for f in tmp_path.iterdir()} == {"objects.map"}


def test_nothing_but_the_header_is_in_the_clear(path) -> None:
    words = [b"Delft", b"varnish", b"collection", b"Ceramics", b"ARROW1", b"PAR1", b"rows.arrow", b"safetensors"]
    clear = b"".join(files_of(path).values())
    assert sum(word in clear for word in words) >= 5

    lock(path, WORDS)

    assert not [word for word in words if word in b"".join(files_of(path).values())]
    assert all(f.stat().st_mode & 0o077 == 0 for f in [path, *path.iterdir()])


def test_a_map_is_saved_locked_at_once(tmp_path) -> None:
    content = make_fake_content(50, images=False)

    save(content, tmp_path / "secret.map", passphrase=WORDS)

    assert is_locked(tmp_path / "secret.map")
    assert open_folder(tmp_path / "secret.map", passphrase=WORDS).n_rows == 50


def test_a_wrong_passphrase_is_one_sentence_and_changes_nothing(path) -> None:
    lock(path, WORDS)
    before = files_of(path)

    for act in (unlock, lambda p, w: open_folder(p, passphrase=w)):
        with pytest.raises(MapFolderError, match="passphrase must be the one that locked"):
            act(path, WORDS + "s")
    assert files_of(path) == before


def test_one_flipped_bit_anywhere_is_refused(path) -> None:
    lock(path, WORDS)
    sealed = (path / "locked.bin").read_bytes()
    header = (path / "manifest.json").read_bytes()
    rng = np.random.default_rng(0)

    for at in [0, len(sealed) - 1, *rng.integers(0, len(sealed), 30)]:
        changed = bytearray(sealed)
        changed[at] ^= 1 << int(rng.integers(8))
        (path / "locked.bin").write_bytes(changed)
        with pytest.raises(MapFolderError):
            open_folder(path, passphrase=WORDS)
    (path / "locked.bin").write_bytes(sealed)
    for at in range(0, len(header), 7):
        changed = bytearray(header)
        changed[at] ^= 1
        (path / "manifest.json").write_bytes(changed)
        with pytest.raises(MapFolderError):
            open_folder(path, passphrase=WORDS)


@pytest.mark.parametrize("what", ["cut", "swapped", "doubled", "empty", "longer"])
def test_pieces_cannot_be_cut_off_swapped_or_added(path, what) -> None:
    lock(path, WORDS)
    sealed, size = (path / "locked.bin").read_bytes(), 4096 + 16
    one, two, rest = sealed[:size], sealed[size : 2 * size], sealed[2 * size :]
    whole = len(sealed) // size * size
    changed = {"cut": sealed[:whole], "swapped": two + one + rest, "doubled": one + one + two + rest, "empty": b"",
               "longer": sealed + b"x"}[what]  # fmt: skip

    (path / "locked.bin").write_bytes(changed)

    with pytest.raises(MapFolderError):
        open_folder(path, passphrase=WORDS)


def test_a_header_cannot_ask_for_all_memory(path) -> None:
    lock(path, WORDS)
    header = (path / "manifest.json").read_text()

    (path / "manifest.json").write_text(header.replace('"n": 1024', '"n": 1099511627776'))

    with pytest.raises(MapFolderError, match="changed"):
        open_folder(path, passphrase=WORDS)


def test_the_environment_gives_the_passphrase_else_a_sentence_says_so(path, monkeypatch) -> None:
    lock(path, WORDS)
    with pytest.raises(MapFolderError, match="BELVEDERE_PASSPHRASE"):
        open_folder(path)

    monkeypatch.setenv(encrypted.VARIABLE, WORDS)

    assert open_folder(path).n_rows == 300


def test_each_locking_has_a_salt_of_its_own(path) -> None:
    lock(path, WORDS)
    first = files_of(path)
    unlock(path, WORDS)
    lock(path, WORDS)

    assert files_of(path)["locked.bin"][:64] != first["locked.bin"][:64]
    assert files_of(path)["manifest.json"] != first["manifest.json"]


def test_what_makes_no_sense_is_refused(path) -> None:
    with pytest.raises(SettingError, match="at least 8"):
        lock(path, "short")
    with pytest.raises(MapFolderError, match="must be locked"):
        unlock(path, WORDS)
    lock(path, WORDS)
    with pytest.raises(MapFolderError, match="locked already"):
        lock(path, WORDS)
    with pytest.raises(MapFolderError, match="belvedere unlock"):
        rename_region(path, 0, "other")


def test_a_kill_leaves_a_whole_map(tmp_path) -> None:
    """Locking and unlocking over and over, killed at random times: what lies there opens, locked or not."""
    path = save(make_fake_content(2_000), tmp_path / "objects.map")
    code = (
        "import sys; from belvedere.mapfolder import encrypted, lock, unlock, is_locked\n"
        "encrypted.SCRYPT = {'n': 1024, 'r': 8, 'p': 1}\nprint('ready', flush=True)\n"
        f"while True: (unlock if is_locked({str(path)!r}) else lock)({str(path)!r}, {WORDS!r})"
    )
    rng = np.random.default_rng(0)
    for _ in range(8):
        child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
        assert child.stdout is not None
        child.stdout.readline()
        time.sleep(float(rng.uniform(0.02, 0.4)))
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
        child.stdout.close()
        assert open_folder(path, passphrase=WORDS).n_rows == 2_000


def test_what_a_killed_program_left_in_the_clear_goes_at_the_next_opening(path) -> None:
    lock(path, WORDS)
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    with encrypted._workroom(1) as room:
        left = room.with_name(f"belvedere-{child.pid}-left")
    left.mkdir()
    (left / "rows.arrow").write_bytes(b"in the clear")

    open_folder(path, passphrase=WORDS)

    assert not left.exists()


def test_the_commands_lock_and_unlock(path, monkeypatch) -> None:
    monkeypatch.setenv(encrypted.VARIABLE, WORDS)
    run = CliRunner().invoke

    assert "Locked" in run(app, ["lock", str(path)]).output
    assert run(app, ["info", str(path)]).exit_code == 0
    assert "Unlocked" in run(app, ["unlock", str(path)]).output
    out = path.with_name("copy.map")
    done = run(app, ["export", str(path), "--share", str(out), "--encrypt"])
    assert done.exit_code == 0, done.output
    assert is_locked(out)


def test_a_map_is_made_locked_and_shows_nothing_without_its_passphrase(tmp_path, monkeypatch) -> None:
    data, out = tmp_path / "people.csv", tmp_path / "people.map"
    data.write_text("age,town\n" + "\n".join(f"{20 + i % 50},{'Delft' if i % 3 else 'Lima'}" for i in range(40)))
    order = ["map", str(data), "--out", str(out), "--encrypt", "--no-view", "--quiet"]
    refused = CliRunner().invoke(app, order)
    assert "BELVEDERE_PASSPHRASE" in str(refused.exception)
    assert not out.exists()

    monkeypatch.setenv(encrypted.VARIABLE, WORDS)
    assert CliRunner().invoke(app, order).exit_code == 0

    assert is_locked(out)
    assert belvedere.open(out).content.n_rows == 40
    assert b"Delft" not in b"".join(files_of(out).values())
