"""Number formats: what a cell shows of its number (ECMA-376 18.8.31), read off the format's code.

Only what is certain is rendered. Where programs differ (a negative number in a section with a condition, Chinese
numerals, fractions) `rendered` gives None, and the caller asks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, localcontext
from functools import cached_property, lru_cache
from typing import Final, NamedTuple

_GENERAL = re.compile(r"general|g/通用格式", re.IGNORECASE)
_NOON = re.compile(r"am/pm|a/p|上午/下午", re.IGNORECASE)
_BRACKET = re.compile(r"\[([^\]]*)\]")
_CONDITION = re.compile(r"(<=|>=|<>|<|>|=)\s*([+-]?\d+(?:\.\d+)?)")
_ELAPSED = re.compile(r"h+|m+|s+", re.IGNORECASE)
_CURRENCY = re.compile(r"\$([^-]*)(?:-[0-9A-Fa-f]+)?")
_EXPONENT = re.compile(r"e[+-]", re.IGNORECASE)
_DATE_LETTERS: Final = frozenset("ymdhsgbeaYMDHSGBEA")
_DIGITS: Final = frozenset("0#?")
_LONGEST: Final = 255  # characters that Excel takes
_MOST_DECIMALS: Final = 30
_TOO_LARGE: Final = 1e15  # more digits than a number has
_PRECISION: Final = 2 * _LONGEST + 100  # a code has room for so many per cent signs, each of them two digits
_SCIENTIFIC_FROM: Final = 10**11  # from here on General shows powers of ten


class Token(NamedTuple):
    """A piece of a section. Kinds: literal, digit, point, comma, percent, exponent, general, date, slash, numeral."""

    kind: str
    text: str = ""


@dataclass(frozen=True)
class Section:
    """One section of a format code: its tokens, and the condition in front of it as sign and limit."""

    tokens: tuple[Token, ...]
    condition: tuple[str, Decimal] | None = None

    def has(self, *kinds: str) -> bool:
        """Whether it holds a token of these kinds."""
        return any(token.kind in kinds for token in self.tokens)

    @cached_property
    def date(self) -> str:
        """The letters that stand for parts of a date or a time, small; "" where it shows a number."""
        return "".join(token.text for token in self.tokens if token.kind == "date").lower()

    @cached_property
    def plain(self) -> bool:
        """Whether it shows a positive number as it is, rounded at most: no scale, no sign, no word."""
        if self.condition is not None or not (Token("digit", "0") in self.tokens or self.has("general")):
            return False  # "#" alone shows nothing of a 0
        return _scaling(self.tokens) == 0 and all(
            token.kind in ("digit", "point", "comma", "general") or (token.kind == "literal" and not token.text.strip())
            for token in self.tokens
        )

    @cached_property
    def scaling(self) -> int:
        """How often the number is divided by a thousand."""
        return _scaling(self.tokens)

    @cached_property
    def decimals(self) -> int | None:
        """How many digits stand behind the point; None for General, which shows as many as it takes."""
        if self.has("general"):
            return None
        kinds = [token.kind for token in self.tokens]
        after = kinds[kinds.index("point") :] if "point" in kinds else []
        return after.count("digit")


class _Code(NamedTuple):
    """A format code's sections, and those that numbers go by: at least one."""

    every: tuple[Section, ...]
    of_numbers: tuple[Section, ...]


@lru_cache(2_000)
def _read(code: str) -> _Code | None:
    """A format code; None where it is none that Excel would take."""
    every = sections(code)
    if every is None:
        return None
    shown = every[:3] if len(every) == 4 else tuple(section for section in every if not _only_text(section))
    return _Code(every, shown or (Section((Token("general"),)),))


def sections(code: str) -> tuple[Section, ...] | None:
    """The sections of a format code; None where it is no code that Excel would take."""
    if len(code) > _LONGEST:
        return None
    complete: list[Section] = []
    tokens: list[Token] = []
    condition: tuple[str, Decimal] | None = None
    for token in _tokens(code):
        if token.kind == "broken":
            return None
        if token.kind == "condition":
            sign, limit = token.text.split(" ")
            condition = sign, Decimal(limit)
        elif token.kind == "end":
            complete.append(Section(tuple(tokens), condition))
            tokens, condition = [], None
        else:
            tokens.append(token)
    return tuple(complete) if len(complete) <= 4 else None


def _tokens(code: str) -> Iterator[Token]:
    """Every token in order; "end" closes a section, "broken" says that the code is none."""
    at = 0
    digits = False  # an E is an exponent only behind a digit
    while at < len(code):
        character = code[at]
        if character == '"':
            close = code.find('"', at + 1)
            if close < 0:
                yield Token("broken")
                return
            yield Token("literal", code[at + 1 : close])
            at = close + 1
        elif character in "\\!_*":
            if at + 1 == len(code):
                yield Token("broken")
                return
            fill = code[at + 1] if code[at + 1].isalnum() else ""  # 万 or 0 to the cell's edge is read with the number
            shown = {"_": " ", "*": fill}.get(character, code[at + 1])
            yield Token("literal", shown)
            at += 2
        elif character == "[":
            match = _BRACKET.match(code, at)
            if match is None:
                yield Token("broken")
                return
            yield from _bracketed(match[1])
            at = match.end()
        elif character == ";":
            yield Token("end")
            digits = False
            at += 1
        elif match := _GENERAL.match(code, at):
            yield Token("general")
            at = match.end()
        elif match := _NOON.match(code, at):
            yield Token("date", "t")
            at = match.end()
        elif digits and (match := _EXPONENT.match(code, at)):
            yield Token("exponent", match[0])
            at = match.end()
        else:
            kind = _KINDS.get(character) or ("date" if character in _DATE_LETTERS else "literal")
            digits = digits or kind == "digit"
            yield Token(kind, character)
            at += 1
    yield Token("end")


_KINDS: Final = {
    "0": "digit", "#": "digit", "?": "digit", ".": "point", ",": "comma", "%": "percent", "@": "general", "/": "slash",
}  # fmt: skip


def _bracketed(bracket: str) -> Iterator[Token]:
    """What stands in square brackets: a condition, a currency, elapsed time, Chinese numerals; colours show nothing."""
    if condition := _CONDITION.fullmatch(bracket.strip()):
        yield Token("condition", f"{condition[1]} {condition[2]}")
    elif _ELAPSED.fullmatch(bracket):
        yield Token("date", f"[{bracket}]")
    elif bracket.startswith("$"):
        currency = _CURRENCY.fullmatch(bracket)
        yield Token("literal", currency[1]) if currency else Token("numeral", bracket)
    elif bracket.lower().startswith(("dbnum", "natnum")):
        yield Token("numeral", bracket)


def section_for(code: str, value: float) -> Section | None:
    """The section that shows this number; None where that is not certain."""
    read = _read(code)
    if read is None:
        return None
    shown = read.of_numbers
    if any(section.condition for section in shown):
        return _by_condition(shown, value)
    if value > 0 or len(shown) == 1:
        return shown[0]
    if value < 0:
        return shown[1]
    return shown[2] if len(shown) == 3 else shown[0]


def _only_text(section: Section) -> bool:
    """Whether a section says what words look like: an @ and no digits."""
    return any(token == Token("general", "@") for token in section.tokens)


def _by_condition(shown: Sequence[Section], value: float) -> Section | None:
    """Among sections with conditions; negative numbers keep or lose their sign by rules that programs do not share."""
    if value < 0 or shown[0].condition is None or shown[-1].condition is not None:
        return None
    if len({section.has("percent") for section in shown}) > 1:  # LibreOffice then shows every section as a percentage
        return None
    second = shown[1].condition if len(shown) == 3 else None
    if _meets(value, *shown[0].condition):
        return shown[0]
    if len(shown) == 3 and second is not None and _meets(value, *second):
        return shown[1]
    return shown[-1]


def _meets(value: float, sign: str, limit: Decimal) -> bool:
    number = _exact(value)
    return {
        "<": number < limit, "<=": number <= limit, ">": number > limit, ">=": number >= limit,
        "=": number == limit, "<>": number != limit,
    }[sign]  # fmt: skip


def rendered(code: str, value: float) -> str | None:
    """What a cell with this format shows of a number, column width aside; None where that is not certain.

    A date or a time is not rendered (None): `section_for` tells that it is one.
    """
    section = section_for(code, value)
    if section is None or section.has("date", "numeral", "slash"):
        return None
    read = _read(code)
    several = read is not None and len(read.every) > 1 and section is not read.every[0]
    minus = "-" if value < 0 and not several else ""
    if abs(value) >= _TOO_LARGE:
        return None
    with localcontext(prec=_PRECISION):
        body = _body(section, abs(_exact(value)))
    return None if body is None else minus + body


def _exact(value: float) -> Decimal:
    """A number by the fifteen digits that Excel shows."""
    return Decimal(f"{value:.15g}")


def _scaling(tokens: Sequence[Token]) -> int:
    """How many commas divide the number by a thousand: those right behind the last digit of a part."""
    places = [index for index, token in enumerate(tokens) if token.kind == "digit"]
    if not places:
        return 0
    points = [index for index, token in enumerate(tokens) if token.kind == "point"]
    ends = {places[-1]} | {max((p for p in places if p < point), default=-1) for point in points[:1]}
    count = 0
    for end in ends - {-1}:
        following = end + 1
        while following < len(tokens) and tokens[following].kind == "comma":
            count += 1
            following += 1
    return count


def _grouped(tokens: Sequence[Token]) -> bool:
    """Whether a comma stands between digits of the whole part."""
    whole = []
    for token in tokens:
        if token.kind == "point":
            break
        whole.append("0" if token.kind == "digit" else "," if token.kind == "comma" else "")
    return re.search(r"0,+0", "".join(whole)) is not None


def _body(section: Section, number: Decimal) -> str | None:
    """A number that is not negative, as its section shows it."""
    tokens = section.tokens
    if section.has("general"):
        if section.has("digit", "percent", "exponent") or number >= _SCIENTIFIC_FROM:
            return None
        short = f"{number.quantize(Decimal(1).scaleb(-9)).normalize():f}"
        return "".join(short if token.kind == "general" else token.text for token in tokens)
    decimals = section.decimals or 0
    if decimals > _MOST_DECIMALS:
        return None
    exponent = ""
    if section.has("exponent"):
        if [token.kind for token in tokens].count("exponent") > 1 or _whole_places(tokens) != 1:
            return None
        power = number.adjusted() if number else 0
        mantissa = number.scaleb(-power).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
        if mantissa >= 10:
            mantissa, power = mantissa / 10, power + 1
        number, exponent = mantissa, f"E{power:+0{_power_places(tokens) + 1}d}"
    else:
        percents = [token.kind for token in tokens].count("percent")
        number = number.scaleb(2 * percents - 3 * _scaling(tokens))
    fixed = f"{number.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP):f}"
    whole, _, fraction = fixed.partition(".")
    return _placed(tokens, whole.lstrip("0"), fraction, exponent)


def _power_places(tokens: Sequence[Token]) -> int:
    """How many digits an exponent has at least."""
    kinds = [token.kind for token in tokens]
    return max(1, kinds[kinds.index("exponent") :].count("digit"))


def _whole_places(tokens: Sequence[Token]) -> int:
    kinds = [token.kind for token in tokens]
    stop = min(kinds.index(kind) if kind in kinds else len(kinds) for kind in ("point", "exponent"))
    return kinds[:stop].count("digit")


def _placed(tokens: Sequence[Token], whole: str, fraction: str, exponent: str) -> str:
    """Digits put into their places, literals between them."""
    places, grouped = _whole_places(tokens), _grouped(tokens)
    shown = [""] * places  # what each place of the whole part shows
    digits = whole.rjust(places)
    head, tail = digits[: len(digits) - places + 1], digits[len(digits) - places + 1 :]
    for index, digit in enumerate((head, *tail) if places else ()):
        shown[index] = digit
    out: list[str] = []
    place, behind, after_point, powered = 0, 0, False, False
    significant = len(fraction.rstrip("0"))
    for token in tokens:
        if token.kind == "digit" and powered:
            continue
        if token.kind == "digit" and not after_point:
            text, place = shown[place], place + 1
            text = text.strip() or ("" if text.strip() else {"0": "0", "?": " "}.get(token.text, ""))
            out.append(_with_commas(text, places - place) if grouped else text)
        elif token.kind == "digit":
            digit, behind = fraction[behind], behind + 1
            out.append(digit if behind <= significant or token.text == "0" else {"?": " "}.get(token.text, ""))
        elif token.kind == "point":
            out.append("" if after_point else "." if places else f"{whole}.")
            after_point = True
        elif token.kind == "exponent":
            out.append(exponent)
            powered = True
        elif token.kind == "percent":
            out.append("%")
        elif token.kind == "literal":
            out.append(token.text)
    return "".join(out)


def _with_commas(digits: str, behind: int) -> str:
    """Digits of which `behind` more follow before the point, with a comma after each group of three."""
    if not digits.strip():
        return digits
    pieces = []
    for index, digit in enumerate(digits):
        following = len(digits) - index - 1 + behind
        pieces.append(f"{digit}," if following and following % 3 == 0 else digit)
    return "".join(pieces)
