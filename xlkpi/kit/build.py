"""Puts the kit together, on any system: the same files give the same bytes."""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import xlkpi
from xlkpi.findings import Finding
from xlkpi.kit.installed import LIST
from xlkpi.resources import templates
from xlkpi.workbook.package import Member, assemble, member, members

FOLDER: Final = "绩效工具"
PARTS: Final = "self-check-parts.zip"
_PYTHON: Final = "313"  # of which the locked wheels are
_SITE: Final = "python/Lib/site-packages"
_BATCHES: Final = {"start.bat": "开始.bat", "check.bat": "检查安装.bat", "excel.bat": "Excel按钮.bat"}
_PATHS: Final = f"python{_PYTHON}.zip\r\n.\r\nLib\\site-packages\r\nimport site\r\n"
_LOCKED: Final = re.compile(r"([\w.-]+)==(\S+) --hash=sha256:([0-9a-f]{64})")
_LEVEL: Final = 6


class NoKit(Exception):
    """The kit cannot be made of what was given; `finding` says why."""

    def __init__(self, code: str, file: str, detail: str):
        self.finding = Finding(code, facts={"file": file, "detail": detail})
        super().__init__(self.finding.message("en"))


@dataclass(frozen=True, slots=True)
class KitSources:
    """What a kit is made of: the zip of the official embeddable Python with its SHA-256, the folder of wheels, and the
    pack of 自检.html's parts, where it shall be in it."""

    python: Path
    sha256: str
    wheels: Path
    parts: Path | None = None


def kit_of(sources: KitSources) -> bytes:
    """The kit as a zip.

    Raises:
        NoKit: Python or a wheel is not the one that it should be.
        OSError: a file cannot be read.
    """
    files: dict[str, Member] = {}
    files |= _python(sources)
    for name, digest in _locked().items():
        files |= _wheel(sources.wheels, name, digest)
    files |= dict(_ours())
    files |= dict(_top())
    if sources.parts is not None:
        files[PARTS] = member(PARTS, sources.parts.read_bytes(), 0)
    listed = "".join(f"{_digest(part)}  {name}\n" for name, part in sorted(files.items()))
    files[LIST] = member(LIST, listed.encode(), _LEVEL)
    return assemble(
        replace(part, name=f"{FOLDER}/{name}".encode()) for name, part in sorted(files.items())
    )  # fmt: skip


def _python(sources: KitSources) -> dict[str, Member]:
    raw = sources.python.read_bytes()
    actual = hashlib.sha256(raw).hexdigest()
    if actual != sources.sha256.lower():
        detail = f"SHA-256 是 {actual}，与给出的 {sources.sha256 or '（没有给出）'} 不同"
        raise NoKit("XK-F037", sources.python.name, detail)
    try:
        parts = members(raw)
    except zipfile.BadZipFile:
        raise NoKit("XK-F037", sources.python.name, "不是 zip") from None
    paths = f"python{_PYTHON}._pth"
    if paths not in parts or "python.exe" not in parts:
        raise NoKit("XK-F037", sources.python.name, f"不是 Python 3.{_PYTHON[1:]} 的嵌入版（缺 {paths}）")
    parts[paths] = member(paths, _PATHS.encode(), _LEVEL)
    return {f"python/{name}": part for name, part in parts.items() if not name.endswith("/")}


def _locked() -> Mapping[str, str]:
    """The wheels by name and version, with their hashes."""
    text = (templates() / "kit" / "wheels.txt").read_text("utf-8")
    return {f"{name.replace('-', '_')}-{version}": digest for name, version, digest in _LOCKED.findall(text)}


def _wheel(folder: Path, name: str, digest: str) -> dict[str, Member]:
    """What a wheel installs: packages, and what tells their version and licence."""
    candidates = [path for path in folder.glob("*.whl") if path.name.lower().startswith(f"{name.lower()}-")]
    raw = next((data for path in candidates if hashlib.sha256(data := path.read_bytes()).hexdigest() == digest), None)
    if raw is None:
        raise NoKit("XK-F038", name, "内容与登记的校验值不符" if candidates else "没有这个文件")
    files = {}
    for path, part in members(raw).items():
        installed_path = re.sub(r"^[^/]+\.data/(?:purelib|platlib)/", "", path)
        if not path.endswith("/") and ".data/" not in installed_path:
            files[f"{_SITE}/{installed_path}"] = part
    return files


def _ours() -> Iterator[tuple[str, Member]]:
    """The package as it is installed here, with its data."""
    package = Path(__file__).parents[1]
    for folder, base in ((package, "xlkpi"), (templates(), "xlkpi/templates")):
        for path in sorted(folder.rglob("*")):
            name = f"{_SITE}/{base}/{path.relative_to(folder).as_posix()}"
            if path.is_file() and "__pycache__" not in path.parts:
                yield name, member(name, path.read_bytes(), _LEVEL)
    name = f"{_SITE}/xlkpi-{xlkpi.__version__}.dist-info/METADATA"
    yield name, member(name, f"Metadata-Version: 2.1\nName: xlkpi\nVersion: {xlkpi.__version__}\n".encode(), _LEVEL)


def _top() -> Iterator[tuple[str, Member]]:
    """What lies on top: the .bat files, in ASCII since consoles differ, and the page that explains them."""
    folder = templates() / "kit"
    for source, name in _BATCHES.items():
        yield name, member(name, (folder / source).read_bytes(), _LEVEL)
    text = (folder / "readme.txt").read_text("utf-8").replace("\n", "\r\n")
    yield "使用说明.txt", member("使用说明.txt", text.encode("utf-8-sig"), _LEVEL)


def _digest(part: Member) -> str:
    """SHA-256 of what a member holds."""
    with zipfile.ZipFile(io.BytesIO(assemble([replace(part, name=b"x")]))) as archive:
        return hashlib.sha256(archive.read("x")).hexdigest()
