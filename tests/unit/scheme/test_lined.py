"""YAML with lines: what a scalar is, where an entry stands, and what is refused."""

from __future__ import annotations

import math

import pytest

from xlkpi.scheme.lined import LinedList, LinedMap, MarkedYAMLError, YAMLError, read


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("yes", "yes"), ("no", "no"), ("on", "on"), ("12:30", "12:30"), ("2026-11", "2026-11"),
        ("2026-11-06", "2026-11-06"), ("=", "="), ("5%", "5%"), ("1,000", "1,000"), ("甲", "甲"),
        ("true", True), ("False", False), ("~", None), ("", None), ("null", None),
        ("5", 5), ("-5", -5), ("+5", 5), ("010", 10), ("0o10", 8), ("0x1F", 31), ("0b101", 5), ("1_000", 1000),
        ("0.5", 0.5), (".5", 0.5), ("5.", 5.0), ("1e3", 1000.0), ("-.inf", -math.inf), ("!!str 5", "5"),
        ("'5'", "5"), ("!!float 5", 5.0), ("!!python/name:os.system x", "x"),
    ],
)  # fmt: skip
def test_a_scalar_is_what_it_is_in_yaml_1_2(written: str, value: object) -> None:
    read_back = read(f"a: {written}\n")["a"]
    assert read_back == value
    assert type(read_back) is type(value)


def test_nan_is_a_number() -> None:
    assert math.isnan(read(".nan"))


def test_every_entry_knows_its_line() -> None:
    read_back = read("# a word before\na:\n  b: 1\nc:\n- 2\n\n- d: 3\n")
    assert isinstance(read_back, LinedMap)
    assert read_back.lines == {"a": 2, "c": 4}
    assert read_back["a"].line("b") == 3
    assert isinstance(read_back["c"], LinedList)
    assert read_back["c"].lines == [5, 7]
    assert read_back["c"].line(1) == 7
    assert read_back["c"].line(2) is None


def test_what_is_taken_in_stands_behind_and_gives_way() -> None:
    read_back = read("x: &x {p: 1, q: 1}\ny: &y {q: 2, r: 2}\nz: {<<: [*x, *y], p: 3}\n")["z"]
    assert list(read_back.items()) == [("p", 3), ("q", 1), ("r", 2)]
    assert set(read_back.lines) == {"p"}


def test_an_alias_is_the_same_object() -> None:
    read_back = read("a: &x [1]\nb: *x\n")
    assert read_back["a"] is read_back["b"]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: 1\na: 2\n", 2), ("a: &x [*x]\n", 1), ("a: 1\n? [c]\n: d\n", 2), ("<<: 5\n", 1), ("a: !!int x\n", 1),
        ("a: *unknown\n", 1), ("a: 1\n---\nb: 2\n", 2), ("a: [1, 2\n", 2), ("a: 'b\n", 2),
        ("[" * 150 + "]" * 150, 1), ("[" * 100_000, 1),
    ],
)  # fmt: skip
def test_what_is_no_yaml_is_refused_with_its_line(text: str, line: int) -> None:
    with pytest.raises(MarkedYAMLError) as caught:
        read(text)
    assert caught.value.problem_mark.line + 1 == line


def test_a_character_that_is_none_is_refused() -> None:
    with pytest.raises(YAMLError):
        read("a: \x00\n")
