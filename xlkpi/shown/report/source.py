"""What a report is made of: a month's results, in memory or read back, with names in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from xlkpi.findings import catalogue
from xlkpi.month.definitions import (
    ClauseWords,
    Definitions,
    DiagnosisWords,
    FieldWords,
    IndicatorWords,
    ItemWords,
    SystemWords,
)
from xlkpi.month.month import Month
from xlkpi.month.records import DealerRecord, FindingRecord
from xlkpi.month.region import history_in, scores_in
from xlkpi.month.scores import Scores, load_scores
from xlkpi.month.statistics import Population
from xlkpi.month.store.query import EarlierMonth
from xlkpi.scoring.account import Line
from xlkpi.shown.report.words import Lang, words

History = Mapping[str, Sequence[EarlierMonth]]
"""Months by dealer code, oldest first; the month of the report may be among them."""
Labelled = ItemWords | FieldWords | IndicatorWords | SystemWords


@dataclass(frozen=True)
class Source:
    """A month's results in one language. `history` holds other months, where they are known.

    The report looks at every dealer many times, so all records are held while it is made.
    """

    data: Scores
    lang: Lang = "zh"
    history: History = field(default_factory=dict)
    counted: Population | None = None

    @classmethod
    def of(cls, month: Month, lang: Lang = "zh", history: History | None = None) -> Source:
        """From a month in memory."""
        return cls(month.scores(), lang, history or {}, month.population)

    @classmethod
    def read(cls, out: Path, lang: Lang = "zh") -> Source:
        """From the folder that `xlkpi score` wrote.

        Raises:
            NoScores: the folder has no scores.json, or one that this version cannot read.
        """
        return cls(load_scores(out), lang)

    def of_region(self, region: str) -> Source:
        """The same month for who answers for one region: nothing of any other region's dealers."""
        history = history_in(region, self.dealers, self.history)
        return Source(scores_in(region, self.data), self.lang, history)

    @cached_property
    def words(self) -> Mapping[str, str]:
        """The report's own words."""
        return words(self.lang)

    @cached_property
    def dealers(self) -> Sequence[DealerRecord]:
        """Every dealer, in the order of the file."""
        return list(self.data.dealers)

    @cached_property
    def whole(self) -> Population:
        """The dealers by what became of them."""
        return self.counted or self.data.populate()

    @property
    def definitions(self) -> Definitions:
        """The scheme's words, units and standards."""
        return self.data.definitions

    @property
    def digits(self) -> int:
        """Decimals of printed points."""
        return self.definitions.decimals

    @property
    def title(self) -> str:
        """The scheme's title."""
        return self._in_language(self.definitions.title, self.definitions.en)

    def name(self, part: str, key: str) -> str:
        """The label of an entry of `definitions`: part is items, fields, indicators or systems."""
        entries: Mapping[str, Labelled] = getattr(self.definitions, part)
        entry = entries.get(key)
        return self._in_language(entry.label, entry.en) if entry else key

    def group(self, name: str) -> str:
        """A group's name."""
        english = {group.name: group.en for group in self.definitions.groups}
        return self._in_language(name, english.get(name, ""))

    def clause(self, item: str, number: int, filled_in: str = "") -> str:
        """A clause's words; `filled_in` are those with a dealer's own figures in them."""
        clauses = self._clauses(item)
        if not 1 <= number <= len(clauses):
            return filled_in
        entry = clauses[number - 1]
        return self._in_language(filled_in or entry.text, entry.en)

    def _clauses(self, item: str) -> Sequence[ClauseWords]:
        entry = self.definitions.items.get(item)
        return entry.clauses if entry else ()

    def subject(self, line: Line) -> str:
        """What a line of an account is about, in words."""
        if line.item:
            return self.name("items", line.item)
        if line.group:
            return f"{self.group(line.group)} {self.words['line_gate'] if line.scope else ''}".strip()
        return self.words["bonus" if line.level == "bonus" else "total"]

    def line_words(self, line: Line) -> str:
        """The words of a line's clause or gate, or why it is open."""
        return self.clause(line.item, line.clause, line.text) if line.clause else line.text

    def inspected(self, line: Line) -> str:
        """What a line was held against, as the sheet shows it."""
        return self.word(line.inspection)

    def problem(self, entry: DiagnosisWords) -> str:
        """A diagnosis' problem."""
        return self._in_language(entry.problem, entry.en)

    def word(self, text: Any) -> str:
        """A word of the workbook (未填, 偏低) in the reader's language; anything else as it stands."""
        return self.words.get(str(text), str(text))

    def message_and_remedy(self, finding: FindingRecord) -> tuple[str, str]:
        """A finding's message and remedy; as it was written where the facts do not suffice for the other language."""
        entry = catalogue().get(finding.code)
        if self.lang == "zh" or entry is None:
            return finding.message, finding.remedy
        facts = dict(finding.facts)
        if "label" in facts and finding.field:
            facts["label"] = self.name("fields", finding.field)
        try:
            return entry.render("message", self.lang, facts), entry.render("remedy", self.lang, facts)
        except KeyError:  # written by another version, whose sentence had other facts
            return finding.message, finding.remedy

    def _in_language(self, chinese: str, english: str) -> str:
        return english if self.lang == "en" and english else chinese
