"""What runs in the page: files are checked as headquarters' `check` checks them, and scored as far as a dealer can."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from xlkpi.checking.alone import findings_alone
from xlkpi.findings import Finding, finding_json, for_dealer, most_serious_first, tally, told_once
from xlkpi.intake.budget import Budget, out_of_time
from xlkpi.intake.foreign import aborted
from xlkpi.intake.guard import MAX_FILE
from xlkpi.intake.meaning import is_rate
from xlkpi.intake.submission import Answer, Submission, Unusable, read_submission
from xlkpi.issue import Issue
from xlkpi.scheme.types import TYPES
from xlkpi.scoring.assess import Assessment, assess
from xlkpi.scoring.compiled.engine import CompiledEngine
from xlkpi.scoring.compiled.program import compile_master
from xlkpi.scoring.figures import as_shown
from xlkpi.selfcheck.locked import name_of, unlocked
from xlkpi.values import Absence
from xlkpi.workbook.layout import Role
from xlkpi.workbook.sheets.marker import Marker

LOCKED_FILE: Final = "locked.json"
"""Beside issue.json: each dealer's own part of the issue, locked, in hexadecimal by name."""


@dataclass
class SelfCheck:
    """The page's issue. One file after another is checked; the last one's figures can be tried otherwise."""

    folder: Path
    _last: tuple[Issue, Submission] | None = field(default=None, init=False)

    @cached_property
    def issue(self) -> Issue:
        """The issue with nothing of any dealer."""
        return Issue.load(self.folder)

    @cached_property
    def engine(self) -> CompiledEngine:
        """The issue's formulas, compiled when they are first needed."""
        return CompiledEngine(compile_master(self.issue.master, self.issue.layout))

    @cached_property
    def _locked(self) -> Mapping[str, str]:
        loaded: dict[str, str] = json.loads((self.folder / LOCKED_FILE).read_text("utf-8"))
        return loaded

    def check(self, name: str, buffer: bytes | memoryview) -> str:
        """Check a file.

        Returns:
            JSON: whose it is (`dealer`, `name`); `findings` as `check --format json` gives them; `told` and `tally`,
            what of them a dealer can put right, in a letter's words; `score` as `what_if` gives it.
        """
        return self._answer(name, *self._read(name, bytes(buffer[: MAX_FILE + 1])))

    def _answer(self, name: str, issue: Issue, read: Submission | Unusable) -> str:
        findings = findings_alone(issue, self.engine, read, {}, datetime.now())
        self._last = (issue, read) if isinstance(read, Submission) else None
        known = issue.roster.get(read.dealer)
        theirs = for_dealer(findings)
        return _json(
            file=name, dealer=read.dealer, name=known.name if known else "", accepted=self._last is not None,
            tally=tally(theirs), told=[_shown(finding, issue) for finding in told_once(most_serious_first(theirs))],
            findings=[finding_json(finding) for finding in findings], score=self._score({}),
        )  # fmt: skip

    def gave_up(self, name: str, *, late: bool) -> str:
        """What `check` says of a file that takes too long, or that ends the process in which it is read; as `check`."""
        refused = aborted()
        finding = out_of_time(name, Budget()) if late else Finding(refused.code, name, facts=refused.facts)
        return self._answer(name, self.issue, Unusable(name, (finding,)))

    def what_if(self, figures: str) -> str:
        """The score of the last file with other figures.

        Args:
            figures: JSON, numbers by field, null for one that is left blank.

        Returns:
            JSON: the total, what it could still be once headquarters has inspected, items with their sentences,
            indicators with their judgements, and the figures that can be tried; null where no file was accepted.
        """
        return _json(score=self._score(json.loads(figures)))

    def _read(self, name: str, data: bytes) -> tuple[Issue, Submission | Unusable]:
        """A file read twice: to find out whose it is, and then with that dealer's part of the issue."""
        read = read_submission(self.issue, data, name)
        marker = Marker.read(read.marker) if isinstance(read, Submission) else None
        if marker is None:
            return self.issue, read
        part = unlocked(marker.seal, bytes.fromhex(self._locked[name_of(marker.seal)]))
        if part is None:
            raise ValueError("a seal that was verified does not open its dealer's part")
        issue = self.issue.knowing(json.loads(part))
        return issue, read_submission(issue, data, name)

    def _score(self, figures: Mapping[str, float | None]) -> dict[str, Any] | None:
        if self._last is None:
            return None
        issue, sent = self._last
        tried = {name: Answer(Absence.MISSING if n is None else float(n), None) for name, n in figures.items()}
        scored = assess(issue, self.engine, replace(sent, answers={**sent.answers, **tried}))
        return {
            "total": scored.published, "most": scored.ceiling, "points": issue.scheme.points,
            "items": _items(issue, scored), "indicators": _indicators(issue, scored),
            "figures": _figures(issue, sent),
        }  # fmt: skip


def _shown(finding: Finding, issue: Issue) -> dict[str, str]:
    entry, place = issue.scheme.fields.get(finding.field), finding.place
    return {
        "severity": finding.severity.name.lower(), "word": finding.severity.word, "code": finding.code,
        "place": str(place) if place and place.ref else place.sheet if place else "",
        "field": (entry.label or finding.field) if entry else "",
        "message": finding.told_dealer(), "remedy": finding.advice(), "ruling": finding.ruling_note(),
    }  # fmt: skip


def _items(issue: Issue, scored: Assessment) -> list[dict[str, Any]]:
    return [
        {
            "name": item.name, "group": item.group, "points": item.points, "vetoed": item.vetoed,
            "score": item.score if isinstance(item.score, float) else item.score.value,
            "most": item.ceiling, "status": item.status, "trace": item.trace,
        }
        for item in scored.items
    ]  # fmt: skip


def _indicators(issue: Issue, scored: Assessment) -> list[dict[str, Any]]:
    """The indicators that are judged against a guide."""
    known = issue.scheme.indicators
    return [
        {
            "name": known[name].label or name,
            "value": as_shown(scored.indicators[name], known[name].type, known[name].unit),
            "judgement": judgement.value,
        }
        for name, judgement in scored.judgements.items()
        if name in known
    ]  # fmt: skip


def _figures(issue: Issue, sent: Submission) -> list[dict[str, Any]]:
    """The month's figures that are numbers; rates are shown in per cent."""
    listed = []
    for slot in issue.layout.of(Role.ANSWER):
        entry, value = issue.scheme.fields[slot.field], sent.answers[slot.field].value
        is_number = isinstance(value, float) or value is Absence.MISSING
        if entry.block == "本月" and TYPES[entry.type].compared and is_number:
            scale = 100 if is_rate(entry) else 1
            listed.append(
                {
                    "field": slot.field, "label": entry.label or slot.field, "scale": scale,
                    "unit": "%" if scale == 100 else entry.unit, "value": value if isinstance(value, float) else None,
                }
            )  # fmt: skip
    return listed


def _json(**data: object) -> str:
    return json.dumps(data, ensure_ascii=False)
