"""A made-up month, and its report in a browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from .month import history, month

Open = Callable[..., Any]


@pytest.fixture(scope="session")
def made_up() -> dict[str, Any]:
    """120 dealers of `service-monthly`; the 50th and the 100th could not be scored, the 97th is totally vetoed."""
    return month(120)


@pytest.fixture(scope="session")
def past(made_up: dict[str, Any]) -> Any:
    return history(made_up)


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
