"""What a report is made of: scores.json, read back, with names in the reader's language."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from xlkpi.findings import catalogue
from xlkpi.month.results import SCORES_FILE
from xlkpi.month.store.query import EarlierMonth
from xlkpi.shown.report.figures import figure, is_number
from xlkpi.shown.report.words import Lang, words

Json = Mapping[str, Any]
_HALF = re.compile(r"\\u[dD][89a-fA-F]")


class NoReport(Exception):
    """No report can be made; the text says why."""


History = Mapping[str, Sequence[EarlierMonth]]
"""Months by dealer code, oldest first; the month of the report may be among them."""


@dataclass(frozen=True)
class Source:
    """scores.json in one language. `history` holds other months, where they are known."""

    data: Json
    lang: Lang = "zh"
    history: History = field(default_factory=dict)

    @classmethod
    def read(cls, out: Path, lang: Lang = "zh") -> Source:
        """From the folder that `xlkpi score` wrote.

        Raises:
            NoReport: the folder has no scores.json, or one that this version cannot read.
        """
        path = out / SCORES_FILE
        try:
            data = _loaded(path.read_text("utf-8"))
        except FileNotFoundError:
            raise NoReport(f"{out} has no {SCORES_FILE}: give the folder that `xlkpi score` wrote") from None
        except (OSError, ValueError) as error:
            raise NoReport(f"{path} cannot be read: {error}") from None
        if not isinstance(data, dict) or not {"dealers", "definitions"} <= set(data):
            raise NoReport(f"{path} is not of this version: score the month again")
        return cls(data, lang)

    @cached_property
    def words(self) -> Mapping[str, str]:
        """The report's own words."""
        return words(self.lang)

    @property
    def dealers(self) -> Sequence[Json]:
        """Every dealer, in the order of the file."""
        dealers: Sequence[Json] = self.data["dealers"]
        return dealers

    @property
    def definitions(self) -> Json:
        """The scheme's words, units and standards."""
        definitions: Json = self.data["definitions"]
        return definitions

    @property
    def digits(self) -> int:
        """Decimals of printed points."""
        return int(self.definitions["decimals"])

    @property
    def title(self) -> str:
        """The scheme's title."""
        return self._either(self.definitions["title"], self.definitions["en"])

    def name(self, part: str, key: str) -> str:
        """The label of an entry of `definitions`: part is items, fields, indicators or systems."""
        entry = self.definitions[part].get(key)
        return self._either(entry["label"], entry["en"]) if entry else key

    def group(self, name: str) -> str:
        """A group's name."""
        english = {group["name"]: group["en"] for group in self.definitions["groups"]}
        return self._either(name, english.get(name, ""))

    def clause(self, item: str, number: int, told: str = "") -> str:
        """A clause's words; `told` are those with a dealer's own figures in them."""
        clauses = self.definitions["items"].get(item, {}).get("clauses", [])
        if not 1 <= number <= len(clauses):
            return told
        entry = clauses[number - 1]
        return self._either(told or entry["text"], entry["en"])

    def inspected(self, item: str, fired: Json) -> str:
        """What headquarters wrote against a clause, in the format of its field."""
        clauses = self.definitions["items"].get(item, {}).get("clauses", [])
        name = clauses[fired["number"] - 1]["inspection"] if 1 <= fired["number"] <= len(clauses) else ""
        entry = self.definitions["fields"].get(name) or self.definitions["indicators"].get(name) or {}
        shown = figure(fired["inspection"], entry.get("type", "number"))
        unit = entry.get("unit", "") if is_number(fired["inspection"]) else ""
        return f"{self.word(shown)} {unit}".strip()

    def problem(self, entry: Json) -> str:
        """A diagnosis' problem."""
        return self._either(entry["problem"], entry["en"])

    def word(self, text: Any) -> str:
        """A word of the workbook (未填, 偏低) in the reader's language; anything else as it stands."""
        return self.words.get(str(text), str(text))

    def said(self, finding: Json) -> tuple[str, str]:
        """A finding's message and remedy."""
        entry = catalogue().get(finding["code"])
        if self.lang == "zh" or entry is None:
            return finding["message"], finding["remedy"]
        facts = dict(finding["facts"])
        if "label" in facts and finding["field"]:
            facts["label"] = self.name("fields", finding["field"])
        return entry.render("message", self.lang, facts), entry.render("remedy", self.lang, facts)

    def _either(self, chinese: str, english: str) -> str:
        return english if self.lang == "en" and english else chinese


def _loaded(text: str) -> Any:
    """JSON without halves of surrogate pairs, which other programs may write escaped: no file can hold them as text."""
    data = json.loads(text)
    if not _HALF.search(text):
        return data
    return json.loads(json.dumps(data, ensure_ascii=False).encode("utf-8", "replace"))
