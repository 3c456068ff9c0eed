"""Finding and reading a scheme with its packs. Every error names file and line and says what to write instead."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from xlkpi.resources import templates
from xlkpi.scheme import parts
from xlkpi.scheme.cells import months_ago, of_field, split_name
from xlkpi.scheme.files import Problem, SchemeError, SourceMap, merge, plain, problem_of
from xlkpi.scheme.model import Scheme

_HEADER = ("scheme", "title", "en", "version", "valid", "description", "source", "note", "instructions")
"""What a scheme says of itself; not taken along when another scheme takes it in as a pack."""


def scheme_folders() -> dict[str, Path]:
    """The shipped schemes: name to folder."""
    return {folder.name: folder for folder in sorted((templates() / "schemes").iterdir()) if folder.is_dir()}


def pack_files() -> dict[str, Path]:
    """The shipped packs: name to file."""
    return {path.stem: path for path in sorted((templates() / "packs").glob("*.yaml"))}


def find_scheme(name_or_folder: str) -> Path:
    """The folder of a shipped scheme by name or title, or a folder given as a path.

    Raises:
        SchemeError: there is no such scheme.
    """
    shipped = scheme_folders()
    if name_or_folder in shipped:
        return shipped[name_or_folder]
    folder = Path(name_or_folder)
    if folder.is_dir() and any(folder.glob("*.yaml")):
        return folder
    titled = {name for name, home in shipped.items() if name_or_folder in _titles(home)}
    if len(titled) == 1:
        return shipped[titled.pop()]
    known = ", ".join(shipped)
    raise SchemeError([Problem(name_or_folder, 0, f"no such scheme: write one of {known}, or a folder of YAML files")])


def _titles(folder: Path) -> set[str]:
    """What people call a scheme: its title, in Chinese and in English."""
    sources, _ = merge(sorted(folder.glob("*.yaml")))
    return {str(sources.data[key]) for key in ("title", "en") if sources.data.get(key)}


def load_scheme(name_or_folder: str) -> tuple[Scheme, SourceMap]:
    """Load a scheme, take in its packs, and keep the map of its lines.

    Raises:
        SchemeError: with every problem of shape that was found.
    """
    own_files = sorted(find_scheme(name_or_folder).glob("*.yaml"))
    sources, problems = merge(own_files)
    if not problems and sources.data.get("packs"):
        sources, problems = merge(
            list(_with_packs(own_files, plain(sources.data["packs"]))), leave_out=_left_out(own_files)
        )
    if problems:
        raise SchemeError(problems)
    data = plain(sources.data)
    if data.get("packs"):
        data["fields"] = _used(data)
        for name in data.get("required", ()):
            if name in data["fields"]:
                data["fields"][name]["optional"] = False
        for name, entry in data.get("indicators", {}).items():
            pack = Path(sources.file_of("indicators", name)).stem
            if pack in data.get("systems", {}):
                entry.setdefault("system", pack)
    try:
        return Scheme.model_validate(data), sources
    except ValidationError as error:
        raise SchemeError([problem_of(detail, sources) for detail in error.errors()]) from None


def _with_packs(own_files: list[Path], packs: list[str]) -> Iterator[Path]:
    """The packs' files in their order, the scheme's own last."""
    files, schemes = pack_files(), scheme_folders()
    for name in packs:
        if name in files:
            yield files[name]
        elif name in schemes:
            yield from sorted(schemes[name].glob("*.yaml"))
        else:
            known = ", ".join([*files, *schemes])
            raise SchemeError([Problem(own_files[0].name, 0, f"packs: there is no pack {name!r}; there are {known}")])
    yield from own_files


def _left_out(files: list[Path]) -> Callable[[Path, str], bool]:
    """What merging passes over: the header of a scheme that is taken in as a pack."""
    own_files = set(files)
    return lambda path, key: key in _HEADER and path not in own_files


_WORD = re.compile(r"[一-鿿A-Za-z_][一-鿿A-Za-z0-9_.]*")
_TARGETS = frozenset({parts.COMPLETION, parts.TARGET, parts.YEAR_TARGET, parts.QUARTER_TARGET})
_TO_DATE = {parts.YEAR_TO_DATE: parts.BEFORE_YEAR, parts.QUARTER_TO_DATE: parts.BEFORE_QUARTER}
_FORMULAS = ("formula", "share_of", "holds", "at", "when", "of", "score", "each", "require", "inspection")


def _used(data: dict[str, Any]) -> dict[str, Any]:
    """The fields that something uses: a figure of the common pool is asked only where an entry needs it."""
    fields: dict[str, Any] = data.get("fields", {})
    entries = [data.get(section) for section in ("indicators", "groups", "relations", "diagnoses")]
    words = {word for text in _formulas(entries) for word in _WORD.findall(text)}
    derived = [split_name(word) for word in words]
    # this month's figure is later a 前1月
    bases = {base for base, part in derived if part in _TARGETS or part in _TO_DATE or months_ago(part) is not None}
    named = words | bases | {of_field(base, _TO_DATE[part]) for base, part in derived if part in _TO_DATE}
    used = {name: entry for name, entry in fields.items() if name in named}
    for name, entry in used.items():  # nor is a target asked for that nothing uses
        if entry.get("target") and not words & {of_field(name, part) for part in _TARGETS}:
            entry["target"] = False
    return used


def _formulas(node: Any, wanted: bool = False) -> Iterator[str]:
    """The texts of a scheme that name figures; notes and definitions only speak of them."""
    if isinstance(node, str):
        if wanted:
            yield node
    elif isinstance(node, dict):
        for key, value in node.items():
            yield from _formulas(value, wanted or key in _FORMULAS)
    elif isinstance(node, list):
        for value in node:
            yield from _formulas(value, wanted)
