"""Changing a copy of the shipped scheme, one thing at a time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

ASSESSMENT, FIELDS, HEAD = "assessment.yaml", "fields.yaml", "scheme.yaml"

Change = Callable[[str, str, str], int]
Add = Callable[[str, str], Path]


@pytest.fixture
def change(scheme_copy: Path) -> Change:
    """Replace the first occurrence of a text in a file of the copy; returns the line where it stood."""

    def run(file: str, old: str, new: str) -> int:
        path = scheme_copy / file
        text = path.read_text("utf-8")
        assert old in text, f"{file} has no {old!r} any more: the test must follow"
        path.write_text(text.replace(old, new, 1), "utf-8")
        return text[: text.index(old)].count("\n") + 1

    return run


@pytest.fixture
def add(scheme_copy: Path) -> Add:
    """Add a file to the copy."""

    def run(file: str, text: str) -> Path:
        path = scheme_copy / file
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
        return path

    return run
