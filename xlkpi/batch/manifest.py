"""The manifest of a run: one line a file, written as soon as the file is done, so that a run can go on after a kill.

A line says what the file's outcome depends on, by hashes: the file itself (`input`), the scheme as issued (`scheme`),
what headquarters knows of the dealer (`targets`), the tool and its engine (`tool`). It ends with a hash of itself
(`check`): the file of a damaged or edited line is scored again. While a run lasts lines are
only ever appended; at its end they are sorted, so that the same run leaves the same bytes.
"""

from __future__ import annotations

import contextlib
import errno
import importlib.metadata
import io
import json
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO, Any, Self

import xlkpi
from xlkpi.batch.work import FileOutcome, Setup, sha256
from xlkpi.files import WriteError, atomic_writer

MANIFEST_FILE = "manifest.jsonl"
_HEAD = ("file", "input", "scheme", "targets", "tool", "dealer", "answers", "workbook", "written")
_OUTCOME, _CHECK = b',"outcome":', b',"check":"'
_CHECKED = 32  # hexadecimal digits


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the manifest without its outcome, which stands at `start` and is `size` bytes long.

    `sound` says whether it is as it was written; nothing but names is taken from one that is not.
    """

    file: str
    input: str
    scheme: str
    targets: str
    tool: str
    dealer: str
    answers: str
    workbook: str
    written: str
    start: int
    size: int
    sound: bool = True


class Hashes:
    """The hashes of what outcomes depend on besides the file."""

    def __init__(self, setup: Setup):
        issue = setup.issue
        self._issue = issue
        self.tool = tool(setup.engine)
        data = issue.to_json()
        fixed = {key: data[key] for key in ("format", "month", "deadline", "contact", "master", "layout", "scheme")}
        if issue.revision:
            fixed["revision"] = issue.revision.words
        self.scheme = sha256(_json(fixed))
        self._nobody = sha256(_json(sorted(issue.roster)))

    def targets(self, dealer: str) -> str:
        """The hash of what headquarters knows of a dealer; of the whole roster where the dealer is unknown."""
        issue = self._issue
        known = issue.roster.get(dealer)
        if known is None:
            return self._nobody
        values = (issue.targets, issue.history, issue.inspections, issue.decided, issue.actuals)
        per_list = [sorted((name, repr(value)) for name, value in by.get(dealer, {}).items()) for by in values]
        waived = [repr(waiver) for waiver in issue.waivers if waiver.dealer == dealer]
        return sha256(_json([repr(known), per_list, waived]))

    def is_up_to_date(self, entry: Entry) -> bool:
        """Whether an earlier outcome is still valid: none of its inputs has changed."""
        now = (self.scheme, self.tool, self.targets(entry.dealer))
        return (entry.scheme, entry.tool, entry.targets) == now


class Manifest:
    """The manifest of the current run. Without a path it is kept in memory only; at a URL, where
    nothing can be appended, it is kept in memory until the run ends.

    Raises:
        WriteError: it cannot be opened.
    """

    def __init__(self, path: Path | None, hashes: Hashes, *, keep: bool = False):
        self._path, self._hashes = path, hashes
        self.entries: dict[tuple[str, str], Entry] = {}
        self.damaged = 0  # lines of the earlier run that were damaged or edited since
        self._on_disk = isinstance(path, Path)
        if path is None or not self._on_disk:
            earlier = b"" if path is None or not keep else _bytes_at(path)
            self._file: IO[bytes] = io.BytesIO(earlier)
            self._learn()
            return
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            _replace_link(path)
            self._file = path.open("r+b" if keep and path.exists() else "w+b")
        except OSError as error:
            raise WriteError(path, error) from None
        self._learn()

    def _learn(self) -> None:
        for entry in _entries(self._file):
            if entry is not None and entry.sound:
                self.entries[entry.file, entry.input] = entry
            else:
                self.damaged += 1
        self._file.seek(0, os.SEEK_END)

    def add(self, new: FileOutcome) -> Entry:
        """Write a file's line. After a kill only the last line can be incomplete; reading drops it."""
        hashes = self._hashes
        head: dict[str, Any] = {
            "file": new.file, "input": new.input, "scheme": hashes.scheme, "targets": hashes.targets(new.dealer),
            "tool": hashes.tool, "dealer": new.dealer, "answers": new.answers, "workbook": new.workbook,
            "written": new.written,
        }  # fmt: skip
        front = _json(head)[:-1] + _OUTCOME
        start = self._file.seek(0, os.SEEK_END) + len(front)
        self._file.write(_checked(front + new.outcome))
        self._file.flush()
        entry = Entry(**head, start=start, size=len(new.outcome))
        self.entries[new.file, new.input] = entry
        return entry

    def outcome(self, entry: Entry) -> bytes:
        """The JSON of an entry's outcome."""
        if self._path is not None and self._on_disk and self._file.closed:
            with self._path.open("rb") as file:
                file.seek(entry.start)
                return file.read(entry.size)
        self._file.seek(entry.start)
        return self._file.read(entry.size)

    def finish(self, used: Iterable[Entry]) -> dict[tuple[str, str], Entry]:
        """Keep only the lines of this run, sorted. Returns the entries with their new positions."""
        ordered = sorted(used, key=lambda entry: (entry.file, entry.input))
        if self._path is None or not self._on_disk:
            if self._path is not None:
                with atomic_writer(self._path) as file:
                    file.writelines(self._line(entry) for entry in ordered)
            return {(entry.file, entry.input): entry for entry in ordered}
        with atomic_writer(self._path, before=self._file.close) as file:
            file.writelines(self._line(entry) for entry in ordered)
        return {(entry.file, entry.input): entry for entry in written_before(self._path)}

    def _line(self, entry: Entry) -> bytes:
        head = _json({name: getattr(entry, name) for name in _HEAD})[:-1]
        return _checked(head + _OUTCOME + self.outcome(entry))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file; outcomes can still be read."""
        if self._on_disk:
            self._file.close()


def _bytes_at(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def written_before(path: Path) -> Iterator[Entry]:
    """The entries of an earlier run's manifest, if there is one, including the damaged ones."""
    if isinstance(path, Path) and not path.is_file():
        return
    with contextlib.suppress(OSError), path.open("rb") as file:
        yield from (entry for entry in _entries(file) if entry is not None)


def _replace_link(path: Path) -> None:
    """A link in the place of the file becomes a file of ours: what it leads to is somebody else's. What is no file at
    all is not opened.

    Raises:
        OSError: it cannot be replaced, or is no file.
    """
    if path.is_symlink():
        content = path.read_bytes() if path.is_file() else b""
        path.unlink()
        path.write_bytes(content)
    elif path.exists() and not path.is_file():
        raise OSError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))


def _entries(file: IO[bytes]) -> Iterator[Entry | None]:
    """The lines, None for an invalid one; an incomplete last line is removed if the file may be written."""
    start = 0
    for line in iter(file.readline, b""):
        if not line.endswith(b"\n"):
            if file.writable():
                file.truncate(start)
            return
        yield _entry(line, start)
        start += len(line)


def _checked(line: bytes) -> bytes:
    """A line with its hash behind it."""
    return line + _CHECK + sha256(line)[:_CHECKED].encode() + b'"}\n'


def _entry(line: bytes, start: int) -> Entry | None:
    front, mark, _ = line.partition(_OUTCOME)
    outcome, check, _ = line.rpartition(_CHECK)
    if not mark or not check:
        return None
    try:
        head = json.loads(front + b"}")
        begin = start + len(front) + len(mark)
        facts: dict[str, Any] = {name: str(head[name]) for name in _HEAD}
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return Entry(**facts, start=begin, size=start + len(outcome) - begin, sound=_checked(outcome) == line)


def _json(data: object) -> bytes:
    return json.dumps(data, ensure_ascii=False, sort_keys=False, separators=(",", ":")).encode()


def tool(engine: str) -> str:
    """The tool and the engine with their versions."""
    return f"xlkpi {xlkpi.__version__}+{_source()}, {engine} {_version(engine)}"


def _version(package: str) -> str:
    if package == "compiled":  # our own code, which `_source` hashes
        return xlkpi.__version__
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "?"


@cache
def _source() -> str:
    """A hash of our own code: a development version scores again what an older one has scored."""
    folder = Path(xlkpi.__file__).parent
    files = sorted(folder.rglob("*.py"), key=lambda path: path.relative_to(folder).as_posix())
    return sha256(b"".join(re.sub(rb"\r\n", b"\n", path.read_bytes()) for path in files))[:12]
