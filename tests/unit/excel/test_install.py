"""The control workbook: the template's VBA byte for byte, its macro bound, its settings its own; and who may say so."""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import xlwings
from click.testing import CliRunner
from openpyxl import load_workbook

import xlkpi.excel.doctor
from xlkpi.cli import main
from xlkpi.excel.control import FIELDS, FILE, FIRST_FIELD_ROW, OFFERED, SHEET
from xlkpi.excel.doctor import Machine, examine
from xlkpi.excel.install import README, control_workbook, install, template, template_vba

PYTHON = r"C:\xlkpi\venv\Scripts\python.exe"


@pytest.fixture(scope="module")
def parts() -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(control_workbook(PYTHON))) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


# ------------------------------------------------------------------ the built file


def test_the_vba_is_the_installed_template_s_byte_for_byte(parts: dict[str, bytes]) -> None:
    with zipfile.ZipFile(Path(xlwings.__file__).parent / "quickstart_standalone.xlsm") as archive:
        assert parts["xl/vbaProject.bin"] == archive.read("xl/vbaProject.bin") == template_vba()


def test_the_button_runs_the_template_s_macro(parts: dict[str, bytes]) -> None:
    (vml,) = [data.decode() for name, data in parts.items() if name.endswith(".vml")]
    assert re.findall(r"<x:FmlaMacro>(.*?)</x:FmlaMacro>", vml) == ["[0]!SampleCall"]
    assert 'ObjectType="Button"' in vml


def test_the_template_s_macro_runs_the_module_of_the_file_s_name_and_reads_this_workbook_alone(tmp_path: Path) -> None:
    """Read out of the built file: what the button rests on, and a later xlwings could change."""
    install(tmp_path, PYTHON)
    command = [sys.executable, "-W", "ignore", "-m", "oletools.olevba", "-c", str(tmp_path / FILE)]
    code = subprocess.run(command, check=True, capture_output=True, text=True, timeout=120).stdout
    macro = code[code.index("Sub SampleCall") : code.index("End Sub", code.index("Sub SampleCall"))]
    assert 'Left(ThisWorkbook.Name, (InStrRev(ThisWorkbook.Name, ".", -1, vbTextCompare) - 1))' in macro
    assert 'RunPython "import " & mymodule & ";" & mymodule & ".main()"' in macro
    # settings and the caller are the control workbook's, never those of whatever workbook is active
    assert "GetConfigFromSheet(ThisWorkbook)" in code
    assert '" --wb=" & """" & ThisWorkbook.Name' in code
    assert "ActiveWorkbook" not in code


def test_the_file_s_name_is_a_module_of_ours_with_a_main() -> None:
    """SampleCall cuts the name at its last dot, imports what is left and calls main()."""
    module = FILE.rpartition(".")[0]
    namespace: dict[str, Any] = {}
    exec(f"import {module}", namespace)
    assert callable(eval(f"{module}.main", namespace))


def test_types_relations_and_code_names_are_a_macro_workbook_s(parts: dict[str, bytes]) -> None:
    types = parts["[Content_Types].xml"].decode()
    assert "application/vnd.ms-excel.sheet.macroEnabled.main+xml" in types
    assert "application/vnd.ms-office.vbaProject" in types
    relations = ElementTree.fromstring(parts["xl/_rels/workbook.xml.rels"])
    kinds = {node.get("Type", "").rpartition("/")[2]: node.get("Target") for node in relations}
    assert kinds["vbaProject"] == "vbaProject.bin"
    names = [re.search(r'codeName="(\w+)"', parts[f"xl/{part}.xml"].decode()) for part in
             ("workbook", "worksheets/sheet1", "worksheets/sheet2")]  # fmt: skip
    assert [found and found[1] for found in names] == ["ThisWorkbook", "Sheet1", "Sheet2"]
    for name, data in parts.items():
        if name.startswith("xl/worksheets/_rels/"):
            for target in re.findall(r'Target="([^"]+)"', data.decode()):
                assert target.replace("../", "xl/") in parts, target


def test_the_settings_leave_nothing_to_other_files(parts: dict[str, bytes]) -> None:
    book = load_workbook(io.BytesIO(control_workbook(PYTHON)), keep_vba=True)
    rows = [(row[0].value, row[1].value) for row in book["xlwings.conf"].iter_rows(max_col=2) if row[0].value]
    told = dict(rows)
    assert len(told) == len(rows), "a key that comes twice breaks the macro"
    assert told["INTERPRETER_WIN"] == PYTHON
    assert told["ADD_WORKBOOK_TO_PYTHONPATH"] == "false"
    assert told["USE UDF SERVER"] is False
    # whatever the macro asks for is answered here: what is missing would be taken from a file beside the workbook
    asked = set(re.findall(r'GetConfig\("([^"]+)"', (template().parent / "xlwings.bas").read_text()))
    used = {"INTERPRETER_WIN", "INTERPRETER_MAC", "PYTHONPATH", "CONDA PATH", "CONDA ENV", "SHOW CONSOLE"}
    assert used <= set(told) & asked | {"PYTHONPATH"}


def test_the_sheet_offers_every_action_and_asks_for_every_field() -> None:
    sheet = load_workbook(io.BytesIO(control_workbook(PYTHON)))[SHEET]
    lists = {str(rule.sqref): rule.formula1 for rule in sheet.data_validations.dataValidation}
    assert lists["C4"] == '"' + ",".join(OFFERED) + '"'
    assert [sheet[f"B{row}"].value for row in range(FIRST_FIELD_ROW, FIRST_FIELD_ROW + len(FIELDS))] == [
        field.label for field in FIELDS
    ]
    month = next(row for row, field in enumerate(FIELDS, FIRST_FIELD_ROW) if field.key == "month")
    assert sheet[f"C{month}"].number_format == "@", "else Excel makes a date of 2026-12"


def test_the_same_interpreter_gives_the_same_bytes() -> None:
    assert control_workbook(PYTHON) == control_workbook(PYTHON)


@pytest.mark.oracle
def test_libreoffice_opens_it(tmp_path: Path) -> None:
    if shutil.which("soffice") is None:
        told = "LibreOffice is not installed"
        pytest.fail(told) if os.environ.get("CI") else pytest.skip(told)
    install(tmp_path, PYTHON)
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    command = [
        "soffice",
        profile,
        "--headless",
        "--convert-to",
        "xlsx",
        "--outdir",
        str(tmp_path),
        str(tmp_path / FILE),
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=180)
    sheet = load_workbook(tmp_path / "xlkpi.excel.xlsx")[SHEET]
    assert sheet["C4"].value == "评分"
    assert sheet["B5"].value.startswith("=IF(")


# ------------------------------------------------------------------ main(), by RunPython's own command line

RUN = """
import sys, types
import xlwings
class Book: pass
book = Book()
xlwings.Book.caller = classmethod(lambda cls: book)
button = sys.modules["xlkpi.excel.button"] = types.ModuleType("xlkpi.excel.button")
button.press = lambda control: print("pressed", control is book, sys.argv[1:3])
"""


def run_python(tmp_path: Path, setting: str) -> subprocess.CompletedProcess[str]:
    """What RunPython starts: `python -B -c "prepare_sys_path(…); import xlkpi.excel;xlkpi.excel.main()" --wb=… `.

    Only Book.caller() and the press are replaced, by a module that the interpreter loads first.
    """
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(RUN)
    (tmp_path / "openpyxl.py").write_text("raise SystemExit('the planted openpyxl.py was imported')\n")
    (tmp_path / "click.py").write_text("raise SystemExit('the planted click.py was imported')\n")
    workbook = tmp_path / FILE
    paths = f"{setting};{workbook};{workbook};;;;"
    module = FILE.rpartition(".")[0]
    code = (
        f'import xlwings.utils;xlwings.utils.prepare_sys_path("{paths}"); import {module};{module}.main();'
        "import openpyxl"
    )
    path = os.pathsep.join([str(tmp_path / "site"), *sys.path])
    environment = {key: value for key, value in os.environ.items() if key != "XLWINGS_LICENSE_KEY"}
    return subprocess.run(
        [sys.executable, "-B", "-c", code, f"--wb={FILE}", "--from_xl=1", "--app=x", "--hwnd=1"],
        capture_output=True, text=True, cwd=Path(sys.executable).parent, env={**environment, "PYTHONPATH": path},
    )  # fmt: skip


def test_main_runs_by_the_macro_s_command_line_and_imports_nothing_planted(tmp_path: Path) -> None:
    done = run_python(tmp_path, "false")
    assert done.stderr == ""
    assert done.stdout == f"pressed True ['--wb={FILE}', '--from_xl=1']\n"


def test_with_the_setting_on_a_planted_module_would_be_imported(tmp_path: Path) -> None:
    """That the setting is what protects: the same command line with xlwings' default."""
    assert "planted" in run_python(tmp_path, "true").stderr


# ------------------------------------------------------------------ the doctor


def found(folder: Path, machine: Machine) -> dict[str, tuple[bool, str]]:
    return {d.name: (d.well, d.detail) for d in examine(folder, machine)}


def windows(registry: dict[tuple[str, str], object] | None = None) -> Machine:
    values = registry or {}
    return Machine(
        "win32", Path("/nobody"), lambda root, key, name: values.get((root, name)), lambda command: "3.12.1 excel\n"
    )


def test_a_sound_installation_is_called_well(tmp_path: Path) -> None:
    python = tmp_path / "python.exe"
    python.write_text("")
    install(tmp_path, str(python))
    seen = found(tmp_path, Machine("linux", tmp_path, lambda *_: None, lambda command: "3.12.1 excel\n"))
    assert {name: well for name, (well, _) in seen.items() if not well} == {"系统": False}
    assert seen["Python"][1] == f"{python}（3.12.1）"
    assert (tmp_path / README).read_bytes().startswith(b"\xef\xbb\xbf")


@pytest.mark.parametrize(
    ("registry", "name", "well"),
    [
        ({}, "宏设置", True),
        ({("HKCU", "VBAWarnings"): 2}, "宏设置", True),
        ({("HKCU", "VBAWarnings"): 4}, "宏设置", False),
        ({("HKCU", "VBAWarnings"): 3}, "宏设置", False),
        ({}, "Office 启动其他程序", True),
        ({("HKLM", "d4f940ab-401b-4efc-aadc-ad5f3c50688a"): "1"}, "Office 启动其他程序", False),
    ],
)
def test_excel_s_trust_settings_are_read(
    tmp_path: Path, registry: dict[tuple[str, str], object], name: str, well: bool
) -> None:  # fmt: skip
    install(tmp_path, PYTHON)
    seen = found(tmp_path, windows(registry))
    assert seen[name][0] is well
    assert seen["Python"] == (False, f"{PYTHON} 不在")


@pytest.mark.parametrize(("platform", "missing"), [("win32", "pywin32"), ("darwin", "appscript psutil")])
def test_an_xlwings_without_a_way_to_excel_is_found(tmp_path: Path, platform: str, missing: str) -> None:
    python = tmp_path / "python"
    python.write_text("")
    install(tmp_path, str(python))
    book = load_workbook(tmp_path / FILE, keep_vba=True)
    for row in range(1, 20):
        if book["xlwings.conf"][f"A{row}"].value in ("INTERPRETER_WIN", "INTERPRETER_MAC"):
            book["xlwings.conf"][f"B{row}"] = str(python)
    book.save(tmp_path / FILE)
    machine = Machine(platform, tmp_path, lambda *_: None, lambda command: "3.12.1\n")
    (python_line,) = [one for one in examine(tmp_path, machine) if one.name == "Python"]
    assert not python_line.well
    assert f"pip install {missing}" in python_line.remedy


def test_the_interpreter_is_really_asked(tmp_path: Path) -> None:
    install(tmp_path, sys.executable)
    (line,) = [one for one in examine(tmp_path, Machine("linux", tmp_path)) if one.name == "Python"]
    assert (line.well, line.detail) == (True, f"{sys.executable}（{sys.version.split()[0]}）")


def test_the_mark_of_the_web_is_found(tmp_path: Path) -> None:
    install(tmp_path, PYTHON)
    assert found(tmp_path, windows())["来自网络的标记"] == (True, "没有")
    # here the stream is a file of that name; on Windows it is one of the workbook's own
    (tmp_path / f"{FILE}:Zone.Identifier").write_text("[ZoneTransfer]\nZoneId=3\n")
    assert found(tmp_path, windows())["来自网络的标记"][0] is False


def test_a_renamed_control_workbook_is_named(tmp_path: Path) -> None:
    install(tmp_path, PYTHON)
    (tmp_path / FILE).rename(tmp_path / "xlkpi.excel (1).xlsm")
    well, told = found(tmp_path, windows())["控制台"]
    assert not well
    assert "xlkpi.excel (1).xlsm" in told


def test_an_outdated_or_altered_control_workbook_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, PYTHON)
    book = load_workbook(tmp_path / FILE, keep_vba=True)
    conf = book["xlwings.conf"]
    row = next(row for row in range(1, 20) if conf[f"A{row}"].value == "ADD_WORKBOOK_TO_PYTHONPATH")
    conf[f"B{row}"] = "true"
    book.save(tmp_path / FILE)
    monkeypatch.setattr(xlkpi.excel.doctor, "template_vba", lambda: b"another")
    seen = found(tmp_path, windows())
    assert seen["控制台"] == (False, "宏与安装的 xlwings 不一致")
    assert seen["文件夹里的程序"][0] is False


def test_a_missing_xlwings_is_said_and_ends_the_examination(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> bytes:
        raise FileNotFoundError("xlwings is not installed")

    monkeypatch.setattr(xlkpi.excel.doctor, "template_vba", missing)
    assert found(tmp_path, windows()) == {
        "系统": (True, "Windows"),
        "xlwings": (False, "没有装好：xlwings is not installed"),
    }


def test_on_a_mac_the_apple_script_is_looked_for(tmp_path: Path) -> None:
    install(tmp_path, "/usr/bin/python3")
    machine = Machine("darwin", tmp_path, lambda *_: None, lambda command: "3.12.1 excel\n")
    assert found(tmp_path, machine)["AppleScript"][0] is False
    scripts = tmp_path / "Library" / "Application Scripts" / "com.microsoft.Excel"
    scripts.mkdir(parents=True)
    (scripts / f"xlwings-{xlwings.__version__}.applescript").write_text("")
    assert found(tmp_path, machine)["AppleScript"][0] is True


# ------------------------------------------------------------------ the commands


def test_the_commands(tmp_path: Path) -> None:
    run = CliRunner()
    done = run.invoke(main, ["excel", "install", str(tmp_path)])
    assert (done.exit_code, (tmp_path / FILE).is_file()) == (0, True)
    told = run.invoke(main, ["excel", "doctor", str(tmp_path)])
    assert told.exit_code == (0 if sys.platform in ("win32", "darwin") else 1)
    assert "控制台：宏与安装的 xlwings 一致" in told.output
    (tmp_path / "file").write_text("")
    assert run.invoke(main, ["excel", "install", str(tmp_path / "file" / "x")]).exit_code == 1
