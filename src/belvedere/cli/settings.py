"""Settings of learning from what a person gave on the command line and from a file that a search wrote."""

import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from belvedere.errors import SettingError

if TYPE_CHECKING:
    from belvedere.learn import LearnSettings

ASKED_AS = {"time_limit_s": "time_limit", "time": "by_time"}  # settings whose options are called otherwise


def given(settings: Any, **changes: Any) -> Any:
    """Change the settings that a person gave; None means not given."""
    return dataclasses.replace(settings, **{name: value for name, value in changes.items() if value is not None})


def learn_settings(file: Path | None = None, **changes: Any) -> "LearnSettings":
    """Settings of learning with what the person gave; what the command leaves open, the file may say."""
    from belvedere.learn import LearnSettings

    usual = LearnSettings()
    made: LearnSettings = given(usual, **changes)
    found = {} if file is None else read_settings(file)
    is_open = {name: getattr(made, name) == getattr(usual, name) and not _is_typed(name) for name in found}
    return dataclasses.replace(made, **{name: value for name, value in found.items() if is_open[name]})


def _is_typed(name: str) -> bool:
    """Whether the command names a setting, if only to give it the usual value."""
    context = click.get_current_context(silent=True)
    return context is not None and (
        context.get_parameter_source(ASKED_AS.get(name, name)) is ParameterSource.COMMANDLINE
    )


def read_settings(file: Path) -> dict[str, Any]:
    """Read settings as `belvedere tune` writes them: numbers and words by name.

    Raises
    ------
    SettingError
        If the file cannot be read, is no JSON object, or holds what no search could have tried.
    """
    from belvedere.learn import LearnSettings, check_space

    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingError(f"--settings must name a file that can be read, but {file}: {error.strerror}.") from error
    except ValueError as error:
        raise SettingError(
            f"--settings must name a JSON file, but {file} is none. Give best.json of a search."
        ) from error
    if not isinstance(found, dict):
        raise SettingError(f'{file} must hold settings by name, such as {{"dropout": 0.1}}, but does not.')
    check_space({name: [value] for name, value in found.items()}, LearnSettings())
    return found
