"""Small maps with a network that really learned, made in a second: for tests of explanations."""

import numpy as np
import pyarrow as pa
import torch

from belvedere import kinds, networks
from belvedere.layout.place_network import distill
from belvedere.networks import Shape
from belvedere.training import objective_for
from belvedere.types import Column, MapContent, Schema

torch.set_num_threads(1)  # small work: threads would only wait for each other


def teach(network, batch, labels, *, task, steps):
    """Fit a network to all rows at once."""
    optimizer = torch.optim.Adam(network.parameters(), lr=0.01)
    loss_of = objective_for(task).loss
    network.train()
    for _ in range(steps):
        outputs = network(batch)
        loss = loss_of(outputs, labels)
        optimizer.zero_grad()
        (loss if loss.dim() == 0 else loss.mean()).backward()
        optimizer.step()
    return network.eval()


def make_explained(table, schema, *, network="auto", task=None, steps=60, shape=None, seed=0):
    """A map of a table: learned network, places from the two main directions of its latent space."""
    torch.manual_seed(seed)
    inputs = kinds.fit_inputs(table, schema)
    target = kinds.fit_target(table.column(schema.target.name), schema.target.name, task=task)
    labels = torch.from_numpy(kinds.encode_target(table.column(schema.target.name), target))
    batch = {name: torch.from_numpy(np.array(value)) for name, value in kinds.make_arrays(table, inputs).items()}
    made = networks.build_network(inputs, target, network=network, settings=shape or Shape(16, width=16, n_members=2))
    teach(made, batch, labels, task=target.task, steps=steps)
    with torch.no_grad():
        latent = made.latent(batch).numpy()
    centered = latent - latent.mean(axis=0)
    axes = np.linalg.svd(centered, full_matrices=False)[2][:2]
    places = np.ascontiguousarray(centered @ axes.T * (20 / (centered @ axes.T).std()), dtype=np.float32)
    placed = distill(latent, places, seed=seed)
    learn = {**made.config(), "network": network, "target": _plain(target), "temperature": 1.0}
    place = {"metric": "euclidean", "attraction": 1.0, "n_neighbors": 15, "n_columns": latent.shape[1]}
    tensors = {f"learn.{k}": v for k, v in networks.tensors_of(made).items()}
    tensors |= {f"place.{k}": v for k, v in placed.tensors.items()}
    return MapContent(
        "invented", schema, table, places, latent=latent.astype(np.float16),
        network_config={"learn": learn, "place": place}, network_tensors=tensors,
    )  # fmt: skip


def _plain(target):
    return {
        "name": target.name,
        "task": target.task,
        "classes": list(target.classes),
        "mean": target.mean,
        "std": target.std,
    }


def people(n=240, seed=0):
    """Income hangs on age and job; the other columns are noise."""
    rng = np.random.default_rng(seed)
    job = rng.choice(["nurse", "pilot", "clerk"], n, p=[0.5, 0.3, 0.2])
    age, height = rng.uniform(20, 70, n), rng.normal(170, 10, n)
    rich = (age + 20 * (job == "pilot") + rng.normal(0, 3, n)) > 50
    numbers = {f"noise {i}": rng.normal(size=n) for i in range(4)}
    age_given = pa.array([None if rng.random() < 0.03 else float(a) for a in age])
    table = pa.table({"age": age_given, "job": job, "height": height, **numbers, "rich": np.where(rich, "yes", "no")})
    columns = [Column("age", "number"), Column("job", "category"), Column("height", "number")]
    columns += [Column(name, "number") for name in numbers]
    return table, Schema((*columns, Column("rich", "category", "target")))


def digits(n=400):
    """Small handwritten digits that come with scikit-learn."""
    from sklearn.datasets import load_digits

    found = load_digits()
    pixels = (found.images[:n] * 15.9).astype(np.uint8)
    column = pa.FixedSizeListArray.from_arrays(pa.array(pixels.reshape(-1)), 64)
    field = pa.field("picture", column.type, metadata={"belvedere.kind": "image", "belvedere.shape": "8,8,1"})
    columns = [column, pa.array([str(digit) for digit in found.target[:n]])]
    table = pa.table(columns, schema=pa.schema([field, pa.field("digit", pa.string())]))
    return table, Schema((Column("picture", "image"), Column("digit", "category", "target")))


def reviews(n=200, seed=0):
    """Texts that are good or bad by single words."""
    rng = np.random.default_rng(seed)
    filler = "the a film plot actor scene music story end start".split()
    good = rng.random(n) < 0.5
    texts = []
    for is_good in good:
        words = list(rng.choice(filler, 7))
        words[int(rng.integers(7))] = "splendid" if is_good else "dreadful"
        texts.append(" ".join(words))
    table = pa.table({"text": texts, "mood": np.where(good, "good", "bad")})
    return table, Schema((Column("text", "text"), Column("mood", "category", "target")))


def waves(n=60, seed=0):
    """Sequences of different length with a bump early or late."""
    rng = np.random.default_rng(seed)
    late = rng.random(n) < 0.5
    rows = []
    for is_late in late:
        wave = rng.normal(0, 0.2, int(rng.integers(30, 41)))
        wave[20 : 25 if is_late else 20] += 3
        wave[5 : 10 if not is_late else 5] += 3
        rows.append(wave.astype(np.float32).tolist())
    table = pa.table({"wave": pa.array(rows, pa.list_(pa.float32())), "when": np.where(late, "late", "early")})
    return table, Schema((Column("wave", "sequence"), Column("when", "category", "target")))
