"""The scheme (方案): how what is asked (`entries`) is judged. Frozen pydantic models; their JSON Schema is for editors.

The models check shapes and single values. What concerns several entries together (do the points add up, does every
formula resolve) is lint's business, so that one wrong entry never hides another.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from xlkpi.findings import Ruling, Severity
from xlkpi.scheme.cells import split_name
from xlkpi.scheme.entries import (
    STRICT,
    Constant,
    Dashboard,
    Diagnosis,
    Entry,
    Indicator,
    Labelled,
    Name,
    NumberText,
    Relation,
    SchemeField,
    System,
    Table,
)
from xlkpi.scheme.formulas import number_value, text_without_names
from xlkpi.scheme.parsing import judged
from xlkpi.scheme.parts import COMPLETION
from xlkpi.values import MONTH_PATTERN, VETO_OF


def _requirement(text: str) -> str:
    judged(text)
    return text


def _quoted_version(value: Any) -> Any:
    if not isinstance(value, str):
        raise ValueError(f'write the version in quotes: "{value}" (2026.10 without quotes would become 2026.1)')
    return value


Requirement = Annotated[str, AfterValidator(_requirement)]
Month = Annotated[str, Field(pattern=f"^{MONTH_PATTERN}$")]
Scope = Literal["item", "group", "total"]
WhenZero = Literal["full", "zero", "not_applicable"]


class Clause(Entry):
    """One sentence of 考核标准 that deducts or vetoes. The grammar is closed:

    `{each: NAME, lose: 5, most: 10}` · `{require: NAME>=90%, lose: 5}` · `{require: NAME, else: 否决, scope: group}`.
    """

    model_config = ConfigDict(**STRICT, populate_by_name=True)

    text: str = Field(description="The clause as people read it; {NAME} shows a value")
    en: str = Field("", description="The clause in English, for the report")
    each: str | None = Field(None, description="The field that counts occurrences")
    require: Requirement | None = Field(None, description="The requirement: NAME>=LIMIT, or NAME whose words decide")
    lose: NumberText | None = Field(None, description="Points lost per occurrence, or when the requirement is not met")
    most: NumberText | None = Field(None, description="With each: at most so many points lost")
    otherwise: Literal["否决"] | None = Field(None, alias="else", description="否决: the fault vetoes")
    scope: Scope | None = Field(None, description="What a veto takes to zero; default by the scheme")
    inspection: str = Field("", description="The field shown under 检查情况; default: the one that is judged")

    @model_validator(mode="after")
    def _closed_grammar(self) -> Clause:
        form = (self.each is not None, self.require is not None, self.lose is not None, self.otherwise is not None)
        if form not in {(True, False, True, False), (False, True, True, False), (False, True, False, True)}:
            raise ValueError(
                "a clause is one of {each: NAME, lose: N}, {require: NAME>=LIMIT, lose: N}, "
                "{require: NAME>=LIMIT, else: 否决}"
            )
        if self.scope and not self.otherwise:
            raise ValueError("scope belongs to a veto: write it beside else: 否决")
        if self.most is not None and self.each is None:
            raise ValueError("most belongs to each")
        return self

    @property
    def subject(self) -> str:
        """The name that is judged or counted."""
        return self.each if self.each is not None else judged(self.require or "")[0]

    @property
    def shown(self) -> str:
        """The name whose value stands under 检查情况."""
        return self.inspection or self.subject


class Score(BaseModel):
    """The scoring rule of an item: `{RULE: NAME}` or `{RULE: {of: NAME, PARAMETER: VALUE}}`."""

    model_config = STRICT

    rule: str = Field(description="The rule's name")
    arguments: dict[str, Any] = Field(description="The rule's parameters; `of` is what is judged")

    @model_validator(mode="before")
    @classmethod
    def _shorthand(cls, data: Any) -> Any:
        if not isinstance(data, dict) or set(data) == {"rule", "arguments"}:
            return data
        if len(data) != 1:
            raise ValueError("write one rule: {proportional: NAME} or {threshold: {of: NAME, full_at: 40%}}")
        rule, arguments = next(iter(data.items()))
        return {"rule": rule, "arguments": dict(arguments) if isinstance(arguments, dict) else {"of": arguments}}


class Item(Labelled):
    """细项: points, a scoring rule (none: it starts full), and clauses."""

    en: str = Field("", description="The English term; default: that of the field that is scored")
    name: Name = Field(alias="item", description="The item's name; cells are named after it (NAME_得分)")
    points: NumberText = Field(description="What the item is worth at most")
    bonus: bool = Field(
        False, description="加分: its points come on top of the group's; none on a vetoed group or total"
    )
    evidence: str = Field("", description="依据; default: the group's")
    text: str = Field("", description="The rule as people read it under 考核标准")
    score: Score | None = Field(None, description="The scoring rule: {proportional: NAME}; none: the item starts full")
    when_zero: WhenZero | None = Field(
        None,
        description="Where the denominator of what is judged is 0: full points (clauses are met), zero (clauses are not"
        " met), or not_applicable (clauses are met). None: the item stays open and headquarters is asked",
    )
    clauses: tuple[Clause, ...] = Field((), description="What deducts or vetoes, in order")

    @property
    def judged(self) -> tuple[str, ...]:
        """The names that the scoring rule judges: one, several of a checklist, none where clauses alone decide."""
        of = self.score.arguments.get("of") if self.score else None
        return tuple(name for name in (of if isinstance(of, list | tuple) else [of]) if isinstance(name, str))

    @property
    def scored_field(self) -> str:
        """The field whose completion, or whose value, the item is scored by; "" where clauses alone decide."""
        of = self.score.arguments.get("of") if self.score else None
        if not isinstance(of, str):
            return ""
        base, part = split_name(of)
        return base if part == COMPLETION else of


class Gate(Entry):
    """关口: the group must reach a share of its points, else the group or the total is vetoed."""

    at_least: NumberText = Field(description="The share of the group's points that it must earn, such as 60%")
    scope: Literal["group", "total"] = Field("group", description="What missing the gate takes to zero")
    text: str = Field("", description="The gate as people read it")


class Group(Entry):
    """考核项: items whose points add up to the group's."""

    name: Name = Field(alias="group", description="The group's name; cells are named after it (NAME_得分)")
    en: str = Field("", description="The English term")
    points: NumberText = Field(description="What its items add up to, bonus apart")
    evidence: str = Field("", description="依据 of its items: 财务, 公告, 记录, …")
    gate: Gate | None = Field(None, description="关口: what the group must earn")
    not_applicable: Literal["rescale", "full", "zero"] | None = Field(None, description="Default by the scheme")
    items: tuple[Item, ...] = Field(description="The items, in order")

    @property
    def gate_words(self) -> str:
        """The gate as people read it; nothing where the group has none."""
        if self.gate is None:
            return ""
        least = number_value(self.gate.at_least) * number_value(self.points)
        takes = VETO_OF[self.gate.scope]
        return self.gate.text or f"本组得分低于 {self.gate.at_least}（{least:.10g} 分）：{takes}"


class Grade(Entry):
    """等级: from so many points on."""

    name: str = Field(alias="grade", description="The word for it")
    at_least: NumberText = Field(description="Published points from which it is given")


class Defaults(BaseModel):
    """What clauses and groups mean where they say nothing."""

    model_config = STRICT

    veto: Scope = Field("item", description="What a veto takes to zero where its clause has no scope")
    not_applicable: Literal["rescale", "full", "zero"] = Field(
        "rescale", description="An item that is 不适用: scale its group, give full points, or none"
    )


class Plausibility(BaseModel):
    """When a figure that breaks no rule is still worth a warning. Warnings move no score."""

    model_config = STRICT

    months: int = Field(6, ge=3, description="Median and MAD of a dealer's own past need at least so many months")
    deviations: float = Field(6, gt=0, description="A jump is more than so many times 1.4826 × MAD off the median …")
    change: NumberText = Field("50%", description="… and at least this share of it (rates among peers: so many points)")
    least_spread: NumberText = Field("5%", description="1.4826 × MAD is taken as at least this share of the median")
    leap: float = Field(10, gt=1, description="With fewer months: at least so many times, or that part of, the median")
    months_for_sign: int = Field(3, ge=1, description="A change of sign needs at least so many months of one sign")
    slip_within: float = Field(
        3, gt=1, description="10,000 times the usual amount, give or take this factor: 元 for 万元"
    )
    peers: int = Field(8, ge=3, description="A comparison needs at least so many dealers with a figure")
    peer_factor: float = Field(
        10, gt=1, description="Far from the peers: at least so many times, or that part of, theirs"
    )
    same: int = Field(
        6, ge=3, description="At least so many equal figures: last month's, or another dealer's, sent again"
    )
    rows_off: int = Field(4, ge=3, description="So many figures like last month's of the row above: a block pasted off")
    without: tuple[str, ...] = Field((), description="Fields that are not compared")


class Valid(BaseModel):
    """The months for which the scheme may be issued."""

    model_config = ConfigDict(**STRICT, populate_by_name=True)

    since: Month = Field(alias="from", description="The first month, YYYY-MM")
    until: Month | None = Field(None, description="The last month, YYYY-MM; none: open")

    def covers(self, month: str) -> bool:
        """Whether a month (YYYY-MM) lies inside."""
        return self.since <= month and (self.until is None or month <= self.until)


class Inspecting(BaseModel):
    """Which inspection counts where a dealer was inspected more than once in a month."""

    model_config = STRICT

    several: Literal["agree", "last", "first"] = Field(
        "agree", description="Several inspections: they must agree, or the last or the first by 检查日期 counts"
    )
    reinspection: Literal["replaces", "recorded"] = Field(
        "replaces", description="复查: it replaces what was inspected before, or is only recorded beside it"
    )


class CodeRuling(BaseModel):
    """What this scheme makes of a finding's code: another severity, or off; never without reason and first month."""

    model_config = ConfigDict(**STRICT, populate_by_name=True)

    severity: Literal["error", "warning", "notice", "off", "probation"] = Field(
        description="The severity here; off: not reported; probation: a notice for headquarters, not sent to dealers"
    )
    reason: str = Field(min_length=2, description="Why; stands beside every finding that it changes")
    since: Month = Field(alias="from", description="The first month for which it holds, YYYY-MM")
    until: Month | None = Field(None, description="The last month, YYYY-MM; none: open")

    def ruling(self, code: str) -> Ruling:
        """As it is applied."""
        probation = self.severity == "probation"
        severity = Severity.NOTICE if probation else None if self.severity == "off" else Severity[self.severity.upper()]
        return Ruling(code, severity, self.reason, first=self.since, last=self.until or "", probation=probation)


class Scheme(Entry):
    """A scheme as a whole; `templates/schemes/<scheme>/*.yaml` taken together."""

    name: str = Field(
        alias="scheme", pattern=r"^[a-z][a-z0-9-]*$", description="The scheme's name: small letters, digits, hyphens"
    )
    title: str = Field(description="The title of the assessment sheet")
    en: str = Field(description="The title in English")
    version: Annotated[str, BeforeValidator(_quoted_version)] = Field(description='In quotes: "2026.1"')
    valid: Valid = Field(description="The months for which it may be issued")
    description: str = Field("", description="What the scheme is for, as its page and the 说明 sheet say")
    defaults: Defaults = Field(Defaults(), description="What clauses and groups mean where they say nothing")
    plausibility: Plausibility = Field(Plausibility(), description="Thresholds of the warnings XK-P…")
    deadline_day: int = Field(5, ge=1, le=28, description="Day of the following month by which dealers send")
    copies: Literal["latest", "joined"] = Field(
        "latest",
        description="Several copies of one dealer: the latest counts, or those that its departments filled are joined",
    )
    inspections: Inspecting = Field(Inspecting(), description="Which of several inspections counts")
    attestation: Literal["none", "asked", "required"] = Field(
        "none", description="Whether the form asks for 填报人, 审核人 and 填报日期, and whether it must have them"
    )
    near: NumberText = Field("10%", description="红绿灯: so far off its guide or target an indicator is 黄, beyond 红")
    round_items: int | None = Field(None, ge=0, le=6, description="Round item scores; the total adds the rounded")
    display_decimals: int = Field(1, ge=0, le=6, description="Digits of the published total; grade and rank use it")
    bonus_most: NumberText | None = Field(None, description="All bonus items together earn at most so many points")
    instructions: tuple[str, ...] = Field((), description="Lines of the 说明 sheet particular to this scheme")
    fields: dict[Name, SchemeField] = Field(description="What people enter, by name; formulas use the name")
    constants: dict[Name, Constant] = Field(
        default_factory=dict, description="Numbers that headquarters fixes, by name"
    )
    indicators: dict[Name, Indicator] = Field(default_factory=dict, description="Computed figures, by name")
    packs: tuple[str, ...] = Field((), description="Packs of templates/packs/, or schemes, that this scheme takes in")
    systems: dict[str, System] = Field(
        default_factory=dict, description="The systems that its indicators belong to; adds the analysis sheets"
    )
    required: tuple[Name, ...] = Field((), description="Fields that a pack leaves optional and this scheme needs")
    tables: dict[Name, Table] = Field(default_factory=dict, description="Sheets with one row an event, by name")
    dashboard: Dashboard | None = Field(None, description="What 看板 shows beside the scores")
    relations: tuple[Relation, ...] = Field((), description="Identities and bounds between figures")
    diagnoses: tuple[Diagnosis, ...] = Field((), description="Problems with their causes and measures")
    groups: tuple[Group, ...] = Field((), description="考核项 with their items, in order")
    grades: tuple[Grade, ...] = Field((), description="等级, from the highest down")
    findings: dict[str, CodeRuling] = Field(
        default_factory=dict, description="Codes (XK-R001) that are switched off or have another severity here"
    )

    @property
    def rulings(self) -> tuple[Ruling, ...]:
        """The scheme's own word on codes."""
        return tuple(entry.ruling(code) for code, entry in self.findings.items())

    @property
    def points(self) -> float:
        """Points of all groups, bonus apart."""
        return math.fsum(number_value(group.points) for group in self.groups)

    @property
    def items(self) -> tuple[Item, ...]:
        """All items in order."""
        return tuple(item for group in self.groups for item in group.items)

    def entry(self, name: str) -> SchemeField | Indicator | Constant | None:
        """What a name stands for, as the scheme says it; None for derived names and what it does not know."""
        return self.fields.get(name) or self.indicators.get(name) or self.constants.get(name)

    def label(self, name: str) -> str:
        """What people call a field, indicator or constant; another name as it stands."""
        entry = self.entry(name)
        return (entry.label if entry else "") or name

    def scope(self, clause: Clause) -> Scope:
        """What a veto clause takes to zero."""
        return clause.scope or self.defaults.veto

    def treatment(self, group: Group) -> str:
        """What becomes of a group's points where an item is 不适用: rescale, full or zero."""
        return group.not_applicable or self.defaults.not_applicable

    def words_of(self, text: str) -> str:
        """A clause's words where no dealer's values are there: constants are filled in."""
        known = {name: f"{c.value} {c.unit}".strip() for name, c in self.constants.items()}
        return text_without_names(text, known)

    def by(self, who: Literal["dealer", "headquarters"]) -> dict[str, SchemeField]:
        """The fields that somebody enters."""
        return {name: field for name, field in self.fields.items() if field.by == who}

    @property
    def inspected(self) -> Mapping[str, SchemeField]:
        """The fields of headquarters that items are judged by: those that stand under 检查情况, in the items' order."""
        theirs = self.by("headquarters")
        named: dict[str, None] = {}
        for item in self.items:
            named |= dict.fromkeys((*item.judged, *(clause.shown for clause in item.clauses)))
        return {name: theirs[name] for name in named if name in theirs}

    def targets(self) -> dict[str, SchemeField]:
        """The fields that have a monthly target."""
        return {name: field for name, field in self.fields.items() if field.target}

    def headquarters_figures(self) -> dict[str, SchemeField]:
        """The fields that headquarters gives with the targets; a dealer is asked where it did not."""
        return {name: field for name, field in self.fields.items() if field.block == "总部"}

    @cached_property
    def aims(self) -> Mapping[str, SchemeField]:
        """All that may have a target: fields that must, and the indicators of a scheme with systems (as fields)."""
        indicators = self.indicators if self.systems else {}
        return self.targets() | {
            name: SchemeField(en=entry.en, label=entry.label, unit=entry.unit, type=entry.type)
            for name, entry in indicators.items()
        }
