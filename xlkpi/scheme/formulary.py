"""What compiling gathers: formulas and names by the cell they stand in, where they came from, and what went wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from jinja2 import TemplateError

from xlkpi.scheme.formulas import Name, Term
from xlkpi.scheme.model import Scheme
from xlkpi.scheme.rules import Rule

Origin = tuple[str | int, ...]
"""A path into the scheme's YAML."""

T = TypeVar("T")


@dataclass(slots=True)
class Compiled:
    """All formulas of a scheme by the name of the cell they will stand in, and all names that formulas may use.

    `origins` says which entry of the scheme a formula came from (a path into the YAML), for lint's messages.
    """

    formulas: dict[str, str] = field(default_factory=dict)
    names: dict[str, Name] = field(default_factory=dict)
    origins: dict[str, tuple[str | int, ...]] = field(default_factory=dict)
    problems: list[tuple[tuple[str | int, ...], str]] = field(default_factory=list)

    def resolve(self, name: str) -> Name:
        """The Name for a name of the scheme. Raises ValueError where there is none."""
        resolved = self.names.get(name)
        if resolved is None:
            raise ValueError(f"no field, constant or indicator is named {name!r}")
        return resolved


class Formulary:
    """A part of compiling: reads the scheme and the rules, adds to what is compiled."""

    def __init__(self, scheme: Scheme, rules: Mapping[str, Rule], out: Compiled):
        self.scheme, self.rules, self.out = scheme, rules, out

    def _try(self, origin: Origin, make: Callable[..., T], *arguments: Any) -> T | None:
        """Make a part of the scheme; where that fails, remember why and go on with the rest."""
        try:
            return make(*arguments)
        except (ValueError, TypeError, KeyError, TemplateError) as error:
            self.out.problems.append((origin, str(error)))
            return None

    def _set(self, name: str, formula: Term | str, origin: Origin, **facts: Any) -> Name:
        self.out.formulas[name] = str(formula)
        self.out.origins[name] = origin
        known = self.out.names.get(name)
        if known is None:
            known = self.out.names[name] = Name(name, **facts)
        return known
