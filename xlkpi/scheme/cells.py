"""What the cells of a workbook are called: identity, totals, and the names made from fields, items and clauses."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from xlkpi.scheme import parts
from xlkpi.scheme.parts import Part


def of_field(name: str, part: Part) -> str:
    """A name derived from a field, indicator, item or group: `接车台次_完成率`, `接车台次_得分`."""
    return f"{name}_{part}"


def of_each(names: Iterable[str], part: Part) -> list[str]:
    """The same part of several fields, items or groups."""
    return [of_field(name, part) for name in names]


def of_column(table: str, column: str) -> str:
    """The name of a table's column: `维修明细_金额`."""
    return f"{table}_{column}"


def of_diagnosis(number: int, part: Part) -> str:
    """A name of the diagnosis with that number: `诊断_001_触发`."""
    return f"诊断_{number:03d}_{part}"


def of_clause(item: str, number: int, part: Part | None = None) -> str:
    """The name of a clause's outcome, numbered from 1, or of its sentence: `计划执行_第1条`, `计划执行_第1条_说明`."""
    return f"{item}_第{number}条" + (f"_{part}" if part else "")


def split_name(name: str) -> tuple[str, Part]:
    """What a derived name is made of: `接车台次` and `完成率`; two blanks for a name that is not derived.

    A field's own name may have a _ as well; what stands behind the last one is then no part of the table.
    """
    base, mark, part = name.rpartition("_")
    return (base, Part(part)) if base and mark else ("", Part(""))


def months_ago(part: Part) -> int | None:
    """How many months ago a value is from: 3 for 前3月, 1 for 上月, 12 for 去年同月; None for other parts."""
    counted = _AGO.fullmatch(part)
    return int(counted[1]) if counted else _NAMED_AGO.get(part)


_AGO: Final = re.compile(r"前(\d+)月")
_NAMED_AGO: Final = {parts.LAST_MONTH: 1, parts.YEAR_AGO: 12}

# Names that every workbook has, whatever its scheme. Identity and totals; a scheme may not define them again.
DEALER, DEALER_NAME, REGION, MONTH = "经销商代码", "经销商名称", "区域", "考核月份"
DEADLINE, CONTACT = "填报截止日", "联系人"
IDENTITY = (DEALER, DEALER_NAME, REGION, MONTH, DEADLINE, CONTACT)

BASIS = "评定依据"
"""Scheme, revision of the targets and hash of what a score was made of; put in when it is scored."""

FILLED_BY, CHECKED_BY, SIGNED_ON = "填报人", "审核人", "填报日期"
ATTESTED = (FILLED_BY, CHECKED_BY, SIGNED_ON)
"""Who filled in the form, who checked it, and when: in the workbooks of a scheme that asks for it."""

TOTAL, PUBLISHED, GRADE, STATUS = "总分", "公布总分", "等级", "评定状态"
BEFORE_VETO, CEILING = of_field(TOTAL, parts.BEFORE_VETO), of_field(TOTAL, parts.CEILING)
TOTAL_VETO = of_field(TOTAL, parts.VETO)
SHOWS = "是"
COLUMN = "column"  # the kind of a name that stands for a table's column
GREEN, YELLOW, RED = "绿", "黄", "红"
BONUS = "加分"
BONUS_CEILING, BONUS_BEFORE = of_field(BONUS, parts.CEILING), of_field(BONUS, parts.BEFORE_VETO)
