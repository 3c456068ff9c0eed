"""The zip side: reproducible archives, copied and replaced part by part."""

from __future__ import annotations

import io
import time
import zipfile
import zlib

import pytest
from openpyxl import Workbook, load_workbook

from xlkpi.workbook.package import Block, assemble, block, joined, member, members, saved, unpack


def book_with(value: object) -> Workbook:
    book = Workbook()
    book.worksheets[0]["A1"] = value
    return book


def test_the_same_content_saved_at_another_second_gives_the_same_bytes() -> None:
    first = saved(book_with("一"))
    time.sleep(1.1)  # openpyxl writes the hour of saving, to the second
    assert saved(book_with("一")) == first
    assert saved(book_with("二")) != first


def test_a_saved_archive_has_its_content_types_first_the_rest_in_order_and_one_date() -> None:
    with zipfile.ZipFile(io.BytesIO(saved(book_with(1)))) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        assert names[0] == "[Content_Types].xml"
        assert names[1:] == sorted(names[1:])
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert b"2000-01-01T00:00:00Z" in archive.read("docProps/core.xml")


def test_openpyxl_reads_back_what_was_saved() -> None:
    text = ' 两行\n"x" & <b> 😀 '
    assert load_workbook(io.BytesIO(saved(book_with(text)))).worksheets[0]["A1"].value == text


@pytest.mark.parametrize("level", [0, 1, 9])
def test_parts_come_out_as_they_went_in(level: int) -> None:
    parts = {"a.xml": b"<a/>", "媒体/图.bin": bytes(range(256)) * 50, "empty": b""}
    data = assemble(member(name, part, level) for name, part in parts.items())
    assert unpack(data) == parts
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == list(parts)


def test_members_are_copied_without_inflating_and_give_the_same_archive() -> None:
    data = assemble(member(name, name.encode() * 99) for name in ("one", "二", "three"))
    found = members(data)
    assert list(found) == ["one", "二", "three"]
    assert assemble(found.values()) == data
    assert found["one"].size == 297


def test_an_archive_of_the_standard_library_with_extra_fields_is_copied_too() -> None:
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("streamed.xml", "w", force_zip64=True) as file,  # local header with a zip64 extra field
    ):
        file.write(b"<s/>" * 100)
    assert unpack(assemble(members(buffer.getvalue()).values())) == {"streamed.xml": b"<s/>" * 100}


@pytest.mark.parametrize("level", [1, 6, 9])
@pytest.mark.parametrize("sizes", [[0], [1], [5000, 3, 0, 4097, 1], [70_000, 20_000], []])
def test_a_part_is_joined_from_blocks(level: int, sizes: list[int]) -> None:
    text = ("".join(f'<c r="A{n}" s="{n % 7}"><v>{n * n}</v></c>' for n in range(5000))).encode()
    blocks: list[Block] = []
    at = 0
    for number, size in enumerate(sizes):
        before = blocks[-1].end if blocks and number % 3 else b""  # the first, and some in the middle, know of nothing
        blocks.append(block(text[at : at + size], before, level))
        at += size
    whole = joined("字.xml", blocks)
    assert (whole.crc, whole.size) == (zlib.crc32(text[:at]), at)
    with zipfile.ZipFile(io.BytesIO(assemble([whole, member("other", b"x")]))) as archive:
        assert archive.testzip() is None
        assert archive.read("字.xml") == text[:at]


def test_a_block_says_nothing_twice_that_stands_before_it() -> None:
    first = block(bytes(range(256)) * 8, b"", 6)
    assert len(block(bytes(range(256)), first.end, 6).packed) < 30 < 256 < len(block(bytes(range(256)), b"", 6).packed)
    assert block(b"abc", first.end, 6) == block(b"abc", first.end, 6)
