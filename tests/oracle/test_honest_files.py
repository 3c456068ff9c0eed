"""Two hundred honest files that other programs have saved again: nothing in them is taken for tampering."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import pytest
from openpyxl import load_workbook
from shared.judges import need_soffice
from shared.monthly import Monthly

from xlkpi.findings import Severity
from xlkpi.intake.submission import Submission, read_submission
from xlkpi.issue import Issue
from xlkpi.scoring.engine import Engine
from xlkpi.values import CellContent, Place
from xlkpi.workbook.layout import Role
from xlkpi.workbook.stamp import Stamper

pytestmark = [pytest.mark.oracle, pytest.mark.slow]

SHEETJS = """
const xlsx = require("xlsx"), fs = require("fs");
for (const [from, to, number] of JSON.parse(fs.readFileSync(0, "utf8"))) {
  const book = xlsx.read(fs.readFileSync(from), number % 2 ? {cellStyles: true, cellNF: true} : {});
  fs.writeFileSync(to, xlsx.write(book, {type: "buffer", bookType: "xlsx"}));
}
"""
EXCELJS = """
const Excel = require("exceljs"), fs = require("fs");
(async () => {
  for (const [from, to] of JSON.parse(fs.readFileSync(0, "utf8"))) {
    const book = new Excel.Workbook();
    await book.xlsx.readFile(from);
    await book.xlsx.writeFile(to);
  }
})();
"""


def absent(program: str) -> None:
    """A program that is not there is a skip, and in the continuous run a failure."""
    if os.environ.get("CI"):
        pytest.fail(f"{program} is not there")
    pytest.skip(f"{program} is not there: NO FILE OF ITS OWN WAS READ in this run")


def with_libreoffice(paths: list[Path], folder: Path) -> None:
    profile = f"-env:UserInstallation=file://{folder}/profile"
    command = [need_soffice(), profile, "--headless", "--convert-to", "xlsx", "--outdir", str(folder), *map(str, paths)]
    subprocess.run(command, check=True, capture_output=True, timeout=600)


def with_gnumeric(paths: list[Path], folder: Path) -> None:
    program = shutil.which("ssconvert")
    if program is None:
        absent("Gnumeric's ssconvert")
    for path in paths:
        command = [str(program), "-T", "Gnumeric_Excel:xlsx2", str(path), str(folder / path.name)]
        subprocess.run(command, check=True, capture_output=True, timeout=600)


def with_node(script: str, package: str) -> Callable[[list[Path], Path], None]:
    def save(paths: list[Path], folder: Path) -> None:
        modules, node = os.environ.get("XLKPI_NODE_MODULES"), shutil.which("node")
        if node is None or modules is None or not (Path(modules) / package).is_dir():
            absent(f"npm's {package}")
        given = json.dumps([[str(path), str(folder / path.name), number] for number, path in enumerate(paths)])
        command, environment = [str(node), "-e", script], {**os.environ, "NODE_PATH": str(modules)}
        subprocess.run(command, check=True, capture_output=True, timeout=600, text=True, input=given, env=environment)

    return save


def with_openpyxl(paths: list[Path], folder: Path) -> None:
    for path in paths:
        buffer = io.BytesIO()
        load_workbook(path).save(buffer)
        (folder / path.name).write_bytes(buffer.getvalue())


PROGRAMS: dict[str, Callable[[list[Path], Path], None]] = {
    "LibreOffice": with_libreoffice, "Gnumeric": with_gnumeric, "SheetJS": with_node(SHEETJS, "xlsx"),
    "exceljs": with_node(EXCELJS, "exceljs"), "openpyxl": with_openpyxl,
}  # fmt: skip
CASES = [
    (program, scheme) for program in PROGRAMS for scheme in ("one", "many") if (program, scheme) != ("exceljs", "many")
]
"""exceljs itself cannot open a workbook with our charts in it."""
FILES = {"one": 35, "many": 7}
"""Of a small scheme, and of one whose workbooks take each program ten times as long."""


@dataclass(frozen=True)
class Month:
    issue: Issue
    files: Mapping[str, bytes]
    told: Mapping[str, Counter[str]]


def filled(issue: Issue, engine: Engine, count: int) -> Month:
    """Files filled in at random: figures, blanks, remarks, rows of tables."""
    stamper, dealer = Stamper(issue.layout, issue.master), next(iter(issue.roster))
    files, told = dict[str, bytes](), dict[str, Counter[str]]()
    for number in range(count):
        random = Random(number)
        inputs: dict[Place, CellContent] = dict(issue.stamped(dealer))
        for slot in issue.layout.of(Role.ANSWER):
            if random.random() < 0.9:
                inputs[slot.place] = random.choice((random.randint(0, 500), round(random.random(), 4))) * 1.0
        for slot in issue.layout.of(Role.REMARK):
            if random.random() < 0.1:
                inputs[slot.place] = random.choice(("同比下降，<原因>&见附件", "系统故障", " 前后有空格 ", "=不是公式"))
        for table in issue.layout.tables.values():
            for place in table.places(table.used):
                if random.random() < 0.05:
                    inputs[place] = random.randint(0, 10_000) / 100
        data = stamper.stamp({**inputs, **engine.evaluate(inputs)}, issue.marker(dealer), issue.stamped(dealer))
        files[f"{number}.xlsx"] = data
        told[f"{number}.xlsx"] = worse(issue, data)
    return Month(issue, files, told)


def worse(issue: Issue, data: bytes) -> Counter[str]:
    """Warnings and errors by code; a file that is refused has one of them."""
    read = read_submission(issue, data)
    assert isinstance(read, Submission), [finding.message() for finding in read.findings]
    return Counter(finding.code for finding in read.findings if finding.severity is not Severity.NOTICE)


@pytest.fixture(scope="module")
def months(issue: Issue, engine: Engine, dealership: Monthly) -> Mapping[str, Month]:
    return {
        "one": filled(issue, engine, FILES["one"]),
        "many": filled(dealership.issue, dealership.engine, FILES["many"]),
    }


@pytest.mark.parametrize(("program", "scheme"), CASES)
def test_what_a_program_saved_is_warned_of_no_more_than_before(
    program: str, scheme: str, months: Mapping[str, Month], tmp_path: Path
) -> None:
    month: Any = months[scheme]
    (tmp_path / "out").mkdir()
    paths = []
    for name, data in month.files.items():
        paths.append(tmp_path / name)
        paths[-1].write_bytes(data)
    PROGRAMS[program](paths, tmp_path / "out")
    wrong = {}
    for name in month.files:
        more = worse(month.issue, (tmp_path / "out" / name).read_bytes()) - month.told[name]
        if more:
            wrong[name] = dict(more)
    assert wrong == {}
    assert sum(FILES[of] for _, of in CASES) >= 200
