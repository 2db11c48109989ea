"""What the checks can say is known to the page, which says it in Chinese.

tests/said.json holds an example of every sentence and every piece of advice; viewer/tests/said.test.ts translates each.
Here the sentences are read from the sources of the checks: a new or changed one without an example fails.
"""

import ast
import itertools
import json
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from tests import seeded

from belvedere import checks
from belvedere.checks import images, languages, personal, run_checks, sequences
from belvedere.checks.look import UNDO
from belvedere.explaining import looks
from belvedere.kinds import learn_kinds
from belvedere.sources import open_source

SAID = Path(__file__).parent / "said.json"
FILES = sorted(Path(checks.__file__).parent.glob("*.py"))
EXAMPLES: dict[str, list[str]] = json.loads(SAID.read_text(encoding="utf-8"))
WORDS = (Path(__file__).parents[1] / "viewer/src/i18n/said_words.ts").read_text(encoding="utf-8")
HOLE = "(?:.*)"


def shapes(node: ast.expr) -> list[str]:
    """Patterns of what an expression of text can be: known letters as they stand, all else a hole."""
    match node:
        case ast.Constant(value=str(text)):
            return [re.escape(text)]
        case ast.JoinedStr(values=parts):
            return ["".join(re.escape(p.value) if isinstance(p, ast.Constant) else HOLE for p in parts)]
        case ast.BinOp(left=left, right=right):
            return [a + b for a, b in itertools.product(shapes(left), shapes(right))]
        case ast.IfExp(body=body, orelse=other):
            return [*shapes(body), *shapes(other)]
    return []


def written(name: str) -> set[str]:
    """Patterns of all sentences (place 2 of `find`) or cures in the checks, through the variables of that name."""
    found: set[str] = set()
    for file in FILES:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            found.update(itertools.chain.from_iterable(map(shapes, _values(node, name))))
    return {shape for shape in found if re.sub(re.escape(HOLE), "", shape).strip()}


def _values(node: ast.AST, name: str) -> Iterator[ast.expr]:
    if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == name for t in node.targets):
        yield node.value
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "find":
        yield from node.args[2:3] if name == "sentence" else ()
        yield from (word.value for word in node.keywords if word.arg == name)


@pytest.mark.parametrize(("name", "known"), [("sentence", "sentences"), ("cure", "cures")])
def test_every_text_of_the_checks_has_an_example(name: str, known: str) -> None:
    examples = EXAMPLES[known] + EXAMPLES["commands"]

    lacking = [s for s in written(name) if not any(re.fullmatch(s, one, re.DOTALL) for one in examples)]

    assert len(written(name)) > 20
    assert lacking == []


def loose() -> set[str]:
    """Patterns of phrases that stand in tuples and calls, and become parts of sentences."""
    found: set[str] = set()
    for file in FILES:
        if file.name in ("decide.py", "personal.py"):  # what was decided is no finding; nouns have their own test
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            parts = node.elts if isinstance(node, ast.Tuple) else node.args if isinstance(node, ast.Call) else []
            found.update(itertools.chain.from_iterable(map(shapes, parts)))
    return {shape for shape in found if _is_phrase(shape.replace(HOLE, "").replace("\\ ", " "))}


def _is_phrase(text: str) -> bool:
    return len(text.split()) >= 3 and bool(re.fullmatch(r"[a-z'][\w' ,.%()\\-]*", text))


def test_every_phrase_that_becomes_part_of_a_sentence_has_an_example() -> None:
    examples = list(itertools.chain.from_iterable(EXAMPLES.values()))

    assert len(loose()) > 5
    assert [phrase for phrase in loose() if not any(re.search(phrase, one) for one in examples)] == []


def test_a_new_sentence_is_missed_among_the_examples(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    new = tmp_path / "new.py"
    new.write_text("sentence = f\"'{name}' smells of old cheese.\"\nfind('a', 'note', sentence)\n", encoding="utf-8")
    monkeypatch.setattr("tests.test_said.FILES", [new])

    (shape,) = written("sentence")

    assert not any(re.fullmatch(shape, one, re.DOTALL) for one in EXAMPLES["sentences"])


def test_every_line_of_a_table_of_wordings_has_an_example() -> None:
    tables = {"images": images.TESTS, "sequences": sequences.TESTS}
    wanted = [text.removeprefix("{} ") for table in tables.values() for _, _, text in table]

    assert [text for text in wanted if not any(text in one for one in EXAMPLES["sentences"])] == []
    assert UNDO in EXAMPLES["cures"]


def test_every_name_inside_a_sentence_is_known_to_the_page() -> None:
    nouns = {pattern.noun for pattern in personal.PATTERNS} | {noun for noun, _ in personal.NAMES}
    tongues = {*languages.LANGUAGES, *(script for script, _, _ in languages.SCRIPTS)}
    said = {word for pair in looks.WORDS.values() for word in pair} | {looks.SURENESS.much, looks.SURENESS.little}

    known = set(re.findall(r'^  "?([^":\n]+)"?: "', WORDS, re.MULTILINE)) | set(re.findall(r'[{,] (\w+): "', WORDS))

    assert nouns | tongues | said <= known


@pytest.mark.parametrize("kind", ["table", "text", "sequence"])
def test_what_faults_make_the_checks_say_is_of_a_known_shape(kind: str) -> None:
    """No check puts its sentence together in a way that the reading of its source misses."""
    clean, faults = seeded.FAULTS[kind]
    columns, size = clean(np.random.default_rng(0), 200), 200
    shaped = re.compile("|".join(written("sentence")), re.DOTALL)
    for fault in faults:
        chance = np.random.default_rng(1)
        spoiled, _ = fault.spoil(dict(columns), seeded.rows_to_spoil(chance, size, 0.03), chance)
        source = open_source(pa.table(spoiled))
        for finding in run_checks(source, learn_kinds(source)):
            assert shaped.fullmatch(finding.sentence), finding.sentence
