"""xlkpi.yaml: what is wrong in it is said with its line; nothing is taken that is not known."""

from __future__ import annotations

from pathlib import Path

import pytest

from xlkpi.workspace.places import find_workspace
from xlkpi.workspace.record import Refusal
from xlkpi.workspace.settings import SETTINGS_FILE, read_settings, written


def test_what_init_writes_is_read_back(tmp_path: Path) -> None:
    (tmp_path / SETTINGS_FILE).write_text(written("service-monthly", "李's 部"), "utf-8")
    (tmp_path / "2026-11" / "收件").mkdir(parents=True)
    workspace = find_workspace(tmp_path / "2026-11" / "收件")
    assert workspace.root == tmp_path.resolve()
    assert (workspace.settings.scheme, workspace.settings.contact) == ("service-monthly", "李's 部")
    assert (workspace.settings.deadlines.appeal, workspace.settings.second) == (5, [])


@pytest.mark.parametrize(
    ("text", "code", "line", "said"),
    [
        ("scheme: x\ncontakt: y\n", "XK-W081", 2, "contact"),
        ("scheme: x\ndeadlines:\n  send: 5\n  apeal: 3\n", "XK-W081", 4, "appeal"),
        ("scheme: x\ndeadlines:\n  appeal: soon\n", "XK-W082", 3, "1 到 60"),
        ("scheme: x\ndeadlines:\n  send: 0\n", "XK-W082", 3, "1 到 60"),
        ("scheme: x\nlanguage: fr\n", "XK-W082", 2, "zh 或 en"),
        ("scheme: x\nsecond: [money]\n", "XK-W082", 2, "targets"),
        ("scheme: x\nsecond: true\n", "XK-W082", 2, "targets"),
        ("contact: y\n", "XK-W082", 1, "没有写"),
        ("scheme: 12\n", "XK-W082", 1, "方案"),
        ("scheme: x\nscheme: y\n", "XK-W080", 2, "两次"),
        ("scheme: [\n", "XK-W080", 2, ""),
        ("- scheme\n", "XK-W080", 1, "名称"),
        ("", "XK-W080", 1, "名称"),
    ],
)
def test_what_is_wrong_has_its_line_and_remedy(tmp_path: Path, text: str, code: str, line: int, said: str) -> None:
    (tmp_path / SETTINGS_FILE).write_text(text, "utf-8")
    settings, findings = read_settings(tmp_path / SETTINGS_FILE)
    assert settings is None
    assert (findings[0].code, findings[0].facts["line"]) == (code, line)
    assert said in findings[0].message()
    assert findings[0].remedy()
    with pytest.raises(Refusal):
        find_workspace(tmp_path)


def test_another_encoding_is_said(tmp_path: Path) -> None:
    (tmp_path / SETTINGS_FILE).write_bytes("scheme: 绩效".encode("gb18030"))
    assert [finding.code for finding in read_settings(tmp_path / SETTINGS_FILE)[1]] == ["XK-W080"]


def test_no_workspace_is_said(tmp_path: Path) -> None:
    with pytest.raises(Refusal) as refusal:
        find_workspace(tmp_path)
    assert [finding.code for finding in refusal.value.findings] == ["XK-W089"]
