"""`xlkpi desk`: the local page over a workspace."""

from __future__ import annotations

from pathlib import Path

import click

from xlkpi.cli.boundary import Command
from xlkpi.cli.shared import FOLDER, echo


@click.command(cls=Command)
@click.argument("folder", type=FOLDER, default=Path())
@click.option("--no-browser", is_flag=True, help="Print the address with its token, and open no browser.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="The port; default: any that is free.")
def desk(folder: Path, no_browser: bool, port: int) -> None:
    """Serve a page for this machine alone over the workspace in FOLDER, or make one there; end it with Ctrl+C."""
    from xlkpi.cli.shared import refuse
    from xlkpi.desk.server import PortTaken, run

    try:
        run(folder.resolve(), echo, browser=not no_browser, port=port)
    except PortTaken:
        refuse(Path(), "XK-W048", {"port": port})
