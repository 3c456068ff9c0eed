"""Many cases: as one test where each takes a millisecond, and sampled for a plain run where a matrix takes long."""

from __future__ import annotations

import functools
import inspect
import traceback
from collections.abc import Callable, Iterable
from typing import Any

import pytest

Test = Callable[..., None]


def table(names: str, rows: Iterable[Any]) -> Callable[[Test], Test]:
    """Run the test with every row as `pytest.mark.parametrize` would, but as one test; the rows share its fixtures.

    `names` are the arguments that a row gives, with commas between them. All rows are tried; the test fails with each
    row that failed and why. A table without rows fails. A test of its own would cost each row several milliseconds.
    """
    arguments = [name.strip() for name in names.split(",")]
    cases = [row if len(arguments) > 1 else (row,) for row in rows]

    def whole(test: Test) -> Test:
        signature = inspect.signature(test)

        @functools.wraps(test)
        def every(**fixtures: Any) -> None:
            failed = []
            for case in cases:
                try:
                    test(**fixtures, **dict(zip(arguments, case, strict=True)))
                except Exception:
                    failed.append(f"{', '.join(map(str, case))}\n{traceback.format_exc(limit=-2)}")
            assert cases, "a table without rows"
            assert not failed, f"{len(failed)} of {len(cases)} rows failed\n\n" + "\n".join(failed)

        left = [parameter for name, parameter in signature.parameters.items() if name not in arguments]
        every.__signature__ = signature.replace(parameters=left)  # type: ignore[attr-defined] # pytest reads it
        del every.__wrapped__  # type: ignore[attr-defined] # else pytest looks behind it
        return every

    return whole


def sampled(cases: Iterable[Any], every: int) -> list[Any]:
    """For `parametrize`, or the `params` of a fixture: a plain run takes one of so many cases, `-m slow` the others."""
    return [
        pytest.param(
            *(case if isinstance(case, tuple) else (case,)), marks=[pytest.mark.slow] if number % every else []
        )
        for number, case in enumerate(cases)
    ]
