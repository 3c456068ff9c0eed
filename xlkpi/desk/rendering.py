"""Pages out of `templates/desk/`: what a dealer or a browser wrote is inert in them."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote, unquote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from xlkpi.desk import words
from xlkpi.desk.access import FORM_TOKEN, Access
from xlkpi.files import visible
from xlkpi.resources import templates
from xlkpi.values import State

FOLDER: Final = templates() / "desk"
NAME_COOKIE: Final = "xlkpi_name"
"""Keeps the name of who works on the page, so that it stands in the next form already."""


class Rendering:
    """Renders templates with what every page needs."""

    def __init__(self, access: Access):
        self.access = access
        self._environment = Environment(
            loader=FileSystemLoader(FOLDER), undefined=StrictUndefined, autoescape=True, trim_blocks=True,
            lstrip_blocks=True, finalize=_shown,
        )  # fmt: skip
        self._environment.filters |= {"said": words.on_page, "points": points, "url": lambda text: quote(text, safe="")}
        self._environment.globals |= {
            "form_token_name": FORM_TOKEN, "form_token": access.form_token, "new_number": lambda: secrets.token_hex(16),
            "steps": words.STEPS, "order": words.ORDER, "states": [str(state) for state in State],
        }  # fmt: skip

    def page(self, request: Request, name: str, status: int = 200, **content: Any) -> HTMLResponse:
        """A page.

        Args:
            request: what was asked.
            name: the template's, without its ending.
            status: the answer's.
            content: what the template shows.
        """
        content = {"month": "", "state": None, "jobs": [], "refused": [], **content}
        template = self._environment.get_template(f"{name}.html.j2")
        return HTMLResponse(template.render(name=name_of(request), path=request.url.path, **content), status)


def _shown(value: Any) -> Any:
    """Nothing for None; no control characters in anything that is shown."""
    if value is None:
        return ""
    return value if type(value) is not str else visible(value, keep="\n\t")


def points(value: Any) -> str:
    """Points as they are shown; an absence by its word."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "" if value is None else str(value)
    return f"{value:.2f}".rstrip("0").rstrip(".")


def name_of(request: Request) -> str:
    """The name that was given last on this browser."""
    return unquote(request.cookies.get(NAME_COOKIE, ""))


def now() -> datetime:
    """The moment that is kept with what is asked for."""
    return datetime.now().replace(microsecond=0)
