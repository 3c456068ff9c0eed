"""Runs work that may never end in a separate process, which can be killed at any time while the run goes on.

A signal can end a loop or a pattern in Python, but not a call that never returns from C: that needs a kill. The
process is started once and serves one kind of work after another, so that a command pays for its start once.
It also ends when its parent ends.
"""

from __future__ import annotations

import atexit
import contextlib
import faulthandler
import gc
import os
import pickle
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, Final

_START: Final = "import sys; sys.path[:] = {path!r}; from xlkpi.intake.apart import serve; serve()"
_LOOK: Final = 1.0  # seconds between two looks whether the parent is there
_idle: list[subprocess.Popen[bytes]] = []  # at most one, kept for the next user


class Ended(Exception):
    """The process did not answer: `by_clock` because its time was over, else it died by itself."""

    def __init__(self, *, by_clock: bool):
        super().__init__("ended by the clock" if by_clock else "died")
        self.by_clock = by_clock


class Apart:
    """Calls the function that `make(*arguments)` returns, in another process; it is made there once, and again if the
    process had to be ended. `make` must be importable by name, and arguments and results must be picklable. Threads
    that call at the same time wait for each other."""

    def __init__(self, make: Callable[..., Callable[..., Any]], *arguments: object):
        self._work = make, arguments
        self._process: subprocess.Popen[bytes] | None = None
        self._ready = False  # whether the process has said that the work is made
        self._asking = threading.Lock()

    def start(self) -> None:
        """Start the process early, so that the first call need not wait for it."""
        if self._process is not None:
            if _is_there(self._process):
                return
            self._drop()  # it died since the last call, which is no fault of the next one
        self._process = _idle_process() or _started()
        with contextlib.suppress(OSError):  # it is dead already: the first call will notice
            _ask(self._process, True, self._work)

    def __call__(self, seconds: float, *sent: object) -> Any:
        """The result of the work.

        Raises:
            Ended: it took longer than so many seconds, or its process died.
            Exception: whatever the work raised.
        """
        with self._asking:
            try:
                answer, error = self._answer_to(seconds, sent)
            except BaseException:  # also Ctrl-C: an answer still to come would be taken for that of the next call
                self._drop()
                raise
        if error is not None:
            raise error
        return answer

    def _answer_to(self, seconds: float, sent: object) -> tuple[Any, Exception | None]:
        self.start()
        process = self._process
        if process is None:
            raise RuntimeError("the process was not started")
        if not self._ready:
            _, error = _answer(process)
            if error is not None:
                raise error
            self._ready = True
        late = threading.Event()

        def on_timeout() -> None:
            late.set()
            process.kill()

        clock = threading.Timer(seconds, on_timeout)
        clock.daemon = True
        clock.start()
        try:
            with contextlib.suppress(OSError):  # it is dead: there will be no answer
                _ask(process, False, (seconds, sent))
            return _answer(process)
        except Ended:
            raise Ended(by_clock=late.is_set()) from None
        finally:
            clock.cancel()
            clock.join()  # a timer that fires just now has fired before the next call
            if late.is_set():
                self._drop()

    def close(self) -> None:
        """Hand the process to the next user; another call starts one again."""
        process = self._process
        if process is None:
            return
        if _idle or not self._ready or not _is_there(process):
            self._drop()
        else:
            self._process, self._ready = None, False
            _idle.append(process)

    def end(self) -> None:
        """Kill the process; a call in progress raises Ended."""
        process = self._process
        if process is not None:
            process.kill()
            if self._asking.acquire(blocking=False):  # else the calling thread drops it
                try:
                    self._drop()
                finally:
                    self._asking.release()

    def _drop(self) -> None:
        process, self._process, self._ready = self._process, None, False
        if process is not None:
            _kill(process)

    def __del__(self) -> None:
        self.close()


def _is_there(process: subprocess.Popen[bytes]) -> bool:
    """Whether a process runs and is ours; a copy of this one that was forked has no children yet."""
    return process.poll() is None


def _idle_process() -> subprocess.Popen[bytes] | None:
    """The process that an earlier user has left, if it still runs."""
    while _idle:
        with contextlib.suppress(IndexError):  # another thread was faster
            process = _idle.pop()
            if _is_there(process):
                return process
            _kill(process)
    return None


def _started() -> subprocess.Popen[bytes]:
    hidden = getattr(subprocess, "CREATE_NO_WINDOW", 0)  # no window flashes up on Windows
    path = [str(Path(_folder(), entry)) for entry in sys.path]  # absolute: the process changes folders
    # -P: the folder that the program was called in is no place to import from
    return subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-P", "-c", _START.format(path=path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, creationflags=hidden,
    )  # fmt: skip


def _ask(process: subprocess.Popen[bytes], is_new: bool, message: object) -> None:
    """Send a call with our working folder: relative paths mean ours, not that of the process."""
    _send(_line(process.stdin), pickle.dumps((_folder(), is_new, message)))


def _folder() -> str:
    """Our working folder; "" if it was removed: then relative paths lead nowhere for us either."""
    try:
        return str(Path.cwd())
    except OSError:
        return ""


def _line(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise RuntimeError("the process has no pipes")
    return pipe


def _send(pipe: IO[bytes], data: bytes) -> None:
    pipe.write(len(data).to_bytes(8, "big") + data)
    pipe.flush()


def _received(pipe: IO[bytes]) -> bytes | None:
    """The message received; None if the other side has gone."""
    head = pipe.read(8)
    size = int.from_bytes(head, "big")
    data = pipe.read(size)
    return data if len(head) == 8 and len(data) == size else None


def _answer(process: subprocess.Popen[bytes]) -> tuple[Any, Exception | None]:
    data = _received(_line(process.stdout))
    if data is None:
        raise Ended(by_clock=False)
    answer: tuple[Any, Exception | None] = pickle.loads(data)  # noqa: S301 - our own process
    return answer


def _kill(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    for line in (process.stdin, process.stdout):
        if line is not None:
            with contextlib.suppress(OSError):  # what is still unwritten is dropped
                line.close()
    process.wait()


@atexit.register
def _kill_idle() -> None:
    while _idle:
        _kill(_idle.pop())


def serve() -> None:
    """The main loop of the process: take one kind of work after another and answer, until the input ends."""
    import signal  # noqa: PLC0415 - only the process itself needs it

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    threading.Thread(target=_end_with_parent, args=(os.getppid(),), daemon=True).start()
    asks, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # a stray print must not look like an answer, not even one from C
    work: Callable[..., Any] | None = None
    with contextlib.suppress(OSError), Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        while (request := _received(asks)) is not None:
            try:
                folder, is_new, message = pickle.loads(request)  # noqa: S301 - our own parent
                answer = None
                if folder:
                    os.chdir(folder)
                if is_new:
                    work = None  # two kinds of work at once would take twice the memory
                    gc.unfreeze()
                    make, arguments = message
                    work = make(*arguments)
                    gc.freeze()  # what is loaded once is not searched for circles again and again
                elif work is not None:
                    seconds, sent = message
                    # if the parent is killed, only this ends the process; the watchdog is a C thread
                    faulthandler.dump_traceback_later(2 * seconds + 60, exit=True, file=nowhere)
                    answer = work(*sent)
                packed = pickle.dumps((answer, None))
            except Exception as error:
                packed = pickle.dumps((None, _plain(error)))
            finally:
                faulthandler.cancel_dump_traceback_later()
                os.chdir(sys.prefix)  # Windows does not remove the working folder of a process
            _send(answers, packed)


def _end_with_parent(parent: int) -> None:
    """End the process soon after its parent was killed, also in the middle of a file. (Windows keeps the number of a
    parent that has gone: there the input's end and the watchdog end the process.)"""
    while os.getppid() == parent:
        time.sleep(_LOOK)
    os._exit(1)


def _plain(error: Exception) -> Exception:
    """An error that can be pickled."""
    with contextlib.suppress(Exception):
        pickle.loads(pickle.dumps(error))  # noqa: S301 - our own error, just pickled
        return error
    return RuntimeError(f"{type(error).__name__}: {error}")
