"""What a scoring run leaves behind as data: scores.json, the same in long form as CSV, and the ranking."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic_core import to_json as encoded

from xlkpi.files import escape_formula, written
from xlkpi.findings import Finding, finding_json, ruling_json
from xlkpi.intake.submission import Unusable
from xlkpi.issue import Dealer, Issue
from xlkpi.month.returns import Return
from xlkpi.scheme.cells import of_field
from xlkpi.scheme.formulas import number_value
from xlkpi.scheme.model import Diagnosis, Indicator, Item, Scheme, SchemeField
from xlkpi.scoring.assess import Assessment, Fired, ItemScore, scored_field
from xlkpi.values import plain

SCORES_FILE = "scores.json"
LONG_FILE = "scores.csv"

K = TypeVar("K")
LongRow = tuple[str, str, str, str, Any]
_HEADINGS: LongRow = ("dealer", "month", "kind", "id", "value")


@dataclass(frozen=True, slots=True)
class Results:
    """A run: assessments in roster order, files that could not be scored, findings on headquarters' own lists, and the
    return list where somebody was expected to send."""

    issue: Issue
    engine: str
    assessments: Sequence[Assessment]
    unusable: Sequence[Unusable]
    findings: Sequence[Finding] = ()
    returns: Sequence[Return] = ()


def owners(issue: Issue, files: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Whose a file is, in words, by the file's name. `files` are names with dealers' codes."""
    known = ((file, issue.roster.get(code)) for file, code in files)
    return {file: f"{dealer.code} {dealer.name}" for file, dealer in known if dealer}


def in_roster_order(issue: Issue, assessments: Iterable[Assessment]) -> list[Assessment]:
    """So that the order of files changes nothing."""
    order = {code: position for position, code in enumerate(issue.roster)}
    return sorted(assessments, key=lambda assessment: order[assessment.dealer])


def ranks(assessments: Sequence[Assessment]) -> dict[str, int]:
    """Rank by the published total: ties share (1, 2, 2, 4). Provisional and totally vetoed ones have none."""
    return positions({a.dealer: a.published for a in assessments if a.status == "scored" and not a.vetoed})


def positions(figures: Mapping[K, float]) -> dict[K, int]:
    """Each key's place by its figure, the greatest first; equal ones share a place (1, 2, 2, 4)."""
    order = sorted(figures.values(), reverse=True)
    first = {figure: place for place, figure in reversed(list(enumerate(order, 1)))}
    return {key: first[figure] for key, figure in figures.items()}


def to_json(results: Results) -> str:
    """scores.json. The same run gives the same text."""
    return b"".join(data for data, _ in _pieces(results)).decode()


def to_csv(results: Results) -> str:
    """Long form: dealer, month, kind, id, value. Text that a spreadsheet would take for a formula is quoted."""
    return "".join(rows for _, rows in _pieces(results))


def write_results(results: Results, out: Path, ranking: Mapping[str, int] | None = None) -> None:
    """scores.json and the long form, into a folder. `ranking` is the run's, where it is known already.

    Raises:
        WriteError: a file could not be written.
    """
    with written(out / SCORES_FILE) as data, written(out / LONG_FILE) as long:
        long.write(codecs.BOM_UTF8)  # Excel takes UTF-8 only with its mark
        for piece, rows in _pieces(results, ranking):
            data.write(piece)
            long.write(rows.encode())


def _pieces(results: Results, ranking: Mapping[str, int] | None = None) -> Iterator[tuple[bytes, str]]:
    """scores.json and scores.csv, dealer by dealer: an assessment is read once for both, and none is kept."""
    issue = results.issue
    places = ranks(results.assessments) if ranking is None else ranking
    head = {
        "scheme": issue.scheme.scheme,
        "scheme_version": issue.scheme.version,
        "month": issue.month,
        "engine": results.engine,
        "points": issue.scheme.points,
        "definitions": definitions(issue.scheme),
    }
    yield encoded(head, indent=1).removesuffix(b"\n}") + b',\n "dealers": [', _csv([_HEADINGS])
    comma = b""
    for done in results.assessments:
        rank = places.get(done.dealer)
        dealer = _dealer(issue, issue.roster[done.dealer], done, rank)
        yield comma + _within_list(dealer), _csv(_long_rows(done, issue.month, rank))
        comma = b","
    for unusable in results.unusable:
        yield comma + _within_list(_rejected(issue, unusable)), _csv(_rejected_rows(unusable, issue.month))
        comma = b","
    tail = {
        "findings": [finding_json(finding) for finding in results.findings],
        **({"rulings": [ruling_json(ruling) for ruling in issue.rulings]} if issue.rulings else {}),
        **({"returns": [line.to_json() for line in results.returns]} if results.returns else {}),
    }
    yield (b"\n ]," if comma else b"],") + encoded(tail, indent=1).removeprefix(b"{") + b"\n", ""


def _within_list(entry: Mapping[str, Any]) -> bytes:
    """An entry of a list of the outermost object, on lines of its own."""
    return b"\n  " + encoded(entry, indent=1).replace(b"\n", b"\n  ")


def definitions(scheme: Scheme) -> dict[str, Any]:
    """What a reader of scores.json needs of the scheme: words in both languages, units, standards, causes.

    An item's `of` names the field whose target and actual it shows; a guide's bound is None where there is none.
    """
    targets = scheme.targets()
    return {
        "title": scheme.title,
        "en": scheme.en,
        "decimals": scheme.display_decimals,
        "groups": [
            {"name": group.group, "en": group.en, "points": number_value(group.points)} for group in scheme.groups
        ],
        "items": {item.item: _item_entry(scheme, item, targets) for item in scheme.items},
        "fields": {name: _entry(name, entry) for name, entry in scheme.fields.items()},
        "indicators": {
            **{of_field(name, "完成率"): _completion_entry(name, entry) for name, entry in targets.items()},
            **{name: _indicator_entry(name, entry) for name, entry in scheme.indicators.items()},
        },
        "systems": {name: {"label": system.label, "en": system.en} for name, system in scheme.systems.items()},
        "grades": [{"grade": grade.grade, "at_least": number_value(grade.at_least)} for grade in scheme.grades],
        "diagnoses": [_diagnosis_entry(entry) for entry in scheme.diagnoses],
    }


def _entry(name: str, entry: SchemeField | Indicator) -> dict[str, Any]:
    return {"label": entry.label or name, "en": entry.en, "unit": entry.unit, "type": entry.type}


def _item_entry(scheme: Scheme, item: Item, targets: Mapping[str, SchemeField]) -> dict[str, Any]:
    scored = scored_field(item)
    field = targets.get(scored)
    return {
        "label": item.label or item.item,
        "en": item.en or (field.en if field else ""),
        "of": scored if field else "",
        "bonus": item.bonus,
        "text": scheme.words_of(item.text),
        "clauses": [
            {"text": scheme.words_of(clause.text), "en": clause.en, "inspection": clause.inspection or clause.subject}
            for clause in item.clauses
        ],
    }


def _completion_entry(name: str, field: SchemeField) -> dict[str, Any]:
    return {
        "label": f"{field.label or name}完成率", "en": f"{field.en}: completion", "unit": "", "type": "rate",
        "id": "", "system": "", "low": None, "high": None,
    }  # fmt: skip


def _indicator_entry(name: str, entry: Indicator) -> dict[str, Any]:
    low, high = (entry.guide.low, entry.guide.high) if entry.guide else (None, None)
    return {
        **_entry(name, entry),
        "id": entry.id,
        "system": entry.system,
        "low": None if low is None else number_value(low),
        "high": None if high is None else number_value(high),
    }


def _diagnosis_entry(entry: Diagnosis) -> dict[str, Any]:
    return {
        "problem": entry.problem,
        "en": entry.en,
        "of": entry.of,
        "way": entry.way,
        "stake_in": "元" if entry.stake else "",
        "causes": list(entry.causes),
        "measures": [measure.text for measure in entry.measures],
    }


def _dealer(issue: Issue, dealer: Dealer, done: Assessment, rank: int | None) -> dict[str, Any]:
    return {
        "dealer": dealer.code,
        "name": dealer.name,
        "region": dealer.region,
        "peer_group": dealer.peer_group,
        "file": done.file,
        "status": done.status,
        "total": done.total,
        "total_range": [done.total, done.ceiling],
        "total_before_veto": done.before_veto,
        "published": done.published,
        "grade": done.grade,
        "rank": rank,
        "vetoed": done.vetoed,
        "groups": [
            {"name": g.name, "points": g.points, "score": g.score, "before_veto": g.before_veto, "vetoed": g.vetoed}
            for g in done.groups
        ],
        "items": [_item(item) for item in done.items],
        "indicators": {name: plain(value) for name, value in done.indicators.items()},
        "judgements": dict(done.judgements),
        "diagnoses": [{"number": d.number, "problem": d.problem, "stake": d.stake} for d in done.diagnoses],
        "findings": [finding_json(finding) for finding in done.findings],
    }


def _item(item: ItemScore) -> dict[str, Any]:
    return {
        "id": item.id,
        "name": item.name,
        "group": item.group,
        "points": item.points,
        "score": plain(item.score),
        "score_range": [plain(item.score), item.ceiling],
        "before_veto": item.before_veto,
        "status": item.status,
        "target": plain(item.target),
        "actual": plain(item.actual),
        "completion": plain(item.completion),
        "vetoed": item.vetoed,
        "vetoes": [_fired(fired) for fired in item.vetoes],
        "deductions": [_fired(fired) for fired in item.deductions],
        "trace": item.trace,
    }


def _fired(fired: Fired) -> dict[str, Any]:
    told: dict[str, Any] = {"number": fired.number, "clause": fired.clause, "inspection": plain(fired.inspection)}
    return {**told, "scope": fired.scope} if fired.scope else {**told, "points": fired.points}


def _rejected(issue: Issue, unusable: Unusable) -> dict[str, Any]:
    dealer = issue.roster.get(unusable.dealer, Dealer(unusable.dealer, ""))
    return {
        "dealer": dealer.code,
        "name": dealer.name,
        "region": dealer.region,
        "peer_group": dealer.peer_group,
        "file": unusable.file,
        "status": "rejected",
        "findings": [finding_json(finding) for finding in unusable.findings],
    }


def _csv(rows: Iterable[Iterable[Any]]) -> str:
    buffer = io.StringIO()
    made = ([escape_formula(cell) for cell in row] for row in rows)
    csv.writer(buffer, lineterminator="\n").writerows(made)
    return buffer.getvalue()


def long_form(results: Results) -> Iterator[LongRow]:
    """Rows of dealer, month, kind, id, value; absences as their words."""
    month = results.issue.month
    ranking = ranks(results.assessments)
    for done in results.assessments:
        yield from _long_rows(done, month, ranking.get(done.dealer))
    for unusable in results.unusable:
        yield from _rejected_rows(unusable, month)


def _long_rows(done: Assessment, month: str, rank: int | None) -> Iterator[LongRow]:
    totals: Mapping[str, Any] = {
        "total": done.total, "ceiling": done.ceiling, "before_veto": done.before_veto, "published": done.published,
        "grade": done.grade, "status": done.status, "rank": "" if rank is None else rank,
    }  # fmt: skip
    yield from ((done.dealer, month, "total", name, value) for name, value in totals.items())
    yield from ((done.dealer, month, "group", group.name, group.score) for group in done.groups)
    yield from ((done.dealer, month, "item", item.id, plain(item.score)) for item in done.items)
    yield from ((done.dealer, month, "indicator", name, plain(v)) for name, v in done.indicators.items())
    yield from ((done.dealer, month, "finding", f.code, str(f.place or "")) for f in done.findings)


def _rejected_rows(unusable: Unusable, month: str) -> Iterator[LongRow]:
    yield unusable.dealer, month, "total", "status", "rejected"
    yield from ((unusable.dealer, month, "finding", f.code, unusable.file) for f in unusable.findings)
