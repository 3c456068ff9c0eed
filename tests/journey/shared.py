"""What the journey's tests share."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from click.testing import Result

TOTAL = 88.2257978500812
Run = Callable[..., Result]


class Clock:
    """The clock that the commands of a month read."""

    def __init__(self) -> None:
        self.at = datetime(2026, 12, 1, 9)

    def __call__(self) -> datetime:
        return self.at


@dataclass(frozen=True)
class Month:
    """What `xlkpi demo` left, and what it printed."""

    folder: Path
    shown: Result

    @property
    def blank(self) -> Path:
        return self.folder / "blank"

    @property
    def out(self) -> Path:
        return self.folder / "out"

    def of(self, dealer: str, part: str = "filled") -> Path:
        """A dealer's workbook in one of the folders."""
        (found,) = (self.folder / part).glob(f"{dealer}_*.xlsx")
        return found


def dealers(out: Path) -> dict[str, dict[str, Any]]:
    """scores.json by dealer code; a file whose dealer is not known by its name."""
    scores = json.loads((out / "scores.json").read_text("utf-8"))
    return {entry["dealer"] or entry["file"]: entry for entry in scores["dealers"]}


def item(dealer: dict[str, Any], name: str) -> dict[str, Any]:
    """An item of a dealer in scores.json."""
    (found,) = (entry for entry in dealer["items"] if entry["id"] == name)
    return found
