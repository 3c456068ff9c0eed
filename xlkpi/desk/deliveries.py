"""What was dropped on the page, until it is received: each file under its name, in the folders that it came in.

A browser's names are words from outside: a file is kept inside its delivery whatever its name says, under a name that
any system takes. Two files never share a place.
"""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Final

from xlkpi.desk.jobs import NUMBER
from xlkpi.desk.places import deliveries_in
from xlkpi.files import cut_to_bytes, reason, safe_name, untaken, write_file
from xlkpi.findings import Finding

LARGEST: Final = 400 << 20  # bytes of one file or archive; the reader's own limits are lower
_FILES: Final = "网页"  # what the log of receipts calls the place that such files came from
_FACTS: Final = "delivery.json"
_DEEPEST: Final = 12  # folders
_UNFINISHED: Final = ".part"


class NotKept(Exception):
    """A file is not kept; `detail` and `finding` say why."""

    def __init__(self, name: str, detail: str):
        super().__init__(f"{name}: {detail}")
        self.detail = f"{name}：{detail}"
        self.finding = Finding("XK-W045", name, facts={"file": name, "detail": detail})


@dataclass(frozen=True, slots=True)
class Delivery:
    """A delivery: its number, the month that it is for, and when it was dropped."""

    root: Path
    number: str
    month: str
    at: datetime

    @property
    def folder(self) -> Path:
        """Where it is kept."""
        return deliveries_in(self.root) / self.number

    @property
    def files(self) -> Path:
        """The folder that is received."""
        return self.folder / _FILES

    def count(self) -> int:
        """How many files of it are kept."""
        return sum(1 for _ in _files_below(self.files))

    async def keep(self, name: str, pieces: AsyncIterator[bytes]) -> None:
        """Keep a file as it comes in.

        Raises:
            NotKept: it is too large, or the disk does not take it.
        """
        *folders, last = [part for part in PurePosixPath(name.replace("\\", "/")).parts if part.strip("./ ")] or ["_"]
        place = self.files.joinpath(*(cut_to_bytes(safe_name(part), 120) for part in folders[-_DEEPEST:]))
        temporary = place / f".{secrets.token_hex(8)}{_UNFINISHED}"
        try:
            place.mkdir(parents=True, exist_ok=True)
            size = 0
            with temporary.open("xb") as file:
                async for piece in pieces:
                    size += len(piece)
                    if size > LARGEST:
                        raise NotKept(name, f"超过 {LARGEST >> 20} MB")
                    file.write(piece)
            used = {path.name.casefold() for path in place.iterdir()}
            stem, dot, ending = last.rpartition(".") if "." in last.strip(".") else (last, "", "")
            temporary.replace(place / untaken(f"{safe_name(stem, 200)}{dot}{safe_name(ending) if dot else ''}", used))
        except OSError as error:
            raise NotKept(name, reason(error)) from None
        finally:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)

    def remove(self) -> None:
        """Remove what is kept of it: it was received, or nobody wants it."""
        shutil.rmtree(self.folder, ignore_errors=True)


def begin(root: Path, number: str, month: str, at: datetime) -> Delivery:
    """Begin a delivery, or go on with the one of that number.

    Raises:
        WriteError: it cannot be kept.
    """
    known = find(root, number)
    if known is not None:
        return known
    delivery = Delivery(root, number, month, at)
    facts = {"month": month, "at": f"{at:%Y-%m-%d %H:%M:%S}"}
    write_file(delivery.folder / _FACTS, json.dumps(facts).encode())
    return delivery


def find(root: Path, number: str) -> Delivery | None:
    """The delivery of a number; None where there is none, or none that can be read."""
    if not NUMBER.fullmatch(number):
        return None
    try:
        facts = json.loads((deliveries_in(root) / number / _FACTS).read_text("utf-8"))
        return Delivery(root, number, str(facts["month"]), datetime.fromisoformat(facts["at"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def waiting(root: Path, month: str) -> Iterator[Delivery]:
    """The deliveries of a month that are kept, the oldest first."""
    folders = sorted(deliveries_in(root).glob("*"), key=lambda path: path.name) if deliveries_in(root).is_dir() else []
    deliveries = (find(root, folder.name) for folder in folders)
    yield from sorted((each for each in deliveries if each and each.month == month), key=lambda each: each.at)


def _files_below(folder: Path) -> Iterator[Path]:
    yield from (path for path in folder.rglob("*") if path.is_file() and not path.name.endswith(_UNFINISHED))
