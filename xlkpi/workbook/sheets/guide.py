"""说明: how to fill in, the legend, deadline and contact, and the way to the other sheets."""

from __future__ import annotations

from xlkpi.scheme.cells import CONTACT, DEADLINE, DEALER, DEALER_NAME, GREEN, MONTH, RED, YELLOW
from xlkpi.scheme.formulas import Formula
from xlkpi.workbook.plan import SheetPlan, WorkbookPlan
from xlkpi.workbook.sheets.indicators import is_full

TITLE = "说明"

_STEPS = (
    ("填报", "到“填报”页，只填黄色格子：本月数和备注。其余格子已锁定，不必也不能改。"),
    ("填报", "填的时候看右边“校验”一栏：空白表示没有问题；有红字就照着改。页首显示已填几项、还有几处错误。"),
    ("绩效考核表", "“绩效考核表”随填随算：目标、实绩、完成率、得分和计算说明都是公式，点开就能看到怎么算的。"),
    ("", "没有发生的项目填 0，不要空着。空着按“未填”处理，总分只能暂定。"),
    ("", "不要插入或删除行列，不要改工作表的名字，不要把内容复制到新建的工作簿。"),
    ("", "填好后保存为 .xlsx，在截止日前发回总部；文件名不要改。"),
)

_PAGES = {
    "看板": "经理先看这一页：总分、完成率、失分最多的项目、趋势",
    "填报": "经销商填写的唯一一页（有修理单日报的，日报也要填）",
    "修理单日报": "每张修理单一行，自动汇总到月；与手填的数对照",
    "绩效考核表": "得分和计算说明，签字盖章用",
    "指标分析": "各项指标的本月值、标准和评价",
    "目标管理": "年度目标分解到月，累计、差距、以后每月还需多少",
    "诊断改善": "本月哪里偏离标准，可能的原因和对策，谁在哪天以前做完",
    "全部诊断": "方案里的全部诊断；在这里填责任人和完成日期，逐月带过来",
    "计分过程": "从填报数到得分的每一步",
    "本店资料": "总部下达的资料、目标和往月数，已锁定",
}

_LEGEND = (
    ("input_sample", "黄色", "经销商填写"),
    ("inspection", "蓝色", "总部检查人员填写（检查情况）"),
    ("computed", "灰色", "公式，自动计算"),
    ("veto", "红字", "否决，或校验发现的错误"),
    ("open", "橙色", "未填、暂定"),
)

_LIGHTS = (
    ("green_light", GREEN, "达到标准；没有标准的，达到目标"),
    ("yellow_light", YELLOW, "离标准（目标）不到 {near}"),
    ("red_light", RED, "离标准（目标）超过 {near}"),
)


def add(plan: WorkbookPlan) -> None:
    """Put the sheet in front of all others; it is made last, since it leads to each of them."""
    sheet = SheetPlan(TITLE, widths=(7, 16, 78), last_printed_column=3, tab_colour="7F7F7F")
    titles = [other.title for other in plan.sheets if not other.hidden]
    plan.sheets.insert(0, sheet)
    sheet.head(f"{plan.scheme.title}　填表说明", 3, way_home=False)
    row = 3
    for label, value in (
        ("经销商", Formula(f'{DEALER_NAME}&"（"&{DEALER}&"）"')),
        ("考核月份", Formula(MONTH)),
        ("截止日期", Formula(DEADLINE)),
        ("联系人", Formula(f'IF({CONTACT}="","",{CONTACT})')),
    ):
        sheet.put(1, row, label, "label")
        sheet.merge(1, row, 2, row)
        sheet.put(3, row, value, "strong")
        sheet.heights[row] = 21
        row += 1
    row = _section(sheet, row + 1, "怎么填")
    for number, (target, text) in enumerate(_STEPS, 1):
        sheet.put(1, row, number, "number")
        sheet.put(2, row, f"→ {target}" if target else None, "link" if target else "text", link=target)
        sheet.put(3, row, text, "text")
        sheet.heights[row] = 24
        row += 1
    row = _section(sheet, row + 1, "各页")
    for title in titles:
        sheet.put(1, row, "→", "number")
        sheet.put(2, row, title, "link", link=title)
        sheet.put(3, row, _PAGES.get(title, ""), "text")
        sheet.heights[row] = 20
        row += 1
    row = _section(sheet, row + 1, "颜色")
    lights = _LIGHTS if is_full(plan.scheme) else ()
    for style, word, meaning in (*_LEGEND, *lights):
        sheet.put(1, row, None, style)
        sheet.put(2, row, word, "text")
        sheet.put(3, row, meaning.format(near=plan.scheme.near), "text")
        sheet.heights[row] = 19
        row += 1
    row = _section(sheet, row + 1, "怎么评分")
    lines = (plan.scheme.description, *plan.scheme.instructions, *_ORDER)
    for line in (line for line in lines if line):
        sheet.put(1, row, "·", "number")
        sheet.put(2, row, line, "text")
        sheet.merge(2, row, 3, row)
        sheet.heights[row] = 36 if len(line) > 56 else 21
        row += 1


_ORDER = (
    "计分顺序：基础分 → 扣分（扣到 0 为止）→ 细项否决 → 不适用折算 → 本组否决 → 加分 → 一票否决 → 四舍五入 → 等级。",
    "得分以总部下达的目标、公式和检查情况为准；文件里改动了这些内容，不影响得分，只会列为问题。",
    "对得分有疑问，请看“绩效考核表”的计算说明和“计分过程”，逐条核对后向联系人提出。",
)


def _section(sheet: SheetPlan, row: int, text: str) -> int:
    sheet.put(1, row, text, "header")
    sheet.merge(1, row, 3, row)
    sheet.heights[row] = 22
    return row + 1
