"""What of a month may be downloaded: headquarters' lists and the files in the folders that the steps write.

Nothing else of the workspace or the machine, whatever the address says: neither the key of the seals nor a file that a
link leads out to.
"""

from __future__ import annotations

from collections.abc import Sequence
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
_OURS: Final = frozenset({ISSUE_FILE, KEY_FILE, MASTER_FILE, "manifest.jsonl"})


def downloadable(folder: MonthFolder, name: str) -> Path | None:
    """The file of a month, or the list of the workspace, by its name inside it; None where it may not be had."""
    parts = name.split("/")
    if any(part in ("", ".", "..") or part.startswith((".", "~$")) or "\\" in part or ":" in part for part in parts):
        return None
    if len(parts) == 1:
        base = folder.workspace.root if name in OF_WORKSPACE.values() else folder.path
        if name not in (*OF_WORKSPACE.values(), *OF_MONTH.values()):
            return None
    elif parts[0] in FOLDERS and parts[-1] not in _OURS:
        base = folder.path
    else:
        return None
    try:
        path = base.joinpath(*parts).resolve()
        is_within = path.is_relative_to(base.resolve()) and path.is_file()
    except (OSError, ValueError):
        return None
    return path if is_within else None


def files_in(folder: MonthFolder, name: str) -> list[str]:
    """The names of what of one of the month's folders may be downloaded."""
    home = folder.path / name
    names = (path.relative_to(folder.path).as_posix() for path in sorted(home.rglob("*"))) if home.is_dir() else ()
    return [each for each in names if downloadable(folder, each)]


def bundle(folder: MonthFolder, name: str) -> bytes:
    """One of the month's folders as an archive."""
    return assemble(member(each, (folder.path / each).read_bytes()) for each in files_in(folder, name))


def files_of(folder: MonthFolder, issue: Issue, dealer: Dealer, lines: Sequence[Line]) -> list[tuple[str, str]]:
    """What may be downloaded of a dealer: words for each file, and its name inside the month."""
    stem = Path(issue.file_name(dealer)).stem
    names = [("空白表", f"空白表/{stem}.xlsx")]
    names += [("通知（网页）", f"标注/{stem}.html"), ("通知（文字）", f"标注/{stem}.txt")]
    names += [("标注好的文件", f"标注/{name}") for name in dict.fromkeys(line.stored.split("/")[-1] for line in lines)]
    assessed = (name for name in files_in(folder, f"结果/{ASSESSED}") if name.startswith(f"结果/{ASSESSED}/{stem}"))
    names += [("评分表", name) for name in assessed]
    names += [("发放", name) for name in files_in(folder, f"发放/{home_of(dealer)}")]
    return [(words, name) for words, name in names if downloadable(folder, name)]
