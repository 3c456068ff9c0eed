"""Chinese for texts that the source has in English: help, messages of errors, what lint says of a scheme.

Errors are raised with English texts, which authors of other programs read. Where people read them, a text is looked up
in `templates/language/zh.yaml`: as it is, or by the template that it was made from.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from xlkpi.resources import templates

_NESTED: Final = frozenset({"message", "problem", "error", "reason", "where"})  # placeholders that hold messages
_PLACE: Final = re.compile(r"\{([a-z_]+)(?:![rsa])?(:[dw])?\}")  # {name}; {name:d} is a whole number, {name:w} one word


def in_chinese(text: str) -> str:
    """A text in Chinese; what is in no catalogue stays as it is."""
    known = catalogue().get(text)
    if known is not None:
        return known
    if "\n" in text:
        return "\n".join(in_chinese(line) for line in text.split("\n"))
    for template in _templates():
        match = template.shape.fullmatch(text)
        if match:
            translated = {
                name: in_chinese(value) if name in _NESTED else _listed(value)
                for name, value in match.groupdict().items()
            }
            return _PLACE.sub(lambda place, translated=translated: translated[place[1]], template.chinese)  # type: ignore[misc]  # mypy infers no type for a lambda with a default
    return text


def _listed(value: str) -> str:
    """A list of values as Chinese writes it; a path with a comma is not a list."""
    return value if "/" in value else value.replace(", ", "、")


@cache
def catalogue() -> Mapping[str, str]:
    """Chinese by English, of texts and of templates."""
    import yaml  # noqa: PLC0415 - only where there is something to say

    text = (templates() / "language" / "zh.yaml").read_text("utf-8")
    loaded: dict[str, str] = yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - a safe one
    return loaded


_NARROW: Final = 100
_KINDS: Final = {None: ".+?", ":d": "[0-9]+", ":w": r"[\w-]+"}


@dataclass(frozen=True, slots=True)
class _Template:
    shape: re.Pattern[str]
    certain: int  # fixed characters; a narrow placeholder counts as many
    chinese: str


@cache
def _templates() -> Sequence[_Template]:
    templates = []
    for english, chinese in catalogue().items():
        fixed = _PLACE.split(english)[::3]
        if len(fixed) > 1:
            places = [f"(?P<{slot[1]}>{_KINDS[slot[2]]})" for slot in _PLACE.finditer(english)]
            shape = "".join(re.escape(text) + place for text, place in zip(fixed, [*places, ""], strict=True))
            narrow = sum(slot[2] is not None for slot in _PLACE.finditer(english))
            templates.append(_Template(re.compile(shape, re.S), sum(map(len, fixed)) + _NARROW * narrow, chinese))
    return sorted(templates, key=lambda template: -template.certain)
