"""Name parts: what a derived name says of the field, item, group or diagnosis before it, as 完成率 in 接车台次_完成率.

The one table of these words. Only `cells` joins them to names and takes names apart again; schemes and rules, which are
data, write the whole name.
"""

from __future__ import annotations

from typing import Final, NewType

Part = NewType("Part", str)

# A field, or an indicator that may have a target.
TARGET: Final = Part("目标")
COMPLETION: Final = Part("完成率")
LAST_MONTH: Final = Part("上月")
YEAR_AGO: Final = Part("去年同月")
RANK: Final = Part("同组名次")  # last month's, among the dealers of the same 对标组: 3/12
CHECK: Final = Part("校验")
REMARK: Final = Part("备注")
LOWER: Final = Part("下限")  # the guide's bounds
UPPER: Final = Part("上限")
JUDGEMENT: Final = Part("评价")
LIGHT: Final = Part("灯")

# A field of headquarters' own: what its cell of 检查情况 comes to, the number in it, the words that the button has
# read, and as what.
READING: Final = Part("读作")
NUMBER: Final = Part("数")
TYPED: Final = Part("原文")
INTERPRETED: Final = Part("原文读作")

# A field of headquarters' plan of the year, and what 目标管理 makes of it. A diagnosis has a person as well.
PERSON: Final = Part("责任人")
REWARD: Final = Part("奖励线")
BEFORE_YEAR: Final = Part("本年以前")
BEFORE_QUARTER: Final = Part("本季以前")
SO_FAR: Final = frozenset({BEFORE_YEAR, BEFORE_QUARTER})
MONTH_TARGETS: Final = tuple(Part(f"{month}月目标") for month in range(1, 13))
PLAN: Final = (PERSON, REWARD, BEFORE_YEAR, BEFORE_QUARTER, *MONTH_TARGETS)
"""What the plan says of a field: who, from what on a reward, actuals so far, twelve targets."""
YEAR_TARGET: Final = Part("年度目标")
QUARTER_TARGET: Final = Part("季度目标")
YEAR_TO_DATE: Final = Part("本年累计")
QUARTER_TO_DATE: Final = Part("本季累计")

# An item or a group.
POINTS: Final = Part("分值")
STANDARD: Final = Part("标准")  # the words of 考核标准, of an item or a clause
BASE_POINTS: Final = Part("基础分")
DEDUCTION: Final = Part("扣分")
STATE: Final = Part("状态")
VETO: Final = Part("否决")
BEFORE_VETO: Final = Part("否决前")
SCORE: Final = Part("得分")
CEILING: Final = Part("最高")
TRACE: Final = Part("说明")  # the sentence, of an item or a clause
APPLICABLE_POINTS: Final = Part("适用分值")
SCALING: Final = Part("折算")  # the factor by which 不适用 scales a group
SUBTOTAL: Final = Part("小计")
SUBTOTAL_CEILING: Final = Part("最高小计")
GATE: Final = Part("关口")
GATE_CEILING: Final = Part("最高关口")
DEDUCTED: Final = Part("实扣")  # what a clause really takes: an item stops at 0
GROUP_VETOES: Final = Part("本组否决")  # what fired in a group, by the scope of the veto
TOTAL_VETOES: Final = Part("一票否决")

# A diagnosis.
SHOWN: Final = Part("触发")
WEIGHT: Final = Part("轻重")
DAY_DONE: Final = Part("完成日")

CARRIED: Final = frozenset({PERSON, REWARD, *MONTH_TARGETS, DAY_DONE})
"""What a month takes over from the last one as it stands."""


def ago(months: int) -> Part:
    """The part of a figure's value so many months ago: 前3月."""
    return Part(f"前{months}月")
