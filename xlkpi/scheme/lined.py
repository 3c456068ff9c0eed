"""YAML with the line of every entry. Parsed by libyaml where PyYAML has it: in Python it takes twenty times as long.

Scalars are those of YAML 1.2, so that `no`, `on` and `12:30` stay the words that they are. A tag makes nothing.
"""

from __future__ import annotations

import math
import re
from collections.abc import Hashable
from typing import Any, Final

import yaml
from yaml.error import MarkedYAMLError, YAMLError
from yaml.nodes import MappingNode, Node, ScalarNode

__all__ = ["LinedList", "LinedMap", "MarkedYAMLError", "YAMLError", "read"]


class LinedMap(dict[Any, Any]):
    """A map; `lines` has the line of each of its own keys, counted from 1. What `<<` takes in has none."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: dict[Any, int] = {}

    def line(self, key: str | int) -> int | None:
        """The line of a key of its own."""
        return self.lines.get(key)


class LinedList(list[Any]):
    """A list; `lines` has the line of each entry, counted from 1."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[int] = []

    def line(self, key: str | int) -> int | None:
        """The line of an entry."""
        return self.lines[key] if isinstance(key, int) and key < len(self) else None


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # a base that is chosen at run time
    """Composes nodes; what a scalar is, is decided below."""


_DEEPEST: Final = 100
_TAG: Final = "tag:yaml.org,2002:"
_INT, _FLOAT, _BOOL, _NULL, _MERGE = (f"{_TAG}{kind}" for kind in ("int", "float", "bool", "null", "merge"))

_Loader.yaml_implicit_resolvers = {}
for _tag, _shape, _first in (
    (_BOOL, r"true|True|TRUE|false|False|FALSE", "tTfF"),
    (_INT, r"[-+]?(?:0b[01_]+|0o?[0-7_]+|0x[0-9a-fA-F_]+|[0-9_]+)", "-+0123456789"),
    (
        _FLOAT,
        r"[-+]?(?:[0-9][0-9_]*\.[0-9_]*(?:[eE][-+]?[0-9]+)?|[0-9][0-9_]*[eE][-+]?[0-9]+|\.[0-9_]+(?:[eE][-+][0-9]+)?"
        r"|\.(?:inf|Inf|INF))|\.(?:nan|NaN|NAN)",
        "-+0123456789.",
    ),
    (_NULL, r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    (_MERGE, r"<<", "<"),
):
    _Loader.add_implicit_resolver(_tag, re.compile(rf"(?:{_shape})\Z"), list(_first))


def read(text: str) -> Any:
    """The one document in a text: LinedMap, LinedList, or a scalar.

    Raises:
        YAMLError: it is not YAML; as MarkedYAMLError with the place, where there is one.
    """
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
    finally:
        loader.dispose()
    return None if node is None else _Maker().value(node)


class _Maker:
    def __init__(self) -> None:
        self.by_node: dict[int, Any] = {}  # by node: what an alias names is the same object
        self.open: set[int] = set()

    def value(self, node: Node) -> Any:
        if isinstance(node, ScalarNode):
            return _scalar(node)
        key = id(node)
        if key in self.open:
            raise MarkedYAMLError(None, None, "an entry holds itself", node.start_mark)
        if len(self.open) > _DEEPEST:
            raise MarkedYAMLError(None, None, "entries are nested too deeply", node.start_mark)
        if key not in self.by_node:
            self.open.add(key)
            self.by_node[key] = self.of_map(node) if isinstance(node, MappingNode) else self.of_list(node)
            self.open.remove(key)
        return self.by_node[key]

    def of_list(self, node: Node) -> LinedList:
        entries = LinedList()
        for child in node.value:
            entries.append(self.value(child))
            entries.lines.append(child.start_mark.line + 1)
        return entries

    def of_map(self, node: MappingNode) -> LinedMap:
        entries = LinedMap()
        taken_in: list[LinedMap] = []
        for key_node, child in node.value:
            if key_node.tag == _MERGE:
                taken_in += self.taken_in(child)
                continue
            key = self.value(key_node)
            if not isinstance(key, Hashable):
                raise MarkedYAMLError(None, None, "a key must be a word or a number", key_node.start_mark)
            if key in entries:
                raise MarkedYAMLError(None, None, f'found duplicate key "{key}"', key_node.start_mark)
            entries[key] = self.value(child)
            entries.lines[key] = key_node.start_mark.line + 1
        for other in taken_in:
            for key, value in other.items():
                entries.setdefault(key, value)
        return entries

    def taken_in(self, node: Node) -> list[LinedMap]:
        """What `<<` takes in: a map, or several of which the first that has a key tells."""
        value = self.value(node)
        maps = value if isinstance(value, LinedList) else [value]
        if not all(isinstance(each, LinedMap) for each in maps):
            raise MarkedYAMLError(None, None, "<< takes in maps alone", node.start_mark)
        return list(maps)


def _scalar(node: ScalarNode) -> Any:
    text: str = node.value
    try:
        if node.tag == _BOOL:
            return {"true": True, "false": False}[text.lower()]
        if node.tag == _NULL:
            return None
        if node.tag == _INT:
            return _whole(text.replace("_", ""))
        if node.tag == _FLOAT:
            return _float(text.replace("_", "").lower())
    except (KeyError, ValueError):  # an explicit tag on something else
        raise MarkedYAMLError(None, None, f"{text!r} is no {node.tag.removeprefix(_TAG)}", node.start_mark) from None
    return text


def _whole(text: str) -> int:
    sign, digits = (-1 if text[:1] == "-" else 1), text.lstrip("+-")
    base = {"0b": 2, "0o": 8, "0x": 16}.get(digits[:2], 10)
    return sign * int(digits if base == 10 else digits[2:], base)


def _float(text: str) -> float:
    if text.endswith((".inf", ".nan")):
        return math.nan if text.endswith("nan") else -math.inf if text[0] == "-" else math.inf
    return float(text)
