"""The roster-driven month: who sent, who is late, missing, twice, of another month, of another dealer; and letters."""

from __future__ import annotations

import json
import os
import re
import shutil
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from openpyxl import load_workbook

from xlkpi.batch.receipts import days_after, end_of, moment, read_receipts
from xlkpi.cli import main
from xlkpi.headquarters.forms import return_list_form, roster_form
from xlkpi.issue import Dealer
from xlkpi.workbook.stamp import Stamper

from .conftest import Sent


@dataclass(frozen=True)
class Returned:
    """A folder of what came back by 5 December, a roster and a receipt log."""

    many: Sent
    folder: Path
    roster: Path
    log: Path

    def call(self, command: str, *more: str | Path) -> Result:
        words = [command, self.folder, "--issue", self.many.blank, "--roster", self.roster, *more]
        result = CliRunner().invoke(main, [str(word) for word in words])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result


@pytest.fixture(scope="module")
def returned(many: Sent, tmp_path_factory: pytest.TempPathFactory) -> Returned:
    place = tmp_path_factory.mktemp("returned")
    folder = place / "in"
    folder.mkdir()
    issue = many.issue
    stamper = Stamper(issue.layout, issue.master)

    october = replace(issue, month="2026-10")

    def put(name: str, data: bytes, day: int, hour: int = 9) -> None:
        (folder / name).write_bytes(data)
        moment = datetime(2026, 12, day, hour).timestamp()
        os.utime(folder / name, (moment, moment))

    def of(code: str, **answers: float) -> bytes:
        values = {name: answers.get(name, 100.0) for name in issue.scheme.by("dealer") if answers.get(name) != 0}
        cells = {**issue.stamped(code), **{issue.layout.place(name): value for name, value in values.items()}}
        return stamper.stamp(cells, issue.marker(code))

    put("D000_虚构0店_2026-11.xlsx", of("D000"), 4)
    put("D001_迟.xlsx", of("D001"), 6, 10)
    put("D002_锁定后.xlsx", of("D002"), 9)
    put("D003_旧.xlsx", of("D003"), 2)
    put("D003_新.xlsx", of("D003", 轮胎=77.0), 3)
    put("D004_上月.xlsx", stamper.stamp(october.stamped("D004"), october.marker("D004")), 3)
    put("D006_借用.xlsx", of("D000"), 3)
    put("D007_坏.xlsx", of("D007")[:4000], 3)
    put("D008_漏填<b>.xlsx" if os.name != "nt" else "D008_漏填.xlsx", of("D008", 轮胎=0), 3)
    put("D009_不在名单.xlsx", of("D009"), 3)
    put("别的.xlsx", of("D000")[:100], 3)
    dealers = {**dict(list(issue.roster.items())[:9]), "D999": Dealer("D999", "新加店", "华南")}
    roster = place / "roster.xlsx"
    roster.write_bytes(roster_form([(d.code, d.name, d.region) for d in dealers.values()]))
    log = place / "log.xlsx"
    rows = [("D003_旧.xlsx", "2026年12月3日 18:30"), ("D001_迟.xlsx", "2026/12/5 23:59"), ("D003_新.xlsx", "?")]
    log.write_bytes(return_list_form("收件登记", ("文件", "收到时间"), (30, 30), rows))
    return Returned(many, folder, roster, log)


def statuses(listed: Path) -> dict[tuple[str, str], str]:
    rows = list(load_workbook(listed).worksheets[0].iter_rows(min_row=2, values_only=True))
    assert rows[0][:5] == ("经销商代码", "经销商名称", "区域", "状态", "文件")
    return {(str(row[0] or ""), str(row[4] or "")): str(row[3]) for row in rows[1:]}


def test_the_list_tells_every_case(returned: Returned, tmp_path: Path) -> None:
    result = returned.call("status", "--locked", "2026-12-08", "-o", tmp_path)
    assert result.exit_code == 0
    found = statuses(tmp_path / "returns.xlsx")
    assert {key: word for key, word in found.items() if key[0] != "D008"} == {
        ("D000", "D000_虚构0店_2026-11.xlsx"): "按时",
        ("D001", "D001_迟.xlsx"): "迟报",
        ("D002", "D002_锁定后.xlsx"): "锁定后",
        ("D003", "D003_新.xlsx"): "按时",
        ("D003", "D003_旧.xlsx"): "被替代",
        ("D004", "D004_上月.xlsx"): "非本月",
        ("D005", ""): "未交",
        ("D006", "D006_借用.xlsx"): "错店",
        ("D007", "D007_坏.xlsx"): "退回",
        ("D999", ""): "未下发",
        ("D009", "D009_不在名单.xlsx"): "未知",
        ("", "别的.xlsx"): "退回",
    }
    assert "按时 3，迟报 1，未交 1，退回 2，锁定后 1，非本月 1，错店 1，被替代 1，未下发 1，未知 1" in result.output
    assert "2026-12-06 10:00:00（文件修改时间）" in re.sub(r"[│\s]+", " ", result.output)


def test_score_knows_who_should_have_sent(returned: Returned, tmp_path: Path) -> None:
    result = returned.call("score", "--locked", "2026-12-08", "-o", tmp_path)
    assert result.exit_code == 4
    scores = json.loads((tmp_path / "scores.json").read_text("utf-8"))
    assert {d["dealer"] for d in scores["dealers"] if d["status"] != "rejected"} == {"D000", "D001", "D003", "D008"}
    of_run = {(finding["code"], finding["facts"].get("dealer")) for finding in scores["findings"]}
    assert of_run == {("XK-T054", "D005"), ("XK-T055", "D999"), ("XK-I031", None)}
    late = next(d for d in scores["dealers"] if d["dealer"] == "D001")
    assert "XK-T051" in {finding["code"] for finding in late["findings"]}
    assert [line["status"] for line in scores["returns"] if line["dealer"] == "D003"] == ["按时", "被替代"]
    assert statuses(tmp_path / "returns.xlsx")["D005", ""] == "未交"


def test_without_a_roster_nobody_is_missing_or_late(returned: Returned, tmp_path: Path) -> None:
    words = ["score", str(returned.folder), "--issue", str(returned.many.blank), "-o", str(tmp_path)]
    CliRunner().invoke(main, words)
    scores = json.loads((tmp_path / "scores.json").read_text("utf-8"))
    assert "returns" not in scores
    assert not {"XK-T051", "XK-T052", "XK-T054"} & {f["code"] for d in scores["dealers"] for f in d["findings"]}
    assert not (tmp_path / "returns.xlsx").exists()


def test_a_receipt_log_decides_and_what_it_says_unclearly_is_told(returned: Returned, tmp_path: Path) -> None:
    result = returned.call("score", "--receipts", returned.log, "-o", tmp_path)
    found = statuses(tmp_path / "returns.xlsx")
    assert found["D001", "D001_迟.xlsx"] == "按时", "it came in time, whatever the file's own time"
    assert found["D003", "D003_旧.xlsx"] == "按时", "the log has the older file last"
    assert found["D002", "D002_锁定后.xlsx"] == "迟报", "no locking, so it only is late"
    assert "XK-T056" in result.output
    again = tmp_path / "again"
    returned.call("score", "--receipts", tmp_path / "returns.xlsx", "-o", again)
    assert statuses(again / "returns.xlsx") == found, "the list may be given back as a log"


def test_letters_say_what_is_missing_or_wrong_and_spare_who_is_done(
    returned: Returned, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("xlkpi.shown.letters._now", lambda: datetime(2026, 12, 4))
    result = returned.call("letters", "--locked", "2026-12-08", "-o", tmp_path)
    assert result.exit_code == 0
    group = (tmp_path / "群通知.txt").read_text("utf-8-sig")
    texts = {path.name[:4]: path.read_text("utf-8-sig") for path in tmp_path.glob("D*.txt")}
    pages = {path.name[:4]: path.read_text("utf-8") for path in tmp_path.glob("*.html")}
    assert set(texts) == set(pages) == {"D000", "D001", "D002", "D004", "D005", "D006", "D007", "D008"}
    assert "XK-P" in texts["D000"], "letters say what `check` says"
    assert "还没有收到" in texts["D005"]
    assert "请在 2026-12-05 前填好" in texts["D005"]
    assert "2026-12-08 以后发来的不再采用" in texts["D005"]
    assert "未交 1 家" in group
    assert "D005" in group
    assert re.search(r"待改 \d+ 家：.*D008，\d+ 处", group)
    assert "请在 2026-12-05 前发来" in group
    assert "已过截止时间 2026-12-05（迟 1 天）" in texts["D001"]
    assert "这是 2026-10 月的表" in texts["D004"]
    assert "文件名是 D006 的，表却是发给 D000 的" in texts["D006"]
    wrong = re.search(
        r"1\. (填报!\w+)　“轮胎”没有填\n   → 请填写；当月确实没有发生的填 0（错误 XK-V001）", texts["D008"]
    )
    assert wrong is not None, texts["D008"]
    assert wrong[1] in pages["D008"]
    assert "<b>" not in pages["D008"], "a file's name is escaped"
    assert "检查情况" not in texts["D008"], "headquarters' own work is not the dealer's"
    assert all(page.count("<html") == 1 and "http" not in page for page in pages.values())


def test_no_letter_asks_for_something_until_a_day_that_is_past(
    returned: Returned, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("xlkpi.shown.letters._now", lambda: datetime(2026, 12, 9))
    assert returned.call("letters", "--locked", "2026-12-08", "-o", tmp_path).exit_code == 0
    texts = {path.name[:4]: path.read_text("utf-8-sig") for path in tmp_path.glob("*.txt")}
    assert "请尽快填好" in texts["D005"]
    assert not [name for name, text in texts.items() if "2026-12-08" in text or "请在" in text.replace("请在总部", "")]
    assert "已过截止时间 2026-12-05（迟 1 天）" in texts["D001"], "what is past may be told"


def test_no_letter_speaks_to_headquarters(returned: Returned, tmp_path: Path) -> None:
    assert returned.call("letters", "-o", tmp_path).exit_code == 0
    texts = [path.read_text("utf-8-sig") for path in tmp_path.glob("*.txt")]
    assert not [text for text in texts if re.search(r"请总部|总部请|收件登记|重新评分|xlkpi|--\w", text)]


def test_the_list_is_written_where_it_is_asked_for_and_over_nothing_else(returned: Returned, tmp_path: Path) -> None:
    path = tmp_path / "收表.xlsx"
    assert returned.call("status", "-o", path).exit_code == returned.call("status", "-o", path).exit_code == 0
    assert statuses(path)
    path.write_bytes(b"somebody's")
    result = returned.call("status", "-o", path)
    assert (result.exit_code, "XK-W042" in result.output) == (1, True), result.output
    assert path.read_bytes() == b"somebody's"


def test_nothing_is_written_by_status_unless_asked(returned: Returned) -> None:
    before = sorted(returned.folder.iterdir())
    assert returned.call("status").exit_code == 0
    assert sorted(returned.folder.iterdir()) == before


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("2026-12-05", datetime(2026, 12, 5)), ("2026/12/5 8:03", datetime(2026, 12, 5, 8, 3)),
        ("2026年12月5日18时30分", datetime(2026, 12, 5, 18, 30)),
        ("2026-12-05T18:30:59", datetime(2026, 12, 5, 18, 30, 59)),
        ("2026-13-05", None), ("5 December", None), ("", None),
    ],
)  # fmt: skip
def test_moments_as_people_write_them(text: str, said: datetime | None) -> None:
    assert moment(text) == said


def test_a_deadline_s_day_counts_whole_and_its_minute_too() -> None:
    day, minute = end_of("2026-12-05"), end_of("2026-12-05 18:00")
    assert day == datetime(2026, 12, 6)
    assert minute == datetime(2026, 12, 5, 18, 1)
    assert day is not None
    assert minute is not None
    came = (datetime(2026, 12, 5, 23, 59, 59), datetime(2026, 12, 6), datetime(2026, 12, 8, 7))
    assert [days_after(day, moment) for moment in came] == [0, 1, 3]
    assert days_after(minute, datetime(2026, 12, 5, 18, 1)) == 1
    assert end_of("") is None
    with pytest.raises(ValueError, match="is no day"):
        end_of("soon")


def test_a_log_without_its_columns_is_told(tmp_path: Path, returned: Returned) -> None:
    path = tmp_path / "log.xlsx"
    path.write_bytes(return_list_form("登记", ("文件", "备注"), (30, 30), [("a.xlsx", "b")]))
    assert [finding.code for finding in read_receipts(path).findings] == ["XK-T020"]
    shutil.copy(returned.roster, tmp_path / "roster.xlsx")
    assert [finding.code for finding in read_receipts(tmp_path / "roster.xlsx").findings] == ["XK-T020"]
