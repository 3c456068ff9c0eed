"""Finds the workbooks in the given folders, the names they are shown by, and the files that are not workbooks.

Nothing is skipped silently: a file that a dealer may have sent and that is not a workbook is a finding.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final

from xlkpi.files import reason
from xlkpi.findings import Finding, catalogue

SPREADSHEETS: Final = (".xlsx", ".xlsm", ".xls", ".et", ".ods")
_UNKNOWN_KIND, _LOCKED = "XK-W064", "XK-W065"
_DEPTH, _NOT_ENTERED, _OURS, _CLOSED = "XK-W066", "XK-W067", "XK-W068", "XK-W069"
_NOTHING = "XK-W060"
_RESULTS: Final = "manifest.jsonl"
_ASSESSED: Final = "assessed"
_MARKS: Final = {"issue.json": "下发的空白表", _RESULTS: "评分结果"}
"""A file by which a folder of ours is known, and what the folder holds."""
_SYSTEM_FILES: Final = frozenset(
    ("master.xlsx", "issue.json", "manifest.jsonl", "scores.json", "scores.csv", "report.html", "自检.html",
     "thumbs.db", "desktop.ini")
)  # fmt: skip
"""What the tool or a file manager writes; nobody sent it."""
_LISTED: Final = 30  # names in a sentence
_DEEPEST: Final = 30
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


@dataclass(slots=True)
class Gathered:
    """The workbooks in what was given, in order, and findings about the rest."""

    files: list[Path] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


def gather(paths: Iterable[Path], *, recursive: bool = True, returns: bool = True) -> Gathered:
    """The files themselves, and the spreadsheets of folders.

    Args:
        paths: files, taken whatever they are called, and folders.
        recursive: whether folders inside folders are read.
        returns: whether dealers' returns are meant: folders inside that we issued or scored into are left out. Else
            assessed workbooks are: of a folder that a run wrote they are read alone.
    """
    listed = list(paths)
    looked = _Search(recursive, returns)
    for path in listed:
        if path.is_dir():
            looked.enter(path, 0)
        else:
            looked.take(path)
    out = Gathered(looked.files, list(looked.findings()))
    if listed and not out.files:
        out.findings.append(Finding(_NOTHING, facts={"path": "、".join(map(shown_path, listed))}))
    return out


def workbook_paths(paths: Iterable[Path], *, recursive: bool = True, returns: bool = True) -> list[Path]:
    """The workbooks alone; see `gather`."""
    return gather(paths, recursive=recursive, returns=returns).files


@dataclass(slots=True)
class _Search:
    recursive: bool
    returns: bool
    files: list[Path] = field(default_factory=list)
    visited: set[str] = field(default_factory=set)
    unread: dict[str, list[Path]] = field(default_factory=dict)  # by code
    ours: list[tuple[Path, str]] = field(default_factory=list)
    closed: list[tuple[Path, str]] = field(default_factory=list)
    entered: int = 0
    depth: int = 0
    nested: int = 0

    def take(self, path: Path) -> None:
        """Add a workbook, only once."""
        key = _identity(path)
        if key not in self.visited:
            self.visited.add(key)
            self.files.append(path)

    def enter(self, folder: Path, depth: int) -> None:
        """Search a folder; circular links are followed once."""
        key = _identity(folder)
        if key in self.visited or depth > _DEEPEST:
            return
        self.visited.add(key)
        try:
            entries = sorted(folder.iterdir(), key=lambda path: path.name)
        except OSError as error:
            self.closed.append((folder, reason(error)))
            return
        if not self.returns and (folder / _RESULTS).is_file() and (folder / _ASSESSED).is_dir():
            self.enter(folder / _ASSESSED, depth)
            return
        before = len(self.files)
        for path in entries:
            if not _is_folder(path):
                self._sort(path)
        if depth and len(self.files) > before:
            self.entered += 1
            self.nested += len(self.files) - before
            self.depth = max(self.depth, depth)
        for path in entries:
            if _is_folder(path) and not path.name.startswith((".", "__MACOSX")):
                self._folder(path, depth + 1)

    def _folder(self, folder: Path, depth: int) -> None:
        kind = next((kind for mark, kind in _MARKS.items() if _exists(folder / mark)), "")
        if self.returns and kind:
            self.ours.append((folder, kind))
        elif self.recursive:
            self.enter(folder, depth)
        else:
            self.unread.setdefault(_NOT_ENTERED, []).append(folder)

    def _sort(self, path: Path) -> None:
        name = path.name.casefold()
        if name.startswith(("~$", ".~lock.")):
            self.unread.setdefault(_LOCKED, []).append(path)
        elif name in _SYSTEM_FILES or (
            name.startswith(".") and (name.startswith("._") or not name.endswith(SPREADSHEETS))
        ):
            return
        elif name.endswith(SPREADSHEETS) and not name.startswith("."):
            self.take(path)
        else:
            self.unread.setdefault(_kinds().get(path.suffix.casefold(), _UNKNOWN_KIND), []).append(path)

    def findings(self) -> Iterator[Finding]:
        """Findings on what was not read, by kind, and on how deep the search went."""
        for code, several in sorted(self.unread.items()):
            yield Finding(code, facts={"count": len(several), "files": _some(several)})
        for folder, kind in self.ours:
            yield Finding(_OURS, facts={"path": shown_path(folder), "kind": kind})
        for folder, why in self.closed:
            yield Finding(_CLOSED, facts={"path": shown_path(folder), "detail": why})
        if self.entered:
            yield Finding(
                _DEPTH, facts={"folders": self.entered, "depth": self.depth, "count": self.nested}
            )  # fmt: skip


@cache
def _kinds() -> Mapping[str, str]:
    """The finding code for each ending that dealers send in place of a workbook."""
    return {ending: entry.code for entry in catalogue().values() for ending in entry.endings}


def _some(paths: list[Path]) -> str:
    names = list(shown_names(paths).values())
    more = f" 等 {len(names)} 个" if len(names) > _LISTED else ""
    return "、".join(names[:_LISTED]) + more


def _identity(path: Path) -> str:
    return os.path.realpath(path) if isinstance(path, Path) else str(path)


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:
        return False


def _exists(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        return False


# ------------------------------------------------------------------ names that people read


def shown_name(text: str) -> str:
    """A file's name, or a path, as it can be printed, kept and compared anywhere: bytes that are not UTF-8 are read as
    Chinese Windows writes names (GB 18030), marks are composed, control characters show as a dot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raw = text.encode("utf-8", "surrogateescape" if os.name != "nt" else "surrogatepass")
        try:
            text = raw.decode("gb18030")
        except UnicodeDecodeError:
            text = raw.decode("utf-8", "backslashreplace")
    return _CONTROL.sub("·", unicodedata.normalize("NFC", text))


def shown_path(path: Any) -> str:
    """A path for people; see `shown_name`."""
    return shown_name(str(path))


def last_part(name: str) -> str:
    """A shown name without folders."""
    return name.rpartition("/")[2]


def shown_names(paths: Iterable[Path]) -> dict[Path, str]:
    """The names by which files are known in a run: with as many folders before them as tell them apart, and numbered
    where even the whole paths read alike (a name in two encodings)."""
    names: dict[Path, str] = {}
    groups: dict[str, list[Path]] = {}
    for path in dict.fromkeys(paths):
        groups.setdefault(shown_name(path.name).casefold(), []).append(path)
    for several in groups.values():
        names.update(_distinguished(several))
    return names


def _distinguished(several: list[Path]) -> dict[Path, str]:
    short: dict[Path, str] = {}
    for count in range(1, max(len(path.parts) for path in several) + 1):
        short = {path: shown_name("/".join(path.parts[-count:]).replace("//", "/")) for path in several}
        if len(set(map(str.casefold, short.values()))) == len(several):
            return short
    used: dict[str, int] = {}
    for path in sorted(several):
        name = short[path]
        number = used[name.casefold()] = used.get(name.casefold(), 0) + 1
        if number > 1:
            stem, dot, ending = name.rpartition(".")
            short[path] = f"{stem}〔{number}〕{dot}{ending}"
    return short
