"""The command line in Chinese: every text has its Chinese, and the system or `--lang` decides."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

import xlkpi
from xlkpi.cli import main
from xlkpi.cli.language import language_and_words, of_the_system, switch_language
from xlkpi.language import catalogue, in_chinese

NEVER_SHOWN = {
    "_termui_impl.py", "_winconsole.py", "shell_completion.py", "termui.py",
}  # fmt: skip
"""Parts of click that none of our commands uses: prompts, an editor, completion."""
NOT_OURS = (
    *("Could not determine name", "No options defined", "Arguments take exactly", "Name '{name}'", "Boolean option"),
    *("Do you want", "Confirm the action", "(dynamic)"),
)
"""What click says to who declares a command wrongly."""


def commands(command: click.Command = main) -> Iterator[click.Command]:
    yield command
    for inner in command.commands.values() if isinstance(command, click.Group) else ():
        yield from commands(inner)


def helps() -> set[str]:
    switch_language(main, "en")
    texts = [
        text for command in commands() for text in (command.help, *(getattr(p, "help", None) for p in command.params))
    ]
    paragraphs = (part for text in texts if text for part in re.split(r"\n\s*\n", text))
    return {re.sub(r"\s+", " ", part.strip()) for part in paragraphs}


def click_says() -> set[str]:
    said = set()
    for path in Path(click.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if path.name not in NEVER_SHOWN and isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                texts = node.args[: {"_": 1, "ngettext": 2}.get(node.func.id, 0)]
                said |= {text.value for text in texts if isinstance(text, ast.Constant)}
    return {text for text in said if not text.startswith(NOT_OURS)}


def raised() -> Iterator[str]:
    """What is raised or yielded as a problem where schemes, issues and results are read, with a word in each place."""
    package = Path(xlkpi.__file__).parent
    for path in (*package.glob("scheme/*.py"), package / "issue.py", package / "month" / "scores.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            match node:
                case ast.Raise(exc=ast.Call(func=ast.Name(id=kind), args=[text, *_])) if kind != "TypeError":
                    yield from _sentence(text)
                case ast.Yield(value=ast.Tuple(elts=[_, text])):
                    yield from _sentence(text)


def _sentence(text: ast.expr) -> Iterator[str]:
    parts = text.values if isinstance(text, ast.JoinedStr) else [text]
    words = "".join(str(part.value) if isinstance(part, ast.Constant) else "Xq" for part in parts)
    if re.search("[a-z] [a-z]", words):
        yield words


def test_every_message_about_what_was_read_has_its_chinese() -> None:
    told = {text: in_chinese(text) for text in raised()}
    assert len(told) > 40
    without_commands = {text: re.sub("xlkpi [a-z]+", "", chinese) for text, chinese in told.items()}
    assert [text for text, chinese in without_commands.items() if re.search("[a-z] [a-z]", chinese)] == []


def test_every_help_text_has_its_chinese() -> None:
    assert len(helps()) > 80
    assert not helps() - catalogue().keys()


def test_every_message_of_click_has_its_chinese() -> None:
    assert len(click_says()) > 30
    assert not click_says() - catalogue().keys()


def test_no_help_page_has_english_left() -> None:
    for command in commands():
        words = [] if command is main else _path_of(command)
        shown = CliRunner().invoke(main, ["--lang", "zh", *words, "--help"], prog_name="xlkpi").output
        prose = re.sub(r"--?[a-z][a-z-]*|\[[^\]]*\]|xlkpi(?: [a-z]+)*|[A-Z][A-Z-]+( RANGE)?", "·", shown)
        assert not re.search(r"[A-Za-z]+ [a-z]+ [a-z]+", prose), shown


def _path_of(wanted: click.Command, group: click.Group = main) -> list[str]:
    for name, command in group.commands.items():
        if command is wanted:
            return [name]
        if isinstance(command, click.Group) and (rest := _path_of(wanted, command)):
            return [name, *rest]
    return []


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({"LANG": "zh_CN.UTF-8"}, "zh"), ({"LANG": "zh_CN.GB18030", "LC_ALL": "C"}, "en"), ({"LC_ALL": "zh_HK"}, "zh"),
        ({"LC_MESSAGES": "zh_CN", "LANG": "en_US"}, "zh"), ({"LANG": "C.UTF-8"}, "en"), ({}, "en"),
    ],
)  # fmt: skip
def test_the_system_s_locale_decides(environment: dict[str, str], language: str) -> None:
    assert of_the_system(environment) == language


@pytest.mark.parametrize(
    ("words", "language", "kept"),
    [
        (["--lang", "zh", "score", "x"], "zh", ["--lang", "zh", "score", "x"]),
        (["score", "x", "--lang", "zh"], "zh", ["--lang", "zh", "score", "x"]),
        (["score", "--lang=zh", "x"], "zh", ["--lang=zh", "score", "x"]),
        (["explain", "V001", "--lang", "zh"], "zh", ["explain", "V001", "--lang", "zh"]),
        (["score", "x"], "en", ["score", "x"]),
        (["score", "--lang", "fr"], "en", ["--lang", "fr", "score"]),
    ],
)
def test_it_may_be_asked_for_anywhere(
    monkeypatch: pytest.MonkeyPatch, words: list[str], language: str, kept: list[str]
) -> None:
    monkeypatch.setenv("LC_ALL", "C")
    assert language_and_words(words, ["explain"]) == (language, kept)


def test_a_language_is_of_one_call_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "C")
    shown = [CliRunner().invoke(main, [*lang, "score"]).output for lang in ([], ["--lang", "zh"], [])]
    assert shown[0] == shown[2]
    assert "Missing argument" in shown[0]
    assert "缺少参数" in shown[1]


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("scheme.yaml:12: 台数 is defined twice; keep one", "scheme.yaml 第 12 行：台数 定义了两次，请只留一处"),
        ("x.yaml:3: not YAML: did not find expected key", "x.yaml 第 3 行：不是合格的 YAML（缩进或键的写法不对）"),
        ("x.yaml:1: groups.0.points: Input should be a valid number", "x.yaml 第 1 行：groups.0.points：要写数"),
        ("nobody wrote this down", "nobody wrote this down"),
    ],
)
def test_a_text_is_looked_up_by_its_template(english: str, chinese: str) -> None:
    assert in_chinese(english) == chinese
