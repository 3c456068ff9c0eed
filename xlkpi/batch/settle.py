"""Which file of a dealer counts: the latest that was accepted. The others are listed, and the reason is recorded."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from xlkpi.batch.receipts import Receipt, days_after
from xlkpi.findings import Finding
from xlkpi.intake.attested import signed_later
from xlkpi.intake.copies import some_of
from xlkpi.intake.file_names import misnamed
from xlkpi.issue import Dealer, Issue

if TYPE_CHECKING:
    from xlkpi.headquarters.calendar import Calendar


@dataclass(frozen=True, slots=True)
class Expected:
    """Who should send, and until when: `deadline` and `locked` are the first moments that are too late. What comes
    after `deadline` is late and counts; what comes after `locked` does not count. `extended` are later moments for
    single dealers, by code: until then their files are in time. Days late are working days where a `calendar` is
    given."""

    roster: Mapping[str, Dealer]
    deadline: datetime | None = None
    locked: datetime | None = None
    extended: Mapping[str, datetime] = field(default_factory=dict)
    calendar: Calendar | None = None

    def deadline_of(self, dealer: str) -> datetime | None:
        """From when on a dealer's file is late; None: never."""
        return self._later(self.deadline, dealer)

    def locked_of(self, dealer: str) -> datetime | None:
        """From when on a dealer's file does not count; None: never."""
        return self._later(self.locked, dealer)

    def days_late(self, dealer: str, received: datetime) -> int:
        """How many days after its deadline a dealer's file came; 0 where it came in time.

        Raises:
            UnknownDay: the calendar does not know a day between.
        """
        end = self.deadline_of(dealer)
        return days_after(end, received, self.calendar) if end else 0

    def _later(self, end: datetime | None, dealer: str) -> datetime | None:
        return None if end is None else max(end, self.extended.get(dealer, end))


@dataclass(frozen=True, slots=True)
class Filed:
    """A file, by where it lies and by its name in this run: whose it is, when it came, and the hash of what was
    answered in it (blank where it cannot be read)."""

    path: Path
    file: str
    dealer: str
    answers: str
    receipt: Receipt


@dataclass(slots=True)
class Settled:
    """What counts, by dealer; what else must be said about it; which files were readable but do not count, and why
    (a finding of severity error, or None where another file of the dealer counts instead). `several` are copies, by
    dealer, of which is still to be read whether they are parts; `joined` those that were, beside the one under whose
    name they count."""

    counting: dict[str, Filed] = field(default_factory=dict)
    notes: dict[str, list[Finding]] = field(default_factory=dict)
    refused: list[tuple[Filed, Finding]] = field(default_factory=list)
    superseded: list[Filed] = field(default_factory=list)
    same: list[Filed] = field(default_factory=list)
    several: dict[str, list[Filed]] = field(default_factory=dict)
    joined: dict[str, list[Filed]] = field(default_factory=dict)

    def note(self, filed: Filed, code: str, **facts: object) -> None:
        """Say something about the file that counts."""
        self.notes.setdefault(filed.dealer, []).append(Finding(code, filed.file, facts=facts))

    def count_joined(self, dealer: str, parts: Collection[str]) -> None:
        """Settle a dealer's copies as they were joined: under the last one's name, with the files `parts`; where there
        are none, the last one replaces the others."""
        copies = self.several.pop(dealer)
        counts = copies[-1]
        self.counting[dealer] = counts
        self.joined[dealer] = [copy for copy in copies[:-1] if copy.file in parts]
        self.replace(counts, [copy for copy in copies[:-1] if copy.file not in parts])

    def refuse_joined(self, dealer: str, reason: Finding) -> None:
        """Settle a dealer's copies that cannot be joined: none of them counts."""
        self.refused += [(copy, reason) for copy in self.several.pop(dealer)]

    def replace(self, counts: Filed, older: Sequence[Filed]) -> None:
        """Older files of a dealer give way to the one that counts, and that is said."""
        self.superseded += older
        if older:
            received = {"received": str(counts.receipt), "basis": counts.receipt.basis, "others": _names(older)}
            self.note(counts, "XK-T050", **received)

    def note_left_blank(self, older: Filed, labels: Sequence[str]) -> None:
        """Say that the file that counts leaves blank what one that it replaces had filled in."""
        if labels:
            facts = {"other": older.file, "count": len(labels), "labels": some_of(labels)}
            self.note(self.counting[older.dealer], "XK-T132", **facts)

    def note_signed_later(self, issue: Issue, counts: Filed, day: date | None) -> None:
        """Say that a file was signed after the day on which it came."""
        if (later := signed_later(issue, counts.file, day, counts.receipt.moment)) is not None:
            self.notes.setdefault(counts.dealer, []).append(later)

    def note_late(self, expected: Expected | None) -> None:
        """Say of the files that count which of them came after their deadline."""
        if expected is None:
            return
        for candidate in self.counting.values():
            deadline = expected.deadline_of(candidate.dealer)
            if deadline is not None and candidate.receipt.moment >= deadline:
                self.note(candidate, "XK-T051", received=str(candidate.receipt), basis=candidate.receipt.basis)


def settle(
    filed: Iterable[Filed], codes: Mapping[str, Dealer], expected: Expected | None, *, joins: bool = False
) -> Settled:
    """Decide which submission of each dealer counts. The order of the files changes nothing.

    Args:
        filed: the files; those without a submission are ignored.
        codes: the issue's roster, by whose codes a file's name is read.
        expected: who should send until when; None if not known.
        joins: whether a dealer's copies may be parts; such copies come back as `several`, and neither they nor their
            lateness are settled before they were read.
    """
    settled = Settled()
    by_dealer: dict[str, list[Filed]] = {}
    for candidate in sorted(
        (candidate for candidate in filed if candidate.answers), key=lambda candidate: candidate.file
    ):
        reason = _not_accepted(candidate, codes, expected)
        if reason is None:
            by_dealer.setdefault(candidate.dealer, []).append(candidate)
        else:
            settled.refused.append((candidate, reason))
    for dealer, several in by_dealer.items():
        if joins and len({candidate.answers for candidate in several}) > 1:
            settled.several[dealer] = sorted(several, key=lambda copy: (copy.receipt.moment, copy.file))
        else:
            _settle_one(settled, several)
    if not settled.several:
        settled.note_late(expected)
    return settled


def _not_accepted(candidate: Filed, codes: Mapping[str, Dealer], expected: Expected | None) -> Finding | None:
    file, dealer = candidate.file, candidate.dealer
    wrong = misnamed(file, dealer, codes)
    if wrong is not None or expected is None:
        return wrong
    if dealer not in expected.roster:
        return Finding("XK-T004", file, facts={"dealer": dealer})
    locked = expected.locked_of(dealer)
    if locked is not None and candidate.receipt.moment >= locked:
        return Finding("XK-T052", file, facts={"received": str(candidate.receipt), "basis": candidate.receipt.basis})
    return None


def _settle_one(settled: Settled, several: Sequence[Filed]) -> None:
    dealer = several[0].dealer
    last = max(candidate.receipt.moment for candidate in several)
    latest = [candidate for candidate in several if candidate.receipt.moment == last]
    if all(candidate.answers == several[0].answers for candidate in several):
        latest = sorted(
            several, key=lambda candidate: candidate.receipt.moment
        )  # the first already had the same answers
    elif any(candidate.answers != latest[0].answers for candidate in latest):
        for candidate in several:
            other_files = _names(other for other in several if other is not candidate)
            facts = {"dealer": dealer, "others": other_files}
            settled.refused.append((candidate, Finding("XK-T005", candidate.file, facts=facts)))
        return
    counts = latest[0]
    settled.counting[dealer] = counts
    for candidate in latest[1:]:
        settled.same.append(candidate)
        settled.notes.setdefault(dealer, []).append(Finding("XK-T006", candidate.file, facts={"other": counts.file}))
    older = [candidate for candidate in several if candidate not in latest]
    settled.replace(counts, older)


def _names(filed: Iterable[Filed]) -> str:
    return "、".join(candidate.file for candidate in filed)
