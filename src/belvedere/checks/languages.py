"""Texts in another script or language than the rest of their column."""

import re
from collections import Counter

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from belvedere.checks.look import Look, find, is_text, share, without
from belvedere.types import Column, Finding
from belvedere.values import Array, counted, spread

MOST_TEXTS = 50_000
MAIN = 0.8  # of the texts are of the main script or language
LEAST_LETTERS = 8
BEGINNING = 300  # letters looked at
LEAST_WORDS = 3  # telling words before a language counts as known
SCRIPTS = (
    ("Latin", 0x41, 0x24F), ("Greek", 0x370, 0x3FF), ("Cyrillic", 0x400, 0x52F), ("Armenian", 0x530, 0x58F),
    ("Hebrew", 0x590, 0x5FF), ("Arabic", 0x600, 0x6FF), ("Devanagari", 0x900, 0x97F), ("Bengali", 0x980, 0x9FF),
    ("Tamil", 0xB80, 0xBFF), ("Thai", 0xE00, 0xE7F), ("Georgian", 0x10A0, 0x10FF), ("kana", 0x3040, 0x30FF),
    ("Han", 0x3400, 0x4DBF), ("Han", 0x4E00, 0x9FFF), ("Hangul", 0xAC00, 0xD7AF),
)  # fmt: skip
# Small words; those of other languages that are also English (spelled die, war, do, no, on, me, …) are left out.
WORDS = {
    "English": "the and of is was that with for this are it you have not be were which they his her from by has but what a in to"
    " i on we my no so do as at he she me if or an all out up who when there just than more like its their your can will",
    "German": "der das und ist nicht ein eine mit den von zu auf für dem sich auch wird sie ich es wir aus einen oder sind",
    "French": "le les des et est une dans pour que qui pas sur au avec ce il elle nous vous sont du cette mais plus je",
    "Spanish": "el los las y es una por para con del se su más pero muy este al lo yo fue está cuando también",
    "Italian": "il gli di che è una per della sono più anche si questo ma nel dei ha alla molto della delle",
    "Portuguese": "os é uma para com não da em mais por dos das ele ela foi muito você está seu na são também",
    "Dutch": "het een en van dat niet op te zijn met voor ook aan er maar om bij naar wordt heeft ik",
    "Swedish": "och att det som en är på av för med inte den till har jag ett var hon vi",
    "Polish": "w się nie z że jest jak ale po tak był przez od dla jego tym czy być",
    "Turkish": "ve bir bu için çok ile da gibi daha olan ama kadar değil sonra olarak mi ki",
}
LANGUAGES = {language: frozenset(words.split()) for language, words in WORDS.items()}
TOKEN = re.compile(r"[^\W\d_]+")


def check_languages(look: Look) -> list[Finding]:
    """Find texts of another script, then of another language, than most of their column."""
    findings = []
    for column in look.of_kind("text"):
        if is_text(look.column(column.name)):
            places = spread(look.n_rows, MOST_TEXTS)
            texts = look.column(column.name).take(pa.array(places)).to_pylist()
            scripts = scripts_of([text or "" for text in texts])
            findings += _minority(look, column, places, scripts, "script")
            languages = np.array(
                [language_of(text) if script == "Latin" else "" for text, script in zip(texts, scripts, strict=True)]
            )
            findings += _minority(look, column, places, languages, "language")
    return findings


def scripts_of(texts: list[str]) -> NDArray[np.str_]:
    """Name the script of most letters of each text's beginning; '' where there are too few.

    Examples
    --------
    >>> scripts_of(["The old map", "Старая карта", "这是一张很旧的地图啊", "12"]).tolist()
    ['Latin', 'Cyrillic', 'Han', '']
    """
    heads = [text[:BEGINNING] for text in texts]
    letters = np.frombuffer("".join(heads).encode("utf-32-le", "replace"), np.uint32)
    owner = np.repeat(np.arange(len(texts)), [len(head) for head in heads])
    firsts = np.array([first for _, first, _ in SCRIPTS])
    which = np.searchsorted(firsts, letters, side="right") - 1
    inside = (which >= 0) & (letters <= np.array([last for _, _, last in SCRIPTS])[which]) & ~_is_sign(letters)
    cells = owner[inside] * len(SCRIPTS) + which[inside]
    counts = np.bincount(cells, minlength=len(texts) * len(SCRIPTS)).reshape(-1, len(SCRIPTS))
    names = np.array([name for name, _, _ in SCRIPTS])
    kana = names == "kana"
    counts[:, kana] *= 4  # Japanese writes its content words in Han
    found = names[counts.argmax(axis=1)]
    return np.where(counts.sum(axis=1) >= LEAST_LETTERS, found, "")


def _is_sign(letters: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """Signs between the Latin letters of ASCII and Latin-1."""
    return ((letters > 0x5A) & (letters < 0x61)) | ((letters > 0x7A) & (letters < 0xC0))


def language_of(text: str) -> str:
    """Name the language of a text in Latin letters by its small words; '' where they do not tell.

    Examples
    --------
    >>> language_of("The map was made with care and it is old"), language_of("Die Karte ist alt und wird nicht schön")
    ('English', 'German')
    >>> language_of("Oak table")
    ''
    """
    words = TOKEN.findall(text[:1000].lower())
    hits = {language: sum(word in telling for word in words) for language, telling in LANGUAGES.items()}
    first, second = sorted(hits.values(), reverse=True)[:2]
    if first < LEAST_WORDS or first < 1.5 * second or first < 0.15 * len(words):
        return ""
    return max(hits, key=lambda language: hits[language])


def _minority(look: Look, column: Column, places: Array, names: NDArray[np.str_], noun: str) -> list[Finding]:
    """Rows whose script or language is known and is not the main one."""
    known = names[names != ""]
    if len(known) < 10:
        return []
    values, counts = np.unique(known, return_counts=True)
    main = str(values[counts.argmax()])
    odd = (names != "") & (names != main)
    if not odd.any() or counts.max() < MAIN * len(known):
        return [] if not odd.any() else [_mixed(column, values, counts, noun)]
    rows = look.row_numbers(places[odd])
    others = Counter(names[odd].tolist()).most_common(3)
    told = ", ".join(f"{name} {n:,}" for name, n in others)
    sampled = "" if len(places) == look.n_rows else f" (looked at a sample of {len(places):,})"
    sentence = f"'{column.name}' is {main} but for {counted(len(rows), 'text')} in another {noun} ({told}){sampled}."
    return [find("languages", "note", sentence, column=column.name, rows=rows, cure=without("languages"))]


def _mixed(column: Column, values: Array, counts: Array, noun: str) -> Finding:
    order = np.argsort(-counts)[:4]
    told = ", ".join(f"{values[i]} {share(int(counts[i]), int(counts.sum()))}" for i in order)
    sentence = f"'{column.name}' mixes {noun}s: {told}."
    return find("languages", "note", sentence, column=column.name, cure="Map them apart, or color the map by language.")
