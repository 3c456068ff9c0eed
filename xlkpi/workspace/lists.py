"""Headquarters' lists that were filled in elsewhere, put in their places; what lay there stays in 旧版/."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from xlkpi.files import write_file
from xlkpi.findings import Finding
from xlkpi.headquarters.identity import Origin
from xlkpi.headquarters.occupied import marked_origin
from xlkpi.workspace.places import CALENDAR, PLAN, ROSTER, MonthFolder, Workspace
from xlkpi.workspace.record import Refusal, State, hash_of, refuse
from xlkpi.workspace.steps import StepResult, unchanged

EARLIER: Final = "旧版"
OF_WORKSPACE: Final = {"roster": ROSTER, "plan": PLAN, "calendar": CALENDAR}
"""The lists that serve all months, by kind."""
OF_MONTH: Final = {
    "targets": "目标.xlsx", "inspections": "检查情况.xlsx", "waivers": "豁免.xlsx", "actuals": "实绩.xlsx",
}  # fmt: skip
"""The lists of a month, by kind."""


def put_list(workspace: Workspace, month: str, kind: str, file: Path) -> StepResult:
    """Put a list in its place.

    Args:
        workspace: where.
        month: of which month, for a list of a month.
        kind: what it is: a key of `OF_WORKSPACE` or `OF_MONTH`.
        file: the list.

    Raises:
        Refusal: it says that it is another list, or its month is published.
        WriteError: it cannot be written.
    """
    place = _place(workspace, month, kind, file)
    data = file.read_bytes()
    if place.is_file() and place.read_bytes() == data:
        return unchanged("list")
    marked = marked_origin(file)
    wanted = Origin(kind, workspace.scheme()[0].name, month=month if kind in OF_MONTH else "")
    if marked is not None and _contradicts(marked, wanted):
        facts = {"path": file.name, "found": marked.marker(), "expected": wanted.marker()}
        raise Refusal(Finding("XK-W070", file.name, facts=facts))
    sentences = [f"{place.name} 已放入。"]
    if place.is_file():
        home = workspace.root if kind in OF_WORKSPACE else MonthFolder(workspace, month).path
        earlier = home / EARLIER / f"{place.stem}-{hash_of(place)[:8]}{place.suffix}"
        write_file(earlier, place.read_bytes())
        sentences.append(f"原来的留在 {EARLIER}/{earlier.name}。")
    write_file(place, data)
    return StepResult("list", True, tuple(sentences))


def _place(workspace: Workspace, month: str, kind: str, file: Path) -> Path:
    if kind in OF_WORKSPACE:
        return workspace.root / OF_WORKSPACE[kind]
    folder = MonthFolder(workspace, month)
    record = folder.record()
    if not State.OPEN <= record.state <= State.SCORED:
        raise refuse("放入清单", f"{month} 现在是{record.state.word}", "xlkpi month status")
    if kind == "inspections" and (known := _of_supervisor(folder, file)):
        return known
    return folder.path / OF_MONTH[kind]


def _of_supervisor(folder: MonthFolder, file: Path) -> Path | None:
    """The supervisor's workbook that a file takes the place of, told by its name; None where there are none."""
    several = [path for path in folder.inspection_lists() if path.parent != folder.path]
    if not several:
        return None
    match = next((path for path in several if path.name == file.name), None)
    if match is None:
        names = "、".join(path.name for path in several)
        raise refuse("放入清单", f"检查情况/ 里没有 {file.name}（有：{names}）", "用督导那张表原来的名字")
    return match


def _contradicts(marked: Origin, wanted: Origin) -> bool:
    pairs = ((marked.kind, wanted.kind), (marked.scheme, wanted.scheme), (marked.month, wanted.month))
    return any(known and expected and known != expected for known, expected in pairs)
