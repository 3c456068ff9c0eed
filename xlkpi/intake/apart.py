"""A process of its own for what may never end: it can be killed whatever it does, and the run goes on.

A signal ends a loop of Python and a pattern; what never comes back from C, only the end of its process does. The
process is started once and serves one kind of work after another, so that a command pays for its start once.
Its parent's end ends it too: nobody asks it any more.
"""

from __future__ import annotations

import atexit
import contextlib
import faulthandler
import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, Final

_START: Final = "import sys; sys.path[:] = {path!r}; from xlkpi.intake.apart import serve; serve()"
_idle: list[subprocess.Popen[bytes]] = []  # at most one, kept for who needs it next


class Ended(Exception):
    """The process did not answer: `by_clock` because its time was over, else it died by itself."""

    def __init__(self, *, by_clock: bool):
        super().__init__("ended by the clock" if by_clock else "died")
        self.by_clock = by_clock


class Apart:
    """Calls what `make(*given)` makes, in a process of its own; it is made there once, and again where the process had
    to be ended. `make` must be found by name in a module, and all that goes to and fro can be pickled. Threads that
    ask at the same time wait for each other."""

    def __init__(self, make: Callable[..., Callable[..., Any]], *given: object):
        self._given = make, given
        self._process: subprocess.Popen[bytes] | None = None
        self._made = False  # whether the process has said that the work is made
        self._asking = threading.Lock()

    def start(self) -> None:
        """Begin to start the process; what is asked first need not wait so long."""
        if self._process is not None:
            if _is_there(self._process):
                return
            self._drop()  # it has died since, and what is asked next has no part in that
        self._process = _left() or _started()
        with contextlib.suppress(OSError):  # it is dead already: the first question will tell
            _ask(self._process, True, self._given)

    def __call__(self, seconds: float, *sent: object) -> Any:
        """What the work gives.

        Raises:
            Ended: it took longer than so many seconds, or its process died.
            Exception: whatever the work raised.
        """
        with self._asking:
            try:
                answer, error = self._asked(seconds, sent)
            except BaseException:  # also Ctrl-C: an answer that is still to come would be taken for the next one's
                self._drop()
                raise
        if error is not None:
            raise error
        return answer

    def _asked(self, seconds: float, sent: object) -> tuple[Any, Exception | None]:
        self.start()
        process = self._process
        if process is None:
            raise RuntimeError("the process was not started")
        if not self._made:
            _, error = _answer(process)
            if error is not None:
                raise error
            self._made = True
        late = threading.Event()

        def ring() -> None:
            late.set()
            process.kill()

        clock = threading.Timer(seconds, ring)
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
            clock.join()  # a clock that rings just now has rung before anything else is asked
            if late.is_set():
                self._drop()

    def close(self) -> None:
        """Leave the process to the next one who needs it; a question starts it again."""
        process = self._process
        if process is None:
            return
        if _idle or not self._made or not _is_there(process):
            self._drop()
        else:
            self._process, self._made = None, False
            _idle.append(process)

    def end(self) -> None:
        """End the process, whatever it does; what was asked of it raises Ended."""
        process = self._process
        if process is not None:
            process.kill()
            if self._asking.acquire(blocking=False):  # else who asks drops it
                try:
                    self._drop()
                finally:
                    self._asking.release()

    def _drop(self) -> None:
        process, self._process, self._made = self._process, None, False
        if process is not None:
            _kill(process)

    def __del__(self) -> None:
        self.close()


def _is_there(process: subprocess.Popen[bytes]) -> bool:
    """Whether a process runs and is ours; a copy of this one that was forked has no children yet."""
    return process.poll() is None


def _left() -> subprocess.Popen[bytes] | None:
    """The process that another one has left, where it is still there."""
    while _idle:
        with contextlib.suppress(IndexError):  # another thread was faster
            process = _idle.pop()
            if _is_there(process):
                return process
            _kill(process)
    return None


def _started() -> subprocess.Popen[bytes]:
    hidden = getattr(subprocess, "CREATE_NO_WINDOW", 0)  # no window flashes up on Windows
    path = [str(Path(_folder(), entry)) for entry in sys.path]  # it goes to other folders than the one of now
    # -P: the folder that the program was called in is no place to import from
    return subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-P", "-c", _START.format(path=path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, creationflags=hidden,
    )  # fmt: skip


def _ask(process: subprocess.Popen[bytes], is_new: bool, told: object) -> None:
    """Ask from where we stand now: a path without a folder means ours, not the one that the process was started in."""
    _send(_line(process.stdin), pickle.dumps((_folder(), is_new, told)))


def _folder() -> str:
    """Where we stand; "" where somebody has removed it: a path without a folder leads nowhere for us either."""
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
    """What was sent; None where the other side is gone."""
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
            with contextlib.suppress(OSError):  # what was still to be written goes nowhere
                line.close()
    process.wait()


@atexit.register
def _kill_idle() -> None:
    while _idle:
        _kill(_idle.pop())


def serve() -> None:
    """Run in the process: take one kind of work after another and answer, until nobody asks any more."""
    import signal  # noqa: PLC0415

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    asks, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # a stray print is no answer, not even one from C
    work: Callable[..., Any] | None = None
    with contextlib.suppress(OSError), Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        while (asked := _received(asks)) is not None:
            try:
                folder, is_new, told = pickle.loads(asked)  # noqa: S301 - our own parent
                answer = None
                if folder:
                    os.chdir(folder)
                if is_new:
                    work = None  # two kinds at once take twice the memory
                    make, given = told
                    work = make(*given)
                elif work is not None:
                    seconds, sent = told
                    # should the parent be killed nobody else ends this process; the watch is a thread of C
                    faulthandler.dump_traceback_later(2 * seconds + 60, exit=True, file=nowhere)
                    answer = work(*sent)
                packed = pickle.dumps((answer, None))
            except Exception as error:
                packed = pickle.dumps((None, _plain(error)))
            finally:
                faulthandler.cancel_dump_traceback_later()
                os.chdir(sys.prefix)  # Windows removes no folder that somebody stands in
            _send(answers, packed)


def _plain(error: Exception) -> Exception:
    """An error as it can be sent."""
    with contextlib.suppress(Exception):
        pickle.loads(pickle.dumps(error))  # noqa: S301
        return error
    return RuntimeError(f"{type(error).__name__}: {error}")
