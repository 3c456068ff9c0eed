"""Lint: everything that must hold of a scheme as a whole. Returns problems with file and line; raises nothing."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from xlkpi.files import AnyPath
from xlkpi.findings import catalogue
from xlkpi.personal import is_personal_heading
from xlkpi.scheme import parts
from xlkpi.scheme.cells import ATTESTED, BASIS, IDENTITY, of_clause, of_field
from xlkpi.scheme.compile import compile_scheme
from xlkpi.scheme.files import Problem, SchemeError
from xlkpi.scheme.formulary import Compiled
from xlkpi.scheme.formulas import MAX_ARGUMENTS, number_value, text_with_names
from xlkpi.scheme.load import find_scheme, load_scheme
from xlkpi.scheme.model import Scheme
from xlkpi.scheme.names import clashes, why_unsafe
from xlkpi.scheme.parsing import allowed_functions, parse
from xlkpi.scheme.ratios import may_divide_by_zero
from xlkpi.scheme.rules import Rule, load_rules
from xlkpi.scheme.types import TYPES, Shape

MAX_FORMULA = 8192  # Excel's limits, in characters: of a formula, and of a quoted text in it
MAX_QUOTED = 255
_QUOTED = re.compile(r'"((?:[^"]|"")*)"')

Where = tuple[str | int, ...]


def usable_scheme(name_or_folder: AnyPath) -> tuple[Scheme, Compiled]:
    """Load, compile and lint a shipped scheme by its name, or one in a folder: the only door by which a scheme reaches
    a workbook.

    Raises:
        SchemeError: with every problem.
    """
    scheme, compiled, problems = lint_scheme(os.fspath(name_or_folder))
    if problems or scheme is None or compiled is None:
        raise SchemeError(problems)
    return scheme, compiled


def lint_scheme(name_or_folder: str) -> tuple[Scheme | None, Compiled | None, list[Problem]]:
    """All problems of a scheme; the scheme and its formulas where they could be made at all."""
    try:
        scheme, sources = load_scheme(name_or_folder)
        rules = rules_for(find_scheme(name_or_folder))
    except SchemeError as error:
        return None, None, list(error.problems)
    compiled = compile_scheme(scheme, rules)
    problems = [sources.problem(where, message) for where, message in compiled.problems]
    problems += [sources.problem(where, message) for where, message in _whole(scheme, compiled)]
    return scheme, compiled, problems


def advice(name_or_folder: str) -> list[Problem]:
    """What a usable scheme leaves open, so that its workbook will ask: a scored ratio whose denominator may be 0."""
    scheme, sources = load_scheme(name_or_folder)
    return [sources.problem(where, message) for where, message in _open_ratios(scheme)]


def _open_ratios(scheme: Scheme) -> Iterator[tuple[Where, str]]:
    for index, group in enumerate(scheme.groups):
        for position, item in enumerate(group.items):
            judged = dict.fromkeys((*item.judged, *(clause.subject for clause in item.clauses)))
            ratios = [name for name in judged if may_divide_by_zero(name, scheme)]
            if ratios and item.when_zero is None:
                yield (
                    ("groups", index, "items", position),
                    f"{item.name}: the denominator of {', '.join(ratios)} may be 0, and nothing says what that means:"
                    " write when_zero: full, zero or not_applicable; until then the workbook asks headquarters",
                )


def rules_for(folder: Path) -> dict[str, Rule]:
    """The shipped rules and those in the scheme's own folder `rules/`."""
    own_rules = folder / "rules"
    return load_rules(*([own_rules] if own_rules.is_dir() else []))


def _whole(scheme: Scheme, compiled: Compiled) -> Iterator[tuple[Where, str]]:
    yield from _names(scheme, compiled)
    yield from _points(scheme)
    yield from _words(scheme)
    yield from _grades(scheme)
    for name in scheme.plausibility.without:
        if name not in scheme.fields:
            yield ("plausibility", "without"), f"{name} is no field of the scheme; leave it out"
    yield from _rulings(scheme)
    yield from _persons(scheme)
    yield from _texts(scheme, compiled)
    uses: dict[str, tuple[str, ...]] = {}
    for name, text in compiled.formulas.items():
        for message in _formula(name, text, compiled, uses):
            yield compiled.origins[name] or ("groups",), f"{name}: {message}"
    for circle in _circles(uses):
        path = " → ".join((*circle, circle[0]))
        yield compiled.origins[circle[0]] or ("groups",), f"circular reference: {path}"


def _persons(scheme: Scheme) -> Iterator[tuple[Where, str]]:
    """Fields and columns of words that would hold plates, names or telephones."""
    entries: list[tuple[Where, str, str, str]] = [
        (("fields", name), name, entry.label, entry.type) for name, entry in scheme.fields.items()
    ]
    for title, table in scheme.tables.items():
        entries += [(("tables", title, "columns", name), name, "", c.type) for name, c in table.columns.items()]
    for where, name, label, kind in entries:
        if TYPES[kind].shape is Shape.TEXT and is_personal_heading(f"{name} {label}"):
            yield where, f"{name} asks for a person's data; no score needs it: leave it out"


def _rulings(scheme: Scheme) -> Iterator[tuple[Where, str]]:
    for code, entry in scheme.findings.items():
        where = ("findings", code)
        if code not in catalogue():
            yield where, f"no finding has the code {code!r}: `xlkpi explain` lists them"
        elif catalogue()[code].fixed:
            yield where, f"{code} cannot be changed: without it the file cannot be used, or nobody knows whose it is"
        if entry.until is not None and entry.until < entry.since:
            yield where, f"{code}: until {entry.until} lies before from {entry.since}"


def _formula(name: str, text: str, compiled: Compiled, uses: dict[str, tuple[str, ...]]) -> Iterator[str]:
    if len(text) > MAX_FORMULA:
        yield f"the formula has {len(text)} characters; Excel takes {MAX_FORMULA}: split it into two indicators"
    for quoted in _QUOTED.findall(text):
        length = len(quoted.replace('""', '"'))
        if length > MAX_QUOTED:
            yield f"a text in the formula has {length} characters; Excel takes {MAX_QUOTED}: shorten {quoted[:20]!r}…"
    try:
        parsed = parse(text)
    except ValueError as error:
        yield f"the formula does not parse ({error}): ={text}"
        return
    uses[name] = parsed.names
    for function, count in parsed.crowded(MAX_ARGUMENTS):
        yield f"{function} has {count} arguments; Excel takes {MAX_ARGUMENTS}: use fewer items or fewer fields"
    for used in parsed.names:
        if used not in compiled.names:
            yield f"the formula names {used!r}, which nothing defines; correct the name or add the field"
    for function in parsed.functions:
        if function not in allowed_functions():
            yield f"{function} is not shared by Excel, WPS, LibreOffice and the engines: see templates/functions.txt"
    if not parsed.exact:
        yield "MATCH needs 0 as its third argument: programs differ in how they search without it"


def _circles(uses: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    """Formulas that depend on themselves; each circle once, from the name that comes first."""
    visited: set[str] = set()

    def follow(name: str, above: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        if name in above:
            yield above[above.index(name) :]
        elif name in uses and name not in visited:
            for used in uses[name]:
                yield from follow(used, (*above, name))
            visited.add(name)

    for name in uses:
        yield from follow(name, ())


def _texts(scheme: Scheme, compiled: Compiled) -> Iterator[tuple[Where, str]]:
    """What people read: values shown in it, and the inspection shown beside it."""
    for index, group in enumerate(scheme.groups):
        for position, item in enumerate(group.items):
            where = ("groups", index, "items", position)
            shown = [(where, item.text)] + [((*where, "clauses", n), c.text) for n, c in enumerate(item.clauses)]
            for at, text in shown:
                try:
                    text_with_names(text, compiled.names)
                except KeyError as error:
                    yield at, f"the text shows {{{error.args[0]}}}, which nothing defines; correct the name"
            for number, clause in enumerate(item.clauses):
                if clause.inspection and clause.inspection not in scheme.by("headquarters"):
                    yield (*where, "clauses", number), f"inspection: {clause.inspection} is no field of headquarters'"


def _names(scheme: Scheme, compiled: Compiled) -> Iterator[tuple[Where, str]]:
    for kind, names in (("fields", scheme.fields), ("constants", scheme.constants), ("indicators", scheme.indicators)):
        for name in names:
            if name in (*IDENTITY, BASIS) or (name in ATTESTED and scheme.attestation != "none"):
                yield (kind, name), f"{name} is a name that every workbook has; choose another"
    declared = [*scheme.fields, *scheme.constants, *scheme.indicators]
    for first, second in clashes(declared):
        yield ("fields", second), f"{second!r} and {first!r} are one name to a spreadsheet; rename one"
    generated = set(_generated_names(scheme, compiled)) - set(scheme.indicators)
    for name in declared:
        if name in generated:
            kind = next(k for k in ("fields", "constants", "indicators") if name in getattr(scheme, k))
            yield (kind, name), f"{name!r} is also the name of a cell that the tool makes; choose another"
    for name in scheme.required:
        if name not in scheme.fields:
            yield ("required",), f"required: {name!r} is no field of this scheme"
    parts = [item.name for item in scheme.items] + [group.name for group in scheme.groups]
    for first, second in clashes(parts):
        yield ("groups",), f"two groups or items are named {second!r} ({first!r}); rename one"
    for name in compiled.formulas:
        reason = why_unsafe(name)
        if reason:
            yield compiled.origins[name] or ("groups",), f"the cell name {name!r} {reason}; shorten the item's name"


def _generated_names(scheme: Scheme, compiled: Compiled) -> Iterator[str]:
    """Names of the cells that the tool makes of its own: formulas, and what stands beside fields, items, clauses."""
    yield from compiled.formulas
    for name in scheme.by("dealer"):
        yield from (of_field(name, part) for part in (parts.LAST_MONTH, parts.CHECK, parts.REMARK))
    yield from (of_field(name, parts.TARGET) for name in scheme.aims)
    for item in scheme.items:
        yield of_field(item.name, parts.STANDARD)
        yield from (of_clause(item.name, number, parts.STANDARD) for number in range(1, len(item.clauses) + 1))


def _points(scheme: Scheme) -> Iterator[tuple[Where, str]]:
    for index, group in enumerate(scheme.groups):
        total = math.fsum(number_value(item.points) for item in group.items if not item.bonus)
        if abs(total - number_value(group.points)) > 1e-9:
            yield (
                ("groups", index, "points"),
                f"{group.name}: the items add up to {total:g}, the group says {group.points}; make them agree",
            )
        for position, item in enumerate(group.items):
            where = ("groups", index, "items", position)
            if number_value(item.points) <= 0:
                yield (*where, "points"), f"{item.name}: points must be above zero"
            for number, clause in enumerate(item.clauses):
                if clause.lose is not None and number_value(clause.lose) <= 0:
                    yield (*where, "clauses", number), f"{item.name}: lose is written as a positive number of points"


def _words(scheme: Scheme) -> Iterator[tuple[Where, str]]:
    inspected: dict[str, str] = {}
    for index, group in enumerate(scheme.groups):
        for position, item in enumerate(group.items):
            at = ("groups", index, "items", position)
            shown: list[tuple[Where, str]] = [((*at, "score"), name) for name in item.judged]
            for number, clause in enumerate(item.clauses):
                where: Where = (*at, "clauses", number)
                subject = scheme.fields.get(clause.subject)
                if clause.each and subject and "failed" in subject.words.values():
                    yield (
                        where,
                        f"{clause.subject} counts occurrences: a word cannot say how many; drop its failed words",
                    )
                shown.append((where, clause.shown))
            for place, name in shown:
                field = scheme.fields.get(name)
                if field and field.by == "headquarters":
                    if name in inspected:
                        yield place, f"{name} is already inspected under {inspected[name]}; one cell, one inspection"
                    inspected[name] = item.name
    for name in scheme.by("headquarters"):
        if name not in inspected:
            yield ("fields", name), f"{name} is headquarters' but no clause shows it; name it in a clause's inspection"


def _grades(scheme: Scheme) -> Iterator[tuple[Where, str]]:
    limits = [number_value(grade.at_least) for grade in scheme.grades]
    if limits != sorted(limits, reverse=True):
        yield ("grades",), "write grades from the highest down"
