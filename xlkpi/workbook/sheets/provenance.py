"""数据来源: behind an assessed workbook, where figures came from that do not plainly stand in the one file.

It is written by operations, so the form itself is as it was issued; `scoring.trace` reads it back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from xlkpi.values import Place, Provenance, plain
from xlkpi.workbook.operations import EnsureSheet, Fill, Operation, Write

TITLE: Final = "数据来源"
HEADINGS: Final = ("项目", "单元格", "计分用的数", "来源", "没有采用的")
FIRST_ROW: Final = 4
CELLS, SOURCES, REJECTED = "B", "D", "E"  # columns that are read back
_WIDTHS: Final = (26, 18, 16, 52, 52)
_SAYS: Final = "本店的数不只一份文件时，或总部系统另有数时，每个数从哪里来；“没有采用的”列写明另一来源的数。"


def operations(provenance: Iterable[Provenance], label: Callable[[str], str]) -> Iterator[Operation]:
    """What writes the sheet; `label` is what people call a name."""
    rows = [(label(each.name), each.cell, plain(each.value), each.source, each.other or None) for each in provenance]
    yield EnsureSheet(TITLE, _WIDTHS)
    yield Write(Place(TITLE, "A1"), ((TITLE,), (_SAYS,)))
    yield Write(Place(TITLE, f"A{FIRST_ROW - 1}"), (HEADINGS, *rows), wrap=True)
    yield Fill(TITLE, "A1:E1", "#EEF2F8", bold=True)
    yield Fill(TITLE, f"A{FIRST_ROW - 1}:E{FIRST_ROW - 1}", "#D9E1F2", bold=True)
