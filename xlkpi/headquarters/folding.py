"""Folds repeated findings: a column that 300 dealers got wrong is one finding, not 300."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from xlkpi.findings import Finding, Severity

_MOST = 10  # findings of one code about one column; of more the first few stay
_FIRST = 3


def some_of(codes: Sequence[str]) -> str:
    """The first few dealers, and how many there are."""
    if len(codes) <= _FIRST + 1:
        return "、".join(codes)
    return f"{'、'.join(codes[:_FIRST])} 等 {len(codes)} 家"


def folded_repeats(findings: Iterable[Finding]) -> list[Finding]:
    """Most serious first; of one code about one column only the first few, then one with the cells of the others."""
    groups: dict[tuple[str, str, str], list[Finding]] = {}
    for finding in findings:
        groups.setdefault((finding.code, finding.field, finding.file), []).append(finding)
    folded: list[Finding] = []
    for several in groups.values():
        if len(several) <= _MOST:
            folded += several
            continue
        folded += several[:_FIRST]
        remaining = several[_FIRST:]
        cells = [finding.place.ref for finding in remaining if finding.place]
        shown = "、".join(cells[:5]) + (f" … {cells[-1]}" if len(cells) > 5 else "")
        grave = several[0].severity is Severity.ERROR
        facts = {"code": several[0].code, "count": len(remaining), "cells": shown or "—"}
        folded.append(
            Finding("XK-T083" if grave else "XK-T082", several[0].file, remaining[0].place, several[0].field, facts)
        )
    return sorted(folded, key=lambda finding: -finding.severity)
