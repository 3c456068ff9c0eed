"""Writing files in one step."""

from __future__ import annotations

from pathlib import Path

import pytest

from xlkpi.files import WriteError, atomic_writer, safe_name, write_file


def test_a_file_is_replaced_and_nothing_else_is_left(tmp_path: Path) -> None:
    target = tmp_path / "new" / "a.xlsx"
    write_file(target, b"first")
    write_file(target, b"second")
    assert target.read_bytes() == b"second"
    assert [path.name for path in target.parent.iterdir()] == ["a.xlsx"]


def test_what_cannot_be_written_raises_with_the_reason_and_leaves_nothing_behind(tmp_path: Path) -> None:
    taken = tmp_path / "a.xlsx"
    taken.mkdir()
    with pytest.raises(WriteError) as caught:
        write_file(taken, b"data")
    assert caught.value.path == taken
    assert caught.value.detail
    assert [path.name for path in tmp_path.iterdir()] == ["a.xlsx"]


def test_a_file_that_fails_half_way_leaves_the_old_one_and_no_litter(tmp_path: Path) -> None:
    target = tmp_path / "a.json"
    write_file(target, b"old")

    def half() -> None:
        with atomic_writer(target) as file:
            file.write(b"half")
            raise ValueError("no more")

    with pytest.raises(ValueError, match="no more"):
        half()
    assert target.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]


def test_a_folder_that_cannot_be_made_raises_the_same_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(WriteError):
        write_file(tmp_path / "file" / "a.xlsx", b"data")


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("原文实例店", "原文实例店"),
        ("a/b\\c", "abc"),
        ("../../x", "x"),
        ('店:A*?<>|"', "店A"),
        ("..", "_"),
        ("", "_"),
        ("a\nb\x00", "ab"),
        (" 店. ", "店"),
        ("长" * 90, "长" * 60),
    ],
)
def test_a_name_becomes_harmless_in_a_file_name(text: str, safe: str) -> None:
    assert safe_name(text) == safe
