"""A month, scored: the one place that runs a batch, compares figures with earlier months, ranks, and counts.

Command line, button, demonstration and library all call `score_month`. Its result goes in memory to the ranking
workbook, the report, the store, the letters and the terminal; scores.json is an export.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Literal, overload

from xlkpi.batch import Batch, Filing, Runner, run, score_here
from xlkpi.batch.settle import Expected
from xlkpi.checking.plausible import Past, WithPlausibility, doubts, past_of
from xlkpi.findings import Finding, Reply, ruling_json, with_replies
from xlkpi.intake.submission import Unusable
from xlkpi.issue import Dealer, Issue
from xlkpi.month.definitions import definitions
from xlkpi.month.long_form import LongRow, assessed_rows, refused_rows
from xlkpi.month.records import DealerRecord, dealer_record, finding_record, refused_record, return_record
from xlkpi.month.returns import Return, ReturnStatus, return_list, roster_findings
from xlkpi.month.scores import MissingRecord, Scores
from xlkpi.month.standing import (
    Earlier,
    Standing,
    Standings,
    hash_of_month,
    ranked,
    refused_standing,
    sender,
    standing_of,
)
from xlkpi.month.statistics import Population, population
from xlkpi.scoring.assess import Assessment
from xlkpi.scoring.engine import AUTO

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow

Form = Literal["long", "wide"]


@dataclass(frozen=True, slots=True)
class Month:
    """The results of a month.

    Iterating gives the assessments that count, in roster order; `unusable` are the files that could not be scored.
    `findings` are those of the month itself: headquarters' own lists, the run, the roster. `returns` is the return
    list, where somebody was expected to send. `population` counts the dealers by what became of them.
    """

    issue: Issue
    engine: str
    assessments: Sequence[Assessment]
    unusable: tuple[Unusable, ...]
    findings: tuple[Finding, ...]
    returns: tuple[Return, ...]
    standings: Standings
    population: Population

    def __iter__(self) -> Iterator[Assessment]:
        return iter(self.assessments)

    def __len__(self) -> int:
        return len(self.assessments)

    @property
    def month(self) -> str:
        """The month, as YYYY-MM."""
        return self.issue.month

    @property
    def files(self) -> int:
        """How many files have an outcome: a score, or a reason why there is none."""
        return len(self.assessments) + len(self.unusable)

    def all_findings(self) -> Iterator[Finding]:
        """Every finding: those of the month itself, then each dealer's."""
        return self.standings.all_findings()

    def owners(self) -> dict[str, str]:
        """Whose a file is, in words, by the file's name."""
        return {row.file: f"{row.dealer.code} {row.dealer.name}" for row in self.standings.rows if row.dealer.name}

    def scores(self) -> Scores:
        """The month as scores.json holds it. Each dealer's record is made when it is asked for."""
        scheme = self.issue.scheme
        return Scores(
            scheme=scheme.name,
            scheme_version=scheme.version,
            month=self.issue.month,
            revision=self.issue.revision.number if self.issue.revision else 0,
            revised_on=self.issue.revision.day if self.issue.revision else "",
            made_of=self.standings.made_of,
            engine=self.engine,
            points=scheme.points,
            definitions=definitions(scheme),
            dealers=_Records(self),
            findings=tuple(finding_record(finding) for finding in self.findings),
            missing=tuple(MissingRecord(d.code, d.name, d.region, d.peer_group) for d in self.population.missing or ()),
            population=self.population.counts(),
            rulings=tuple(ruling_json(ruling) for ruling in self.issue.rulings),
            returns=tuple(return_record(line) for line in self.returns),
        )

    def rows_by_record(self) -> Iterator[Iterable[LongRow]]:
        """The month in long form, the rows of each dealer or refused file by themselves, in the order of `scores`."""
        for assessment, standing in zip(self.assessments, self.standings.rows, strict=False):
            yield assessed_rows(assessment, self.month, standing.rank)
        for unusable in self.unusable:
            yield refused_rows(unusable, self.month)

    def long_rows(self) -> Iterator[LongRow]:
        """The month in long form: dealer, month, kind, id, value."""
        return chain.from_iterable(self.rows_by_record())

    # ------------------------------------------------------------ as a table

    def to_arrow(self, form: Form = "long") -> pyarrow.Table:
        """As a pyarrow table; needs pyarrow (`xlkpi[frames]`).

        Args:
            form: "long" has a row for each figure (dealer, month, kind, id, number, word); "wide" a row for each
                dealer, with a column for each total, group, item and indicator. An absence is a word in the long
                form and null in the wide one.

        Raises:
            ModuleNotFoundError: pyarrow is not installed.
        """
        from xlkpi.month.frames import to_arrow  # noqa: PLC0415 - pyarrow is heavy, and an extra

        return to_arrow(self, form)

    def to_pandas(self, form: Form = "long") -> pandas.DataFrame:
        """As a pandas data frame, through Arrow; see `to_arrow`."""
        return self.to_arrow(form).to_pandas()

    def to_polars(self, form: Form = "long") -> polars.DataFrame:
        """As a Polars data frame, through Arrow; see `to_arrow`."""
        import polars  # noqa: PLC0415 - an extra

        frame = polars.from_arrow(self.to_arrow(form))
        if not isinstance(frame, polars.DataFrame):
            raise TypeError(f"a table became a {type(frame).__name__}")
        return frame


class _Records(Sequence[DealerRecord]):
    """The dealers' records: assessments first, then the files that could not be scored."""

    def __init__(self, month: Month):
        self._month = month

    def __len__(self) -> int:
        return len(self._month.assessments) + len(self._month.unusable)

    @overload
    def __getitem__(self, index: int) -> DealerRecord: ...
    @overload
    def __getitem__(self, index: slice) -> list[DealerRecord]: ...
    def __getitem__(self, index: int | slice) -> DealerRecord | list[DealerRecord]:
        if isinstance(index, slice):
            return [self[number] for number in range(*index.indices(len(self)))]
        month, scored = self._month, len(self._month.assessments)
        if not -len(self) <= index < len(self):
            raise IndexError(index)
        index %= len(self)
        standing = month.standings.rows[index]
        if index < scored:
            return dealer_record(standing.dealer, month.assessments[index], standing.rank)
        return refused_record(standing.dealer, standing.file, standing.findings)


def score_month(
    issue: Issue,
    files: Iterable[Path],
    *,
    engine: str = AUTO,
    runner: Runner = score_here,
    filing: Filing | None = None,
    out: Path | None = None,
    resume: bool = False,
    lists: Iterable[Finding] = (),
    past: Past | None = None,
    before: Mapping[str, Earlier] | None = None,
    compare: bool = True,
    progress: Callable[[int, int], None] = lambda scored, total: None,
) -> Month:
    """Score a month's files.

    Args:
        issue: what was issued, with targets, inspections and waivers as they count.
        files: dealers' workbooks; their order changes nothing.
        engine: what evaluates the master; "auto" goes by the number of files.
        runner: where files are scored.
        filing: when files came, and who should send until when.
        out: where the assessed workbooks and the run's manifest go; None writes nothing.
        resume: go on from the manifest in `out`.
        lists: what was wrong with headquarters' own lists.
        past: the dealers' figures of earlier months, as a store knows them; they go before the issue's own.
        before: the month before as a store knows it, by dealer code.
        compare: whether to look for figures that are not plausible beside the past's and the other dealers'.
        progress: called now and then with the number of files done and the number of files.

    Raises:
        WriteError: a file in `out` could not be written.
    """
    filing = filing or Filing()
    batch = run(issue, files, runner=runner, engine=engine, out=out, resume=resume, filing=filing, progress=progress)
    return month_of(issue, batch.engine, batch, filing.expected, lists=lists, past=past, before=before, compare=compare)


def month_of(
    issue: Issue,
    engine: str,
    batch: Batch,
    expected: Expected | None = None,
    *,
    lists: Iterable[Finding] = (),
    past: Past | None = None,
    before: Mapping[str, Earlier] | None = None,
    compare: bool = True,
) -> Month:
    """The month of a batch that was run; the arguments are those of `score_month`."""
    returns = tuple(return_list(issue, batch, expected)) if expected is not None else ()
    findings = (*issue.accepted, *issue.unsealed, *lists, *batch.findings, *roster_findings(returns))
    return make_month(
        issue, engine, batch.assessments, batch.unusable, findings=findings, returns=returns, past=past,
        before=before, compare=compare,
    )  # fmt: skip


def make_month(
    issue: Issue,
    engine: str,
    assessments: Sequence[Assessment],
    unusable: Iterable[Unusable] = (),
    *,
    findings: Iterable[Finding] = (),
    returns: Iterable[Return] = (),
    past: Past | None = None,
    before: Mapping[str, Earlier] | None = None,
    compare: bool = False,
) -> Month:
    """A month of assessments in roster order, and of files that could not be scored.

    Every assessment is read once here; what all outputs need of it is kept in the standings.
    """
    rows: list[Standing] = []
    figures: dict[str, dict[str, float]] = {}
    replies: dict[str, Sequence[Reply]] = {}
    for scored in assessments:
        rows.append(standing_of(issue.roster[scored.dealer], scored))
        replies[scored.dealer] = scored.replies
        figures[scored.dealer] = {name: value for name, value in scored.inputs.items() if isinstance(value, float)}
    if compare:
        sent = {row.dealer.code: row.file for row in rows}
        doubted = doubts(issue, figures, {**past_of(issue), **(past or {})}, sent)
        doubted = {dealer: with_replies(findings, replies.get(dealer, ())) for dealer, findings in doubted.items()}
        assessments = WithPlausibility(assessments, doubted)
        rows = [replace(row, findings=(*row.findings, *doubted.get(row.dealer.code, ()))) for row in rows]
    known = tuple(replace(refused, dealer=sender(issue.roster, refused).code) for refused in unusable)
    rows += [refused_standing(issue.roster, refused) for refused in known]
    listed, lines = tuple(findings), tuple(returns)
    missing = _missing(issue.roster, rows, lines)
    made_of = hash_of_month((issue.scheme.name, issue.layout.fingerprint, issue.month), rows)
    standings = Standings(
        issue.scheme, issue.month, ranked(rows), missing, listed, lines, before or {}, issue.revision, made_of
    )  # fmt: skip
    return Month(
        issue, engine, assessments, known, listed, lines, standings, population(standings.rows, missing)
    )  # fmt: skip


def _missing(roster: Mapping[str, Dealer], rows: Iterable[Standing], returns: Sequence[Return]) -> list[Dealer]:
    """Dealers who sent nothing: by the return list, else by what was read or by the files' names."""
    if returns:
        codes = {line.dealer for line in returns if line.status is ReturnStatus.MISSING}
        return [dealer for code, dealer in roster.items() if code in codes]
    sent = {row.dealer.code for row in rows}
    return [dealer for code, dealer in roster.items() if code not in sent]
