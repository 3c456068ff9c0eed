"""The page's parts that are not ours: Python for browsers (Pyodide) and the libraries that reading needs.

They come from files that the user gives, each known by its hash (`templates/self-check/parts.json`), and are packed
once; every page is then made of the pack alone.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from xlkpi.files import reason
from xlkpi.findings import Finding
from xlkpi.resources import templates
from xlkpi.workbook.package import assemble, gzipped, member, unpack

FOLDER: Final = templates() / "self-check"
PARTS_FILE: Final = "自检部件.zip"
VARIABLE: Final = "XLKPI_SELF_CHECK"
"""The environment variable that says where the pack lies."""
RUNTIME: Final[Mapping[str, str]] = {
    "loader": "package/pyodide.mjs", "machine": "package/pyodide.asm.mjs", "wasm": "package/pyodide.asm.wasm",
    "library": "package/python_stdlib.zip",
}  # fmt: skip
"""What of Pyodide's archive the page takes, by the name under which the pack has it."""
PACKAGES: Final = "packages"
LICENCES: Final = "licences.txt"
_INSTALLED: Final = (".py", ".so")
_LEVEL: Final = 9


@dataclass(frozen=True, slots=True)
class Part:
    """One file that somebody else made: what it is, its licence, where its source is, and its SHA-256."""

    name: str
    version: str
    licence: str
    home: str
    file: str
    sha256: str


class NoSelfCheck(Exception):
    """The page cannot be made; `finding` says why."""

    def __init__(self, finding: Finding):
        super().__init__(finding.message("en"))
        self.finding = finding


def parts_refused(file: str, detail: str) -> NoSelfCheck:
    """The files given are not the ones that are known."""
    return NoSelfCheck(Finding("XK-F035", facts={"file": file, "detail": detail}))


@cache
def known_parts() -> tuple[Part, ...]:
    """The parts of which the page is made; Pyodide is the first."""
    return tuple(Part(**entry) for entry in json.loads((FOLDER / "parts.json").read_text("utf-8")))


def packed_parts(folder: Path) -> bytes:
    """A pack of the files in a folder. The same files give the same bytes.

    Raises:
        NoSelfCheck: a file is lacking, or is another one.
    """
    files = {part: _checked(folder, part) for part in known_parts()}
    runtime, *wheels = files
    with tarfile.open(fileobj=io.BytesIO(files[runtime])) as archive:
        runtime_files = {name: _extracted(archive, path) for name, path in RUNTIME.items()}
    installed, licences = dict[str, bytes](), list[str]()
    for part in wheels:
        for name, data in unpack(files[part]).items():
            if name.endswith(_INSTALLED):
                installed[name] = data
            elif "/licen" in name.lower():
                licences.append(f"{part.name} {part.version}\n\n{data.decode('utf-8')}")
    packages = assemble(member(name, installed[name], _LEVEL) for name in sorted(installed))
    pack = {name: gzipped(data, _LEVEL) for name, data in {**runtime_files, PACKAGES: packages}.items()}
    pack[LICENCES] = "\n\n".join(licences).encode()
    return assemble(member(name, data, _LEVEL) for name, data in [("parts.json", _list()), *pack.items()])


def parts_file() -> Path:
    """Where the environment says that the pack lies.

    Raises:
        NoSelfCheck: it says nothing.
    """
    named = os.environ.get(VARIABLE)
    if not named:
        raise parts_refused(PARTS_FILE, f"没有给出（--self-check 文件，或环境变量 {VARIABLE}）")
    return Path(named)


def read_parts(path: Path) -> dict[str, bytes]:
    """The pack's members by name.

    Raises:
        NoSelfCheck: it cannot be read, is no pack, or one of other parts.
    """
    try:
        pack = unpack(path.read_bytes())
    except OSError as error:
        raise parts_refused(path.name, reason(error)) from None
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        raise parts_refused(path.name, "不是自检部件") from None
    if pack.get("parts.json") != _list() or not {*RUNTIME, PACKAGES, LICENCES} <= pack.keys():
        raise parts_refused(path.name, "与本版本需要的部件不同")
    return pack


def _checked(folder: Path, part: Part) -> bytes:
    try:
        data = (folder / part.file).read_bytes()
    except FileNotFoundError:
        raise parts_refused(part.file, "没有这个文件") from None
    if hashlib.sha256(data).hexdigest() != part.sha256:
        raise parts_refused(part.file, "内容与登记的校验值不符")
    return data


def _extracted(archive: tarfile.TarFile, path: str) -> bytes:
    file = archive.extractfile(path)
    if file is None:
        raise parts_refused(path, "没有这个文件")
    return file.read()


def _list() -> bytes:
    return (FOLDER / "parts.json").read_bytes()


def sources() -> Iterator[tuple[str, bytes]]:
    """Our own files that the page runs, with what stands in for compiled libraries, by the place where they lie."""
    package = Path(__file__).parents[1]
    for path in sorted(package.rglob("*.py")):
        name = path.relative_to(package)
        if name.parts[0] in _ROOMS or len(name.parts) == 1:
            yield f"xlkpi/{name.as_posix()}", path.read_bytes()
    stand_ins = FOLDER / "stand-ins"
    for path in sorted(stand_ins.rglob("*.py")):
        yield path.relative_to(stand_ins).as_posix(), path.read_bytes()


_ROOMS: Final = frozenset(("scheme", "workbook", "intake", "scoring", "checking", "selfcheck"))
