"""`Map`: a `MapContent` with verbs. Everything heavy is imported when a verb is called."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Literal, cast

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from belvedere.errors import MapFolderError, SettingError
from belvedere.growing import Growing
from belvedere.types import Finding, Floats, MapContent, Region, Schema, Score, Source

if TYPE_CHECKING:
    from belvedere.draw import Placer
    from belvedere.explain.compare import Comparison
    from belvedere.explain.values import Explanation, What
    from belvedere.explaining import Expected
    from belvedere.serve import Served, Watching
    from belvedere.sharing import Membership, Shared
    from belvedere.widget import MapWidget

Mode = Literal["fast", "exact"]

_making = Lock()  # held while a map's placer is made


@dataclass(frozen=True)
class Placed:
    """New rows on an existing map.

    Attributes
    ----------
    table : pyarrow.Table
        The new rows as given, then `map_x`, `map_y` (float32, map units), `map_predicted` if there is a target, and one
        column per channel (`map_outlying`, …).
    places : float32 (rows, 2)
    channels : dict of float32 (rows,)
        'outlying' (0…1: share of fitted rows that are less unusual), 'far_off' (1: too unusual for its place to be
        trusted), 'kept' (share of true neighbors kept: measured where placed exactly, else predicted).
    account : tuple of str
        One sentence for each thing that reading the new rows decided, dropped or padded.
    """

    table: pa.Table
    places: Floats
    channels: dict[str, Floats]
    account: tuple[str, ...] = ()

    @property
    def far_off(self) -> NDArray[np.bool_]:
        """Rows more unusual than 96 of 100 fitted rows, whose places must not be trusted: bool (rows,)."""
        return np.asarray(self.channels.get("far_off", np.zeros(len(self.places))) > 0)

    @property
    def n_far_off(self) -> int:
        """How many rows are."""
        return int(self.far_off.sum())


@dataclass(frozen=True)
class Map(Growing):
    """A table, a place for every row, and the network that puts it there.

    Made by `belvedere.map` and `belvedere.open`; values are in `content`, the most used ones are short-cut here;
    `path` is the folder that it was opened from or saved to.
    """

    content: MapContent
    path: Path | None = None

    @property
    def name(self) -> str:
        """Title."""
        return self.content.name

    @property
    def places(self) -> Floats:
        """Places, float32 (rows, 2), in map units."""
        return self.content.places

    @property
    def scores(self) -> tuple[Score, ...]:
        """What was measured, with baselines beside it."""
        return self.content.scores

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What the checks found in the data."""
        return self.content.findings

    @property
    def regions(self) -> tuple[Region, ...]:
        """The hierarchy of named regions."""
        return self.content.regions

    @property
    def schema(self) -> Schema:
        """Columns with kinds and roles."""
        return self.content.schema

    @property
    def network(self) -> dict[str, Any] | None:
        """How the network is built (JSON-able), or None."""
        return self.content.network_config

    def __len__(self) -> int:
        return self.content.n_rows

    def __repr__(self) -> str:
        return f"Map({self.name!r}, {len(self):,} rows, {len(self.regions)} regions)"

    def score(self, name: str) -> Score:
        """One score by its name; the first where several spaces were judged."""
        found = [score for score in self.scores if score.name == name]
        if not found:
            known = ", ".join(sorted({score.name for score in self.scores})) or "none"
            raise SettingError(f"The name must be that of a score of this map, but is {name!r}. Known: {known}.")
        return found[0]

    def save(self, path: str | Path, *, replace_existing: bool = True, passphrase: str | None = None) -> "Map":
        """Write the map folder (see FORMAT.md), locked where there is a passphrase; return the map with its path.

        Raises
        ------
        MapFolderError
            If the path exists and is not a map folder, or exists and may not be replaced.
        """
        from belvedere.mapfolder import save

        if Path(path).exists() and not replace_existing:
            raise MapFolderError(f"The path must be free, but {str(path)!r} exists. Choose another or pass --replace.")
        save(self.content, Path(path), passphrase=passphrase)
        return replace(self, path=None if passphrase else Path(path))

    def place(self, data: Any, *, mode: Mode = "fast") -> Placed:
        """Put new rows onto this map.

        Parameters
        ----------
        data :
            Anything that `belvedere.map` accepts, with at least the columns that the network reads.
        mode : {'fast', 'exact'}
            'fast': the network with its memory of fitted rows. 'exact': the true neighbors among all fitted rows. Both
            give the same answer whatever else is in the batch; what they need is built at the first call and kept.
        """
        from belvedere.learn import embed_rows, predict_rows

        source = self._matching(data)
        table = source.table
        learned, _ = self._halves()
        places, channels = self._the_placer().place(embed_rows(*learned, table), mode=mode)
        predicted = predict_rows(*learned, table) if self.schema.target is not None else None
        return Placed(_with_places(table, places, channels, predicted), places, channels, source.account)

    def _the_placer(self) -> "Placer":
        """What places rows on this map, made once; threads that ask at the same time get the same one."""
        with _making:
            return self._placer

    def __getstate__(self) -> dict[str, Any]:
        return {"content": self.content, "path": self.path}  # a placer holds a lock, and is quickly made again

    @cached_property
    def _placer(self) -> "Placer":
        from belvedere.draw import Placer

        _, placing = self._halves()
        assert self.content.latent is not None
        return Placer(*placing, np.asarray(self.content.latent, dtype=np.float32), self.places)

    def _matching(self, data: Any) -> Source:
        """Open new data and insist on the columns that the network reads."""
        from belvedere.placing import insist_on_columns
        from belvedere.sources import open_source

        # Columns that stood by themselves must not be folded into a vector, or they would be missing.
        source = open_source(data, options={"keep": self.schema.names})
        insist_on_columns(source.table.column_names, self.schema)
        return source

    def _halves(self) -> tuple[tuple[dict[str, Any], dict[str, NDArray[Any]]], ...]:
        """Config and tensors of the learning half and of the placing half of the network."""
        config, tensors = self.content.network_config, self.content.network_tensors
        if config is None or tensors is None or self.content.latent is None:
            raise SettingError(
                "A map must hold a network to place new rows, but this one has none. Map the data again."
            )
        return tuple(
            (config[half], {k.removeprefix(f"{half}."): v for k, v in tensors.items() if k.startswith(f"{half}.")})
            for half in ("learn", "place")
        )

    def explain(
        self, rows: Sequence[int] | NDArray[Any] | pa.Table, what: "What" = "place", *, exact: bool = False
    ) -> "tuple[Explanation, ...]":
        """Say why rows lie where they lie (`what="place"`) or why they were predicted so (`"prediction"`).

        Parameters
        ----------
        rows : row numbers, or a table of new rows
        what : 'place' or 'prediction'
        exact : bool
            Make the pulls add up to 1e-4 of the map's width instead of 1 %; slower.
        """
        from belvedere.explaining import explain_rows

        return explain_rows(self.content, rows, what=what, exact=exact)

    def compare(
        self, a: Sequence[int] | NDArray[Any], b: Sequence[int] | NDArray[Any] | None = None, *,
        ignore: Sequence[str] = (),
    ) -> "Comparison":  # fmt: skip
        """Say what sets rows `a` apart from rows `b` (all others, if left out), with a test and a short rule.

        Parameters
        ----------
        a, b : row numbers, or bool (rows,)
        ignore : sequence of str
            Columns not to look at, such as those that the groups were made by.
        """
        from belvedere.explaining import compare

        return compare(self.content, a, b, ignore=ignore)

    def expect(self, x: float, y: float) -> "Expected":
        """What row this map expects at a place; learns a decoder at the first call, which takes seconds."""
        from belvedere.explaining import expect

        return expect(self.content, x, y)

    def view(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        open_browser: bool = True,
        beside: "Map | None" = None,
        key: str | None = None,
    ) -> "MapWidget | None":
        """Show the explorer: in a notebook's cell where a kernel runs this, else in the browser until interrupted.

        Parameters
        ----------
        host : str
            Address to listen on. Anything but a loopback address lets others in who have the link.
        port : int
            0 picks a free one.
        beside : Map, optional
            A second map of the same rows, shown side by side (in the browser).
        key : str, optional
            Column by which the rows of both are matched; see `explaining.lay_beside`.

        Returns
        -------
        MapWidget or None
            In a notebook the cell, which shows itself where it is the cell's last value; see `widget`.
        """
        if in_notebook() and beside is None:
            return self.widget()
        from belvedere import mapfolder
        from belvedere.serve import serve_map

        second = None
        if beside is not None:
            from belvedere.explaining import lay_beside

            second = lay_beside(self.content, beside.content, key=key)
        serve_map(
            self.content,
            host=host,
            port=port,
            open_browser=open_browser,
            path=self.path,
            edits=mapfolder,
            place=self._place_table if self.network else None,
            explain=self._explain_row if self.network else None,
            beside=second,
        )
        return None

    def widget(self, *, height: int = 640) -> "MapWidget":
        """Make the explorer as a cell of a notebook (Jupyter, Marimo), without a server; needs `belvedere[notebook]`.

        Parameters
        ----------
        height : int
            Height of the cell in pixels.

        Returns
        -------
        MapWidget
            `selected` holds the selected rows; set it to select rows in the explorer.
        """
        from belvedere.widget import MapWidget

        return MapWidget(self._served(), height=height)

    def show_in(self, watching: "Watching") -> None:
        """Turn the page that watched this map being made (`belvedere.serve.start_watching`) into its explorer."""
        watching.show(self._served())

    def _served(self) -> "Served":
        """The map as the explorer's answers need it."""
        from belvedere import mapfolder
        from belvedere.serve import Served

        place, explain = (self._place_table, self._explain_row) if self.network else (None, None)
        return Served(self.content, place=place, explain=explain, path=self.path, edits=mapfolder)

    def _place_table(self, table: pa.Table) -> tuple[Floats, dict[str, Floats]]:
        """Place rows for the explorer; torch is loaded when it is first asked."""
        placed = self.place(table)
        return placed.places, placed.channels

    def _explain_row(self, row: int, what: str) -> dict[str, Any]:
        """Explain a row for the explorer."""
        from belvedere.explaining import answer

        return answer(self.content, row, cast("Any", what))

    def export(self, path: str | Path, *, color: str | None = None, theme: Literal["light", "dark"] = "light") -> Path:
        """Write the map by the suffix.

        A picture (.png, .svg), a page (.html), a table (.parquet, .csv), a model card (.md), or its network for other
        programs (.onnx; needs the extra `onnx`).
        """
        from belvedere.export import write_card, write_html, write_picture, write_table

        target = Path(path)
        suffix = target.suffix.lower()
        if suffix in (".png", ".svg"):
            write_picture(self.content, target, color=color, theme=theme)
        elif suffix in (".parquet", ".csv"):
            write_table(self.content, target)
        elif suffix == ".html":
            write_html(self.content, target)
        elif suffix == ".md":
            write_card(self.content, target)
        elif suffix == ".onnx":
            from belvedere.learn.onnx import export_onnx

            export_onnx(*self._halves()[0], self.content.rows, target)
        else:
            raise SettingError(
                f"The file must end in .png, .svg, .html, .parquet, .csv, .md or .onnx, but is {target.name!r}. "
                "Change its ending."
            )
        return target

    def with_columns(self, names: Sequence[str]) -> "Map":
        """Keep only these columns, for a page or table that leaves the house: nothing tells of the others.

        Regions are named again by the kept columns; without the target, predictions and scores of learning go too. The
        places stay those that the network learned from all columns.
        """
        from belvedere.explain import name_regions
        from belvedere.page import take_columns

        slim = replace(take_columns(self.content, names), network_config=None, network_tensors=None, latent=None)
        if slim.region_of is not None and len(slim.schema.columns) < len(self.schema.columns):
            named = name_regions(slim.regions, slim.region_of, slim.rows, slim.schema)
            slim = replace(slim, regions=named)
        return Map(slim)

    def share(
        self, *, k: int = 10, noise: bool = False, drop: Sequence[str] = (), mark: Sequence[str] = ()
    ) -> "Shared":
        """Make a k-anonymous copy to give away, and measure what its places still tell; `.save(path)` writes it.

        See `belvedere.sharing.share` for the options.
        """
        from belvedere.sharing import share

        return share(self.content, k=k, noise=noise, drop=drop, mark=mark)

    def membership(self) -> "Membership":
        """Measure whether the network's errors tell the rows that it learned from those held out."""
        from belvedere.sharing import measure_membership

        return measure_membership(self.content)

    def export_folder(self, path: str | Path) -> Path:
        """Write the map as a folder for any web server: index.html and its files, with all rows; nothing runs there."""
        from belvedere.export import write_folder

        return write_folder(self.content, path)


def in_notebook() -> bool:
    """Whether a notebook runs this: a Jupyter kernel, or Marimo."""
    ipython, marimo = sys.modules.get("IPython"), sys.modules.get("marimo")
    is_kernel = ipython is not None and hasattr(ipython.get_ipython(), "kernel")
    return is_kernel or (marimo is not None and bool(marimo.running_in_notebook()))


def _with_places(
    table: pa.Table, places: Floats, channels: dict[str, Floats], predicted: tuple[Any, Any] | None
) -> pa.Table:
    """The rows as given with their places beside them."""
    extra: dict[str, Any] = {"x": places[:, 0], "y": places[:, 1]}
    if predicted is not None:
        extra["predicted"] = predicted[0]
        if predicted[1] is not None:
            extra["confidence"] = predicted[1]
    for name, values in (extra | channels).items():
        free = f"map_{name}"
        while free in table.column_names:
            free = f"_{free}"
        table = table.append_column(free, pa.array(values > 0 if name == "far_off" else values))
    return table
