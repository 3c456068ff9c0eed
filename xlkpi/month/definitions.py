"""What a reader of scores.json needs of the scheme: words in both languages, units, standards, causes, measures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from xlkpi.scheme import parts
from xlkpi.scheme.cells import of_field
from xlkpi.scheme.entries import Diagnosis, Indicator, SchemeField
from xlkpi.scheme.formulas import number_value
from xlkpi.scheme.model import Group, Item, Scheme


@dataclass(frozen=True, slots=True)
class GroupWords:
    """A group: its points, and what becomes of them where an item is 不适用 (rescale, full or zero)."""

    name: str
    en: str
    points: float
    not_applicable: str = "rescale"


@dataclass(frozen=True, slots=True)
class ClauseWords:
    """A clause; `inspection` is the field or indicator that it judges."""

    text: str
    en: str
    inspection: str


@dataclass(frozen=True, slots=True)
class ItemWords:
    """An item; `of` names the field whose target and actual it shows, "" where clauses alone decide."""

    label: str
    en: str
    of: str
    bonus: bool = False
    text: str = ""
    clauses: tuple[ClauseWords, ...] = ()


@dataclass(frozen=True, slots=True)
class FieldWords:
    """A field."""

    label: str
    en: str
    unit: str
    type: str


@dataclass(frozen=True, slots=True)
class IndicatorWords:
    """An indicator; a guide's bound is None where there is none."""

    label: str
    en: str
    unit: str
    type: str
    id: str = ""
    system: str = ""
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class SystemWords:
    """A system of indicators."""

    label: str
    en: str


@dataclass(frozen=True, slots=True)
class GradeWords:
    """A grade, and from how many points on."""

    grade: str
    at_least: float


@dataclass(frozen=True, slots=True)
class DiagnosisWords:
    """A problem that an indicator shows, with its causes and counter-measures."""

    problem: str
    en: str
    of: str
    way: str
    stake_in: str
    causes: tuple[str, ...]
    measures: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Definitions:
    """A scheme as a reader of its results needs it; `decimals` are those of printed points."""

    title: str
    en: str
    decimals: int
    groups: tuple[GroupWords, ...]
    items: Mapping[str, ItemWords]
    fields: Mapping[str, FieldWords]
    indicators: Mapping[str, IndicatorWords]
    systems: Mapping[str, SystemWords]
    grades: tuple[GradeWords, ...]
    diagnoses: tuple[DiagnosisWords, ...]


def definitions(scheme: Scheme) -> Definitions:
    """The scheme's definitions."""
    targets = scheme.targets()
    return Definitions(
        title=scheme.title,
        en=scheme.en,
        decimals=scheme.display_decimals,
        groups=tuple(_group(scheme, group) for group in scheme.groups),
        items={item.name: _item(scheme, item, targets) for item in scheme.items},
        fields={name: FieldWords(e.label or name, e.en, e.unit, e.type) for name, e in scheme.fields.items()},
        indicators={
            **{of_field(name, parts.COMPLETION): _completion(name, entry) for name, entry in targets.items()},
            **{name: _indicator(name, entry) for name, entry in scheme.indicators.items()},
        },
        systems={name: SystemWords(system.label, system.en) for name, system in scheme.systems.items()},
        grades=tuple(GradeWords(grade.name, number_value(grade.at_least)) for grade in scheme.grades),
        diagnoses=tuple(_diagnosis(entry) for entry in scheme.diagnoses),
    )


def _group(scheme: Scheme, group: Group) -> GroupWords:
    return GroupWords(group.name, group.en, number_value(group.points), scheme.treatment(group))


def _item(scheme: Scheme, item: Item, targets: Mapping[str, SchemeField]) -> ItemWords:
    scored = item.scored_field
    target = targets.get(scored)
    return ItemWords(
        label=item.label or item.name,
        en=item.en or (target.en if target else ""),
        of=scored if target else "",
        bonus=item.bonus,
        text=scheme.words_of(item.text),
        clauses=tuple(ClauseWords(scheme.words_of(c.text), c.en, c.shown) for c in item.clauses),
    )


def _completion(name: str, entry: SchemeField) -> IndicatorWords:
    return IndicatorWords(f"{entry.label or name}完成率", f"{entry.en}: completion", "", "rate")


def _indicator(name: str, entry: Indicator) -> IndicatorWords:
    low, high = (entry.guide.low, entry.guide.high) if entry.guide else (None, None)
    return IndicatorWords(
        label=entry.label or name,
        en=entry.en,
        unit=entry.unit,
        type=entry.type,
        id=entry.id,
        system=entry.system,
        low=None if low is None else number_value(low),
        high=None if high is None else number_value(high),
    )


def _diagnosis(entry: Diagnosis) -> DiagnosisWords:
    return DiagnosisWords(
        problem=entry.problem,
        en=entry.en,
        of=entry.of,
        way=entry.way,
        stake_in="元" if entry.stake else "",
        causes=tuple(entry.causes),
        measures=tuple(measure.text for measure in entry.measures),
    )
