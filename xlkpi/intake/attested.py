"""Who filled in the form, who checked it, and when: whether it is there, and whether it can be so.

No name is quoted in a finding: findings are kept, and names are not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Final

from xlkpi.findings import Finding
from xlkpi.intake.meaning import words_of
from xlkpi.intake.normalise import understand
from xlkpi.intake.strays import Remark
from xlkpi.issue import Issue
from xlkpi.scheme.cells import CHECKED_BY, FILLED_BY, SIGNED_ON
from xlkpi.scheme.entries import SchemeField
from xlkpi.values import Place, RawCell, days_in, moment_of
from xlkpi.workbook.layout import Role

_DAY: Final = SchemeField(en="Signed on", type="date", optional=True)
_NO_NAME: Final = re.compile(r"[\W\d_]*|[无没]有?|同上|不适用|n/?a", re.IGNORECASE)


def attested(issue: Issue, cells: Mapping[str, RawCell | None], places: Mapping[str, Place]) -> Iterator[Remark]:
    """What is wrong with the attestation, by slot name: missing where the scheme requires it, one person for two, a day
    before the month was over. A scheme that only asks complains of no blank."""
    if issue.scheme.attestation == "none":
        return
    names = {name: words_of(raw) if (raw := cells.get(name)) else "" for name in (FILLED_BY, CHECKED_BY)}
    signers = {name: _folded(words) for name, words in names.items() if not _NO_NAME.fullmatch(words)}
    reading = understand(_DAY, cells.get(SIGNED_ON))
    for code, facts in reading.remarks:
        yield code, places[SIGNED_ON], "", {"label": SIGNED_ON, **facts}
    day = signed_on(cells)
    if issue.scheme.attestation == "required":
        lacking = [name for name in (FILLED_BY, CHECKED_BY) if name not in signers]
        lacking += [SIGNED_ON] if day is None and not reading.remarks else []
        for name in lacking:
            yield "XK-V046", places[name], "", {"label": name}
    if len(signers) > len(set(signers.values())):
        yield "XK-V047", places[CHECKED_BY], "", {}
    last = date(int(issue.month[:4]), int(issue.month[5:]), days_in(issue.month))
    if day is not None and day < last:
        yield "XK-V048", places[SIGNED_ON], "", {"found": f"{day}", "expected": f"{last}"}


def signed_on(cells: Mapping[str, RawCell | None]) -> date | None:
    """The day on which the form was signed; None where it is blank or not certain."""
    value = understand(_DAY, cells.get(SIGNED_ON)).value
    try:
        return moment_of(value).date() if isinstance(value, float) else None
    except OverflowError:
        return None


def signed_later(issue: Issue, file: str, day: date | None, received: datetime) -> Finding | None:
    """The finding on a form that was signed after the day on which it came; None where it was not."""
    if day is None or day <= received.date():
        return None
    facts = {"found": f"{day}", "received": f"{received:%Y-%m-%d}"}
    return Finding("XK-V049", file, issue.layout.place(SIGNED_ON), facts=facts)


def cells_of(issue: Issue, places: Mapping[str, Place], read: Mapping[Place, RawCell]) -> dict[str, RawCell | None]:
    """The cells of the attestation, by slot name; none where the scheme does not ask."""
    return {slot.name: read.get(places[slot.name]) for slot in issue.layout.of(Role.ATTESTATION)}


def _folded(name: str) -> str:
    return re.sub(r"\s", "", name).casefold()
