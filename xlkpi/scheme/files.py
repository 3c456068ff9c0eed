"""YAML files with line numbers, merged: what scheme and rule loading share. Errors are values with file and line."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from xlkpi.scheme.lined import LinedList, LinedMap, MarkedYAMLError, YAMLError, read


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong in a scheme's file. `line` counts from 1; 0 where no line can be named."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}" if self.line else f"{self.file}: {self.message}"


class SchemeError(Exception):
    """A scheme cannot be used; `problems` has all that was found."""

    def __init__(self, problems: Sequence[Problem]):
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in problems))


@dataclass(slots=True)
class SourceMap:
    """Remembers where each entry of the merged scheme stands."""

    data: dict[str, Any] = field(default_factory=dict)
    top: dict[str, tuple[str, int]] = field(default_factory=dict)
    files: dict[int, str] = field(default_factory=dict)  # id(node) -> file; the nodes live in `data`

    def file_of(self, *path: str) -> str:
        """The file in which an entry stands."""
        node: Any = self.data
        for key in path:
            node = node[key]
        return self.files.get(id(node), "")

    def problem(self, path: Iterable[str | int], message: str) -> Problem:
        """The problem at a path of keys and positions; the nearest line that is known."""
        keys = list(path)
        file, line = self.top.get(str(keys[0]), ("scheme", 0)) if keys else ("scheme", 0)
        node: Any = self.data
        for key in keys:
            found_line = node.line(key) if isinstance(node, LinedMap | LinedList) else None
            if found_line is not None:
                file, line = self.files.get(id(node), file), found_line
            try:
                node = node[key]
            except (KeyError, IndexError, TypeError):
                break
            file = self.files.get(id(node), file)
        return Problem(file, line, message)


def merge(
    paths: Sequence[Path], leave_out: Callable[[Path, str], bool] = lambda path, key: False
) -> tuple[SourceMap, list[Problem]]:
    """Take files together: maps join, lists follow one another, anything else may stand once.

    `leave_out` tells which top-level keys of a file are passed over.
    """
    sources, problems = SourceMap(), []
    for path in paths:
        try:
            loaded = read(path.read_text("utf-8"))
        except YAMLError as error:
            marked = error if isinstance(error, MarkedYAMLError) else MarkedYAMLError(problem=str(error))
            mark = marked.problem_mark
            problems.append(Problem(path.name, mark.line + 1 if mark else 0, f"not YAML: {marked.problem}"))
            continue
        except UnicodeDecodeError:
            problems.append(Problem(path.name, 0, "is not in UTF-8: save it with the encoding UTF-8"))
            continue
        if not isinstance(loaded, LinedMap):
            problems.append(Problem(path.name, 1, "write keys and values, such as `fields:`"))
            continue
        _remember(loaded, path.name, sources)
        for key, value in loaded.items():
            if leave_out(path, key):
                continue
            line = loaded.lines.get(key, 1)
            before = sources.data.get(key)
            if before is None:
                sources.data[key] = value
                sources.top[key] = (path.name, line)
            elif isinstance(before, LinedMap) and isinstance(value, LinedMap) and key not in ("valid", "defaults"):
                problems += _join_maps(before, value, path.name)
            elif isinstance(before, LinedList) and isinstance(value, LinedList):
                _join_lists(before, value)
            else:
                first = ":".join(map(str, sources.top[key]))
                problems.append(Problem(path.name, line, f"{key} already stands in {first}; keep one"))
    return sources, problems


def _join_maps(first: LinedMap, more: LinedMap, file: str) -> list[Problem]:
    problems = []
    for key, value in more.items():
        line = more.lines.get(key, 1)
        if key in first:
            problems.append(Problem(file, line, f"{key} is defined twice; keep one"))
            continue
        first[key] = value
        first.lines[key] = line
    return problems


def _join_lists(first: LinedList, more: LinedList) -> None:
    first.extend(more)
    first.lines.extend(more.lines)


def _remember(node: Any, file: str, sources: SourceMap) -> None:
    if isinstance(node, LinedMap | LinedList):
        sources.files[id(node)] = file
        for child in node.values() if isinstance(node, LinedMap) else node:
            _remember(child, file, sources)


def plain(node: Any) -> Any:
    """Ordinary Python values, with words as keys."""
    if isinstance(node, dict):
        return {str(key): plain(value) for key, value in node.items()}
    if isinstance(node, list):
        return [plain(value) for value in node]
    return node


def problem_of(detail: Any, sources: SourceMap) -> Problem:
    """A validation error of pydantic as a problem with file and line."""
    path = [key for key in detail["loc"] if key != "[key]"]
    where = ".".join(str(key) for key in path)
    kind = detail["type"]
    if kind == "missing":
        message = f"{where} is missing: add `{path[-1]}: …`"
        path = path[:-1]
    elif kind == "extra_forbidden":
        message = f"{where}: there is no such key; remove it or correct its spelling"
    else:
        message = f"{where}: {detail['msg'].removeprefix('Value error, ')}"
    return sources.problem(path, message)
