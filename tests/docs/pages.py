"""The pages that people read, taken apart: code blocks, commands, links, headings."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
READMES = {"en": ROOT / "README.md", "zh": ROOT / "README.zh-CN.md"}
ENGLISH = {path.relative_to(ROOT / "docs"): path for path in sorted((ROOT / "docs").rglob("*.md"))
           if "zh" not in path.relative_to(ROOT / "docs").parts}  # fmt: skip
CHINESE = {path.relative_to(ROOT / "docs" / "zh"): path for path in sorted((ROOT / "docs" / "zh").rglob("*.md"))}
ALL = [*READMES.values(), *ENGLISH.values(), *CHINESE.values(), ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md",
       ROOT / "CHANGELOG.md", *sorted((ROOT / "templates" / "findings").glob("*.md"))]  # fmt: skip
TWINS = [(READMES["en"], READMES["zh"])] + [(ENGLISH[name], path) for name, path in CHINESE.items() if name in ENGLISH]
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.S | re.M)


def blocks(path: Path, kind: str) -> list[str]:
    """The code blocks of a kind."""
    return [body for found, body in FENCE.findall(path.read_text("utf-8")) if found == kind]


def prose(path: Path) -> str:
    """The page without its code blocks."""
    return FENCE.sub("", path.read_text("utf-8"))


def shown(path: Path) -> list[tuple[str, list[str]]]:
    """Commands after `$`, each with the lines that are shown below it."""
    steps: list[tuple[str, list[str]]] = []
    for block in blocks(path, "console"):
        for line in block.splitlines():
            if line.startswith("$ "):
                steps.append((line[2:], []))
            elif block.startswith("$ "):
                steps[-1][1].append(line)
    return steps


def anchors(path: Path) -> set[str]:
    """The anchors that a page's headings make, as GitHub spells them."""
    headings = re.findall(r"^#+ (.+)$", prose(path), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def links(path: Path) -> list[str]:
    """Where a page's links and pictures lead."""
    return re.findall(r"\]\(([^)\s]+)\)", prose(path))
