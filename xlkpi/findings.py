"""Findings: what the tool has to say about a file, as values. Codes and texts are data in `templates/findings/`."""

from __future__ import annotations

import dataclasses
import string
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from typing import Any

from xlkpi.resources import templates
from xlkpi.values import Place


class Severity(IntEnum):
    """How serious a finding is; a larger number is more serious."""

    NOTICE = 1
    WARNING = 2
    ERROR = 3

    @property
    def word(self) -> str:
        """The Chinese word that people read."""
        return {1: "提示", 2: "警告", 3: "错误"}[int(self)]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found: a code of the catalogue, where, and the facts that its text needs.

    `file` names the file as the user gave it; `place` the cell, where there is one; `field` the scheme's field name.
    """

    code: str
    file: str = ""
    place: Place | None = None
    field: str = ""
    facts: Mapping[str, object] = dataclasses.field(default_factory=dict)

    @property
    def severity(self) -> Severity:
        """Severity by the catalogue."""
        return catalogue()[self.code].severity

    def message(self, lang: str = "zh") -> str:
        """The sentence for people. Raises KeyError when a fact that the text names is missing: that is our bug."""
        return catalogue()[self.code].render("message", lang, self.facts)

    def cause(self, lang: str = "zh") -> str:
        """Why it probably came about."""
        return catalogue()[self.code].render("cause", lang, self.facts)

    def remedy(self, lang: str = "zh") -> str:
        """What to do about it."""
        return catalogue()[self.code].render("remedy", lang, self.facts)


@dataclass(frozen=True, slots=True)
class CodeEntry:
    """One code of the catalogue. `unsafe` codes mean that the file was refused unread (exit code 3)."""

    code: str
    name: str
    severity: Severity
    since: str
    texts: Mapping[str, Mapping[str, str]]
    unsafe: bool = False
    live: str = ""  # the words that stand in the workbook's 校验 cell for this code

    def render(self, part: str, lang: str, facts: Mapping[str, object]) -> str:
        """Fill one text ("message", "cause" or "remedy") with the facts."""
        return string.Formatter().vformat(self.texts[lang][part], (), facts)


@cache
def catalogue() -> Mapping[str, CodeEntry]:
    """Every code, in order. The one table that findings, live 校验 words and documentation share."""
    from ruamel.yaml import YAML  # noqa: PLC0415 - only needed once a finding is shown

    entries: dict[str, CodeEntry] = {}
    for path in sorted((templates() / "findings").glob("*.yaml")):
        loaded: dict[str, dict[str, Any]] = YAML(typ="safe").load(path.read_text("utf-8"))
        for code, body in loaded.items():
            if code in entries:
                raise ValueError(f"{path.name}: {code} is defined twice")
            entries[code] = CodeEntry(
                code=code,
                name=body["name"],
                severity=Severity[body["severity"].upper()],
                since=str(body["since"]),
                texts={lang: body[lang] for lang in ("zh", "en")},
                unsafe=bool(body.get("unsafe", False)),
                live=body.get("live", ""),
            )
    return dict(sorted(entries.items()))


def most_serious_first(findings: Iterable[Finding]) -> list[Finding]:
    """In the order in which people should read them: by severity, then by sheet, row and column."""
    return sorted(findings, key=lambda finding: (-finding.severity, _position(finding.place)))


def _position(place: Place | None) -> tuple[str, int, int, str]:
    if place is None:
        return "", 0, 0, ""
    column = place.ref.rstrip("0123456789")
    row = place.ref[len(column) :]
    return place.sheet, int(row or 0), len(column), column


def tally(findings: Iterable[Finding]) -> str:
    """How many of each severity, in words."""
    counts = Counter(finding.severity for finding in findings)
    if not counts:
        return "没有发现问题"
    return f"共 {counts.total()} 条：" + "，".join(f"{s.word} {counts[s]}" for s in sorted(Severity, reverse=True))


def worst(findings: Iterable[Finding]) -> Severity | None:
    """The highest severity among them, None where there is nothing."""
    return max((finding.severity for finding in findings), default=None)


def is_unsafe(findings: Iterable[Finding]) -> bool:
    """Whether a file was refused as unsafe."""
    return any(catalogue()[finding.code].unsafe for finding in findings)
