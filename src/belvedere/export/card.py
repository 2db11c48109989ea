"""The model card of a map: what was learned from what, how well, beside what, and what it must not be trusted with."""

from pathlib import Path
from typing import Any

from belvedere.types import MapContent, Score

LEVELS = ("serious", "warning")


def write_card(content: MapContent, path: Path) -> Path:
    """Write a model card in Markdown.

    Parameters
    ----------
    content : MapContent
    path : Path
        A file ending in .md.
    """
    path.write_text(make_card(content), encoding="utf-8")
    return path


def make_card(content: MapContent) -> str:
    """The card as Markdown: model, data, scores with baselines, limits."""
    learned = (content.network_config or {}).get("learn", {})
    parts = [f"# {_clean(content.name)}", _model(content, learned), _data(content), _scores(content), _limits(content)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _model(content: MapContent, learned: dict[str, Any]) -> str:
    said, target = content.provenance, content.schema.target
    lines = [
        ("Network", str(learned.get("network", "none"))),
        (
            "Predicts",
            f"{target.name} ({(learned.get('target') or {}).get('task', target.kind)})" if target else "nothing",
        ),
        ("Space", str(said.get("space", ""))),
        ("Made", f"{said.get('made', '')} with Belvedere {said.get('belvedere', '')}, torch {said.get('torch', '')}"),
        ("Seed", str(said.get("seed", ""))),
        ("Epochs", str(len((content.curves.get("loss") or {}).get("train", []))) if content.curves else ""),
    ]
    return "## Model\n\n" + "\n".join(f"- {name}: {_clean(value)}" for name, value in lines if value.strip())


def _data(content: MapContent) -> str:
    split = content.split
    parts = {} if split is None else {p: int((split == p).sum()) for p in dict.fromkeys(split.tolist())}
    counts = ", ".join(f"{n:,} {part}" for part, n in parts.items())
    rows = [f"| {_clean(c.name)} | {c.kind} | {c.role} | {_clean(c.why)} |" for c in content.schema]
    return "\n".join(
        [
            "## Data", "",
            f"- {content.n_rows:,} rows{f' ({counts})' if counts else ''}, {len(content.schema.columns):,} columns",
            f"- SHA-256 of the data as read: `{content.provenance.get('fingerprint') or 'not known'}`", "",
            "| column | kind | role | why |", "|---|---|---|---|", *rows,
        ]
    )  # fmt: skip


def _scores(content: MapContent) -> str:
    if not content.scores:
        return "## Scores\n\nNothing was scored."
    heads = ["| score | value | 95 % | baseline | measured on |", "|---|---|---|---|---|"]
    lost = [s.name for s in content.scores if s.group == "learning" and _is_lost(s)]
    verdict = f"\n\nThe baseline is better in: {', '.join(lost)}. Consider using it." if lost else ""
    return "## Scores\n\n" + "\n".join([*heads, *(_score(score) for score in content.scores)]) + verdict


def _score(score: Score) -> str:
    interval = "" if score.low is None or score.high is None else f"{score.low:.4f} to {score.high:.4f}"
    baseline = "" if score.baseline is None else f"{score.baseline:.4f} ({score.baseline_name})"
    return f"| {score.name} | {score.value:.4f} | {interval} | {baseline} | {_clean(score.about)} |"


def _is_lost(score: Score) -> bool:
    if score.baseline is None or score.baseline == score.value:
        return False
    return (score.baseline > score.value) == score.higher_is_better


def _limits(content: MapContent) -> str:
    """What was found in the data, what was decided, and what no score shows."""
    found = [f"- {_clean(f.sentence)} {_clean(f.cure)}".rstrip() for f in content.findings if f.level in LEVELS]
    notes = [f"- {_clean(note)}" for note in content.provenance.get("notes", [])]
    always = [
        "- Scores speak of rows like the held-out ones. Rows from elsewhere, or from later, may be predicted worse; "
        "`map_outlying` says how far a new row lies from what was learned.",
        "- Nothing here shows causes: what predicts the target need not bring it about.",
    ]
    return "\n".join(["## Limits", "", *always, *found, *(["", "## Decisions", "", *notes] if notes else [])])


def _clean(text: str) -> str:
    """A text that breaks no line, table or tag."""
    return " ".join(str(text).split()).replace("|", "\\|").replace("<", "&lt;")
