"""The library's face: open what was issued, check and score what came back, explain a score.

The command line, the Excel button and the demonstration use the same functions.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from xlkpi.files import AnyPath, Paths, as_path
from xlkpi.findings import Finding
from xlkpi.folders import Gathered, gather
from xlkpi.headquarters.lists import refuse_lists
from xlkpi.issue import Dealer, Issue, Revision
from xlkpi.scheme.model import Scheme
from xlkpi.scoring.engine import AUTO, engine_for

if TYPE_CHECKING:  # the button checks an open workbook with the issue alone: what runs many files is loaded when asked
    from xlkpi.batch import Filing, Runner
    from xlkpi.checking.check import Checked, Checker
    from xlkpi.checking.plausible import Past
    from xlkpi.month.month import Month
    from xlkpi.month.standing import Earlier
    from xlkpi.scoring.trace import Trace


@dataclass(frozen=True, slots=True)
class OpenIssue:
    """A month as it was issued, with what headquarters has written since; made by `open_issue`.

    `findings` is what is wrong with headquarters' own lists. It is not raised: an error there (`severity` is
    `Severity.ERROR`) leaves out the row that it names, and the dealer's item stays provisional.
    """

    issue: Issue
    findings: tuple[Finding, ...] = ()

    @property
    def month(self) -> str:
        """The month, as YYYY-MM."""
        return self.issue.month

    @property
    def scheme(self) -> Scheme:
        """The scheme, as it was when the month was issued."""
        return self.issue.scheme

    @property
    def roster(self) -> Mapping[str, Dealer]:
        """The dealers to whom it was issued, by code."""
        return self.issue.roster

    def checker(self, *, engine: str = AUTO, past: Past | None = None) -> Checker:
        """What checks files and marks them, with the engine loaded once.

        Args:
            engine: what evaluates the master; "auto" is formualizer here.
            past: figures of earlier months by dealer code and field, the oldest first.
        """
        from xlkpi.checking.check import Checker

        return Checker(self.issue, engine_for(engine, 1), past or {})

    def check(self, paths: Paths, *, engine: str = AUTO, past: Past | None = None) -> list[Checked]:
        """Check files without scoring them: each with all that was found in it.

        Args:
            paths: dealers' workbooks, or folders of them.
            engine: what evaluates the master.
            past: figures of earlier months; see `checker`.

        Nothing that a file can hold raises: a file that cannot be read comes back with the reason.
        """
        files = returns_in(paths).files
        return self.checker(engine=engine_for(engine, len(files)), past=past).check(files)

    def score(
        self,
        paths: Paths,
        *,
        jobs: int | None = None,
        engine: str = AUTO,
        out: AnyPath | None = None,
        resume: bool = False,
        filing: Filing | None = None,
        past: Past | None = None,
        before: Mapping[str, Earlier] | None = None,
        compare: bool = True,
        runner: Runner | None = None,
        lists: Iterable[Finding] = (),
        progress: Callable[[int, int], None] = lambda scored, total: None,
    ) -> Month:
        """Score files. The result iterates over the assessments, and becomes a table with `to_arrow`.

        Args:
            paths: dealers' workbooks, or folders of them. Their order changes nothing.
            jobs: processes; None takes one for a handful of files, else one a core.
            engine: what evaluates the master: "compiled", "formualizer" or "formulas"; all give the same scores, and
                "auto" goes by the number of files.
            out: a folder for the assessed workbooks; None writes nothing.
            resume: go on from an earlier run in `out`: only what changed is scored.
            filing: when files came, and who should send until when; None expects nobody.
            past: figures of earlier months by dealer code and field, for what is not plausible.
            before: the month before by dealer code, for moves.
            compare: whether to look for figures that are not plausible.
            runner: where to score; None takes this machine.
            lists: further findings on headquarters' own lists.
            progress: called with the number of files done and the number of files.

        Raises:
            WriteError: a file in `out` could not be written.
        """
        from xlkpi.month.month import score_month

        gathered = returns_in(paths)
        files = gathered.files
        return score_month(
            self.issue,
            files,
            engine=engine,
            runner=runner or runner_for(processes(jobs, len(files))),
            filing=filing,
            out=None if out is None else as_path(out),
            resume=resume,
            lists=(*lists, *gathered.findings, *self.findings),
            past=past,
            before=before,
            compare=compare,
            progress=progress,
        )


def open_issue(
    path: AnyPath,
    *,
    inspections: Paths | None = None,
    targets: Paths | None = None,
    waivers: Paths | None = None,
    actuals: Paths | None = None,
    headings: Mapping[str, str] | None = None,
    replies: Paths | None = None,
    anyway: bool = False,
) -> OpenIssue:
    """Open what `xlkpi new` wrote for a month, with headquarters' lists of since then.

    Args:
        path: the folder of issue.json and master.xlsx.
        inspections: a filled form of 检查情况, from `xlkpi inspections new`, or several.
        targets: a later revision of the targets, or several; it overrides the issued ones.
        waivers: a list (.xlsx or .yaml) of what headquarters accepts of a dealer, or several.
        actuals: figures from headquarters' own systems, or several lists of them; where they have a figure, it scores.
        headings: what those systems call their columns, with the fields' names.
        replies: dealers' answers to warnings with headquarters' word on them, or several lists.
        anyway: use a list of another month, scheme or kind; a finding keeps that on record.

    Raises:
        IssueError: the folder holds no issue, or one that this version cannot read.
        ListRefused: a list is of another month, scheme or kind, or cannot be read at all.
    """
    issue, findings = Issue.load(path), list[Finding]()
    if targets is not None:
        from xlkpi.headquarters.issuing import with_revision
        from xlkpi.headquarters.lists import read_targets

        revised = read_targets(lists_of(targets), issue.scheme, issue.roster, month=issue.month, anyway=anyway)
        refuse_lists(revised)
        findings += revised.findings
        later = with_revision(issue, revised.rows)
        concerned = tuple(code for code, now in later.targets.items() if now != issue.targets[code])
        if concerned:
            number = issue.revision.number + 1 if issue.revision else 1
            later = replace(later, revisions=(*issue.revisions, Revision(number, dealers=concerned)))
        issue = later
    if inspections is not None:
        from xlkpi.headquarters.inspections import read_inspections

        entered = read_inspections(lists_of(inspections), issue.scheme, issue.roster, issue.month, anyway=anyway)
        refuse_lists(entered)
        findings += entered.findings
        issue = replace(issue, inspections=entered.rows)
    if actuals is not None:
        from xlkpi.headquarters.actuals import read_actuals

        figures = read_actuals(
            lists_of(actuals), issue.scheme, issue.roster, issue.month, headings=headings, anyway=anyway
        )  # fmt: skip
        refuse_lists(figures)
        findings += figures.findings
        issue = replace(issue, actuals=figures.rows)
    if waivers is not None:
        from xlkpi.headquarters.waivers import read_waivers

        accepted, of_waivers = read_waivers(lists_of(waivers), issue, anyway=anyway)
        findings += of_waivers
        issue = replace(issue, waivers=accepted)
    if replies is not None:
        from xlkpi.headquarters.replies import read_accepted

        known, of_replies = read_accepted(lists_of(replies), issue, anyway=anyway)
        findings += of_replies
        issue = replace(issue, waivers=(*issue.waivers, *known))
    return OpenIssue(issue, tuple(findings))


def explain(file: AnyPath, item: str) -> Trace:
    """Explain an item of an assessed workbook: clauses, the sentence, and the cells from the score to the inputs.

    Args:
        file: an assessed workbook, as `score` writes it.
        item: the item's name.

    Raises:
        Refused: the file did not pass the guard.
        NoTrace: it has no such item, or holds no calculated values.
    """
    from xlkpi.scoring.trace import trace_item

    return trace_item(as_path(file), item)


# ------------------------------------------------------------------ paths and processes


def lists_of(paths: Paths) -> list[Path]:
    """The given paths as Path objects."""
    return [as_path(path) for path in ([paths] if isinstance(paths, str | os.PathLike) else paths)]


def returns_in(paths: Paths, *, recursive: bool = True) -> Gathered:
    """The files themselves and the spreadsheets of folders, with findings about the rest of the folders."""
    return gather(lists_of(paths), recursive=recursive)


def processes(jobs: int | None, files: int) -> int:
    """As many processes as were asked for, else by the number of files."""
    from xlkpi.batch import default_jobs

    return jobs or default_jobs(files, os.cpu_count() or 1)


def runner_for(jobs: int) -> Runner:
    """The runner for this process, or for `jobs` processes."""
    from xlkpi.batch import score_here, score_in_processes

    return score_here if jobs == 1 else functools.partial(score_in_processes, jobs=jobs)
