"""What `check`, `score`, `status` and `letters` share: their options, and the run over the files."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from xlkpi.cli.shared import FILE, FOLDER, Deadline, Where, console

if TYPE_CHECKING:
    from xlkpi.batch import Filing, Runner, Scored
    from xlkpi.batch.work import Setup
    from xlkpi.findings import Finding
    from xlkpi.issue import Issue
    from xlkpi.library import OpenIssue
    from xlkpi.month.month import Month

Command = Callable[..., None]

paths_argument = click.argument("paths", nargs=-1, required=True, type=Where())
issue_option = click.option(
    "--issue", "issue_folder", type=FOLDER, required=True, help="The folder that `xlkpi new` wrote."
)
engine_option = click.option(
    "--engine", type=click.Choice(["formualizer", "formulas"]), default="formualizer", show_default=True,
    help="What evaluates the master; both give the same scores.",
)  # fmt: skip
jobs_option = click.option("--jobs", type=click.IntRange(min=1), help="Processes; default: by the number of files.")


_FILING = (
    click.option("--roster", type=FILE, help="Who should have sent: 代码, 名称, 区域; default: the issue's roster."),
    click.option("--receipts", type=FILE, help="Receipt log: 文件, 收到时间. A file not in it goes by its own time."),
    click.option("--deadline", type=Deadline(), default="", help="Later is late; default: the issue's."),
    click.option("--locked", type=Deadline(), default="", help="Later does not count; default: the issue's."),
)


cluster_option = click.option(
    "--cluster", metavar="tcp://HOST:PORT", help="Score on the workers of this dask scheduler (xlkpi[cluster])."
)


@dataclass(frozen=True, slots=True)
class FilingOptions:
    """Who should send, until when, and when files came, as given on the command line."""

    roster: Path | None
    receipts: Path | None
    deadline: str
    locked: str

    def read(self, issue: Issue, *, always: bool) -> tuple[Filing, list[Finding]]:
        """The filing with what is wrong with the lists. Nothing is expected of anybody unless `always`, or unless one
        of roster, deadline and locked is given."""
        from xlkpi.batch import Expected, Filing
        from xlkpi.batch.receipts import end_of, read_receipts
        from xlkpi.headquarters.lists import read_roster

        found: list[Finding] = []
        log = {}
        if self.receipts:
            received = read_receipts(self.receipts)
            log, found = received.rows, received.findings
        if not (always or self.roster or self.deadline or self.locked):
            return Filing(log), found
        dealers = issue.roster
        if self.roster:
            listed = read_roster(self.roster)
            dealers, found = listed.rows, [*found, *listed.findings]
        try:
            ends = end_of(self.deadline or issue.deadline), end_of(self.locked or issue.locked)
        except ValueError as error:  # an old issue's words
            raise click.UsageError(f"the issue's deadline: {error}; give --deadline and --locked") from None
        return Filing(log, Expected(dealers, *ends)), found


def filing_options(command: Command) -> Command:
    """Adds --roster, --receipts, --deadline and --locked; the command gets them as `filing`."""

    @functools.wraps(command)
    def wrapped(
        *words: Any, roster: Path | None, receipts: Path | None, deadline: str, locked: str, **given: Any
    ) -> None:
        command(*words, filing=FilingOptions(roster, receipts, deadline, locked), **given)

    for option in reversed(_FILING):
        wrapped = option(wrapped)
    return wrapped


def open_given(
    folder: Path, targets: Path | None = None, inspections: Path | None = None, waivers: Path | None = None
) -> OpenIssue:
    """The issue in a folder with headquarters' lists; that there is none ends the command."""
    from xlkpi.issue import IssueError
    from xlkpi.library import open_issue

    try:
        return open_issue(folder, targets=targets, inspections=inspections, waivers=waivers)
    except IssueError as error:
        raise click.UsageError(str(error)) from None


def score_files(
    opened: OpenIssue, files: Sequence[Path], *, cluster: str | None = None, **given: Any
) -> Month:  # fmt: skip
    """Score the files and show how far it has come; `given` are arguments of `OpenIssue.score`."""
    from xlkpi.shown.progress import shown

    runner = _on_cluster(cluster) if cluster else None
    with shown(console(stderr=True)) as progress:
        return opened.score(files, runner=runner, progress=progress, **given)


def _on_cluster(address: str) -> Runner:
    from xlkpi.batch.cluster import OtherVersion, score_on_cluster

    def runner(setup: Setup, paths: Iterable[Path]) -> Scored:
        try:
            yield from score_on_cluster(setup, paths, address)
        except ModuleNotFoundError as error:
            raise click.ClickException(f"--cluster needs {error.name}: pip install 'xlkpi[cluster]'") from None
        except (OSError, ValueError, OtherVersion) as error:
            raise click.ClickException(f"{address}: {error}") from None

    return runner
