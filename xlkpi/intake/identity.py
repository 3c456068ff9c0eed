"""Whose file it is: what its markers say, held against the issue, its roster and its seal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from xlkpi.intake.locate import Locator
from xlkpi.intake.source import Source
from xlkpi.intake.strays import Remark
from xlkpi.issue import Issue
from xlkpi.workbook.sheets.marker import MARKER_CELL, MARKER_NAME, MARKER_PROPERTY, TITLE, Marker

_IN_PROPERTY: Final = "文档属性"  # where the marker stands, as people read it
_IN_NAME: Final = "名称"
_IN_SHEET: Final = "隐藏工作表"


class Identity(NamedTuple):
    """The dealer, or None where it is not certain; then `probable` is the one whose sheets were copied, if any.

    `marker` is the marker as the file bears it, seal included.
    """

    dealer: str | None
    remarks: tuple[Remark, ...]
    marker: str = ""
    probable: str = ""


def identify(issue: Issue, book: Source, locator: Locator) -> Identity:
    """The dealer whose file this is, by its markers; without one, the finding that says why not."""
    markers_by_place = _markers(issue, book)
    markers = set(markers_by_place.values())
    if not markers:
        return _unmarked(issue, locator)
    if len(markers) > 1:
        return _refused("XK-T007", found="；".join(sorted(str(marker._replace(seal="")) for marker in markers)))
    (marker,) = markers
    scheme, version, month, dealer, layout, _ = marker
    if (scheme, version, layout) != (issue.scheme.name, issue.scheme.version, issue.layout.fingerprint):
        expected = f"{issue.scheme.name} {issue.scheme.version}（{issue.layout.fingerprint}）"
        return _refused("XK-T002", found=f"{scheme} {version}（{layout}）", expected=expected, dealer=dealer)
    if month != issue.month:
        return _refused("XK-T003", found=month, expected=issue.month, dealer=dealer)
    if dealer not in issue.roster:
        return _refused("XK-T004", dealer=dealer)
    if not issue.verifies(marker):
        return _refused("XK-T096", claimed=dealer)
    # a name that stands for words, no cell, is told only by what tells formulas too
    tells_words = bool(book.names) and book.tells_formulas
    lost = [where for where, is_told in ((_IN_NAME, tells_words), (_IN_SHEET, True)) if is_told]
    lost = [where for where in lost if where not in markers_by_place]
    facts: dict[str, object] = {"lost": "、".join(lost), "kept": "、".join(markers_by_place), "dealer": dealer}
    return Identity(dealer, (("XK-T013", None, "", facts),) if lost else (), str(marker))


def _refused(code: str, **facts: object) -> Identity:
    return Identity(None, ((code, None, "", facts),))


def _unmarked(issue: Issue, locator: Locator) -> Identity:
    """No marker is left: not our form at all, or sheets of it copied into another workbook."""
    unmarked = locator.unmarked()
    if unmarked is None:
        return _refused("XK-T001")
    dealers, tells_month = unmarked
    marks = [f"经销商 {'、'.join(dealers)}"] if dealers else []
    marks += [f"月份 {issue.month}"] if tells_month else []
    refused = _refused("XK-T014", seen="，".join(marks) or "看不出是哪家、哪个月")
    return refused._replace(probable=dealers[0] if len(dealers) == 1 else "")


def _markers(issue: Issue, book: Source) -> Mapping[str, Marker]:
    """The marker by where it stands; a file of ours has it in three places."""
    texts = {
        _IN_PROPERTY: book.properties().get(MARKER_PROPERTY, ""),
        _IN_NAME: _unquoted(book.names.get(MARKER_NAME, "")),
    }
    if TITLE in book.sheets:
        ref = issue.layout.place(MARKER_CELL).ref
        cell = book.cells(TITLE, {ref}).cells.get(ref)
        texts[_IN_SHEET] = (cell and cell.text) or ""
    return {where: marker for where, text in texts.items() if (marker := Marker.read(text)) is not None}


def _unquoted(formula: str) -> str:
    """The text of a constant name; the doubled quotes of a formula are single ones in the text."""
    quoted = len(formula) > 1 and formula.startswith('"') and formula.endswith('"')
    return formula[1:-1].replace('""', '"') if quoted else formula
