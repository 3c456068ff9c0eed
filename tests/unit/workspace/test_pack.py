"""An archive that somebody made otherwise than `month pack` is refused in a sentence, and reaches for no file."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from shared.archives import zipped

from xlkpi.intake.guard import Refused
from xlkpi.workspace.pack import PACK_FILE, verify
from xlkpi.workspace.receiving import Delivered, _opened

ABOUT: dict[str, Any] = {"format": 1, "month": "2026-11", "hashes": {}}
EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@pytest.mark.parametrize(
    "about",
    [
        None, [], {}, {"format": 2, "hashes": {}}, ABOUT, {**ABOUT, "hashes": {"a": "0"}},
        {**ABOUT, "hashes": {"../../evil": EMPTY}}, {**ABOUT, "hashes": {"/etc/passwd": EMPTY}},
        {**ABOUT, "receipts": [{"stored": "/etc/passwd", "at": "2026-12-01"}]},
    ],
)  # fmt: skip
def test_what_is_no_archive_of_ours_is_refused(tmp_path: Path, about: Any) -> None:
    files = {"x": b"y"} if about is None else {PACK_FILE: json.dumps(about).encode()}
    (tmp_path / "a.zip").write_bytes(zipped(files))
    with pytest.raises((Refused, Exception)) as refusal:
        verify(tmp_path / "a.zip")
    assert type(refusal.value).__name__ in ("Refused", "IssueError")
    assert [path.name for path in tmp_path.iterdir()] == ["a.zip"]


def test_an_archive_may_hold_more_files_than_a_workbook_has_parts(tmp_path: Path) -> None:
    """Twelve hundred files of a month: the workbook's limit of a thousand parts is not theirs."""
    files = {f"收件/D{number:04d}.xlsx": b"x" * number for number in range(1200)}
    hashes = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    about = {**ABOUT, "hashes": {**hashes, "missing": EMPTY}}
    path = tmp_path / "a.zip"
    path.write_bytes(zipped({**files, PACK_FILE: json.dumps(about).encode()}))
    with pytest.raises(Refused) as refusal:  # all 1,200 were compared before the one that is not there
        verify(path)
    assert refusal.value.facts["detail"] == "missing 与打包时不同"


def test_an_archive_of_many_files_is_received_whole(tmp_path: Path) -> None:
    archive = zipped({f"各店/{number}.jpg": f"{number}".encode() for number in range(1200)})
    each = Delivered("照片.zip", "来件", archive)
    assert len(list(_opened(each, 0))) == 1200
