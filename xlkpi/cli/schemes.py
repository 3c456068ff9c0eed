"""`xlkpi scheme …`: list, show and check schemes."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from xlkpi.cli.boundary import Group
from xlkpi.cli.language import say
from xlkpi.cli.shared import ERRORS, NEW_FILE, usable


@click.group(cls=Group)
def scheme() -> None:
    """List, show and check schemes (what is asked and how it is judged)."""


@scheme.command("list")
def scheme_list() -> None:
    """List the shipped schemes."""
    from xlkpi.scheme.files import SchemeError
    from xlkpi.scheme.load import load_scheme, scheme_folders

    for name in scheme_folders():
        try:
            loaded, _ = load_scheme(name)
        except SchemeError as error:
            click.echo(say(f"{name}  {error}"), err=True)
            continue
        click.echo(say(f"{name}  {loaded.version}  {loaded.title}  ({loaded.en}; {loaded.points:g} points)"))


@scheme.command("show")
@click.argument("name")
def scheme_show(name: str) -> None:
    """Print a scheme as a page: groups, items, clauses, with source and notes. NAME is a shipped scheme or a folder."""
    from xlkpi.scheme.show import page

    click.echo(page(usable(name)[0]), nl=False)


@scheme.command("lint")
@click.argument("names", nargs=-1)
def scheme_lint(names: tuple[str, ...]) -> None:
    """Check schemes: shapes, points, every formula, every name. NAMES are schemes or folders; default: all shipped.

    What a usable scheme leaves open is a warning, and no error.
    """
    from xlkpi.scheme.lint import advice, lint_scheme
    from xlkpi.scheme.load import scheme_folders

    bad = False
    for name in names or tuple(scheme_folders()):
        _, compiled, problems = lint_scheme(name)
        for problem in problems:
            click.echo(say(str(problem)))
        bad |= bool(problems)
        if not problems and compiled is not None:
            open_ = advice(name)
            for problem in open_:
                click.echo(say(f"warning: {problem}"))
            warned = f" ({len(open_)} warnings)" if open_ else ""
            click.echo(say(f"{name}: clean, {len(compiled.formulas)} formulas{warned}"))
    if bad:
        sys.exit(ERRORS)


@scheme.command("coverage")
@click.argument("name", default="dealer-monthly")
def scheme_coverage(name: str) -> None:
    """List each source system that a scheme covers, with its entries."""
    from xlkpi.scheme.show import coverage

    click.echo(coverage(usable(name)[0]), nl=False)


@scheme.command("schema")
@click.argument("name", required=False)
@click.option("-o", "--output", type=NEW_FILE, help="Write to a file instead of standard output.")
def scheme_schema(name: str | None, output: Path | None) -> None:
    """Print the JSON Schema of a scheme's YAML, for editors. With NAME, the scheme's own rules are known to it too."""
    from xlkpi.files import write_file
    from xlkpi.scheme.schema import editor_schema

    text = json.dumps(editor_schema(name), ensure_ascii=False, indent=1) + "\n"
    if output:
        write_file(output, text.encode())
    else:
        click.echo(text, nl=False)
