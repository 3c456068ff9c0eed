"""Putting a run into the store: what is new, what replaces an earlier file of the dealer, what is the same again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

from xlkpi.findings import Finding
from xlkpi.issue import Issue
from xlkpi.month.results import Results
from xlkpi.month.standing import Standing, standing_of, standings_of
from xlkpi.month.store.file import Store, batched
from xlkpi.scheme.cells import PUBLISHED
from xlkpi.scoring.assess import Assessment
from xlkpi.values import Absence, Value
from xlkpi.workbook.layout import Role

_AT_ONCE = 100  # submissions; a month of thousands never stands in memory as a whole
_DIGITS = ".10g"  # of a digest's figures: two engines agree to nine and more
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
    values: tuple[tuple[str, str, float | None, str | None], ...]
    digest: str


def record(store: Store, results: Results) -> Recorded:
    """Record a run, in one transaction. The same content again adds nothing, so that a run may be repeated.

    Of a dealer's several submissions in a month the latest accepted one counts; the others stay, with their revision.
    """
    store.connection.begin()
    try:
        recorded = _record(store, results)
    except BaseException:
        store.connection.rollback()
        raise
    store.connection.commit()
    return recorded


def _record(store: Store, results: Results) -> Recorded:
    issue = results.issue
    run = _run(store, results)
    given = (issue.scheme.scheme, issue.month)
    known = {
        (dealer, file, digest) if status == "rejected" else dealer: (submission, digest)
        for submission, dealer, file, status, digest in store.rows(
            "SELECT submission, dealer, file, status, digest FROM submissions WHERE scheme = ? AND month = ? "
            "AND (is_current OR status = 'rejected')",
            given,
        )
    }
    revisions = dict(
        store.rows("SELECT dealer, max(revision) FROM submissions WHERE scheme = ? AND month = ? GROUP BY ALL", given)
    )
    order = {code: position for position, code in enumerate(issue.roster)}
    new = revised = unchanged = 0
    number = store.next_number("submissions", "submission")
    for entries in batched(_entries(results), _AT_ONCE):
        fresh: list[tuple[int, int, _Entry]] = []
        replaced: list[int] = []
        for entry in entries:
            standing = entry.standing
            rejected, code = standing.status == "rejected", standing.dealer.code
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
    store.add("findings", (_finding(run, None, finding) for finding in results.findings))
    return Recorded(new, revised, unchanged)


def _add_parts(store: Store, run: int, fresh: Sequence[tuple[int, _Entry]]) -> None:
    """What belongs to submissions: values, scores, losses, findings."""
    standings = [(n, entry.standing) for n, entry in fresh]
    store.add("field_values", ((n, *value) for n, entry in fresh for value in entry.values))
    store.add(
        "group_scores",
        ((n, g.group, g.score, g.vetoed, g.undecided) for n, standing in standings for g in standing.groups),
    )
    store.add("items", ((n, i.item, i.score, i.before_veto, i.status, i.vetoed) for n, s in standings for i in s.items))
    store.add(
        "losses",
        ((n, x.item, x.kind, x.scope, x.points, x.clause, x.inspection) for n, s in standings for x in s.losses),
    )
    store.add("findings", (_finding(run, n, finding) for n, s in standings for finding in s.findings))


def _run(store: Store, results: Results) -> int:
    """The run's own row, and the scheme's where this version of it is new."""
    issue, number = results.issue, store.next_number("runs", "run")
    scheme = (issue.scheme.scheme, issue.scheme.version, issue.layout.fingerprint)
    now = datetime.now(UTC).replace(tzinfo=None)
    store.add("runs", [(number, now, *scheme, issue.month, results.engine, version("xlkpi"))])
    if not store.rows("SELECT 1 FROM schemes WHERE scheme = ? AND version = ? AND fingerprint = ?", scheme):
        definition = issue.scheme.model_dump_json(by_alias=True, exclude_defaults=True)
        store.add("schemes", [(*scheme, issue.month, definition)])
    return number


def _entries(results: Results) -> Iterator[_Entry]:
    issue = results.issue
    for done in results.assessments:
        standing = standing_of(issue.roster[done.dealer], done)
        values = tuple(_values(issue, done))
        yield _Entry(standing, values, _digest(issue, standing, values))
    for standing in standings_of(Results(issue, results.engine, (), results.unusable)).rows:
        yield _Entry(standing, (), _digest(issue, standing, ()))


def _values(issue: Issue, done: Assessment) -> Iterator[tuple[str, str, float | None, str | None]]:
    """What went in and the indicators that came out, with their role; and the total, which later months show."""
    slots = issue.layout.slots
    for name, value in done.inputs.items():
        yield slots[name].role.value, name, *_number_or_word(value)
    for name, value in done.indicators.items():
        yield _COMPUTED, name, *_number_or_word(value)
    if done.status != "rejected":
        yield TOTAL_ROLE, PUBLISHED, done.published, None


def _number_or_word(value: Value) -> tuple[float | None, str | None]:
    if isinstance(value, Absence):
        return None, value.value
    if isinstance(value, float | int):
        return float(value), None
    return None, str(value)


def _digest(issue: Issue, standing: Standing, values: Iterable[Any]) -> str:
    """The same for the same content, whatever the file is called and whichever engine computed it."""
    findings = [(f.code, str(f.place or ""), f.field, _facts(f), _ruling(f)) for f in standing.findings]
    content = [
        issue.layout.fingerprint, standing.dealer.name, standing.dealer.region,
        standing.dealer.peer_group, standing.status, standing.grade, standing.vetoed, findings,
        [[i.item, i.score, i.status, i.vetoed] for i in standing.items],
        [[g.group, g.score, g.vetoed, g.undecided] for g in standing.groups],
        [standing.total, standing.published, standing.before_veto, standing.ceiling],
    ]  # fmt: skip
    lines = [json.dumps(_rounded(content), ensure_ascii=False)]
    lines += [
        f"{role}\t{name}\t{'' if number is None else format(number, _DIGITS)}\t{word}"
        for role, name, number, word in values
    ]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _rounded(content: Any) -> Any:
    """Data with its figures to so many digits."""
    if isinstance(content, float):
        return format(content, _DIGITS)
    return [_rounded(part) for part in content] if isinstance(content, list | tuple) else content


def _submission(
    issue: Issue, run: int, number: int, revision: int, order: dict[str, int], entry: _Entry
) -> tuple[Any, ...]:
    s = entry.standing
    return (
        number, run, issue.scheme.scheme, issue.month, s.dealer.code, s.dealer.name, s.dealer.region,
        s.dealer.peer_group, order.get(s.dealer.code, len(order)), revision, s.status != "rejected", entry.digest,
        s.file, s.status, s.total, s.published, s.before_veto, s.ceiling, s.grade, s.vetoed,
    )  # fmt: skip


def _finding(run: int, submission: int | None, found: Finding) -> tuple[Any, ...]:
    sheet, cell = found.place or ("", "")
    severity = found.severity.name.lower()
    return (
        run, submission, found.code, severity, found.file, sheet, cell, found.field, _facts(found), found.message(),
        _ruling(found),
    )  # fmt: skip


def _ruling(found: Finding) -> str | None:
    """Headquarters' word on a finding, which carries its severity."""
    return json.dumps(asdict(found.ruling), ensure_ascii=False) if found.ruling else None


def _facts(found: Finding) -> str:
    return json.dumps(dict(found.facts), ensure_ascii=False, default=str, sort_keys=True)
