"""Many findings that say the same, told once: a column that 300 dealers got wrong is one fault, not 300."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from xlkpi.findings import Finding, Severity

_MOST = 10  # findings of one code about one column; of more the first few stay
_FIRST = 3


def some_of(codes: Sequence[str]) -> str:
    """Some dealers, and how many they are."""
    if len(codes) <= _FIRST + 1:
        return "、".join(codes)
    return f"{'、'.join(codes[:_FIRST])} 等 {len(codes)} 家"


def folded_repeats(findings: Iterable[Finding]) -> list[Finding]:
    """The gravest first; of one code about one column no more than the first few, with the cells of the others."""
    groups: dict[tuple[str, str, str], list[Finding]] = {}
    for finding in findings:
        groups.setdefault((finding.code, finding.field, finding.file), []).append(finding)
    told: list[Finding] = []
    for several in groups.values():
        if len(several) <= _MOST:
            told += several
            continue
        told += several[:_FIRST]
        rest = several[_FIRST:]
        cells = [finding.place.ref for finding in rest if finding.place]
        shown = "、".join(cells[:5]) + (f" … {cells[-1]}" if len(cells) > 5 else "")
        grave = several[0].severity is Severity.ERROR
        facts = {"code": several[0].code, "count": len(rest), "cells": shown or "—"}
        told.append(Finding("XK-T083" if grave else "XK-T082", several[0].file, rest[0].place, several[0].field, facts))
    return sorted(told, key=lambda finding: -finding.severity)
