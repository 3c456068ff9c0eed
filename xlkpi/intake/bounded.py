"""Work on an outside file in this process: over the budget, or where its XML is malformed, the file is refused.

For commands that open one workbook after another and keep no process apart: `trace`, `audit`, `pdf` and the lists of
headquarters. Dealers' files are read by `reading`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar
from xml.etree.ElementTree import ParseError

from xlkpi.findings import Finding
from xlkpi.intake.budget import Budget, within
from xlkpi.intake.guard import Refused

T = TypeVar("T")
MALFORMED_XML: Final = (ValueError, KeyError, IndexError, ParseError, RecursionError)
"""What reading a valid archive may raise whose XML is malformed (a style that is not a number, …)."""


def bounded(work: Callable[[], T], budget: Budget | None = None) -> T:
    """Run something that reads an outside file, within what the environment allows for one unless told otherwise.

    Raises:
        Refused: it took more, the file did not pass the guard, or its XML is malformed.
    """
    try:
        result = within(budget or Budget.from_environment(), "", work)
    except MALFORMED_XML:
        raise Refused("XK-F002", detail="内容不合规范") from None
    if isinstance(result, Finding):
        raise Refused(result.code, **result.facts)
    return result
