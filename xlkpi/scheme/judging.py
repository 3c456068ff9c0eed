"""Judging: the formulas between an item's figures and the grade, in their one order.

base points → deductions → floor 0 → item veto → 不适用 scaling within the group → group veto and gate → bonus →
total veto → rounding → grade. What is missing counts as if it were lost in the total, and as if it were earned in the
ceiling (最高), so the total of a provisional assessment is a range.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from xlkpi.scheme import formulas, parts
from xlkpi.scheme.cells import (
    BEFORE_VETO,
    BONUS,
    BONUS_BEFORE,
    BONUS_CEILING,
    CEILING,
    GRADE,
    PUBLISHED,
    STATUS,
    TOTAL,
    TOTAL_VETO,
    of_clause,
    of_each,
    of_field,
)
from xlkpi.scheme.formulary import Formulary
from xlkpi.scheme.formulas import MISSING, NOT_APPLICABLE, UNREADABLE, Formula, Name, Number, Term, Text
from xlkpi.scheme.model import Clause, Gate, Group, Item
from xlkpi.scheme.ratios import is_zero_denominator
from xlkpi.scheme.rules import Rendered, Rule, bind, render
from xlkpi.values import PROVISIONAL, SCORED, VETO_OF, VETOED

MET: Final = "达到"  # as the rule clause-veto says it
_ZERO_SAYS: Final = {
    "full": "，分母为 0，按方案得满分",
    "zero": "，分母为 0，按方案不得分",
    "not_applicable": "，分母为 0，按方案不适用",
    None: "，分母为 0，方案没有写明怎样计分，请总部裁定",
}


class Judging(Formulary):
    """Sets every formula of groups, items, clauses and totals."""

    def run(self) -> None:
        """Set them all; what cannot be rendered is listed in the compiled scheme's problems."""
        for index, group in enumerate(self.scheme.groups):
            self._group(index, group)
        self._totals()

    def _group(self, index: int, group: Group) -> None:
        origin: tuple[str | int, ...] = ("groups", index)
        name = group.name
        points = self._set(of_field(name, parts.POINTS), Number(group.points), origin, kind="points")
        factor = Name(of_field(name, parts.SCALING), kind="factor")
        self.out.names[factor.name] = factor
        treatment = self._treatment(group)
        for position, item in enumerate(group.items):
            self._item((*origin, "items", position), item, factor, treatment)
        scored = [item.name for item in group.items if not item.bonus]
        states, worth = of_each(scored, parts.STATE), of_each(scored, parts.POINTS)
        terms = "+".join(f'IF({s}="{NOT_APPLICABLE}",0,{w})' for s, w in zip(states, worth, strict=True))
        applicable = self._set(of_field(name, parts.APPLICABLE_POINTS), terms or "0", origin, kind="points")
        # a group of nothing but bonus items has nothing to scale
        rendered = render(treatment, {"applicable": applicable}, points) if scored else None
        self._set(factor.name, (rendered and rendered.factor) or "1", origin)

        scores, ceilings = of_each(scored, parts.SCORE), of_each(scored, parts.CEILING)
        earned = self._set(of_field(name, parts.SUBTOTAL), _sum(scores), origin, kind="points")
        reached = f"IF({factor}=0,{points},{_sum(ceilings)})"  # a whole group 不适用 is open
        best = self._set(of_field(name, parts.SUBTOTAL_CEILING), reached, origin, kind="points")
        gates = (
            [
                self._gate(group.gate, sum_, points, of_field(name, part), (*origin, "gate"))
                for sum_, part in ((earned, parts.GATE), (best, parts.GATE_CEILING))
            ]
            if group.gate
            else []
        )
        group_gates = gates if group.gate and group.gate.scope == "group" else []
        vetoes = self._vetoes("group", group.items)
        veto = self._set(of_field(name, parts.VETO), _veto(vetoes, group_gates), origin, kind="text")
        self._set(of_field(name, parts.BEFORE_VETO), self._scaled_sum(scored, factor), origin, kind="points")
        self._set(of_field(name, parts.SCORE), f'IF({veto}="",{earned},0)', origin, kind="points")
        self._set(of_field(name, parts.CEILING), _unless_vetoed(vetoes + group_gates[1:], best), origin, kind="points")

    def _scaled_sum(self, items: Sequence[str], factor: Name) -> str:
        points = of_each(items, parts.BEFORE_VETO)
        if self._rounds:  # people add up rounded items by calculator, so the sum is of rounded items
            return "+".join(self._rounded(f"{name}*{factor}") for name in points) or "0"
        return f"{_sum(points)}*{factor}"

    def _treatment(self, group: Group) -> Rule:
        return self.rules[f"not-applicable-{self.scheme.treatment(group)}"]

    def _gate(self, gate: Gate, earned: Name, points: Name, name: str, origin: tuple[str | int, ...]) -> str:
        rendered = render(self.rules["gate"], {"of": earned, "at_least": Number(gate.at_least)}, points)
        return self._set(name, rendered.formula, origin, kind="text").name

    def _item(self, origin: tuple[str | int, ...], item: Item, factor: Name, treatment: Rule) -> None:
        name = item.name
        points = self._set(of_field(name, parts.POINTS), Number(item.points), origin, kind="points")
        base = Name(of_field(name, parts.BASE_POINTS), kind="points")
        self.out.names[base.name] = base
        story = self._try((*origin, "score"), self._base, item, points, base, (*origin, "score")) or Text("")
        outcomes = []
        sentences = []
        for position, clause in enumerate(item.clauses):
            where = (*origin, "clauses", position)
            compiled = self._try(where, self._clause, item, clause, position + 1, points, where)
            if compiled:
                outcomes.append((clause, compiled[0]))
                sentences.append(compiled[1])
        lost = [outcome.name for clause, outcome in outcomes if clause.lose is not None]
        vetoing = [o.name for c, o in outcomes if c.otherwise and self.scheme.scope(c) == "item"]
        every = [outcome.name for _, outcome in outcomes]
        state, veto = of_field(name, parts.STATE), of_field(name, parts.VETO)
        before, score = of_field(name, parts.BEFORE_VETO), of_field(name, parts.SCORE)
        deduction = of_field(name, parts.DEDUCTION)
        self._set(deduction, f"MIN({points},{_sum(lost)})" if lost else "0", origin, kind="points")
        self._set(veto, _veto(vetoing, missing=False), origin, kind="text")
        self._set(state, _state(base.name, every), origin, kind="text")
        when_na = str(render(treatment, {"applicable": Number("0")}, points).formula) if not item.bonus else "0"
        earned = f"MAX(0,MIN({points},{base})-{deduction})"
        else_na = f'IF({state}="{NOT_APPLICABLE}",{when_na},0)' if when_na != "0" else "0"
        self._set(before, f'IF({state}="{SCORED}",{earned},{else_na})', origin, kind="points")
        scale = "" if item.bonus else f"*{factor}"
        result = self._rounded(f'IF({veto}="{VETOED}",0,{before}{scale})')
        if when_na == "0":  # the cell says 不适用, which the sums pass over
            result = f'IF({state}="{NOT_APPLICABLE}","{NOT_APPLICABLE}",{result})'
        self._set(score, result, origin, kind="points")
        best = self._rounded(f"MAX(0,IF(ISNUMBER({base}),MIN({points},{base}),{points})-{deduction}){scale}")
        decided = f'OR({state}="{SCORED}",{state}="{NOT_APPLICABLE}")'
        ceiling = f'IF({decided},N({score}),IF({veto}="{VETOED}",0,{best}))'
        self._set(of_field(name, parts.CEILING), ceiling, origin, kind="points")
        deducted = self._deducted(item, points, base, origin)
        beyond = f'IF(ROUND({_sum(lost)}-{_sum(deducted)},10)>0,"扣完为止，","")'
        stopped = f'IF(ISNUMBER({base}),{beyond},"")&' if lost else ""
        self._set(
            of_field(name, parts.TRACE), self._trace(item, story, sentences, factor, stopped), origin, kind="text"
        )

    def _deducted(self, item: Item, points: Name, base: Name, origin: tuple[str | int, ...]) -> list[str]:
        """What each clause really takes: in their order, until the item has no more."""
        deducted: list[str] = []
        for number, clause in enumerate(item.clauses, 1):
            outcome = of_clause(item.name, number)
            if clause.lose is not None and outcome in self.out.formulas:
                remaining = f"MAX(0,MIN({points},{base})-{_sum(deducted)})"
                formula = f"IF(COUNT({base},{outcome})=2,MIN({outcome},{remaining}),0)"
                deducted.append(
                    self._set(of_clause(item.name, number, parts.DEDUCTED), formula, origin, kind="points").name
                )
        return deducted

    def _base(self, item: Item, points: Name, base: Name, origin: tuple[str | int, ...]) -> Term:
        """Set the base points; return the beginning of the item's sentence."""
        if item.score is None:
            self._set(base.name, points, origin)
            return Formula(f"{Text('起评 ')}&{formulas.rounded(points)}&{Text(' 分')}")
        rule = self.rules.get(item.score.rule)
        if rule is None or rule.kind != "score":
            known = ", ".join(sorted(r.name for r in self.rules.values() if r.kind == "score"))
            raise ValueError(f"no scoring rule is named {item.score.rule!r}: write one of {known}")
        rendered = base_points(rule, bind(rule, item.score.arguments, self.out.resolve), points, base)
        instead: Mapping[str | None, Term] = {
            "full": points,
            "zero": Number("0"),
            "not_applicable": Text(NOT_APPLICABLE),
        }
        formula, sentence = rendered.formula, rendered.sentence or Text("")
        for subject in rendered.subjects:
            zero = is_zero_denominator(subject, self.scheme, self.out)
            if zero:
                formula = Formula(f"IF({zero},{instead.get(item.when_zero, Text(MISSING))},{formula})")
                sentence_if_zero = f"{formulas.describe(subject)}&{Text(_ZERO_SAYS[item.when_zero])}"
                sentence = Formula(f"IF({zero},{sentence_if_zero},{sentence})")
        self._set(base.name, formula, origin)
        return sentence

    def _clause(
        self, item: Item, clause: Clause, number: int, points: Name, origin: tuple[str | int, ...]
    ) -> tuple[Name, Name]:
        if clause.each is not None:
            rule, arguments = self.rules["clause-each"], {"of": clause.each, "lose": clause.lose, "most": clause.most}
        elif clause.otherwise:
            rule, arguments = self.rules["clause-veto"], {"require": clause.require}
        else:
            rule, arguments = self.rules["clause-require"], {"require": clause.require, "lose": clause.lose}
        outcome = Name(of_clause(item.name, number), kind="points")
        scored = item.score.arguments.get("of") if item.score else None

        def resolve(name: str) -> Name:  # the rule's own sentence has told how the value came about; once is enough
            known = self.out.resolve(name)
            return replace(known, made_of=()) if name == scored else known

        bound = bind(rule, {k: v for k, v in arguments.items() if v is not None}, resolve)
        rendered = render(rule, bound, points, result=outcome)
        zero = is_zero_denominator(rendered.subjects[0], self.scheme, self.out)
        formula = rendered.formula
        if zero:
            met, failed = (Text(MET), Text(VETOED)) if clause.otherwise else (Number("0"), Number(clause.lose or "0"))
            instead = Text(MISSING) if item.when_zero is None else failed if item.when_zero == "zero" else met
            formula = Formula(f"IF({zero},{instead},{formula})")
        self._set(outcome.name, formula, origin)
        sentence = str(rendered.sentence)
        scope = self.scheme.scope(clause)
        if clause.otherwise and scope != "item":
            sentence += f'&IF({outcome}="{VETOED}",{Text(f"（{VETO_OF[scope]}）")},"")'
        explained = self._set(of_clause(item.name, number, parts.TRACE), sentence, origin, kind="text")
        return outcome, explained

    def _trace(self, item: Item, story: Term, sentences: Sequence[Name], factor: Name, stopped: str) -> str:
        """The item's sentence: the rule's own, each clause's, and the result with what fired."""
        name = item.name
        clauses = "".join(f"&{Text('；')}&{sentence}" for sentence in sentences)
        scaled = "" if item.bonus else f'&IF(ROUND({factor},10)=1,"","，组内折算 × "&ROUND({factor},4))'
        state, score, veto = (of_field(name, part) for part in (parts.STATE, parts.SCORE, parts.VETO))
        open_ = f'IF(OR({state}="{MISSING}",{state}="{UNREADABLE}"),"（"&{state}&"，暂按 0 分计）","")'
        result = f'IF({veto}="{VETOED}","否决，得 0 分",{open_}{scaled}&{stopped}"得 "&ROUND(N({score}),4)&" 分")'
        return f'{story}{clauses}&"。"&IF({state}="{NOT_APPLICABLE}","本项不适用",{result})'

    # ------------------------------------------------------------ totals

    def _totals(self) -> None:
        scheme, origin = self.scheme, ("groups",)
        groups = [group.name for group in scheme.groups]
        bonus = [(group.name, item.name) for group in scheme.groups for item in group.items if item.bonus]
        most = scheme.bonus_most
        for name, part, condition in (
            (BONUS, parts.SCORE, '=""'),
            (BONUS_CEILING, parts.CEILING, f'<>"{VETOED}"'),
            (BONUS_BEFORE, parts.BEFORE_VETO, ""),
        ):
            if bonus:
                if condition:  # 得分 and 最高 are rounded already where the scheme rounds
                    earned = [f"IF({of_field(g, parts.VETO)}{condition},N({of_field(i, part)}),0)" for g, i in bonus]
                else:
                    earned = [self._rounded(of_field(i, part)) for _, i in bonus]
                terms = "+".join(earned)
                self._set(name, f"MIN({most},{terms})" if most else terms, origin, kind="points")
        gated = [g.name for g in scheme.groups if g.gate and g.gate.scope == "total"]
        gates = [*of_each(gated, parts.GATE), *of_each(gated, parts.GATE_CEILING)]
        vetoes = self._vetoes("total", scheme.items)
        veto = self._set(TOTAL_VETO, _veto(vetoes, gates), origin, kind="text")
        sums = {
            part: _sum(of_each(groups, part)) + (f"+{extra}" if bonus else "")
            for part, extra in (
                (parts.BEFORE_VETO, BONUS_BEFORE),
                (parts.SCORE, BONUS),
                (parts.CEILING, BONUS_CEILING),
            )
        }
        self._set(BEFORE_VETO, sums[parts.BEFORE_VETO], origin, kind="points")
        total = self._set(TOTAL, f'IF({veto}="",{sums[parts.SCORE]},0)', origin, kind="points")
        ceiling = _unless_vetoed(vetoes + gates[len(gated) :], sums[parts.CEILING])
        self._set(CEILING, ceiling, origin, kind="points")
        digits = Number(str(scheme.display_decimals))
        rounding = render(self.rules["rounding"], {"of": total, "digits": digits}, Number("0"))
        published = self._set(PUBLISHED, rounding.formula, origin, kind="points")
        settled = formulas.compare(self.out.names[CEILING], "=", total)  # whatever is open moves nothing
        status = self._set(STATUS, f'IF({settled},"{SCORED}","{PROVISIONAL}")', origin, kind="text")
        grades = [{"grade": grade.name, "at_least": grade.at_least} for grade in scheme.grades]
        rule = self.rules["grade"]
        bound = bind(rule, {"of": PUBLISHED, "grades": grades}, self.out.resolve)
        graded = render(rule, bound, Number("0")).formula if grades else Formula('"—"')
        self._set(GRADE, f'IF({status}="{PROVISIONAL}","{PROVISIONAL}",{graded})', origin, kind="text")
        self.out.names[published.name] = published

    def _vetoes(self, scope: str, items: Iterable[Item]) -> list[str]:
        """Outcomes of the clauses whose veto has this scope."""
        return [
            of_clause(item.name, number)
            for item in items
            for number, clause in enumerate(item.clauses, 1)
            if clause.otherwise and self.scheme.scope(clause) == scope
        ]

    @property
    def _rounds(self) -> bool:
        return self.scheme.round_items is not None

    def _rounded(self, text: str) -> str:
        return f"ROUND({text},{self.scheme.round_items})" if self._rounds else text


def base_points(rule: Rule, arguments: Mapping[str, Any], points: Term, result: Name) -> Rendered:
    """A scoring rule's formula and sentence with the absence of what is judged carried on around them."""
    rendered = render(rule, arguments, points, result=result)
    sentence = rendered.sentence or Text("")
    if rule.carries_absence:
        word = formulas.format_value(result)
        return Rendered(rendered.formula, Formula(f"IF(ISNUMBER({result}),{sentence},{word})"), None, rendered.subjects)
    (subject,) = rendered.subjects
    opening = Formula(f'{formulas.describe(subject, *_limits(arguments))}&IF(ISNUMBER({result}),{sentence},"")')
    return Rendered(formulas.if_number(subject, rendered.formula), opening, None, rendered.subjects)


def _limits(arguments: Mapping[str, Any]) -> list[Number]:
    """The numbers that a rule holds its subject against, so that the sentence tells it from them."""
    listed = [entry for value in arguments.values() for entry in (value if isinstance(value, list) else [value])]
    return [n for entry in listed if isinstance(n := getattr(entry, "at_least", entry), Number)]


def _sum(names: Iterable[str]) -> str:
    """SUM over names; it passes over words, which is what a score that is no number needs."""
    listed = list(names)
    return f"SUM({','.join(listed)})" if listed else "0"


def _veto(outcomes: Sequence[str], gates: Sequence[str] = (), missing: bool = True) -> str:
    """否决 where it is certain; else 未填 where it may still turn out so; else nothing.

    `gates` are outcomes over what is earned, then as many over what could still be earned: a gate that is missed only
    for want of an answer is open.
    """
    if not outcomes and not gates:
        return '""'
    half = len(gates) // 2
    fired = formulas.either(Formula(f'{o}="{VETOED}"') for o in (*outcomes, *gates[half:]))
    if not missing:
        return f'IF({fired},"{VETOED}","")'
    doubtful = [f'{o}="{word}"' for o in outcomes for word in (MISSING, UNREADABLE)]
    doubtful += [f'{gate}="{VETOED}"' for gate in gates[:half]]
    open_ = formulas.either(Formula(condition) for condition in doubtful)
    return f'IF({fired},"{VETOED}",IF({open_},"{MISSING}",""))'


def _state(base: str, outcomes: Sequence[str]) -> str:
    """已评, or the word for what keeps an item open."""
    text = f'"{SCORED}"'
    for word in (UNREADABLE, MISSING):
        if outcomes:
            text = f'IF({formulas.either(Formula(f"{o}={Text(word)}") for o in outcomes)},"{word}",{text})'
    return f"IF(ISNUMBER({base}),{text},{base})"


def _unless_vetoed(outcomes: Sequence[str], best: Term | str) -> str:
    """The ceiling, or 0 where a veto is certain already."""
    if not outcomes:
        return str(best)
    fired = formulas.either(Formula(f'{o}="{VETOED}"') for o in outcomes)
    return f"IF({fired},0,{best})"
