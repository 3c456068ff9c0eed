"""What a number format makes of a number: a date, a percentage, a word behind it. Dealers go by what they see."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from xlkpi.values import DAY_ZERO, Unknown

_QUOTED = re.compile(r'"([^"]*)"|\\(.)')
_ASIDE = re.compile(r"\[(?!h+\]|m+\]|s+\])[^\]]*\]|_.|\*.", re.IGNORECASE)
_SCALING = re.compile(r"[0#?],+(?![0#?,])")
FIRST_DAY, LAST_DAY = 32_874.0, 73_050.0  # 1990-01-01 and 2099-12-31: serials that a form of today can mean


@dataclass(frozen=True, slots=True)
class Look:
    """What a format shows. `word` is the text around the digits; `scaled` where commas divide the number by 1,000."""

    date: bool = False
    percent: bool = False
    scaled: bool = False
    word: str = ""

    @property
    def plain(self) -> bool:
        """Whether it shows the number as it is."""
        return not (self.date or self.percent or self.scaled or self.word)


@lru_cache(2_000)
def look(code: str | Unknown | None) -> Look:
    """What a number format shows of a positive number; an unknown format shows the number as it is."""
    if not isinstance(code, str) or code in ("", "General", "@"):
        return Look()
    section = _ASIDE.sub("", code).split(";")[0]
    bare = _QUOTED.sub("", section)
    words = "".join(quoted or escaped for quoted, escaped in _QUOTED.findall(section))
    words += "".join(character for character in bare if character >= "一")
    letters = bare.replace("General", "").lower()
    return Look(
        date=any(letter in letters for letter in "ymdhs"),
        percent="%" in bare,
        scaled=_SCALING.search(bare) is not None,
        word=words.strip(),
    )


def day_of(serial: float) -> str:
    """A date's serial number (1900 system) as people write it: 2026-05-01, with the time where there is one."""
    try:
        moment = DAY_ZERO + timedelta(days=serial)
    except OverflowError:
        return f"{serial:g}"
    return f"{moment:%Y-%m-%d}" if serial == int(serial) else f"{moment:%Y-%m-%d %H:%M}"


def serial_of(year: int, month: int, day: int) -> float | None:
    """The serial number of a day; None where the calendar has no such day."""
    try:
        return float((datetime(year, month, day) - DAY_ZERO).days)
    except ValueError:
        return None
