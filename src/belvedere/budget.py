"""Memory: how much a map may take, how much it will take about, and what to do where that does not fit.

What grows with the rows is counted byte by byte; what does not (libraries, the rows that a network learns from, one batch)
is a round figure. Estimates are told before the work begins and are no promise.
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from belvedere.errors import SettingError
from belvedere.types import Schema, Source

UNITS = {"": 1, "B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
UNITS |= {"KIB": 2**10, "MIB": 2**20, "GIB": 2**30, "TIB": 2**40}
SHARE_OF_FREE = 0.6
LEAST = 500_000_000  # less than this holds the libraries and nothing else
PROGRAM = 700_000_000  # torch, numba, faiss, one batch, and the rows that a network learns from
FEWEST_ON_DISK = 50_000_000  # latent vectors, or neighbors, below this many bytes are always held in memory
# bytes per row of what every map holds: 15 neighbors with distances; places, channels, regions and words, and what judging
# and writing them takes at the peak, as measured at ten million rows
GRAPH, MAP = 15 * (4 + 4), 190
LINKS = 15 * (4 + 4)  # links to a row's own neighbors, the least a layout can do with
MOST_PLAIN_DIMS, NARROWED_DIMS = 1024, 50  # as in `belvedere.training.plain`
LATENT_SHARE = 0.25  # of the budget: latent vectors above it are kept on disk
GRAPH_SHARE = 0.25  # likewise neighbors and links
LAYOUT_MEMORY = 6_000_000_000  # as much as `DrawSettings` takes where nobody says otherwise


def parse_size(said: str | int) -> int:
    """Read a size in bytes.

    Raises
    ------
    SettingError
        If it is none, or less than 500 MB.

    Examples
    --------
    >>> parse_size("4GB"), parse_size("1.5 GiB"), parse_size(2_000_000_000)
    (4000000000, 1610612736, 2000000000)
    """
    found = re.fullmatch(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([A-Za-z]*)\s*", str(said))
    unit = UNITS.get(found[2].upper()) if found else None
    if found is None or unit is None:
        raise SettingError(f"memory must be a size such as 4GB or 800MB, but is {said!r}. Write a number and a unit.")
    size = int(float(found[1]) * unit)
    if size < LEAST:
        raise SettingError(f"memory must be at least {in_words(LEAST)}, but is {said}. Give more, or map fewer rows.")
    return size


def in_words(n_bytes: float) -> str:
    """Write a size.

    Examples
    --------
    >>> in_words(4_200_000_000), in_words(800_000_000), in_words(12_345)
    ('4.2 GB', '800 MB', '0 MB')
    """
    return f"{n_bytes / 1e9:.1f} GB" if n_bytes >= 1e9 else f"{n_bytes / 1e6:.0f} MB"


def free_memory(*, proc: Path = Path("/proc/meminfo"), group: Path = Path("/sys/fs/cgroup")) -> int:
    """Bytes that are free now: what Linux calls available, within the limit of a container; else half of all memory."""
    try:
        lines = dict(line.split(":", 1) for line in proc.read_text().splitlines() if ":" in line)
        free = int(lines["MemAvailable"].split()[0]) * 1024
    except (OSError, KeyError, ValueError):
        free = _half_of_all()
    try:
        limit, used = (int((group / name).read_text()) for name in ("memory.max", "memory.current"))
    except (OSError, ValueError):  # no container, or one without a limit ("max")
        return free
    return max(0, min(free, limit - used))


def _half_of_all() -> int:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
    except (ValueError, OSError, AttributeError):
        return LAYOUT_MEMORY


@dataclass(frozen=True)
class Budget:
    """How much memory a map may take (bytes), and how much its parts will, about.

    Attributes
    ----------
    limit : int
        The bound.
    is_asked : bool
        Whether a person set it; else it is 60 % of what is free.
    n_rows : int
    table : int
        Bytes of the rows as given that lie in memory; 0 where they are mapped from a file.
    latent_row : int
        Bytes of one row's latent vector, float32.
    """

    limit: int
    is_asked: bool
    n_rows: int
    table: int
    latent_row: int

    @property
    def latent_on_disk(self) -> bool:
        """Whether latent vectors are too many for memory: they are then kept as float16 in a mapped file."""
        latent = self.n_rows * self.latent_row
        return latent > max(FEWEST_ON_DISK, LATENT_SHARE * self.limit)

    @property
    def graph_on_disk(self) -> bool:
        """Whether neighbors and links are too many for memory: they then lie in mapped files, at a part of the speed."""
        graph = self.n_rows * (GRAPH + LINKS)
        return graph > max(FEWEST_ON_DISK, GRAPH_SHARE * self.limit)

    @property
    def per_row(self) -> int:
        """Bytes of memory that one more row takes."""
        own = self.table // max(1, self.n_rows)
        latent = 0 if self.latent_on_disk else self.latent_row + self.latent_row // 2
        return own + latent + self._graph_row + MAP

    @property
    def _graph_row(self) -> int:
        return 0 if self.graph_on_disk else GRAPH + LINKS

    @property
    def total(self) -> int:
        """Bytes that the map will take at least, about."""
        return PROGRAM + self.per_row * self.n_rows

    @property
    def disk(self) -> int:
        """Bytes on disk while the map is made: latent vectors as float16 and float32, neighbors, links in two orders."""
        latent = self.latent_row + self.latent_row // 2 if self.latent_on_disk else 0
        return self.n_rows * (latent + (GRAPH + 2 * LINKS if self.graph_on_disk else 0))

    @property
    def for_layout(self) -> int:
        """Bytes that the layout may take beside the rows: the rest; unasked never more than `DrawSettings` takes."""
        held = PROGRAM + (self.per_row - self._graph_row) * self.n_rows
        rest = max(self._graph_row * self.n_rows, self.limit - held)
        return rest if self.is_asked else min(rest, LAYOUT_MEMORY)

    def describe(self) -> tuple[str, ...]:
        """What a person is told before the work begins."""
        whose = "as asked" if self.is_asked else "60 % of what is free"
        words = f"Memory: about {in_words(self.total)} of {in_words(self.limit)} ({whose})."
        what = [self.latent_on_disk * "latent vectors", self.graph_on_disk * "neighbors"]
        if self.disk:
            words += (
                f" On disk meanwhile: {' and '.join(filter(None, what))} ({in_words(self.disk)}), removed at the end."
            )
        return (words,) if self.total <= self.limit else (words, self._cure())

    def _cure(self) -> str:
        fits = int((self.limit - PROGRAM) / self.per_row * 0.9)
        step = 10 ** max(0, len(str(fits)) - 2)  # two figures are precise enough
        smaller = f"map a sample (--sample {fits // step * step}) or " if fits >= 1000 else ""
        return (
            f"The map should fit into memory, but it may not: {smaller}give more (--memory "
            f"{in_words(self.total * 1.1).replace(' ', '')}). Going on; what does not fit will be slow or fail."
        )


def plan_memory(source: Source, schema: Schema, *, memory: str | int | None, latent_dims: int | None) -> Budget:
    """Set the bound and count what rows will take.

    Parameters
    ----------
    memory : str or int, optional
        The bound; 60 % of what is free where it is not given.
    latent_dims : int or None
        Of the network; None where no network learns and the plain space is mapped.
    """
    import pyarrow as pa

    limit = parse_size(memory) if memory is not None else int(SHARE_OF_FREE * free_memory())
    dims = plain_dims(source, schema) if latent_dims is None else latent_dims
    held = min(source.table.nbytes, pa.total_allocated_bytes())
    return Budget(limit, memory is not None, source.n_rows, held, 4 * dims)


def plain_dims(source: Source, schema: Schema) -> int:
    """Dimensions of the plain space, about: one per number, ten per category, the length of a vector or image."""
    dims = 0
    for column in schema.inputs:
        kind = source.table.schema.field(column.name).type
        dims += getattr(kind, "list_size", 0) or {"category": 10, "text": NARROWED_DIMS}.get(column.kind, 1)
    is_wide = dims > MOST_PLAIN_DIMS or source.n_rows * dims * 4 > 1_500_000_000
    return NARROWED_DIMS if is_wide else max(1, dims)
