"""Writing files so that a kill, a full disk or an open Excel never leaves half of one."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import re
import stat
import sys
import threading
import traceback
import zlib
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import IO, Any, Final, cast

_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_UNSAFE = re.compile(r'[\\/:*?"<>|\x00-\x1f]')
_TEMPORARY = ".tmp"
_LONGEST: Final = 240  # bytes of a name: systems take 255, and ours are numbered
_LITTER = re.compile(rf"\..+\.\d+{re.escape(_TEMPORARY)}")
_REASONS: Final = {
    "ENOENT": "文件或文件夹不存在",
    "EACCES": "没有权限，或正被别的程序打开",
    "EPERM": "没有权限，或正被别的程序打开",
    "EBUSY": "正被别的程序使用",
    "ETXTBSY": "正被别的程序使用",
    "ENOSPC": "磁盘已满",
    "EDQUOT": "磁盘配额已满",
    "EFBIG": "文件太大，这个磁盘放不下",
    "EROFS": "磁盘或文件夹是只读的",
    "EISDIR": "那里是一个文件夹",
    "ENOTDIR": "路径里有一段是文件，不是文件夹",
    "EEXIST": "那里已有同名的文件",
    "ENOTEMPTY": "文件夹不是空的",
    "ENAMETOOLONG": "文件名或路径太长",
    "EINVAL": "名称或路径不合系统的规定",
    "EILSEQ": "名称里有系统不认的字符",
    "ELOOP": "链接绕成了圈",
    "EMFILE": "打开的文件太多",
    "ENFILE": "打开的文件太多",
    "ENOMEM": "内存不足",
    "EIO": "磁盘或网络读写出错",
    "ECONNREFUSED": "对方没有应答",
    "ETIMEDOUT": "对方没有应答",
    "EHOSTUNREACH": "网络不通",
}
"""What the system's commonest refusals mean, by name; its own words are in the system's language."""


AnyPath = str | os.PathLike[str]
"""A path; a text may also be a URL that fsspec knows (s3://…), with `xlkpi[cluster]`."""
Paths = AnyPath | Iterable[AnyPath]
"""Files and folders of them."""


class WriteError(Exception):
    """A file could not be written; `finding` facts are path and detail."""

    def __init__(self, path: Path, error: OSError):
        super().__init__(f"{path}: {error}")
        self.path, self.detail = path, reason(error)


def path_of(text: str) -> Path:
    """A path; for a URL (s3://…, memory://…) what stands for one, which has the same methods.

    Raises:
        ModuleNotFoundError: a URL, and xlkpi[cluster] is not installed.
    """
    if "://" not in text:
        return Path(text)
    from upath import UPath  # noqa: PLC0415 - an extra

    return cast(Path, UPath(text))


def as_path(path: AnyPath) -> Path:
    """A path, or what stands for one where a text is a URL."""
    if isinstance(path, str):
        return path_of(path)
    # what stands for a URL has a path's methods and is none
    return cast(Path, path) if hasattr(path, "read_bytes") else Path(path)


def write_file(path: Path, data: bytes, *, private: bool = False) -> None:
    """Write beside the target, then replace it in one step. A `private` file can be read by its owner alone.

    Raises:
        WriteError: the target is open elsewhere, may not be written, or the disk is full.
    """
    with atomic_writer(path, private=private) as file:
        file.write(data)


@contextlib.contextmanager
def atomic_writer(
    path: Path, before: Callable[[], None] | None = None, *, private: bool = False
) -> Iterator[IO[bytes]]:
    """A file to write into that stands under its name when all is in it; what fails half-way leaves the target alone.
    `before` is called before the target is replaced; a `private` file can be read by its owner alone.

    Raises:
        WriteError: the target is open elsewhere, may not be written, or the disk is full.
    """
    if not isinstance(path, Path):
        buffer = io.BytesIO()
        yield buffer
        _upload(path, buffer.getvalue())
        return
    if _is_stream(path):
        try:
            with path.open("wb") as file:
                yield file
        except OSError as error:
            raise WriteError(path, error) from None
        return
    temporary = path.with_name(_temporary(path.name))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.unlink(missing_ok=True)  # something else has the temporary name: a link would be followed
        with temporary.open("xb") as file:
            if private:
                temporary.chmod(0o600)  # while nothing is in it
            yield file
        if before is not None:
            before()
        temporary.replace(path)
    except BaseException as error:
        with contextlib.suppress(OSError):  # where no folder could be made there is nothing to remove either
            temporary.unlink()
        if isinstance(error, OSError):
            raise WriteError(path, error) from None
        raise


def _is_stream(path: Path) -> bool:
    """Whether a device or a pipe lies there (/dev/null, /dev/stdout): it is written into, and nothing replaces it."""
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


def _temporary(name: str) -> str:
    """A temporary name, unique for target and thread, and within the limit on names."""
    return f".{zlib.crc32(os.fsencode(name)):08x}.{os.getpid()}.{threading.get_native_id()}{_TEMPORARY}"


def reason(error: OSError) -> str:
    """Why the system refused, in the words that people read."""
    known = _REASONS.get(errno.errorcode.get(error.errno or 0, ""))
    return known or (f"系统错误 {error.errno}" if error.errno else "系统没有说明原因")


def fault(error: BaseException) -> str:
    """The type of an unexpected error and where it happened, for whoever reads the source."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f" {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{where}"


def _upload(url: Any, data: bytes) -> None:
    """At a URL a file appears when it is whole; there is nothing to replace it with."""
    try:
        url.parent.mkdir(parents=True, exist_ok=True)
        url.write_bytes(data)
    except OSError as error:
        raise WriteError(url, error) from None


def remove_file(path: Path) -> bool:
    """Remove a file; False where there is none.

    Raises:
        WriteError: it cannot be removed.
    """
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise WriteError(path, error) from None
    return True


class FolderInUse(Exception):
    """Another run is writing a folder."""

    def __init__(self, path: Path):
        super().__init__(str(path))
        self.path = path


_claims: dict[Path, int] = {}  # folders that this process holds, and the thread that does


@contextlib.contextmanager
def claimed(folder: Path) -> Iterator[None]:
    """Lock a folder, created if missing, so that no other run writes into it meanwhile. The system releases the lock
    when this process ends, however it ends. A folder at a URL cannot be locked.

    Raises:
        FolderInUse: another run holds it.
        WriteError: it cannot be created.
    """
    thread = threading.get_ident()
    key = folder.resolve() if isinstance(folder, Path) else None
    if key is None or _claims.get(key) == thread:
        yield
        return
    if key in _claims:
        raise FolderInUse(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WriteError(folder, error) from None
    lock = _lock(folder)
    _claims[key] = thread
    try:
        yield
    finally:
        del _claims[key]
        os.close(lock)


def _lock(folder: Path) -> int:
    """A lock of the system on a folder; where a shared disk knows no locks, none."""
    if sys.platform == "win32":  # Windows locks no folder: a file in it is locked, which is deleted on closing
        import msvcrt  # noqa: PLC0415 - Windows only

        handle = os.open(folder / ".xlkpi.lock", os.O_CREAT | os.O_RDWR | os.O_TEMPORARY)
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            os.close(handle)
            raise FolderInUse(folder) from None
        return handle
    import fcntl  # noqa: PLC0415 - not on Windows

    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        raise FolderInUse(folder) from None
    except OSError:  # a shared disk without locks
        return handle
    return handle


def remove_stale_temporaries(folder: Path) -> None:
    """Remove what writers that were killed have left in a folder."""
    if isinstance(folder, Path) and folder.is_dir():
        for path in folder.glob(f".*{_TEMPORARY}"):
            if _LITTER.fullmatch(path.name):
                with contextlib.suppress(OSError):  # it may stay: another program holds it open, or it is a folder
                    path.unlink()


def safe_name(text: str, longest: int = 60) -> str:
    """A text as part of a file's name on any system, of so many characters at most."""
    return _UNSAFE.sub("", text).strip(" .")[:longest] or "_"


def cut_to_bytes(text: str, size: int) -> str:
    """As much of a text as fits into so many bytes, without what no file's name can hold."""
    return text.encode("utf-8", "ignore")[:size].decode("utf-8", "ignore").rstrip(" .") or "_"


def untaken(name: str, used: set[str]) -> str:
    """A file name unique in the run, also on a system that ignores case: numbered where it must
    be, and cut to the longest name allowed. It is added to `used`."""
    stem, dot, ending = name.rpartition(".") if "." in name else (name, "", "")
    stem = cut_to_bytes(stem, _LONGEST - len(f"{dot}{ending}".encode("utf-8", "ignore")))
    number, free = 1, f"{stem}{dot}{ending}"
    while free.casefold() in used:
        number += 1
        free = f"{stem}~{number}{dot}{ending}"
    used.add(free.casefold())
    return free


def visible(text: str, keep: str = "") -> str:
    """A text without what a terminal or a reader takes for a command: control characters, C1 ones among them, marks
    that turn the direction of writing, and halves of characters. `keep` are control characters that stay."""
    return _UNSEEN.sub(lambda match: match[0] if match[0] in keep else "·", text)


def escape_formula(cell: Any) -> Any:
    """A cell of a CSV file that no spreadsheet takes for a formula."""
    return _escaped(cell) if isinstance(cell, str) else cell


@lru_cache(4096)  # the same words stand in every dealer's rows
def _escaped(cell: str) -> str:
    text = f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r", "\n") else cell
    return text.replace("\r\n", "\n").replace("\r", "\n")  # the writer quotes no field for a bare \r
