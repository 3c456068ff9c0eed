"""The one place where an error becomes a sentence and an exit code. No command shows a traceback."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any, NoReturn

import click

from xlkpi.cli.language import say
from xlkpi.files import visible

INTERNAL = 70  # as sysexits.h has it
DEBUG = "XLKPI_DEBUG"
"""The environment variable that lets an internal error through with its traceback."""


class Command(click.Command):
    """A command. Of an option that is asked for once it refuses a second: click itself goes by the last in silence."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As click does, after a look at how often each option stands there."""
        _, _, parameters = self.make_parser(ctx).parse_args(list(args))
        for parameter in parameters:
            once = isinstance(parameter, click.Option) and not (parameter.multiple or parameter.is_eager)
            if once and parameters.count(parameter) > 1 and not ctx.resilient_parsing:
                raise click.UsageError(say(f"{parameter.opts[0]} is given twice: give it once"), ctx)
        return super().parse_args(ctx, args)


class Group(Command, click.Group):
    """Commands under one name."""

    command_class = Command


class Commands(Group):
    """All commands, with the error boundary around them."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; what goes wrong ends as click's own errors do."""
        try:
            return super().invoke(ctx)
        except click.ClickException as error:
            # a path in it may hold what moves a terminal's cursor; click declares the attribute final
            vars(error)["message"] = visible(error.message, keep="\n")
            raise
        except (click.exceptions.Exit, click.Abort):
            raise
        except OSError as error:
            if error.errno == errno.EPIPE:  # click exits quietly when the reader of a pipe has gone
                raise
            _not_to_be_had(error)
        except Exception as error:
            _explain(error)


def _explain(error: Exception) -> NoReturn:
    """Print the error; the exit code is 1 for a file or scheme, 2 for wrong usage, 70 for a bug."""
    from xlkpi.cli.shared import refuse
    from xlkpi.files import FolderInUse, WriteError
    from xlkpi.intake.guard import Refused
    from xlkpi.issue import IssueError
    from xlkpi.month.scores import NoScores
    from xlkpi.month.store.file import StoreError
    from xlkpi.scheme.files import SchemeError
    from xlkpi.scoring.trace import NoTrace

    match error:
        case WriteError():
            refuse(Path(), "XK-W001", {"path": str(error.path), "detail": error.detail})
        case StoreError() | Refused():
            refuse(Path(str(error.facts.get("path", ""))), error.code, error.facts)
        case IssueError() | NoScores():
            raise click.UsageError(say(str(error))) from None
        case FolderInUse():
            refuse(Path(), "XK-F027", {"path": str(error.path)})
        case MemoryError():
            refuse(Path(), "XK-F024", {})
        case SchemeError() | NoTrace():
            raise click.ClickException(say(str(error))) from None
    if os.environ.get(DEBUG):
        raise error
    raise InternalError(error)


def _not_to_be_had(error: OSError) -> NoReturn:
    """A file or a connection that the system refuses."""
    from xlkpi.cli.shared import refuse
    from xlkpi.files import reason

    facts = {"path": str(error.filename or "—"), "detail": reason(error)}
    refuse(Path(), "XK-W077", facts)


class InternalError(click.ClickException):
    """A bug: what it is, where, and how to report it."""

    exit_code = INTERNAL

    def __init__(self, error: Exception):
        from xlkpi.files import fault

        super().__init__(
            say(
                f"internal error ({fault(error)})\n"
                f"This is a bug in xlkpi: report it with the command and this text; {DEBUG}=1 adds the traceback."
            )
        )
