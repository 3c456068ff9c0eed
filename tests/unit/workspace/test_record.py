"""month.json: events are added, the same one is not added twice, and an altered file is known."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from xlkpi.workspace.record import RECORD_FILE, Record, Refusal, State, Who, load_record

WHO = Who("张三", datetime(2026, 11, 1, 9))


@pytest.fixture
def record(tmp_path: Path) -> Record:
    kept = Record(tmp_path / RECORD_FILE, "2026-11")
    for step in ("open", "issue", "receive", "score"):
        assert kept.add(step, WHO, inputs={"a": step})
    return kept


def test_it_is_read_back(record: Record) -> None:
    again = load_record(record.path, "2026-11")
    assert again.events == record.events
    assert again.state is State.SCORED


def test_the_same_again_changes_nothing(record: Record) -> None:
    before = record.path.read_bytes()
    assert not record.add("score", Who("李四", datetime(2026, 12, 1)), inputs={"a": "score"})
    assert record.path.read_bytes() == before
    assert record.add("score", WHO, inputs={"a": "other"})


def test_no_step_brings_it_back(record: Record) -> None:
    record.add("publish", WHO)
    record.add("receive", WHO, lines=3)
    record.add("check", WHO)
    assert record.state is State.PUBLISHED


def altered(data: dict[str, Any], how: str) -> Any:
    match how:
        case "an event's name":
            data["history"][1]["by"] = "别人"
        case "an event taken out":
            del data["history"][1]
        case "the state":
            data["state"] = "定稿"
        case "no history":
            del data["history"]
        case "another format":
            data["format"] = 2
        case "another month":
            data["month"] = "2026-10"
        case "a list":
            return [data]
    return data


@pytest.mark.parametrize(
    "how",
    ["an event's name", "an event taken out", "the state", "no history", "another format", "another month", "a list"],
)
def test_what_was_altered_is_refused(record: Record, how: str) -> None:
    data = altered(json.loads(record.path.read_text("utf-8")), how)
    record.path.write_text(json.dumps(data, ensure_ascii=False), "utf-8")
    with pytest.raises(Refusal) as refusal:
        load_record(record.path, "2026-11")
    assert [finding.code for finding in refusal.value.findings] == ["XK-W083"]


def test_half_a_file_is_refused(record: Record) -> None:
    record.path.write_bytes(record.path.read_bytes()[:100])
    with pytest.raises(Refusal):
        load_record(record.path, "2026-11")
