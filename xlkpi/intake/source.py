"""Where raw cells come from: a file's workbook, a workbook that is open in Excel, or one of another program."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Protocol

from xlkpi.intake.outline import PLAIN, Outline
from xlkpi.values import RawCell


@dataclass(frozen=True, slots=True)
class SheetCells:
    """What was wanted of a sheet, the references of other cells that hold something, what is merged or hidden, and the
    wanted cells whose content nobody can read for its colour or size."""

    cells: Mapping[str, RawCell]
    strays: tuple[str, ...]
    outline: Outline = PLAIN
    unseen: tuple[str, ...] = ()


class Source(Protocol):
    """A workbook's cells as they stand. Reading a submission asks for nothing else, whatever it is read from."""

    @property
    def sheets(self) -> Collection[str]:
        """The sheets' names, in order."""

    @property
    def names(self) -> Mapping[str, str]:
        """Defined names of the whole workbook, with the text that they stand for: 'Sheet'!$A$1."""

    @property
    def has_macros(self) -> bool:
        """Whether it carries macros that nobody asked for."""

    @property
    def tells_formulas(self) -> bool:
        """Whether cells carry their formulas. Where not, `RawCell.formula` is UNKNOWN and nothing can be compared."""

    def properties(self) -> Mapping[str, str]:
        """Custom document properties that are texts."""

    def cells(self, sheet: str, wanted: Collection[str] | None, known: Collection[str] = ()) -> SheetCells:
        """Cells of a sheet: the wanted references, or all where None. Cells in `known` are no strays.

        Raises:
            Refused: too many cells, or one too far out.
        """
