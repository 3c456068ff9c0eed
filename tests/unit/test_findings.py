"""Findings are values; their codes and texts are data, whole in two languages, and every code is in use."""

from __future__ import annotations

import re
import string
from pathlib import Path

import pytest
import yaml
from ruamel.yaml import YAML

import xlkpi
from xlkpi.findings import Finding, Severity, catalogue, is_unsafe, worst
from xlkpi.resources import templates
from xlkpi.values import Place

CODES = sorted(catalogue())
SOURCE = {path: path.read_text("utf-8") for path in Path(xlkpi.__file__).parent.rglob("*.py")}
LITERAL = re.compile(r"\bXK-[A-Z]\d{3}\b")


def fields_of(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("code", CODES)
def test_a_code_has_message_cause_and_remedy_in_both_languages(code: str) -> None:
    entry = catalogue()[code]
    assert re.fullmatch(r"XK-[FTVRPISW]\d{3}", code)
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", entry.name)
    assert re.fullmatch(r"\d+\.\d+\.\d+", entry.since)
    for lang in ("zh", "en"):
        assert set(entry.texts[lang]) == {"message", "cause", "remedy"}
        assert all(isinstance(text, str) and text.strip() for text in entry.texts[lang].values())
    assert re.search(r"[一-鿿]", entry.texts["zh"]["message"])


@pytest.mark.parametrize("code", CODES)
def test_both_languages_tell_the_same_facts(code: str) -> None:
    zh, en = catalogue()[code].texts["zh"], catalogue()[code].texts["en"]
    assert fields_of(zh["message"]) == fields_of(en["message"])


@pytest.mark.parametrize("code", CODES)
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
    assert yaml.safe_load(text) == YAML(typ="safe").load(text)


def test_names_and_live_words_are_each_used_once() -> None:
    names = [entry.name for entry in catalogue().values()]
    words = [entry.live for entry in catalogue().values() if entry.live]
    assert len(names) == len(set(names))
    assert len(words) == len(set(words))


def test_every_code_in_the_source_is_in_the_catalogue() -> None:
    unknown = {(path.name, code) for path, text in SOURCE.items() for code in LITERAL.findall(text)} - {
        (path.name, code) for path in SOURCE for code in CODES
    }
    assert unknown == set()


@pytest.mark.parametrize("code", CODES)
def test_every_code_of_the_catalogue_is_raised_somewhere(code: str) -> None:
    assert any(code in LITERAL.findall(text) for text in SOURCE.values())


def test_unsafe_are_exactly_the_codes_of_a_file_refused_as_dangerous() -> None:
    assert [code for code, entry in catalogue().items() if entry.unsafe] == ["XK-F005", "XK-F006", "XK-F007", "XK-F008"]


def test_what_is_understood_or_repaired_is_a_notice_and_moves_no_exit_code() -> None:
    notices = {code for code, entry in catalogue().items() if entry.severity is Severity.NOTICE}
    assert {"XK-V009", "XK-V010", "XK-V012", "XK-T006", "XK-T009", "XK-F010"} <= notices
    assert {code for code in CODES if code.startswith("XK-I")}.isdisjoint(
        {code for code, entry in catalogue().items() if entry.severity is Severity.ERROR}
    )


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
