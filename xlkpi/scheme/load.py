"""Finding and reading a scheme. Every error names file and line and says what to write instead."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from xlkpi.resources import templates
from xlkpi.scheme.files import Problem, SchemeError, SourceMap, merge, plain, problem_of
from xlkpi.scheme.model import Scheme


def scheme_folders() -> dict[str, Path]:
    """The shipped schemes: name to folder."""
    return {folder.name: folder for folder in sorted((templates() / "schemes").iterdir()) if folder.is_dir()}


def find_scheme(name_or_folder: str) -> Path:
    """The folder of a shipped scheme by name, or a folder given as a path.

    Raises:
        SchemeError: there is no such scheme.
    """
    shipped = scheme_folders()
    if name_or_folder in shipped:
        return shipped[name_or_folder]
    folder = Path(name_or_folder)
    if folder.is_dir() and any(folder.glob("*.yaml")):
        return folder
    known = ", ".join(shipped)
    raise SchemeError([Problem(name_or_folder, 0, f"no such scheme: write one of {known}, or a folder of YAML files")])


def load_scheme(name_or_folder: str) -> tuple[Scheme, SourceMap]:
    """Load a scheme and the map of its lines.

    Raises:
        SchemeError: with every problem of shape that was found.
    """
    folder = find_scheme(name_or_folder)
    sources, problems = merge(sorted(folder.glob("*.yaml")))
    if problems:
        raise SchemeError(problems)
    try:
        return Scheme.model_validate(plain(sources.data)), sources
    except ValidationError as error:
        raise SchemeError([problem_of(detail, sources) for detail in error.errors()]) from None
