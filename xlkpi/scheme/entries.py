"""What a scheme asks for: fields and constants, indicators with their guides, relations, diagnoses, tables, systems."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from xlkpi.scheme.formulas import number_value
from xlkpi.scheme.names import why_unsafe
from xlkpi.scheme.parts import LOWER, UPPER, Part
from xlkpi.scheme.types import TYPES, ColumnType, FieldType, Shape


def _safe_name(name: str) -> str:
    reason = why_unsafe(name)
    if reason:
        raise ValueError(f"the name {name!r} {reason}; keep the wording people read in `label` and choose a safe name")
    return name


def _spelled_number(value: Any) -> Any:
    """Keep a number's spelling (`40%`, `0.2%`): it is what the formula will show."""
    if isinstance(value, bool):
        raise ValueError("write a number such as 15 or 40%")
    if isinstance(value, int | float):
        value = repr(value)
    if isinstance(value, str):
        number_value(value)
    return value


def _number_said(saying: str, target: str, shape: Shape) -> None:
    """Refuse a saying that stands for neither a word nor a number."""
    try:
        number_value(target)
    except ValueError:
        raise ValueError(f"{saying!r} says {target!r}, which is none of the field's words and no number") from None
    if shape is Shape.CHOICE:
        raise ValueError(f"{saying!r} says a number, which a choice does not take")


Name = Annotated[str, AfterValidator(_safe_name)]
NumberText = Annotated[str, BeforeValidator(_spelled_number), WithJsonSchema({"type": ["number", "string"]})]
WordMeaning = Literal["met", "failed", "asserted"]
Department = Literal["财务", "前台", "车间", "配件", "客服", "销售", "人事"]
Block = Literal["本月", "历史", "总部"]


# a model's parts are built with the whole when the first scheme is read, not each for itself when this is imported
STRICT: Final = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class Entry(BaseModel):
    """What every entry of a scheme carries: its source, and a note where source or decision needs one."""

    model_config = STRICT

    source: str = Field("", description="Where it stands in the source documents: file, heading, the words themselves")
    note: str = Field("", description="What was torn, misprinted or silent in the source, or is our own decision")


class Labelled(Entry):
    """An entry with words for people."""

    label: str = Field("", description="What people read; any characters. Default: the name")
    en: str = Field(description="The English term")
    unit: str = Field("", description="The unit shown beside the figure: 台, 元, 小时; none for a rate")


class SchemeField(Labelled):
    """One figure or word that somebody enters. The key in `fields:` is its name, which formulas use."""

    type: FieldType = Field(description="What kind of value it is; decides how a cell is read and formatted")
    by: Literal["dealer", "headquarters"] = Field("dealer", description="Who enters it; headquarters' are inspections")
    definition: str = Field("", description="口径: what exactly is counted")
    asked_of: Department | None = Field(None, description="Who in the dealership knows it; fields are asked in groups")
    block: Block = Field(
        "本月",
        description="历史: a figure of earlier months. 总部: headquarters gives it with the targets. Locked once known",
    )
    target: bool = Field(False, description="Headquarters sets a monthly target: adds NAME_目标 and NAME_完成率")
    optional: bool = Field(False, description="A blank is no finding")
    not_applicable: bool = Field(False, description="The one who enters it may say 不适用")
    minimum: NumberText | None = Field(None, description="A smaller figure is a finding (XK-V004)")
    maximum: NumberText | None = Field(None, description="A greater figure is a finding (XK-V005)")
    tolerance: NumberText | None = Field(
        None,
        description="How far a figure may be off headquarters' own (XK-I047): 1% of it, or so much; for a rate, points",
    )
    words: dict[str, WordMeaning] = Field(
        default_factory=dict,
        description="Words accepted in place of a number. met, failed, or asserted: met without naming the number",
    )
    says: dict[str, NumberText | str] = Field(
        default_factory=dict,
        description="Further ways in which headquarters says one of `words`, or a number: {已收回: 完成, 没有返修: 0}",
    )
    about: tuple[str, ...] = Field(
        (), description="Words of headquarters' phrases that name the matter and judge nothing: 绩效沟通会"
    )
    beside: tuple[str, ...] = Field(
        (), description="Words that may stand beside the number and leave it as it is: 召开 in 6号召开"
    )
    units: dict[str, NumberText] = Field(
        default_factory=dict, description="Other units that a number may have, and what it is multiplied with: {周: 7}"
    )

    @model_validator(mode="after")
    def _choice_has_words(self) -> SchemeField:
        if TYPES[self.type].shape is Shape.CHOICE and not self.words:
            raise ValueError("a choice needs words: write words: {完成: met, 未完成: failed}")
        if self.by == "dealer" and self.words and TYPES[self.type].shape is not Shape.CHOICE:
            raise ValueError("words in place of a number are for headquarters' inspections: write by: headquarters")
        if self.by == "dealer" and (self.says or self.about or self.beside):
            raise ValueError("says, about and beside are for headquarters' phrases: write by: headquarters")
        for saying, target in self.says.items():
            if target not in self.words:
                _number_said(saying, target, TYPES[self.type].shape)
        return self


class Constant(Labelled):
    """A number that headquarters fixes for the month; formulas use its name."""

    type: FieldType = Field("number", description="As a field's type; decides how the number is shown")
    value: NumberText = Field(description="The number, such as 6, 2.5 or 40%")


class Guide(Entry):
    """指导值: what an indicator should be. `lost`: the source names a standard without its number, which headquarters
    fills in on the sheet."""

    low: NumberText | None = Field(None, description="下限: below it the indicator is 偏低")
    high: NumberText | None = Field(None, description="上限: above it the indicator is 偏高")
    lost: bool = Field(False, description="The source has the standard without its number: shown as 待定")

    @model_validator(mode="after")
    def _says_something(self) -> Guide:
        if (self.low is None and self.high is None) != self.lost:
            raise ValueError("a guide has low, high or both; where the source lost the number write lost: true")
        return self


class Indicator(Labelled):
    """A figure computed from others by one Excel formula over names, or the share of a checklist that was done."""

    type: FieldType = Field("number", description="As a field's type; decides how the figure is shown")
    id: str = Field("", description="Number in the source: A1, B7, …")
    system: str = Field("", description="The source system; in a pack, the pack's own")
    better: Literal["up", "down", "range"] = Field("up", description="Which way is better; range: between the bounds")
    definition: str = Field("", description="The formula in words, as 指标分析 shows it")
    formula: str = Field("", description="An Excel formula over names, without the equals sign")
    minimum: NumberText | None = Field(None, description="Less than 0 is a finding (XK-V034) but where this is given")
    maximum: NumberText | None = Field(
        None, description="Where it is judged, more is a finding (XK-V035); default of a rate: 100 %"
    )
    zero_with: Name | None = Field(
        None, description="Where this figure is 0 so is the indicator, though others that it needs are not known"
    )
    share_of: tuple[str, ...] = Field((), description="Checklist fields: the share done among those that apply")
    guide: Guide | None = Field(None, description="指导值: what the indicator is compared with")

    @model_validator(mode="after")
    def _one_way(self) -> Indicator:
        if bool(self.formula) == bool(self.share_of):
            raise ValueError("an indicator has a formula, or share_of with checklist fields; write one of them")
        return self

    @property
    def bounds(self) -> list[Part]:
        """The bounds that the guide has: 下限, 上限; a lost one is on the side from which the indicator is judged."""
        if self.guide is None:
            return []
        if self.guide.lost:
            return {"up": [LOWER], "down": [UPPER], "range": [LOWER, UPPER]}[self.better]
        return [part for part, value in ((LOWER, self.guide.low), (UPPER, self.guide.high)) if value is not None]


class Relation(Entry):
    """An identity or bound between figures, live in the 校验 cell of `at` and checked again on reading."""

    name: str = Field(alias="relation", description="A name for it")
    at: str = Field(description="The field whose 校验 cell says it")
    holds: str = Field(
        description="An Excel condition over names that is TRUE when all is well; state the tolerance in it"
    )
    text: str = Field(max_length=40, description="The words of the 校验 cell when it does not hold")
    en: str = Field(description="The words in English")


class Measure(Entry):
    """对策 against a cause. `own`: the source lost it and it is ours."""

    text: str = Field(description="What to do, in words")
    own: bool = Field(True, description="Ours, not the source's: marked ＊ on the sheet")


class Diagnosis(Entry):
    """问题 → 原因 → 对策, shown when its condition over indicators holds."""

    problem: str = Field(description="The problem as people read it")
    en: str = Field(description="The problem in English")
    of: str = Field(description="The indicator that is off")
    way: Literal["低", "高"] = Field(description="Which way the indicator is off")
    when: str = Field(description="An Excel condition over indicators, fields and standards")
    stake: str = Field(
        "", description="What is at stake, as an Excel formula (元); default: how far off the guide, in %"
    )
    causes: tuple[str, ...] = Field(description="原因, in order")
    measures: tuple[Measure, ...] = Field(description="对策, in order")


class Column(Entry):
    """A column of a table. Formulas name it TABLE_COLUMN and see its whole range."""

    en: str = Field(description="The English heading")
    type: ColumnType = Field(description="How the column's cells are read")
    words: tuple[str, ...] = Field((), description="The choices of a choice column")
    unit: str = Field("", description="The unit of its figures")
    unique: bool = Field(False, description="No two rows have the same entry here (a repair order's number): XK-V037")

    @cached_property
    def as_field(self) -> SchemeField:
        """The field whose reading rules apply to the column's cells; 不适用 has no place in a table."""
        return SchemeField(en=self.en, type=self.type, unit=self.unit, words=dict.fromkeys(self.words, "met"))


class Table(Entry):
    """A sheet with one row an event (修理单日报), which formulas roll up into the month."""

    label: str = Field("", description="The sheet's title; default: the table's name")
    en: str = Field(description="The title in English")
    definition: str = Field("", description="What one row is, and what does not belong there")
    rows: int = Field(400, ge=1, le=5000, description="How many rows the sheet has to fill in")
    columns: dict[Name, Column] = Field(description="The columns by heading, in order")


class Dashboard(Entry):
    """What 看板 shows beside the scores: the shares of a whole against their guides."""

    title: str = Field(description="The heading over the shares")
    composition: tuple[str, ...] = Field(description="Indicators that are shares of one whole, each with a guide")


class System(Entry):
    """A system of the source documents that a pack covers."""

    label: str = Field(description="The system's name as people read it")
    en: str = Field(description="The name in English")
