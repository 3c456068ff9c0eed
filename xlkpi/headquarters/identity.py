"""What a list says it is: every form that the tool makes carries its kind, scheme, version and month.

The marker stands in a document property and in a hidden constant name, as in a dealer's blank: Excel, WPS and
LibreOffice keep both. The printed title is a third witness, and the only one in sheets copied into another workbook.
A plain list has none and is taken for what it is given as.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from xlkpi.findings import Finding
from xlkpi.headquarters.words import in_figures
from xlkpi.values import Place

PROPERTY: Final = "xlkpi-list"
NAME: Final = "_xlkpi_list"
KINDS: Final = {
    "roster": "经销商名单", "targets": "目标下达", "inspections": "检查情况", "history": "上月数", "plan": "年度计划",
    "returns": "回收清单", "receipts": "收件登记", "waivers": "豁免清单",
    "calendar": "日历", "actuals": "实绩", "replies": "答复清单",
}  # fmt: skip
"""Kinds of lists, with the words that people know them by."""
_MONTHLY: Final = frozenset({"targets", "inspections", "returns", "receipts", "actuals"})
_ALSO: Final = {"receipts": frozenset({"returns"})}  # a run's return list may be given back as the receipt log
_TITLE = re.compile(r"(\d{4}-\d{2})\s+(.+?)\s+(\S+)")
_MONTH = re.compile(
    r"(?<!\d)(?:(20\d{2})\s*[-./年]\s*(1[0-2]|0?[1-9])(?:\s*月)?(?!\s*[-./\d日]|\s*月)|(20\d{2})(1[0-2]|0[1-9])(?!\d))"
)
_MONTH_ALONE = re.compile(r"(?<![\d年-])(1[0-2]|0?[1-9])月(?!\s*\d)")


@dataclass(frozen=True, slots=True)
class Origin:
    """What a list is of, or should be of. A blank part is not known, or does not matter."""

    kind: str
    scheme: str = ""
    version: str = ""
    month: str = ""

    def marker(self) -> str:
        """The words that a form carries."""
        return "|".join((self.kind, self.scheme, self.version, self.month))


def origin_of(marker: str) -> Origin | None:
    """The origin that a marker's words tell; None where they are no marker."""
    parts = marker.strip('"').split("|")
    return Origin(*parts) if len(parts) == 4 and parts[0] in KINDS else None


def title(month: str, scheme_title: str, kind: str) -> str:
    """The title of a monthly form, which is read back as a witness."""
    return f"{month}\u3000{scheme_title}\u3000{KINDS[kind]}"


def disagreements(
    file: str, wanted: Origin, marked: Origin | None, sheet: str, above: Iterable[str], *, anyway: bool
) -> Iterator[Finding]:
    """Findings where a sheet is not the list that is wanted.

    Args:
        file: the list's name.
        wanted: what it is given as; with a blank month, lists of any month are.
        marked: what the file's marker says.
        sheet: the sheet's name.
        above: the texts above its headings.
        anyway: headquarters insists: it is used, and a warning keeps that on record.
    """
    for code, actual, expected in _against(wanted, marked, sheet, list(above)):
        facts = {"found": actual, "expected": expected}
        yield Finding("XK-T063" if anyway and code != "XK-T064" else code, file, Place(sheet, "A1"), facts=facts)


def _against(
    wanted: Origin, marked: Origin | None, sheet: str, above: list[str]
) -> Iterator[tuple[str, str, str]]:  # fmt: skip
    printed = next((origin for text in above if (origin := _printed(text))), None)
    kind = marked.kind if marked else printed.kind if printed else wanted.kind
    if kind != wanted.kind and kind not in _ALSO.get(wanted.kind, ()):
        yield "XK-T060", KINDS[kind], KINDS[wanted.kind]
        return
    if marked and marked.scheme and wanted.scheme and marked.scheme != wanted.scheme:
        yield "XK-T062", marked.scheme, wanted.scheme
    elif marked and marked.version and wanted.version and marked.version != wanted.version:
        yield "XK-T064", f"{marked.scheme} {marked.version}", f"{wanted.scheme} {wanted.version}"
    if wanted.month and wanted.kind in _MONTHLY:
        months = {marked.month} if marked and marked.month else set()
        months |= {printed.month} if printed else _months_said(above, wanted.month)
        months |= _months_said([sheet], wanted.month)
        if len(months) > 1 or (months and wanted.month not in months):
            yield "XK-T061", "、".join(sorted(months)), wanted.month


def _printed(text: str) -> Origin | None:
    """The origin that a form's printed title tells."""
    match = _TITLE.fullmatch(text.strip())
    kind = next((kind for kind, words in KINDS.items() if match and match[3] == words), "")
    return Origin(kind, month=match[1]) if match and kind else None


def _months_said(texts: Iterable[str], wanted: str) -> set[str]:
    """The one month that texts name; one without its year is of the wanted month's. Nothing where they name several."""
    plain = [in_figures(text, "月") for text in texts]
    matches = [match for text in plain for match in _MONTH.finditer(text)]
    dated = {f"{match[1] or match[3]}-{int(match[2] or match[4]):02d}" for match in matches}
    if not dated:
        dated = {f"{wanted[:4]}-{int(number):02d}" for text in plain for number in _MONTH_ALONE.findall(text)}
    return dated if len(dated) == 1 else set()
