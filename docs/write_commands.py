"""Write docs/commands.md from the commands themselves: `python docs/write_commands.py`."""

from pathlib import Path

import typer.main

from belvedere.cli.main import app

PAGE = Path(__file__).with_name("commands.md")
HEAD = """# Every command and option

Written by `python docs/write_commands.py` from the commands themselves; a test fails where one is missing.

Exit status: 0 done, 1 findings (`check --fail-on`) or a mistake of ours, 2 wrong use, 3 data unreadable, 130 interrupted.
Progress goes to standard error, results to standard output.
"""


def page() -> str:
    """The page as Markdown."""
    parts = [HEAD]
    for name, command in typer.main.get_command(app).commands.items():
        parts.append(f"\n## belvedere {name}\n\n{command.help.splitlines()[0]}\n")
        parts += [f"- {described(parameter)}" for parameter in command.params]
    return "\n".join(parts) + "\n"


def described(parameter: typer.core.TyperOption) -> str:
    """One option or argument with its default."""
    flags = ", ".join(f"`{flag}`" for flag in reversed(parameter.opts)) if parameter.opts[0].startswith("-") else ""
    text = getattr(parameter, "help", "") or ""
    default = parameter.default
    told = f" Default: `{default}`." if default not in (None, False, ()) and not callable(default) else ""
    return f"{flags or f'`{parameter.metavar or parameter.name.upper()}`'} – {text}{told}"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
