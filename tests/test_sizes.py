"""The long tail of functions separates pleasant code from tiring code: sizes are watched, not argued about."""

import ast
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "src" / "belvedere"
LONGEST_BODY = 60  # lines, without the docstring
NINE_IN_TEN = 30
LONGEST_FILE = 420


def function_bodies() -> list[tuple[int, str]]:
    """Lines of every function body, longest first."""
    found = []
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                body = node.body[1:] if ast.get_docstring(node) and len(node.body) > 1 else node.body
                lines = (body[-1].end_lineno or 0) - body[0].lineno + 1
                found.append((lines, f"{path.relative_to(PACKAGE)}: {node.name}"))
    return sorted(found, reverse=True)


def test_no_function_is_longer_than_a_page() -> None:
    too_long = [f"{lines} {name}" for lines, name in function_bodies() if lines > LONGEST_BODY]

    assert too_long == []


def test_nine_in_ten_functions_fit_half_a_page() -> None:
    bodies = function_bodies()

    lines, name = bodies[len(bodies) // 10]

    assert lines <= NINE_IN_TEN, f"the 90th percentile is {lines} lines ({name})"


def test_no_file_has_grown_too_far() -> None:
    files = {
        p.relative_to(PACKAGE).as_posix(): len(p.read_text(encoding="utf-8").splitlines())
        for p in PACKAGE.rglob("*.py")
    }

    assert {name: lines for name, lines in files.items() if lines > LONGEST_FILE} == {}
