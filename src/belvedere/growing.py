"""Verbs of a map for very many rows: placed into a file, or appended to the map, batch by batch."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self, cast

from numpy.typing import NDArray

from belvedere.errors import MapFolderError
from belvedere.progress import Progress, Silent
from belvedere.types import MapContent

if TYPE_CHECKING:
    from belvedere.appending import Fit
    from belvedere.placing import Engine, PlacedFile, PlaceRows

Mode = Literal["fast", "exact"]


class Growing:
    """What `Map` inherits; it has a content, a path where it is saved, and both halves of its network."""

    content: MapContent
    path: Path | None

    def _halves(self) -> tuple[tuple[dict[str, Any], dict[str, NDArray[Any]]], ...]:
        raise NotImplementedError

    def place_into(
        self,
        data: Any,
        out: str | Path,
        *,
        mode: Mode = "fast",
        engine: "Engine | None" = None,
        progress: Progress | None = None,
    ) -> "PlacedFile":
        """Put rows onto this map and into a file, batch by batch: no more than a few are in memory.

        Parameters
        ----------
        data :
            As in `place`; Parquet files (a path or pattern) are streamed, other data opened whole first.
        out : path
            Table to write: .parquet, .arrow, or .csv (which is held whole). The columns of `place(...).table`.
        mode : {'fast', 'exact'}
        engine : belvedere.placing.Engine, optional
            `Engine("ray", workers=4)` works in four processes, `Engine("ray", address="auto")` on a cluster; the bytes are
            the same.
        progress : Progress, optional
        """
        from belvedere import placing
        from belvedere.sources.batches import open_batches

        batches = open_batches(data, keep=self.content.schema.names)
        placing.insist_on_columns(batches.schema.names, self.content.schema)
        how = engine or placing.Engine()
        return placing.place_into(batches, self._place_rows(mode), Path(out), engine=how, progress=progress or Silent())

    def append(
        self,
        new: Any,
        *,
        out: str | Path | None = None,
        mode: Mode = "fast",
        engine: "Engine | None" = None,
        progress: Progress | None = None,
    ) -> "tuple[Self, Fit]":
        """Add rows to this saved map where its network places them; the rows laid out stay as they are.

        Parameters
        ----------
        new :
            As in `place_into`. Columns that the map lacks are left out, those that new rows lack are empty.
        out : path, optional
            Map folder to write; this map's own, which is swapped in one step, if not given.
        mode, engine, progress :
            As in `place_into`.

        Returns
        -------
        Map
            With the new rows at the end: regions by their nearest laid-out rows, no tags, a channel 'appended'.
        Fit
            How many are far off, how regions and columns drifted, and advice where the map should be learned anew.

        Raises
        ------
        MapFolderError
            If this map is not saved, or is locked.
        """
        from belvedere import appending, placing
        from belvedere.mapfolder import open_folder
        from belvedere.sources.batches import open_batches

        if self.path is None:
            raise MapFolderError("A map must be saved and open to be appended to, but this one is not. Save it first.")
        content, target = self.content, Path(out) if out is not None else self.path
        n_near = appending.N_NEAR if content.neighbors is None else max(appending.N_VOTES, content.neighbors.shape[1])
        make = self._place_rows(mode, n_near)
        fit = appending.append(
            content, self.path, target, open_batches(new, keep=self.content.schema.names), make,
            engine=engine or placing.Engine(), progress=progress or Silent(),
        )  # fmt: skip
        return cast("Any", type(self))(open_folder(target), target), fit

    def _place_rows(self, mode: Mode, n_near: int = 0) -> "PlaceRows":
        """What a worker needs to place rows on this map."""
        from belvedere.placing import PlaceRows

        learned, placing = self._halves()
        assert self.content.latent is not None
        return PlaceRows(learned, placing, self.content.latent, self.content.places, mode, n_near)
