"""A scheme as a page that people read, from `templates/reports/scheme.md.j2`."""

from __future__ import annotations

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from xlkpi.resources import templates
from xlkpi.scheme.model import Scheme


def page(scheme: Scheme) -> str:
    """The scheme in Markdown, with source and note of every entry."""
    environment = Environment(
        loader=FileSystemLoader(templates() / "reports"), undefined=StrictUndefined, autoescape=False
    )
    return environment.get_template("scheme.md.j2").render(scheme=scheme).rstrip() + "\n"
