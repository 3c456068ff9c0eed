"""What issue.json holds, by its types: a file that was edited by hand or cut off is told from one of ours."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


class _Stored(BaseModel):
    """What a file of ours holds, by its types. Keys that are not named here are left to who reads them."""

    model_config = ConfigDict(strict=True, allow_inf_nan=False)


_Ref = Annotated[str, Field(pattern=r"^[A-Z]{1,3}[1-9][0-9]{0,6}$")]
_Figures = dict[str, dict[str, float | str | None]]  # by dealer and name


class _StoredLayout(_Stored):
    scheme: str
    version: str
    slots: list[tuple[str, str, _Ref, str, str]]
    formulas: list[tuple[str, _Ref, str]]
    occupied: dict[str, list[_Ref]]
    words: dict[str, str]
    tables: list[tuple[str, str, int, int, dict[str, str], list[str]]]
    locked_like: list[tuple[str, _Ref, str, _Ref]]
    numbers: list[tuple[str, _Ref, float]]

    @model_validator(mode="after")
    def _known_sheets(self) -> Self:
        sheets = {slot[1] for slot in self.slots} | {table[1] for table in self.tables}
        sheets |= {cell[0] for cells in (self.formulas, self.numbers, self.locked_like) for cell in cells}
        if not sheets <= self.occupied.keys():
            raise ValueError("occupied")  # nobody reads it: the file is damaged
        return self


class _StoredLife(_Stored):
    opened: str = ""
    closed: str = ""
    trial: str = ""
    since: str = ""
    merged: list[tuple[str, str, str]] = []


class _StoredRevision(_Stored):
    number: int
    day: str
    reason: str
    approved: str
    dealers: list[str]


class StoredIssue(_Stored):
    """The whole file, of any version; a file that does not fit is damaged."""

    month: Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}$")]
    deadline: str
    locked: str = ""
    contact: str
    accepted: list[tuple[str, dict[str, Any]]] = []
    roster: list[Annotated[list[str], Field(min_length=2, max_length=5)]]
    targets: _Figures
    before_revision: _Figures = {}
    revisions: list[_StoredRevision] = []
    lives: dict[str, _StoredLife] = {}
    history: _Figures
    seals: dict[str, str] = {}
    blanks: dict[str, str] = {}
    layout: _StoredLayout
