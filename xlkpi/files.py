"""Writing files so that a kill, a full disk or an open Excel never leaves half of one."""

from __future__ import annotations

import contextlib
import io
import os
import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import IO, Any, cast

_UNSAFE = re.compile(r'[\\/:*?"<>|\x00-\x1f]')
_TEMPORARY = ".tmp"
_LITTER = re.compile(rf"\..+\.\d+{re.escape(_TEMPORARY)}")
_SPREADSHEETS = (".xlsx", ".xlsm", ".xls", ".et", ".ods")


AnyPath = str | os.PathLike[str]
"""A path; a text may also be a URL that fsspec knows (s3://…), with `xlkpi[cluster]`."""
Paths = AnyPath | Iterable[AnyPath]
"""Files and folders of them."""


class WriteError(Exception):
    """A file could not be written; `finding` facts are path and detail."""

    def __init__(self, path: Path, error: OSError):
        super().__init__(f"{path}: {error}")
        self.path, self.detail = path, error.strerror or str(error)


def path_of(text: str) -> Path:
    """A path; for a URL (s3://…, memory://…) what stands for one, which has the same methods.

    Raises:
        ModuleNotFoundError: a URL, and xlkpi[cluster] is not installed.
    """
    if "://" not in text:
        return Path(text)
    from upath import UPath  # noqa: PLC0415 - an extra

    return cast(Path, UPath(text))


def as_path(given: AnyPath) -> Path:
    """A path, or what stands for one where a text is a URL."""
    if isinstance(given, str):
        return path_of(given)
    # what stands for a URL has a path's methods and is none
    return cast(Path, given) if hasattr(given, "read_bytes") else Path(given)


def write_file(path: Path, data: bytes) -> None:
    """Write beside the target, then replace it in one step.

    Raises:
        WriteError: the target is open elsewhere, may not be written, or the disk is full.
    """
    with atomic_writer(path) as file:
        file.write(data)


@contextlib.contextmanager
def atomic_writer(path: Path, before: Callable[[], None] | None = None) -> Iterator[IO[bytes]]:
    """A file to write into that stands under its name when all is in it; what fails half-way leaves the target alone.
    `before` is called before the target is replaced.

    Raises:
        WriteError: the target is open elsewhere, may not be written, or the disk is full.
    """
    if not isinstance(path, Path):
        buffer = io.BytesIO()
        yield buffer
        _put(path, buffer.getvalue())
        return
    temporary = path.with_name(f".{path.name}.{os.getpid()}{_TEMPORARY}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb") as file:
            yield file
        if before is not None:
            before()
        temporary.replace(path)
    except BaseException as error:
        with contextlib.suppress(OSError):  # where no folder could be made there is nothing to remove either
            temporary.unlink()
        if isinstance(error, OSError):
            raise WriteError(path, error) from None
        raise


def _put(url: Any, data: bytes) -> None:
    """At a URL a file appears when it is whole; there is nothing to replace it with."""
    try:
        url.parent.mkdir(parents=True, exist_ok=True)
        url.write_bytes(data)
    except OSError as error:
        raise WriteError(url, error) from None


def remove_file(path: Path) -> bool:
    """Remove a file; False where there is none.

    Raises:
        WriteError: it cannot be removed.
    """
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise WriteError(path, error) from None
    return True


def remove_stale_temporaries(folder: Path) -> None:
    """Remove what writers that were killed have left in a folder."""
    if isinstance(folder, Path) and folder.is_dir():
        for path in folder.glob(f".*{_TEMPORARY}"):
            if _LITTER.fullmatch(path.name):
                path.unlink(missing_ok=True)


def safe_name(text: str) -> str:
    """A text as part of a file's name on any system."""
    return _UNSAFE.sub("", text).strip(" .")[:60] or "_"


def cut_to_bytes(text: str, size: int) -> str:
    """As much of a text as fits into so many bytes, without what no file's name can hold."""
    return text.encode("utf-8", "ignore")[:size].decode("utf-8", "ignore").rstrip(" .") or "_"


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


def escape_formula(cell: Any) -> Any:
    """A cell of a CSV file that no spreadsheet takes for a formula."""
    return _escaped(cell) if isinstance(cell, str) else cell


@lru_cache(4096)  # the same words stand in every dealer's rows
def _escaped(cell: str) -> str:
    text = f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r", "\n") else cell
    return text.replace("\r\n", "\n").replace("\r", "\n")  # the writer quotes no field for a bare \r
