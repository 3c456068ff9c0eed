"""`xlkpi history`, `rank`, `trend`, `store export`: what the store knows of months and dealers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from xlkpi.cli.boundary import Command, Group
from xlkpi.cli.language import say
from xlkpi.cli.shared import (
    FILE,
    FOLDER,
    Month,
    NewFile,
    console,
    echo,
    known_region,
    refuse,
    region_option,
    replace_option,
    write_new,
)
from xlkpi.folders import shown_path

if TYPE_CHECKING:
    from xlkpi.checking.plausible import Past
    from xlkpi.findings import Finding
    from xlkpi.issue import Issue
    from xlkpi.month.month import Month as MonthResult
    from xlkpi.month.standing import Earlier
    from xlkpi.month.store.file import Store
    from xlkpi.month.store.trend import By, Kind
    from xlkpi.shown.report.source import History

_store_option = click.option("--store", "store_file", type=FILE, required=True, help="The store that `score` wrote.")
_scheme_option = click.option("--scheme", "scheme_name", default="", help="Needed where the store has several schemes.")
_PARTS: dict[str, By] = {"all": "all", "region": "region", "peer-group": "peer_group", "dealer": "dealer"}


@contextmanager
def opened(store_file: Path, *, write: bool = False) -> Iterator[Store]:
    """The open store. Waiting for another program is reported on standard error."""
    from xlkpi.month.store.file import open_store

    def waiting(detail: str) -> None:
        echo(say(f"{store_file}: another program has it open; waiting …"), err=True)

    with open_store(store_file, write=write, notify=waiting) as store:
        yield store


def store_findings(store_file: Path | None, scheme: str, month: str) -> list[Finding]:
    """What is wrong with a store that is given for a month: it is of other schemes, or of later months."""
    if store_file is None or not store_file.exists():
        return []
    from xlkpi.month.store.query import store_of_others

    with opened(store_file) as store:
        return store_of_others(store, scheme, month)


def known_figures(store_file: Path | None, issue: Issue) -> Past:
    """The dealers' figures of the months before, as the store has them; nothing where there is none yet."""
    if store_file is None or not store_file.exists():
        return {}
    from xlkpi.month.store.query import figures_before

    with opened(store_file) as store:
        return figures_before(store, issue.scheme.name, issue.month, roster=issue.roster)


def known_standing(store_file: Path | None, issue: Issue) -> Mapping[str, Earlier]:
    """Last month's published total and rank by dealer code; nothing where there is no store yet."""
    if store_file is None or not store_file.exists():
        return {}
    from xlkpi.month.store.query import month_earlier

    with opened(store_file) as store:
        return month_earlier(store, issue.scheme.name, issue.month, issue.roster)


def known_history(store_file: Path | None, scheme: str, month: str) -> History:
    """The dealers' months before, for a report; nothing without a store."""
    if store_file is None or not store_file.exists():
        return {}
    from xlkpi.month.store.query import earlier_months

    with opened(store_file) as store:
        return earlier_months(store, scheme, month)


def keep(month: MonthResult, store_file: Path) -> None:
    """Record a run in the store, and print what that changed."""
    from xlkpi.month.store.record import record

    with opened(store_file, write=True) as store:
        recorded = record(store, month)
    echo(f"历史库 {store_file}：新增 {recorded.new}，替换 {recorded.revised}，未变 {recorded.unchanged}")


@click.command(cls=Command)
@click.argument("dealer")
@_store_option
@click.option("--field", "name", default="", help="A field's or indicator's months instead of the totals.")
@_scheme_option
def history(dealer: str, store_file: Path, name: str, scheme_name: str) -> None:
    """What a DEALER sent month by month: totals, ranks and resubmissions, or one figure."""
    from xlkpi.month.store.file import StoreError
    from xlkpi.month.store.query import dealer_months, past, which_dealer, which_scheme
    from xlkpi.shown.month_tables import print_figures, print_history

    with opened(store_file) as store:
        dealer = which_dealer(store, dealer)
        if not name:
            print_history(console(), dealer, dealer_months(store, dealer))
            return
        figures = past(store, dealer, which_scheme(store, scheme_name))
        if name not in figures:
            raise StoreError("XK-W040", path=str(store_file), wanted=name, found="、".join(figures) or "—")
    print_figures(console(), f"{dealer}　{name}", figures[name])


@click.command(cls=Command)
@_store_option
@click.option("--month", type=Month(), help="Default: the latest in the store.")
@click.option("--by", "part", type=click.Choice(["all", "region", "peer-group"]), default="all", show_default=True,
              help="Rank among all, or within each part.")  # fmt: skip
@_scheme_option
@click.option(
    "-o", "--output", type=NewFile(".xlsx"), help="Write the ranking workbook (排名汇总.xlsx) instead of printing."
)
@region_option
@replace_option
def rank(
    store_file: Path, month: str | None, part: str, scheme_name: str, output: Path | None, region: str, replace: bool
) -> None:  # fmt: skip
    """A month's ranking as the store has it, resubmissions and late files included."""
    from xlkpi.month.region import regions, standings_in
    from xlkpi.month.store.query import latest_month, standings, which_scheme
    from xlkpi.shown.month_tables import print_standings
    from xlkpi.shown.ranking import ranking_workbook

    with opened(store_file) as store:
        scheme = which_scheme(store, scheme_name, month or "")
        stand = standings(store, scheme, month or latest_month(store, scheme))
    if region:
        known_region(region, regions(row.dealer for row in stand.rows))
        stand = standings_in(region, stand)
    if output is None:
        print_standings(console(), stand, _PARTS[part])
        return
    write_new(output, ranking_workbook(stand), replace=replace)
    echo(str(output))


@click.command(cls=Command)
@_store_option
@click.option("--of", "name", default="", help="An item, else an indicator or field; default: the total.")
@click.option("--item", default="", help="An item's points, also where a field has the same name.")
@click.option("--field", default="", help="A field or an indicator, also where an item has the same name.")
@click.option("--by", "part", type=click.Choice(list(_PARTS)), default="all", show_default=True,
              help="One line for all dealers, or one a region, peer group or dealer.")  # fmt: skip
@_scheme_option
def trend(store_file: Path, name: str, item: str, field: str, part: str, scheme_name: str) -> None:
    """Month by month: the mean of the ranked dealers' totals or points of an item, or of all dealers' figures."""
    from xlkpi.month.store.query import which_scheme
    from xlkpi.month.store.trend import trend as trend_of
    from xlkpi.shown.month_tables import print_trend

    if sum(map(bool, (name, item, field))) > 1:
        raise click.UsageError(say("give one of --of, --item and --field"))
    kind: Kind | None = "item" if item else "figure" if field else None
    with opened(store_file) as store:
        result = trend_of(store, which_scheme(store, scheme_name), name or item or field, _PARTS[part], kind)
    print_trend(console(), result)


@click.group("store", cls=Group)
def store_group() -> None:
    """The history file that `score --store` keeps."""


@store_group.command("export")
@click.argument("store_file", metavar="STORE", type=FILE)
@click.option("-o", "--output", type=FOLDER, required=True, help="Folder for one Parquet file a table.")
@replace_option
def store_export(store_file: Path, output: Path, replace: bool) -> None:
    """Write the store's tables as Parquet files."""
    from xlkpi.month.store.file import TABLES, export

    present = [path for table in TABLES if (path := output / f"{table}.parquet").is_file()]
    if present and not replace:
        refuse(present[0], "XK-W044", {"path": shown_path(present[0])})
    with opened(store_file) as store:
        for path in export(store, output):
            echo(str(path))
