"""The command line: parse, call, print, exit code. Heavy imports stay inside commands, so that start-up is light.

In come words and files; out go files, lines and an exit code. It decides nothing that the library does not decide.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from typing import Any

import click

import xlkpi
from xlkpi.cli.boundary import Commands
from xlkpi.cli.checking import check
from xlkpi.cli.desk import desk
from xlkpi.cli.excel import excel
from xlkpi.cli.explain import explain
from xlkpi.cli.kits import kit, self_check
from xlkpi.cli.language import LANGUAGES, OPTION, language_and_words, switch_language
from xlkpi.cli.months import inspections, new, targets
from xlkpi.cli.reporting import pdf, report
from xlkpi.cli.returns import letters, status
from xlkpi.cli.schemes import scheme
from xlkpi.cli.scoring import audit, demo, score, trace
from xlkpi.cli.stores import history, rank, store_group, trend
from xlkpi.cli.workspace import appeal, init, month, next_step, verify


class Tool(Commands):
    """The commands, on streams that can take what they print."""

    def main(self, args: Sequence[str] | None = None, *more: Any, **extra: Any) -> Any:
        """Before click prints anything: a redirected stream on Windows has a code page that lacks Chinese or a sign."""
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                try:
                    "绩效".encode(stream.encoding)
                except UnicodeEncodeError:
                    stream.reconfigure(encoding="utf-8")
                else:
                    stream.reconfigure(errors="replace")
        with_language = [
            name for name, command in self.commands.items() if any(OPTION in p.opts for p in command.params)
        ]
        language, words = language_and_words(sys.argv[1:] if args is None else args, with_language)
        switch_language(self, language)
        return super().main(words, *more, **extra)


@click.group(cls=Tool, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(xlkpi.__version__, prog_name="xlkpi")
@click.option(
    OPTION, type=click.Choice(LANGUAGES), expose_value=False,
    help="The language of help and messages; default: the system's.",
)  # fmt: skip
def main() -> None:
    """Assess the after-sales performance of car dealers: blank workbooks out, filled ones in, every score explained."""


for command in (
    init, desk, month, next_step, appeal, verify, scheme, targets, new, self_check, inspections, check, status, letters,
    score, trace, audit, history, rank, trend, store_group, report, pdf, excel, kit, demo, explain,
):  # fmt: skip
    main.add_command(command)
