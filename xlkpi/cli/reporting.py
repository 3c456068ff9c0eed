"""`xlkpi report`, `pdf`: what people open, search and print."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from xlkpi.cli.boundary import Command
from xlkpi.cli.language import say
from xlkpi.cli.runs import given_files
from xlkpi.cli.shared import (
    FILE,
    FOLDER,
    NewFile,
    console,
    echo,
    exit_with_status,
    known_region,
    region_option,
    replace_option,
    stop_on_errors,
    write_new,
)
from xlkpi.cli.stores import known_history, store_findings

if TYPE_CHECKING:
    from xlkpi.folders import Gathered

OUT = click.Path(exists=True, file_okay=False, path_type=Path)


@click.command(cls=Command)
@click.argument("out", type=OUT)
@click.option("-o", "--output", type=NewFile(".html"), help="The HTML file to write; default: report.html in OUT.")
@click.option(
    "--lang", type=click.Choice(["zh", "en"]), default="zh", show_default=True, help="The language of the report."
)
@click.option("--store", "store_file", type=FILE, help="The store that `score` keeps: adds trends and moves.")
@region_option
@replace_option
def report(
    out: Path, output: Path | None, lang: str, store_file: Path | None, region: str, replace: bool
) -> None:  # fmt: skip
    """Make one HTML file of the folder OUT that `xlkpi score` wrote: ranking, regions, each dealer's page."""
    import dataclasses

    from xlkpi.month.region import regions
    from xlkpi.shown.report.page import REPORT_FILE, render
    from xlkpi.shown.report.source import Source

    if region and output is None:
        raise click.UsageError(say("--region needs -o FILE: the report of all regions lies in OUT"))
    path = output or out / REPORT_FILE
    source = Source.read(out, "en" if lang == "en" else "zh")
    history = known_history(store_file, source.data.scheme, source.data.month)
    stop_on_errors(store_findings(store_file, source.data.scheme, source.data.month))
    source = dataclasses.replace(source, history=history)
    if region:
        known_region(region, regions(source.dealers))
        source = source.of_region(region)
    page = render(source).encode()
    write_new(path, page, replace=replace or output is None)
    echo(str(path))


@click.command(cls=Command)
@given_files(returns=False)
@click.option("-o", "--output", type=FOLDER, required=True, help="Folder for the PDF files.")
@replace_option
def pdf(gathered: Gathered, output: Path, replace: bool) -> None:
    """Make a PDF of each assessed workbook's 绩效考核表, to print and sign. LibreOffice must be installed."""
    from xlkpi.shown.pdf import NoLibreOffice, to_pdf
    from xlkpi.shown.terminal import print_findings

    unwritten = []
    try:
        for written in to_pdf(gathered.files, output, replace=replace):
            if isinstance(written, Path):
                echo(str(written))
            else:
                unwritten.append(written)
    except NoLibreOffice:
        raise click.ClickException(
            say("LibreOffice (soffice) was not found: install it, or print the 绩效考核表 from Excel or WPS.")
        ) from None
    if unwritten:
        print_findings(console(), unwritten)
    exit_with_status(unwritten, failed=len(unwritten))
