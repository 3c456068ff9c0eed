"""Issuing a month: from a scheme, a roster and targets to one blank workbook per dealer, the master and issue.json."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from xlkpi.files import remove_file, write_file
from xlkpi.findings import Finding
from xlkpi.headquarters.lists import missing_targets
from xlkpi.headquarters.occupied import (
    FILLED,
    KEY_BYTES,
    Occupied,
    digest,
    folder_findings,
    issued_as,
    key_in,
    recorded,
)
from xlkpi.issue import KEY_FILE, Dealer, Issue, Targets
from xlkpi.scheme.checks import live_words, relation_words
from xlkpi.scheme.formulary import Compiled
from xlkpi.scheme.model import Scheme
from xlkpi.scoring.engine import Engine, load_engine
from xlkpi.workbook.master import write_master
from xlkpi.workbook.plan import layout_of
from xlkpi.workbook.sheets.whole import plan_workbook
from xlkpi.workbook.stamp import Stamper


class IssueRefused(Exception):
    """The month cannot be issued; `findings` say what is missing."""

    def __init__(self, findings: list[Finding]):
        super().__init__(f"{len(findings)} findings")
        self.findings = findings


@dataclass(frozen=True, slots=True)
class Blank:
    """A dealer's blank workbook."""

    dealer: Dealer
    file: str
    data: bytes


def make_issue(
    scheme: Scheme,
    compiled: Compiled,
    *,
    month: str,
    roster: Mapping[str, Dealer],
    targets: Targets,
    targets_file: str = "",
    history: Mapping[str, Mapping[str, float | str]] | None = None,
    deadline: str = "",
    locked: str = "",
    contact: str = "",
) -> Issue:
    """Make the master and the issue.

    Raises:
        IssueRefused: a scored item has no target for a dealer; nothing is made.
    """
    lacking = missing_targets(targets_file, scheme, roster.values(), targets)
    if lacking:
        raise IssueRefused(lacking)
    plan = plan_workbook(scheme, compiled)
    layout = layout_of(plan, {**live_words(), **relation_words(scheme.relations)})
    return Issue(
        scheme=scheme,
        layout=layout,
        master=write_master(plan),
        month=month,
        roster=roster,
        targets=targets,
        history=history or {},
        deadline=deadline or default_deadline(scheme, month),
        locked=locked,
        contact=contact,
    )


def default_deadline(scheme: Scheme, month: str) -> str:
    """The scheme's day of the following month, as YYYY-MM-DD."""
    year, number = int(month[:4]), int(month[5:])
    following = date(year + number // 12, number % 12 + 1, scheme.deadline_day)
    return following.isoformat()


def blanks(issue: Issue, engine: Engine | None = None, key: bytes | None = None) -> Iterator[Blank]:
    """A blank for each dealer on the roster, values of all formulas included; with seals where a key is given."""
    engine = engine or load_engine("formualizer", issue.master, issue.layout)
    stamper = Stamper(issue.layout, issue.master, level=6)
    for dealer in issue.roster.values():
        stamped = issue.stamped(dealer.code)
        data = stamper.stamp({**stamped, **engine.evaluate(stamped)}, issue.marker(dealer.code, key), stamped)
        yield Blank(dealer, issue.file_name(dealer), data)


@dataclass(frozen=True, slots=True)
class Published:
    """What issuing into a folder came to: the issue with its seals, the blanks in roster order, those that differ from
    what lay there, and what was removed."""

    issue: Issue
    written: list[Path]
    renewed: tuple[str, ...]
    removed: tuple[str, ...]


class OtherKey(Exception):
    """The folder's blanks were sealed with another key than the one that is given."""


def publish(
    issue: Issue, folder: Path, engine: Engine | None = None, *, replace: bool = False, key: bytes | None = None
) -> Published:
    """Write the blanks, the master, issue.json and the key of the blanks' seals. A key that lies in the folder is kept,
    so that issuing again gives the same blanks and what was sent out stays good. Blanks that an earlier issue put there
    and this one does not make are removed while nobody has changed them.

    Args:
        issue: what is issued.
        folder: where.
        engine: what evaluates the master.
        replace: replace the issue of another month or scheme.
        key: the key of another issue, whose dealers' files this one takes too; None: the folder's own, or a new one.

    Raises:
        OtherKey: a key lies in the folder, and it is not the one given.
        Occupied: another issue lies there, or a workbook that may be filled in; nothing is written.
        WriteError: a file could not be written.
    """
    present = key_in(folder)
    if key is not None and present not in (None, key):
        raise OtherKey(str(folder))
    key = key or present
    files = {issue.file_name(dealer): dealer.code for dealer in issue.roster.values()}
    occupied = folder_findings(issue, folder, files, replace=replace)
    if any(finding.code == FILLED for finding in occupied):
        # a run that was cut off left its blanks without issue.json: what lies there as it would be written is no loss
        remade = blanks(issue, engine, key)
        same = {blank.file for blank in remade if _holds(folder / blank.file, blank.data)}
        occupied = [finding for finding in occupied if finding.code != FILLED or finding.file not in same]
    if occupied:
        raise Occupied(occupied)
    earlier = recorded(folder)
    if key is None:
        key = secrets.token_bytes(KEY_BYTES)
    if present is None:
        write_file(folder / KEY_FILE, key, private=True)
    written, digests = [], dict[str, str]()
    for blank in blanks(issue, engine, key):
        write_file(folder / blank.file, blank.data)
        written.append(folder / blank.file)
        digests[blank.file] = digest(blank.data)
    removed = _remove(folder, {name: earlier[name] for name in earlier if name not in digests})
    issue = issue.sealed(key)
    issue.save(folder, digests)
    return Published(
        issue, written, tuple(name for name in digests if earlier.get(name, digests[name]) != digests[name]), removed,
    )  # fmt: skip


def _holds(path: Path, data: bytes) -> bool:
    return path.is_file() and path.read_bytes() == data


def _remove(folder: Path, blanks: Mapping[str, str]) -> tuple[str, ...]:
    """Remove blanks that are still as they were issued; returns their names."""
    removed = []
    for name in blanks:
        path = folder / name
        if path.name == name and path.parent == folder and issued_as(path, blanks):
            remove_file(path)
            removed.append(name)
    return tuple(removed)


def with_revision(issue: Issue, targets: Targets) -> Issue:
    """The issue with headquarters' later targets: the latest approved revision decides."""
    aims = issue.scheme.aims
    merged = {
        code: {**issued, **{name: target for name, target in targets.get(code, {}).items() if name in aims}}
        for code, issued in issue.targets.items()
    }
    return replace(issue, targets=merged, before_revision=issue.before_revision or issue.targets)


def with_history(issue: Issue, known: Iterable[Mapping[str, Mapping[str, float | str]]]) -> Issue:
    """The issue with what is known of earlier months, by dealer and slot name; a later source overrides an earlier."""
    merged: dict[str, dict[str, float | str]] = {code: dict(by) for code, by in issue.history.items()}
    for source in known:
        for code, by in source.items():
            if code in issue.roster:
                merged.setdefault(code, {}).update(by)
    return replace(issue, history={code: by for code, by in merged.items() if by})
