"""One label per word: the loss, spans that follow the B-, I-, O grammar, and how many of them were found.

Labels are codes (rows, words), -1 where there is no word. Predictions are (rows, 2, words): code and chance of each label,
NaN beyond the end of a row.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from belvedere.training.intervals import wilson_interval
from belvedere.training.multilabel import f1_interval, f1_of
from belvedere.types import Score, Target

Array = NDArray[Any]
Span = tuple[int, int, str]  # first word, word after the last, type


def token_loss(outputs: Tensor, labels: Tensor) -> Tensor:
    """Cross-entropy of all words together: outputs (rows, 1, words, classes), labels (rows, as many words or more)."""
    found = outputs[:, 0]
    known = labels[:, : found.shape[1]]
    if not (known >= 0).any():
        return found.sum() * 0
    return functional.cross_entropy(found.flatten(0, 1), known.flatten(), ignore_index=-1)


def missed_labels(outputs: Tensor, labels: Tensor) -> Tensor:
    """1 - F1 of all labels but the first ('O' where there is one), word by word.

    This decides which epoch was best: the cross-entropy of rare labels soon grows by mere certainty, while more and more
    of them are found.
    """
    said = outputs[:, 0].argmax(dim=2)
    known = labels[:, : said.shape[1]]
    hits = ((said == known) & (known > 0)).sum()
    return 1 - 2 * hits / ((known > 0).sum() + ((said > 0) & (known >= 0)).sum()).clamp(min=1)


def best_labels(outputs: Array, target: Target) -> Array:
    """The likeliest labels that follow the grammar of spans: (rows, words * classes) -> (rows, 2, words)."""
    n_classes = len(target.classes)
    logits = outputs.reshape(len(outputs), -1, n_classes).astype(np.float64)
    top = logits.max(axis=2, keepdims=True)
    logs = logits - top - np.log(np.exp(logits - top).sum(axis=2, keepdims=True))
    codes = follow_grammar(np.nan_to_num(logs, nan=0.0), grammar(target.classes))
    chances = np.exp(np.take_along_axis(logs, codes[:, :, None], axis=2))[:, :, 0]
    gone = np.isnan(logits[:, :, 0])
    return np.stack([np.where(gone, np.nan, codes), np.where(gone, np.nan, chances)], axis=1).astype(np.float32)


def grammar(classes: tuple[str, ...]) -> tuple[Array, Array]:
    """Which label may begin a row, and which may follow which: 0 or a large penalty. (classes,), (classes, classes).

    'I-x' must follow 'B-x' or 'I-x' where there is a 'B-x'.

    Examples
    --------
    >>> start, follow = grammar(("O", "B-x", "I-x"))
    >>> (start < 0).tolist(), (follow < 0).tolist()
    ([False, False, True], [[False, False, True], [False, False, False], [False, False, False]])
    """
    start, follow = np.zeros(len(classes)), np.zeros((len(classes), len(classes)))
    for now, name in enumerate(classes):
        if name.startswith("I-") and f"B-{name[2:]}" in classes:
            start[now] = -1e6
            allowed = [before in (f"B-{name[2:]}", name) for before in classes]
            follow[:, now] = np.where(allowed, 0.0, -1e6)
    return start, follow


def follow_grammar(logs: Array, rules: tuple[Array, Array]) -> Array:
    """Likeliest path of labels (Viterbi 1967): (rows, words, classes) -> int (rows, words)."""
    start, follow = rules
    n_rows, n_steps, n_classes = logs.shape
    if not follow.any() and not start.any():
        return np.asarray(logs.argmax(axis=2))
    score, back = logs[:, 0] + start, np.zeros((n_rows, n_steps, n_classes), dtype=np.int16)
    for step in range(1, n_steps):
        ways = score[:, :, None] + follow[None]  # (rows, before, now)
        back[:, step] = ways.argmax(axis=1)
        score = ways.max(axis=1) + logs[:, step]
    codes = np.zeros((n_rows, n_steps), dtype=np.int64)
    codes[:, -1] = score.argmax(axis=1)
    for step in range(n_steps - 1, 0, -1):
        codes[:, step - 1] = back[np.arange(n_rows), step, codes[:, step]]
    return codes


def spans_of(tags: list[str]) -> set[Span]:
    """Spans of a row: 'B-x' begins one and 'I-x' goes on; other labels than 'O' are spans of one word.

    Examples
    --------
    >>> sorted(spans_of(["B-city", "I-city", "O", "ARG1", "B-city"]))
    [(0, 2, 'city'), (3, 4, 'ARG1'), (4, 5, 'city')]
    """
    found: set[Span] = set()
    start, kind = 0, ""
    for at, tag in enumerate([*tags, "O"]):
        goes_on = tag.startswith("I-") and kind == tag[2:]
        if kind and not goes_on:
            found.add((start, at, kind))
            kind = ""
        if tag.startswith(("B-", "I-")) and not goes_on:
            start, kind = at, tag[2:]
        elif tag != "O" and not tag.startswith(("B-", "I-")):
            found.add((at, at + 1, tag))
    return found


def tags_of(codes: Array, target: Target) -> list[list[str]]:
    """Labels in words; a row ends at its last code of 0 or more: (rows, words) -> lists."""
    names = np.array([*target.classes, "O"], dtype=object)
    lengths = [int(np.flatnonzero(row >= 0)[-1]) + 1 if (row >= 0).any() else 0 for row in codes]
    return [list(names[row[:n]]) for row, n in zip(codes, lengths, strict=True)]


def name_tags(predictions: Array, target: Target) -> tuple[Array, Array]:
    """Labels of each row parted by blanks, and the mean chance of them."""
    codes = np.nan_to_num(predictions[:, 0], nan=-1).astype(np.int64)
    said = np.array([" ".join(tags) for tags in tags_of(codes, target)], dtype=object)
    known = np.isfinite(predictions[:, 1])
    return said, (np.where(known, predictions[:, 1], 0).sum(1) / np.maximum(known.sum(1), 1)).astype(np.float32)


def wrong_share(truth: Array, predictions: Array, target: Target) -> Array:
    """Share of a row's words with a wrong label; words beyond what the network reads are wrong."""
    known = truth >= 0
    said = _codes_like(truth, predictions)
    return np.asarray(((said != truth) & known).sum(1) / np.maximum(known.sum(1), 1), dtype=np.float32)


def _codes_like(truth: Array, predictions: Array) -> Array:
    """Predicted codes cut or filled (-2) to the words of the truth."""
    said = np.full(truth.shape, -2, dtype=np.int64)
    n = min(truth.shape[1], predictions.shape[2])
    said[:, :n] = np.nan_to_num(predictions[:, 0, :n], nan=-2).astype(np.int64)
    return said


def evaluate_tokens(
    truth: Array, predictions: Array, target: Target, *, about: str
) -> tuple[tuple[Score, ...], dict[str, Any]]:
    """F1, precision and recall of whole spans of the right type, with intervals over rows; and share of right words."""
    said = np.where(truth >= 0, _codes_like(truth, predictions), -1)
    outside = target.classes.index("O") if "O" in target.classes else 0
    said = np.where(said == -2, outside, said)
    pairs = [(spans_of(a), spans_of(b)) for a, b in zip(tags_of(truth, target), tags_of(said, target), strict=True)]
    counts = np.array([[len(a & b), len(b), len(a)] for a, b in pairs])
    hit, claimed, true = (int(n) for n in counts.sum(axis=0))
    low, high = f1_interval(counts)
    known = truth >= 0
    right, n_words = int(((said == truth) & known).sum()), int(known.sum())
    bottom, top = wilson_interval(right, max(1, n_words))
    scores = (
        Score("span F1", f1_of(counts.sum(axis=0)), about, low=low, high=high),
        Score(
            "span precision", hit / max(1, claimed), about, low=_share(hit, claimed)[0], high=_share(hit, claimed)[1]
        ),
        Score("span recall", hit / max(1, true), about, low=_share(hit, true)[0], high=_share(hit, true)[1]),
        Score("word accuracy", right / max(1, n_words), about, low=bottom, high=top),
    )
    return scores, token_details(truth, said, pairs, target)


def _share(part: int, whole: int) -> tuple[float, float]:
    return wilson_interval(part, max(1, whole))


def token_details(
    truth: Array, said: Array, pairs: list[tuple[set[Span], set[Span]]], target: Target
) -> dict[str, Any]:
    """Words by true and predicted type, and hits per type of span."""
    kind = [name[2:] if name.startswith(("B-", "I-")) else name for name in target.classes]
    types = list(dict.fromkeys(kind))
    place = np.array([types.index(name) for name in kind])
    known = truth >= 0
    at = place[truth[known]] * len(types) + place[said[known]]
    confusion = np.bincount(at, minlength=len(types) ** 2).reshape(len(types), len(types))
    by_type = [
        {
            "type": name,
            "true": sum(span[2] == name for a, _ in pairs for span in a),
            "said": sum(span[2] == name for _, b in pairs for span in b),
            "hit": sum(span[2] == name for a, b in pairs for span in a & b),
        }
        for name in types
        if name != "O"
    ]
    return {
        "task": "tokens", "n_rows": len(truth), "classes": types, "confusion": confusion.tolist(), "spans": by_type,
    }  # fmt: skip
