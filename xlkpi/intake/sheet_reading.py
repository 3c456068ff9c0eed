"""Reading one sheet by its pieces; the same pieces come back in every file and are decoded once for each process."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace

from xlkpi.intake.guard import MAX_COLUMN, MAX_ROW, Refused
from xlkpi.intake.memory import FILES, SHORT
from xlkpi.intake.outline import Outline
from xlkpi.intake.parsed import outline_of_frame  # fmt: skip
from xlkpi.intake.spelling import (
    OtherSpelling,
    Piece,
    StoredCell,
    decoded,
    end_of,
    piece_of,
    value_of,
)  # fmt: skip
from xlkpi.intake.variants import Sharing
from xlkpi.intake.wellformed import Pieces
from xlkpi.values import CellKind, Place, RawCell, column_number

REF = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")
_DIGITS = re.compile(rb"-?[0-9]+(?:\.[0-9]+)?(?:E[-+]?[0-9]+)?")
_REMEMBERED = 6_000  # pieces of a sheet; larger ones are no form's


@dataclass(slots=True)
class SheetReading:
    """One sheet being read: what was wanted of it, the strays, and the cells that share formulas.

    `raw` makes a cell of what is stored, `looks` are the styles that it goes by; `unseen` are the cells in one of the
    styles in which nobody can read anything.
    """

    raw: Callable[[Place, StoredCell], RawCell]
    looks: Looks
    sheet: str
    wanted: Collection[str] | None
    known: Collection[str]
    unseen_styles: frozenset[int] = frozenset()
    cells: dict[str, RawCell] = field(default_factory=dict)
    strays: list[str] = field(default_factory=list)
    sharing: list[Sharing] = field(default_factory=list)
    unseen: list[str] = field(default_factory=list)

    def cut(self, pieces: Pieces | None) -> Outline:  # noqa: PLR0912 - the loop over cells is not torn apart, for speed
        """Read the pieces.

        Raises:
            OtherSpelling: something is spelled in another way.
            Refused: too far out, or something that cannot be meant.
        """
        outline = None if pieces is None else outline_of_frame(pieces.frame)
        if pieces is None or outline is None:
            raise OtherSpelling
        each = pieces.each
        memory = memory_of(self.sheet, self.looks, len(each))
        end = end_of(pieces.last)
        hidden = list(end.hidden)
        position, sheet, wanted, known, cells = 0, self.sheet, self.wanted, self.known, self.cells
        unseen = self.unseen_styles
        for piece, (cell, raw) in zip(each, map(memory.__getitem__, each), strict=True):
            ref, least, enter, last, stored, rows = cell
            if not least <= position < enter:
                raise OtherSpelling  # out of order, twice, or in another row than it says
            position = last
            if rows:
                hidden += rows
            if stored.shared is not None:
                self.sharing.append(Sharing(ref, stored.shared, stored.formula or ""))
            if wanted is not None and ref not in wanted:
                if ref not in known:
                    _not_too_far(sheet, ref)
                    if stored.value or stored.formula is not None:
                        self.strays.append(ref)
                continue
            if wanted is None:
                _not_too_far(sheet, ref)
            if unseen and stored.style in unseen:
                self.unseen.append(ref)
            if raw is not None:
                cells[ref] = raw
            elif stored.value is not None or stored.formula is not None:  # else it is blank, however it is spelled
                cells[ref] = raw_cell = self.raw(Place(sheet, ref), stored)
                if stored.kind != "s":  # a shared string means something else in every file
                    memory.keep(piece, raw_cell)
        if not end.least <= position < end.enter:
            raise OtherSpelling
        return replace(outline, hidden_rows=frozenset(hidden)) if hidden else outline

    def forget(self) -> None:
        """Begin anew."""
        self.cells, self.strays, self.sharing, self.unseen = {}, [], [], []

    def take(self, ref: str, stored: StoredCell) -> None:
        """A cell that the parser tells.

        Raises:
            Refused: too far out, or something that cannot be meant.
        """
        _not_too_far(self.sheet, ref)
        if stored.shared is not None:
            self.sharing.append(Sharing(ref, stored.shared, stored.formula or ""))
        if self.wanted is None or ref in self.wanted:
            self.cells[ref] = self.raw(Place(self.sheet, ref), stored)
            if stored.style in self.unseen_styles:
                self.unseen.append(ref)
        elif ref not in self.known and (stored.value or stored.formula is not None):
            self.strays.append(ref)


class PieceMemory(dict[bytes, tuple[Piece, RawCell | None]]):
    """Pieces of a sheet: what each one says, and its cell once it was wanted. Filled as they are asked for.

    `_like` has the same by what stands before the value: most of what is new in a file is a new value and no more.
    """

    __slots__ = ("_like",)

    def __init__(self) -> None:
        self._like: dict[bytes, tuple[Piece, RawCell]] = {}

    def __missing__(self, piece: bytes) -> tuple[Piece, RawCell | None]:
        """Raises OtherSpelling where the piece is spelled in another way."""
        at = piece.rfind(b"<v>")
        like = self._like.get(piece[:at])
        entry: tuple[Piece, RawCell | None]
        if like is not None and piece.find(b"<", at + 3) == len(piece) - 4 > at + 3 and piece.endswith(b"</v>"):
            piece_like, raw = like
            value = piece[at + 3 : -4]
            plain = raw.kind is CellKind.NUMBER and _DIGITS.fullmatch(value)
            text = value.decode() if plain else value_of(str(raw.place), piece_like.cell.kind, decoded(value))
            entry = piece_like, RawCell(raw.place, raw.kind, text, raw.formula, raw.format)
        else:
            entry = piece_of(piece), None
        if len(piece) < SHORT:
            self[piece] = entry
        return entry

    def keep(self, piece: bytes, raw: RawCell) -> None:
        """Remember a cell that was wanted."""
        known = self.get(piece)
        if known is not None:
            self[piece] = known[0], raw
            at = piece.rfind(b"<v>")
            if raw.text and piece.find(b"<v") == at >= 0 and piece.find(b"<", at + 3) == len(piece) - 4:
                self._like[piece[:at]] = known[0], raw

    def clear(self) -> None:
        """Forget everything."""
        super().clear()
        self._like.clear()


Looks = tuple[tuple[str, ...], frozenset[int]]


MEMORIES: dict[tuple[str, Looks], PieceMemory] = {}


def memory_of(sheet: str, looks: Looks, pieces: int) -> PieceMemory:
    """What earlier files of the same look had on this sheet: a form's own cells, the same in every file."""
    if pieces > _REMEMBERED:
        return PieceMemory()
    if len(MEMORIES) >= 64:
        MEMORIES.clear()
    memory = MEMORIES.setdefault((sheet, looks), PieceMemory())
    if len(memory) > FILES * pieces:
        memory.clear()
    return memory


def _not_too_far(sheet: str, ref: str) -> None:
    match = REF.fullmatch(ref)
    if match is None:
        raise Refused("XK-F008", detail=f"{sheet} 有单元格 {ref[:20]!r}")
    if int(match[2]) > MAX_ROW or column_number(match[1]) > MAX_COLUMN:
        raise Refused("XK-F007", sheet=sheet, ref=ref)
