"""How far a run has come: a bar with rate and time left on a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

Report = Callable[[int, int], None]
_EVERY = 5.0  # seconds between plain lines


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text(f"{speed:.1f} 份/秒" if speed else "")


@contextmanager
def show_progress(console: Console, action: str = "评分", every: float = _EVERY) -> Iterator[Report]:
    """Shows what it is told: files done, files in all; `action` is done with them, in a word."""
    if not console.is_terminal:
        yield _plain(console, action, every)
        return
    columns = (
        TextColumn(action),
        BarColumn(),
        MofNCompleteColumn(),
        _Rate(),
        TextColumn("还需"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("")
        yield lambda scored, total: bar.update(task, completed=scored, total=total)


def _plain(console: Console, action: str, every: float) -> Report:
    start = last = time.monotonic()
    before: int | None = None

    def report(scored: int, total: int) -> None:
        nonlocal last, before
        now = time.monotonic()
        if before is None:  # what an earlier run has done says nothing about this one's speed
            before = scored
        elif now - last >= every or (scored == total and last > start):
            rate = (scored - before) / (now - start)
            remaining = f"，还需 {(total - scored) / rate:.0f} 秒" if rate and scored < total else ""
            console.print(f"{action} {scored}/{total}，{rate:.1f} 份/秒{remaining}")
            last = now

    return report
