"""The identity marker, and the hidden sheet with it; a document property and a constant name have the same words."""

from __future__ import annotations

import hashlib
import hmac
from typing import NamedTuple

from xlkpi.workbook.layout import Role
from xlkpi.workbook.plan import SheetPlan, WorkbookPlan

TITLE = "_xlkpi"
MARKER_CELL = "_xlkpi_cell"
MARKER_PROPERTY = "xlkpi"  # the document property that says whose workbook it is
MARKER_NAME = "_xlkpi"  # the constant name with the same words
MARKER_BLANK = "xlkpi-marker-of-the-dealer"  # stands in the master where stamping puts a dealer's marker

_SEAL_DIGITS = 32  # hexadecimal, 128 bits


class Marker(NamedTuple):
    """Whose workbook of which issue it is. `seal` is blank in what was issued without a key."""

    scheme: str
    version: str
    month: str
    dealer: str
    layout: str
    seal: str = ""

    @classmethod
    def read(cls, text: str) -> Marker | None:
        """From the words that a workbook carries; None where they are none of ours."""
        parts = text.split("|")
        return cls(*parts) if len(parts) in (5, 6) else None

    def __str__(self) -> str:
        """The words that a workbook carries."""
        return "|".join(self if self.seal else self[:-1])

    def sealed(self, key: bytes) -> Marker:
        """With the seal that only who has the key can make: HMAC-SHA-256 (RFC 2104) over everything else in it."""
        words = str(self._replace(seal="")).encode("utf-8", "surrogatepass")
        return self._replace(seal=hmac.new(key, words, hashlib.sha256).hexdigest()[:_SEAL_DIGITS])

    @property
    def proof(self) -> str:
        """What tells whether a seal is the right one, and from which none can be made: its SHA-256."""
        return hashlib.sha256(self.seal.encode("utf-8", "surrogatepass")).hexdigest()[:_SEAL_DIGITS]


def add(plan: WorkbookPlan) -> None:
    """Put the sheet into the plan."""
    sheet = plan.sheet(SheetPlan(TITLE, widths=(60,), hidden=True))
    where = sheet.put(1, 1, None, "stamped")
    plan.slot(sheet, where, MARKER_CELL, Role.IDENTITY)
