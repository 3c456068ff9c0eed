"""The return list (回收清单): for every dealer that should have sent whether it did, when, and whether it counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from xlkpi.batch import Batch
from xlkpi.batch.receipts import Receipt
from xlkpi.batch.settle import Expected, Filed
from xlkpi.findings import Finding, Severity
from xlkpi.intake.file_names import dealer_named
from xlkpi.intake.submission import Unusable
from xlkpi.issue import Dealer, Issue
from xlkpi.values import State

RETURNS_FILE: Final = "returns.xlsx"


class ReturnStatus(StrEnum):
    """The status of a file or dealer, in the words that people read; in the order in which they are listed."""

    ON_TIME = "按时"
    LATE = "迟报"
    MISSING = State.MISSING
    REFUSED = State.REFUSED
    UNDECIDED = "多份未定"
    LOCKED = "锁定后"
    OTHER_MONTH = "非本月"
    OTHER_DEALER = "错店"
    JOINED = "已合并"
    SUPERSEDED = "被替代"
    SAME = "重复"
    NOT_ISSUED = "未下发"
    UNKNOWN = "未知"

    @classmethod
    def _missing_(cls, value: object) -> ReturnStatus | None:
        """The word that 0.1.0 wrote into its results."""
        return cls.MISSING if value == "未收到" else None

    @property
    def is_counted(self) -> bool:
        """Whether the file is the one that counts for its dealer."""
        return self in (ReturnStatus.ON_TIME, ReturnStatus.LATE)

    @property
    def is_refused(self) -> bool:
        """Whether there is a file of which its dealer must be told why it does not count."""
        return not (self.is_counted or self.is_replaced or self is ReturnStatus.MISSING)

    @property
    def is_replaced(self) -> bool:
        """Whether the dealer's score goes by another file: one that counts instead, or that this one was joined to."""
        return self in (ReturnStatus.JOINED, ReturnStatus.SUPERSEDED, ReturnStatus.SAME)


@dataclass(frozen=True, slots=True)
class Return:
    """A line of the list: a dealer's file, or that it sent none. `dealer` is blank where a file is nobody's; `errors`
    counts what the dealer must put right in the file; `note` says why a file does not count."""

    dealer: str
    name: str
    region: str
    status: ReturnStatus
    file: str = ""
    receipt: Receipt | None = None
    days_late: int = 0
    errors: int = 0
    note: str = ""

    def row(self) -> tuple[str | int | None, ...]:
        """The line as it stands in the sheet, under HEADINGS."""
        received = str(self.receipt) if self.receipt else ""
        basis = self.receipt.basis if self.receipt else ""
        late, errors = self.days_late or None, self.errors or None
        return self.dealer, self.name, self.region, self.status, self.file, received, basis, late, errors, self.note

    def to_json(self) -> dict[str, Any]:
        """The line as data."""
        return {
            "dealer": self.dealer, "name": self.name, "region": self.region, "status": self.status, "file": self.file,
            "received": str(self.receipt) if self.receipt else "",
            "logged": bool(self.receipt and self.receipt.logged),
            "days_late": self.days_late, "errors": self.errors, "note": self.note,
        }  # fmt: skip


HEADINGS: Final = (
    "经销商代码", "经销商名称", "区域", "状态", "文件", "收到时间", "时间依据", "迟报天数", "待改正", "说明",
)  # fmt: skip
WIDTHS: Final = (14, 22, 10, 10, 36, 20, 14, 10, 9, 60)


def return_list(issue: Issue, batch: Batch, expected: Expected) -> list[Return]:
    """Every dealer that should have sent, in roster order, with all its files; then the files that are nobody's."""
    by_dealer: dict[str, list[Return]] = {}
    for line in _lines(issue, batch, expected):
        by_dealer.setdefault(line.dealer, []).append(line)
    lines, order = list[Return](), list(ReturnStatus)
    for code, dealer in expected.roster.items():
        of_dealer = sorted(by_dealer.pop(code, []), key=lambda line: (order.index(line.status), line.file))
        if code not in issue.roster:
            lines.append(Return(code, dealer.name, dealer.region, ReturnStatus.NOT_ISSUED))
        elif not of_dealer:
            lines.append(Return(code, dealer.name, dealer.region, ReturnStatus.MISSING))
        lines += of_dealer
    nobody = (line for several in by_dealer.values() for line in several)
    return [*lines, *sorted(nobody, key=lambda line: (line.dealer, line.file))]


def roster_findings(lines: Iterable[Return]) -> Iterator[Finding]:
    """Findings about the roster: who sent nothing, and to whom nothing was issued."""
    for line in lines:
        if line.status in (ReturnStatus.MISSING, ReturnStatus.NOT_ISSUED):
            code = "XK-T054" if line.status is ReturnStatus.MISSING else "XK-T055"
            yield Finding(code, facts={"dealer": line.dealer, "name": line.name})


def counts(statuses: Iterable[ReturnStatus]) -> dict[ReturnStatus, int]:
    """How many lines have each status that occurs, in the list's order of statuses."""
    counted = Counter(statuses)
    return {status: counted[status] for status in ReturnStatus if status in counted}


def _lines(issue: Issue, batch: Batch, expected: Expected) -> Iterator[Return]:
    known = {**issue.roster, **expected.roster}
    errors = {assessment.dealer: errors_of(assessment.findings) for assessment in batch.assessments}
    settled = batch.settled
    for code, file in settled.counting.items():
        late = expected.days_late(code, file.receipt.moment)
        status = ReturnStatus.LATE if late else ReturnStatus.ON_TIME
        yield _line(known, code, file, status, days_late=late, errors=errors[code])
    for status, several in ((ReturnStatus.SUPERSEDED, settled.superseded), (ReturnStatus.SAME, settled.same)):
        for file in several:
            counting = settled.counting[file.dealer].file
            yield _line(known, file.dealer, file, status, note=f"以 {counting} 计分")
    for code, parts in settled.joined.items():
        for file in parts:
            yield _line(known, code, file, ReturnStatus.JOINED, note=f"与 {settled.counting[code].file} 合并计分")
    for file, unusable in batch.rejected:
        yield _rejected(known, file, unusable)


def _rejected(known: Mapping[str, Dealer], file: Filed, unusable: Unusable) -> Return:
    reason = next((f for f in reversed(unusable.findings) if f.severity is Severity.ERROR), unusable.findings[-1])
    status = ReturnStatus(reason.entry.return_status or ReturnStatus.REFUSED)
    dealer = "" if status is ReturnStatus.OTHER_DEALER else unusable.dealer or str(reason.facts.get("dealer", ""))
    # what cannot be read is its sender's by the name that the blank was issued under
    return _line(known, dealer or dealer_named(unusable.file, known), file, status, note=reason.message())


def _line(known: Mapping[str, Dealer], code: str, file: Filed, status: ReturnStatus, **more: Any) -> Return:
    dealer = known.get(code, Dealer(code, ""))
    return Return(code, dealer.name, dealer.region, status, file.file, file.receipt, **more)


def errors_of(findings: Sequence[Finding]) -> int:
    """How many errors in a file its dealer must correct."""
    return sum(f.severity is Severity.ERROR and f.audience == "dealer" for f in findings)
