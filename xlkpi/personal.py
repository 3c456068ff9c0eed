"""What tells of persons: number plates, telephones, identity numbers, VINs, and the headings of such columns.

None of it is needed for a score, and none is to enter the store or a page. A word alone is never taken for a name:
names are known by their column's heading.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

_HEADING: Final = re.compile(
    r"车牌|牌照|牌号|姓名|车主|客户名|联系|电话|手机|身份证|证件号|住址|地址|微信|邮箱|银行卡|底盘号|车架|VIN|plate|phone|"
    r"mobile|e-?mail|(customer|owner).?name|identity",
    re.IGNORECASE,
)
_PROVINCES: Final = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_PATTERNS: Final = {
    "身份证号": r"(?<![0-9A-Z])[1-9]\d{5}(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[0-9X](?![0-9A-Z])",
    "电话": r"(?<![0-9A-Z.,])(?:\+?86[- ]?)?1[3-9]\d(?:[- ]?\d{4}){2}(?![0-9A-Z]|[.,]\d)"
    r"|(?<![0-9A-Z.,-])0\d{2,3}-\d{7,8}(?![0-9A-Z-])",
    "车牌": rf"[{_PROVINCES}][A-HJ-NP-Z][·•.\- ]?[A-HJ-NP-Z0-9]{{4,5}}[A-HJ-NP-Z0-9挂学警港澳](?![0-9A-Z])",
    "车架号": r"(?<![0-9A-Z])(?=[A-HJ-NPR-Z0-9]{17}(?![0-9A-Z]))(?=(?:[0-9]{0,10}[A-Z]){3})(?![A-Z0-9]*\d{8})"
    r"[A-HJ-NPR-Z0-9]{12}\d{5}",
}
_ANY: Final = re.compile("|".join(f"(?P<{kind}>{pattern})" for kind, pattern in _PATTERNS.items()), re.IGNORECASE)
_WIDE: Final = {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}


def is_personal_heading(text: str) -> bool:
    """Whether a column under this heading would hold persons' data."""
    return _HEADING.search(text.translate(_WIDE)) is not None


def personal_kinds(text: str) -> tuple[str, ...]:
    """What of persons a text holds: 车牌, 电话, 身份证号, 车架号."""
    return tuple(dict.fromkeys(kind for kind, _, _ in _matches(text)))


def without_personal(text: str) -> str:
    """The text with 〔电话〕 and the like in the place of what it holds of persons."""
    pieces, end = [], 0
    for kind, start, stop in _matches(text):
        pieces += [text[end:start], f"〔{kind}〕"]
        end = stop
    return "".join((*pieces, text[end:])) if pieces else text


def _matches(text: str) -> Iterator[tuple[str, int, int]]:
    if len(text) < 7:
        return
    for match in _ANY.finditer(text.translate(_WIDE)):
        yield match.lastgroup or "", match.start(), match.end()
