"""Findings are values; their codes and texts are data, whole in two languages, and every code is in use."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
import yaml
from shared.tables import table

import xlkpi
from xlkpi.findings import Audience, Finding, Severity, catalogue, example_facts, is_unsafe, worst
from xlkpi.month.returns import ReturnStatus, errors_of
from xlkpi.resources import templates
from xlkpi.scheme.lined import read
from xlkpi.values import Place

CODES = sorted(catalogue())
SOURCE = {path: path.read_text("utf-8") for path in Path(xlkpi.__file__).parent.rglob("*.py")}
LITERAL = re.compile(r"\bXK-[A-Z]\d{3}\b")
IN_SOURCE = {path: set(LITERAL.findall(text)) for path, text in SOURCE.items()}


def fields_of(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@table("code", CODES)
def test_a_code_has_message_cause_and_remedy_in_both_languages(code: str) -> None:
    entry = catalogue()[code]
    assert re.fullmatch(r"XK-[FTVRPISW]\d{3}", code)
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", entry.name)
    assert re.fullmatch(r"\d+\.\d+\.\d+", entry.since)
    for lang in ("zh", "en"):
        assert set(entry.texts[lang]) - {"letter", "to_dealer"} == {"message", "cause", "remedy"}
        assert all(isinstance(text, str) and text.strip() for text in entry.texts[lang].values())
    assert re.search(r"[一-鿿]", entry.texts["zh"]["message"])


@table("code", CODES)
def test_both_languages_tell_the_same_facts(code: str) -> None:
    zh, en = catalogue()[code].texts["zh"], catalogue()[code].texts["en"]
    assert fields_of(zh["message"]) == fields_of(en["message"])
    assert fields_of(zh.get("to_dealer", "")) == fields_of(en.get("to_dealer", "")) <= fields_of(zh["message"])


@table("code", CODES)
def test_a_message_without_its_facts_raises_and_with_them_is_whole(code: str) -> None:
    wanted = fields_of(catalogue()[code].texts["zh"]["message"])
    facts = {name: f"<{name}>" for name in wanted} | dict.fromkeys(("expected", "dealer", "column", "label"), "<x>")
    for lang in ("zh", "en"):
        message = Finding(code, facts=facts).message(lang)
        assert "{" not in message
        assert all(str(facts[name]) in message for name in wanted)
        assert Finding(code, facts=facts).remedy(lang)
    for name in wanted:
        with pytest.raises(KeyError, match=name):
            Finding(code, facts={k: v for k, v in facts.items() if k != name}).message()


@pytest.mark.parametrize("path", sorted((templates() / "findings").glob("*.yaml")), ids=lambda path: path.stem)
def test_the_catalogue_means_the_same_in_yaml_1_1_and_1_2(path: Path) -> None:
    """It is read as 1.1, where a bare `no` is no word; schemes are read as 1.2."""
    text = path.read_text("utf-8")
    assert yaml.safe_load(text) == read(text)


def test_names_and_live_words_are_each_used_once() -> None:
    names = [entry.name for entry in catalogue().values()]
    words = [entry.live for entry in catalogue().values() if entry.live]
    assert len(names) == len(set(names))
    assert len(words) == len(set(words))


def test_every_code_in_the_source_is_in_the_catalogue() -> None:
    unknown = {path.name: codes - set(CODES) for path, codes in IN_SOURCE.items() if codes - set(CODES)}
    assert unknown == {}


@table("code", CODES)
def test_every_code_of_the_catalogue_is_raised_somewhere(code: str) -> None:
    by_ending = bool(catalogue()[code].endings)
    assert by_ending or any(code in codes for codes in IN_SOURCE.values())


@table("code", CODES)
@table("lang", ["zh", "en"])
def test_every_code_is_explained_by_an_example(code: str, lang: str) -> None:
    for part in catalogue()[code].texts[lang]:
        assert "{" not in catalogue()[code].render(part, lang, example_facts(lang))


def test_unsafe_are_exactly_the_codes_of_a_file_refused_as_dangerous() -> None:
    assert [code for code, entry in catalogue().items() if entry.unsafe] == [
        *("XK-F005", "XK-F006", "XK-F007", "XK-F008", "XK-F020", "XK-F021", "XK-F022", "XK-F023", "XK-F025", "XK-F028"),
    ]  # fmt: skip


def test_what_is_understood_or_repaired_is_a_notice_and_moves_no_exit_code() -> None:
    notices = {code for code, entry in catalogue().items() if entry.severity is Severity.NOTICE}
    assert {"XK-V009", "XK-V010", "XK-V012", "XK-T006", "XK-T009", "XK-F010"} <= notices
    told = {code for code, entry in catalogue().items() if entry.severity is Severity.ERROR and code[:4] == "XK-I"}
    of_sheet = {f"XK-I0{number}" for number in ("01", "02", "05", 30, 33, 34, 35, 41, 44)}
    assert told == of_sheet | {"XK-I032"}, "the visible sheet tells another story; and the key of the seals is gone"


def test_the_worst_of_findings_is_the_most_serious() -> None:
    found = [Finding("XK-V009"), Finding("XK-V001"), Finding("XK-I001")]
    assert worst(found) is Severity.ERROR
    assert worst(found[:1]) is Severity.NOTICE
    assert worst([]) is None
    assert [severity.word for severity in Severity] == ["提示", "警告", "错误"]


def test_one_unsafe_finding_makes_the_lot_unsafe() -> None:
    assert is_unsafe([Finding("XK-V001"), Finding("XK-F006")])
    assert not is_unsafe([Finding("XK-V001"), Finding("XK-F001")])


def test_an_unknown_code_raises() -> None:
    with pytest.raises(KeyError, match="XK-Z999"):
        Finding("XK-Z999").message()


def test_a_message_quotes_a_dealers_text_and_never_formats_it() -> None:
    finding = Finding("XK-V002", facts={"label": "{found.__class__}", "found": "{0} {label}"})
    assert finding.message() == "“{found.__class__}”要填数字，读到的是“{0} {label}”"


def test_a_place_reads_as_sheet_and_cell() -> None:
    assert str(Place("填报", "F6")) == "填报!F6"


# ---------------------------------------------------------------- traits: what the code asks the catalogue


def collections_of_codes(tree: ast.AST) -> Iterator[str]:
    """Sets, lists, tuples and dictionaries that list codes; several names given at once are no list."""
    targets = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Assign | ast.Return | ast.Yield)
               if isinstance(node.value, ast.Tuple)}  # fmt: skip
    for node in (node for node in ast.walk(tree) if isinstance(node, ast.expr)):
        parts = node.keys if isinstance(node, ast.Dict) else getattr(node, "elts", [])
        codes = [p.value for p in parts if isinstance(p, ast.Constant) and LITERAL.fullmatch(str(p.value))]
        if codes and len(codes) == len(parts) and id(node) not in targets:
            yield f"line {node.lineno}: {', '.join(codes)}"


@pytest.mark.parametrize(
    ("text", "lists"),
    [
        ('KNOWN = frozenset({"XK-V001", "XK-V002"})', 1), ('KNOWN = {"XK-V001": 1}', 1), ('KNOWN = ["XK-V001"]', 1),
        ('found = code in ("XK-V001", "XK-V002")', 1), ('MISSING, WRONG = "XK-V001", "XK-V002"', 0),
        ('say("XK-V001", 3)', 0),
    ],
)  # fmt: skip
def test_a_list_of_codes_is_seen(text: str, lists: int) -> None:
    assert len(list(collections_of_codes(ast.parse(text)))) == lists


def test_no_list_of_codes_stands_in_the_source() -> None:
    """What is true of some codes is a trait in the catalogue, where whoever adds a code sees it."""
    listed = {path.name: list(collections_of_codes(ast.parse(text))) for path, text in SOURCE.items()}
    assert {name: lines for name, lines in listed.items() if lines} == {}


def test_a_trait_that_nothing_knows_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "findings").mkdir()
    text = "XK-V001: {name: a, severity: error, since: '1', zh: {}, en: {}, audiance: headquarters}\n"
    (tmp_path / "findings" / "value.yaml").write_text(text, "utf-8")
    monkeypatch.setattr("xlkpi.findings.templates", lambda: tmp_path)
    with pytest.raises(TypeError, match="audiance"):
        catalogue.__wrapped__()


@table("code", CODES)
def test_the_traits_of_a_code_take_the_values_that_are_known(code: str) -> None:
    entry = catalogue()[code]
    assert entry.audience in get_args(Audience)
    assert entry.relocates in ("", "field", "sheet")
    assert entry.return_status in ("", *ReturnStatus)
    for flag in ("unsafe", "fixed", "unread", "folds"):
        assert isinstance(getattr(entry, flag), bool)


@table("code", [code for code in CODES if catalogue()[code].severity is Severity.ERROR])
def test_only_what_a_dealer_can_put_right_counts_against_it(code: str) -> None:
    assert errors_of([Finding(code)]) == (catalogue()[code].audience == "dealer")


def test_a_code_that_folds_names_its_label() -> None:
    for code, entry in catalogue().items():
        assert not entry.folds or ("label" in fields_of(entry.texts["zh"]["message"]) and code.startswith("XK-V"))


def test_a_code_that_relocates_a_sheet_says_both_names() -> None:
    for entry in catalogue().values():
        if entry.relocates == "sheet":
            assert {"sheet", "found"} <= fields_of(entry.texts["zh"]["message"])
