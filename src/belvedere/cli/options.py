"""Options that several commands share, described once."""

from pathlib import Path
from typing import Annotated

import typer

Data = Annotated[str, typer.Argument(help="A file, a folder of images or texts, or 'sklearn:digits'.", metavar="DATA")]
MapPath = Annotated[Path, typer.Argument(help="A map folder.", metavar="MAP")]
TargetName = Annotated[str | None, typer.Option("--target", "-t", help="Column to be predicted.")]
TaskName = Annotated[
    str | None,
    typer.Option(
        "--task",
        help="binary, multiclass, regression, multilabel, survival, cox, tokens, steps …; read from the data, but for "
        "forecast and recommend.",
    ),
]
User = Annotated[
    str | None,
    typer.Option("--user", help="With --task recommend: column that says who had the target's item."),
]
Horizon = Annotated[int, typer.Option("--horizon", help="With --task forecast: how many values are foretold.", min=1)]
Event = Annotated[
    str | None,
    typer.Option("--event", help="Survival: column that says whether the event was seen: died, or status=2."),
]
Kinds = Annotated[
    list[str] | None, typer.Option("--kind", "-k", help="Set a column's kind: --kind age=category (again for more).")
]
Ignore = Annotated[list[str] | None, typer.Option("--ignore", "-i", help="Column that the network must not see.")]
Reading = Annotated[
    list[str] | None,
    typer.Option("--read", help="How to read a file: --read encoding=gb18030, delimiter=;, header=false, skip=2, …"),
]
SkipBad = Annotated[
    bool,
    typer.Option(
        "--skip-bad", help="Of several files leave out those that cannot be read; they are named and counted."
    ),
]
Sensitive = Annotated[
    list[str] | None,
    typer.Option("--sensitive", help="Per column drop, hash, generalize or keep: --sensitive email=hash,birth=drop."),
]
Sample = Annotated[int | None, typer.Option("--sample", help="Use that many rows, drawn by the seed.", min=1)]
CheckpointFile = Annotated[
    Path | None, typer.Option("--checkpoint", help="File that keeps the state of training, to go on after a stop.")
]
Resume = Annotated[
    bool, typer.Option("--resume", help="Go on from the last finished stage, or from the checkpoint of training.")
]
Group = Annotated[
    str | None, typer.Option("--group", help="Column whose equal rows are never parted: patient, author, camera.")
]
Time = Annotated[
    str | None, typer.Option("--time", help="Column of times ('row order' for the order of rows): score the latest.")
]
Seed = Annotated[int, typer.Option("--seed", help="Same data, settings and seed: same map.")]
NetworkName = Annotated[
    str,
    typer.Option(
        "--network", "-n", help="A name from 'belvedere networks', hf:FOLDER, 'auto', or 'none' (plain space)."
    ),
]
Finetune = Annotated[bool, typer.Option("--finetune", help="With hf:FOLDER: its encoder learns too.")]
AllowDownload = Annotated[
    bool, typer.Option("--allow-download", help="With hf:NAME: fetch it from Hugging Face where it is no folder here.")
]
Space = Annotated[
    str,
    typer.Option(
        "--space", help="Without a target: plain, learned, or auto for the one that foresees hidden parts better."
    ),
]
TargetWeight = Annotated[
    float | None,
    typer.Option(
        "--target-weight",
        help="Tables: share of the map that the target shapes, above 0 to 1; the columns themselves shape the rest.",
        show_default="0.8",
    ),
]
StartFrom = Annotated[
    str | None, typer.Option("--from", help="A map folder whose network is where learning begins.", metavar="MAP")
]
Freeze = Annotated[
    float, typer.Option("--freeze", help="With --from: share of the training in which its network rests.", min=0, max=1)
]
Epochs = Annotated[int | None, typer.Option("--epochs", help="Passes over the training rows at most.", min=1)]
Effort = Annotated[
    float,
    typer.Option("--effort", help="How many times as long as usual to train: 0.3 for a first look, 5 for the best."),
]
TimeLimit = Annotated[float | None, typer.Option("--time-limit", help="Seconds of training at most.", min=1)]
BatchSize = Annotated[int | None, typer.Option("--batch-size", help="Rows per step.", min=1)]
Rate = Annotated[float | None, typer.Option("--learning-rate", help="Peak learning rate.")]
Dropout = Annotated[float | None, typer.Option("--dropout", help="Share of units dropped in training, 0 to 1.")]
SettingsFile = Annotated[
    Path | None,
    typer.Option("--settings", help="File of settings, such as best.json of a search; options given here win."),
]
Decay = Annotated[float | None, typer.Option("--weight-decay", help="Pull of the weights toward zero.")]
Private = Annotated[
    bool, typer.Option("--private", help="Train the network with differential privacy; docs/security.md says what for.")
]
Epsilon = Annotated[float, typer.Option("--epsilon", help="With --private: the budget; smaller protects more.")]
Delta = Annotated[
    float | None,
    typer.Option("--delta", help="With --private: chance that the budget is passed.", show_default="by rows"),
]
Threads = Annotated[int | None, typer.Option("--threads", help="Processor cores to use.", min=1)]
EngineName = Annotated[
    str, typer.Option("--engine", help="local, or ray (extra 'ray'): several processes, here or on a cluster.")
]
Workers = Annotated[int | None, typer.Option("--workers", help="With --engine ray: how many processes.", min=1)]
Address = Annotated[
    str | None,
    typer.Option("--address", help="With --engine ray: of a running cluster, or auto; else one starts here."),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON on standard output.")]
Host = Annotated[
    str, typer.Option("--host", help="Address to listen on; others can reach anything but a loopback one.")
]
Port = Annotated[int, typer.Option("--port", help="Port to listen on; 0 picks a free one.", min=0, max=65535)]
NoBrowser = Annotated[bool, typer.Option("--no-browser", help="Serve without opening a browser.")]
