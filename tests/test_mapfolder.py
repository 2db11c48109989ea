"""A map folder keeps a map whole, refuses what is not one, and survives being killed."""

import dataclasses
import errno
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from belvedere.errors import MapFolderError, SettingError
from belvedere.mapfolder import add_tag, open_folder, reading, rename_region, save, verify, whole, writing
from belvedere.types import Column, MapContent, Schema
from make_fake_map import make_fake_content

FILES = ("rows.arrow", "places.parquet", "regions.json", "latent.npy", "neighbors.npy", "network/config.json",
         "network/model.safetensors", "media/thumbnails.arrow")  # fmt: skip


@pytest.fixture(scope="module")
def content() -> MapContent:
    return make_fake_content(400)


@pytest.fixture
def folder(content, tmp_path) -> Path:
    return save(content, tmp_path / "objects.map")


def small(n: int) -> MapContent:
    """The least map: n rows, one column, nothing learned."""
    rows = pa.table({"a": pa.array(np.arange(n, dtype=np.float64))})
    return MapContent("least", Schema((Column("a", "number"),)), rows, np.zeros((n, 2), np.float32))


def names_in(folder: Path) -> list[str]:
    """Everything in a folder, hidden files too."""
    return sorted(p.name for p in folder.iterdir())


def test_what_is_saved_comes_back_equal(content, folder):
    back = open_folder(folder)

    assert back.rows.equals(content.rows, check_metadata=True)
    for part in ("places", "region_of", "latent", "neighbors"):
        np.testing.assert_array_equal(getattr(back, part), getattr(content, part))
        assert getattr(back, part).dtype == getattr(content, part).dtype
    assert back.predicted.tolist() == content.predicted.tolist()
    assert back.split.tolist() == content.split.tolist()
    assert {k: v.tolist() for k, v in back.channels.items()} == {k: v.tolist() for k, v in content.channels.items()}
    assert back.thumbnails.to_pylist() == content.thumbnails.to_pylist()
    for part in ("schema", "scores", "findings", "regions", "curves", "evaluation", "provenance", "network_config"):
        assert getattr(back, part) == getattr(content, part)
    assert {k: v.tolist() for k, v in back.network_tensors.items()} == {
        k: v.tolist() for k, v in content.network_tensors.items()
    }
    verify(folder)


@pytest.mark.parametrize("n", [0, 1, 2])
def test_maps_of_hardly_any_rows_come_back(n, tmp_path):
    back = open_folder(save(small(n), tmp_path / "least.map"))

    assert (back.n_rows, back.rows.num_rows, back.predicted, back.neighbors) == (n, n, None, None)


def test_numbers_predicted_stay_numbers(tmp_path):
    content = dataclasses.replace(small(3), predicted=np.array([1.5, np.nan, -2], np.float32))

    back = open_folder(save(content, tmp_path / "numbers.map"))

    np.testing.assert_array_equal(back.predicted, content.predicted)


def test_any_parquet_tool_reads_the_places(content, folder):
    table = pq.read_table(folder / "places.parquet")

    assert table["row"].to_pylist() == list(range(400))
    assert table["x"].to_pylist() == content.places[:, 0].tolist()
    assert {"channel.kept", "region.0", "region.3", "predicted", "split"} <= set(table.column_names)


def test_large_parts_stay_on_disk(folder):
    back = open_folder(folder)

    assert not back.latent.flags.owndata
    assert not back.neighbors.flags.owndata
    assert pa.total_allocated_bytes() < 50_000_000


def test_only_the_owner_may_read(folder):
    modes = {p.stat().st_mode & 0o777 for p in folder.rglob("*") if p.is_file()}
    folders = {p.stat().st_mode & 0o777 for p in [folder, *folder.rglob("*")] if p.is_dir()}

    assert modes == {0o600}
    assert folders == {0o700}


def test_saving_again_replaces_and_leaves_nothing_beside(folder):
    save(small(5), folder)

    assert open_folder(folder).name == "least"
    assert names_in(folder.parent) == ["objects.map"]


def test_rows_file_is_shared_not_copied(content, tmp_path):
    scratch = tmp_path / "scratch.arrow"
    with pa.OSFile(str(scratch), "wb") as sink, pa.ipc.new_file(sink, content.rows.schema) as writer:
        writer.write_table(content.rows)

    folder = save(content, tmp_path / "a.map", rows_file=scratch)

    assert (folder / "rows.arrow").stat().st_ino == scratch.stat().st_ino
    verify(folder)


@pytest.mark.parametrize("what", ["file", "folder", "link"])
def test_what_is_no_map_is_never_written_over(what, folder, tmp_path):
    target = tmp_path / "mine"
    if what == "file":
        target.write_text("precious")
    elif what == "folder":
        target.mkdir()
        (target / "thesis.txt").write_text("precious")
    else:
        target.symlink_to(folder)

    with pytest.raises(MapFolderError, match="but"):
        save(small(2), target)

    assert "precious" in (target.read_text() if what == "file" else "precious")
    assert what != "folder" or (target / "thesis.txt").read_text() == "precious"
    assert open_folder(folder).name == "Museum objects"


def test_parts_of_different_length_are_refused_before_anything_is_written(tmp_path):
    broken = dataclasses.replace(small(3), split=np.array(["train"]))

    with pytest.raises(MapFolderError, match="must have 3 rows, but split has 1"):
        save(broken, tmp_path / "broken.map")

    assert names_in(tmp_path) == []


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_one_sentence(name, folder):
    (folder / name).unlink()

    with pytest.raises(MapFolderError, match=f"{name} is missing"):
        open_folder(folder)


@pytest.mark.parametrize("name", FILES)
def test_a_truncated_file_is_one_sentence(name, folder):
    os.truncate(folder / name, (folder / name).stat().st_size - 3)

    with pytest.raises(MapFolderError, match=f"{name} must have"):
        open_folder(folder)


@pytest.mark.parametrize("name", FILES)
def test_one_flipped_bit_is_found_by_verify(name, folder):
    data = bytearray((folder / name).read_bytes())
    data[len(data) // 2] ^= 1
    (folder / name).write_bytes(data)

    with pytest.raises(MapFolderError):
        verify(folder)


@pytest.mark.parametrize("name", FILES)
def test_garbage_of_the_right_length_never_escapes_as_another_error(name, folder):
    size = (folder / name).stat().st_size
    for seed in range(5):
        (folder / name).write_bytes(np.random.default_rng(seed).bytes(size))
        with pytest.raises(MapFolderError):
            verify(folder)


@pytest.mark.parametrize(("version", "cure"), [(2, "Upgrade"), (0, "Make the map again"), ("x", "Make the map again")])
def test_other_versions_are_named(version, cure, folder):
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(manifest | {"version": version}))

    with pytest.raises(MapFolderError, match=cure):
        open_folder(folder)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"format": "belvedere map", "version": 1}', "[" * 100_000])
def test_a_broken_manifest_is_one_sentence(text, folder):
    (folder / "manifest.json").write_text(text)

    with pytest.raises(MapFolderError):
        open_folder(folder)


def test_a_manifest_cannot_point_outside(folder):
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"]["../../etc/passwd"] = {"bytes": 1, "sha256": ""}
    (folder / "manifest.json").write_text(json.dumps(manifest))

    with pytest.raises(MapFolderError, match="unknown file"):
        open_folder(folder)


def put(folder: Path, name: str, data: bytes) -> None:
    """Write a file of a map, and say its length in the manifest."""
    (folder / name).write_bytes(data)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"][name]["bytes"] = len(data)
    (folder / "manifest.json").write_text(json.dumps(manifest))


def replace_bytes(folder: Path, name: str, old: bytes, new: bytes) -> None:
    """Damage a file of a map in one place."""
    data = (folder / name).read_bytes()
    assert old in data
    put(folder, name, data.replace(old, new, 1))


def test_a_damaged_header_of_an_array_is_one_sentence(folder):
    replace_bytes(folder, "latent.npy", b"), }", b"(, }")

    with pytest.raises(MapFolderError, match=r"must be whole, but in .*: .*statement"):
        open_folder(folder)


@pytest.mark.parametrize("limit", [reading.MOST_READ_BYTES, 0], ids=["small", "large"])
def test_offsets_that_lead_out_of_the_rows_are_refused(limit, tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "MOST_READ_BYTES", limit)
    rows = pa.table({"a": ["Ulm", "Bari", "Pisa"]})
    content = MapContent("tiny", Schema((Column("a", "category"),)), rows, np.zeros((3, 2), np.float32))
    folder = save(content, tmp_path / "tiny.map")
    replace_bytes(
        folder, "rows.arrow", np.array([0, 3, 7, 11], "i4").tobytes(), np.array([0, 3, 2**30, 11], "i4").tobytes()
    )

    with pytest.raises(MapFolderError, match=r"must be whole, but in .*offset"):
        open_folder(folder)


def test_text_that_is_none_is_one_sentence(tmp_path):
    rows = pa.table({"a": ["Ulm", "Bari", "Pisa"]})
    content = MapContent("tiny", Schema((Column("a", "category"),)), rows, np.zeros((3, 2), np.float32))
    folder = save(content, tmp_path / "tiny.map")
    replace_bytes(folder, "rows.arrow", b"Bari", b"B\xffri")

    with pytest.raises(MapFolderError, match=r"must be whole, but in .*Invalid UTF8"):
        open_folder(folder)


def test_a_pickled_array_is_refused(folder):
    sink = io.BytesIO()
    np.save(sink, np.array([[{}]], dtype=object), allow_pickle=True)
    put(folder, "latent.npy", sink.getvalue())

    with pytest.raises(MapFolderError):
        open_folder(folder)


def test_nothing_there_is_one_sentence(tmp_path):
    with pytest.raises(MapFolderError, match="there is nothing"):
        open_folder(tmp_path / "nowhere.map")
    with pytest.raises(MapFolderError, match="holds none"):
        open_folder(tmp_path)


def test_a_full_disk_leaves_the_old_map_and_nothing_beside(folder, monkeypatch):
    def no_room(*args):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(writing, "write_thumbnails", no_room)

    with pytest.raises(MapFolderError, match="full"):
        save(make_fake_content(100), folder)

    assert open_folder(folder).n_rows == 400
    assert names_in(folder.parent) == ["objects.map"]


def test_a_really_full_disk_ends_in_one_sentence(tmp_path):
    """A limit on file size stands for the disk: the kernel refuses the bytes in the middle of a file."""
    code = (
        "import resource, signal, sys; sys.path.insert(0, sys.argv[2])\n"
        "from make_fake_map import make_fake_content\n"
        "from belvedere.mapfolder import save\nfrom belvedere.errors import MapFolderError\n"
        "content = make_fake_content(3000)\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))\n"
        "try: save(content, sys.argv[1])\nexcept MapFolderError as error: print('SAID', error)\n"
    )
    tests = str(Path(__file__).parent)
    out = subprocess.run([sys.executable, "-c", code, tmp_path / "big.map", tests], capture_output=True, text=True)

    assert "SAID The disk must have room" in out.stdout, out.stderr
    assert names_in(tmp_path) == []


SAVER = """
import sys; sys.path.insert(0, sys.argv[2])
from make_fake_map import make_fake_content
from belvedere.mapfolder import save
maps = [make_fake_content(n, images=False, name=str(n)) for n in (300, 500)]
print("ready", flush=True)
while True:
    for content in maps: save(content, sys.argv[1])
"""


def test_killed_at_any_moment_the_old_or_the_new_map_is_whole(tmp_path):
    """A program saves two maps in turn and is frozen twelve times and killed three times; one of the two is always whole."""
    path, rng = tmp_path / "killed.map", np.random.default_rng(7)
    save(make_fake_content(300, images=False, name="300"), path)
    seen = set()
    for _ in range(3):
        saver = subprocess.Popen(
            [sys.executable, "-c", SAVER, path, Path(__file__).parent], stdout=subprocess.PIPE, text=True
        )
        assert saver.stdout.readline() == "ready\n"
        for _ in range(4):
            time.sleep(float(rng.uniform(0.001, 0.08)))
            saver.send_signal(signal.SIGSTOP)
            verify_copy(path, tmp_path / "copy.map")
            saver.send_signal(signal.SIGCONT)
        time.sleep(float(rng.uniform(0.001, 0.08)))
        saver.kill()
        saver.wait()
        saver.stdout.close()
        verify(path)
        seen.add(open_folder(path).n_rows)
    assert seen <= {300, 500}
    save(small(2), path)
    assert names_in(tmp_path) == ["killed.map"]


def verify_copy(path: Path, copy: Path) -> None:
    """What lies at the path at this very moment (as after a kill), checked in a place of its own."""
    shutil.copytree(path, copy)
    verify(copy)
    shutil.rmtree(copy)


def test_without_exchange_a_kill_between_two_renames_is_put_right(folder, monkeypatch):
    """Where a system cannot exchange names, the old map steps aside; killed there, opening brings it back."""
    monkeypatch.setattr(whole, "_exchange", lambda one, other: False)
    real, calls = Path.rename, []

    def killed_at_second(self, target):
        calls.append(target)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(self, target)

    monkeypatch.setattr(Path, "rename", killed_at_second)
    with pytest.raises(KeyboardInterrupt):
        save(small(2), folder)
    monkeypatch.setattr(Path, "rename", real)

    assert not folder.exists()
    assert open_folder(folder).n_rows == 400
    verify(folder)


def test_without_exchange_saving_works_too(folder, monkeypatch):
    monkeypatch.setattr(whole, "_exchange", lambda one, other: False)

    save(small(2), folder)

    assert open_folder(folder).n_rows == 2
    assert names_in(folder.parent) == ["objects.map"]


def test_a_region_keeps_its_new_name(folder):
    before = (folder / "rows.arrow").stat().st_ino

    assert rename_region(folder, 3, "  blue \n glaze ") == "blue glaze"

    assert open_folder(folder).regions[3].name == "blue glaze"
    assert (folder / "rows.arrow").stat().st_ino == before
    verify(folder)


def test_tags_come_back_as_columns_and_may_be_given_anew(folder):
    add_tag(folder, "odd", [1, 5])
    add_tag(folder, "fine", np.array([0]))
    add_tag(folder, "odd", [7])

    back = open_folder(folder)

    assert back.schema["odd"] == Column("odd", "boolean", "left out", "a tag that a person gave")
    assert np.flatnonzero(back.rows["odd"].to_numpy()).tolist() == [7]
    assert np.flatnonzero(back.rows["fine"].to_numpy()).tolist() == [0]
    verify(folder)


@pytest.mark.parametrize("name", ["", " \t", "x" * 201, "price"])
def test_bad_tag_names_are_refused(name, folder):
    with pytest.raises(SettingError):
        add_tag(folder, name, [1])


def test_tags_and_names_of_nothing_are_refused(folder):
    with pytest.raises(SettingError, match="from 0 to"):
        rename_region(folder, 10_000, "x")
    with pytest.raises(SettingError, match="between 0 and 399"):
        add_tag(folder, "far", [400])
    with pytest.raises(MapFolderError):
        rename_region(folder.parent / "none.map", 0, "x")


def test_a_reader_keeps_its_map_while_another_saves(folder):
    back = open_folder(folder)
    expected = back.latent[10].tolist()

    save(small(2), folder)

    assert back.latent[10].tolist() == expected
    assert back.rows["price"][3].as_py() == make_fake_content(400).rows["price"][3].as_py()
