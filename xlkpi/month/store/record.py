"""Records a run in the store: what is new, what replaces an earlier file of the dealer, what is unchanged."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

from xlkpi.findings import Finding
from xlkpi.issue import Issue
from xlkpi.month.month import Month
from xlkpi.month.standing import Standing
from xlkpi.month.store.file import Store, batched
from xlkpi.scheme.cells import PUBLISHED
from xlkpi.scoring.account import WORDS, Line
from xlkpi.scoring.assess import Assessment
from xlkpi.values import VETOED, Absence, Status, Value
from xlkpi.workbook.layout import Role

_AT_ONCE = 100  # submissions; a month of thousands never stands in memory as a whole
_DIGITS = ".10g"  # digits of figures in a digest: two engines agree to nine and more
TOTAL_ROLE = Role.SCORE.value
_COMPUTED = Role.INDICATOR.value


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a run changed in the store, in submissions: first ones of a dealer, later ones, the same again."""

    new: int
    revised: int
    unchanged: int


@dataclass(frozen=True, slots=True)
class _Entry:
    standing: Standing
    values: tuple[dict[str, Any], ...]
    digest: str


def record(store: Store, month: Month) -> Recorded:
    """Record a run, in one transaction. The same content again adds nothing, so that a run may be repeated.

    Of a dealer's several submissions in a month the latest accepted one counts; the others stay, with their revision.
    """
    store.connection.begin()
    try:
        recorded = _record(store, month)
    except BaseException:
        store.connection.rollback()
        raise
    store.connection.commit()
    return recorded


def _record(store: Store, month: Month) -> Recorded:
    issue = month.issue
    run = _run(store, month)
    values = (issue.scheme.name, issue.month)
    known = {
        (dealer, file, digest) if status == Status.REJECTED else dealer: (submission, digest)
        for submission, dealer, file, status, digest in store.rows(
            "SELECT submission, dealer, file, status, digest FROM submissions WHERE scheme = ? AND month = ? "
            "AND (is_current OR status = 'rejected')",
            values,
        )
    }
    revisions = dict(
        store.rows("SELECT dealer, max(revision) FROM submissions WHERE scheme = ? AND month = ? GROUP BY ALL", values)
    )
    order = {code: position for position, code in enumerate(issue.roster)}
    new = revised = unchanged = 0
    number = store.next_number("submissions", "submission")
    for entries in batched(_entries(month), _AT_ONCE):
        fresh: list[tuple[int, int, _Entry]] = []
        replaced: list[int] = []
        for entry in entries:
            standing = entry.standing
            rejected, code = standing.status is Status.REJECTED, standing.dealer.code
            earlier = known.get((code, standing.file, entry.digest) if rejected else code)
            if earlier and earlier[1] == entry.digest:
                unchanged += 1
                continue
            if earlier:
                replaced.append(earlier[0])
            revisions[code] = revisions.get(code, 0) + 1
            fresh.append((number, revisions[code], entry))
            number += 1
        if replaced:
            store.rows("UPDATE submissions SET is_current = false WHERE list_contains(?, submission)", [replaced])
        store.add("submissions", (_submission(issue, run, n, revision, order, e) for n, revision, e in fresh))
        _add_parts(store, run, [(n, entry) for n, _, entry in fresh])
        new, revised = new + len(fresh) - len(replaced), revised + len(replaced)
    store.add("findings", (_finding(run, None, finding) for finding in month.findings))
    store.rows("DELETE FROM mergers WHERE scheme = ? AND month = ?", values)
    store.add(
        "mergers",
        (
            {"scheme": issue.scheme.name, "month": issue.month, "dealer": dealer.code, "since": dealer.since,
             "other": merged.code, "other_since": merged.since, "until": merged.until}
            for dealer in issue.roster.values() for merged in dealer.merged
        ),
    )  # fmt: skip
    return Recorded(new, revised, unchanged)


def _add_parts(store: Store, run: int, fresh: Sequence[tuple[int, _Entry]]) -> None:
    """What belongs to submissions: values, scores, losses, account, findings."""
    standings = [(number, entry.standing) for number, entry in fresh]
    store.add("field_values", ({"submission": n, **value} for n, entry in fresh for value in entry.values))
    store.add(
        "group_scores",
        (
            {"submission": n, "group_name": g.group, "score": g.score, "vetoed": g.vetoed, "undecided": g.undecided}
            for n, standing in standings
            for g in standing.groups
        ),
    )
    store.add(
        "items",
        (
            {"submission": n, "item": i.item, "score": i.score, "before_veto": i.before_veto, "status": i.status,
             "vetoed": i.vetoed, "applied": i.applied}
            for n, standing in standings for i in standing.items
        ),
    )  # fmt: skip
    store.add("losses", (_loss(n, line) for n, standing in standings for line in standing.account.losses))
    store.add("account", (_line(n, line) for n, standing in standings for line in standing.account.lines))
    store.add("findings", (_finding(run, n, finding) for n, standing in standings for finding in standing.findings))


def _line(submission: int, line: Line) -> dict[str, Any]:
    data = asdict(line)
    return {"submission": submission, "group_name": data.pop("group"), "words": data.pop("text"), **data}


def _loss(submission: int, line: Line) -> dict[str, Any]:
    """A line of the list of losses; a gate's has no item."""
    kind = VETOED if line.vetoes else WORDS["deduction"]
    return {
        "submission": submission, "item": line.item, "kind": kind, "scope": line.scope, "points": line.taken,
        "clause": line.text, "inspection": line.inspection,
    }  # fmt: skip


def _run(store: Store, month: Month) -> int:
    """The run's own row, and the scheme's where this version of it is new."""
    issue, number = month.issue, store.next_number("runs", "run")
    scheme = {
        "scheme": issue.scheme.name, "version": issue.scheme.version, "fingerprint": issue.layout.fingerprint,
        "month": issue.month,
    }  # fmt: skip
    now = datetime.now(UTC).replace(tzinfo=None)
    store.add(
        "runs",
        [{**scheme, "run": number, "recorded": now, "engine": month.engine, "tool": version("xlkpi"), **_basis(month)}],
    )
    known = "SELECT 1 FROM schemes WHERE scheme = $scheme AND version = $version AND fingerprint = $fingerprint"
    if not store.rows(known, {name: word for name, word in scheme.items() if name != "month"}):
        definition = issue.scheme.model_dump_json(by_alias=True, exclude_defaults=True)
        store.add("schemes", [{**scheme, "definition": definition}])
    return number


def _basis(month: Month) -> dict[str, Any]:
    revision = month.standings.revision
    return {
        "revision": revision.number if revision else 0, "revised_on": revision.day if revision else "",
        "made_of": month.standings.made_of,
    }  # fmt: skip


def _entries(month: Month) -> Iterator[_Entry]:
    rows = month.standings.rows
    for assessment, standing in zip(month.assessments, rows, strict=False):
        values = tuple(_values(month.issue, assessment))
        yield _Entry(standing, values, _digest(month.issue, standing, values))
    for standing in rows[len(month.assessments) :]:
        yield _Entry(standing, (), _digest(month.issue, standing, ()))


def _values(issue: Issue, assessment: Assessment) -> Iterator[dict[str, Any]]:
    """What went in and the indicators that came out, with their role; and the total, which later months show."""
    slots = issue.layout.slots
    for name, value in assessment.inputs.items():
        yield {"role": slots[name].role.value, "name": name, **_number_or_word(value)}
    for name, value in assessment.indicators.items():
        yield {"role": _COMPUTED, "name": name, **_number_or_word(value)}
    if assessment.status is not Status.REJECTED:
        yield {"role": TOTAL_ROLE, "name": PUBLISHED, **_number_or_word(assessment.published)}


def _number_or_word(value: Value) -> dict[str, Any]:
    if isinstance(value, Absence):
        return {"number": None, "word": value.value}
    if isinstance(value, float | int):
        return {"number": float(value), "word": None}
    return {"number": None, "word": str(value)}


def _digest(issue: Issue, standing: Standing, values: Iterable[Mapping[str, Any]]) -> str:
    """The same for the same content, whatever the file is called and whichever engine computed it."""
    findings = [(f.code, str(f.place or ""), f.field, _facts(f), _ruling(f)) for f in standing.findings]
    content = [
        issue.layout.fingerprint, standing.dealer.name, standing.dealer.region,
        standing.dealer.peer_group, standing.status, standing.grade, standing.vetoed, findings,
        [[i.item, i.score, i.status, i.vetoed] for i in standing.items],
        [[g.group, g.score, g.vetoed, g.undecided] for g in standing.groups],
        [standing.total, standing.published, standing.before_veto, standing.ceiling],
        *([standing.dealer.trial] if standing.dealer.trial else []),
    ]  # fmt: skip
    lines = [json.dumps(_rounded(content), ensure_ascii=False)]
    lines += [
        f"{v['role']}\t{v['name']}\t{'' if v['number'] is None else format(v['number'], _DIGITS)}\t{v['word']}"
        for v in values
    ]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _rounded(content: Any) -> Any:
    """Data with its figures to so many digits."""
    if isinstance(content, float):
        return format(content, _DIGITS)
    return [_rounded(part) for part in content] if isinstance(content, list | tuple) else content


def _submission(
    issue: Issue, run: int, number: int, revision: int, order: dict[str, int], entry: _Entry
) -> dict[str, Any]:
    s = entry.standing
    return {
        "submission": number, "run": run, "scheme": issue.scheme.name, "month": issue.month,
        "dealer": s.dealer.code, "name": s.dealer.name, "region": s.dealer.region, "peer_group": s.dealer.peer_group,
        "position": order.get(s.dealer.code, len(order)), "revision": revision,
        "is_current": s.status is not Status.REJECTED,
        "digest": entry.digest, "file": s.file, "status": s.status, "total": s.total, "published": s.published,
        "before_veto": s.before_veto, "ceiling": s.ceiling, "grade": s.grade, "vetoed": s.vetoed,
        "trial": s.dealer.trial, "made_of": s.made_of,
    }  # fmt: skip


def _finding(run: int, submission: int | None, finding: Finding) -> dict[str, Any]:
    sheet, cell = finding.place or ("", "")
    return {
        "run": run, "submission": submission, "code": finding.code, "severity": finding.severity.name.lower(),
        "file": finding.file, "sheet": sheet, "cell": cell, "field": finding.field, "facts": _facts(finding),
        "message": finding.message(), "ruling": _ruling(finding),
    }  # fmt: skip


def _ruling(finding: Finding) -> str | None:
    """Headquarters' word on a finding, which carries its severity."""
    return json.dumps(asdict(finding.ruling), ensure_ascii=False) if finding.ruling else None


def _facts(finding: Finding) -> str:
    return json.dumps(dict(finding.facts), ensure_ascii=False, default=str, sort_keys=True)
