"""What is committed under `workbooks/` and the dumps beside this file are what the tool makes today, byte for byte.

Compressed bytes may differ between builds of zlib, so each part is compared unpacked.
"""

from __future__ import annotations

import difflib
import re
import zipfile
from pathlib import Path

import pytest

from golden import regenerate
from xlkpi.issue import KEY_FILE

HOW = "If the change is meant: python tests/golden/regenerate.py --picture, then read the dumps' diff and commit."
LINES = 60


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("golden")
    regenerate.build(folder)
    return folder


@pytest.fixture(scope="module")
def dumps(made: Path) -> dict[str, str]:
    return regenerate.dump(made)


def parts(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def told(name: str, committed: str, now: str) -> str:
    """A diff that fits a screen, and what to do."""
    lines = list(
        difflib.unified_diff(committed.splitlines(), now.splitlines(), "committed", "made now", n=1, lineterm="")
    )
    rest = [f"… {len(lines) - LINES} more lines"] if len(lines) > LINES else []
    return "\n".join([f"{name} differs", *lines[:LINES], *rest, HOW])


@pytest.mark.parametrize("name", regenerate.NAMES)
def test_the_dump_is_what_was_reviewed(dumps: dict[str, str], name: str) -> None:
    committed = (regenerate.DUMPS / f"{name}.txt").read_text("utf-8")
    if dumps[name] != committed:
        pytest.fail(told(f"{name}.txt", committed, dumps[name]), pytrace=False)


@pytest.mark.parametrize("name", regenerate.NAMES)
def test_the_committed_workbook_is_what_the_tool_makes(made: Path, name: str) -> None:
    committed, now = parts(regenerate.WORKBOOKS / f"{name}.xlsx"), parts(made / f"{name}.xlsx")
    assert list(now) == list(committed), HOW
    for part, data in now.items():
        if data != committed[part]:
            one_tag_a_line = (re.sub(r"(?<=>)(?=<)", "\n", text.decode()) for text in (committed[part], data))
            pytest.fail(told(f"{name}.xlsx: {part}", *one_tag_a_line), pytrace=False)


def test_two_builds_in_a_row_are_the_same_bytes(made: Path, tmp_path: Path) -> None:
    regenerate.build(tmp_path)
    for name in regenerate.NAMES:
        assert (tmp_path / f"{name}.xlsx").read_bytes() == (made / f"{name}.xlsx").read_bytes(), name


def test_nothing_else_lies_there() -> None:
    """A workbook that nobody makes any more would never be looked at again."""
    expected = {f"{name}.xlsx" for name in regenerate.NAMES} | {regenerate.PICTURE.name, KEY_FILE}
    assert {path.name for path in regenerate.WORKBOOKS.iterdir() if not path.name.startswith((".", "~"))} == expected
    assert {path.stem for path in regenerate.DUMPS.iterdir()} == set(regenerate.NAMES)


def test_the_pictures_of_the_button_can_be_made(tmp_path: Path) -> None:
    for book in regenerate.button_books(tmp_path):
        assert parts(book)
    assert {path.name for path in regenerate.BUTTON.iterdir()} == {"control.png", "scores.png"}


def test_the_source_s_numbers_stand_in_the_assessed_sheet() -> None:
    """The dump is reviewed by eye; the numbers that must come out are held apart from it."""
    lines = (regenerate.DUMPS / "assessed.txt").read_text("utf-8").splitlines()
    sheet = lines[lines.index("[绩效考核表] visible") : lines.index("[计分过程] visible")]
    shown = [
        float(line.rsplit(" | ", 1)[1]) for line in sheet if re.match(r"K\d+ \| = as in the master \| [\d.]+$", line)
    ]
    management = [10.0, 10.0, 10.0, 10.0, 5.0]
    business = [12.14516129032258, 7.984282266510831, 15.0, 5.0, 0.8725208137077679, 2.223833479540016]
    assert shown[:6] == pytest.approx(business, rel=1e-9)
    assert shown[6:13] == pytest.approx([sum(business), *management, sum(management)], rel=1e-9)
    assert shown[13:] == pytest.approx([88.2257978500812, 88.2257978500812, 88.2], rel=1e-9)


def test_the_picture_is_small_enough_for_a_readme() -> None:
    data = regenerate.PICTURE.read_bytes()
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    assert len(data) < 250_000
