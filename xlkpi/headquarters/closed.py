"""Dealers on the roster that have closed: left out where the roster says just that, asked about where it may say so."""

from __future__ import annotations

import re
from typing import Final

from xlkpi.findings import Finding
from xlkpi.headquarters.table import Row
from xlkpi.headquarters.words import folded, wording
from xlkpi.intake.parsed import STROKE
from xlkpi.values import Place, RawCell

_OF = ("", "营业", "经营", "运营", "门店", "店面", "网点", "网络", "在网", "经销商")
STATE: Final = (*(f"{of}状态" for of in _OF), "是否营业", "是否在网", "status", "state")
"""Headings of the column that says whether a dealer is open."""
_OPEN = frozenset(
    ("", "正常", "营业", "营业中", "正常营业", "正常经营", "经营中", "在营", "在网", "在业", "存续", "开业", "已开业",
     "启用", "有效", "open", "active", "无", "-", "—", "/")
)  # fmt: skip
_YES, _NO = frozenset(("是", "yes", "√")), frozenset(("否", "no", "×"))
_CLOSED = re.compile(r"(已经?)?(停业|歇业|关店|关闭|关停|闭店|撤店|撤网|退网|closed)[了。!]?")
_PERHAPS = re.compile(
    "停业|歇业|休业|关店|关闭|关停|闭店|撤店|撤网|退网|退出|解约|终止|注销|倒闭|转让|暂停|停止|停用|停运|不营业|未营业"
    f"|未开业|筹建|建店|并入|合并|不再|不考核|不参与|closed|suspended|{STROKE}"
)


def said_closed(row: Row) -> str:
    """What says that a row's dealer is closed, and nothing else: its state, the remark, a line through its code.

    "" where nothing does.
    """
    texts = [text for text in (_words(row.cells.get(part)) for part in ("state", "remark")) if _is_closed(text)]
    return next(iter(texts), row.code if STROKE in row.code else "")


def perhaps_closed(row: Row, code: str) -> list[Finding]:
    """The first cell by which a row's dealer may have closed, wherever it stands: it is asked about (XK-T097)."""
    state = _words(row.cells.get("state"))
    unread = [(heading, raw.place, _words(raw)) for heading, raw in row.unread]
    candidates = [
        (place, f"{heading} {text}".strip()) for heading, place, text in unread if folded(text) not in _OPEN | _NO
    ]
    candidates += [(row.place(part), _words(row.cells.get(part))) for part in ("remark", "name", "region", "peers")]
    candidates += [(row.place(), row.code), (Place(row.sheet, "A1"), row.sheet)]
    doubts = [(place, text) for place, text in candidates if _PERHAPS.search(folded(text))]
    if folded(state) not in _OPEN | _YES:
        doubts.insert(0, (row.place("state"), state))
    return [Finding("XK-T097", row.file, place, facts={"dealer": code, "found": text}) for place, text in doubts[:1]]


def _is_closed(text: str) -> bool:
    return _CLOSED.fullmatch(folded(text)) is not None


def _words(raw: RawCell | None) -> str:
    content = wording(raw)
    return content.text or content.fault
