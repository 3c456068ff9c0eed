"""`xlkpi report`: what people open, search and print."""

from __future__ import annotations

from pathlib import Path

import click

from xlkpi.cli.shared import NEW_FILE

OUT = click.Path(exists=True, file_okay=False, path_type=Path)


@click.command()
@click.argument("out", type=OUT)
@click.option("-o", "--output", type=NEW_FILE, help="The HTML file to write; default: report.html in OUT.")
@click.option(
    "--lang", type=click.Choice(["zh", "en"]), default="zh", show_default=True, help="The language of the report."
)
def report(out: Path, output: Path | None, lang: str) -> None:
    """Make one HTML file of the folder OUT that `xlkpi score` wrote: ranking, regions, each dealer's page."""
    from xlkpi.files import WriteError
    from xlkpi.report.page import REPORT_FILE, write_report
    from xlkpi.report.source import NoReport, Source

    try:
        source = Source.read(out, "en" if lang == "en" else "zh")
        written = write_report(source, output or out / REPORT_FILE)
    except NoReport as error:
        raise click.UsageError(str(error)) from None
    except WriteError as error:
        raise click.ClickException(f"cannot write {error.path}: {error.detail}") from None
    click.echo(str(written))
