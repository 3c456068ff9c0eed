"""What `check`, `score`, `status` and `letters` share: their options, and the run over the files."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from xlkpi.cli.language import say
from xlkpi.cli.shared import FILE, FOLDER, Deadline, Where, anyway_option, console, stop_on_errors

if TYPE_CHECKING:
    from xlkpi.batch import Filing, Runner, Scored
    from xlkpi.batch.receipts import Receipt
    from xlkpi.batch.work import Setup, SourceFile
    from xlkpi.findings import Finding
    from xlkpi.issue import Issue
    from xlkpi.library import OpenIssue
    from xlkpi.month.month import Month

Command = Callable[..., None]

_paths_argument = click.argument("paths", nargs=-1, required=True, type=Where())
_recursive_option = click.option(
    "--recursive/--no-recursive", default=True, show_default=True, help="Read folders inside the folders too."
)


def given_files(*, returns: bool = True, stop: bool = True) -> Callable[[Command], Command]:
    """Adds PATHS and --recursive; the command gets the workbooks that lie there, and findings about the rest, as
    `gathered`.

    Args:
        returns: whether dealers' returns are meant, and not what a run wrote of them.
        stop: whether the command does not begin where there is nothing to read: it would succeed and do nothing.
    """

    def added(command: Command) -> Command:
        @functools.wraps(command)
        def wrapped(*words: Any, paths: tuple[Path, ...], recursive: bool, **more: Any) -> None:
            from xlkpi.folders import gather

            gathered = gather(paths, recursive=recursive, returns=returns)
            if stop and not gathered.files:
                stop_on_errors(gathered.findings)
            command(*words, gathered=gathered, **more)

        return _paths_argument(_recursive_option(wrapped))

    return added


issue_option = click.option(
    "--issue", "issue_folder", type=FOLDER, required=True, help="The folder that `xlkpi new` wrote."
)
engine_option = click.option(
    "--engine", type=click.Choice(["auto", "compiled", "formualizer", "formulas"]), default="auto", show_default=True,
    help="What evaluates the master; all give the same scores, auto goes by the number of files.",
)  # fmt: skip
jobs_option = click.option("--jobs", type=click.IntRange(min=1), help="Processes; default: by the number of files.")


_FILING = (
    click.option(
        "--roster",
        type=FILE,
        multiple=True,
        help="Who should have sent: 代码, 名称, 区域; default: the issue's roster.",
    ),
    click.option(
        "--receipts",
        type=FILE,
        multiple=True,
        help="Receipt log: 文件, 收到时间. A file not in it goes by its own time.",
    ),
    click.option("--deadline", type=Deadline(), default="", help="Later is late; default: the issue's."),
    click.option("--locked", type=Deadline(), default="", help="Later does not count; default: the issue's."),
    anyway_option,
)


cluster_option = click.option(
    "--cluster", metavar="tcp://HOST:PORT", help="Score on the workers of this dask scheduler (xlkpi[cluster])."
)


copies_option = click.option(
    "--copies", type=click.Choice(["latest", "joined"]),
    help="Several copies of a dealer: the latest counts, or its departments' are joined; default: the scheme's.",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class FilingOptions:
    """Who should send, until when, and when files came, as given on the command line."""

    roster: tuple[Path, ...]
    receipts: tuple[Path, ...]
    deadline: str
    locked: str
    anyway: bool = False
    copies: Literal["", "latest", "joined"] = ""

    def read(self, issue: Issue, files: Sequence[Path], *, always: bool) -> tuple[Filing, list[Finding]]:
        """The filing with what is wrong with the lists. Nothing is expected of anybody unless `always`, or unless one
        of roster, deadline and locked is given."""
        from xlkpi.batch import Expected, Filing
        from xlkpi.batch.receipts import read_receipts
        from xlkpi.headquarters.lists import read_roster

        findings: list[Finding] = []
        log: dict[str, Receipt] = {}
        if self.receipts:
            received = read_receipts(self.receipts, issue.month, anyway=self.anyway)
            log, strays = received.of(files)
            findings = [*received.findings, *strays]
            if received.refused:
                stop_on_errors(findings)
        if not (always or self.roster or self.deadline or self.locked):
            return Filing(log, copies=self.copies), findings
        dealers = issue.roster
        if self.roster:
            listed = read_roster(self.roster, issue.month, anyway=self.anyway)
            dealers, findings = listed.rows, [*findings, *listed.findings]
            if listed.refused:
                stop_on_errors(findings)
        return Filing(log, Expected(dealers, *self._ends(issue)), self.copies), findings

    def _ends(self, issue: Issue) -> tuple[datetime | None, datetime | None]:
        """The first moments that are too late: to be on time, and to count at all."""
        from xlkpi.batch.receipts import end_of
        from xlkpi.headquarters.deadlines import check_order

        due, lock = self.deadline or issue.deadline, self.locked or issue.locked
        try:
            ends = end_of(due, issue.month), end_of(lock, issue.month)
        except ValueError as error:  # an old issue wrote its deadline in other words
            raise click.UsageError(say(f"the issue's deadline: {error}; give --deadline and --locked")) from None
        try:
            if self.deadline or self.locked:
                check_order(due, lock, issue.month)
        except ValueError as error:
            raise click.UsageError(say(str(error))) from None
        return ends


def filing_options(command: Command) -> Command:
    """Adds --roster, --receipts, --deadline, --locked, --anyway and --copies; the command gets them as `filing`."""

    @functools.wraps(command)
    def wrapped(
        *words: Any, roster: tuple[Path, ...], receipts: tuple[Path, ...], deadline: str, locked: str, anyway: bool,
        copies: Literal["latest", "joined"] | None, **options: Any,
    ) -> None:  # fmt: skip
        filing = FilingOptions(roster, receipts, deadline, locked, anyway, copies or "")
        command(*words, filing=filing, **options)

    for option in reversed((*_FILING, copies_option)):
        wrapped = option(wrapped)
    return wrapped


def actuals_options(command: Command) -> Command:
    """Adds --actuals and --column; the command gets them as `actuals` and `headings`."""

    @functools.wraps(command)
    def wrapped(*words: Any, columns: tuple[str, ...], **options: Any) -> None:
        headings: dict[str, str] = {}
        for text in columns:
            heading, equals, name = text.rpartition("=")
            if not equals or not heading.strip() or not name.strip():
                raise click.UsageError(say(f"--column {text}: write HEADING=FIELD"))
            headings[heading.strip()] = name.strip()
        command(*words, headings=headings, **options)

    actuals = click.option(
        "--actuals", type=FILE, multiple=True, help="Figures from headquarters' own systems; where given, they score."
    )
    column = click.option(
        "--column", "columns", multiple=True, metavar="HEADING=FIELD",
        help="What --actuals calls the column of a field; repeat for several.",
    )  # fmt: skip
    return actuals(column(wrapped))


replies_option = click.option(
    "--replies", type=FILE, multiple=True,
    help="答复.xlsx: dealers' answers to warnings; what headquarters accepted is told as known.",
)  # fmt: skip


def open_given(
    folder: Path, targets: Sequence[Path] = (), inspections: Sequence[Path] = (), waivers: Sequence[Path] = (), *,
    actuals: Sequence[Path] = (), headings: Mapping[str, str] | None = None,
    replies: Sequence[Path] = (), anyway: bool = False,
) -> OpenIssue:  # fmt: skip
    """The issue in a folder with headquarters' lists; a list of another issue ends the command."""
    from xlkpi.headquarters.lists import ListRefused
    from xlkpi.library import open_issue

    try:
        return open_issue(
            folder, targets=targets or None, inspections=inspections or None, waivers=waivers or None,
            actuals=actuals or None, headings=headings, replies=replies or None, anyway=anyway,
        )  # fmt: skip
    except ListRefused as refused:
        stop_on_errors(refused.findings)
        raise


def score_files(
    opened: OpenIssue, files: Sequence[Path], *, cluster: str | None = None, **options: Any
) -> Month:  # fmt: skip
    """Score the files and show how far it has come; `options` are arguments of `OpenIssue.score`."""
    from xlkpi.shown.progress import show_progress

    runner = _on_cluster(cluster) if cluster else None
    with show_progress(console(stderr=True)) as progress:
        return opened.score(files, runner=runner, progress=progress, **options)


def _on_cluster(address: str) -> Runner:
    from xlkpi.batch.cluster import OtherVersion, score_on_cluster

    def runner(setup: Setup, files: Iterable[SourceFile]) -> Scored:
        try:
            yield from score_on_cluster(setup, files, address)
        except ModuleNotFoundError as error:
            raise click.ClickException(say(f"--cluster needs {error.name}: pip install 'xlkpi[cluster]'")) from None
        except (OSError, ValueError, OtherVersion):
            raise click.ClickException(
                say(f"no scheduler answers at {address}, or its workers have another version of xlkpi")
            ) from None

    return runner
