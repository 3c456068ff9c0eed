"""Every system of the sources has entries in the shipped monthly schemes, and every entry says where it comes from."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from xlkpi.scheme.files import plain
from xlkpi.scheme.lined import read
from xlkpi.scheme.lint import lint_scheme
from xlkpi.scheme.load import pack_files
from xlkpi.scheme.model import Scheme
from xlkpi.scheme.names import why_unsafe

MONTHLY = ("service-monthly", "dealer-monthly")
OURS = "我们定的"

# A system of the sources, by chapter of their digest, and what stands for it: indicators, items, fields, problems.
SYSTEMS: dict[str, tuple[str, ...]] = {
    "§1 绩效考核表·经营指标": ("接车台次", "维修产值", "维修毛利", "养护品", "精品", "轮胎"),
    "§1 绩效考核表·管理指标": ("计划执行", "资金计划", "绩效管理", "质量管理", "学习成长"),
    "§2 业绩管理指标": (
        "管理内化率", "覆盖率", "管理内用户服务覆盖率", "保修登记率", "首保实施率", "用户档案记录准确率",
        "定期保养通知率", "定期保养招揽成功率", "跟踪服务成功率", "用户不满解决率", "一次维修成功率",
        "估价金额内完成率", "预定交车时间内完成率",
    ),
    "§2 工作效率管理指标": (
        "接车员日均接待台数", "维修工日均一般修理台数", "钣金工日均钣金修理台数", "喷漆工日均喷漆修理台数",
        "洗车工日均清洗台数", "接待工位日均接待台数", "一般修理工位日均修理台数", "快修工位日均修理台数",
    ),
    "§2 服务能力检证标准": ("钣喷工位效率", "单人单天机修台次", "单人单天钣喷台次", "人员配备比率"),
    "§2 经营管理指标": (
        "维修工日均机电修理营业额", "钣喷工日均钣喷修理营业额", "机电修理车辆平均零部件营业额",
        "钣喷修理车辆平均零部件营业额", "平均每台次零部件营业额", "机电修理平均修理营业额",
        "钣喷修理平均修理营业额", "平均每台次修理营业额", "固定费用覆盖率", "全店费用覆盖率", "维修毛利率",
    ),
    "§3 服务盈利": ("服务毛利润", "服务运营利润", "工时毛利润", "工时毛利率", "费用吸收率", "服务市场占有率"),
    "§3 工时销售组成比": ("服务工时销售", "实际工时单价", "客户付费工时占比", "保修工时占比", "内部工时占比"),
    "§3 工时销售监控（日报）": ("日报客户付费工时销售", "日报保修工时销售", "日报内部工时销售"),
    "§4 八大业绩指标·库存": ("整车库存周转率", "库存系数", "平均库存成本", "超库龄车比率"),
    "§4 八大业绩指标·售后毛利（维修产值的等式）": ("维修产值等于单车平均收入乘台数",),
    "§4 八大业绩指标·销售费用": (
        "集客成本", "单车促销成本", "零售单车销售佣金", "大客户单车销售佣金", "零售单车装饰赠送成本", "零售单车佣金率",
        "大客户单车佣金率", "新车销售佣金支付率", "新车装饰赠送率",
    ),
    "§4 八大业绩指标·销量": (
        "当月集客量", "新增意向客户数", "试乘试驾数", "老客户转介绍成交数", "战败客户数", "月末超库龄车台数",
        "当期销售成本", "商品车维修台次", "在途库存台数", "到货台数", "利息估算", "运费", "到货周期",
        "销售周期", "营销周期",
    ),
    "§4 八大业绩指标·厂家返利": ("季度销量达成率", "备件采购达成率", "CSI排名位次", "SSI排名位次"),
    "§4 八大运营业绩指标": (
        "销售额", "整车毛利率", "客户满意度", "销售渗透率", "二手车置换率", "缺勤率", "库存周转率", "售后服务满意度",
    ),
    "§5 售后运营标准": ("工时效率", "每技师日实际工作工时", "技术人员工时利用率", "备件满足率"),
    "§5 营收成长率": ("营收同比成长率", "营收环比成长率"),
    "§5 定期保养实施率": ("定期保养实施率_首次", "定期保养实施率_10K", "定期保养实施率_20K"),
    "§5 KPI分析与问题对策·指标": (
        "单车产值", "工位产值", "备件库存周转率", "钣喷维修比例", "技工维修效益比",
    ),
    "§5 KPI分析与问题对策·问题": (
        "营收比去年同月下降", "管理内化率偏低", "跟踪服务成功率偏低", "单车产值偏高", "单车产值偏低", "工位产值偏低",
        "备件满足率低于 95%", "备件库存周转率偏低", "费用吸收率低于 75%",
    ),
    "§5 目标管理": ("接车台次_目标", "维修产值_目标", "维修毛利_目标"),
    "§6 客户满意度（J.D. Power 权重）": ("CSI指数", "CSI服务启动", "CSI业务接待", "客户抱怨率", "忠诚度指数"),
    "§6 售后服务信用评价": ("信用服务质量", "信用技术能力", "信用投诉处理", "信用服务透明度"),
    "§6 DS-CRM": ("客户满意率", "客户留档率", "客户成交率", "展厅集客量", "回访成功率", "服务客户满意率", "客户流失率"),
    "§6 预约": ("预约率", "预约执行率"),
    "§6 关键岗位·销售顾问": (
        "销售数量季度完成率", "销售额月度完成率", "销售顾问客户满意度", "销售谈判技巧", "销售顾问售后服务质量",
    ),
    "§6 关键岗位·售后服务顾问": (
        "服务顾问客户满意度", "服务顾问售后服务质量", "维修工作量季度完成率", "维修工作效率",
    ),
    "§6 关键岗位·财务主管": ("财务报表准确性", "财务数据及时性", "成本控制效果", "财务团队管理"),
    "§6 销售人员考核": (
        "出勤率", "展厅5S点检处罚率", "客户投诉率", "工装统一率", "业务熟练程度", "业务完成度", "销售出错率",
    ),
    "§6 十三步标准流程与招揽时限": ("标准流程执行率", "招揽时限执行率", "未来店理由分类率"),
    "§6 六步核心流程": ("核心流程执行率",),
    "§6 投诉处理五步": ("投诉处理执行率",),
    "§6 带数字的店内规定": ("两日内建档率", "年度培训次数"),
}  # fmt: skip

AFTER_SALES = {system for system in SYSTEMS if system[:2] in ("§1", "§2", "§3", "§5")} | {
    "§6 客户满意度（J.D. Power 权重）"
}


@cache
def shipped(name: str) -> Scheme:
    scheme, _, problems = lint_scheme(name)
    assert problems == [], "\n".join(map(str, problems))
    assert scheme is not None
    return scheme


@cache
def entries_of(name: str) -> frozenset[str]:
    scheme = shipped(name)
    return frozenset(
        {
            *scheme.fields, *scheme.indicators, *(item.name for item in scheme.items),
            *(f"{field}_目标" for field in scheme.targets()),
            *(relation.name for relation in scheme.relations), *(d.problem for d in scheme.diagnoses),
        }
    )  # fmt: skip


@pytest.mark.parametrize("name", MONTHLY)
def test_the_monthly_schemes_are_clean(name: str) -> None:
    scheme = shipped(name)
    unsafe = {n: why_unsafe(n) for n in (*scheme.fields, *scheme.constants, *scheme.indicators) if why_unsafe(n)}
    assert unsafe == {}


@pytest.mark.parametrize("system", SYSTEMS)
def test_every_system_of_the_sources_has_its_entries(system: str) -> None:
    assert set(SYSTEMS[system]) - entries_of("dealer-monthly") == set()


@pytest.mark.parametrize("system", sorted(AFTER_SALES))
def test_the_after_sales_scheme_has_the_after_sales_systems(system: str) -> None:
    assert set(SYSTEMS[system]) - entries_of("service-monthly") == set()


def test_every_indicator_belongs_to_a_system_that_is_described() -> None:
    for name in MONTHLY:
        scheme = shipped(name)
        without = [n for n, i in scheme.indicators.items() if i.system and i.system not in scheme.systems]
        assert without == []


def test_the_numbered_indicators_are_all_there() -> None:
    ids = [indicator.id for indicator in shipped("service-monthly").indicators.values() if indicator.id]
    assert ids == [f"{s}{n}" for s, most in (("A", 13), ("B", 8), ("C", 11)) for n in range(1, most + 1)]


# ------------------------------------------------------------------ sources


def described(pack: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every entry of a pack with a name for it."""
    data = plain(read(pack_files()[pack].read_text("utf-8")))
    for kind in ("systems", "fields", "constants", "indicators", "tables"):
        for name, entry in data.get(kind, {}).items():
            yield f"{kind}.{name}", entry
            if "guide" in entry:
                yield f"{kind}.{name}.guide", entry["guide"]
    for relation in data.get("relations", []):
        yield f"relations.{relation['relation']}", relation
    for diagnosis in data.get("diagnoses", []):
        yield f"diagnoses.{diagnosis['problem']}", diagnosis
        for measure in diagnosis["measures"]:
            if measure.get("own") is False:
                yield f"diagnoses.{diagnosis['problem']}.{measure['text']}", measure


@pytest.mark.parametrize("pack", pack_files())
def test_every_entry_has_a_source_and_what_is_ours_says_so(pack: str) -> None:
    sources = [(name, entry.get("source", ""), entry.get("note", "")) for name, entry in described(pack)]
    assert [name for name, source, _ in sources if not source.startswith(("000，", "001，", "000、001", OURS))] == []
    assert [name for name, source, note in sources if source.startswith(OURS) and not note] == []


@pytest.mark.parametrize("pack", pack_files())
def test_every_lost_standard_says_that_headquarters_fills_it_in(pack: str) -> None:
    lost = [(name, entry) for name, entry in described(pack) if name.endswith(".guide") and entry.get("lost")]
    assert [name for name, entry in lost if not entry.get("note")] == []


def test_only_the_measure_that_the_source_kept_is_not_ours() -> None:
    kept = [m.text for d in shipped("service-monthly").diagnoses for m in d.measures if not m.own]
    assert kept == ["消除无效的开支：半固定费用必须按充分计划的时间表支出。"]
