"""Pieces that are not parsed again: what is taken for well formed is so, whatever came before."""

from __future__ import annotations

import contextlib
import xml.parsers.expat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xlkpi.intake.wellformed import Cut, Doctype, is_unusual

PLAIN = [
    b'<c r="B1" s="1"><v>5</v>', b'<c r="B1" s="1"><v>-1.5E+3</v>', b'<c r="B1" s="1"><v>0</v>', b"<c><v/>",
    b'<c r="B1" t="str"><f>A1&amp;"x"</f><v>\xe5\xae\x9d</v>', b'<c r="C1"/><c r="D1" t="inlineStr"><is><t>x</t></is>',
    b'</row><row r="2"><c r="A2"><v>7</v>', b'</row><row r="2"/><row r="3"><c r="A3">', b"<c>",
]  # fmt: skip
ODD = [
    b"<c><v>", b"<c></v>", b"<c><v>5", b"5</v>", b"<c><v>0</v></c >", b"<c><!--", b"--><c>", b"<c><![CDATA[", b"]]><c>",
    b"</row></sheetData><sheetData><row><c>", b"</row></sheetData>", b"<sheetData><row><c>", b"<c><c>", b"<c/>", b"",
    b"<c><row>", b"</row><c>", b"<row><c>", b"<c>&", b"<c>&x;", b"<c>\xe5\xae", b"\x9d", b"<c a='", b"'>", b"<c \x00>",
    b"<?x", b"?><c>", b"<!DOCTYPE x>", b"<x:c>", b"</worksheet><worksheet><sheetData><row><c>", b"]]>", b"<c>]]>",
]  # fmt: skip
HEADS = [b"<worksheet><sheetData><row>", b'<worksheet><sheetData><row r="1">', b"<worksheet><!--<sheetData><row>",
         b"<worksheet><x><sheetData><row>", b"<worksheet><sheetData><row/><x><row>", b"<worksheet a='<sheetData><row>",
         b"<worksheet><sheetData/><sheetData><row>"]  # fmt: skip
TAILS = [b"</row></sheetData></worksheet>", b"</row></sheetData><merge/></worksheet>", b"</row></sheetData>-->",
         b"</row></sheetData></x></worksheet>", b"</row></x></sheetData></worksheet>",
         b"</row></sheetData>"]  # fmt: skip

plain_pieces = st.lists(st.sampled_from(PLAIN), min_size=1, max_size=6)
pieces = st.lists(st.one_of(st.sampled_from(PLAIN), st.sampled_from(PLAIN + ODD)), min_size=1, max_size=6)


def part(head: bytes, cells: list[bytes], tail: bytes) -> bytes:
    return head + b"</c>".join((*cells, b"")) + tail


def plainly(data: bytes) -> bool:
    with contextlib.suppress(xml.parsers.expat.ExpatError, Doctype):
        return not is_unusual(data)
    return False


parts = st.builds(part, st.sampled_from(HEADS[:2] * 4 + HEADS), pieces, st.sampled_from(TAILS[:2] * 4 + TAILS))


@given(st.lists(parts, min_size=1, max_size=8))
def test_what_is_cut_is_well_formed_whatever_came_before(files: list[bytes]) -> None:
    cut = Cut(b"sheetData", b"c", b"</row>", b"<row>")
    for data in files:
        taken = cut.pieces("sheet1.xml", data)
        if taken is not None:
            assert plainly(data)
            assert b"</c>".join((*taken.each, b"")) == data[data.find(b"<sheetData") : data.rfind(b"</c>") + 4]


@given(st.lists(plain_pieces, min_size=1, max_size=5))
def test_a_plain_sheet_is_always_cut(files: list[list[bytes]]) -> None:
    cut = Cut(b"sheetData", b"c", b"</row>", b"<row>")
    for cells in files:
        assert cut.pieces("sheet1.xml", part(HEADS[0], cells, TAILS[0])) is not None


HALVES = [
    (b"<c><!--", b"-->"), (b"<c><![CDATA[", b"]]>"), (b"<c><?x ", b"?>"), (b"<c a='", b"'>"),
    (b"</row></sheetData><y><sheetData><row><c>", b"</row></sheetData></y><sheetData><row><c>"),
    (b"</row><y><row><c>", b"</row></y><row><c>"), (b"<c><c>", b"</c>"), (b"<c>\xe5\xae", b"\x9d<c>"),
]  # fmt: skip


@pytest.mark.parametrize("halves", HALVES, ids=repr)
def test_two_halves_that_are_well_formed_together_are_not_known_singly(halves: tuple[bytes, bytes]) -> None:
    cut = Cut(b"sheetData", b"c", b"</row>", b"<row>")
    one, other = halves
    for between in ([], [b"<c>"]):
        for cells in ([one, *between, other], [one, *between], [*between, other]):
            data = part(HEADS[0], [b"<c>", *cells], TAILS[0])
            assert cut.pieces("sheet1.xml", data) is None or plainly(data)


def test_a_known_piece_does_not_excuse_a_broken_one() -> None:
    """A number's place alone is remembered, not the open tag before it."""
    cut = Cut(b"sheetData", b"c", b"</row>", b"<row>")
    assert cut.pieces("a", part(HEADS[0], [b"<c>", b"<c><v>5</v>"], TAILS[0])) is not None
    assert cut.pieces("b", part(HEADS[0], [b"<c>", b"<c><v>7</v>"], TAILS[0])) is not None
    for broken in (b"<c><v>", b"<c><v>5", b"<c><v>7</v></v>"):
        assert cut.pieces("b", part(HEADS[0], [b"<c>", broken], TAILS[0])) is None


def test_a_part_that_declares_a_smaller_alphabet_is_not_cut() -> None:
    """A piece known from a part in UTF-8 may hold what is not well formed there."""
    cells = [b"<c><v/>", "<c><v>宝</v>".encode()]
    cut = Cut(b"sheetData", b"c", b"</row>", b"<row>")
    assert cut.pieces("a", part(HEADS[0], cells, TAILS[0])) is not None
    for name in (b"us-ascii", b"US-ASCII"):
        data = part(b'<?xml version="1.0" encoding="' + name + b'"?>' + HEADS[0], cells, TAILS[0])
        assert not plainly(data)
        assert cut.pieces("a", data) is None
