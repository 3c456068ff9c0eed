"""`xlkpi self-check parts`, `kit`: what goes to who has neither Python nor a terminal."""

from __future__ import annotations

from pathlib import Path

import click

from xlkpi.cli.boundary import Command, Group
from xlkpi.cli.shared import FILE, FOLDER, NewFile, echo, replace_option, stop_on_errors, write_new


@click.group("self-check", cls=Group)
def self_check() -> None:
    """自检.html, the page with which dealers check before they send."""


@self_check.command("parts", cls=Command)
@click.argument("folder", type=FOLDER)
@click.option("-o", "--output", type=NewFile(".zip"), required=True, help="The pack to write: 自检部件.zip.")
@replace_option
def self_check_parts(folder: Path, output: Path, replace: bool) -> None:
    """Pack the parts that are not ours (Pyodide, wheels; as downloaded into a folder) for `new --self-check`."""
    from xlkpi.selfcheck.parts import NoSelfCheck, packed_parts

    try:
        data = packed_parts(folder)
    except NoSelfCheck as refused:
        stop_on_errors([refused.finding])
        raise
    write_new(output, data, replace=replace)
    echo(f"自检部件 {len(data) / 2**20:.1f} MB → {output}")


@click.command(cls=Command)
@click.option("--python", type=FILE, required=True, help="The embeddable Python for Windows, as downloaded (a zip).")
@click.option("--sha256", default="", help="Its SHA-256, as the download page says.")
@click.option("--wheels", type=FOLDER, required=True, help="Folder of the locked wheels for Windows.")
@click.option("--self-check", "parts", type=FILE, help="自检部件.zip, to be in the kit too.")
@click.option("-o", "--output", type=NewFile(".zip"), required=True, help="The zip to write: 绩效工具.zip.")
@replace_option
def kit(python: Path, sha256: str, wheels: Path, parts: Path | None, output: Path, replace: bool) -> None:
    """Put together a folder for Windows that needs no installation: Python, libraries, xlkpi, and files to click."""
    from xlkpi.kit.build import KitSources, NoKit, kit_of

    try:
        data = kit_of(KitSources(python, sha256, wheels, parts))
    except NoKit as refused:
        stop_on_errors([refused.finding])
        raise
    write_new(output, data, replace=replace)
    echo(f"绩效工具 {len(data) / 2**20:.1f} MB → {output}")
