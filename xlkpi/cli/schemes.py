"""`xlkpi scheme …`: list, show and check schemes."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from xlkpi.cli.boundary import Group
from xlkpi.cli.language import say
from xlkpi.cli.shared import ERRORS, FILE, NewFile, echo, replace_option, usable, write_new
from xlkpi.cli.workspace import at_option, refused_is_told, workspace_at


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
            echo(say(f"{name}  {error}"), err=True)
            continue
        echo(say(f"{name}  {loaded.version}  {loaded.title}  ({loaded.en}; {loaded.points:g} points)"))


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
            echo(say(str(problem)))
        bad |= bool(problems)
        if not problems and compiled is not None:
            open_ = advice(name)
            for problem in open_:
                echo(say(f"warning: {problem}"))
            warned = f" ({len(open_)} warnings)" if open_ else ""
            echo(say(f"{name}: clean, {len(compiled.formulas)} formulas{warned}"))
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
@click.option("-o", "--output", type=NewFile(".json"), help="Write to a file instead of standard output.")
@replace_option
def scheme_schema(name: str | None, output: Path | None, replace: bool) -> None:
    """Print the JSON Schema of a scheme's YAML, for editors. With NAME, the scheme's own rules are known to it too."""
    from xlkpi.scheme.schema import editor_schema

    text = json.dumps(editor_schema(name), ensure_ascii=False, indent=1) + "\n"
    if output:
        write_new(output, text.encode(), replace=replace)
    else:
        click.echo(text, nl=False)


@scheme.command("test")
@click.argument("cases", nargs=-1, type=FILE)
@click.option("--scheme", "name", default="", help="The scheme to try; default: the workspace's.")
@at_option
@refused_is_told
def scheme_test(cases: tuple[Path, ...], name: str, folder: Path) -> None:
    """Score decided appeals again with a scheme as it is now. CASES are files; default: those of the workspace."""
    from xlkpi.workspace.cases import cases_of, try_cases

    workspace = None if name and cases else workspace_at(folder)
    loaded, compiled = usable(name) if workspace is None or name else workspace.scheme()
    differing = count = 0
    for tried in try_cases(loaded, compiled, cases or (cases_of(workspace) if workspace else ())):
        count += 1
        differing += bool(tried.differences)
        echo(f"{tried.name}：{'；'.join(tried.differences) or '与决定时相同'}")
    echo(f"{loaded.name} {loaded.version}：{count} 个案例，{differing} 个不同")
    if differing:
        sys.exit(ERRORS)
