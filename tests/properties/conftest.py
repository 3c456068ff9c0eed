"""Hypothesis: no deadlines on a shared machine; in CI the same examples every time. Each world is made once."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

from xlkpi.scheme.lint import usable_scheme

from .worlds import EDGES, World, world_of

_CI = bool(os.environ.get("CI"))
settings.register_profile(
    "xlkpi",
    deadline=None,
    derandomize=_CI,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.load_profile("xlkpi")


@pytest.fixture(scope="session")
def worlds() -> dict[str, World]:
    """The shipped scheme and the edge schemes, each issued and with its engine loaded."""
    places = {"service-assessment": "service-assessment", **{name: str(folder) for name, folder in EDGES.items()}}
    return {name: world_of(*usable_scheme(place)) for name, place in places.items()}


@pytest.fixture(scope="session", params=["service-assessment", *EDGES])
def world(request: pytest.FixtureRequest, worlds: dict[str, World]) -> World:
    return worlds[request.param]
