"""Settings of learning from what a person gave on the command line and from a file that a search wrote."""

import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from belvedere.errors import SettingError

if TYPE_CHECKING:
    from belvedere.learn import LearnSettings

NUMBERS = (int, float)


def given(settings: Any, **changes: Any) -> Any:
    """Change the settings that a person gave; None means not given."""
    return dataclasses.replace(settings, **{name: value for name, value in changes.items() if value is not None})


def learn_settings(file: Path | None = None, **changes: Any) -> "LearnSettings":
    """Settings of learning with what the person gave; what the command leaves open, the file may say."""
    from belvedere.learn import LearnSettings

    usual = LearnSettings()
    made: LearnSettings = given(usual, **changes)
    found = {} if file is None else read_settings(file)
    return dataclasses.replace(made, **{n: v for n, v in found.items() if getattr(made, n) == getattr(usual, n)})


def read_settings(file: Path) -> dict[str, Any]:
    """Read settings as `belvedere tune` writes them: numbers and words by name."""
    from belvedere.learn import LearnSettings

    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingError(f"--settings must name a file that can be read, but {file}: {error.strerror}.") from error
    except ValueError as error:
        raise SettingError(
            f"--settings must name a JSON file, but {file} is none. Give best.json of a search."
        ) from error
    known = {field.name for field in dataclasses.fields(LearnSettings)}
    strange = [repr(name) for name in found if name not in known] if isinstance(found, dict) else ["no settings"]
    if strange:
        raise SettingError(
            f"{file} must hold settings of learning by name, but holds {', '.join(strange[:3])}. "
            'For example: {"learning_rate": 0.002, "dropout": 0.1}.'
        )
    return {name: _checked(name, value, file) for name, value in found.items()}


def _checked(name: str, value: Any, file: Path) -> Any:
    """A number or a word, where the setting is one."""
    from belvedere.learn import LearnSettings

    usual = getattr(LearnSettings(), name)
    if isinstance(value, str) == isinstance(usual, str) and isinstance(value, (*NUMBERS, str)):
        return value
    raise SettingError(
        f"{name!r} in {file} must be {'a word' if isinstance(usual, str) else 'a number'}, but is {value!r}."
    )
