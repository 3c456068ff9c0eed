"""The reference pages, made from the program itself. `python -m tests.docs.generate` writes them anew.

A test holds every page to what is generated, so that a command, a rule, a key or a column cannot change unnoticed.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import click
import yaml

from xlkpi import cli
from xlkpi.cli import shared
from xlkpi.findings import CodeEntry, catalogue
from xlkpi.resources import templates
from xlkpi.scheme.model import Scheme
from xlkpi.scheme.rules import Case, Rule, load_rules
from xlkpi.scheme.schema import editor_schema

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference"
FINDINGS = ROOT / "templates" / "findings"
COMMAND = "python -m tests.docs.generate"
MADE = f"<!-- Generated: do not edit. `{COMMAND}` writes this page anew. -->\n\n"


def main() -> None:
    """Write every generated page whose text has changed."""
    for path, page in PAGES.items():
        text = page()
        if not path.exists() or path.read_text("utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
            click.echo(path.relative_to(ROOT))


def table(headings: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    """A Markdown table; bars and line breaks in the cells are made harmless."""
    lines = [headings, tuple("---" for _ in headings), *(tuple(_cell(text) for text in row) for row in rows)]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def code(text: str) -> str:
    """Text as code; nothing where there is nothing."""
    return f"`{text}`" if text else ""


# ------------------------------------------------------------------ commands


EXIT_CODES = {
    0: "clean, or nothing worse than a warning",
    shared.ERRORS: "a finding of severity error; lint found a problem; audit found a difference; a file, or Excel, "
    "could not be written",
    shared.USAGE: "usage: an option is missing or wrong, the folder holds no issue, the month is outside the scheme",
    shared.UNSAFE: "a file was refused as unsafe",
    shared.PARTLY: "some files could not be scored; the others were",
}


def commands(group: click.Group = cli.main, path: str = "xlkpi") -> Iterator[tuple[str, click.Command]]:
    """Every command that does something, with the words that call it."""
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{path} {name}")
        else:
            yield f"{path} {name}", command


def commands_page() -> str:
    """What `--help` says of every command."""
    listed = dict(commands())
    contents = "".join(
        f"- [{name}](#{name.replace(' ', '-')}): {_first(command)}\n" for name, command in listed.items()
    )
    codes = table(("code", "meaning"), [(str(number), text) for number, text in EXIT_CODES.items()])
    sections = "".join(_command(name, command) for name, command in listed.items())
    return (
        f"{MADE}# Commands\n\nAll commands with their options, as `--help` prints them. `xlkpi --version` prints the "
        "version.\n中文见[命令](../zh/commands.md)。\n\n"
        f"{contents}\n## Exit codes\n\n{codes}{sections}"
    )


def _first(command: click.Command) -> str:
    return " ".join((command.help or "").split()).partition(". ")[0].rstrip(".")


def _command(name: str, command: click.Command) -> str:
    context = click.Context(command, info_name=name)
    usage = " ".join([name, *command.collect_usage_pieces(context)])
    text = f"\n## {name}\n\n{' '.join((command.help or '').split())}\n\n```text\n{usage}\n```\n"
    rows = [_option(option, context) for option in command.params if isinstance(option, click.Option)]
    return text + (f"\n{table(('option', 'value', 'meaning'), rows)}" if rows else "")


def _option(option: click.Option, context: click.Context) -> tuple[str, str, str]:
    extra = option.get_help_extra(context)
    notes = ["required"] if option.required else []
    notes += [f"default: {extra['default']}"] if "default" in extra else []
    value = "" if option.is_flag else option.make_metavar(context)
    meaning = f"{option.help} ({'; '.join(notes)})" if notes else str(option.help)
    return ", ".join(code(spelling) for spelling in option.opts), code(value), meaning


# ------------------------------------------------------------------ findings


FINDINGS_HEAD = {
    "en": (
        "# Findings\n\nEvery code that xlkpi can say, with cause and remedy; `xlkpi explain CODE` says the same.\n"
        "Numbers are never used again. Words in braces are facts of the case. [中文](README.zh-CN.md)\n"
    ),
    "zh": (
        "# 问题代码\n\nxlkpi 会说的每一个代码，连同原因和办法；`xlkpi explain 代码` 说的也是这些。\n"
        "编号不会再用。花括号里是具体的事实。[English](README.md)\n"
    ),
}
FINDINGS_WORDS = {
    "en": ("severity", "cause", "remedy", "since", "the 校验 column shows", "unsafe: the file was refused unread",
           "cannot be switched off, changed or waived"),
    "zh": ("级别", "原因", "怎么办", "始于版本", "“校验”栏显示", "不安全：文件被拒绝，没有读取",
           "不能关闭、改级别或豁免"),
}  # fmt: skip


def findings_page(lang: str) -> str:
    """The page of all codes: a section each."""
    return FINDINGS_HEAD[lang] + "".join(_finding(entry, lang) for entry in catalogue().values())


def _finding(entry: CodeEntry, lang: str) -> str:
    severity, cause, remedy, since, live, unsafe, fixed = FINDINGS_WORDS[lang]
    word = entry.severity.word if lang == "zh" else entry.severity.name.lower()
    text = entry.texts[lang]
    lines = [
        f"- {severity}: {word}; {since}: {entry.since}", f"- {cause}: {text['cause']}", f"- {remedy}: {text['remedy']}",
        *([f"- {live}: {entry.live}"] if entry.live else []),
        *([f"- {unsafe}"] if entry.unsafe else []), *([f"- {fixed}"] if entry.fixed else []),
    ]  # fmt: skip
    body = "\n".join(lines)
    if lang == "zh":
        body = body.replace(": ", "：").replace("; ", "；")
    return f"\n## {entry.code}\n\n**{text['message']}** (`{entry.name}`)\n\n{body}\n"


# ------------------------------------------------------------------ rules


KINDS = {
    "score": "Scoring rules, written under `score:` of an item. The formula yields the item's base points.",
    "clause": "What clauses do. The form of the clause chooses the rule; a scheme does not name it.",
    "gate": "The gate of a group, written as `gate: {at_least: 60%}`.",
    "not_applicable": "What becomes of an item that is 不适用: `not_applicable:` of a group, or `defaults`. "
    "`factor` multiplies the group's other items.",
    "rounding": "Rounding of the published total.",
    "grade": "The grade, from the list `grades:`.",
}


def rules_page() -> str:
    """Every shipped rule with its parameters, formula and edge cases."""
    rules = load_rules().values()
    text = (
        f"{MADE}# Rules\n\nThe rules that are shipped, from `templates/rules/`. Each case is evaluated by the tests on "
        "every engine.\nHow to write a rule of your own: [schemes](../schemes.md#writing-a-rule).\n"
    )
    for kind, about in KINDS.items():
        text += f"\n## {kind.replace('_', ' ')}\n\n{about}\n"
        text += "".join(_rule(rule) for rule in rules if rule.kind == kind)
    functions = [line for line in (templates() / "functions.txt").read_text("utf-8").split("\n") if line[:1].isalpha()]
    return text + (
        "\n## Functions\n\nFormulas may use these functions, which Excel 2016, WPS, LibreOffice 7 and both engines "
        "share:\n"
        f"{', '.join(code(name) for name in functions)}.\n"
    )


def _rule(rule: Rule) -> str:
    text = f"\n### {rule.name}\n\n{rule.label}. {' '.join(rule.meaning.split())}\n\n"
    text += table(
        ("parameter", "type", "meaning", "default"),
        [(code(name), _type(p), f"{p.label}: {p.en}", "required" if p.required else _plain(p.default))
         for name, p in rule.parameters.items()],
    )  # fmt: skip
    for part in ("formula", "factor", "sentence"):
        if template := getattr(rule, part):
            text += f"\n{part}:\n\n```jinja\n{template.strip()}\n```\n"
    return text + "\n" + table(("arguments", "given", "points", "gives", "why"), [_case(case) for case in rule.cases])


def _type(parameter: Any) -> str:
    bounds = [f"above {parameter.above:g}"] if parameter.above is not None else []
    bounds += [f"at most {parameter.at_most:g}"] if parameter.at_most is not None else []
    choices = [" or ".join(code(choice) for choice in parameter.choices)] if parameter.choices else []
    return ", ".join([str(parameter.type), *bounds, *choices])


def _plain(value: Any) -> str:
    return "" if value is None else f"`{value}`"


def _case(case: Case) -> tuple[str, ...]:
    arguments = ", ".join(f"{key}: {_argument(value)}" for key, value in case.arguments.items())
    given = ", ".join(f"{key} = {value}" for key, value in case.given.items())
    return arguments, given, case.points, str(case.gives).removesuffix(".0") or '""', case.why


def _argument(value: Any) -> str:
    if isinstance(value, list | tuple):
        return f"[{', '.join(_argument(entry) for entry in value)}]"
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{key}: {_argument(entry)}' for key, entry in value.items())}}}"
    return str(value)


# ------------------------------------------------------------------ keys of a scheme, and scores.json


def scheme_page() -> str:
    """Every key of a scheme's YAML, from the JSON Schema that editors use."""
    schema = editor_schema()
    schema["required"] = Scheme.model_json_schema(by_alias=True)["required"]
    text = (
        f"{MADE}# Keys of a scheme\n\nEvery key that the YAML of a scheme may have. `xlkpi scheme schema` prints the "
        "same as a JSON Schema,\nwith which editors complete and check while you type. How to use them: "
        "[writing a scheme](../schemes.md).\n\nEvery entry may also have `source` (where it stands in the source "
        "documents) and `note` (what was unclear or\nis a decision of your own).\n"
    )
    text += _keys("The scheme", "scheme", schema)
    for name, model in sorted(schema["$defs"].items()):
        if name != "Score":
            text += _keys(name, name, model)
    return text + (
        "\n## Score\n\nOne scoring rule: `{RULE: NAME}`, or `{RULE: {of: NAME, PARAMETER: VALUE}}`. The rules and "
        "their parameters are on the page\n[rules](rules.md#score).\n"
    )


def scores_page() -> str:
    """Every key of scores.json, from its JSON Schema."""
    schema = json.loads((templates() / "schemas" / "scores.schema.json").read_text("utf-8"))
    text = (
        f"{MADE}# scores.json\n\n{schema['description']}\nIts JSON Schema is "
        "[templates/schemas/scores.schema.json](../../templates/schemas/scores.schema.json); the tests validate "
        "real results with it.\n`scores.csv` has the same in long form: dealer, month, kind, id, value.\n"
    )
    text += _keys("The file", "file", schema)
    return text + "".join(
        _keys(name.replace("_", " "), name, model) for name, model in schema["$defs"].items() if "properties" in model
    )


def _keys(title: str, anchor: str, model: Mapping[str, Any]) -> str:
    text = f"\n## {title}\n"
    if anchor not in ("scheme", "file") and model.get("description"):
        text += f"\n{' '.join(model['description'].split())}\n"
    required = model.get("required", ())
    rows = [
        (code(key), _kind(entry), "required" if key in required else _default(entry), entry.get("description", ""))
        for key, entry in model.get("properties", {}).items()
        if anchor == "scheme" or key not in ("source", "note") or "$schema" in model
    ]
    return text + (f"\n{table(('key', 'value', 'default', 'meaning'), rows)}" if rows else "")


def _kind(entry: Mapping[str, Any]) -> str:
    """The value of a key in words, with links to the objects it holds."""
    if "$ref" in entry:
        name = entry["$ref"].rpartition("/")[2]
        return _WORDS.get(name) or f"[{name.replace('_', ' ')}](#{name.replace('_', '-').lower()})"
    if "const" in entry or "enum" in entry:
        return ", ".join(code(str(value)) for value in entry.get("enum", [entry.get("const")]))
    if "anyOf" in entry:
        return " or ".join(dict.fromkeys(_kind(one) for one in entry["anyOf"] if one.get("type") != "null"))
    kinds = entry.get("type", "object")
    if isinstance(kinds, list):
        return " or ".join(_WORDS.get(kind, kind) for kind in kinds)
    if kinds == "array":
        return f"list of {_kind(entry['items'])}" if "items" in entry else "list"
    if kinds == "object" and isinstance(entry.get("additionalProperties"), Mapping):
        return f"by name: {_kind(entry['additionalProperties'])}"
    if kinds == "object" and "properties" in entry:
        return "object of " + ", ".join(code(key) for key in entry["properties"])
    return _WORDS.get(kinds, kinds)


_WORDS = {
    "string": "text", "boolean": "true or false", "integer": "whole number", "month": "month", "value": "value",
    "points_or_absence": "number, or the word of an absence", "range": "two numbers", "absence": "word of an absence",
}  # fmt: skip


def _default(entry: Mapping[str, Any]) -> str:
    default = entry.get("default")
    if default in (None, "", [], {}) or isinstance(default, dict):
        return ""
    return code(str(default).lower() if isinstance(default, bool) else str(default))


# ------------------------------------------------------------------ the store


def store_words() -> dict[str, dict[str, str]]:
    """What each table and column means."""
    loaded: dict[str, dict[str, str]] = yaml.safe_load(
        Path(__file__).with_name("store_columns.yaml").read_text("utf-8")
    )
    return loaded


def store_tables() -> dict[str, list[tuple[str, str]]]:
    """The tables of a new store with their columns and types, as DuckDB has them."""
    from xlkpi.month.store.file import open_store

    with tempfile.TemporaryDirectory() as folder, open_store(Path(folder) / "new.duckdb", write=True) as store:
        rows = store.rows("SELECT table_name, column_name, data_type FROM duckdb_columns() WHERE NOT internal "
                          "ORDER BY table_oid, column_index")  # fmt: skip
    tables: dict[str, list[tuple[str, str]]] = {}
    for name, column, kind in rows:
        if name != "xlkpi_store":
            tables.setdefault(name, []).append((column, kind))
    return tables


def store_page() -> str:
    """The tables of the history file."""
    words = store_words()
    text = (
        f"{MADE}# The history file\n\n`--store FILE` keeps every scored run in one DuckDB file "
        "([history](../howto/history.md)). These are its tables;\n`xlkpi store export` writes each as a Parquet file. "
        "Points are points of the scheme, months are YYYY-MM.\n"
    )
    for name, columns in store_tables().items():
        rows = [(code(column), kind.lower(), words[name][column]) for column, kind in columns]
        text += f"\n## {name}\n\n{words[name]['about']}\n\n{table(('column', 'type', 'meaning'), rows)}"
    return text


PAGES: dict[Path, Callable[[], str]] = {
    REFERENCE / "commands.md": commands_page,
    REFERENCE / "rules.md": rules_page,
    REFERENCE / "scheme.md": scheme_page,
    REFERENCE / "scores.md": scores_page,
    REFERENCE / "store.md": store_page,
    FINDINGS / "README.md": lambda: findings_page("en"),
    FINDINGS / "README.zh-CN.md": lambda: findings_page("zh"),
}

if __name__ == "__main__":
    main()
