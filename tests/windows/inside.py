"""Runs in the kit's own Python under Windows (Wine): what a file system and a console there do otherwise.

`inside.py FOLDER` works below FOLDER, prints one JSON line a check, `{"check": name, "fault": ""}`.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
import traceback
from pathlib import Path

from xlkpi.cli import main
from xlkpi.cli.demo import answers_of, demo_month, fill_in
from xlkpi.files import WriteError, write_file
from xlkpi.headquarters.issuing import make_issue, publish
from xlkpi.issue import Dealer
from xlkpi.library import open_issue
from xlkpi.scheme.lint import usable_scheme


def run(*words: object) -> str:
    """What a command prints; an exit code of 2 or 70 is a fault."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        try:
            main([str(word) for word in words])
            code = 0
        except SystemExit as end:
            code = int(end.code or 0)
    assert code in (0, 1, 4), f"{words}: {code}\n{out.getvalue()[-2000:]}"
    return out.getvalue()


def the_journey_of_a_month(folder: Path) -> None:
    """From init to 定稿 in a path with Chinese and blanks, the history file included."""
    space, month = folder / "绩效 工作区", demo_month()
    demo = folder / "demo"
    at = ("--at", space)
    run("init", space, "--roster", demo / "dealers.xlsx")
    run("month", "open", "2026-11", *at)
    run("month", "issue", *at, "--targets", demo / "targets.xlsx")
    blanks = sorted((space / "2026-11" / "空白表").glob("D*.xlsx"))
    sent = folder / "收到 的"
    for dealer, blank in zip(month["dealers"], blanks, strict=True):
        write_file(sent / blank.name, fill_in(blank.read_bytes(), answers_of(month, dealer)))
    run("month", "receive", sent, *at)
    run("month", "check", *at)
    run("month", "score", *at, "--inspections", demo / "inspections.xlsx")
    scores = json.loads((space / "2026-11" / "结果" / "scores.json").read_text("utf-8"))
    totals = {dealer["dealer"]: dealer.get("total") for dealer in scores["dealers"]}
    assert abs(totals["D001"] - 88.2257978500812) < 1e-9, totals
    run("month", "publish", *at)
    assert "定稿" in run("month", "finalise", "--reason", "演练", *at)
    assert (space / "历史.duckdb").is_file()


def names_that_windows_keeps_for_itself(folder: Path) -> None:
    """Codes and names that are devices there, or differ in case alone, each get a file of their own."""
    codes = ["CON", "nul", "COM1", "d001", "D001", "a:b", "x.", "y ", "q?*<>|", "ＡＢ"]
    roster = {code: Dealer(code, "AUX. " if code == "CON" else f"店/{code}") for code in codes}
    scheme, compiled = usable_scheme("service-assessment")
    issue = make_issue(
        scheme, compiled, month="2026-11", roster=roster,
        targets={code: dict.fromkeys(scheme.targets(), 100.0) for code in codes},
    )  # fmt: skip
    written = publish(issue, folder / "保留 字").written
    assert len({path.name.casefold() for path in written}) == len(codes)
    for path in written:
        assert path.read_bytes()[:2] == b"PK", path


def a_file_that_is_held_open(folder: Path) -> None:
    """As Excel holds it: a sentence, and the file stays as it was."""
    import _winapi

    path = folder / "开着.xlsx"
    write_file(path, b"before")
    held = _winapi.CreateFile(str(path), 0x80000000, 1, 0, 3, 0x80, 0)  # read, others may read only
    try:
        write_file(path, b"after")
    except WriteError as error:
        assert error.detail
    else:
        raise AssertionError("it was replaced although it is held open")
    finally:
        _winapi.CloseHandle(held)
    assert path.read_bytes() == b"before"
    assert [each.name for each in folder.glob("*开着*")] == ["开着.xlsx"], "nothing else is left behind"


def long_paths(folder: Path) -> None:
    """Beyond 260 characters a file is written, or a sentence says that it is not."""
    path = folder.joinpath(*["很长的文件夹名称" * 5] * 6) / "x.xlsx"
    try:
        write_file(path, b"PK")
    except WriteError as error:
        assert error.detail
    else:
        assert path.read_bytes() == b"PK"


def processes_are_spawned(folder: Path) -> None:
    """Scoring with two processes gives what one gives."""
    demo = folder / "demo"
    opened = open_issue(demo / "blank", inspections=demo / "inspections.xlsx")
    files = sorted((demo / "filled").glob("*.xlsx"))[:4]
    one, two = (
        [(each.dealer, each.total) for each in opened.score(files, jobs=jobs, engine="formualizer")] for jobs in (1, 2)
    )
    assert one == two
    assert len(one) == 4


CHECKS = (
    the_journey_of_a_month, names_that_windows_keeps_for_itself, a_file_that_is_held_open, long_paths,
    processes_are_spawned,
)  # fmt: skip

if __name__ == "__main__":
    for check in CHECKS:
        fault = ""
        try:
            check(Path(sys.argv[1]))
        except BaseException:  # every kind of fault is to be told
            fault = traceback.format_exc()
        print(json.dumps({"check": check.__name__.replace("_", " "), "fault": fault}), flush=True)
