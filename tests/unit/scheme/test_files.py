"""YAML with lines."""

from __future__ import annotations

from pathlib import Path

from xlkpi.scheme.files import Problem, SchemeError, merge, plain


def write(folder: Path, **texts: str) -> list[Path]:
    paths = []
    for name, text in texts.items():
        path = folder / f"{name}.yaml"
        path.write_text(text, "utf-8")
        paths.append(path)
    return paths


def test_maps_join_and_lists_follow_one_another(tmp_path: Path) -> None:
    paths = write(tmp_path, a="fields: {甲: 1}\nlist: [1]\n", b="fields: {乙: 2}\nlist: [2, 3]\n")
    sources, problems = merge(paths)
    assert problems == []
    assert plain(sources.data) == {"fields": {"甲": 1, "乙": 2}, "list": [1, 2, 3]}


def test_each_entry_is_found_in_its_own_file(tmp_path: Path) -> None:
    paths = write(
        tmp_path, a="fields:\n  甲: {en: x}\nlist:\n- {p: 1}\n", b="\n\nfields:\n  乙: {en: y}\nlist:\n- {p: 2}\n"
    )
    sources, _ = merge(paths)
    assert str(sources.problem(("fields", "甲", "en"), "!")) == "a.yaml:2: !"
    assert str(sources.problem(("fields", "乙", "en"), "!")) == "b.yaml:4: !"
    assert str(sources.problem(("list", 0, "p"), "!")) == "a.yaml:4: !"
    assert str(sources.problem(("list", 1, "p"), "!")) == "b.yaml:6: !"


def test_a_path_that_leads_nowhere_gives_the_nearest_line(tmp_path: Path) -> None:
    sources, _ = merge(write(tmp_path, a="fields:\n  甲: {en: x}\n"))
    assert str(sources.problem(("fields", "甲", "unit", "deep"), "!")) == "a.yaml:2: !"
    assert str(sources.problem(("absent",), "!")) == "scheme: !"
    assert str(sources.problem((), "!")) == "scheme: !"


def test_validity_and_defaults_are_never_joined(tmp_path: Path) -> None:
    _, problems = merge(write(tmp_path, a="valid: {from: 2026-01}\n", b="valid: {until: 2026-12}\n"))
    assert [str(problem) for problem in problems] == ["b.yaml:1: valid already stands in a.yaml:1; keep one"]


def test_plain_values_are_of_pythons_own_types(tmp_path: Path) -> None:
    sources, _ = merge(write(tmp_path, a="a: 0x10\nb: 1.50\nc: 'x'\nd: yes\ne: null\nf: 2026-01\n"))
    data = plain(sources.data)
    assert data == {"a": 16, "b": 1.5, "c": "x", "d": "yes", "e": None, "f": "2026-01"}
    assert {key: type(value) for key, value in data.items()} == {
        "a": int, "b": float, "c": str, "d": str, "e": type(None), "f": str,
    }  # fmt: skip


def test_the_error_of_a_scheme_lists_every_problem() -> None:
    error = SchemeError([Problem("a.yaml", 3, "one"), Problem("b.yaml", 0, "two")])
    assert str(error) == "a.yaml:3: one\nb.yaml: two"
