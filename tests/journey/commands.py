"""Every command with words with which it works, and a way to put other paths into them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
from click.testing import CliRunner, Result

from xlkpi.cli import main

# Of each command, words with which it works; names in capitals stand for what `places` has.
WORKING = {
    "init": "OUT",
    "month open": "--at WORKSPACE",
    "month issue": "--at WORKSPACE",
    "month extend": "D001 --until 2026-12-20 --reason 停电 --at WORKSPACE",
    "month receive": "SENT --at WORKSPACE",
    "month check": "--at WORKSPACE",
    "month score": "--at WORKSPACE",
    "month publish": "--at WORKSPACE",
    "month appeal": "D001 --ground 上报 --file SENT --at WORKSPACE",
    "month decide": "1 --accept --reason 核实 --at WORKSPACE",
    "month finalise": "--reason 演练 --at WORKSPACE",
    "month correct": "D001 --ground 目标 --of 轮胎 --value 1 --reason 抄错 --at WORKSPACE",
    "month status": "--at WORKSPACE",
    "month pack": "--at WORKSPACE -o OUT/month.zip",
    "appeal pack": "D001 --at WORKSPACE -o OUT/dealer.zip",
    "verify": "PACK",
    "next": "--at WORKSPACE",
    "scheme list": "",
    "scheme show": "service-assessment",
    "scheme lint": "service-assessment",
    "scheme test": "--at WORKSPACE",
    "scheme coverage": "dealer-monthly",
    "scheme schema": "-o OUT/schema.json",
    "targets new": "service-assessment --month 2026-11 --roster DEMO/dealers.xlsx -o OUT/targets.xlsx",
    "new": "service-assessment --month 2026-11 --roster DEMO/dealers.xlsx --targets DEMO/targets.xlsx -o OUT",
    "self-check parts": "DEMO -o OUT/parts.zip",
    "inspections new": "--issue DEMO/blank -o OUT/inspections.xlsx",
    "check": "DEMO/filled --issue DEMO/blank --format json",
    "status": "SENT --issue DEMO/blank -o OUT",
    "letters": "SENT --issue DEMO/blank --deadline 2026-12-01 -o OUT",
    "score": "SENT --issue DEMO/blank -o OUT",
    "trace": "ASSESSED 接车台次",
    "audit": "ASSESSED --engine formualizer",
    "history": "D001 --store STORE",
    "rank": "--store STORE -o OUT/ranking.xlsx",
    "trend": "--store STORE",
    "store export": "STORE -o OUT",
    "report": "DEMO/out -o OUT/report.html",
    "pdf": "GARBAGE -o OUT",
    "excel install": "OUT",
    "excel doctor": "OUT",
    "excel score": "--issue DEMO/blank",
    "kit": "--python GARBAGE --wheels DEMO -o OUT/kit.zip",
    "demo": "-o OUT",
    "explain": "",
}
NOT_HERE = {"excel score": "needs Excel", "excel doctor": "says what is missing", "pdf": "is given no workbook"}
MAKES_NOTHING = ("pdf", "self-check parts", "kit")  # of what `places` has
WRITTEN = {"-o", "--mark"}


def commands(group: click.Group = main, name: str = "") -> Iterator[tuple[str, click.Command]]:
    for word, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{name}{word} ")
        else:
            yield f"{name}{word}", command


COMMANDS = {name: command for name, command in commands() if name != "desk"}
"""All but the one that serves a page until somebody ends it."""
PATHS = [
    (name, parameter.opts[0])
    for name, command in COMMANDS.items()
    for parameter in command.params
    if isinstance(parameter.type, click.Path) or type(parameter.type).__name__ == "Where"
]
MADE = [
    pair
    for pair in PATHS
    if pair[1] in WRITTEN or pair in (("init", "folder"), ("excel install", "folder"), ("score", "--store"))
]


def call(given: list[str]) -> Result:
    return CliRunner().invoke(main, given)


def with_path(given: list[str], command: str, option: str, path: Path) -> list[str]:
    """The words with another path for an option, or for the argument."""
    if not option.startswith("-"):
        first = len(command.split())
        return [*given[:first], str(path), *given[first + 1 :]]
    spelled = "-o" if option == "--output" else option
    if spelled in given:
        at = given.index(spelled)
        return [*given[: at + 1], str(path), *given[at + 2 :]]
    return [*given, option, str(path)]
