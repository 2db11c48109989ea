"""Promises about Ray: the same bytes as the local engine, in order, also where a process is killed in the middle."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

import belvedere as bv
from belvedere.cli.main import app
from belvedere.engines import map_batches
from belvedere.engines import ray as on_ray
from belvedere.errors import SettingError
from belvedere.learn import LearnSettings
from belvedere.placing import Engine

ray = pytest.importorskip("ray", reason="the extra 'ray' is not installed")
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture(scope="module", autouse=True)
def started() -> Iterator[None]:
    """One small Ray for all tests here; starting takes seconds."""
    ray.init("local", num_cpus=3, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    yield
    ray.shutdown()


def slow_double() -> Callable[[pa.Table], pa.Table]:
    """Makes a function that takes a while and says in which process it ran."""

    def double(table: pa.Table) -> pa.Table:
        time.sleep(0.2)
        return pa.table({"y": pa.array(table["x"].to_numpy() * 2), "by": [os.getpid()] * table.num_rows})

    return double


def refuse() -> Callable[[pa.Table], pa.Table]:
    """Makes a function that refuses every table."""

    def fail(table: pa.Table) -> Any:
        raise SettingError("x must be y, but is not. Change it.")

    return fail


def batches(n: int) -> list[pa.Table]:
    return [pa.table({"x": np.arange(5) + 10 * i}) for i in range(n)]


def test_a_killed_process_is_started_again_and_nobody_can_tell_from_the_result() -> None:
    killed: list[int] = []

    def kill_one(number: int) -> None:
        os.kill(number, signal.SIGKILL)
        killed.append(number)

    found = []
    for given, made in map_batches(batches(24), slow_double, engine="ray", workers=2):
        if not killed:
            kill_one(made["by"][0].as_py())
        found.append((given["x"].to_pylist(), made["y"].to_pylist(), made["by"][0].as_py()))

    assert [y for _, y, _ in found] == [[2 * x for x in batch["x"].to_pylist()] for batch in batches(24)]
    assert [x for x, _, _ in found] == [batch["x"].to_pylist() for batch in batches(24)]
    assert found[-1][2] != killed[0]
    assert len({by for _, _, by in found}) > 2


def test_places_on_ray_are_those_of_the_local_engine_bit_for_bit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    random = np.random.default_rng(0)
    island = np.arange(150_000) % 3
    columns = {f"c{i}": random.standard_normal(150_000) + 5 * (island == i) for i in range(5)}
    table = pa.table(columns | {"kind": np.array(["a", "b", "c"])[island]})
    pq.write_table(table, tmp_path / "new.parquet", row_group_size=40_000)
    made = bv.map(table.slice(0, 900), target="kind", learning=LearnSettings(epochs=2))

    made.place_into(tmp_path / "new.parquet", tmp_path / "here.parquet")
    lives: list[list[int]] = []
    monkeypatch.setattr(on_ray, "start_pool", killing(on_ray.start_pool, lives))
    made.place_into(tmp_path / "new.parquet", tmp_path / "there.parquet", engine=Engine("ray", workers=2))

    assert (tmp_path / "here.parquet").read_bytes() == (tmp_path / "there.parquet").read_bytes()
    assert [len(numbers) for numbers in lives] == [2, 1], "one process of two was started twice"


def killing(start: Callable[..., list[Any]], lives: list[list[int]]) -> Callable[..., list[Any]]:
    """Starts a pool in which the second process dies just after it was given its first batch."""

    class Doomed:
        def __init__(self, actor: Any) -> None:
            self.actor, self.run, self._actor_id = actor, self, actor._actor_id

        def remote(self, batch: pa.Table) -> Any:
            handle = self.actor.run.remote(batch)
            if len(lives) == 1:
                os.kill(lives[0][1], signal.SIGKILL)
                lives.append([ray.get(self.actor.number.remote())])
                assert lives[1][0] not in lives[0]
            return handle

    def started(*how: Any) -> list[Any]:
        pool = start(*how)
        lives.append(ray.get([actor.number.remote() for actor in pool]))
        return [pool[0], Doomed(pool[1])]

    return started


def test_the_command_places_on_ray(tmp_path: Path) -> None:
    table = pa.table({f"c{i}": np.random.default_rng(i).standard_normal(200) for i in range(4)})
    pq.write_table(table, tmp_path / "new.parquet")
    made = bv.map(table, learning=LearnSettings(network="none")).save(tmp_path / "old.map")

    words = ["place", str(made.path), str(tmp_path / "new.parquet"), "--engine", "ray", "--workers", "1"]
    told = CliRunner().invoke(app, [*words, "--out", str(tmp_path / "out.parquet")])

    assert told.exit_code == 0, told.output
    assert "Placed 200 rows" in told.output
    assert pq.read_table(tmp_path / "out.parquet").equals(made.place(table).table)


def test_an_error_of_the_function_comes_back_as_it_is() -> None:
    with pytest.raises(SettingError, match=r"^x must be y"):
        list(map_batches(batches(3), refuse, engine="ray", workers=1))


def test_ray_too_holds_few_batches_at_a_time() -> None:
    read: list[int] = []

    def source() -> Iterator[pa.Table]:
        for table in batches(30):
            read.append(1)
            yield table

    ahead = [len(read) - used for used, _ in enumerate(map_batches(source(), slow_double, engine="ray", workers=2), 1)]

    assert max(ahead) <= 2 * on_ray.AHEAD + 2


def test_processes_never_take_the_last_processor() -> None:
    assert on_ray.count_workers(ray, None) == 2
    with pytest.raises(SettingError, match="1 to 2"):
        on_ray.count_workers(ray, 3)
