"""What a resubmission changed: answers, the words beside them, tables, and the findings resolved and introduced."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from xlkpi.checking.check import Checked
from xlkpi.findings import Finding, finding_json, most_serious_first
from xlkpi.intake.meaning import show
from xlkpi.intake.submission import Answer, Submission
from xlkpi.intake.tables import Row
from xlkpi.issue import Issue
from xlkpi.scheme.entries import SchemeField
from xlkpi.values import Absence
from xlkpi.workbook.layout import Role


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that differs, as people read it. `kind` is 填报, 备注 or 明细; a blank text: the cell was empty."""

    kind: str
    name: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Changes:
    """One file against an earlier one of the same dealer; `earlier` is "" where there is none, and `file` where nobody
    knows whose the earlier one is.

    `unread` says why nothing could be compared but the findings.
    """

    dealer: str
    file: str
    earlier: str
    changes: tuple[Change, ...] = ()
    resolved: tuple[Finding, ...] = ()
    introduced: tuple[Finding, ...] = ()
    unread: str = ""

    def entries(self) -> Iterator[tuple[str, str, str, str]]:
        """Everything as rows: what, name, old, new."""
        if self.unread:
            yield "—", self.unread, "", ""
        for change in self.changes:
            yield change.kind, change.name, change.old, change.new
        for finding in self.resolved:
            yield "问题", _where(finding), finding.message(), "已消除"
        for finding in self.introduced:
            yield "问题", _where(finding), "", finding.message()

    def to_json(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "dealer": self.dealer,
            "file": self.file,
            "earlier": self.earlier,
            "unread": self.unread,
            "changes": [{"kind": c.kind, "name": c.name, "old": c.old, "new": c.new} for c in self.changes],
            "findings_gone": [finding_json(finding) for finding in self.resolved],
            "findings_new": [finding_json(finding) for finding in self.introduced],
        }


@dataclass(slots=True)
class Comparison:
    """Files checked now against files checked earlier, dealer by dealer."""

    issue: Issue
    earlier: Sequence[Checked]
    _by_dealer: dict[str, list[Checked]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        for checked in self.earlier:
            if checked.dealer:
                self._by_dealer.setdefault(checked.dealer, []).append(checked)

    def of(self, now: Iterable[Checked]) -> list[Changes]:
        """A comparison for each file with each earlier file of its dealer: we do not guess which one counts.

        Then the earlier files that were compared with nothing because nobody knows whose they are.
        """
        compared = [changes for checked in now for changes in self._of_one(checked)]
        return compared + [Changes("", "", old.read.file, unread=_why(old)) for old in self.earlier if not old.dealer]

    def _of_one(self, now: Checked) -> Iterator[Changes]:
        earlier = self._by_dealer.get(now.dealer, [])
        if not now.dealer:
            yield Changes("", now.read.file, "", unread="不知道是哪家经销商的文件")
        elif not earlier:
            yield Changes(now.dealer, now.read.file, "", unread="没有这家经销商更早的文件")
        for old in earlier:
            resolved, introduced = _findings(old.findings, now.findings)
            differing: tuple[Change, ...] = ()
            unread = ""
            if isinstance(old.read, Submission) and isinstance(now.read, Submission):
                differing = (*self._answers(old.read, now.read), *self._tables(old.read, now.read))
            else:
                unread = "两份文件中有一份无法读取，只比较问题"
            yield Changes(now.dealer, now.read.file, old.read.file, differing, resolved, introduced, unread)

    def _answers(self, old: Submission, new: Submission) -> Iterator[Change]:
        fields = self.issue.scheme.fields
        for slot in self.issue.layout.of(Role.ANSWER, Role.REMARK, Role.MEASURE, Role.ATTESTATION):
            if slot.role is Role.ANSWER:
                entry = fields[slot.field]
                before, after = (_shown(entry, read.answers.get(slot.field)) for read in (old, new))
                kind, name = "填报", entry.label or slot.field
            else:
                before, after = (read.remarks.get(slot.name, "") for read in (old, new))
                known = fields.get(slot.field)
                kind, name = "备注", (known.label or slot.field) if known else slot.name
            if before != after:
                yield Change(kind, name, before, after)

    def _tables(self, old: Submission, new: Submission) -> Iterator[Change]:
        """Rows removed and added, not rows that moved: a row inserted above changes no other."""
        for table in self.issue.layout.tables:
            before, after = (Counter(map(_row, read.tables.get(table, ()))) for read in (old, new))
            for row in (before - after).elements():
                yield Change("明细", table, row, "")
            for row in (after - before).elements():
                yield Change("明细", table, "", row)


def _why(earlier: Checked) -> str:
    gravest = next(iter(most_serious_first(earlier.findings)), None)
    return "不知道是哪家经销商更早的文件，没有比较" + (f"：{gravest.message()}" if gravest else "")


def _shown(entry: SchemeField, answer: Answer | None) -> str:
    if answer is None or answer.value is Absence.MISSING:
        return ""
    raw = answer.raw.text if answer.raw is not None else None
    return raw or "" if answer.value is Absence.UNREADABLE else show(entry, answer.value)


def _row(row: Row) -> str:
    return "，".join(
        f"{column} {content:g}" if isinstance(content, float) else f"{column} {content}"
        for column, content in row.items()
    )


def _findings(old: Sequence[Finding], new: Sequence[Finding]) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """Findings resolved and introduced; the same finding about another figure counts as both."""
    before, after = ({_key(finding): finding for finding in listed} for listed in (old, new))
    resolved = most_serious_first(before[key] for key in before.keys() - after.keys())
    introduced = most_serious_first(after[key] for key in after.keys() - before.keys())
    return tuple(resolved), tuple(introduced)


def _key(finding: Finding) -> tuple[str, str, str, str]:
    return finding.code, str(finding.place or ""), finding.field, finding.message()


def _where(finding: Finding) -> str:
    return f"{finding.severity.word} {finding.code} {finding.place or ''}".rstrip()
