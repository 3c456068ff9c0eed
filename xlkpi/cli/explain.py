"""`xlkpi explain`: what a finding's code means, why it comes about, and what to do."""

from __future__ import annotations

import click

from xlkpi.cli.boundary import Command
from xlkpi.cli.language import say


@click.command(cls=Command)
@click.argument("code", required=False)
@click.option("--lang", type=click.Choice(["zh", "en"]), default="zh", show_default=True, help="Language of the texts.")
def explain(code: str | None, lang: str) -> None:
    """Explain a finding's CODE (XK-V001, or V001); without one, list all codes."""
    from difflib import get_close_matches

    from xlkpi.cli.shared import console
    from xlkpi.findings import catalogue
    from xlkpi.shown.terminal import print_code, print_codes

    entries = catalogue()
    if code is None:
        print_codes(console(), entries.values(), lang)
        return
    wanted = code.upper() if code.upper().startswith("XK-") else f"XK-{code.upper()}"
    if wanted not in entries:
        named = {entry.name: entry.code for entry in entries.values()}
        wanted = named.get(code.lower(), wanted)
    if wanted not in entries:
        near = get_close_matches(wanted, entries, 3) or list(entries)[:3]
        raise click.UsageError(say(f"no finding has the code {code!r}; did you mean {', '.join(near)}?"))
    print_code(console(), entries[wanted], lang)
