"""Excel formulas as typed objects: the only things that a rule's template can interpolate.

A bare string never reaches a formula. Text becomes a quoted literal, a number keeps the spelling of the scheme
(`40%`), a name is a name, and everything that combines them is a Formula made here. What several formulas must do in
the same way (comparing at a threshold, carrying absence on, showing a number in a sentence) is one function here.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from xlkpi.scheme.cells import COLUMN
from xlkpi.scheme.parsing import COMPARISONS
from xlkpi.scheme.types import TYPES, Shape, TypeTraits
from xlkpi.values import Absence

MISSING: Final = Absence.MISSING.value
NOT_APPLICABLE: Final = Absence.NOT_APPLICABLE.value
UNREADABLE: Final = Absence.UNREADABLE.value

MAX_ARGUMENTS: Final = 255
"""What Excel takes in one call of a function."""


class Term(ABC):
    """Something that may stand in a formula."""

    @property
    @abstractmethod
    def excel(self) -> str:
        """The term's spelling in an Excel formula."""

    def __str__(self) -> str:
        return self.excel


@dataclass(frozen=True, slots=True)
class Number(Term):
    """A number as the scheme spells it: `40%`, `-5`, `0.2%`, `800`."""

    text: str

    @property
    def excel(self) -> str:
        """The spelling of the scheme."""
        return self.text

    @property
    def value(self) -> float:
        """The number's value; 40 % is 0.4."""
        return number_value(self.text)


@dataclass(frozen=True, slots=True)
class Text(Term):
    """A literal text."""

    text: str

    @property
    def excel(self) -> str:
        """Quoted, with quotes doubled."""
        return '"' + self.text.replace('"', '""') + '"'


@dataclass(frozen=True, slots=True)
class Name(Term):
    """A defined name, with what sentences and conditions need to know of it.

    `kind` is the type of the value behind it (count, amount, rate, day, number, choice, points, …); `words` stand for
    a judgement ("完成": "met"); `may_be_blank` tells an input cell from a formula, which says 未填; `always_applies`:
    who enters it may not say 不适用, so that word is unreadable there; `made_of` are numerator and denominator where
    the value is the ratio of two names.
    """

    name: str
    label: str = ""
    kind: str = "number"
    unit: str = ""
    words: tuple[tuple[str, str], ...] = ()
    may_be_blank: bool = False
    always_applies: bool = False
    made_of: tuple[Name, ...] = ()

    @property
    def excel(self) -> str:
        """The name itself."""
        return self.name

    @property
    def may_be_number(self) -> bool:
        """Whether its cell may hold a number: it is neither text nor a table's column."""
        return self.kind != COLUMN and TYPES.get(self.kind, _POINTS).shape is not Shape.TEXT


@dataclass(frozen=True, slots=True)
class Formula(Term):
    """Excel text without the leading equals sign."""

    text: str

    @property
    def excel(self) -> str:
        """The text."""
        return self.text


_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)\s*%?")  # ASCII digits: it goes into formulas


def number_value(text: str) -> float:
    """Read a number of a scheme. Raises ValueError when it is none."""
    bare = text.strip()
    if not _NUMBER.fullmatch(bare):
        raise ValueError(f"{text!r} is not a number: write for example 15, 2.5 or 40%")
    # 95.4 ÷ 100 in doubles is a hair above 95.4 %
    return float(Decimal(bare[:-1].strip()) / 100) if bare.endswith("%") else float(bare)


# ---------------------------------------------------------------- what formulas share


def blank(name: Name) -> Formula:
    """Whether nothing was filled in: an empty input cell, or the word 未填."""
    word = Formula(f'{name}="{MISSING}"')
    return either([Formula(f'{name}=""'), word]) if name.may_be_blank else word


def either(conditions: Iterable[Term]) -> Formula:
    """OR, without the function where there is one condition only."""
    return _joined("OR", conditions)


def every(conditions: Iterable[Term]) -> Formula:
    """AND, likewise."""
    return _joined("AND", conditions)


def _joined(function: str, conditions: Iterable[Term]) -> Formula:
    """The function of all conditions; of more than it may take, the function of its results for parts of them."""
    texts = [condition.excel for condition in conditions]
    if len(texts) > MAX_ARGUMENTS:
        parts = (texts[at : at + MAX_ARGUMENTS] for at in range(0, len(texts), MAX_ARGUMENTS))
        return _joined(function, [_joined(function, map(Formula, part)) for part in parts])
    return Formula(texts[0] if len(texts) == 1 else f"{function}({','.join(texts)})")


def compare(left: Term, operator: str, right: Term) -> Formula:
    """Compare at a threshold, both sides through `exact`: 1−0.998 ≥ 0.2 % is true by 2e-18 otherwise."""
    if operator not in COMPARISONS:
        raise ValueError(f"{operator!r} does not compare")
    return Formula(f"{exact(left)}{operator}{exact(right)}")


def exact(term: Term) -> str:
    """A side of a comparison: ROUND(x,10). Literals stand as they are, but for a share of a per cent: engines divide
    95.4 by 100 and get a hair more than the 0.954 that a cell holds."""
    if isinstance(term, Text) or (isinstance(term, Number) and not ("." in term.text and "%" in term.text)):
        return term.excel
    return f"ROUND({term},10)"


def absence_word(name: Name) -> Formula:
    """The word for a value that is no number: 未填 for a blank, the word itself, 无法读取 for anything else."""
    words = Formula(f'IF(OR({name}="{MISSING}",{name}="{NOT_APPLICABLE}"),{name},"{UNREADABLE}")')
    return Formula(f'IF({name}="","{MISSING}",{words})') if name.may_be_blank else words


def if_number(name: Name, body: Term) -> Formula:
    """The body where the name holds a number; else the word for its absence."""
    return Formula(f"IF(ISNUMBER({name}),{body},{absence_word(name)})")


def if_all_numbers(names: Sequence[Name], body: Term) -> Formula:
    """The body where all names hold numbers; else the first word among them, or 未填 for a blank.

    What does not apply comes before what is missing or unreadable beside it: unreadable text in the cell of a figure
    without a target counts as a blank there.
    """
    if not names:
        return Formula(body.excel)
    word = f'"{MISSING}"'
    for name in reversed(names):
        word_of_name = f'IF({name}="{NOT_APPLICABLE}","{UNREADABLE}",{name})' if name.always_applies else name.name
        word = f"IF(ISTEXT({name}),{word_of_name},{word})"
    may = [Formula(f'{name}="{NOT_APPLICABLE}"') for name in names if not name.always_applies]
    if may and len(names) > 1:
        word = f'IF({either(may)},"{NOT_APPLICABLE}",{word})'
    condition = f"COUNT({','.join(n.excel for n in names)})={len(names)}" if len(names) > 1 else f"ISNUMBER({names[0]})"
    return Formula(f"IF({condition},{body},{word})")


def is_done(name: Name) -> Formula:
    """Whether a word says that it was done."""
    words = [word for word, means in name.words if means in ("met", "asserted")]
    return either(Formula(f"{name}={Text(word)}") for word in words) if words else Formula("FALSE")


def met(name: Name) -> Formula:
    """Whether a word says that the requirement is met. What has no object this month (不适用) is met."""
    words = [word for word, means in name.words if means in ("met", "asserted")]
    return either(Formula(f"{name}={Text(word)}") for word in [*words, NOT_APPLICABLE])


def is_known(name: Name) -> Formula:
    """Whether the name holds one of its words, or 不适用."""
    return either(Formula(f"{name}={Text(word)}") for word in [*(word for word, _ in name.words), NOT_APPLICABLE])


def by_word(name: Name, when_met: Term, when_failed: Term) -> Formula:
    """What a word says: met, not met, or the word for an absence."""
    failing = [word for word, means in name.words if means == "failed"]
    otherwise = absence_word(name)
    if failing:
        condition = either(Formula(f"{name}={Text(word)}") for word in failing)
        otherwise = Formula(f"IF({condition},{when_failed},{otherwise})")
    return Formula(f"IF({met(name)},{when_met},{otherwise})")


_POINTS: Final = TypeTraits(Shape.NUMBER, "", 4, "ROUND({x},4)", 4, "", "")
"""How points are shown, and what else is computed and of no field's type."""


def format_value(term: Term, limits: Sequence[Term] = ()) -> Formula:
    """A value as a sentence shows it: 80.97%, 252,486.00, 6 号. A word stays as it is, a blank says 未填.

    Beside a limit that it is not, but would look like, it shows as many digits as it takes: 49.9999%. Always through
    TEXT or ROUND: engines spell 1/3 with 15 or 16 digits.
    """
    if not isinstance(term, Name):
        return Formula(f'ROUND({term},4)&""')
    traits = TYPES.get(term.kind, _POINTS)
    number = traits.sentence.format(x=term)
    if limits and traits.shape.is_number:
        digits = traits.sentence_decimals
        alike = either(
            Formula(f"AND(ROUND({term},{digits})=ROUND({limit},{digits}),{exact(term)}<>ROUND({limit},10))")
            for limit in limits
        )
        percent = traits.shape is Shape.PERCENT
        fine = f'ROUND(100*{term},8)&"%"' if percent else f"ROUND({term},10)" + '&""'
        number = f"IF({alike},{fine},{number})"
    word = f'IF({term}="","{MISSING}",{term})' if term.may_be_blank else term.excel
    unit = f'&" {term.unit}"' if term.unit and traits.shape not in (Shape.PERCENT, Shape.DAY, Shape.DATE) else ""
    return Formula(f"IF(ISNUMBER({term}),{number}{unit},{word})")


def describe(name: Name, *limits: Term) -> Formula:
    """A value with its label, and where it is a ratio with both parts: 实绩 251 台 ÷ 目标 310 台 = 完成率 80.97%.

    `limits` are what it is held against: it shows enough digits to be told from them.
    """
    parts = [(part, ()) for part in name.made_of] + [(name, limits)]
    labelled = [f"{Text((part.label or part.name) + ' ')}&{format_value(part, limits_)}" for part, limits_ in parts]
    signs = ('&" ÷ "&', '&" = "&')
    return Formula("".join(text + sign for text, sign in zip(labelled, (*signs[: len(labelled) - 1], ""), strict=True)))


def rounded(term: Term) -> Formula:
    """Points as a sentence shows them: four digits at most, no trailing zeros."""
    return Formula(f"ROUND({term},4)")


_PLACEHOLDER = re.compile(r"\{([^{}]+)\}")
_BRACKETED = re.compile(r"(（[^（）]*）)")


def text_with_names(text: str, names: Mapping[str, Name]) -> Formula | None:
    """A text with `{name}` in it as a formula that shows the values; None where the text names nothing.

    A remark in brackets is left out where a value in it is not known.
    """
    if not _PLACEHOLDER.search(text):
        return None
    pieces = []
    for part in _BRACKETED.split(text):
        shows = _shows(part, names)
        named = _PLACEHOLDER.findall(part)
        if named and part.startswith("（"):
            all_known = every(Formula(f"ISNUMBER({names[name]})") for name in named)
            shows = f'IF({all_known},{shows},"")'
        pieces.append(shows)
    return Formula("&".join(piece for piece in pieces if piece))


def _shows(text: str, names: Mapping[str, Name]) -> str:
    parts = _PLACEHOLDER.split(text)
    pieces = [
        Text(part).excel if index % 2 == 0 else format_value(names[part]).excel for index, part in enumerate(parts)
    ]
    return "&".join(piece for piece in pieces if piece != '""')


def text_without_names(text: str, values: Mapping[str, str]) -> str:
    """A text with `{name}` in it where no dealer's values are there: what is known is filled in.

    A remark in brackets about what is not known is left out; elsewhere the name itself stands.
    """
    parts = []
    for part in _BRACKETED.split(text):
        open_ = [name for name in _PLACEHOLDER.findall(part) if name not in values]
        if not (open_ and part.startswith("（")):
            parts.append(_PLACEHOLDER.sub(lambda placeholder: values.get(placeholder[1], placeholder[1]), part))
    return "".join(parts)


# ---------------------------------------------------------------- looking into a formula
