"""收件: what dealers sent is kept once, by its hash, and logged. The log only grows, and is the one source of lateness.

Folders and archives are gone through (names as Chinese Windows writes them, within the guard's limits). Whose a
workbook is, is read in the workbook, never in its name. What is no workbook is kept and said: 收到，不可评分.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final

from xlkpi.files import cut_to_bytes, safe_name, write_file
from xlkpi.findings import Finding
from xlkpi.folders import SPREADSHEETS, shown_name, shown_path
from xlkpi.intake.guard import MAX_FILE, OF_MANY_FILES, TYPES, Package, Refused, archive, raw_bytes
from xlkpi.intake.reading import Reading
from xlkpi.intake.submission import Unusable
from xlkpi.issue import Issue
from xlkpi.workspace.places import MonthFolder
from xlkpi.workspace.record import Refusal, hash_of

COUNTED: Final = "已收"
SAME: Final = "与已收的相同"
NOT_SCORED: Final = "收到，不可评分"
NOT_OURS: Final = "不是本次下发的"
_ALTERED: Final = "XK-W086"
_DEEPEST: Final = 3  # archives inside archives
_MOST: Final = 200 << 20  # bytes of an archive of many workbooks
_LEFT_ALONE: Final = re.compile(r"~\$|\.|__MACOSX|thumbs\.db$|desktop\.ini$", re.IGNORECASE)
_ASIDE: Final = "其他"
_OURS: Final = ("issue.json", "manifest.jsonl", "month.json", "xlkpi.yaml")
"""By which a folder is known that we wrote: what lies there was not sent."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the log: when a file came, its name and where it lay, its hash, whose it is ("": nobody knows), what
    became of it, and where it is kept inside the month's folder. `note` says why it is not scored."""

    at: str
    name: str
    source: str
    hash: str
    dealer: str
    fate: str
    stored: str
    note: str = ""

    @property
    def moment(self) -> datetime:
        """When it came."""
        return datetime.fromisoformat(self.at)


@dataclass(frozen=True, slots=True)
class Delivered:
    """A file that was delivered: its name and where it lay, and its bytes, or why they cannot be had."""

    name: str
    source: str
    data: bytes = b""
    refused: Refused | None = None


@dataclass(frozen=True, slots=True)
class Receipts:
    """What a delivery came to: the lines that are new, and how many files were logged before."""

    new: tuple[Line, ...]
    known: int
    findings: tuple[Finding, ...]


def read_log(path: Path) -> list[Line]:
    """The log's lines.

    Raises:
        Refusal: it is damaged.
    """
    try:
        return [Line(**json.loads(line)) for line in path.read_text("utf-8").splitlines()] if path.is_file() else []
    except (OSError, ValueError, TypeError):
        raise Refusal(Finding(_ALTERED, path.name, facts={"path": path.name})) from None


def log_bytes(lines: Iterable[Line]) -> bytes:
    """The log as it is kept."""
    return "".join(json.dumps(asdict(line), ensure_ascii=False) + "\n" for line in lines).encode()


def receive(
    folder: MonthFolder, issue: Issue, paths: Sequence[Path], moment: datetime,
    progress: Callable[[int, int], None] = lambda completed, all_: None,
) -> Receipts:  # fmt: skip
    """Keep and log what was delivered.

    Args:
        folder: the month.
        issue: what was issued for it.
        paths: files, archives and folders; none: what was put into 收件/ by hand.
        moment: when they came.
        progress: called with the number of files looked at and the number of files.

    Raises:
        WriteError: a file could not be kept.
    """
    lines = read_log(folder.log)
    known = {(line.hash, line.name, line.source) for line in lines}
    ours: list[Path] = []
    delivered = _delivered(paths, ours) if paths else _by_hand(folder, lines)
    new: list[Line] = []
    repeated = 0
    reading = Reading(issue)
    try:
        for number, each in enumerate(delivered, 1):
            progress(number, len(delivered))
            digest = hashlib.sha256(each.data).hexdigest()
            if (digest, each.name, each.source) in known:
                repeated += 1
                continue
            known.add((digest, each.name, each.source))
            first = next((line for line in (*lines, *new) if line.hash == digest and line.stored), None)
            if first is not None:
                line = replace(first, at=f"{moment:%Y-%m-%d %H:%M:%S}", name=each.name, source=each.source, fate=SAME)
            else:
                line = _sorted(folder, issue, reading, each, digest, moment, by_hand=not paths)
            new.append(line)
    finally:
        reading.close()
    if new:
        write_file(folder.log, log_bytes([*lines, *new]))
    findings = [Finding(each.refused.code, each.name, facts=each.refused.facts) for each in delivered if each.refused]
    findings += [Finding("XK-W068", facts={"path": shown_path(path), "kind": "我们自己写的文件"}) for path in ours]
    return Receipts(tuple(new), repeated, tuple(findings))


def _sorted(
    folder: MonthFolder, issue: Issue, reading: Reading, each: Delivered, digest: str, moment: datetime, *,
    by_hand: bool,
) -> Line:  # fmt: skip
    """Find out whose a file is, and keep it."""
    dealer, state, note = fate(issue, reading, each)
    if each.refused is not None and not each.data:
        stored = ""
    elif by_hand:
        stored = each.source
    else:
        home = safe_name(dealer) if dealer else _ASIDE
        name = cut_to_bytes(safe_name(Path(each.name).stem), 150) + Path(each.name).suffix[:10]
        place = folder.received / home / digest[:8] / name
        write_file(place, each.data)
        stored = place.relative_to(folder.path).as_posix()
    return Line(f"{moment:%Y-%m-%d %H:%M:%S}", each.name, each.source, digest, dealer, state, stored, note)


def fate(issue: Issue, reading: Reading, each: Delivered) -> tuple[str, str, str]:
    """Whose a file is, what becomes of it, and why it is not scored where it is not."""
    if each.refused is not None:
        return "", NOT_SCORED, Finding(each.refused.code, each.name, facts=each.refused.facts).message()
    if not is_workbook(each):
        return "", NOT_SCORED, f"{Path(each.name).suffix.lower() or '没有后缀'} 不是工作簿"
    read = reading(each.data, each.name)
    if not isinstance(read, Unusable):
        return read.dealer, COUNTED, ""
    why = read.findings[-1]
    return read.dealer, NOT_OURS if why.entry.return_status else COUNTED, why.message()


def is_workbook(each: Delivered) -> bool:
    """Whether a file is meant as a workbook: by its name, or by what it holds."""
    if each.name.casefold().endswith(SPREADSHEETS):
        return True
    try:
        package = archive(each.data)
        return package.named(TYPES) in package
    except Refused:
        return False


def to_score(folder: MonthFolder, lines: Sequence[Line]) -> dict[Path, datetime]:
    """The files that are scored, each with the moment when it first came.

    Raises:
        Refusal: a file is not as it was received (XK-W086).
    """
    files: dict[Path, datetime] = {}
    altered = []
    for line in lines:
        if line.fate != COUNTED:
            continue
        path = folder.path / line.stored
        if hash_of(path) != line.hash:
            altered.append(Finding(_ALTERED, line.name, facts={"path": line.stored}))
        files[path] = line.moment
    if altered:
        raise Refusal(*altered)
    return files


# ------------------------------------------------------------------ what was delivered


def _by_hand(folder: MonthFolder, lines: Sequence[Line]) -> list[Delivered]:
    """What lies in 收件/ and is in no line of the log."""
    logged = {line.stored for line in lines}
    files = []
    for path in _walked(folder.received, []):
        source = path.relative_to(folder.path).as_posix()
        parts = path.relative_to(folder.received).parts
        if source in logged or (len(parts) == 3 and re.fullmatch("[0-9a-f]{8}", parts[1])):
            continue  # ours, or left by a run that was cut off
        files.append(_read(path, source))
    return files


def _delivered(paths: Iterable[Path], ours: list[Path]) -> list[Delivered]:
    """What lies in the paths; `ours` takes the folders that we wrote ourselves, which nobody sent."""
    files: list[Delivered] = []
    for root in paths:
        for path in _walked(root, ours) if root.is_dir() else [root]:
            shown = shown_path(path.parent) if path == root else shown_path(path.parent.relative_to(root.parent))
            files += _opened(_read(path, shown), 0)
    return files


def _walked(folder: Path, ours: list[Path]) -> Iterator[Path]:
    """The files below a folder, in order; links to folders are not followed, folders of ours not entered."""
    if any((folder / mark).is_file() for mark in _OURS):
        ours.append(folder)
        return
    for path in sorted(folder.iterdir(), key=lambda each: each.name) if folder.is_dir() else ():
        if _LEFT_ALONE.match(path.name):
            continue
        if path.is_dir():
            if not path.is_symlink():
                yield from _walked(path, ours)
        else:
            yield path


def _read(path: Path, source: str) -> Delivered:
    name = shown_name(path.name)
    try:
        if _is_bundle(path) and path.stat().st_size <= _MOST:
            return Delivered(name, source, path.read_bytes())
        data = raw_bytes(path)
    except Refused as refused:
        return Delivered(name, source, refused=refused)
    if len(data) > MAX_FILE:
        size, limit = f"{len(data) >> 20} MB", f"{MAX_FILE >> 20} MB"
        return Delivered(name, source, refused=Refused("XK-F006", what="文件", found=f"超过 {size}", limit=limit))
    return Delivered(name, source, data)


def _is_bundle(path: Path) -> bool:
    return path.is_file() and path.suffix.casefold() == ".zip"


def _opened(each: Delivered, depth: int) -> Iterator[Delivered]:
    """A file itself; of an archive of files what it holds, archives inside it too."""
    if not each.data.startswith(b"PK\x03\x04") or is_workbook(each):
        yield each
        return
    try:
        if depth >= _DEEPEST:
            raise Refused("XK-F006", what="压缩包的层数", found=depth + 1, limit=_DEEPEST)
        package = archive(each.data, OF_MANY_FILES)
        parts = [Delivered(*_place(each, name), package.part(part)) for part, name in _names(package)]
    except Refused as refused:
        yield replace(each, refused=refused)
        return
    for member in parts:
        yield from _opened(member, depth + 1)


def _names(package: Package) -> Iterator[tuple[str, str]]:
    """The archive's files as it spells them, and their names as they were meant: without a mark names are what Chinese
    Windows writes."""
    for part, info in package.parts.items():
        name = part
        if not info.flag_bits & 0x800:
            raw = part.encode("cp437", "replace")
            name = next((text for code in ("utf-8", "gb18030") if (text := _decoded(raw, code))), part)
        if not info.is_dir() and not any(_LEFT_ALONE.match(piece) for piece in name.split("/")):
            yield part, name


def _decoded(raw: bytes, code: str) -> str:
    try:
        return raw.decode(code)
    except UnicodeDecodeError:
        return ""


def _place(each: Delivered, name: str) -> tuple[str, str]:
    """The name of a file of an archive, and where it lies."""
    folder, _, last = shown_name(name).rpartition("/")
    return last, "/".join(filter(None, (each.source, each.name, folder)))
