"""Made-up dealers' cells for engines that must agree: clean, with wrong kinds of entries, and chaos."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from xlkpi.issue import Issue
from xlkpi.values import CellContent, Place
from xlkpi.workbook.layout import Role

NUMBERS = (0.0, 1.0, 2.0, 5.0, 100.0, 0.285, 251.0, -3.0, 1234567.89, 0.0001)
WORDS = ("不适用", "未填", "无法读取", "完成", "合格", "未完成", "x", "12", " 3 ", "TRUE")
ENTERED = (Role.ANSWER, Role.INSPECTION, Role.HISTORY, Role.TARGET, Role.REMARK)


def drawn(issue: Issue, count: int, seed: int = 1) -> Iterator[dict[Place, CellContent]]:
    """Clean, hard and chaotic cells: every third dealer is of one kind."""
    random = Random(seed)
    for number in range(count):
        chaos = (0.0, 0.1, 0.4)[number % 3]
        cells: dict[Place, CellContent] = dict(issue.stamped(next(iter(issue.roster))))
        for slot in issue.layout.of(*ENTERED):
            drawn = random.random()
            if drawn < chaos:
                cells[slot.place] = random.choice((*WORDS, True, None))
            elif drawn < 0.95:
                cells[slot.place] = random.choice(NUMBERS) if chaos else float(random.randint(0, 1000))
        for table in issue.layout.tables.values():
            for place in table.places(table.used):
                if random.random() < 0.1:
                    cells[place] = random.choice((random.randint(0, 10000) / 100, "保修", "内部", "客户付费"))
        yield cells
