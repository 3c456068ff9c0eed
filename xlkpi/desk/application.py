"""Which address is which page, behind the checks of `access`."""

from __future__ import annotations

from pathlib import Path

from starlette.applications import Starlette
from starlette.routing import Route
from starlette.types import ASGIApp

from xlkpi.desk.access import Access, Guarded
from xlkpi.desk.forms import Forms
from xlkpi.desk.jobs import Jobs
from xlkpi.desk.pages import Pages
from xlkpi.desk.reading import Reading
from xlkpi.desk.rendering import Rendering

_MONTH = "/m/{month}"


def application(root: Path, access: Access, jobs: Jobs) -> ASGIApp:
    """The page of a workspace.

    Args:
        root: the workspace's folder; it need not be one yet.
        access: who may ask.
        jobs: the queue of its steps.
    """
    reading = Reading(root)
    rendering = Rendering(access)
    pages, forms = Pages(reading, rendering, jobs), Forms(reading, rendering, jobs)
    routes = [
        Route("/", pages.months),
        Route("/static/{name}", pages.static),
        Route("/jobs", pages.progress),
        Route("/do/{step}", forms.do, methods=["POST"]),
        Route(_MONTH, pages.month),
        Route(f"{_MONTH}/next", pages.next_step),
        Route(f"{_MONTH}/jobs", pages.progress),
        Route(f"{_MONTH}/returns", pages.returns),
        Route(f"{_MONTH}/findings", pages.findings),
        Route(f"{_MONTH}/inspections", pages.inspections),
        Route(f"{_MONTH}/ranking", pages.ranking),
        Route(f"{_MONTH}/appeals", pages.appeals),
        Route(f"{_MONTH}/files", pages.files),
        Route(f"{_MONTH}/texts", pages.texts),
        Route(f"{_MONTH}/report", pages.report),
        Route(f"{_MONTH}/d/{{dealer:path}}", pages.dealer),
        Route(f"{_MONTH}/pack/{{dealer:path}}", pages.pack),
        Route(f"{_MONTH}/file/{{name:path}}", pages.file),
        Route(f"{_MONTH}/bundle/{{name}}", pages.bundle),
        Route(f"{_MONTH}/do/{{step}}", forms.do, methods=["POST"]),
        Route(f"{_MONTH}/deliveries", forms.begin_delivery, methods=["POST"]),
        Route(f"{_MONTH}/deliveries/{{number}}/file", forms.take_file, methods=["POST"]),
        Route(f"{_MONTH}/deliveries/{{number}}/end", forms.end_delivery, methods=["POST"]),
    ]
    handlers = {404: pages.not_there, 500: pages.failed}
    return Guarded(Starlette(routes=routes, exception_handlers=handlers), access)
