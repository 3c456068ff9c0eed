"""The READMEs say what is true: commands, options, codes, examples and printed output are held to the program."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from docs.tables import PAGES, READMES, ROOT, findings_page
from xlkpi import __version__, cli
from xlkpi.cli import shared
from xlkpi.findings import Finding
from xlkpi.values import Place

LANGUAGES = sorted(READMES)
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.S | re.M)


def readme(lang: str) -> str:
    return READMES[lang].read_text("utf-8")


def blocks(lang: str, kind: str) -> list[str]:
    return [body for found, body in FENCE.findall(readme(lang)) if found == kind]


def commands(group: click.Group = cli.main, path: str = "xlkpi") -> Iterator[tuple[str, click.Command]]:
    """Every command that does something, with the words that call it."""
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{path} {name}")
        else:
            yield f"{path} {name}", command


COMMANDS = dict(commands())


def options(command: click.Command) -> set[str]:
    """Its options as the READMEs spell them: `--month`, `-o/--output`."""
    return {"/".join(p.opts) for p in command.params if isinstance(p, click.Option)}


def test_the_commands_were_found() -> None:
    assert {"xlkpi new", "xlkpi score", "xlkpi scheme lint", "xlkpi inspections new", "xlkpi demo"} <= set(COMMANDS)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_command_and_option_is_documented_and_none_is_made_up(lang: str) -> None:
    rows = dict(re.findall(r"^\| `(xlkpi(?: [a-z]+)+)[^`]*` \|(.*)$", readme(lang), re.M))
    assert set(rows) == set(COMMANDS)
    for name, command in COMMANDS.items():
        column = rows[name].split("|")[0]
        assert set(re.findall(r"`([^`]+)`", column)) == options(command), name


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_and_option_has_help(name: str) -> None:
    command = COMMANDS[name]
    assert command.help
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"{name} {parameter.opts[-1]}"
    shown = CliRunner().invoke(cli.main, [*name.split()[1:], "--help"])
    assert shown.exit_code == 0
    assert command.help.split(".")[0].split()[0] in shown.output


def test_exit_codes_are_those_of_the_program() -> None:
    for lang in LANGUAGES:
        rows = re.findall(r"^\| (\d) \|", readme(lang), re.M)
        assert [int(code) for code in rows] == [0, shared.ERRORS, shared.USAGE, shared.UNSAFE, shared.PARTLY]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_page_of_all_codes_is_the_catalogue_and_linked(lang: str) -> None:
    assert PAGES[lang].read_text("utf-8") == findings_page(lang), "run python tests/docs/tables.py"
    assert f"({PAGES[lang].relative_to(ROOT).as_posix()})" in readme(lang)


# ------------------------------------------------------------------ the two commands


def test_the_two_commands_are_what_the_continuous_run_runs() -> None:
    lines = (ROOT / ".ci" / "run").read_text("utf-8").splitlines()
    for lang in LANGUAGES:
        main, tests = (block.strip() for block in blocks(lang, "sh"))
        assert main.endswith("/xlkpi demo")
        assert "/pytest " in tests
        assert lines.count(main) == 1
        assert lines.count(tests) == 1


def test_windows_has_the_same_commands() -> None:
    for lang in LANGUAGES:
        (block,) = blocks(lang, "powershell")
        unix = [one.strip() for one in blocks(lang, "sh")]
        for theirs, ours in zip(block.strip().splitlines(), unix, strict=True):
            assert (
                theirs.replace("py -3", "python3").replace(".venv\\Scripts\\", ".venv/bin/").replace(";", " &&") == ours
            )


def test_the_continuous_run_is_a_program() -> None:
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
    subprocess.run(["bash", "-n", ROOT / ".ci" / "run"], check=True)


# ------------------------------------------------------------------ what the README shows


def shown(lang: str) -> list[tuple[str, list[str]]]:
    """Commands after `$`, each with the lines that are shown below it."""
    found: list[tuple[str, list[str]]] = []
    for block in blocks(lang, "console"):
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append((line[2:], []))
            elif found and block.startswith("$ "):
                found[-1][1].append(line)
    return found


def test_both_readmes_show_the_same() -> None:
    assert [blocks("en", kind) for kind in ("sh", "powershell", "console", "yaml")] == [
        blocks("zh", kind) for kind in ("sh", "powershell", "console", "yaml")
    ]
    shapes = [re.findall(r"^(#+) ", FENCE.sub("", readme(lang)), re.M) for lang in LANGUAGES]
    assert shapes[0] == shapes[1], "the same sections"
    tables = [FENCE.sub("", readme(lang)).count("\n| ") for lang in LANGUAGES]
    assert tables[0] == tables[1], "the same rows in the tables"


def test_what_the_readme_shows_is_what_is_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The month of the README, typed as it stands there."""
    (tmp_path / "workbooks").mkdir()
    shutil.copytree(ROOT / "workbooks" / "service-assessment", tmp_path / "workbooks" / "service-assessment")
    monkeypatch.chdir(tmp_path)
    steps = shown("en")
    assert len(steps) >= 9
    for command, lines in steps:
        words = shlex.split(command)
        assert words[0] == "xlkpi"
        result = CliRunner().invoke(cli.main, words[1:])
        assert result.exit_code == 0, f"{command}\n{result.output}"
        printed = {line.strip() for line in result.output.splitlines()}
        for line in lines:
            assert line == "…" or line.strip() in printed, f"{command}: {line}"


def test_the_finding_that_the_readme_shows_is_the_demonstration_s() -> None:
    (example,) = (block for block in blocks("en", "console") if not block.startswith("$"))
    finding = Finding("XK-V001", "D006", Place("填报", "F8"), "维修毛利", {"label": "维修毛利"})
    assert f"  填报\n    错误 XK-V001 F8　{finding.message()}\n        → {finding.remedy()}\n" in example


def test_the_scheme_and_the_rule_of_the_readme_lint_clean(tmp_path: Path) -> None:
    for text in blocks("en", "yaml"):
        path = tmp_path / text.splitlines()[0].removeprefix("# ")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    result = CliRunner().invoke(cli.main, ["scheme", "lint", str(tmp_path / "parts-desk")])
    assert result.exit_code == 0, result.output
    assert ": clean, " in result.output


# ------------------------------------------------------------------ links, paths, hosts


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md", "CHANGELOG.md"])
def test_links_lead_somewhere(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    links = re.findall(r"\]\(([^)\s]+)\)", text)
    assert links
    for link in links:
        if not link.startswith("https://"):
            assert (ROOT / link.partition("#")[0]).exists(), link


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
            found = wrong.search(data.decode("utf-8"))
            assert found is None, f"{path.relative_to(ROOT)}: {found and found[0]}"


def test_the_changelog_has_the_version() -> None:
    version = re.search(r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text("utf-8"), re.M)
    assert version is not None
    assert version[1] == __version__
    assert f"## [{version[1]}]" in (ROOT / "CHANGELOG.md").read_text("utf-8")
