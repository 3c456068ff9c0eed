"""Which language the command line speaks, and how click's help and messages come to speak it."""

from __future__ import annotations

import importlib
import os
import pkgutil
import re
import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Any, Final

import click

from xlkpi.language import catalogue, in_chinese

LANGUAGES: Final = ("zh", "en")
OPTION: Final = "--lang"
_VARIABLES: Final = ("LC_ALL", "LC_MESSAGES", "LANG")
_CHINESE_WINDOWS: Final = 0x04  # the primary language of its user interface
_STRETCH = re.compile(r"\s+")


@dataclass(slots=True)
class _Spoken:
    chosen: str = "en"


_now = _Spoken()


def chinese() -> bool:
    """Whether people are spoken to in Chinese now."""
    return _now.chosen == "zh"


def say(text: str) -> str:
    """A text for people, in the language that is spoken now. What is in no catalogue stays as it is."""
    return in_chinese(text) if chinese() else text


# ------------------------------------------------------------------ which language


def language_and_words(words: Sequence[str], with_language: Collection[str]) -> tuple[str, list[str]]:
    """The language that a command line asks for, else the system's; and its words as click takes them.

    `--lang` may stand anywhere. The commands of `with_language` have an option of that name, and it stays with them.
    """
    system = of_the_system(os.environ)
    at = next((n for n, word in enumerate(words) if word == OPTION or word.startswith(f"{OPTION}=")), None)
    if at is None:
        return system, list(words)
    _, joined, value = words[at].partition("=")
    after = at + 1 if joined else at + 2
    value = value if joined else "".join(words[at + 1 : after])
    chosen = value if value in LANGUAGES else system
    if set(words[:at]) & set(with_language):
        return chosen, list(words)
    return chosen, [*words[at:after], *words[:at], *words[after:]]


def of_the_system(environment: Mapping[str, str]) -> str:
    """The language of the environment's locale; on Windows the display language."""
    for name in _VARIABLES:
        if environment.get(name):
            return "zh" if environment[name].lower().startswith("zh") else "en"
    if sys.platform == "win32":
        import ctypes

        return "zh" if ctypes.windll.kernel32.GetUserDefaultUILanguage() & 0x3FF == _CHINESE_WINDOWS else "en"
    return "en"


def switch_language(main: click.Group, language: str) -> None:
    """From now on help, click's own messages and ours are in this language."""
    _now.chosen = language
    _click_asks_here()
    for command in _all(main):
        _set(command, "help", _of_help)
        _set(command, "options_metavar", say)
        _set(command, "subcommand_metavar", say)
        if hasattr(command, "_help_option"):  # click keeps it, with its text
            command._help_option = None
        for parameter in command.params:
            _set(parameter, "help", _of_help)
            if isinstance(parameter, click.Argument):
                _set(parameter, "metavar", partial(_metavar, parameter))


_english: dict[tuple[int, str], Any] = {}  # the English texts of the source, by object and attribute


def _set(owner: Any, attribute: str, translate: Callable[[Any], Any]) -> None:
    """Replace a shown text by one made from the English text of the source."""
    if hasattr(owner, attribute):
        english = _english.setdefault((id(owner), attribute), getattr(owner, attribute))
        setattr(owner, attribute, translate(english) if chinese() else english)


def _metavar(argument: click.Argument, english: str | None) -> str:
    name = say((english or argument.name or "").upper())
    shown = f"{name}…" if argument.nargs != 1 else name
    return shown if argument.required else f"[{shown}]"


def _of_help(text: str | None) -> str | None:
    if text is None:
        return None
    paragraphs = re.split(r"\n\s*\n", text)
    return "\n\n".join(say(_STRETCH.sub(" ", paragraph.strip())) for paragraph in paragraphs)


def _all(command: click.Command) -> Iterator[click.Command]:
    yield command
    if isinstance(command, click.Group):
        for inner in command.commands.values():
            yield from _all(inner)


# ------------------------------------------------------------------ click's own messages


@cache
def _click_asks_here() -> None:
    """Have click look its messages up here: it asks gettext, whose catalogues are compiled files of the system's."""
    for module_ in pkgutil.iter_modules(click.__path__):
        if module_.name.startswith("_"):
            continue
        module = importlib.import_module(f"click.{module_.name}")
        if hasattr(module, "_"):
            vars(module)["_"] = _exactly
        if hasattr(module, "ngettext"):
            vars(module)["ngettext"] = _counted


def _exactly(text: str) -> str:
    return catalogue().get(text, text) if chinese() else text


def _counted(single: str, several: str, count: int) -> str:
    return _exactly(single if count == 1 else several)
