"""The findings table of the READMEs, made from the catalogue. Run `python tests/docs/tables.py` to write it anew."""

from __future__ import annotations

import re
from pathlib import Path

from xlkpi.findings import CodeEntry, catalogue

ROOT = Path(__file__).parents[2]
READMES = {"en": ROOT / "README.md", "zh": ROOT / "README.zh-CN.md"}
HEADINGS = {
    "en": ("code", "severity", "what is said", "why", "what to do"),
    "zh": ("代码", "级别", "说明", "原因", "怎么办"),
}
BETWEEN = re.compile(r"(<!-- findings -->\n).*?(<!-- /findings -->)", re.S)


def findings_table(lang: str) -> str:
    """One row a code, in order."""
    rows = [HEADINGS[lang], ("---",) * len(HEADINGS[lang])]
    rows += [_row(entry, lang) for entry in catalogue().values()]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _row(entry: CodeEntry, lang: str) -> tuple[str, ...]:
    word = entry.severity.word if lang == "zh" else entry.severity.name.lower()
    if entry.unsafe:
        word += "（不安全）" if lang == "zh" else ", unsafe"
    texts = (entry.texts[lang][part] for part in ("message", "cause", "remedy"))
    return entry.code, word, *(text.replace("|", "\\|") for text in texts)


def with_table(text: str, lang: str) -> str:
    """A README with its table as it must be."""
    table = findings_table(lang)
    return BETWEEN.sub(lambda found: found[1] + "\n" + table + "\n" + found[2], text)


if __name__ == "__main__":
    for lang, path in READMES.items():
        path.write_text(with_table(path.read_text("utf-8"), lang), "utf-8")
