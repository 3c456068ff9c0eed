"""The queue of steps: kept on disk before it is answered, done one after the other in a process of its own.

What was not finished when the server ended is done by the next one. The steps themselves bear that: a step that is
done again leaves the same bytes. A form's number is the job's, so that a second click asks for no second step.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Final

from xlkpi.desk.places import jobs_in
from xlkpi.files import remove_file, remove_stale_temporaries, write_file

NUMBER: Final = re.compile(r"[0-9a-f]{32}")
_REMEMBERED: Final = 60  # finished jobs whose outcome can still be read
_TRIES: Final = 2  # how often a job is begun whose process dies


class Condition(StrEnum):
    """What has become of a job, in the words that people read."""

    WAITING = "排队"
    RUNNING = "进行中"
    FINISHED = "完成"
    REFUSED = "没有做"
    FAILED = "中断"

    @property
    def is_over(self) -> bool:
        """Whether nothing more happens to it."""
        return self not in (Condition.WAITING, Condition.RUNNING)


@dataclass(frozen=True, slots=True)
class Answer:
    """A finding as the page tells it."""

    code: str
    severity: str
    place: str
    message: str
    remedy: str = ""


@dataclass(slots=True)
class Job:
    """A step that was asked for on the page: which, of which month, with what words, by whom, and when.

    `stage`, `count` of `total` and `seconds` are how far it is; `sentences` and `findings` what it came to.
    """

    number: str
    step: str
    month: str
    words: Mapping[str, str]
    by: str
    second: str
    at: str
    condition: Condition = Condition.WAITING
    sentences: Sequence[str] = ()
    findings: Sequence[Answer] = ()
    stage: str = ""
    count: int = 0
    total: int = 0
    began: float = field(default=0.0, compare=False)

    def progress(self, now: float) -> dict[str, Any]:
        """How far it is, with files a second and the seconds that are left, where these can be said."""
        passed = now - self.began
        rate = self.count / passed if self.count and passed > 0 else 0.0
        remaining = (self.total - self.count) / rate if rate else None
        return {
            "number": self.number, "step": self.step, "month": self.month, "condition": self.condition,
            "over": self.condition.is_over, "stage": self.stage, "count": self.count, "total": self.total,
            "rate": round(rate, 1), "remaining": None if remaining is None else round(remaining),
        }  # fmt: skip


class Jobs:
    """All jobs of a workspace, and the one process that does them."""

    def __init__(self, root: Path):
        self.root = root
        self._jobs: dict[str, Job] = {}
        self._queue: SimpleQueue[str] = SimpleQueue()
        self._changed = threading.Condition()
        self._process: subprocess.Popen[str] | None = None
        self._closed = False
        remove_stale_temporaries(jobs_in(root))
        for job in sorted(_load(jobs_in(root)), key=lambda each: each.at):
            self._jobs[job.number] = job
            if not job.condition.is_over:
                job.condition = Condition.WAITING
                self._queue.put(job.number)
        threading.Thread(target=self._work, daemon=True).start()

    def add(self, job: Job) -> Job:
        """Keep a job and put it at the end of the queue; the known one where its number is known.

        Raises:
            WriteError: it cannot be kept.
        """
        with self._changed:
            known = self._jobs.get(job.number)
            if known is not None:
                return known
            self._keep(job)
            self._jobs[job.number] = job
            self._queue.put(job.number)
            self._forget()
            self._changed.notify_all()
        return job

    def known(self, number: str) -> Job | None:
        """The job of that number."""
        return self._jobs.get(number)

    def of(self, month: str) -> list[Job]:
        """A month's jobs, the newest first."""
        return [job for job in reversed(list(self._jobs.values())) if job.month == month]

    def wait(self, number: str, seconds: float) -> Job | None:
        """The job, as soon as it is over, and at the latest after so many seconds."""
        with self._changed:
            self._changed.wait_for(lambda: (job := self._jobs.get(number)) is None or job.condition.is_over, seconds)
            return self._jobs.get(number)

    def close(self) -> None:
        """End the process, whatever it is at: the next server goes on."""
        self._closed = True
        self._end_process()

    # -------------------------------------------------------------- the thread that hands jobs to the process

    def _work(self) -> None:
        while not self._closed:
            job = self._jobs.get(self._queue.get())
            if job is None:
                continue
            for trial in range(1, _TRIES + 1):
                self._change(job, condition=Condition.RUNNING, began=time.monotonic(), stage="", count=0, total=0)
                if self._done_by_process(job) or self._closed:
                    break
                if trial == _TRIES:
                    self._change(job, condition=Condition.FAILED, sentences=("这一步中断了：再做一次。",))
            if self._closed:
                return

    def _done_by_process(self, job: Job) -> bool:
        """Whether the process did the job, or refused it; False where it died over it."""
        process = self._started()
        if process.stdin is None or process.stdout is None:  # both are pipes: this is for the type checker
            return False
        try:
            process.stdin.write(json.dumps(asdict(job), ensure_ascii=False) + "\n")
            process.stdin.flush()
            for line in process.stdout:
                message = json.loads(line)
                if "condition" in message:
                    findings = tuple(Answer(**finding) for finding in message["findings"])
                    ended = Condition(message["condition"])
                    self._change(job, condition=ended, sentences=tuple(message["sentences"]), findings=findings)
                    return True
                began = job.began if message["stage"] == job.stage and message["count"] else time.monotonic()
                self._change(job, keep=False, began=began, **message)
        except (OSError, ValueError):
            pass
        self._end_process()
        return False

    def _started(self) -> subprocess.Popen[str]:
        if self._process is None or self._process.poll() is not None:
            self._process = subprocess.Popen(  # noqa: S603 - this program itself
                [sys.executable, "-m", "xlkpi.desk.worker", str(self.root)],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8", bufsize=1,
            )  # fmt: skip
        return self._process

    def _end_process(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            with suppress(OSError):
                process.kill()
            process.wait()
            for stream in (process.stdin, process.stdout):
                with suppress(OSError):
                    if stream is not None:
                        stream.close()

    def _change(self, job: Job, *, keep: bool = True, **changes: Any) -> None:
        with self._changed:
            for name, content in changes.items():
                setattr(job, name, content)
            if keep and not self._closed:
                self._keep(job)
            self._changed.notify_all()

    def _keep(self, job: Job) -> None:
        content = {name: content for name, content in asdict(job).items() if name != "began"}
        data = (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode()
        write_file(jobs_in(self.root) / f"{job.number}.json", data)

    def _forget(self) -> None:
        over = [number for number, job in self._jobs.items() if job.condition.is_over]
        for number in over[:-_REMEMBERED]:
            del self._jobs[number]
            with suppress(OSError):
                remove_file(jobs_in(self.root) / f"{number}.json")


def _load(folder: Path) -> list[Job]:
    """The jobs that an earlier server kept; of a file that cannot be read the step can be asked for anew."""
    jobs = []
    for path in folder.glob("*.json"):
        with suppress(OSError, ValueError, TypeError, KeyError):
            content = json.loads(path.read_text("utf-8"))
            content["condition"] = Condition(content["condition"])
            content["findings"] = tuple(Answer(**finding) for finding in content["findings"])
            if NUMBER.fullmatch(content["number"]):
                jobs.append(Job(**content))
    return jobs


Progress = Callable[[str, int, int], None]
"""Answer how far a step is: its stage, how many files are finished, and of how many."""
