"""自检.html: the same findings as `check`, in CPython and in a browser; the same bytes; nothing leaves it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from click.testing import CliRunner
from conftest import REAL_ANSWERS
from hostile import cases, tampering

from unit.selfcheck.conftest import KEY, Sealed
from xlkpi.checking.check import Checker
from xlkpi.cli import main
from xlkpi.cli.demo import fill_in
from xlkpi.files import write_file
from xlkpi.findings import finding_json
from xlkpi.issue import KEY_FILE
from xlkpi.selfcheck import page
from xlkpi.selfcheck.page import PAGE_FILE, _archive, add_self_check, self_check
from xlkpi.selfcheck.parts import NoSelfCheck, known_parts, packed_parts, read_parts
from xlkpi.workbook.package import unpack

ODD = (
    None, 0, -5, "12台", "1,234.5", "３００", "不适用", "未填", "一百二十", "约300", "12.5万", "2026-11-05", "85%",
    0.85, 1e9, "n/a", "251 台 ", "=100+20", "=1/0", "=接车台次_目标",
)  # fmt: skip
FEW = 14
INSIDE = """
import json, sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from xlkpi.selfcheck.inside import SelfCheck
page = SelfCheck(Path(sys.argv[1]) / "issue")
for file in sys.argv[2:]:
    print(json.dumps(json.loads(page.check(Path(file).name, Path(file).read_bytes()))["findings"]))
"""

Told = dict[str, list[dict[str, Any]]]


def made(sealed: Sealed, count: int) -> Iterator[tuple[str, bytes]]:
    """Files by name: honest ones with odd figures, tampered ones, hostile ones, another month's, another's name."""
    random, good = Random(7), sealed.filled["D001"]
    hostile = {name: make for name, (make, _) in {**cases.UNUSABLE, **cases.READABLE}.items()}
    some = random.sample(sorted(hostile), min(len(hostile), count // 2))
    for number, name in enumerate(some):
        yield f"hostile{number}.xlsx", hostile[name](good)
    for number, (_, data) in enumerate(tampering.drawn(sealed.issue, "D001", good, count // 5, 6)):
        yield f"tampered{number}.xlsx", data
    yield "D002_别家的名字_2026-11.xlsx", good
    for number in range(count - len(some) - count // 5 - 1):
        figures = {
            name: random.choice(ODD) if random.random() < 0.4 else round(value * random.uniform(0.3, 1.5))
            for name, value in REAL_ANSWERS.items()
        }
        filled = {name: figure for name, figure in figures.items() if figure is not None}
        yield f"honest{number}.xlsx", fill_in(sealed.filled[("D001", "D002")[number % 2]], filled)


def written(sealed: Sealed, count: int, folder: Path) -> list[Path]:
    for name, data in made(sealed, count):
        (folder / name).write_bytes(data)
    return sorted(folder.iterdir())


def as_checked(sealed: Sealed, files: list[Path]) -> Told:
    """What headquarters' check says of each file by itself."""
    checker = Checker(sealed.issue)
    told = {file.name: [finding_json(finding) for finding in checker.check([file])[0].findings] for file in files}
    loaded: Told = json.loads(json.dumps(told))
    return loaded


@pytest.fixture(scope="module")
def few(sealed: Sealed, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return written(sealed, FEW, tmp_path_factory.mktemp("few"))


@pytest.fixture(scope="module")
def checked(sealed: Sealed, few: list[Path]) -> Told:
    told = as_checked(sealed, few)
    assert len({finding["code"] for findings in told.values() for finding in findings}) > 8
    return told


def test_what_the_page_runs_says_what_check_says(
    sealed: Sealed, few: list[Path], checked: Told, tmp_path: Path
) -> None:  # fmt: skip
    """In a Python of its own that finds the page's files first, stand-ins included."""
    for name, data in unpack(_archive(sealed.issue, KEY)).items():
        write_file(tmp_path / name, data)
    done = subprocess.run(
        [sys.executable, "-P", "-c", INSIDE, str(tmp_path), *map(str, few)], capture_output=True, text=True,
        encoding="utf-8", cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    for file, line in zip(few, done.stdout.splitlines(), strict=True):
        assert json.loads(line) == checked[file.name], file.name


# ------------------------------------------------------------------ the page itself


@pytest.fixture(scope="module")
def page_file(sealed: Sealed, pack: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page, written beside the blanks of a folder whose path has Chinese and blanks."""
    folder = tmp_path_factory.mktemp("空白 表")
    write_file(folder / KEY_FILE, KEY)
    return add_self_check(sealed.issue, folder, read_parts(pack))


def test_the_same_issue_gives_the_same_page_of_at_most_16_mb(
    sealed: Sealed, pack: Path, page_file: Path
) -> None:  # fmt: skip
    data = page_file.read_bytes()
    assert len(data) <= 16 * 2**20
    assert self_check(sealed.issue, KEY, read_parts(pack)) == data


@pytest.mark.slow
def test_the_same_parts_give_the_same_pack(pack: Path, parts_folder: Path) -> None:
    assert packed_parts(parts_folder) == pack.read_bytes()


def test_it_names_its_parts_and_their_licences(page_file: Path) -> None:
    text = page_file.read_text("utf-8")
    for part in known_parts():
        assert f"<td>{part.name}</td><td>{part.version}</td><td>{part.licence}</td>" in text
    assert "Permission is hereby granted" in text


def test_another_file_of_that_name_is_not_replaced(sealed: Sealed, pack: Path, tmp_path: Path) -> None:
    write_file(tmp_path / KEY_FILE, KEY)
    (tmp_path / PAGE_FILE).write_text("my own notes", "utf-8")
    with pytest.raises(NoSelfCheck) as refused:
        add_self_check(sealed.issue, tmp_path, read_parts(pack))
    assert refused.value.finding.code == "XK-W044"
    assert (tmp_path / PAGE_FILE).read_text("utf-8") == "my own notes"


@pytest.mark.parametrize("key", [None, bytes(32)])
def test_without_the_key_of_the_blanks_there_is_no_page(
    sealed: Sealed, pack: Path, tmp_path: Path, key: bytes | None
) -> None:  # fmt: skip
    if key is not None:
        write_file(tmp_path / KEY_FILE, key)
    with pytest.raises(NoSelfCheck) as refused:
        add_self_check(sealed.issue, tmp_path, read_parts(pack))
    assert refused.value.finding.code == "XK-F036"


def test_a_page_that_would_be_too_large_is_refused(
    sealed: Sealed, pack: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    monkeypatch.setattr(page, "MAX_BYTES", 10 * 2**20)
    with pytest.raises(NoSelfCheck) as refused:
        self_check(sealed.issue, KEY, read_parts(pack))
    assert refused.value.finding.code == "XK-F036"


@pytest.mark.parametrize("wrong", ["no such file", "not the pack", "a folder"])
def test_parts_that_are_not_the_known_ones_are_refused(wrong: str, tmp_path: Path) -> None:
    given = {"no such file": tmp_path / "x.zip", "not the pack": tmp_path / "y.zip", "a folder": tmp_path}[wrong]
    (tmp_path / "y.zip").write_bytes(b"PK")
    with pytest.raises(NoSelfCheck) as refused:
        read_parts(given)
    assert refused.value.finding.code == "XK-F035"
    done = CliRunner().invoke(main, ["self-check", "parts", str(tmp_path), "-o", str(tmp_path / "z.zip")])
    assert done.exit_code == 1
    assert "XK-F035" in done.output
    assert known_parts()[0].file in done.output


def test_a_part_with_another_hash_is_refused(parts_folder: Path, tmp_path: Path) -> None:
    for part in known_parts():
        shutil.copyfile(parts_folder / part.file, tmp_path / part.file)
    altered = tmp_path / known_parts()[-1].file
    altered.write_bytes(altered.read_bytes() + b" ")
    with pytest.raises(NoSelfCheck) as refused:
        packed_parts(tmp_path)
    assert refused.value.finding.facts["file"] == altered.name


# ------------------------------------------------------------------ in a browser


class Opened:
    """The page in Chromium, without a network; what it asked for and what it said."""

    def __init__(self, browser: Any, path: Path):
        context = browser.new_context(viewport={"width": 1366, "height": 768}, offline=True)
        self.page = context.new_page()
        self.page.set_default_timeout(600_000)
        self.asked: list[str] = []
        self.said: list[str] = []
        context.on("request", lambda request: self.asked.append(request.url))
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.goto(path.as_uri())
        self.page.wait_for_selector("body[data-ready],body[data-failed]")
        assert self.page.get_attribute("body", "data-failed") is None
        self.count = 0

    def drop(self, files: list[Path]) -> Told:
        """Give it files; what it says of them."""
        self.count += len(files)
        self.page.set_input_files("#file", files)
        self.page.wait_for_selector(f'body[data-checked="{self.count}"]')
        shown = self.page.evaluate("[...document.querySelectorAll('section.file')].map(s => s.checked)")
        return {told["file"]: told["findings"] for told in shown if told}


@pytest.fixture(scope="module")
def opened(browser: Any, page_file: Path) -> Iterator[Opened]:
    running = Opened(browser, page_file)
    yield running
    running.page.context.close()
    own = [url for url in running.asked if url.startswith("blob:") or url == page_file.as_uri()]
    assert running.asked == own, "nothing but itself is asked for"
    assert running.said == []


@pytest.mark.browser
def test_in_a_browser_it_says_what_check_says(opened: Opened, few: list[Path], checked: Told) -> None:
    assert opened.drop(few) == checked


@pytest.mark.browser
def test_the_dealer_sees_the_cell_the_words_and_what_to_do(opened: Opened, sealed: Sealed, tmp_path: Path) -> None:
    file = tmp_path / "D001_原文实例店_2026-11.xlsx"
    file.write_bytes(fill_in(sealed.filled["D001"], {"接车台次": "约300"}))
    told = opened.drop([file])[file.name]
    (doubted,) = (finding for finding in told if finding["field"] == "接车台次" and finding["severity"] == "error")
    words = opened.page.inner_text("section.file >> nth=0")
    for word in (
        "错误",
        "D001　只有本店知道的D001",
        f"{doubted['sheet']}!{doubted['cell']}",
        doubted["message"],
        doubted["remedy"],
    ):
        assert word in words


@pytest.mark.browser
def test_figures_are_tried(opened: Opened, sealed: Sealed, tmp_path: Path) -> None:
    file = tmp_path / "D001.xlsx"
    file.write_bytes(sealed.filled["D001"])
    opened.drop([file])
    section = opened.page.locator("section.file").first
    assert "目前得分 43.2" in section.inner_text()
    box = section.locator("input[data-field=接车台次]")
    box.fill("310")
    box.blur()
    section.get_by_text("试算得分 46.1").wait_for()
    box.fill("很多")
    box.blur()
    section.locator("input.wrong").wait_for()
    section.get_by_role("button").click()
    section.get_by_text("目前得分 43.2").wait_for()


@pytest.mark.browser
@pytest.mark.slow
def test_three_hundred_files_have_no_difference(opened: Opened, sealed: Sealed, tmp_path: Path) -> None:
    files = written(sealed, 300, tmp_path)
    files += foreign(files, tmp_path)
    wanted, got = as_checked(sealed, files), {}
    for start in range(0, len(files), 25):
        got |= {name: told for name, told in opened.drop(files[start : start + 25]).items() if name in wanted}
    assert [name for name in wanted if got.get(name) != wanted[name]] == []
    assert len(wanted) >= 300


def foreign(files: list[Path], folder: Path) -> list[Path]:
    """Some of the honest ones as LibreOffice saves them in other formats."""
    honest = [file for file in files if file.name.startswith("honest")]
    office = shutil.which("soffice")
    assert office is not None or not os.environ.get("CI"), "LibreOffice is not installed"
    for number, kind in enumerate(("xls", "ods") if office else ()):
        some = honest[number * 6 : number * 6 + 6]
        profile = f"-env:UserInstallation={(folder.parent / 'profile').as_uri()}"
        subprocess.run(
            [str(office), profile, "--headless", "--convert-to", kind, "--outdir", str(folder), *map(str, some)],
            check=True, capture_output=True,
        )  # fmt: skip
    return [file for file in folder.iterdir() if file.suffix in (".xls", ".ods")]
