"""Writing files in one step."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from xlkpi.files import WriteError, atomic_writer, remove_stale_temporaries, safe_name, write_file


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


@pytest.mark.skipif(os.name == "nt", reason="devices and pipes are no files there")
def test_a_device_is_written_into_and_never_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    write_file(pipe, b"data")
    reader.join(10)
    assert read == [b"data"]
    assert pipe.is_fifo()
    assert [path.name for path in tmp_path.iterdir()] == ["pipe"]


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_nothing_is_written_through_a_link_that_somebody_left_in_the_place_of_a_temporary(tmp_path: Path) -> None:
    target, foreign = tmp_path / "a.xlsx", tmp_path / "foreign.txt"
    foreign.write_bytes(b"another's")
    with atomic_writer(target) as file:
        temporary = tmp_path / file.name
    temporary.symlink_to(foreign)
    write_file(target, b"data")
    assert (target.read_bytes(), foreign.read_bytes()) == (b"data", b"another's")


def test_litter_that_cannot_be_removed_stops_nothing(tmp_path: Path) -> None:
    with atomic_writer(tmp_path / "a.xlsx") as file:
        name = Path(file.name).name
    (tmp_path / name).mkdir()
    remove_stale_temporaries(tmp_path)
    assert (tmp_path / name).is_dir()
