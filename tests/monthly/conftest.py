"""The shipped monthly schemes, each issued once."""

from __future__ import annotations

import pytest

from xlkpi.scheme.lint import usable_scheme

from .books import Monthly

MONTHLY = ("dealer-monthly", "service-monthly")


@pytest.fixture(scope="session")
def dealership() -> Monthly:
    """dealer-monthly, issued."""
    return Monthly.of(*usable_scheme("dealer-monthly"))


@pytest.fixture(scope="session")
def service() -> Monthly:
    """service-monthly, issued."""
    return Monthly.of(*usable_scheme("service-monthly"))


@pytest.fixture(scope="session", params=MONTHLY)
def monthly(request: pytest.FixtureRequest) -> Monthly:
    """Each of them."""
    of: Monthly = request.getfixturevalue("dealership" if request.param == "dealer-monthly" else "service")
    return of
