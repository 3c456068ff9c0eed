"""Caches what recurs in the next file: a form's own parts, cells and words, never what dealers type."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Final, TypeVar

SHORT: Final = 8_000  # bytes; the longest formula that Excel takes is 8,192 characters
FILES: Final = 4  # so many files' pieces are kept: what every file has, and what some share

_Result = TypeVar("_Result")


def cache_short(
    entries: int, length: int = SHORT
) -> Callable[[Callable[[bytes], _Result]], Callable[[bytes], _Result]]:
    """Cache a function's results for short bytes. Long ones are not part of the form and would fill the memory."""

    def around(work: Callable[[bytes], _Result]) -> Callable[[bytes], _Result]:
        cached = lru_cache(entries)(work)
        return lambda data: cached(data) if len(data) < length else work(data)

    return around
