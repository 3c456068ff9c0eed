"""xlkpi: the after-sales performance of car dealers, in spreadsheets.

A month as it was issued, the files that came back, and what they are worth. `xlkpi demo` makes the folder of the
example.

    >>> import xlkpi
    >>> november = xlkpi.open_issue("demo/blank", inspections="demo/inspections.xlsx")
    >>> november.month, len(november.roster)
    ('2026-11', 12)

Check files without scoring them; each comes back with its findings, and none raises:

    >>> checked = november.check("demo/filled")
    >>> [(file.dealer, finding.code) for file in checked for finding in file.findings if finding.code == "XK-V001"]
    [('D006', 'XK-V001')]

Score them. The month iterates over the assessments; files that cannot be used are in `unusable`:

    >>> month = november.score("demo/filled", jobs=1)
    >>> [(done.dealer, done.published, done.grade) for done in month][:2]
    [('D001', 88.2, '良好'), ('D002', 100.0, '优秀')]
    >>> [file.dealer for file in month.unusable]
    ['D009']

Explain a score, by the assessed workbook that `xlkpi score` or `score(…, out=…)` has written:

    >>> xlkpi.explain("demo/out/assessed/D001_原文实例店_2026-11.xlsx", "精品").sentence
    '实绩 3,427.00 元 ÷ 目标 19,638.50 元 = 完成率 17.45%；5 分 × 17.45% = 0.8725 分。得 0.8725 分'

Take it away as a table, through Arrow (needs `xlkpi[frames]`; `to_pandas` and `to_polars` are alike):

    >>> month.to_arrow("wide").select(["dealer", "published", "rank"]).slice(0, 2).to_pylist()
    [{'dealer': 'D001', 'published': 88.2, 'rank': 5}, {'dealer': 'D002', 'published': 100.0, 'rank': 1}]

Paths are texts or `os.PathLike`. Below this face one file at a time goes through `Issue.load`, `read_submission`,
`load_engine` and `assess`.
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
