"""`belvedere export`: the ways out of a map."""

from pathlib import Path
from typing import Annotated, Any

import typer

from belvedere.cli import options as o
from belvedere.cli import privacy
from belvedere.errors import SettingError


def export(
    map_folder: o.MapPath,
    png: Annotated[Path | None, typer.Option(help="Picture.")] = None,
    svg: Annotated[Path | None, typer.Option(help="Picture with real text.")] = None,
    html: Annotated[Path | None, typer.Option(help="One self-contained page that opens from disk.")] = None,
    folder: Annotated[Path | None, typer.Option(help="Folder for any web server, with all rows.")] = None,
    parquet: Annotated[Path | None, typer.Option(help="All rows with places, regions and predictions.")] = None,
    csv: Annotated[Path | None, typer.Option(help="The same as CSV.")] = None,
    onnx: Annotated[Path | None, typer.Option(help="The network for other programs; checked against torch.")] = None,
    card: Annotated[Path | None, typer.Option(help="Model card (.md): data, scores, baseline, limits.")] = None,
    columns: Annotated[
        str | None, typer.Option(help="Columns that may leave, with commas between; nothing tells of the others.")
    ] = None,
    share: Annotated[
        Path | None, typer.Option(help="Map folder to give away: k-anonymous, personal columns left out.")
    ] = None,
    k: Annotated[int, typer.Option("--k", help="With --share: rows that are equal at least.", min=2)] = 10,
    noise: Annotated[bool, typer.Option("--noise", help="With --share: spread each group of rows at random.")] = False,
    encrypt: Annotated[bool, typer.Option("--encrypt", help="With --share: lock the copy with a passphrase.")] = False,
    density: Annotated[
        Path | None, typer.Option(help="Noisy picture (.png) or counts (.csv) of how many rows lie where.")
    ] = None,
    epsilon: Annotated[float, typer.Option(help="With --density: smaller hides more.")] = 1.0,
    yes: Annotated[bool, typer.Option("--yes", help="Write without asking.")] = False,
    color: Annotated[str | None, typer.Option(help="Column that colors a picture.")] = None,
    theme: Annotated[str, typer.Option(help="light or dark.")] = "light",
) -> None:
    """Write a map as a picture, a page, a folder, a table, a model card, its network, or a copy to give away."""
    from belvedere import api
    from belvedere.cli import terminal

    files = (
        (png, ".png"),
        (svg, ".svg"),
        (html, ".html"),
        (parquet, ".parquet"),
        (csv, ".csv"),
        (onnx, ".onnx"),
        (card, ".md"),
    )
    targets = [with_ending(path, ending) for path, ending in files if path]
    if not targets and not folder and not share and not density:
        raise SettingError(
            "A way out must be named, but none was. Pass --png, --svg, --html, --folder, --share, --density, --parquet, "
            "--csv, --onnx or --card."
        )
    if theme not in ("light", "dark"):
        raise SettingError(f"--theme must be 'light' or 'dark', but is {theme!r}.")
    made: Any = api.open(map_folder)
    if columns:
        made = made.with_columns([name.strip() for name in columns.split(",")])
    if share:
        privacy.write_share(made, share, k=k, noise=noise, yes=yes, encrypt=encrypt)
    if density:
        privacy.write_density(made, density, epsilon=epsilon)
    for target in targets:
        made.export(target, color=color, theme=theme)
        terminal.out().print(f"Wrote [bold]{target}[/] ({target.stat().st_size / 1e6:.1f} MB)")
    if folder:
        made.export_folder(folder)
        size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
        terminal.out().print(f"Wrote [bold]{folder}[/] ({size / 1e6:.1f} MB); put it on any web server, or try it:")
        terminal.out().print(f"python -m http.server --directory {folder}", soft_wrap=True)


def with_ending(path: Path, ending: str) -> Path:
    """A path that ends as its file should."""
    return path if path.suffix.lower() == ending else path.with_name(path.name + ending)
