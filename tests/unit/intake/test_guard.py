"""The guard, seen from outside; the full set of hostile files is in tests/hostile."""

from __future__ import annotations

import zlib
from pathlib import Path

import pytest
from shared.packages import zipped

from xlkpi.intake import guard
from xlkpi.intake.guard import Refused, admit
from xlkpi.workbook.package import unpack

MINIMAL = {"[Content_Types].xml": b"<Types/>", "xl/workbook.xml": b"<workbook/>"}


def code_of(data: bytes | Path) -> str:
    with pytest.raises(Refused) as caught:
        admit(data)
    return caught.value.code


def test_a_workbook_is_admitted_and_its_parts_come_out_whole(filled: bytes) -> None:
    package = admit(filled)
    for name, data in unpack(filled).items():
        assert name in package
        if name.endswith((".xml", ".rels")):
            assert package.xml(name) == data
    assert package.inflated == sum(len(data) for data in unpack(filled).values())


def test_every_blank_and_master_is_far_below_the_limits(blank: bytes) -> None:
    package = admit(blank)
    assert len(package.parts) * 10 < guard.MAX_PARTS
    assert len(blank) * 10 < guard.MAX_FILE
    assert all(info.file_size < 20 * info.compress_size for info in package.parts.values())


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "XK-F001"), (b"hello", "XK-F001"), (b"PK", "XK-F001"), (b"PK\x03\x04 but nothing more", "XK-F002"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "XK-F004"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(64) + "EncryptedPackage".encode("utf-16-le"), "XK-F003"),
        (b"<html><body>session expired</body></html>", "XK-F001"), (b"PK\x05\x06" + bytes(18), "XK-F001"),
    ],
)  # fmt: skip
def test_what_is_no_workbook_is_told_by_its_first_bytes(data: bytes, code: str) -> None:
    assert code_of(data) == code


def test_an_archive_of_other_things_is_no_workbook() -> None:
    assert code_of(zipped([("word/document.xml", b"<w/>"), ("[Content_Types].xml", b"<Types/>")])) == "XK-F001"
    assert admit(zipped(MINIMAL.items())).xml("xl/workbook.xml") == b"<workbook/>"


def test_a_path_that_cannot_be_opened_is_told(tmp_path: Path) -> None:
    assert code_of(tmp_path / "absent.xlsx") == "XK-F009"
    assert code_of(tmp_path) == "XK-F009"


def test_a_part_that_is_not_there_is_damage() -> None:
    package = admit(zipped(MINIMAL.items()))
    with pytest.raises(Refused) as caught:
        package.xml("xl/styles.xml")
    assert (caught.value.code, caught.value.facts["detail"]) == ("XK-F002", "缺少 xl/styles.xml")


@pytest.mark.parametrize(
    ("xml", "code"),
    [
        (b"<a>", "XK-F002"),
        (b"<a></b>", "XK-F002"),
        (b"", "XK-F002"),
        (b"<a/><b/>", "XK-F002"),
        (b"<a>\x00</a>", "XK-F008"),
        (b"<!DOCTYPE a><a/>", "XK-F005"),
        (b'<?xml version="1.0"?>\n<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', "XK-F005"),
        (b'<?xml version="1.0" encoding="GBK"?><a/>', "XK-F008"),
        ('<?xml version="1.0"?><a/>'.encode("utf-16")[:-1], "XK-F002"),
        (b"<a>&nbsp;</a>", "XK-F002"),
        (b"<a>\xff</a>", "XK-F002"),
    ],
)
def test_a_part_is_refused_unless_it_is_plain_well_formed_utf8(xml: bytes, code: str) -> None:
    package = admit(zipped({**MINIMAL, "xl/styles.xml": xml}.items()))
    with pytest.raises(Refused) as caught:
        package.xml("xl/styles.xml")
    assert caught.value.code == code


def test_a_part_whose_checksum_is_wrong_is_damage() -> None:
    data = zipped(MINIMAL.items())
    right = zlib.crc32(MINIMAL["xl/workbook.xml"]).to_bytes(4, "little")
    package = admit(data.replace(right, bytes(4)))
    with pytest.raises(Refused) as caught:
        package.xml("xl/workbook.xml")
    assert caught.value.code == "XK-F002"


def test_macros_are_seen_by_name_alone() -> None:
    assert admit(zipped({**MINIMAL, "xl/VBAProject.bin": b"no matter what"}.items())).has_macros
    assert not admit(zipped(MINIMAL.items())).has_macros


def test_a_refusal_carries_the_facts_of_its_message() -> None:
    refused = Refused("XK-F006", what="文件", found="21.0 MB", limit="20.0 MB")
    assert (refused.code, refused.facts["what"]) == ("XK-F006", "文件")
