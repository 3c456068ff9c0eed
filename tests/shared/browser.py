"""Chromium for tests. Without it they are skipped and say so; in CI they fail."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from shared.missing import not_run


def need_chromium() -> str:
    """The program, or a skip that nobody overlooks; in CI its absence is a failure."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    try:
        import playwright.sync_api  # noqa: F401
    except ImportError:
        program = None
    if program is None:
        not_run("Chromium or playwright is not installed: the pages were NOT opened in any browser in this run")
    return program


@contextmanager
def chromium() -> Iterator[Any]:
    """Chromium without a window. One a process: a second driver refuses to start beside the first."""
    program = need_chromium()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        running = play.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield running
        running.close()
