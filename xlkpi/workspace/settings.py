"""`xlkpi.yaml`: what a workspace goes by. Whatever is wrong in it is a finding with its line and what to write."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from xlkpi.files import reason
from xlkpi.findings import Finding
from xlkpi.language import in_chinese
from xlkpi.scheme.lined import LinedMap, MarkedYAMLError, YAMLError, read

SETTINGS_FILE: Final = "xlkpi.yaml"
SECONDED: Final = {"targets": "目标", "inspections": "检查情况", "final": "定稿"}
"""What may ask for a second name, with the words for it."""


class Deadlines(BaseModel):
    """Days: `send` after the month's end (None: the scheme's), `lock` after that (None: nothing is locked), `appeal`
    after the day of publication; `unit` says whether they are calendar days or working days."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    send: int | None = Field(None, ge=1, le=60)
    lock: int | None = Field(None, ge=0, le=60)
    appeal: int = Field(5, ge=1, le=60)
    unit: Literal["calendar", "working"] = "calendar"


class Settings(BaseModel):
    """What `xlkpi.yaml` says: the scheme (a shipped one, or a folder in 方案/), whom dealers ask, the language of the
    report, where the history lies, what several copies of a dealer are ("": as the scheme says), what headquarters'
    systems call the columns of 实绩.xlsx, the deadlines, and what needs a second name."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    scheme: str = Field(min_length=1)
    contact: str = ""
    language: Literal["zh", "en"] = "zh"
    history: str = Field("历史.duckdb", min_length=1)
    copies: Literal["", "latest", "joined"] = ""
    actuals: dict[str, str] = {}
    deadlines: Deadlines = Deadlines()
    second: list[Literal["targets", "inspections", "final"]] = []


def written(scheme: str, contact: str = "") -> str:
    """The file as `xlkpi init` writes it."""
    return _FORM.format(scheme=_quoted(scheme), contact=_quoted(contact))


def read_settings(path: Path) -> tuple[Settings | None, list[Finding]]:
    """The settings, or None with what is wrong."""
    try:
        data = read(path.read_text("utf-8-sig"))
    except YAMLError as error:
        mark = error.problem_mark if isinstance(error, MarkedYAMLError) else None
        problem = in_chinese(str(getattr(error, "problem", "") or "不是合格的 YAML"))
        return None, [_unreadable(mark.line + 1 if mark else 1, problem)]
    except UnicodeDecodeError:
        return None, [_unreadable(1, "不是 UTF-8 编码")]
    except OSError as error:
        return None, [_unreadable(1, reason(error))]
    if not isinstance(data, LinedMap):
        return None, [_unreadable(1, "应写成“名称: 值”")]
    try:
        return Settings.model_validate(_plain(data)), []
    except ValidationError as error:
        return None, list(_problems(error, data))


def _unreadable(line: int, detail: str) -> Finding:
    return Finding("XK-W080", SETTINGS_FILE, facts={"line": line, "detail": detail})


def _plain(node: Any) -> Any:
    if isinstance(node, Mapping):
        return {str(key): _plain(value) for key, value in node.items()}
    return [_plain(value) for value in node] if isinstance(node, list) else node


def _problems(error: ValidationError, data: LinedMap) -> Iterator[Finding]:
    for detail in error.errors():
        keys = [part for part in detail["loc"] if isinstance(part, str)]
        name = ".".join(keys)
        line = _line(data, keys)
        if detail["type"] == "extra_forbidden":
            known = Settings.model_fields if len(keys) == 1 else Deadlines.model_fields
            near = get_close_matches(keys[-1], known, 1)
            facts = {"line": line, "key": name, "known": "、".join(near or known)}
            yield Finding("XK-W081", SETTINGS_FILE, facts=facts)
        else:
            actual = "没有写" if detail["type"] == "missing" else f"“{detail['input']}”"
            facts = {"line": line, "key": name, "found": actual, "expected": _EXPECTED.get(name, "文字")}
            yield Finding("XK-W082", SETTINGS_FILE, facts=facts)


def _line(data: Any, keys: list[str]) -> int:
    line = 1
    for key in keys:
        if not isinstance(data, LinedMap):
            break
        line = data.line(key) or line
        data = data.get(key)
    return line


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


_EXPECTED: Final = {
    "scheme": "方案的名称（xlkpi scheme list 列出自带的），或 方案/ 里的文件夹名",
    "language": "zh 或 en",
    "history": "历史库的文件名",
    "copies": "latest（以最后一份为准）或 joined（各部门分填的几份合并）",
    "actuals": "每行“实绩.xlsx 的列名: 方案里的项目”",
    "deadlines": "send、lock、appeal、unit 各一行",
    "deadlines.send": "1 到 60 的整数：月末以后几天内上报",
    "deadlines.lock": "0 到 60 的整数：上报截止以后几天锁定",
    "deadlines.appeal": "1 到 60 的整数：预发布以后几天内可以申诉",
    "deadlines.unit": "calendar（日历日）或 working（工作日，按 日历.xlsx）",
    "second": "列出 targets、inspections、final 中要两人的",
}
_FORM: Final = """\
# 这个文件夹是一个绩效工作区；每月一个文件夹（2026-11/），在这里面运行 xlkpi，不用写选项。
scheme: {scheme}          # 方案：自带的名称，或 方案/ 里的文件夹名
contact: {contact}        # 经销商有疑问找谁，印在“说明”页
language: zh              # 报告的语言：zh 或 en
history: 历史.duckdb      # 历史库
copies: joined            # 一家店有几份：joined 各部门分填的合并；latest 以最后一份为准
# actuals:                # 实绩.xlsx（总部系统导出的数）的列名对应方案的哪一项，写一次以后都用
#   进厂台数: 接车台次
deadlines:
  # send: 5               # 月末以后几天内上报；不写按方案
  # lock: 3               # 上报截止以后几天锁定，以后到的不算；不写不锁定
  appeal: 5               # 预发布以后几天内可以申诉
  # unit: working         # 上面的天数按工作日（日历.xlsx）；不写按日历日
second: []                # 要第二个人署名的：targets（目标）、inspections（检查情况）、final（定稿）
"""
