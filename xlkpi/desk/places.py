"""`.desk/`: what the page keeps in a workspace for itself. It may be removed while no page is open."""

from __future__ import annotations

from pathlib import Path
from typing import Final

HOME: Final = ".desk"
ADDRESS_FILE: Final = "address"


def folder_of(root: Path) -> Path:
    """The page's own folder in a workspace."""
    return root / HOME


def jobs_in(root: Path) -> Path:
    """Where the steps that were asked for are kept."""
    return folder_of(root) / "jobs"


def deliveries_in(root: Path) -> Path:
    """Where dropped files lie until they are received."""
    return folder_of(root) / "deliveries"


def uploads_in(root: Path) -> Path:
    """Where a form's files lie until its step has taken them."""
    return folder_of(root) / "uploads"
