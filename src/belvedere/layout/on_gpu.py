"""The same layout in torch, for a graphics card: exact neighbors by matrix products, and the steps of the descent.

Formulas, schedule and grid are those of `belvedere.layout.descend` and `belvedere.layout.field`; every function takes the
device, so that tests compare it with the compiled loops on the processor. A card sums in any order: maps drawn on one
agree with those of the processor as far as float32 allows at each step, and are not the same bit for bit from run to run.
"""

import numpy as np
import torch

from belvedere.layout.affinities import Affinities
from belvedere.layout.descend import LONGEST, LOOK, REACH, Phase, Schedule, share_to_keep
from belvedere.layout.field import frame_between, kernel_waves
from belvedere.layout.kernels import MOST_GAIN
from belvedere.layout.neighbors import EXTRA, Graph, rerank_in
from belvedere.layout.overview import Overview, group_forces
from belvedere.types import Floats

BLOCK_BYTES = 1_000_000_000  # of distances held at once on the card


def graphics_card() -> torch.device | None:
    """The device to draw on, or None where there is no graphics card that torch can use."""
    return torch.device("cuda") if torch.cuda.is_available() else None


def find_neighbors_on(device: torch.device, rows: Floats, k: int) -> Graph:
    """Find the exact k nearest neighbors of every row, float32 (rows, dims), by comparing all with all."""
    k, n = min(k, len(rows) - 1), len(rows)
    middle = rows.mean(axis=0)
    there = torch.from_numpy(np.ascontiguousarray(rows - middle)).to(device)
    half = there.square().sum(dim=1) / 2
    near, far = np.empty((n, k), np.int32), np.empty((n, k), np.float32)
    block = max(1, BLOCK_BYTES // (4 * n))
    for at in range(0, n, block):
        part = slice(at, min(at + block, n))
        scores = torch.addmm(half[None], there[part], there.T, alpha=-1)
        found = scores.topk(min(k + 1 + EXTRA, n), dim=1, largest=False).indices.to(torch.int32).cpu().numpy()
        near[part], far[part] = rerank_in(rows[part], rows, found, k, own=np.arange(part.start, part.stop))
    return Graph(near, far, how="exact, on the graphics card")


class TorchDescent:
    """The state of a descent on a device; it does what `belvedere.layout.descend.Descent` does."""

    device: torch.device = torch.device("cuda")

    def __init__(
        self, start: Floats, affinities: Affinities, schedule: Schedule, overview: Overview | None = None
    ) -> None:
        to = self._to
        self.schedule, self.n_steps = schedule, 0
        self.overview = overview if schedule.global_weight > 0 else None
        self.places = to(start)
        self.starts, self.others, self.weights = to(affinities.starts), to(affinities.others), to(affinities.weights)
        self.rows = torch.repeat_interleave(torch.arange(len(start), device=self.device), self.starts.diff())
        group_of = np.zeros(len(start), np.int64) if overview is None else overview.group_of.astype(np.int64)
        self.group_of, self.groups = to(group_of), to(np.zeros((int(group_of.max()) + 1, 4), np.float32))
        self.per_reach, self.waves = 0.0, (0, 0.0)

    def _to(self, values: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(np.array(values)).to(self.device)

    def begin(self, phase: Phase) -> None:
        """Begin a phase from standing."""
        if phase.steps:
            self.speed, self.gain = torch.zeros_like(self.places), torch.ones_like(self.places)

    def step(self, phase: Phase) -> None:
        """Do one step."""
        n = len(self.places)
        if self.n_steps % LOOK == 0 and (share := share_to_keep(float(self.places.std(correction=0)), n)) < 1:
            self.places, self.speed = self.places * share, self.speed * share
        if self.n_steps % LOOK == 0 and self.overview is not None:
            self.groups = self._to(group_forces(self.overview, self.places.cpu().numpy()))
            self.per_reach = REACH**-2 / max(float(self.places.var(correction=0)), 1e-30)
        push, total = self._repulsion(phase.cell)
        mine = self.groups[self.group_of]
        strayed = (self.places - mine[:, 2:]).square().sum(dim=1, keepdim=True)
        weight = 2 * self.schedule.global_weight * phase.overview / n
        force = 4 * phase.attraction * self._attraction() - 4 / max(total, 1e-12) * push
        force += weight / (1 + strayed * self.per_reach) * mine[:, :2]
        turned = (force > 0) != (self.speed > 0)
        self.gain = torch.where(turned, self.gain + 0.2, self.gain * 0.8).clamp(0.01, float(MOST_GAIN))
        pace = self.schedule.rate * n / phase.attraction
        self.speed = phase.momentum * self.speed - pace * self.gain * force
        self.speed.clamp_(-LONGEST, LONGEST)
        self.places = self.places + self.speed
        self.n_steps += 1

    def _attraction(self) -> torch.Tensor:
        """Attraction by graph neighbors, `sum_j p_ij q_ij (y_i - y_j)`: (rows, 2)."""
        gap = self.places[self.rows] - self.places[self.others]
        q = self.weights / (1 + gap.square().sum(dim=1))
        return torch.segment_reduce(q[:, None] * gap, "sum", offsets=self.starts, axis=0)

    def _repulsion(self, cell: float) -> tuple[torch.Tensor, float]:
        """`sum_j q_ij^2 (y_i - y_j)` of every row, (rows, 2), and the sum of all q_ij, on the grid."""
        low, high = float(self.places.min()), float(self.places.max())
        frame = frame_between(low, high, len(self.places), cell)
        if self.waves != (frame.size, frame.cell):
            self.force, self.mass = map(self._to, kernel_waves(frame.size, frame.cell))
            self.waves = (frame.size, frame.cell)
        nodes, weights = _nodes_near(self.places, frame.low, frame.cell, frame.size)
        charges = torch.zeros(frame.size**2, device=self.device)
        charges.index_add_(0, nodes.reshape(-1), weights.reshape(-1))
        waves = torch.fft.fft2(charges.view(frame.size, frame.size))
        middle = frame.size // 2
        power = waves[:, : middle + 1].abs().square() * self.mass
        power[:, 1:middle] *= 2  # stands for its mirror image too
        total = float(power.sum(dtype=torch.float64)) / frame.size**2 - len(self.places)
        field = torch.view_as_real(torch.fft.ifft2(waves * self.force)).view(-1, 2)
        return (weights[:, :, None] * field[nodes]).sum(dim=1), total

    def is_at_rest(self) -> bool:
        """Say, every ten steps, whether rows move less than `still` of the map's radius on average."""
        if self.n_steps % LOOK:
            return False
        moved = float(self.speed.square().sum(dim=1).sqrt().mean())
        return moved < self.schedule.still * max(float(self.places.std(correction=0)), 1e-30)

    def result(self) -> Floats:
        """Places, round the origin."""
        return np.asarray((self.places - self.places.mean(dim=0)).cpu().numpy(), np.float32)


def _nodes_near(places: torch.Tensor, low: float, cell: float, size: int) -> tuple[torch.Tensor, torch.Tensor]:
    """The 3 x 3 nodes round every row as places in a flat grid, and their weights in the spline: (rows, 9) each."""
    at = (places - low) / cell
    node = (at + 0.5).floor()
    f = at - node
    along = torch.stack([(0.5 - f) ** 2 / 2, 0.75 - f**2, (0.5 + f) ** 2 / 2], dim=2)  # (rows, 2, 3)
    steps = node.long()[:, :, None] + torch.arange(-1, 2, device=places.device)
    nodes = steps[:, 0, :, None] * size + steps[:, 1, None, :]
    return nodes.flatten(1), (along[:, 0, :, None] * along[:, 1, None, :]).flatten(1)
