"""Writing files so that a kill, a full disk or an open Excel never leaves half of one."""

from __future__ import annotations

import contextlib
import os
import re
from pathlib import Path

_UNSAFE = re.compile(r'[\\/:*?"<>|\x00-\x1f]')
_SPREADSHEETS = (".xlsx", ".xlsm", ".xls", ".et", ".ods")


class WriteError(Exception):
    """A file could not be written; `finding` facts are path and detail."""

    def __init__(self, path: Path, error: OSError):
        super().__init__(f"{path}: {error}")
        self.path, self.detail = path, error.strerror or str(error)


def write_file(path: Path, data: bytes) -> None:
    """Write beside the target, then replace it in one step.

    Raises:
        WriteError: the target is open elsewhere, may not be written, or the disk is full.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb") as file:
            file.write(data)
        temporary.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):  # where no folder could be made there is nothing to remove either
            temporary.unlink()
        raise WriteError(path, error) from None


def safe_name(text: str) -> str:
    """A text as part of a file's name on any system."""
    return _UNSAFE.sub("", text).strip(" .")[:60] or "_"


def workbook_paths(paths: tuple[Path, ...]) -> list[Path]:
    """The files themselves, and the spreadsheets of folders (sorted; no owner files, nothing that a run keeps)."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = (p for p in sorted(path.iterdir()) if p.is_file() and p.suffix.lower() in _SPREADSHEETS)
            found += [p for p in inside if not p.name.startswith(("~$", ".")) and p.name != "master.xlsx"]
        else:
            found.append(path)
    return found
