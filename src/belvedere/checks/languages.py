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
LEAST_WORDS = 2  # telling words before a language counts as known
SCRIPTS = (
    ("Latin", 0x41, 0x24F), ("Greek", 0x370, 0x3FF), ("Cyrillic", 0x400, 0x52F), ("Armenian", 0x530, 0x58F),
    ("Hebrew", 0x590, 0x5FF), ("Arabic", 0x600, 0x6FF), ("Devanagari", 0x900, 0x97F), ("Bengali", 0x980, 0x9FF),
    ("Tamil", 0xB80, 0xBFF), ("Thai", 0xE00, 0xE7F), ("Georgian", 0x10A0, 0x10FF), ("kana", 0x3040, 0x30FF),
    ("Han", 0x3400, 0x4DBF), ("Han", 0x4E00, 0x9FFF), ("Hangul", 0xAC00, 0xD7AF),
)  # fmt: skip
# Words that are frequent in one language and rare in the others listed.
WORDS = {
    "English": "the and of is was that with for this are it you have not be were which they his her from by an has but what",
    "German": "der die das und ist nicht ein eine mit den von zu auf für dem sich auch wird sie ich es im hat war wir als",
    "French": "le les des et est une dans pour que qui pas sur au avec ce il elle nous vous sont du cette mais plus je",
    "Spanish": "el los las y es una por para con que del se no su como más pero muy este al lo yo fue son está",
    "Italian": "il gli di che è una per con non del della sono più anche si questo ma come lo nel dei ha alla molto",
    "Portuguese": "o os as e é uma para com não do da em mais que por dos das ele ela foi muito você está seu na",
    "Dutch": "de het een en van is dat niet op te zijn met voor die ook aan er maar om bij naar wordt heeft ik we",
    "Swedish": "och att det som en är på av för med inte den till har jag om ett var men så han hon vi kan",
    "Polish": "w i na się nie z do że jest to jak ale po co tak był przez od dla jego tym czy ja być",
    "Turkish": "ve bir bu için çok ile da de ne gibi daha olan var ama kadar değil o ben sonra olarak en her mi ki",
}  # fmt: skip
LANGUAGES = {language: frozenset(words.split()) for language, words in WORDS.items()}
TOKEN = re.compile(r"[^\W\d_]+")


def check_languages(look: Look) -> list[Finding]:
    """Find texts of another script, then of another language, than most of their column."""
    findings = []
    for column in look.of_kind("text"):
        if is_text(look.column(column.name)):
            places = spread(look.n_rows, MOST_TEXTS)
            texts = look.column(column.name).take(pa.array(places)).to_pylist()
            scripts = np.array([script_of(text or "") for text in texts])
            findings += _minority(look, column, places, scripts, "script")
            languages = np.array(
                [language_of(text) if script == "Latin" else "" for text, script in zip(texts, scripts, strict=True)]
            )
            findings += _minority(look, column, places, languages, "language")
    return findings


def script_of(text: str) -> str:
    """Name the script of most letters; '' where there are too few.

    Examples
    --------
    >>> script_of("The old map"), script_of("Старая карта"), script_of("这是一张很旧的地图啊"), script_of("12")
    ('Latin', 'Cyrillic', 'Han', '')
    """
    if text.isascii():
        return "Latin" if sum(map(str.isalpha, text[:400])) >= LEAST_LETTERS else ""
    letters = np.array([ord(letter) for letter in text[:400] if letter.isalpha()])
    if len(letters) < LEAST_LETTERS:
        return ""
    counts: Counter[str] = Counter()
    for name, first, last in SCRIPTS:
        counts[name] += int(((letters >= first) & (letters <= last)).sum())
    name, most = counts.most_common(1)[0]
    if name == "Han" and counts["kana"] > 0.1 * len(letters):
        return "kana"
    return name if most > 0.5 * len(letters) else ""


def language_of(text: str) -> str:
    """Name the language of a text in Latin letters by its small words; '' where they do not tell.

    Examples
    --------
    >>> language_of("The map was made with care and it is old"), language_of("Die Karte ist alt und nicht schön")
    ('English', 'German')
    >>> language_of("Oak table")
    ''
    """
    words = TOKEN.findall(text[:1000].lower())
    hits = {language: sum(word in telling for word in words) for language, telling in LANGUAGES.items()}
    first, second = sorted(hits.values(), reverse=True)[:2]
    if first < LEAST_WORDS or first < 1.3 * second or first < 0.08 * len(words):
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
