"""From a scheme to its formulas: every computed cell of the workbook as Excel text over names, wherever it will stand.

Names and indicators, guides, diagnoses and 校验 cells are made here, what concerns scores in `judging.py`, their
sentences in `telling.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from xlkpi.scheme import formulas, parts
from xlkpi.scheme.cells import (
    COLUMN,
    GREEN,
    IDENTITY,
    MONTH,
    RED,
    SHOWS,
    YELLOW,
    of_column,
    of_diagnosis,
    of_field,
)
from xlkpi.scheme.checks import judged_by, live_check, most_of
from xlkpi.scheme.entries import Diagnosis, Indicator, SchemeField
from xlkpi.scheme.formulary import Compiled, Formulary
from xlkpi.scheme.formulas import MISSING, NOT_APPLICABLE, Formula, Name, Number
from xlkpi.scheme.judging import Judging
from xlkpi.scheme.model import Scheme
from xlkpi.scheme.parsing import parse
from xlkpi.scheme.readings import number_typed, reading, through_readings
from xlkpi.scheme.rules import Rule, bind, render
from xlkpi.scheme.telling import Telling
from xlkpi.scheme.types import TYPES, Shape
from xlkpi.values import Judgement


def compile_scheme(scheme: Scheme, rules: Mapping[str, Rule]) -> Compiled:
    """Render every formula. What cannot be rendered is listed in `problems`; the rest is still there for lint."""
    out = Compiled()
    _Compiler(scheme, rules, out).run()
    return out


class _Compiler(Formulary):
    def run(self) -> None:
        self._name_inputs()
        for name, entry in self.scheme.inspected.items():
            self._reading(name, entry)
        self._name_indicators()
        for name, indicator in self.scheme.indicators.items():
            if indicator.share_of:
                self._try(("indicators", name, "share_of"), self._share, name, indicator.share_of)
            else:
                self._try(("indicators", name, "formula"), self._indicator, name, indicator.formula)
        for name, indicator in self.scheme.indicators.items():
            if indicator.bounds:
                self._set(
                    of_field(name, parts.JUDGEMENT), _judgement(self.out.names[name], indicator), ("indicators", name)
                )
        if self.scheme.systems:
            self._lights()
            for name in self.scheme.targets():
                self._year(name)
        for number, diagnosis in enumerate(self.scheme.diagnoses, 1):
            where = ("diagnoses", number - 1)
            self._try(where, self._diagnosis, number, diagnosis, where)
        for name in self.scheme.by("dealer"):
            self._try(("fields", name), self._check, name)
        Judging(self.scheme, self.rules, self.out).run()
        Telling(self.scheme, self.rules, self.out).run()

    # ------------------------------------------------------------ names

    def _name_inputs(self) -> None:
        names = self.out.names
        for name, entry in self.scheme.fields.items():
            names[name] = Name(
                name,
                label=entry.label or name,
                kind=entry.type,
                unit=entry.unit,
                words=tuple(entry.words.items()),
                may_be_blank=True,
                # else a dealer drops its weakest item and the others are scaled up
                always_applies=entry.by == "dealer" and not entry.not_applicable,
            )
            if entry.by == "dealer":
                last = of_field(name, parts.LAST_MONTH)
                names[last] = Name(last, f"上月{entry.label or name}", entry.type, entry.unit, may_be_blank=True)
            if entry.target:
                target = of_field(name, parts.TARGET)
                names[target] = Name(target, label="目标", kind=entry.type, unit=entry.unit, may_be_blank=True)
        planned = self.scheme.targets() if self.scheme.systems else {}
        for name, entry in planned.items():
            for part in parts.PLAN:  # the scheme may ask for them in 历史
                of_plan = Name(of_field(name, part), part, entry.type, entry.unit, may_be_blank=True)
                names.setdefault(of_plan.name, of_plan)
            for part in (parts.YEAR_TARGET, parts.QUARTER_TARGET, parts.YEAR_TO_DATE, parts.QUARTER_TO_DATE):
                names[of_field(name, part)] = Name(of_field(name, part), part, entry.type, entry.unit)
        for name, constant in self.scheme.constants.items():
            names[name] = Name(name, label=constant.label or name, kind=constant.type, unit=constant.unit)
        for title, table in self.scheme.tables.items():
            for column in table.columns:
                names[of_column(title, column)] = Name(of_column(title, column), label=column, kind=COLUMN)
        for name in IDENTITY:
            names[name] = Name(name, label=name, kind="text")

    def _reading(self, name: str, entry: SchemeField) -> None:
        """What a cell of 检查情况 comes to; whatever names the field goes by that, and not by the cell."""
        for part in (parts.TYPED, parts.INTERPRETED):
            helper = of_field(name, part)
            self.out.names[helper] = Name(helper, part, kind="text")
        cell = self.out.names[name]
        if TYPES[entry.type].shape not in (Shape.CHOICE, Shape.TEXT):
            number = number_typed(name, entry)
            self._set(of_field(name, parts.NUMBER), number, ("fields", name), kind=cell.kind, unit=cell.unit)
        reading_ = self._set(
            of_field(name, parts.READING), reading(name, entry), ("fields", name),
            label=cell.label, kind=cell.kind, unit=cell.unit, words=cell.words,
        )  # fmt: skip
        self.out.names[name] = reading_

    def _name_indicators(self) -> None:
        for name, entry in self.scheme.targets().items():
            actual, target = self.out.names[name], self.out.names[of_field(name, parts.TARGET)]
            ratio_of = (
                Name(name, "实绩", entry.type, entry.unit, actual.words, may_be_blank=True),
                Name(target.name, "目标", entry.type, entry.unit, may_be_blank=True),
            )
            completion = of_field(name, parts.COMPLETION)
            # issuing refuses a target of zero; should one come about all the same, there is no target
            ratio = Formula(f'IF({target}>0,{actual}/{target},"{MISSING}")')
            body = formulas.if_all_numbers([actual, target], ratio)
            self._set(
                completion, body, ("fields", name), label="完成率", kind="rate", words=actual.words, made_of=ratio_of
            )
        for name, indicator in self.scheme.indicators.items():
            self.out.names[name] = Name(name, indicator.label or name, indicator.type, indicator.unit)
            for bound in indicator.bounds:  # 标准 are values on the sheet, some for headquarters to fill
                label = f"{indicator.label or name}{bound}"
                standard = of_field(name, bound)
                self.out.names[standard] = Name(standard, label, indicator.type, indicator.unit, may_be_blank=True)
            if name in self.scheme.aims:
                of_target = of_field(name, parts.TARGET)
                self.out.names[of_target] = Name(of_target, "目标", indicator.type, indicator.unit, may_be_blank=True)

    def _indicator(self, name: str, text: str) -> None:
        parsed = parse(text)
        named = [self.out.resolve(part) for part in parsed.names]
        indicator = self.scheme.indicators[name]
        words = tuple(dict.fromkeys(word for part in named for word in part.words))
        ratio = tuple(named) if text.replace(" ", "") == "/".join(parsed.names) else ()
        self.out.names[name] = Name(
            name,
            indicator.label or name,
            indicator.type,
            indicator.unit,
            words,
            made_of=ratio if len(ratio) == 2 else (),
        )
        text = through_readings(text, self.out.names)
        body = Formula(text)
        if "/" in text:  # a denominator of zero means that there is nothing to judge, never #DIV/0!
            body = Formula(f'IFERROR({text},"{NOT_APPLICABLE}")')
        columns = [part for part in named if part.kind == COLUMN]
        if columns:  # an empty table has nothing to add up; that is not a zero
            body = Formula(f'IF(COUNTA({columns[0]})=0,"{MISSING}",{body})')
        numbers = [part for part in named if part.may_be_number]
        whole = formulas.if_all_numbers(numbers, body)
        if indicator.zero_with:
            zero = self.out.resolve(indicator.zero_with)
            whole = Formula(f"IF(AND(ISNUMBER({zero}),{zero}=0),0,{whole})")
        self._set(name, whole, ("indicators", name, "formula"))

    def _share(self, name: str, steps: Sequence[str]) -> None:
        """The share of a checklist: the checklist rule over one point."""
        rule = self.rules["checklist"]
        bound = bind(rule, {"of": list(steps)}, self.out.resolve)
        self._set(name, render(rule, bound, Number("1"), result=self.out.names[name]).formula, ("indicators", name))

    def _year(self, name: str) -> None:
        """Targets and actuals of year and quarter; 未填 where the plan or an earlier month is not known."""
        where, now = ("fields", name), f"VALUE(RIGHT({MONTH},2))"
        targets = [of_field(name, part) for part in parts.MONTH_TARGETS]

        def whole(months: Sequence[str]) -> str:
            listed = ",".join(months)
            return f'IF(COUNT({listed})={len(months)},SUM({listed}),"{MISSING}")'

        def to_date(before: str, begins: str) -> str:
            known = f'IF(ISNUMBER({before}),{before}+{name},IF({begins},{name},"{MISSING}"))'
            return f'IF(ISNUMBER({name}),{known},IF(ISTEXT({name}),{name},"{MISSING}"))'

        quarters = ",".join(whole(targets[first : first + 3]) for first in range(0, 12, 3))
        year, quarter = of_field(name, parts.BEFORE_YEAR), of_field(name, parts.BEFORE_QUARTER)
        self._set(of_field(name, parts.YEAR_TARGET), whole(targets), where)
        self._set(of_field(name, parts.QUARTER_TARGET), f"CHOOSE(ROUNDUP({now}/3,0),{quarters})", where)
        self._set(of_field(name, parts.YEAR_TO_DATE), to_date(year, f"{now}=1"), where)
        self._set(of_field(name, parts.QUARTER_TO_DATE), to_date(quarter, f"MOD({now},3)=1"), where)

    def _lights(self) -> None:
        """红绿灯 of all that may have a target: by the guide where one is known, else by the completion."""
        for name in self.scheme.targets():
            self._set(of_field(name, parts.LIGHT), self._by_completion(name), ("fields", name), kind="text")
        for name, indicator in self.scheme.indicators.items():
            where, light = ("indicators", name), self._by_completion(name)
            completion = _completion(self.out.names[name], indicator)
            self._set(of_field(name, parts.COMPLETION), completion, where, kind="rate")
            if indicator.bounds:
                light = f'IF(ISNUMBER({name}),{self._by_guide(name, _judged_by(name, indicator), light)},"")'
            self._set(of_field(name, parts.LIGHT), light, where, kind="text")

    def _by_completion(self, name: str) -> str:
        completion = f"ROUND({of_field(name, parts.COMPLETION)},10)"
        near = f'IF({completion}<ROUND(1-{self.scheme.near},10),"{RED}",IF({completion}<1,"{YELLOW}","{GREEN}"))'
        return f'IF(ISNUMBER({of_field(name, parts.COMPLETION)}),{near},"")'

    def _by_guide(self, name: str, standards: Sequence[tuple[str, str]], otherwise: str) -> str:
        """黄 beyond a standard, 红 where it is further off than `near` of the standard."""
        known = formulas.either(Formula(f"ISNUMBER({standard})") for standard, _ in standards)
        sides = {"<": "-", ">": "+"}
        limits = [(s, sign, f"{s}{sides[sign]}{self.scheme.near}*ABS({s})") for s, sign in standards]
        off, far = (
            formulas.either(
                Formula(f"AND(ISNUMBER({standard}),ROUND({name},10){sign}ROUND({limit},10))")
                for standard, sign, limit in these
            )
            for these in ([(s, sign, s) for s, sign, _ in limits], limits)
        )
        return f'IF({known},IF({far},"{RED}",IF({off},"{YELLOW}","{GREEN}")),{otherwise})'

    def _diagnosis(self, number: int, diagnosis: Diagnosis, origin: tuple[str | int, ...]) -> None:
        """Whether a problem shows this month, and how heavily it weighs; both silent while a figure is missing."""
        named = [self.out.resolve(name) for name in parse(diagnosis.when).names]
        all_known = f"COUNT({','.join(name.name for name in named)})={len(named)}"
        when = through_readings(diagnosis.when, self.out.names)
        shows = f'IF({all_known},IF({when},"{SHOWS}",""),"")'
        name = self._set(of_diagnosis(number, parts.SHOWN), shows, (*origin, "when"), kind="text")
        weight = through_readings(diagnosis.stake, self.out.names) or self._gap(diagnosis)
        # a hair's difference by position keeps equal weights apart, so that the sorted list finds each of them; it
        # grows with the weight, since beside millions a fixed one is lost to rounding; and it is added, since less than
        # nothing would be shown as -0
        stake = f"IFERROR(MAX(0,{weight}),0)"
        tie_breaker = f"{len(self.scheme.diagnoses) - number + 1}*MAX(100,{stake})/10^11"
        weighed = f'IF({name}="{SHOWS}",{stake}+{tie_breaker},"")'
        self._set(of_diagnosis(number, parts.WEIGHT), weighed, (*origin, "stake"))

    def _gap(self, diagnosis: Diagnosis) -> str:
        """How far an indicator is off its guide, as a share of it."""
        side = {"低": parts.LOWER, "高": parts.UPPER}[diagnosis.way]
        standard = of_field(diagnosis.of, side)
        return f"ABS({diagnosis.of}-{standard})/{standard}" if standard in self.out.names else "0"

    def _check(self, name: str) -> None:
        """The field's 校验 cell."""
        relations = [relation for relation in self.scheme.relations if relation.at == name]
        entry = self.scheme.fields[name]
        judging = [
            limits_by_name[name] for limits_by_name in map(judged_by, self.scheme.items) if name in limits_by_name
        ]
        most = most_of(entry, [limit for limits in judging for limit in limits]) if judging else None
        formula = live_check(self.out.names[name], entry, relations, most=most)
        self._set(of_field(name, parts.CHECK), formula, ("fields", name), kind="text")


def _judged_by(name: str, indicator: Indicator) -> list[tuple[str, str]]:
    """The standards that judge an indicator, each with the sign of being off it.

    Beyond the good end of a printed band (a cover of more than 100 %) an indicator is on its guide all the same.
    """
    good = {"up": parts.UPPER, "down": parts.LOWER}.get(indicator.better)
    bounds = [bound for bound in indicator.bounds if bound != good] or indicator.bounds
    return [(of_field(name, bound), "<" if bound == parts.LOWER else ">") for bound in bounds]


def _judgement(name: Name, indicator: Indicator) -> Formula:
    """Against the guide: 偏低, 偏高 or 达标; nothing where no bound is known; the word where there is no value."""
    standards = _judged_by(name.name, indicator)
    known = formulas.either(Formula(f"ISNUMBER({standard})") for standard, _ in standards)
    text = f'IF({known},"{Judgement.ON_GUIDE}","")'
    for standard, sign in standards:
        word = Judgement.LOW if sign == "<" else Judgement.HIGH
        text = f'IF(AND(ISNUMBER({standard}),ROUND({name},10){sign}ROUND({standard},10)),"{word}",{text})'
    return Formula(f"IF(ISNUMBER({name}),{text},{name})")


def _completion(name: Name, indicator: Indicator) -> Formula:
    """How far an indicator's own target is reached: actual ÷ target; where less is better, 2 − actual ÷ target.

    So 100 % and more always means reached. Nothing where headquarters set no target.
    """
    target = of_field(name.name, parts.TARGET)
    ratio = f"2-{name}/{target}" if indicator.better == "down" else f"{name}/{target}"
    return Formula(
        f'IF({target}="","",IF(ISNUMBER({target}),IF({target}>0,IF(ISNUMBER({name}),{ratio},{name}),"{NOT_APPLICABLE}"),'
        f"{target}))"
    )
