"""The command line from end to end: a demonstration month made once by `xlkpi demo`, and a way to call a command."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from shared import pinned

from journey.commands import WORKING
from journey.shared import Clock, Month, Run
from xlkpi.cli import main
from xlkpi.cli import workspace as commands
from xlkpi.cli.boundary import INTERNAL
from xlkpi.files import write_file
from xlkpi.issue import KEY_FILE


@pytest.fixture(scope="session")
def run() -> Run:
    """Call `xlkpi` with these words; an exception that is not an exit, or an internal error, fails here."""

    def call(*words: str | Path) -> Result:
        result = CliRunner().invoke(main, [str(word) for word in words])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code != INTERNAL, result.output
        return result

    return call


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """It stands at the morning after the month, until a test moves it."""
    made = Clock()
    monkeypatch.setattr(commands, "now", made)
    return made


@pytest.fixture(scope="session")
def month(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Month:
    folder = tmp_path_factory.mktemp("demo")
    write_file(folder / "blank" / KEY_FILE, pinned.KEY)  # so that the files are the same every time
    return Month(folder, run("demo", "-o", folder))


@pytest.fixture
def sent(month: Month, tmp_path: Path) -> Path:
    """A folder of what came back, with the real dealer's workbook in it."""
    folder = tmp_path / "sent"
    folder.mkdir()
    shutil.copy(month.of("D001"), folder)
    return folder


@pytest.fixture(scope="session")
def places(month: Month, run: Run, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, str]:
    """What the words stand for, but for OUT, which is each test's own."""
    folder = tmp_path_factory.mktemp("boundary")
    store, garbage = folder / "history.duckdb", folder / "garbage.xlsx"
    garbage.write_bytes(b"no workbook")
    run("score", month.of("D001"), "--issue", month.blank, "-o", folder / "scored", "--store", store)
    return {
        "DEMO": str(month.folder), "SENT": str(month.of("D001")), "ASSESSED": str(month.of("D001", "out/assessed")),
        "STORE": str(store), "GARBAGE": str(garbage),
    }  # fmt: skip


@pytest.fixture(scope="session")
def workspace(month: Month, run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with the demonstration's month, published; to be copied, not changed."""
    root = tmp_path_factory.mktemp("workspace") / "绩效"
    run("init", root)
    shutil.copy(month.folder / "dealers.xlsx", root / "名册.xlsx")
    run("month", "open", "2026-11", "--at", root)
    for source, name in (("targets.xlsx", "目标.xlsx"), ("inspections.xlsx", "检查情况.xlsx")):
        shutil.copy(month.folder / source, root / "2026-11" / name)
    (root / "2026-11" / "空白表").mkdir()
    shutil.copy(month.blank / "issue.key", root / "2026-11" / "空白表")  # its blanks are those of the demonstration
    for step in (["issue"], ["receive", month.folder / "filled"], ["score"], ["publish"]):
        run("month", *step, "--at", root)
    return root


@pytest.fixture
def words(
    places: Mapping[str, str], run: Run, tmp_path: Path, request: pytest.FixtureRequest
) -> Callable[[str], list[str]]:
    def of(command: str) -> list[str]:
        text = WORKING[command]
        if "WORKSPACE" in text:
            if not (tmp_path / "workspace").exists():
                shutil.copytree(request.getfixturevalue("workspace"), tmp_path / "workspace")
            text = text.replace("WORKSPACE", str(tmp_path / "workspace"))
        if text == "PACK":
            run(
                "month",
                "pack",
                "--dealer",
                "D001",
                "--at",
                request.getfixturevalue("workspace"),
                "-o",
                tmp_path / "p.zip",
            )
            text = str(tmp_path / "p.zip")
        for key, place in {**places, "OUT": str(tmp_path / "out")}.items():
            text = text.replace(key, place)
        return [*command.split(), *text.split()]

    return of
