"""Write docs/commands.md and docs/zh/commands.md from the commands themselves: `python docs/write_commands.py`.

docs/zh/commands.json holds the Chinese of every sentence; what it lacks is named, and a test fails until it is there.
"""

import json
from pathlib import Path

import typer.main

from belvedere.cli.main import app

DOCS = Path(__file__).parent
HEADS = {
    "en": """# Every command and option

Written by `python docs/write_commands.py` from the commands themselves; a test fails where one is missing.

Exit status: 0 done, 1 findings (`check --fail-on`) or a mistake of ours, 2 wrong use, 3 data unreadable, 130 interrupted.
Progress goes to standard error, results to standard output.
""",
    "zh": """# 所有命令和选项

由 `python docs/write_commands.py` 从命令本身生成；缺少任何一个，测试就会失败。

退出状态：0 完成，1 有发现（`check --fail-on`）或程序自身出错，2 用法不对，3 数据读不了，130 被中断。
进度写到标准错误，结果写到标准输出。
""",
}
DEFAULT = {"en": " Default: `{}`.", "zh": " 默认：`{}`。"}
PAGES = {"en": DOCS / "commands.md", "zh": DOCS / "zh" / "commands.md"}


def page(language: str = "en") -> str:
    """The page in one language as Markdown."""
    words = chinese() if language == "zh" else {}
    parts = [HEADS[language]]
    for name, command in typer.main.get_command(app).commands.items():
        about = command.help.splitlines()[0]
        parts.append(f"\n## belvedere {name}\n\n{words.get(about, about)}\n")
        parts += [f"- {described(parameter, language, words)}" for parameter in command.params]
    return "\n".join(parts) + "\n"


def described(parameter: typer.core.TyperOption, language: str, words: dict[str, str]) -> str:
    """One option or argument with its default."""
    flags = ", ".join(f"`{flag}`" for flag in reversed(parameter.opts)) if parameter.opts[0].startswith("-") else ""
    text = getattr(parameter, "help", "") or ""
    default = parameter.default
    told = DEFAULT[language].format(default) if default not in (None, False, ()) and not callable(default) else ""
    return f"{flags or f'`{parameter.metavar or parameter.name.upper()}`'} – {words.get(text, text)}{told}"


def chinese() -> dict[str, str]:
    """The Chinese of every sentence that is known."""
    found: dict[str, str] = json.loads((DOCS / "zh" / "commands.json").read_text(encoding="utf-8"))
    return found


def sentences() -> list[str]:
    """Every sentence of the commands, once."""
    commands = typer.main.get_command(app).commands.values()
    told = [text for c in commands for text in (c.help.splitlines()[0], *(getattr(p, "help", "") for p in c.params))]
    return list(dict.fromkeys(text for text in told if text))


if __name__ == "__main__":
    for language, path in PAGES.items():
        path.write_text(page(language), encoding="utf-8")
    lacking = [text for text in sentences() if text not in chinese()]
    if lacking:
        print("docs/zh/commands.json must hold the Chinese of these sentences too:", *lacking, sep="\n  ")  # noqa: T201
