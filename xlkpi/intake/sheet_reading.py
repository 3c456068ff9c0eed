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

    def cut(self, pieces: Pieces | None) -> Outline:
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
        position = self._as_before(memory, each)
        if position is None:
            position = self._each(memory, each, hidden)
        if not end.least <= position < end.enter:
            raise OtherSpelling
        return replace(outline, hidden_rows=frozenset(hidden)) if hidden else outline

    def _each(self, memory: PieceMemory, each: list[bytes], hidden: list[int]) -> int:
        """Read every piece; returns the last one's position. `hidden` gets the rows that are hidden."""
        position, sheet, wanted, known, cells = 0, self.sheet, self.wanted, self.known, self.cells
        unseen, before = self.unseen_styles, len(hidden)
        entries = list(map(memory.__getitem__, each))
        for piece, (cell, raw) in zip(each, entries, strict=True):
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
            elif _holds(stored):  # else it is blank, however it is spelled
                cells[ref] = self._wanted_cell(memory, piece, cell)
        if wanted is not None and not (self.strays or self.sharing or self.unseen or len(hidden) > before):
            shared = [at for at, (cell, _) in enumerate(entries) if cell.cell.kind == "s" and cell.ref in wanted]
            memory.before = Before(each, [cell for cell, _ in entries], wanted, known, cells, shared)
        return position

    def _as_before(self, memory: PieceMemory, each: list[bytes]) -> int | None:
        """Read only the pieces that the file before did not have, where all others are the same and stand at the same
        cells; returns the last one's position. None where it must be read as a whole."""
        before, wanted = memory.before, self.wanted
        if before is None or wanted is None or before.wanted is not wanted or before.known is not self.known:
            return None
        if len(before.each) != len(each):
            return None
        changed = [
            at for at, (piece, earlier) in enumerate(zip(each, before.each, strict=True)) if piece is not earlier
        ]
        contents, cells = before.contents.copy(), before.cells.copy()
        for at in (*changed, *before.shared):
            cell, raw = memory[each[at]]
            ref, stored = cell.ref, cell.cell
            if cell[:4] != contents[at][:4] or cell.hidden or stored.shared is not None:
                return None
            contents[at] = cell
            if ref not in wanted:
                if ref not in self.known:
                    return None
                continue
            if _holds(stored) != (ref in cells) or stored.style in self.unseen_styles:
                return None
            if ref in cells:
                cells[ref] = raw or self._wanted_cell(memory, each[at], cell)
        memory.before = replace(before, each=each, contents=contents, cells=cells)
        self.cells = cells
        return contents[-1].position if contents else 0

    def _wanted_cell(self, memory: PieceMemory, piece: bytes, cell: Piece) -> RawCell:
        """A wanted cell, remembered; not so a shared string, which means something else in every file."""
        raw = self.raw(Place(self.sheet, cell.ref), cell.cell)
        if cell.cell.kind != "s":
            memory.keep(piece, raw)
        return raw

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


@dataclass(frozen=True, slots=True)
class Before:
    """A sheet of the file before, as it was asked for: its pieces and what each one says, its cells, and which pieces
    are wanted shared strings. Nothing in it was a stray, shared its formula, was hidden or could not be seen."""

    each: list[bytes]
    contents: list[Piece]
    wanted: Collection[str]
    known: Collection[str]
    cells: dict[str, RawCell]
    shared: list[int]


class PieceMemory(dict[bytes, tuple[Piece, RawCell | None]]):
    """Pieces of a sheet: what each one says, and its cell once it was wanted. Filled as they are asked for.

    `_like` has the same by what stands before the value: most of what is new in a file is a new value and no more.
    `before` is the sheet as the file before had it.
    """

    __slots__ = ("_like", "before")

    def __init__(self) -> None:
        self._like: dict[bytes, tuple[Piece, RawCell]] = {}
        self.before: Before | None = None

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
        self.before = None


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


def _holds(stored: StoredCell) -> bool:
    return stored.value is not None or stored.formula is not None


def _not_too_far(sheet: str, ref: str) -> None:
    match = REF.fullmatch(ref)
    if match is None:
        raise Refused("XK-F008", detail=f"{sheet} 有单元格 {ref[:20]!r}")
    if int(match[2]) > MAX_ROW or column_number(match[1]) > MAX_COLUMN:
        raise Refused("XK-F007", sheet=sheet, ref=ref)
