"""A submission as reading a file makes it, for tests that begin after it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from xlkpi.findings import Finding
from xlkpi.intake.submission import Answer, Submission
from xlkpi.issue import Issue
from xlkpi.values import CellContent


def submission_of(
    issue: Issue,
    dealer: str,
    contents: Mapping[str, CellContent],
    tables: Mapping[str, Sequence[Mapping[str, CellContent]]] | None = None,
    file: str = "",
    findings: Iterable[Finding] = (),
) -> Submission:
    """What a dealer sent, by slot name, as the cells hold it: a content goes into the master as it is, a word too."""
    answers = {name: Answer(content, None) for name, content in contents.items()}  # type: ignore[arg-type] # a value is a content
    rows = {name: tuple(listed) for name, listed in (tables or {}).items()}
    return Submission(
        dealer, issue.month, issue.scheme.name, file, answers, tables=rows, findings=tuple(findings)
    )  # fmt: skip
