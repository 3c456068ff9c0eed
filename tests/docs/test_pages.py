"""Every page: its links, its size, its twin, and that what it shows is what the program prints."""

from __future__ import annotations

import doctest
import importlib
import os
import re
import shlex
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from shared.submissions import submission_of

import xlkpi
from docs.pages import ALL, CHINESE, ENGLISH, READMES, ROOT, TWINS, anchors, blocks, links, prose, shown
from xlkpi import __version__, cli
from xlkpi.findings import Finding
from xlkpi.headquarters.issuing import make_issue
from xlkpi.issue import Dealer
from xlkpi.scheme.lint import usable_scheme
from xlkpi.scoring.assess import assess
from xlkpi.scoring.engine import load_engine
from xlkpi.values import CellContent, Place, Value

DOCS = ROOT / "docs"
WALKS = (READMES["en"], DOCS / "tutorial.md", *sorted((DOCS / "howto").glob("*.md")))


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", ALL, ids=name)
def test_links_lead_somewhere(path: Path) -> None:
    for link in links(path):
        if link.startswith("https://"):
            continue
        file, _, anchor = link.partition("#")
        target = (path.parent / file).resolve() if file else path
        assert target.exists(), link
        if anchor:
            assert anchor in anchors(target), link


def test_the_readmes_are_short() -> None:
    for path in READMES.values():
        assert path.stat().st_size <= 9_000, name(path)


def test_every_page_is_reached_from_an_index() -> None:
    for index, pages in ((DOCS / "README.md", ENGLISH), (DOCS / "zh" / "README.md", CHINESE)):
        reached = {(index.parent / link).resolve() for link in links(index)}
        missing = set(pages.values()) - reached - {index, DOCS / "package.md"}
        assert not missing, index
    for path in READMES.values():
        assert any(link.endswith("docs/") or "docs/" in link for link in links(path))


def test_what_headquarters_and_dealers_read_is_there_in_chinese() -> None:
    wanted = {"tutorial.md", "schemes.md", "excel-button.md", "limits-and-security.md", "how-a-score-is-made.md"}
    wanted |= {f"howto/{path.name}" for path in (DOCS / "howto").glob("*.md")}
    assert wanted <= {path.as_posix() for path in CHINESE}


@pytest.mark.parametrize(("english", "chinese"), TWINS, ids=[name(path) for path, _ in TWINS])
def test_twins_show_the_same(english: Path, chinese: Path) -> None:
    for kind in ("sh", "powershell", "console", "yaml"):
        assert blocks(english, kind) == blocks(chinese, kind), kind
    if english.name != "README.md" or english.parent == ROOT:
        assert re.findall(r"^(#+) ", prose(english), re.M) == re.findall(r"^(#+) ", prose(chinese), re.M)
        assert prose(english).count("\n| ") == prose(chinese).count("\n| "), "the same rows in the tables"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A user's folder: the workbooks of the source's real month, nothing else."""
    path = tmp_path_factory.mktemp("user")
    shutil.copytree(ROOT / "workbooks" / "service-assessment", path / "workbooks" / "service-assessment")
    return path


@pytest.mark.parametrize("path", WALKS, ids=name)
def test_what_a_page_shows_is_what_is_printed(folder: Path, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its commands, typed one after the other as they stand; pages after the README find what it left."""
    monkeypatch.chdir(folder)
    for command, lines in shown(path):
        words = shlex.split(command)
        assert words[0] == "xlkpi"
        result = CliRunner().invoke(cli.main, words[1:])
        # 1 and 4: findings in the files, which the pages speak of
        assert result.exit_code in (0, 1, 4), f"{command}\n{result.output}"
        printed = iter([line.strip() for line in result.output.splitlines()])
        for line in lines:
            assert line == "…" or line.strip() in printed, f"{command}: {line}"


def test_the_walks_are_whole() -> None:
    assert len(shown(READMES["en"])) == 10
    steps = [
        "demo",
        "scheme",
        "targets",
        "new",
        "inspections",
        "status",
        "check",
        "letters",
        "score",
        "trace",
        "audit",
        "rank",
    ]
    assert {words.split()[1] for words, _ in shown(DOCS / "tutorial.md")} >= set(steps)


def test_the_library_s_examples_run(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    if not (folder / "demo").exists():
        assert CliRunner().invoke(cli.main, ["demo"]).exit_code == 0
    pytest.importorskip("pyarrow")
    done = doctest.testfile(str(DOCS / "library.md"), module_relative=False, encoding="utf-8")
    assert (done.failed, done.attempted > 10) == (0, True)
    front = doctest.testmod(xlkpi)
    assert (front.failed, front.attempted > 5) == (0, True)


def test_the_finding_that_is_shown_is_the_demonstration_s() -> None:
    (example,) = (b for b in blocks(DOCS / "howto" / "check-and-mark.md", "console") if not b.startswith("$"))
    finding = Finding("XK-V001", "D006", Place("填报", "F8"), "维修毛利", {"label": "维修毛利"})
    assert f"  填报\n    错误 XK-V001 F8　{finding.message()}\n        → {finding.remedy()}\n" in example


def test_the_schemes_and_the_rule_of_the_page_lint_clean(tmp_path: Path) -> None:
    folders = set()
    for text in blocks(DOCS / "schemes.md", "yaml"):
        path = tmp_path / text.splitlines()[0].removeprefix("# ")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        folders.add(path.relative_to(tmp_path).parts[0])
    assert len(folders) == 2
    for each in folders:
        result = CliRunner().invoke(cli.main, ["scheme", "lint", str(tmp_path / each)])
        assert result.exit_code == 0, result.output
        assert ": clean, " in result.output


def test_the_scheme_with_everything_scores(tmp_path: Path) -> None:
    """Points by hand: 16 + 20 + 20 of the business, 15 + 20 of the management, 3 on top."""
    (text,) = (text for text in blocks(DOCS / "schemes.md", "yaml") if text.startswith("# service-desk"))
    (tmp_path / "scheme.yaml").write_text(text, "utf-8")
    scheme, compiled = usable_scheme(str(tmp_path))
    inspected: dict[str, Value] = {
        "表彰次数": 3.0, "盘点差错数": 1.0, "例会召开日": 6.0, "满意度": 0.95, "欠款回收": "完成", "返修台数": 0.0
    }  # fmt: skip
    issue = make_issue(
        scheme, compiled, month="2026-03", roster={"D1": Dealer("D1", "甲店")},
        targets={"D1": {"接车台次": 100.0, "维修产值": 1000.0}},
    )  # fmt: skip
    engine = load_engine("formualizer", issue.master, issue.layout)
    answers: dict[str, CellContent] = {
        "接车台次": 80.0, "交车台数": 80.0, "维修产值": 950.0, "技师人数": 2.0, "工作天数": 20.0
    }  # fmt: skip
    done = assess(replace(issue, inspections={"D1": inspected}), engine, submission_of(issue, "D1", answers))
    assert (done.status, done.total, done.grade) == ("scored", 94.0, "优秀")
    unpaid = {"D1": {**inspected, "欠款回收": "未完成"}}
    vetoed = assess(replace(issue, inspections=unpaid), engine, submission_of(issue, "D1", answers))
    assert (vetoed.vetoed, vetoed.total, vetoed.before_veto) == (True, 0.0, 94.0)


def test_the_names_of_the_architecture_exist() -> None:
    text = (DOCS / "architecture.md").read_text("utf-8")
    functions = re.findall(r"`(xlkpi[\w.]*):([\w.]+)`", text)
    assert len(functions) > 20
    for module, path in functions:
        value = importlib.import_module(module)
        for part in path.split("."):
            value = getattr(value, part)
    for module in re.findall(r"`(xlkpi(?:\.\w+)+)`", text):
        importlib.import_module(module)


# ------------------------------------------------------------------ the two commands


def test_the_two_commands_are_what_the_continuous_run_runs() -> None:
    lines = (ROOT / ".ci" / "run").read_text("utf-8").splitlines()
    for path in READMES.values():
        main, tests = (block.strip() for block in blocks(path, "sh"))
        assert main.endswith("/xlkpi demo")
        assert "/pytest " in tests
        assert lines.count(main) == 1
        assert lines.count(tests) == 1


def test_windows_has_the_same_commands() -> None:
    for path in READMES.values():
        (block,) = blocks(path, "powershell")
        unix = [text.strip() for text in blocks(path, "sh")]
        for theirs, ours in zip(block.strip().splitlines(), unix, strict=True):
            as_unix = theirs.replace("py -3", "python3").replace(".venv\\Scripts\\", ".venv/bin/").replace(";", " &&")
            assert as_unix == ours


def test_the_continuous_run_is_a_program() -> None:
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
    subprocess.run(["bash", "-n", ROOT / ".ci" / "run"], check=True)


# ------------------------------------------------------------------ the package, paths, hosts


def test_the_package_s_description_needs_no_file_beside_it() -> None:
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    readme = re.search(r'^readme = "(.+?)"', text, re.M)
    assert readme is not None
    assert "](" not in (ROOT / readme[1]).read_text("utf-8")
    included = re.search(r"^include = \[(.+)\]$", text, re.M)
    assert included is not None
    for path in ("docs", "CONTRIBUTING.md", "SECURITY.md", "README.md", "README.zh-CN.md"):
        assert f'"{path}"' in included[1]


def tracked() -> list[Path]:
    """The files of the project; in a copy without git, all that git would not ignore."""
    try:
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        hidden = {".git", ".venv", "demo", "build", "dist"}
        files = (path for path in ROOT.rglob("*") if path.is_file())
        return [p for p in files if not hidden & set(p.relative_to(ROOT).parts) and "cache" not in str(p)]
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def test_no_file_names_a_machine_s_path_or_a_registry() -> None:
    files = tracked()
    assert len(files) > 50
    # spelt apart, so that this file is none of them
    places = [
        "/" + "root/",
        "/" + "work/",
        "/" + "tmp/[a-z]",
        "pypi" + r"\.org",
        r"files\.python" + "hosted",
        r"deb\.debi" + "an",
    ]
    wrong = re.compile("|".join(places))
    for path in files:
        data = path.read_bytes()
        if b"\0" not in data:
            match = wrong.search(data.decode("utf-8"))
            assert match is None, f"{path.relative_to(ROOT)}: {match and match[0]}"


def test_the_changelog_has_the_version() -> None:
    version = re.search(r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text("utf-8"), re.M)
    assert version is not None
    assert version[1] == __version__
    assert f"## [{version[1]}]" in (ROOT / "CHANGELOG.md").read_text("utf-8")
