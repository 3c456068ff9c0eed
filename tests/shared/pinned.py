"""What `xlkpi demo` leaves, as hashes: a file is the same on every system and Python, or a line of the list differs.

A plain program beside the tests, for it also looks at what a Windows program has written:
`python tests/shared/pinned.py FOLDER` compares. `python tests/golden/regenerate.py` makes the list anew.
"""

from __future__ import annotations

import hashlib
import re
import sys
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import xlsxwriter
from isal import isal_zlib

KEY = bytes(range(32))  # of the seals; lies in blank/issue.key before the demonstration runs
LIST = Path(__file__).parents[1] / "golden" / "demo.sha256"
_FILES = ("*.xlsx", "blank/*", "out/*", "out/assessed/*")
_WRITER, _OF_WRITER = f"XlsxWriter {xlsxwriter.__version__}", "out/排名汇总.xlsx"
_OWN = ("issue.key", "manifest.jsonl")  # given; tells hashes of the filled workbooks, which openpyxl dates
_PACKED = re.compile(rb'(?<=id="details">)[^<]+')
_DIGITS = 64  # of a hash
_SAMPLE = "绩效考核表 12.14516129032258 ".encode() * 40 + bytes(range(256)) * 9


def hashes(folder: Path) -> dict[str, str]:
    """By path: SHA-256 of what a file holds, unpacked, and of its bytes."""
    paths = sorted({path for pattern in _FILES for path in folder.glob(pattern) if path.is_file()})
    return {
        path.relative_to(folder).as_posix(): f"{_hash(b''.join(_contents(path)))} {_hash(path.read_bytes())}"
        for path in paths
        if path.name not in _OWN
    }


def packed_sample() -> str:
    """How zlib and ISA-L pack here, as a hash. zlib-ng packs otherwise, and ISA-L away from x86-64."""
    return _hash(zlib.compress(_SAMPLE, 6) + zlib.compress(_SAMPLE, 9) + isal_zlib.compress(_SAMPLE, 1))


def differences(folder: Path) -> list[str]:
    """The files that are not as in the list. Where packing is unusual, only what they hold is compared; under another
    version of XlsxWriter its workbook is not."""
    first, *lines = LIST.read_text("utf-8").splitlines()
    kept = {path: f"{contents} {packed}" for contents, packed, path in (line.split(" ", 2) for line in lines)}
    compared = slice(None) if first.endswith(packed_sample()) else slice(_DIGITS)
    made = hashes(folder)
    differing = {path for path in made | kept if made.get(path, "")[compared] != kept.get(path, "")[compared]}
    return sorted(differing - (set() if _WRITER in first else {_OF_WRITER}))


def _contents(path: Path) -> Iterator[bytes]:
    if path.suffix == ".xlsx":
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                yield name.encode()
                yield archive.read(name)
    else:
        data = path.read_bytes()
        yield b"" if path.name == "issue.json" else _PACKED.sub(b"", data)  # which lists the blanks' hashes


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def write(folder: Path) -> None:
    """Make the list anew from a demonstration's folder."""
    lines = [f"# contents, bytes, path; by {_WRITER}; a sample packed: {packed_sample()}"]
    LIST.write_text("\n".join([*lines, *(f"{both} {path}" for path, both in hashes(folder).items())]) + "\n", "utf-8")


if __name__ == "__main__":
    different = differences(Path(sys.argv[1]))
    print("".join(f"differs: {path}\n" for path in different), end="")
    sys.exit(bool(different))
