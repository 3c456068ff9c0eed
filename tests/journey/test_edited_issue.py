"""An issue.json that somebody edited by hand: every key wrong in type, missing, or with something added.

A plain run loads a sample; `-m slow` loads them all, and puts a sample of what loads through the commands.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from journey.commands import call
from xlkpi.cli.boundary import INTERNAL
from xlkpi.issue import ISSUE_FILE, MASTER_FILE, Issue, IssueError

WRONG = (None, True, 7, -1.5, float("inf"), "", "\x1b[2J", "a|b", [], [1], {}, {"x": 1}, "9" * 50)
DELETED, ADDED = object(), object()
DEPTH, WIDTH, LONG = 5, 12, 2  # levels, keys of a level, entries of a list
Path_ = tuple[str | int, ...]


def places(node: Any, at: Path_ = ()) -> Iterator[Path_]:
    """Where something can be edited."""
    keys: list[Any] = list(node)[:WIDTH] if isinstance(node, dict) else list(range(len(node)))[:LONG]
    for key in keys:
        yield (*at, key)
        if isinstance(node[key], dict | list) and len(at) < DEPTH:
            yield from places(node[key], (*at, key))


def edited(node: Any, place: Path_, wrong: object) -> Any:
    """A copy with something wrong in a place; what does not lie on the way there is shared with the original."""
    copy: Any = dict(node) if isinstance(node, dict) else list(node)
    first, *way = place
    if way:
        copy[first] = edited(node[first], tuple(way), wrong)
    elif wrong is DELETED:
        del copy[first]
    elif wrong is not ADDED:
        copy[first] = wrong
    elif isinstance(node[first], dict):
        copy[first] = {**node[first], "x": 1}
    else:
        copy[first] = [*node[first], None] if isinstance(node[first], list) else [node[first]]
    return copy


@pytest.fixture(scope="module")
def issued(issue: Issue, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("edited")
    issue.save(folder)
    return folder


def cases(data: Any, count: int | None, seed: int) -> list[tuple[Path_, object]]:
    every = [(place, wrong) for place in places(data) for wrong in (*WRONG, DELETED, ADDED)]
    assert len(every) > 3_000
    return every if count is None else random.Random(seed).sample(every, count)


def loads(folder: Path, data: Any, place: Path_, wrong: object) -> bool:
    """Whether an edited issue is one still; what is none is told in words that a terminal takes."""
    (folder / ISSUE_FILE).write_text(json.dumps(edited(data, place, wrong), ensure_ascii=False), "utf-8")
    try:
        Issue.load(folder)
    except IssueError as error:
        assert "\x1b" not in str(error)
        return False
    return True


@pytest.mark.parametrize("count", [150, pytest.param(None, marks=pytest.mark.slow)])
def test_an_edited_issue_is_loaded_or_refused(count: int | None, issued: Path, tmp_path: Path) -> None:
    data = json.loads((issued / ISSUE_FILE).read_text("utf-8"))
    (tmp_path / MASTER_FILE).write_bytes((issued / MASTER_FILE).read_bytes())
    loaded = [loads(tmp_path, data, place, wrong) for place, wrong in cases(data, count, 1)]
    assert len(loaded) // 10 < sum(loaded) < len(loaded) // 2


@pytest.mark.parametrize(
    "top", ["month", "deadline", "contact", "roster", "targets", "history", "layout", "scheme", "master"]
)
def test_without_a_key_it_is_no_issue(top: str, issued: Path, tmp_path: Path) -> None:
    data = json.loads((issued / ISSUE_FILE).read_text("utf-8"))
    (tmp_path / MASTER_FILE).write_bytes((issued / MASTER_FILE).read_bytes())
    assert not loads(tmp_path, data, (top,), DELETED)
    done = call(["inspections", "new", "--issue", str(tmp_path), "-o", str(tmp_path / "a.xlsx")])
    assert done.exit_code == 2, done.output
    assert "issue.json" in done.output


@pytest.mark.slow
def test_an_edited_issue_ends_no_command(issued: Path, filled: bytes, tmp_path: Path) -> None:
    data, sent = json.loads((issued / ISSUE_FILE).read_text("utf-8")), tmp_path / "a.xlsx"
    (tmp_path / MASTER_FILE).write_bytes((issued / MASTER_FILE).read_bytes())
    sent.write_bytes(filled)
    tried = 0
    for place, wrong in cases(data, 400, 2):
        if tried < 40 and loads(tmp_path, data, place, wrong):
            tried += 1
            for words in (
                ["check", str(sent), "--issue", str(tmp_path)],
                ["score", str(sent), "--issue", str(tmp_path), "-o", str(tmp_path / "out"), "--replace"],
            ):
                done = call(words)
                assert done.exit_code != INTERNAL, (place, wrong, done.output)
                assert isinstance(done.exception, SystemExit | None)
                assert "\x1b" not in done.output
    assert tried == 40
