"""A program that is not installed: a skip that nobody overlooks on a user's machine, a failure in CI."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest


def not_run(words: str) -> NoReturn:
    """End the test with these words: what was not checked for want of what."""
    if os.environ.get("CI"):
        pytest.fail(words)
    pytest.skip(words)
