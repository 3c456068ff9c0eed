"""Rules as data: one YAML file each in `templates/rules/`, rendered by Jinja2 over typed terms only.

A file holds the rule's parameters, its Excel formula, the sentence that explains the result (a formula too) and a
table of edge cases that every engine runs. `kind` tells what the formula yields:

* `score`: base points of an item. Around it, and not by the rule, the absence of what is judged is carried on; its
  sentence goes on after what is judged has been told.
* `clause`: what one clause does: points lost, 达到 or 否决.
* `not_applicable`: points of an item that is 不适用 (`formula`), and the factor for the group's others (`factor`).
* `gate`, `grade`, `rounding`: as their names say.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Literal

from jinja2 import Environment, StrictUndefined, Template
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from xlkpi.resources import templates
from xlkpi.scheme import formulas
from xlkpi.scheme.files import Problem, SchemeError, merge, plain, problem_of
from xlkpi.scheme.formulas import Formula, Name, Number, Term, Text, number_value
from xlkpi.scheme.parsing import judged

Kind = Literal["score", "clause", "not_applicable", "gate", "grade", "rounding"]
ParameterType = Literal["name", "names", "number", "rate", "choice", "bands", "grades", "requirement"]


class Parameter(BaseModel):
    """One parameter of a rule."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: ParameterType
    label: str
    en: str
    default: Any = None
    required: bool = False
    choices: tuple[str, ...] = ()
    above: float | None = None
    at_most: float | None = None


class Case(BaseModel):
    """An edge case: the numbers or words given, and what the formula must yield."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    given: dict[str, Any]
    arguments: dict[str, Any] = Field(default_factory=dict)
    points: str = "10"
    gives: float | str
    why: str = ""


class Rule(BaseModel):
    """A rule's file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(alias="rule", pattern=r"^[a-z][a-z0-9-]*$")
    kind: Kind
    label: str
    en: str
    meaning: str
    better: Literal["up", "down", "range"] | None = None
    parameters: dict[str, Parameter] = Field(default_factory=dict)
    carries_absence: bool = Field(False, description="The formula itself says 未填 and the like; nothing is put around")
    words: dict[str, str] = Field(default_factory=dict, description="Words that the subject of the cases accepts")
    formula: str
    factor: str = ""
    sentence: str = ""
    cases: tuple[Case, ...]
    file: str = ""


@dataclass(frozen=True, slots=True)
class Band:
    """A step of a step rule: from this value on, this many points."""

    at_least: Number
    points: Number


@dataclass(frozen=True, slots=True)
class GradeStep:
    """A grade and the points from which it is earned."""

    grade: Text
    at_least: Number


@dataclass(frozen=True, slots=True)
class Requirement:
    """A requirement taken apart: the name that is judged, and the comparison with a limit, if any."""

    name: Name
    operator: str | None
    limit: Term | None

    @property
    def holds(self) -> Formula:
        """The comparison as a formula; a name alone is decided by its words, so a number there meets nothing."""
        if self.operator is None or self.limit is None:
            return Formula("FALSE")
        return formulas.compare(self.name, self.operator, self.limit)

    @property
    def limits(self) -> tuple[Term, ...]:
        """The limit, where there is one."""
        return () if self.limit is None else (self.limit,)

    @property
    def wanted(self) -> Formula:
        """The requirement as a sentence shows it."""
        if self.operator is None or self.limit is None:
            return Formula(Text("达到").excel)
        sign = {">=": "≥", "<=": "≤", "<>": "≠"}.get(self.operator, self.operator)
        limit = formulas.format_value(self.limit) if isinstance(self.limit, Name) else Text(self.limit.excel)
        return Formula(f"{Text(sign + ' ')}&{limit}")


Argument = Term | Sequence[Name] | Sequence[Band] | Sequence[GradeStep] | Requirement | str
Resolve = Callable[[str], Name]
"""Gives the Name for a name of the scheme; raises ValueError where there is none."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A rule rendered for one place."""

    formula: Formula
    sentence: Formula | None
    factor: Formula | None
    subjects: tuple[Name, ...] = field(default=())


def load_rules(*folders: Path) -> dict[str, Rule]:
    """All rules of `templates/rules/` and of the further folders given; a later folder may not redefine one.

    Raises:
        SchemeError: naming file and line.
    """
    rules: dict[str, Rule] = {}
    problems: list[Problem] = []
    for path in (path for folder in (templates() / "rules", *folders) for path in sorted(folder.glob("*.yaml"))):
        try:
            rule = _load_rule(path, path.stat().st_mtime_ns)
        except SchemeError as error:
            problems += error.problems
            continue
        if rule.name in rules:
            problems.append(Problem(path.name, 1, f"rule {rule.name} is already defined in {rules[rule.name].file}"))
        rules[rule.name] = rule
    if problems:
        raise SchemeError(problems)
    return rules


@lru_cache(256)
def _load_rule(path: Path, _changed: int) -> Rule:
    """A rule's file, read once for each state of it."""
    sources, problems = merge([path])
    if problems:
        raise SchemeError(problems)
    try:
        return Rule.model_validate({**plain(sources.data), "file": path.name})
    except ValidationError as error:
        raise SchemeError([problem_of(detail, sources) for detail in error.errors()]) from None


def bind(rule: Rule, arguments: Mapping[str, Any], resolve: Resolve) -> dict[str, Argument]:
    """Turn a scheme's arguments into typed terms, by the rule's parameters.

    Raises:
        ValueError: an argument is missing, unknown or of the wrong type; the text says what to write.
    """
    unknown = [key for key in arguments if key not in rule.parameters]
    if unknown:
        raise ValueError(f"rule {rule.name} has no parameter {unknown[0]!r}; it has {', '.join(rule.parameters)}")
    bound: dict[str, Argument] = {}
    for key, parameter in rule.parameters.items():
        value = arguments.get(key, parameter.default)
        if value is None:
            if parameter.required:
                raise ValueError(f"rule {rule.name} needs {key} ({parameter.en}): write {key}: …")
            continue
        bound[key] = _bind_one(rule, key, parameter, value, resolve)
    return bound


def _bind_one(rule: Rule, key: str, parameter: Parameter, value: Any, resolve: Resolve) -> Argument:
    if parameter.type == "name":
        return resolve(str(value))
    if parameter.type == "names":
        if not isinstance(value, Sequence) or isinstance(value, str) or not value:
            raise ValueError(f"{rule.name}.{key}: write a list of names: [A, B]")
        return [resolve(str(name)) for name in value]
    if parameter.type == "choice":
        if value not in parameter.choices:
            raise ValueError(f"{rule.name}.{key}: write one of {', '.join(parameter.choices)}")
        return str(value)
    if parameter.type == "requirement":
        return requirement(str(value), resolve)
    if parameter.type == "bands":
        return _bands(rule, key, value)
    if parameter.type == "grades":
        return [GradeStep(Text(str(entry["grade"])), _number(entry["at_least"])) for entry in value]
    number = _number(value)
    if parameter.above is not None and not number.value > parameter.above:
        raise ValueError(f"{rule.name}.{key}: must be above {parameter.above:g}, not {value}")
    if parameter.at_most is not None and number.value > parameter.at_most:
        raise ValueError(f"{rule.name}.{key}: must be at most {parameter.at_most:g}, not {value}")
    return number


def _number(value: Any) -> Number:
    text = repr(value) if isinstance(value, int | float) and not isinstance(value, bool) else str(value)
    number_value(text)
    return Number(text)


def _bands(rule: Rule, key: str, value: Any) -> Sequence[Band]:
    hint = f"{rule.name}.{key}: write bands from the highest down: [{{at_least: 90%, points: 10}}, …]"
    if not isinstance(value, Sequence) or isinstance(value, str) or not value:
        raise ValueError(hint)
    bands = []
    for entry in value:
        if not isinstance(entry, Mapping) or set(entry) != {"at_least", "points"}:
            raise ValueError(hint)
        bands.append(Band(_number(entry["at_least"]), _number(entry["points"])))
    limits = [band.at_least.value for band in bands]
    earned = [band.points.value for band in bands]
    if limits != sorted(set(limits), reverse=True) or earned != sorted(earned, reverse=True):
        raise ValueError(hint + "; limits and points must both fall")
    return bands


def requirement(text: str, resolve: Resolve) -> Requirement:
    """A clause's requirement as terms. Raises ValueError where a name is unknown or the form is not closed."""
    name, operator, limit = judged(text)
    if operator is None or limit is None:
        return Requirement(resolve(name), None, None)
    try:
        return Requirement(resolve(name), operator, Number(limit) if number_value(limit) is not None else None)
    except ValueError:
        return Requirement(resolve(name), operator, resolve(limit))


def render(rule: Rule, arguments: Mapping[str, Argument], points: Term, **more: Term | Sequence[Any]) -> Rendered:
    """Fill the rule's templates. `points` is the item's points; everything given must be a typed term.

    Raises:
        jinja2.UndefinedError: the template names what it was not given.
        TypeError: the template interpolates something that is no term.
    """
    context = {**_helpers(), **arguments, **more, "points": points}
    texts = {part: _template(getattr(rule, part)).render(context).strip() for part in _PARTS}
    folded = {part: Formula(_fold(text)) if text else None for part, text in texts.items()}
    formula = folded["formula"]
    if formula is None:
        raise ValueError(f"rule {rule.name} renders to nothing")
    subjects: list[Name] = []
    for argument in arguments.values():
        if isinstance(argument, Name):
            subjects.append(argument)
        elif isinstance(argument, Requirement):
            subjects.append(argument.name)
        elif isinstance(argument, Sequence):
            subjects += [entry for entry in argument if isinstance(entry, Name)]
    return Rendered(formula, folded["sentence"], folded["factor"], tuple(subjects))


_PARTS = ("formula", "sentence", "factor")


def _fold(text: str) -> str:
    """Several lines of a template as one formula; spaces stay inside quoted texts only."""
    out: list[str] = []
    quoted = False
    for char in text:
        if char == '"':
            quoted = not quoted
        if char in "\r\n" or (char == " " and not quoted):
            continue
        out.append(char)
    return "".join(out)


@cache
def _environment() -> Environment:
    # autoescape would mangle & and <; the finaliser is the stricter guard: only terms may be interpolated
    environment = Environment(undefined=StrictUndefined, finalize=_only_terms, autoescape=False)  # noqa: S701 - formulas are no markup; `finalize` is the guard
    environment.filters.update(_helpers())
    return environment


@lru_cache(256)
def _template(text: str) -> Template:
    return _environment().from_string(text)


def _only_terms(value: Any) -> str:
    if isinstance(value, Term):
        return value.excel
    if isinstance(value, StrictUndefined):
        return str(value)  # raises, naming what is missing
    raise TypeError(f"a rule's template may interpolate terms only, not {type(value).__name__} {value!r}")


def _helpers() -> dict[str, Any]:
    """What templates may call; each returns a Formula."""
    return {
        "compare": formulas.compare,
        "shown": formulas.format_value,
        "told": formulas.describe,
        "rounded": formulas.rounded,
        "by_word": formulas.by_word,
        "number": Number,
        "sum": lambda terms: Formula("+".join(term.excel for term in terms) or "0"),
        "times": lambda first, second: Formula(f"{first}*{second}"),
        "blank": formulas.blank,
        "known": formulas.is_known,
        "done": formulas.is_done,
        "any": formulas.either,
        "all": formulas.every,
        "text": Text,
    }
