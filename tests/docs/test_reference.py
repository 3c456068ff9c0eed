"""The reference is the program: generated pages are in step, every key is described, real results fit the schema."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from click.testing import CliRunner

from docs.generate import COMMAND, EXIT_CODES, PAGES, commands, store_tables, store_words
from docs.pages import ROOT
from xlkpi import cli
from xlkpi.cli import shared
from xlkpi.cli.demo import run_demo
from xlkpi.resources import templates
from xlkpi.scheme.model import Scheme
from xlkpi.scheme.schema import editor_schema

COMMANDS = dict(commands())


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_generated_page_is_in_step(path: Path) -> None:
    assert path.read_text("utf-8") == PAGES[path](), f"run {COMMAND}"


def test_the_commands_were_found() -> None:
    assert {"xlkpi new", "xlkpi score", "xlkpi scheme lint", "xlkpi inspections new", "xlkpi demo"} <= set(COMMANDS)


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_and_option_has_help(name: str) -> None:
    command = COMMANDS[name]
    assert command.help
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"{name} {parameter.opts[-1]}"
    shown = CliRunner().invoke(cli.main, [*name.split()[1:], "--help"])
    assert shown.exit_code == 0
    assert command.help.split(".")[0].split()[0] in shown.output


def test_the_chinese_page_has_every_command_option_and_exit_code() -> None:
    text = (ROOT / "docs" / "zh" / "commands.md").read_text("utf-8")
    rows = dict(re.findall(r"^\| `(xlkpi(?: [a-z-]+)+)[^`]*` \|(.*)$", text, re.M))
    assert set(rows) == set(COMMANDS)
    for name, command in COMMANDS.items():
        options = {"/".join(p.opts) for p in command.params if isinstance(p, click.Option)}
        assert set(re.findall(r"`([^`]+)`", rows[name].split("|")[0])) == options, f"docs/zh/commands.md: {name}"
    codes = [0, shared.ERRORS, shared.USAGE, shared.UNSAFE, shared.PARTLY]
    assert [int(code) for code in re.findall(r"^\| (\d+) \|", text, re.M)] == codes == list(EXIT_CODES)


def test_every_key_of_a_scheme_is_described() -> None:
    schema = Scheme.model_json_schema(by_alias=True)
    for name, model in [("Scheme", schema), *schema["$defs"].items()]:
        for key, entry in model.get("properties", {}).items():
            assert entry.get("description"), f"{name}.{key}"


def test_the_store_s_words_are_its_columns() -> None:
    tables = {name: ["about", *(column for column, _ in columns)] for name, columns in store_tables().items()}
    assert {name: list(words) for name, words in store_words().items()} == tables


# ------------------------------------------------------------------ JSON Schemas


class _Text(yaml.SafeLoader):
    """YAML as the scheme's loader takes it: a month is a text."""


_Text.add_constructor("tag:yaml.org,2002:timestamp", _Text.construct_yaml_str)
FILES = [*sorted((templates() / "schemes").glob("*/*.yaml")), *sorted((templates() / "packs").glob("*.yaml"))]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_editors_have_nothing_against_what_is_shipped(path: Path) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    validator = jsonschema.Draft202012Validator(editor_schema())
    data = yaml.load(path.read_text("utf-8"), _Text)
    assert [error.json_path for error in validator.iter_errors(data)] == []


@pytest.mark.parametrize(
    "wrong", [{"fields": {"A": {"en": "x"}}}, {"groups": [{"group": "g", "points": []}]}, {"grade": []}]
)
def test_editors_mark_what_is_wrong(wrong: dict[str, Any]) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    assert not jsonschema.Draft202012Validator(editor_schema()).is_valid(wrong)


def closed(node: Any) -> Any:
    """The schema with no key allowed that it does not describe."""
    if isinstance(node, dict):
        held = {key: closed(value) for key, value in node.items()}
        return {**held, "additionalProperties": False} if isinstance(node.get("properties"), dict) else held
    return [closed(value) for value in node] if isinstance(node, list) else node


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """The demonstration's scores.json, and that of a run with a return list, a waiver and the month of a big scheme."""
    folder = tmp_path_factory.mktemp("demo")
    run_demo(folder)
    waiver = folder / "waivers.yaml"
    waiver.write_text("- {dealer: D006, code: XK-V001, month: 2026-11, reason: 台风停业, who: 王经理}\n", "utf-8")
    words = ["score", str(folder / "filled"), "--issue", str(folder / "blank"), "-o", str(folder / "again"), "--roster",
             str(folder / "dealers.xlsx"), "--waivers", str(waiver), "--jobs", "1"]  # fmt: skip
    assert CliRunner().invoke(cli.main, words).exit_code == 4
    paths = (folder / "out" / "scores.json", folder / "again" / "scores.json")
    return [json.loads(path.read_text("utf-8")) for path in paths]


def test_real_results_fit_the_schema_of_scores(results: list[dict[str, Any]]) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads((templates() / "schemas" / "scores.schema.json").read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(closed(schema))
    assert {dealer["status"] for found in results for dealer in found["dealers"]} == {
        "scored", "provisional", "rejected"
    }  # fmt: skip
    assert results[1]["rulings"] and results[1]["returns"]
    for data in results:
        for error in validator.iter_errors(data):
            best = jsonschema.exceptions.best_match([error])
            raise AssertionError(f"scores.json {best.json_path}: {best.message}")
