"""What of a month may be downloaded: headquarters' lists and the files in the folders that the steps write.

Nothing else of the workspace or the machine, whatever the address says: neither the key of the seals nor a file that a
link leads out to.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from glob import escape
from pathlib import Path
from typing import Final

from xlkpi.issue import ISSUE_FILE, KEY_FILE, MASTER_FILE, Dealer, Issue
from xlkpi.workbook.package import assemble, member
from xlkpi.workspace.handing import home_of
from xlkpi.workspace.lists import OF_MONTH, OF_WORKSPACE
from xlkpi.workspace.places import MonthFolder
from xlkpi.workspace.receiving import Line
from xlkpi.workspace.scoring import ASSESSED

FOLDERS: Final = ("空白表", "收件", "标注", "结果", "发放", "检查情况")
_LISTS: Final = frozenset(OF_MONTH.values())
_OURS: Final = frozenset({ISSUE_FILE, KEY_FILE, MASTER_FILE, "manifest.jsonl"})


def downloadable(folder: MonthFolder, name: str) -> Path | None:
    """The file of a month, or the list of the workspace, by its name inside it; None where it may not be had."""
    base = _base_of(folder, name)
    if base is None:
        return None
    try:
        path = (base / name).resolve()
        is_within = path.is_relative_to(base.resolve()) and path.is_file()
    except (OSError, ValueError):
        return None
    return path if is_within else None


def _base_of(folder: MonthFolder, name: str) -> Path | None:
    """Inside what a name leads to a file that may be downloaded; None where it leads nowhere, or elsewhere."""
    parts = name.split("/")
    if any(part in ("", ".", "..") or part.startswith((".", "~$")) or "\\" in part or ":" in part for part in parts):
        return None
    if len(parts) == 1:
        return folder.workspace.root if name in OF_WORKSPACE.values() else folder.path if name in _LISTS else None
    return folder.path if parts[0] in FOLDERS and parts[-1] not in _OURS else None


def files_in(folder: MonthFolder, name: str) -> list[str]:
    """The names of what of one of the month's folders may be downloaded."""
    names = (path.relative_to(folder.path).as_posix() for path in _files_below(folder.path / name))
    return sorted(each for each in names if _base_of(folder, each))


def _files_below(home: Path) -> Iterator[Path]:
    """The files below a folder; no link is followed."""
    with suppress(OSError), os.scandir(home) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from _files_below(Path(entry.path))
            elif entry.is_file(follow_symlinks=False):
                yield Path(entry.path)


def bundle(folder: MonthFolder, name: str) -> bytes:
    """One of the month's folders as an archive."""
    return assemble(member(each, (folder.path / each).read_bytes()) for each in files_in(folder, name))


def files_of(folder: MonthFolder, issue: Issue, dealer: Dealer, lines: Sequence[Line]) -> list[tuple[str, str]]:
    """What may be downloaded of a dealer: words for each file, and its name inside the month."""
    stem = Path(issue.file_name(dealer)).stem
    names = [("空白表", f"空白表/{stem}.xlsx")]
    names += [("通知（网页）", f"标注/{stem}.html"), ("通知（文字）", f"标注/{stem}.txt")]
    names += [("标注好的文件", f"标注/{name}") for name in dict.fromkeys(line.stored.split("/")[-1] for line in lines)]
    assessed = (folder.results / ASSESSED).glob(f"{escape(stem)}*")
    names += [("评分表", path.relative_to(folder.path).as_posix()) for path in sorted(assessed)]
    names += [("发放", name) for name in files_in(folder, f"发放/{home_of(dealer)}")]
    return [(words, name) for words, name in names if downloadable(folder, name)]
