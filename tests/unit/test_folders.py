"""Which files a folder holds, what is said of the others, and under which names files are known."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from xlkpi.findings import Finding, catalogue
from xlkpi.folders import gather, shown_name, shown_names, workbook_paths


def lay(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"")


def told(findings: list[Finding]) -> dict[str, str]:
    return {finding.code: finding.message() for finding in findings}


def test_a_folder_gives_its_spreadsheets_in_order_and_nothing_that_is_the_tools_or_a_locks(tmp_path: Path) -> None:
    lay(tmp_path, "b.xlsx", "a.XLSX", "c.xls", "d.et", "e.ods", "~$a.xlsx", "._b.xlsx", "master.xlsx", "issue.json")
    assert [path.name for path in workbook_paths((tmp_path,))] == ["a.XLSX", "b.xlsx", "c.xls", "d.et", "e.ods"]


def test_a_file_named_by_itself_is_taken_whatever_it_is_called(tmp_path: Path) -> None:
    odd = tmp_path / "master.xlsx"
    assert workbook_paths((odd, tmp_path / "x.txt")) == [odd, tmp_path / "x.txt"]


@pytest.mark.parametrize("ending", [ending for entry in catalogue().values() for ending in entry.endings])
def test_what_was_sent_in_place_of_a_workbook_is_named_with_what_to_do(tmp_path: Path, ending: str) -> None:
    lay(tmp_path, f"D001_浦东店{ending.upper()}")
    found = gather((tmp_path,))
    assert not found.files
    *others, nothing = found.findings
    assert nothing.code == "XK-W060"
    (other,) = others
    assert ending in other.entry.endings
    assert f"D001_浦东店{ending.upper()}" in other.message()
    assert other.remedy()


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("D001.zip", "XK-W061"), ("D001.PDF", "XK-W062"), ("照片.jpg", "XK-W062"), ("D001.xlsb", "XK-W063"),
        ("D001.numbers", "XK-W063"), ("D001.xlsx.bak", "XK-W064"), ("D001", "XK-W064"), (".D001.xlsx", "XK-W064"),
        ("说明.docx", "XK-W064"), ("~$D001.xlsx", "XK-W065"), (".~lock.D001.xlsx#", "XK-W065"),
    ],
)  # fmt: skip
def test_whatever_else_lies_there_is_named(tmp_path: Path, name: str, code: str) -> None:
    lay(tmp_path, name)
    assert name in told(gather((tmp_path,)).findings)[code]


def test_folders_inside_are_read_and_their_depth_and_files_are_told(tmp_path: Path) -> None:
    lay(tmp_path, "a.xlsx", "华东/b.xlsx", "华东/上海/c.xlsx", "华南/空/x.zip")
    found = gather((tmp_path,))
    assert [path.name for path in found.files] == ["a.xlsx", "b.xlsx", "c.xlsx"]
    assert told(found.findings)["XK-W066"] == "连同 2 个子文件夹一起读（最深 2 层），其中有 2 份工作簿"
    assert "x.zip" in told(found.findings)["XK-W061"]


def test_without_recursion_the_folders_left_out_are_named(tmp_path: Path) -> None:
    lay(tmp_path, "a.xlsx", "华东/b.xlsx")
    found = gather((tmp_path,), recursive=False)
    assert [path.name for path in found.files] == ["a.xlsx"]
    assert "华东" in told(found.findings)["XK-W067"]


def test_folders_of_ours_inside_are_no_returns(tmp_path: Path) -> None:
    lay(tmp_path, "a.xlsx", "blank/issue.json", "blank/b.xlsx", "out/manifest.jsonl", "out/assessed/a.xlsx")
    found = gather((tmp_path,))
    assert [path.name for path in found.files] == ["a.xlsx"]
    assert [finding.code for finding in found.findings] == ["XK-W068", "XK-W068"]


def test_of_results_the_assessed_workbooks_are_meant(tmp_path: Path) -> None:
    lay(tmp_path, "out/manifest.jsonl", "out/排名汇总.xlsx", "out/assessed/a.xlsx")
    for given in (tmp_path, tmp_path / "out", tmp_path / "out" / "assessed"):
        assert [path.name for path in workbook_paths((given,), returns=False)] == ["a.xlsx"]


def test_a_file_that_is_given_twice_or_through_a_link_is_read_once(tmp_path: Path) -> None:
    lay(tmp_path, "a/x.xlsx")
    (tmp_path / "a" / "again").symlink_to(tmp_path / "a", target_is_directory=True)
    (tmp_path / "a" / "y.xlsx").symlink_to(tmp_path / "a" / "x.xlsx")
    given = (tmp_path, tmp_path / "a", tmp_path / "a" / "x.xlsx", tmp_path / "a" / ".." / "a" / "x.xlsx")
    assert [path.name for path in workbook_paths(given)] == ["x.xlsx"]


def test_nothing_given_is_nothing_said(tmp_path: Path) -> None:
    assert gather(()).findings == []
    assert told(gather((tmp_path,)).findings).keys() == {"XK-W060"}


def test_a_folder_that_cannot_be_opened_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lay(tmp_path, "a.xlsx", "closed/b.xlsx")
    real = Path.iterdir

    def closed(path: Path) -> object:
        if path.name == "closed":
            raise PermissionError(13, "no", str(path))
        return real(path)

    monkeypatch.setattr(Path, "iterdir", closed)
    found = gather((tmp_path,))
    assert [path.name for path in found.files] == ["a.xlsx"]
    assert "没有权限" in told(found.findings)["XK-W069"]


# ------------------------------------------------------------------ names


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("D001_浦东店.xlsx".encode(), "D001_浦东店.xlsx"),
        ("D001_浦东店.xlsx".encode("gbk"), "D001_浦东店.xlsx"),
        (b"D001_\xff\xff.xlsx", "D001_\\xff\\xff.xlsx"),
        ("e\u0301.xlsx".encode(), "é.xlsx"),
        (b"a\x1b[31m\nb.xlsx", "a·[31m·b.xlsx"),
        ("a\u202eb\u200b.xlsx".encode(), "a·b·.xlsx"),
    ],
)
def test_a_name_can_be_printed_and_kept_whatever_its_bytes(raw: bytes, shown: str) -> None:
    name = shown_name(os.fsdecode(raw))
    assert name == shown
    assert name.encode().decode() == name


def test_files_are_known_by_the_shortest_path_that_tells_them_apart() -> None:
    paths = [
        Path("east/报表.xlsx"),
        Path("south/报表.xlsx"),
        Path("a/b/c/x.xlsx"),
        Path("b/c/x.xlsx"),
        Path("z/y.xlsx"),
    ]
    assert list(shown_names(paths).values()) == [
        "east/报表.xlsx", "south/报表.xlsx", "a/b/c/x.xlsx", "b/c/x.xlsx", "y.xlsx",
    ]  # fmt: skip


def test_two_spellings_of_one_name_are_two_files() -> None:
    paths = [Path(os.fsdecode("店.xlsx".encode(code))) for code in ("utf-8", "gbk")]
    assert sorted(shown_names(paths).values()) == ["店.xlsx", "店〔2〕.xlsx"]
    paths = [Path("é.xlsx"), Path("e\u0301.xlsx"), Path("É.xlsx")]
    assert len({name.casefold() for name in shown_names(paths).values()}) == 3
