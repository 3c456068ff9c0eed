"""绩效工具.zip: what goes in, what is refused, and what its own check says of a kit that is not whole.

Built here of stand-ins for Python and the wheels; .ci/wine builds it of the real ones and starts it.
"""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from xlkpi.kit import build, installed
from xlkpi.kit.build import KitSources, NoKit, kit_of
from xlkpi.resources import templates


def zipped(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


PYTHON = zipped(
    {"python.exe": b"MZ", "python313.dll": b"MZ", "python313._pth": b"python313.zip\r\n.\r\n#import site\r\n"}
)
WHEEL = zipped(
    {
        "thing/__init__.py": b"x = 1\n", "thing-1.0.dist-info/METADATA": b"Name: thing\n",
        "thing-1.0.data/platlib/more/part.pyd": b"MZ", "thing-1.0.data/scripts/thing.exe": b"MZ",
    }
)  # fmt: skip


@pytest.fixture
def given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> KitSources:
    (tmp_path / "python.zip").write_bytes(PYTHON)
    (tmp_path / "thing-1.0-py3-none-any.whl").write_bytes(WHEEL)
    digest = hashlib.sha256(WHEEL).hexdigest()
    monkeypatch.setattr(build, "_locked", lambda: {"thing-1.0": digest})
    return KitSources(tmp_path / "python.zip", hashlib.sha256(PYTHON).hexdigest(), tmp_path)


@pytest.fixture
def unpacked(given: KitSources, tmp_path: Path) -> Path:
    folder = tmp_path / "放在 这里"
    with zipfile.ZipFile(io.BytesIO(kit_of(given))) as archive:
        archive.extractall(folder)
    return folder / build.FOLDER


def test_the_same_files_give_the_same_kit(given: KitSources) -> None:
    assert kit_of(given) == kit_of(given)


def test_what_lies_where(unpacked: Path) -> None:
    assert sorted(path.name for path in unpacked.iterdir()) == [
        "Excel按钮.bat", "python", "使用说明.txt", "开始.bat", "检查安装.bat",
    ]  # fmt: skip
    site = unpacked / "python" / "Lib" / "site-packages"
    for name in (
        "thing/__init__.py",
        "more/part.pyd",
        "xlkpi/cli/__init__.py",
        "xlkpi/templates/rules",
        "xlkpi/py.typed",
    ):
        assert (site / name).exists(), name
    assert not list(site.rglob("thing.exe"))
    assert not list(site.rglob("__pycache__"))
    assert b"import site" in (unpacked / "python" / "python313._pth").read_bytes()
    assert (unpacked / "使用说明.txt").read_bytes().startswith(b"\xef\xbb\xbf")


@pytest.mark.parametrize("path", sorted((templates() / "kit").glob("*.bat")), ids=lambda path: path.name)
def test_the_files_to_click_are_plain(path: Path) -> None:
    """A console reads them in its own code page, and from whatever folder: ASCII, CRLF, every path in quotes."""
    text = path.read_bytes().decode("ascii")
    assert text.count("\n") == text.count("\r\n")
    assert text.startswith("@echo off\r\n")
    for line in text.splitlines():
        assert not re.search(r'(?<!")%~dp0', line.replace('"XLKPI_SELF_CHECK=%~dp0', '"%~dp0')), line
    assert '"%~dp0python\\python.exe" -X utf8 -m xlkpi' in text


def test_the_kit_s_own_check(unpacked: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installed, "trial", lambda: "")
    assert installed.report(unpacked) == ["安装完好，可以双击“开始.bat”。"]
    monkeypatch.setattr(installed, "trial", lambda: "试算的得分不对：[1]")
    assert installed.report(unpacked)[0] == "试算的得分不对：[1]"
    (unpacked / "python" / "python.exe").unlink()
    (unpacked / "开始.bat").write_bytes(b"x")
    *lines, last = installed.report(unpacked)
    assert sorted(lines) == ["缺少：python/python.exe", "被改动：开始.bat"]
    assert "重新解压" in last


def refusals(given: KitSources) -> Iterator[tuple[str, KitSources, str]]:
    other = zipped({"python312._pth": b"", "python.exe": b"MZ"})
    for name, data, sha256 in (
        ("no hash", PYTHON, ""),
        ("another hash", PYTHON, "0" * 64),
        ("no zip", b"MZ", hashlib.sha256(b"MZ").hexdigest()),
        ("another version", other, hashlib.sha256(other).hexdigest()),
    ):
        path = given.wheels / f"{name}.zip"
        path.write_bytes(data)
        yield name, KitSources(path, sha256, given.wheels), "XK-F037"


def test_another_python_is_refused(given: KitSources) -> None:
    for name, wrong, code in refusals(given):
        with pytest.raises(NoKit) as refused:
            kit_of(wrong)
        assert refused.value.finding.code == code, name
        assert refused.value.finding.message(), name


def test_another_wheel_is_refused(given: KitSources) -> None:
    wheel = given.wheels / "thing-1.0-py3-none-any.whl"
    wheel.write_bytes(WHEEL + b" ")
    for detail in ("校验值", "没有这个文件"):
        with pytest.raises(NoKit) as refused:
            kit_of(given)
        assert refused.value.finding.code == "XK-F038"
        assert detail in refused.value.finding.message()
        wheel.unlink(missing_ok=True)


def test_every_dependency_is_locked() -> None:
    import tomllib

    project = tomllib.loads((templates().parent / "pyproject.toml").read_text("utf-8"))["project"]
    names = {re.match(r"[\w.-]+", entry)[0].lower().replace("_", "-") for entry in project["dependencies"]}  # type: ignore[index]
    locked = {name.rpartition("-")[0].replace("_", "-").lower() for name in build._locked()}
    assert names - locked == {"formulas"}, "add it to templates/kit/wheels.txt"
    assert {"pywin32", "colorama", "tzdata"} <= locked, "what is only needed on Windows is not found from Linux"
