"""A second map is laid over the first and served beside it; sequences leave the server whole, and as sound."""

import io
import warnings
import wave
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from belvedere.errors import SettingError
from belvedere.explaining import lay_beside
from belvedere.serve.app import open_app
from belvedere.serve.beside import Beside
from belvedere.serve.sequences import to_wav
from belvedere.serve.served import Served
from belvedere.types import Column, MapContent, Region, Schema

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

N = 60


def make_map(places, names, *, role="id", neighbors=None) -> MapContent:
    table = pa.table({"name": pa.array(names), "value": pa.array(np.arange(len(names), dtype=np.float32))})
    schema = Schema((Column("name", "category", role), Column("value", "number")))
    regions = (Region(0, -1, 0, *(float(v) for v in places.mean(axis=0)), len(names), "all"),)
    return MapContent(
        name="toy", rows=table, schema=schema, places=places.astype(np.float32), regions=regions, neighbors=neighbors
    )


def rings(seed=0):
    rng = np.random.default_rng(seed)
    angle = rng.uniform(0, 2 * np.pi, N)
    return np.column_stack([np.cos(angle) * 3, np.sin(angle)]) + rng.normal(0, 0.1, (N, 2))


def turned(places, degrees=70):
    turn = np.deg2rad(degrees)
    return places @ np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) * 4 + 100


NAMES = [f"row {i}" for i in range(N)]


def test_the_second_map_is_turned_and_scaled_onto_the_first_with_its_labels():
    first, second = make_map(rings(), NAMES), make_map(turned(rings()), NAMES)

    laid = lay_beside(first, second)

    assert laid.key == "name"
    assert np.allclose(laid.places, first.places, atol=1e-3)
    assert (laid.regions[0].x, laid.regions[0].y) == pytest.approx((first.regions[0].x, first.regions[0].y), abs=1e-3)


def test_rows_are_matched_by_the_id_and_rows_of_one_map_only_are_left_out():
    first = make_map(rings(), NAMES)
    order = np.random.default_rng(1).permutation(N)[:40]
    second = make_map(turned(rings())[order], [NAMES[i] for i in order])

    laid = lay_beside(first, second)

    assert laid.rows.tolist() == sorted(order.tolist())
    assert np.allclose(laid.places, first.places[laid.rows], atol=1e-3)


def test_without_an_id_the_order_counts_and_unequal_maps_are_one_sentence():
    first, second = make_map(rings(), NAMES, role="input"), make_map(turned(rings()), NAMES, role="input")
    assert lay_beside(first, second).key is None

    with pytest.raises(SettingError, match="equally many rows"):
        lay_beside(first, make_map(rings()[:9], NAMES[:9], role="input"))
    with pytest.raises(SettingError, match="share none"):
        lay_beside(first, make_map(rings(), [f"other {i}" for i in range(N)]), key="name")


def test_the_routes_say_where_matched_rows_lie_and_who_moved():
    first = make_map(rings(), NAMES)
    places = turned(rings())
    places[7] = places[30]  # one row moves to the other end
    client = client_of(first, make_map(places[:-5], NAMES[:-5]))

    info = client.get("/api/beside").json()
    rows = np.frombuffer(client.get("/api/beside/rows").content, dtype="<u4")
    sent = np.frombuffer(client.get("/api/beside/places").content, dtype="<u2").reshape(-1, 2)
    movers = client.get("/api/beside/movers").json()

    assert (info["name"], info["nMatched"], info["nRows"], info["inOrder"]) == ("toy", N - 5, N - 5, False)
    assert rows.tolist() == list(range(N - 5))
    x0, y0, x1, y1 = info["extent"]
    assert np.allclose(sent[0] / 65_535 * [x1 - x0, y1 - y0] + [x0, y0], first.places[0], atol=0.05)
    assert 7 in movers["rows"][:3]
    assert client.get("/api/map").json()["can"]["beside"] is True


def client_of(first, second=None):
    other = None if second is None else Beside(lay_beside(first, second))
    return TestClient(open_app(Served(first, beside=other)), base_url="http://localhost")


def test_a_map_alone_says_how_to_open_two():
    for route in ("beside", "beside/rows", "beside/places", "beside/movers"):
        answer = client_of(make_map(rings(), NAMES)).get(f"/api/{route}")
        assert (answer.status_code, "--beside" in answer.json()["detail"]) == (404, True)


def with_waves(values, rate, kind=None) -> MapContent:
    field = pa.field("wave", kind or pa.list_(pa.float32()), metadata={"belvedere.rate": str(rate)} if rate else None)
    table = pa.Table.from_arrays([pa.array(values, field.type)], schema=pa.schema([field]))
    schema = Schema((Column("wave", "sequence"),))
    return MapContent(name="waves", rows=table, schema=schema, places=np.zeros((len(values), 2), np.float32))


def test_a_waveform_is_heard_at_its_rate():
    tone = np.sin(np.arange(800) / 5).astype(np.float32) / 2
    client = client_of(with_waves([tone.tolist(), None], 8000))

    rate, heard = hear(client.get("/api/audio/0").content)

    assert (rate, len(heard)) == (8000, 800)
    assert np.allclose(heard / 32_767, tone, atol=1e-4)
    assert client.get("/api/audio/1").status_code == 404
    assert client.get("/api/audio/2").status_code == 400
    assert client.get("/api/map").json()["can"]["sound"] is True


def hear(body):
    with wave.open(io.BytesIO(body)) as sound:
        assert sound.getnchannels() == 1
        return sound.getframerate(), np.frombuffer(sound.readframes(sound.getnframes()), dtype="<i2")


def test_whole_numbers_keep_their_loudness_and_loud_ones_are_not_cut():
    assert hear(to_wav(np.float32([[100], [-20_000]]), 4000))[1].tolist() == [100, -20_000]
    assert hear(to_wav(np.float32([[2.5], [-5]]), 4000))[1].tolist() == [16_384, -32_767]


def test_a_sequence_is_sent_whole_with_all_channels_and_no_sound_where_it_is_none(monkeypatch):
    steps = np.arange(12, dtype=np.float32).reshape(6, 2)
    content = with_waves([steps.tolist()], 0, pa.list_(pa.list_(pa.float32(), 2)))
    client = client_of(content)

    body = client.get("/api/sequence/0").content
    assert np.frombuffer(body[:12], "<u4").tolist() == [6, 2, 1]
    assert np.frombuffer(body[12:], "<f4").reshape(-1, 2).tolist() == steps.tolist()
    assert client.get("/api/audio/0").status_code == 404

    monkeypatch.setattr("belvedere.serve.audio.MAX_VALUES", 6)
    body = client_of(replace(content, name="thin")).get("/api/sequence/0").content
    assert (np.frombuffer(body[:12], "<u4").tolist(), len(body)) == ([6, 2, 2], 12 + 3 * 2 * 4)
