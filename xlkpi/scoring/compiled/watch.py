"""A watch on the compiled engine: now and then formualizer evaluates the same cells, and must come to the same."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from xlkpi.scoring.compiled.engine import Cells, CompiledEngine
from xlkpi.scoring.engine import Engine
from xlkpi.values import CellContent, Place

FIRST: Final = 2
EVERY: Final = 200

_LONG = re.compile(r"\d+\.\d{11,}")


@dataclass(frozen=True, slots=True)
class Difference:
    """A cell on which two engines part."""

    place: Place
    compiled: CellContent
    other: CellContent


class WatchedEngine:
    """The compiled engine; the first files and every 200th are evaluated by another engine too.

    Where they part, `difference` holds the first such cell, the other engine's results are given, and the other engine
    goes on from there.
    """

    def __init__(self, compiled: CompiledEngine, load: Callable[[], Engine]):
        self._compiled, self._load, self._count = compiled, load, 0
        self._other: Engine | None = None
        self.difference: Difference | None = None

    @property
    def name(self) -> str:
        """The engine that evaluates now."""
        return self._other.name if self._other is not None and self.difference else self._compiled.name

    def evaluate(self, inputs: Cells) -> dict[Place, CellContent]:
        """See Engine."""
        if self._other is not None and self.difference:
            return self._other.evaluate(inputs)
        self._count += 1
        results = self._compiled.evaluate(inputs)
        if self._count > FIRST and self._count % EVERY:
            return results
        self._other = self._other or self._load()
        checked = self._other.evaluate(inputs)
        self.difference = next(
            (
                Difference(place, content, checked.get(place))
                for place, content in results.items()
                if not alike(content, checked.get(place))
            ),
            None,
        )
        return checked if self.difference else results


def alike(first: CellContent, second: CellContent) -> bool:
    """The same to the bit; but in a sentence a number may have the sixteen or seventeen digits that formualizer writes
    where Excel, and the compiled engine, write fifteen."""
    if isinstance(first, str) and isinstance(second, str) and first != second:
        return _fifteen_digits(first) == _fifteen_digits(second)
    return type(first) is type(second) and first == second


def _fifteen_digits(words: str) -> str:
    return _LONG.sub(lambda number: f"{float(number[0]):.14g}", words)
