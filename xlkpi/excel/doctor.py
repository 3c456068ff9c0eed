"""What keeps the button from working, looked for from outside Excel, each with what to do about it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from xlkpi.excel.attach import why_none
from xlkpi.excel.control import FILE
from xlkpi.excel.install import CONF_SHEET, VBA_PART, template, template_vba
from xlkpi.intake.guard import Refused
from xlkpi.intake.reader import open_workbook
from xlkpi.workbook.package import unpack

_OFFICE = r"Software\Microsoft\Office\16.0\Excel\Security"
_POLICY = r"Software\Policies\Microsoft\Office\16.0\Excel\Security"
_ATTACK_SURFACE = (
    r"SOFTWARE\Policies\Microsoft\Windows Defender\Windows Defender Exploit Guard\ASR\Rules",
    "d4f940ab-401b-4efc-aadc-ad5f3c50688a",  # "Block all Office applications from creating child processes"
)
_PROBE: Final = (  # of the Python that Excel starts: its version, and xlwings' ways to a desktop Excel
    "import sys, xlwings, xlkpi.excel; "
    "print(sys.version.split()[0], *(engine.name for engine in xlwings.engines if engine.type == 'desktop'))"
)
_WARNINGS: Final = {1: "全部允许", 2: "禁用并提示", 3: "只允许有签名的", 4: "全部禁止"}


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One thing looked at: whether it is well, what was found, and what to do where it is not."""

    name: str
    well: bool
    detail: str
    remedy: str = ""


def _registry(root: str, key: str, name: str) -> object:
    if sys.platform != "win32":
        return None
    import winreg  # noqa: PLC0415 - Windows only

    hive = winreg.HKEY_LOCAL_MACHINE if root == "HKLM" else winreg.HKEY_CURRENT_USER
    try:
        with winreg.OpenKey(hive, key) as opened:
            return winreg.QueryValueEx(opened, name)[0]
    except OSError:
        return None


def _run(command: list[str]) -> str:
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout  # noqa: S603 - programs that the doctor itself names


@dataclass(frozen=True, slots=True)
class Machine:
    """What the doctor may look at of the machine; tests put another in its place.

    `registry` gives a value by root ("HKCU", "HKLM"), key and name, None where there is none.
    """

    platform: str = sys.platform
    home: Path = field(default_factory=Path.home)
    registry: Callable[[str, str, str], object] = _registry
    run: Callable[[list[str]], str] = _run


def examine(folder: Path, machine: Machine | None = None) -> Iterator[Diagnosis]:
    """Look at the installation in a folder, from the interpreter to Excel's own settings."""
    machine_ = machine or Machine()
    yield _system(machine_)
    try:
        vba = template_vba()
    except (OSError, KeyError, ValueError) as error:
        yield Diagnosis("xlwings", False, f"没有装好：{error}", "在 xlkpi 的 Python 里运行 pip install xlwings")
        return
    yield Diagnosis("xlwings", True, str(template().parent))
    yield from _workbook(folder, vba, machine_)
    if machine_.platform == "win32":
        yield from _windows(folder / FILE, machine_)
    if machine_.platform == "darwin":
        yield _apple_script(machine_)


def _system(machine: Machine) -> Diagnosis:
    named = {"win32": "Windows", "darwin": "macOS"}.get(machine.platform)
    return Diagnosis(
        "系统",
        named is not None,
        named or machine.platform,
        "按钮要在装有 Excel 的 Windows 或 macOS 上用；别处请用命令行",
    )


def _workbook(folder: Path, vba: bytes, machine: Machine) -> Iterator[Diagnosis]:
    remedy = "重新运行 xlkpi excel install"
    path = folder / FILE
    renamed_files = sorted(p.name for p in folder.glob("xlkpi*.xlsm") if p.name != FILE) if folder.is_dir() else []
    if not path.is_file():
        renamed = f"；有改了名的 {'、'.join(renamed_files)}，宏不认" if renamed_files else ""
        yield Diagnosis("控制台", False, f"{path} 不在{renamed}", remedy)
        return
    try:
        book = open_workbook(path)
        cells = book.cells(CONF_SHEET, None).cells if CONF_SHEET in book.sheets else {}
        same = unpack(book.package.raw).get(VBA_PART) == vba
    except (Refused, OSError, ValueError, KeyError) as error:
        yield Diagnosis("控制台", False, f"{path} 读不了：{error}", remedy)
        return
    yield Diagnosis("控制台", same, "宏与安装的 xlwings 一致" if same else "宏与安装的 xlwings 不一致", remedy)
    settings = {
        (cells[f"A{row}"].text or "").upper(): (cells[f"B{row}"].text or "") if f"B{row}" in cells else ""
        for row in range(1, 30)
        if f"A{row}" in cells
    }
    outside = settings.get("ADD_WORKBOOK_TO_PYTHONPATH", "true").lower() == "false"
    yield Diagnosis(
        "文件夹里的程序", outside, "不会被导入" if outside else "工作簿旁边的 .py 会先于真的被导入", remedy
    )  # fmt: skip
    interpreter = settings.get("INTERPRETER_WIN" if machine.platform == "win32" else "INTERPRETER_MAC", "")
    yield _interpreter(interpreter, machine, remedy)


def _interpreter(path: str, machine: Machine, remedy: str) -> Diagnosis:
    if not path:
        return Diagnosis("Python", False, "控制台里没有写本系统的 Python", remedy)
    if not Path(path).is_file():
        return Diagnosis("Python", False, f"{path} 不在", remedy)
    try:
        version, *ways = machine.run([path, "-c", _PROBE]).split()
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        return Diagnosis("Python", False, f"{path} 里不能导入 xlkpi 和 xlwings：{error}", "在那个 Python 里安装 xlkpi")
    well = bool(ways) or machine.platform not in ("win32", "darwin")
    return Diagnosis("Python", well, f"{path}（{version}）", why_none(machine.platform))


def _windows(path: Path, machine: Machine) -> Iterator[Diagnosis]:
    if path.is_file():
        marked = _marked_from_the_web(path)
        yield Diagnosis(
            "来自网络的标记", not marked, "有，Excel 会禁止宏" if marked else "没有",
            f"右键文件 → 属性 → 解除锁定；或在 PowerShell 运行 Unblock-File '{path}'",
        )  # fmt: skip
    by_policy = machine.registry("HKCU", _POLICY, "VBAWarnings")
    level = by_policy if by_policy is not None else machine.registry("HKCU", _OFFICE, "VBAWarnings")
    word = _WARNINGS.get(level, "没有设置") if isinstance(level, int) else "没有设置（Excel 默认禁用并提示）"
    remedy = "文件 → 选项 → 信任中心 → 宏设置 → 禁用所有宏，并发出通知；或把文件夹加为受信任位置"
    if by_policy is not None:
        remedy = "由公司策略决定，请找 IT；或用 xlkpi excel score"
    yield Diagnosis("宏设置", level not in (3, 4), word, remedy)
    rule = machine.registry("HKLM", *_ATTACK_SURFACE)
    blocked = str(rule) == "1"
    yield Diagnosis(
        "Office 启动其他程序", not blocked, "被公司策略禁止" if blocked else "没有发现禁止",
        "宏启动不了 Python；请用 xlkpi excel score，它直接连接打开的 Excel",
    )  # fmt: skip


def _marked_from_the_web(path: Path) -> bool:
    """Whether Windows keeps the mark of the web for a file: in a stream beside its content."""
    try:
        return "ZoneId=3" in Path(f"{path}:Zone.Identifier").read_text("utf-8", errors="replace")
    except OSError:
        return False


def _apple_script(machine: Machine) -> Diagnosis:
    folder = machine.home / "Library" / "Application Scripts" / "com.microsoft.Excel"
    wanted = next(template().parent.glob("xlwings-*.applescript"), None)
    installed = wanted is not None and (folder / wanted.name).is_file()
    name = wanted.name if wanted else "xlwings-….applescript"
    return Diagnosis(
        "AppleScript", installed, name if installed else f"没有 {name}", "在终端运行 xlwings runpython install"
    )
