"""xlkpi: the after-sales performance of car dealers, in spreadsheets.

A dealer's file travels through this package from left to right: `scheme` (what is asked and how it is judged) →
`workbook` (how it looks) → `issue` (what was sent out) → `intake` (it comes back) → `scoring` (what it is worth) →
`batch`, `results`, `audit`, `trace` (many, and why).

The public library is small: load a scheme, load an issue, read a file, assess it.

    >>> from pathlib import Path
    >>> from xlkpi import Issue, assess, load_engine, read_submission
    >>> issue = Issue.load(Path("blank"))                                        # doctest: +SKIP
    >>> engine = load_engine("formualizer", issue.master, issue.layout)          # doctest: +SKIP
    >>> sent = read_submission(issue, Path("D001_2026-11.xlsx"))                 # doctest: +SKIP
    >>> assess(                                                                  # doctest: +SKIP
    ...     issue, engine, sent.dealer, sent.contents(),
    ...     tables=sent.tables, file=sent.file, findings=sent.findings,
    ... ).total
    88.2257978500812

Without `tables` the rows of a scheme's tables (修理单日报) would be left out of the score.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from xlkpi.findings import Finding
    from xlkpi.intake.submission import Submission, Unusable, read_submission
    from xlkpi.issue import Issue
    from xlkpi.library import OpenIssue, explain, open_issue
    from xlkpi.month.month import Month
    from xlkpi.scheme.lint import usable_scheme
    from xlkpi.scoring.assess import Assessment, assess
    from xlkpi.scoring.engine import load_engine
    from xlkpi.values import Absence

__version__ = "0.1.0"  # also in pyproject.toml; asking the installation for it would double the start-up

_HOMES = {
    "Absence": "xlkpi.values",
    "Assessment": "xlkpi.scoring.assess",
    "Finding": "xlkpi.findings",
    "Issue": "xlkpi.issue",
    "Submission": "xlkpi.intake.submission",
    "Unusable": "xlkpi.intake.submission",
    "assess": "xlkpi.scoring.assess",
    "Month": "xlkpi.month.month",
    "OpenIssue": "xlkpi.library",
    "explain": "xlkpi.library",
    "load_engine": "xlkpi.scoring.engine",
    "open_issue": "xlkpi.library",
    "read_submission": "xlkpi.intake.submission",
    "usable_scheme": "xlkpi.scheme.lint",
}

__all__ = [
    "Absence", "Assessment", "Finding", "Issue", "Month", "OpenIssue", "Submission", "Unusable", "assess", "explain",
    "load_engine", "open_issue", "read_submission", "usable_scheme",
]  # fmt: skip


def __dir__() -> list[str]:
    """The public names too, which are loaded only when they are asked for."""
    return sorted({*globals(), *__all__})


def __getattr__(name: str) -> Any:
    """Load a public name when it is first asked for: the command line starts without the heavy parts."""
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
