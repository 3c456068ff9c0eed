"""A month's exports as texts, and places of assessments, for tests."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any

from xlkpi.issue import Dealer
from xlkpi.month.definitions import definitions
from xlkpi.month.long_form import HEADINGS, csv_text
from xlkpi.month.month import Month
from xlkpi.month.scores import pieces
from xlkpi.month.standing import Standing, ranked
from xlkpi.scheme.model import Scheme
from xlkpi.scoring.assess import Assessment


def to_json(month: Month) -> str:
    """scores.json."""
    return b"".join(pieces(month.scores())).decode()


def to_csv(month: Month) -> str:
    """scores.csv without its mark."""
    return csv_text([HEADINGS, *month.long_rows()])


def ranks(assessments: Iterable[Assessment]) -> dict[str, int]:
    """Each ranked dealer's place."""
    rows = [
        Standing(Dealer(a.dealer, ""), a.status, a.file, published=a.published, vetoed=a.vetoed) for a in assessments
    ]
    return {row.dealer.code: row.rank for row in ranked(rows) if row.rank is not None}


def told(scheme: Scheme) -> dict[str, Any]:
    """A scheme's definitions as plain data."""
    data: dict[str, Any] = dataclasses.asdict(definitions(scheme))
    return data
