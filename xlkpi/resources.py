"""Where the shipped data lives: inside the package in a wheel, beside it in a checkout."""

from __future__ import annotations

from functools import cache
from pathlib import Path


@cache
def templates() -> Path:
    """The folder `templates/` with schemes, rules, findings and reports.

    Raises:
        FileNotFoundError: the installation is incomplete (neither place exists).
    """
    package = Path(__file__).parent
    for folder in (package / "templates", package.parent / "templates"):
        if (folder / "rules").is_dir():
            return folder
    raise FileNotFoundError("xlkpi's templates/ folder is missing: reinstall the package")
