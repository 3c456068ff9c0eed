"""What the cells of a workbook are called: identity, totals, and the names made from fields, items and clauses."""

from __future__ import annotations

# Names that every workbook has, whatever its scheme. Identity and totals; a scheme may not define them again.
DEALER, DEALER_NAME, REGION, MONTH = "经销商代码", "经销商名称", "区域", "考核月份"
DEADLINE, CONTACT = "填报截止日", "联系人"
IDENTITY = (DEALER, DEALER_NAME, REGION, MONTH, DEADLINE, CONTACT)

BEFORE_VETO, TOTAL, CEILING = "总分_否决前", "总分", "总分_最高"
TOTAL_VETO, PUBLISHED, GRADE, STATUS = "总分_否决", "公布总分", "等级", "评定状态"
SHOWS = "是"
COLUMN = "column"  # the kind of a name that stands for a table's column
LOW, HIGH, ON_GUIDE = "偏低", "偏高", "达标"
GREEN, YELLOW, RED = "绿", "黄", "红"
BONUS, BONUS_CEILING, BONUS_BEFORE = "加分", "加分_最高", "加分_否决前"

# Headquarters' plan of the year for a field that has a target, and what 目标管理 makes of it.
PERSON, REWARD, BEFORE_YEAR, BEFORE_QUARTER = "责任人", "奖励线", "本年以前", "本季以前"
MONTHS = tuple(f"{month}月目标" for month in range(1, 13))
YEAR_TARGET, QUARTER_TARGET, YEAR_TO_DATE, QUARTER_TO_DATE = "年度目标", "季度目标", "本年累计", "本季累计"


def of_field(field_name: str, part: str) -> str:
    """A name derived from a field, item or group: `接车台次_完成率`, `接车台次_得分`."""
    return f"{field_name}_{part}"


def of_diagnosis(number: int, part: str) -> str:
    """A name of the diagnosis with that number: `诊断_001_触发`."""
    return f"诊断_{number:03d}_{part}"


def of_clause(item: str, number: int, part: str = "") -> str:
    """The name of a clause's outcome, numbered from 1, or of its sentence: `计划执行_第1条`, `计划执行_第1条_说明`."""
    return f"{item}_第{number}条" + (f"_{part}" if part else "")
