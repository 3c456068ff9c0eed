"""The run that left its results in a folder: whose it was, and what of it may not stay beside new scores."""

from __future__ import annotations

import json
import re
from pathlib import Path

from xlkpi.batch import ASSESSED
from xlkpi.batch.manifest import MANIFEST_FILE, written_before
from xlkpi.files import remove_file
from xlkpi.findings import Finding
from xlkpi.headquarters.occupied import Occupied
from xlkpi.issue import Issue
from xlkpi.month.long_form import LONG_FILE
from xlkpi.month.returns import RETURNS_FILE
from xlkpi.month.scores import SCORES_FILE
from xlkpi.month.store.parts import PARTS_FOLDER
from xlkpi.shown.ranking import FILE as RANKING_FILE

REPORT_FILE = "report.html"
_OF_A_RUN = (SCORES_FILE, LONG_FILE, RANKING_FILE, REPORT_FILE, RETURNS_FILE)
_MONTH = re.compile(r"_(\d{4}-\d{2})\.xlsx$")


def check_results_folder(issue: Issue, out: Path, *, replace: bool = False) -> None:
    """See that a run into `out` replaces nothing but an earlier run of the same month and scheme.

    Raises:
        Occupied: it holds results of another month or scheme, or files of those names that are no results of ours.
    """
    if replace or not isinstance(out, Path) or not out.is_dir():
        return
    if (out / SCORES_FILE).is_file():
        actual = _of_scores(out / SCORES_FILE)
        if actual is None:
            raise Occupied([Finding("XK-W072", SCORES_FILE, facts={"path": str(out / SCORES_FILE)})])
    elif (out / MANIFEST_FILE).is_file():  # a run that was cut off
        actual = _of_manifest(out / MANIFEST_FILE, issue)
    else:
        strange = [name for name in (LONG_FILE, RANKING_FILE, REPORT_FILE) if (out / name).is_file()]
        if strange:
            raise Occupied([Finding("XK-W072", name, facts={"path": str(out / name)}) for name in strange])
        return
    expected = f"{issue.scheme.name} {issue.month}"
    if actual != expected:
        raise Occupied([Finding("XK-W070", out.name, facts={"path": str(out), "found": actual, "expected": expected})])


def results_in(out: Path) -> frozenset[str]:
    """The files of a run that lie in a folder, by their paths inside it."""
    if not isinstance(out, Path) or not out.is_dir():
        return frozenset()
    written = {entry.workbook for entry in written_before(out / MANIFEST_FILE)} - {""}
    named = {f"{ASSESSED}/{name}" for name in written} | set(_OF_A_RUN)
    parts = {f"{PARTS_FOLDER}/{path.name}" for path in (out / PARTS_FOLDER).glob("*.parquet")}
    return frozenset(name for name in named | parts if (out / name).is_file())


def remove_stale(out: Path, *, returns: bool, parquet: bool, report: bool) -> None:
    """Remove what an earlier run wrote and this one will not write again.

    Raises:
        WriteError: a file could not be removed.
    """
    if not isinstance(out, Path):
        return
    for name, renewed in ((RETURNS_FILE, returns), (REPORT_FILE, report)):
        if not renewed:
            remove_file(out / name)
    if not parquet and (out / PARTS_FOLDER).is_dir():
        for part in (out / PARTS_FOLDER).glob("*.parquet"):
            remove_file(part)


def removed_findings(before: frozenset[str], out: Path) -> list[Finding]:
    """What of an earlier run is gone."""
    removed = sorted(before - results_in(out))
    return [Finding("XK-W074", facts={"count": len(removed), "files": "、".join(removed)})] if removed else []


def _of_scores(path: Path) -> str | None:
    try:
        data = json.loads(path.read_text("utf-8"))
        return f"{data['scheme']} {data['month']}"
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _of_manifest(path: Path, issue: Issue) -> str:
    """What a run that left no scores was of, as far as the names of its workbooks tell."""
    months = {match[1] for entry in written_before(path) if (match := _MONTH.search(entry.workbook))}
    return f"{issue.scheme.name} {'、'.join(sorted(months or {issue.month}))}"
