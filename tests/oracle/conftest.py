"""Tests marked `oracle` need LibreOffice: without it they are skipped and say so, and in CI they fail."""

from __future__ import annotations

import pytest
from shared.judges import need_soffice


@pytest.fixture(autouse=True)
def _the_third_judge_is_there(request: pytest.FixtureRequest) -> None:
    if request.node.get_closest_marker("oracle"):
        need_soffice()
