"""A made-up month, and a browser. Tests marked `browser` need Chromium: without it they are skipped and say so, and in
CI they fail."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from .month import history, month

Open = Callable[..., Any]


def need_chromium() -> str:
    """The program, or a skip that nobody overlooks; in CI its absence is a failure."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    try:
        import playwright.sync_api  # noqa: F401
    except ImportError:
        program = None
    if program is None:
        told = "Chromium or playwright is not installed: the report was NOT opened in any browser in this run"
        if os.environ.get("CI"):
            pytest.fail(told)
        pytest.skip(told)
    return program


@pytest.fixture(scope="session")
def made_up() -> dict[str, Any]:
    """120 dealers of `service-monthly`; the 50th and the 100th could not be scored, the 97th is totally vetoed."""
    return month(120)


@pytest.fixture(scope="session")
def past(made_up: dict[str, Any]) -> Any:
    return history(made_up)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Chromium without a window."""
    program = need_chromium()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        running = play.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield running
        running.close()


@pytest.fixture(scope="session")
def opened(browser: Any) -> Open:
    """Open a report from disk. On closing: nothing was asked of any network, and the console stayed empty."""

    @contextmanager
    def open_page(path: Path, **options: Any) -> Iterator[Any]:
        page = browser.new_page(**{"viewport": {"width": 1280, "height": 900}, **options})
        said: list[str] = []
        asked: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(path.as_uri())
        try:
            yield page
        finally:
            page.close()
        assert said == []
        assert asked == [path.as_uri()]

    return open_page
