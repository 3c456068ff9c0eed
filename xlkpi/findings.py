"""Findings: what the tool has to say about a file, as values. Codes and texts are data in `templates/findings/`."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from typing import Any, Final, Literal, TypeVar

from xlkpi.personal import without_personal
from xlkpi.resources import templates
from xlkpi.values import Place, spans

Audience = Literal["dealer", "headquarters"]
AnyFinding = TypeVar("AnyFinding")
_MOST = 10  # findings of one cause that are told one by one


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
class Reply:
    """A dealer's answer to what was found, from a closed list of reasons, with words. The cells are those that the
    marked copy named; none where it named no cell."""

    code: str
    sheet: str
    cells: tuple[str, ...]
    reason: str
    words: str = ""

    def __str__(self) -> str:
        return f"{self.reason}（{self.words}）" if self.words else self.reason

    def concerns(self, finding: Finding) -> bool:
        """Whether it answers this finding: the same code in the same cell."""
        place = finding.place or Place("", "")
        same_cell = place.ref in self.cells if self.cells else not place.ref
        return self.code == finding.code and place.sheet == (self.sheet or place.sheet) and same_cell


@dataclass(frozen=True, slots=True)
class Ruling:
    """Headquarters' word on a code: its severity instead of the catalogue's, why, and for which months.

    The scheme's rulings hold for every dealer, and switch a code off where `severity` is None. A waiver holds for one
    dealer and makes the finding a notice; so does an answer of the dealer's that was accepted (`reply`). A code on
    `probation` is told to headquarters alone. `first` and `last` are months (YYYY-MM), both included; "" is open.
    """

    code: str
    severity: Severity | None
    reason: str
    dealer: str = ""
    field: str = ""
    who: str = ""
    first: str = ""
    last: str = ""
    reply: bool = False
    probation: bool = False

    def concerns(self, finding: Finding, dealer: str, month: str) -> bool:
        """Whether it is about this finding."""
        return (
            self.code == finding.code
            and self.dealer in ("", dealer)
            and self.field in ("", finding.field)
            and self.first <= month
            and (not self.last or month <= self.last)
        )

    @property
    def is_waiver(self) -> bool:
        """Whether it is about one dealer alone."""
        return bool(self.dealer)


_IDENTITIES: Final = frozenset(("dealer", "path", "file", "files", "command"))
"""Facts that name a dealer or a file: they stay as they are."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found: a code of the catalogue, where, and the facts that its text needs.

    `file` names the file as the user gave it; `place` the cell, where there is one; `field` the scheme's field name;
    `ruling` is headquarters' word that changed its severity, `reply` the dealer's answer; `cells` are those of which
    the same is said, where several findings are told as one (`told_once`).
    """

    code: str
    file: str = ""
    place: Place | None = None
    field: str = ""
    facts: Mapping[str, object] = dataclasses.field(default_factory=dict)
    ruling: Ruling | None = None
    cells: tuple[str, ...] = ()
    reply: Reply | None = None

    @property
    def audience(self) -> Audience:
        """Who can put it right and is told: headquarters alone where its code is on probation."""
        return "headquarters" if self.ruling is not None and self.ruling.probation else self.entry.audience

    def __post_init__(self) -> None:
        """What a fact quotes of a cell goes into pages and the store: nothing of persons stays in it."""
        masked = {
            name: clean
            for name, fact in self.facts.items()
            if isinstance(fact, str) and name not in _IDENTITIES and (clean := without_personal(fact)) != fact
        }
        if masked:
            object.__setattr__(self, "facts", {**self.facts, **masked})

    @property
    def entry(self) -> CodeEntry:
        """What the catalogue says of its code."""
        return catalogue()[self.code]

    @property
    def severity(self) -> Severity:
        """Severity by headquarters' ruling, else by the catalogue."""
        ruled = self.ruling and self.ruling.severity
        return ruled or self.entry.severity

    def ruling_note(self, lang: str = "zh") -> str:
        """What headquarters' ruling did and why, "" where there is none."""
        if self.ruling is None:
            return ""
        ruling, before = self.ruling, self.entry.severity
        by = "，".join(filter(None, (ruling.who, ruling.last)))
        if lang == "en":
            how = "waived" if ruling.is_waiver else "changed by the scheme"
            how = "known: the dealer's answer was accepted" if ruling.reply else how
            how = "on probation, not told to dealers" if ruling.probation else how
            return f"{how} (was {before.name.lower()}): {ruling.reason}" + (f" ({by})" if by else "")
        how = "总部豁免" if ruling.is_waiver else "方案另有规定"
        how = "已知：总部已采纳答复" if ruling.reply else "试行，不发给经销商" if ruling.probation else how
        return f"{how}（原为{before.word}）：{ruling.reason}" + (f"（{by}）" if by else "")

    def message(self, lang: str = "zh") -> str:
        """The sentence for people. Raises KeyError when a fact that the text names is missing: that is our bug."""
        return self.entry.render("message", lang, self.facts) + such_cells(self.cells, lang)

    def told_dealer(self, lang: str = "zh") -> str:
        """The sentence as the dealer reads it: without what is known of others."""
        part = "to_dealer" if "to_dealer" in self.entry.texts[lang] else "message"
        return self.entry.render(part, lang, self.facts) + such_cells(self.cells, lang)

    def cause(self, lang: str = "zh") -> str:
        """Why it probably came about."""
        return self.entry.render("cause", lang, self.facts)

    def remedy(self, lang: str = "zh") -> str:
        """What to do about it."""
        return self.entry.render("remedy", lang, self.facts)

    def advice(self, lang: str = "zh") -> str:
        """What its dealer can do about it: the remedy, or a letter's own words where that speaks to headquarters."""
        return self.entry.render("letter" if "letter" in self.entry.texts[lang] else "remedy", lang, self.facts)


@dataclass(frozen=True, slots=True)
class CodeEntry:
    """One code of the catalogue, with all that other modules need to know of it.

    Attributes:
        live: the words that stand in the workbook's 校验 cell for this code, "" where there are none.
        audience: who can put it right. What only headquarters can do is not counted against a dealer, and nothing that
            goes to a dealer speaks of it (`for_dealer`). Texts that say something of other dealers have another one for
            their own, `to_dealer`.
        unsafe: the file was refused unread (exit code 3).
        fixed: no ruling changes it: the file cannot be used, or nobody knows whose it is.
        unread: the content of its cell was not understood, so the 校验 cell's word on the same field says nothing new.
        relocates: it says where in the file a field was found, or what the file calls a sheet.
        folds: in a table it is told a few times, then counted.
        return_status: how the return list calls a file that was refused for it, "" for the usual word.
        endings: of files that it is about, by their names alone.
    """

    code: str
    name: str
    severity: Severity
    since: str
    texts: Mapping[str, Mapping[str, str]]
    unsafe: bool = False
    live: str = ""
    fixed: bool = False
    audience: Audience = "dealer"
    unread: bool = False
    relocates: Literal["", "field", "sheet"] = ""
    folds: bool = False
    return_status: str = ""
    endings: tuple[str, ...] = ()

    def render(self, part: str, lang: str, facts: Mapping[str, object]) -> str:
        """Fill one text ("message", "cause" or "remedy") with the facts."""
        return self.texts[lang][part].format_map(facts)


@cache
def catalogue() -> Mapping[str, CodeEntry]:
    """Every code, in order. The one table that findings, live 校验 words and documentation share."""
    import yaml  # noqa: PLC0415 - only needed once a finding is shown

    # in C where PyYAML was built with it: each process reads the catalogue
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    entries: dict[str, CodeEntry] = {}
    for path in sorted((templates() / "findings").glob("*.yaml")):
        loaded: dict[str, dict[str, Any]] = yaml.load(path.read_text("utf-8"), loader)  # noqa: S506 - it is a safe one
        for code, body in loaded.items():
            if code in entries:
                raise ValueError(f"{path.name}: {code} is defined twice")
            severity = Severity[body.pop("severity").upper()]
            texts = {lang: body.pop(lang) for lang in ("zh", "en")}
            # a key that CodeEntry does not know raises: a trait that nobody asks for says nothing
            entries[code] = CodeEntry(code=code, severity=severity, texts=texts, **body)
    return dict(sorted(entries.items()))


@cache
def example_facts(lang: str = "zh") -> Mapping[str, object]:
    """Facts that make an example of any finding's text."""
    import yaml  # noqa: PLC0415 - only where a code is explained

    text = (templates() / "language" / "examples.yaml").read_text("utf-8")
    facts: Mapping[str, object] = yaml.safe_load(text)[lang]
    return facts


def for_dealer(findings: Iterable[Finding]) -> list[Finding]:
    """What of findings a dealer may read: what it can put right. The words are those of `told_dealer`."""
    return [finding for finding in findings if finding.audience == "dealer"]


def most_serious_first(findings: Iterable[Finding]) -> list[Finding]:
    """Sorted for reading: by severity, then by sheet, row and column."""
    return sorted(findings, key=lambda finding: (-finding.severity, _position(finding.place)))


def by_cause(findings: Iterable[AnyFinding], cause: Callable[[AnyFinding], Hashable | None]) -> list[list[AnyFinding]]:
    """More than a few findings of one cause together, in the first one's place; all others alone, and in their order.

    `cause` is what such findings have in common, None for one that always stands alone.
    """
    listed = list(findings)
    groups: dict[Hashable, list[AnyFinding]] = {}
    for finding in listed:
        groups.setdefault(cause(finding), []).append(finding)
    groups_in_order: list[list[AnyFinding]] = []
    for finding in listed:
        common = cause(finding)
        if common is None or len(groups[common]) <= _MOST:
            groups_in_order.append([finding])
        elif finding is groups[common][0]:
            groups_in_order.append(groups[common])
    return groups_in_order


def told_once(findings: Iterable[Finding]) -> list[Finding]:
    """As people read them: a column that 300 dealers got wrong is one fault and not 300. One of each cause, with all
    its cells; files, sheets and severities stay apart."""

    def cause(finding: Finding) -> Hashable | None:
        place = finding.place
        return (finding.code, finding.file, place.sheet, finding.severity) if place and place.ref else None

    return [_as_one(several) for several in by_cause(findings, cause)]


def such_cells(cells: Sequence[str], lang: str = "zh") -> str:
    """What follows a sentence that holds for several cells; "" for one alone."""
    if len(cells) < 2:
        return ""
    listed = spans(cells)
    return f" ({len(cells)} such cells: {listed})" if lang == "en" else f"（这样的共 {len(cells)} 格：{listed}）"


def _as_one(several: Sequence[Finding]) -> Finding:
    if len(several) == 1:
        return several[0]
    return dataclasses.replace(several[0], cells=tuple(finding.place.ref for finding in several if finding.place))


def _position(place: Place | None) -> tuple[str, int, int, str]:
    if place is None:
        return "", 0, 0, ""
    column = place.ref.rstrip("0123456789")
    row = place.ref[len(column) :]
    return place.sheet, int(row or 0), len(column), column


def tally(findings: Iterable[Finding], files: int | None = None) -> str:
    """The number of findings of each severity, in words, and of the files looked at, if given."""
    counts = Counter(finding.severity for finding in findings)
    looked = "" if files is None else f"看了 {files} 份文件，"
    if not counts:
        return f"{looked}没有发现问题"
    counted = "，".join(f"{severity.word} {counts[severity]}" for severity in sorted(Severity, reverse=True))
    return f"{looked}共 {counts.total()} 条：{counted}"


def with_rulings(findings: Iterable[Finding], rulings: Iterable[Ruling], dealer: str, month: str) -> list[Finding]:
    """A dealer's findings of a month as headquarters ruled; what is switched off is left out.

    A dealer's waiver comes before the scheme's ruling, and only lowers.
    """
    listed = sorted(rulings, key=lambda ruling: not ruling.is_waiver)
    return [ruled for finding in findings if (ruled := _with_ruling(finding, listed, dealer, month)) is not None]


def _with_ruling(finding: Finding, rulings: list[Ruling], dealer: str, month: str) -> Finding | None:
    concerning = [ruling for ruling in rulings if ruling.concerns(finding, dealer, month)]
    if not concerning or finding.entry.fixed:
        return finding
    ruling = concerning[0]
    if ruling.severity is None:
        return None
    if ruling.is_waiver and ruling.severity >= finding.severity:
        return finding
    return dataclasses.replace(finding, ruling=ruling)


def with_replies(findings: Iterable[Finding], replies: Sequence[Reply]) -> list[Finding]:
    """A dealer's findings with the dealer's answers to them. What must be put right is not answered."""
    if not replies:
        return list(findings)
    return [dataclasses.replace(finding, reply=_reply_to(finding, replies)) for finding in findings]


def _reply_to(finding: Finding, replies: Sequence[Reply]) -> Reply | None:
    if finding.entry.severity is Severity.ERROR:
        return None
    return next((reply for reply in reversed(replies) if reply.concerns(finding)), None)


def worst(findings: Iterable[Finding]) -> Severity | None:
    """The highest severity among them, None where there is nothing."""
    return max((finding.severity for finding in findings), default=None)


def is_unsafe(findings: Iterable[Finding]) -> bool:
    """Whether a file was refused as unsafe."""
    return any(finding.entry.unsafe for finding in findings)


def finding_json(finding: Finding) -> dict[str, Any]:
    """A finding as data, with its Chinese sentences, and the facts of which other languages make theirs."""
    return {
        "code": finding.code,
        "severity": finding.severity.name.lower(),
        "sheet": finding.place.sheet if finding.place else "",
        "cell": finding.place.ref if finding.place else "",
        "field": finding.field,
        "message": finding.message(),
        "remedy": finding.remedy(),
        "facts": {name: fact if isinstance(fact, int | float) else str(fact) for name, fact in finding.facts.items()},
        **({"ruling": ruling_json(finding.ruling)} if finding.ruling else {}),
        **({"reply": {"reason": finding.reply.reason, "words": finding.reply.words}} if finding.reply else {}),
    }


def ruling_json(ruling: Ruling) -> dict[str, Any]:
    """Headquarters' word on a code, as data."""
    return {
        "code": ruling.code,
        "by": "reply" if ruling.reply else "waiver" if ruling.is_waiver else "scheme",
        "severity": "probation" if ruling.probation else ruling.severity.name.lower() if ruling.severity else "off",
        "was": catalogue()[ruling.code].severity.name.lower(),
        "dealer": ruling.dealer,
        "field": ruling.field,
        "reason": ruling.reason,
        "who": ruling.who,
        "first": ruling.first,
        "last": ruling.last,
    }
