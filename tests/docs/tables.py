"""The page of all codes in both languages, made from the catalogue. `python tests/docs/tables.py` writes it anew."""

from __future__ import annotations

from pathlib import Path

from xlkpi.findings import CodeEntry, catalogue

ROOT = Path(__file__).parents[2]
READMES = {"en": ROOT / "README.md", "zh": ROOT / "README.zh-CN.md"}
PAGES = {lang: ROOT / "templates" / "findings" / path.name for lang, path in READMES.items()}
INTRODUCTION = {
    "en": (
        "# Findings\n\nEvery code that xlkpi can say, with cause and remedy; `xlkpi explain CODE` tells the same.\n"
        "Numbers are never used again. Words in braces are facts of the case. [中文](README.zh-CN.md)\n"
    ),
    "zh": (
        "# 问题代码\n\nxlkpi 会说的每一个代码，连同原因和办法；`xlkpi explain 代码` 说的也是这些。\n"
        "编号不会再用。花括号里是具体的事实。[English](README.md)\n"
    ),
}
TOLD = {
    "en": ("severity", "cause", "remedy", "since", "the 校验 column shows", "unsafe: the file was refused unread",
           "cannot be switched off, changed or waived"),
    "zh": ("级别", "原因", "怎么办", "始于版本", "“校验”栏显示", "不安全：文件被拒绝，没有读取",
           "不能关闭、改级别或豁免"),
}  # fmt: skip


def findings_page(lang: str) -> str:
    """The page of all codes: a section each."""
    return INTRODUCTION[lang] + "".join(_section(entry, lang) for entry in catalogue().values())


def _section(entry: CodeEntry, lang: str) -> str:
    severity, cause, remedy, since, live, unsafe, fixed = TOLD[lang]
    word = entry.severity.word if lang == "zh" else entry.severity.name.lower()
    text = entry.texts[lang]
    lines = [
        f"- {severity}: {word}; {since}: {entry.since}", f"- {cause}: {text['cause']}", f"- {remedy}: {text['remedy']}",
        *([f"- {live}: {entry.live}"] if entry.live else []),
        *([f"- {unsafe}"] if entry.unsafe else []), *([f"- {fixed}"] if entry.fixed else []),
    ]  # fmt: skip
    body = "\n".join(lines)
    if lang == "zh":
        body = body.replace(": ", "：").replace("; ", "；")
    return f"\n## {entry.code}\n\n**{text['message']}** (`{entry.name}`)\n\n{body}\n"


if __name__ == "__main__":
    for lang, path in PAGES.items():
        path.write_text(findings_page(lang), "utf-8")
