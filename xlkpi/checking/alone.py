"""What `check` says of a file by itself: no other file and no process is asked. 自检.html runs this in a browser."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from xlkpi.checking.plausible import Past, doubts, past_of
from xlkpi.findings import Finding, with_replies, with_rulings
from xlkpi.intake.attested import signed_later
from xlkpi.intake.file_names import misnamed
from xlkpi.intake.submission import Submission, Unusable
from xlkpi.issue import Issue
from xlkpi.scoring.assess import INSPECTION_MISSING, assess
from xlkpi.scoring.engine import Engine

Named = TypeVar("Named")


def findings_alone(
    issue: Issue, engine: Engine, read: Submission | Unusable, past: Past, now: datetime
) -> tuple[Finding, ...]:
    """All findings on a file that is the only one.

    Args:
        issue: what was issued.
        engine: an engine with its master loaded.
        read: the file as it was read.
        past: figures of earlier months as a store knows them, besides those in the issue.
        now: when it is sent.
    """
    notes: list[Finding] = []
    if isinstance(read, Submission):
        note = misnamed(read.file, read.dealer, issue.roster)
        note = note or signed_later(issue, read.file, read.signed_on, now)
        notes += [note] if note else []
        notes += [finding for _, doubted in doubted_files(issue, [(read.file, read)], past) for finding in doubted]
    return ruled(issue, read, (*own_findings(issue, engine, read), *notes))


def own_findings(issue: Issue, engine: Engine, read: Submission | Unusable) -> tuple[Finding, ...]:
    """What reading and assessing the file found. Headquarters' inspections are not looked for."""
    if isinstance(read, Unusable):
        return read.findings
    return tuple(finding for finding in assess(issue, engine, read).findings if finding.code != INSPECTION_MISSING)


def doubted_files(
    issue: Issue, submissions: Sequence[tuple[Named, Submission]], past: Past
) -> Iterator[tuple[Named, list[Finding]]]:
    """Plausibility findings by file; if a dealer sent several files, those of the first."""
    first = {submission.dealer: (file, submission) for file, submission in reversed(submissions)}
    figures = {
        dealer: {name: answer.value for name, answer in filed.answers.items() if isinstance(answer.value, float)}
        for dealer, (_, filed) in first.items()
    }
    files = {dealer: filed.file for dealer, (_, filed) in first.items()}
    for dealer, findings in doubts(issue, figures, {**past_of(issue), **past}, files).items():
        file, filed = first[dealer]
        cells = {name: answer.raw.place for name, answer in filed.answers.items() if answer.raw is not None}
        yield file, [replace(finding, place=cells.get(finding.field)) for finding in findings]


def ruled(issue: Issue, read: Submission | Unusable, findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Findings with what the dealer answered, and as headquarters ruled on them."""
    if isinstance(read, Submission):
        findings = with_replies(findings, read.replies)
    return tuple(with_rulings(findings, issue.rulings, read.dealer, issue.month))
