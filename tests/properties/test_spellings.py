"""One sheet in many spellings: the reader and an XML parser tell the same of it, or it is refused.

XLKPI_SPELLINGS sets how many are tried; the seed is that number's.
"""

from __future__ import annotations

import io
import os
import random
from xml.etree import ElementTree

from openpyxl import Workbook
from shared.packages import replaced

from xlkpi.intake.guard import Refused
from xlkpi.intake.reader import open_workbook

COUNT = int(os.environ.get("XLKPI_SPELLINGS", "400"))
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
STRINGS = ("零", "一b")
SHARED = f'<sst xmlns="{MAIN}"><si><t>零</t></si><si><r><t>一</t></r><r><t>b</t></r></si></sst>'.encode()
Told = dict[str, tuple[str | None, str | None]]
"""Value and formula of each cell that holds something."""


class Writer:
    """Writes sheets of nine cells; nearly every blank, quote and character in one of several ways."""

    def __init__(self, seed: int, oddness: float):
        self.chance, self.oddness, self.prefix = random.Random(seed), oddness, ""

    def odd(self, often: float = 1.0) -> bool:
        return self.chance.random() < self.oddness * often

    def attribute(self, name: str, value: str) -> str:
        quote = "'" if self.odd() else '"'
        blank = self.chance.choice("\n\t") if self.odd() else " "
        return f"{blank}{name}{' = ' if self.odd() else '='}{quote}{value}{quote}"

    def text(self, text: str) -> str:
        if self.odd():
            return f"<![CDATA[{text}]]>"
        named = {"<": "&lt;", "&": "&amp;", '"': "&quot;"}
        out = "".join(f"&#{ord(c)};" if self.odd() else named.get(c, c) for c in text)
        return out + ("<!--9-->" if self.odd() else "")

    def element(self, name: str, attributes: str, body: str) -> str:
        tag = self.prefix + name
        return f"<{tag}{attributes}{chr(10) if self.odd() else ''}>{body}</{tag}{' ' if self.odd() else ''}>"

    def cell(self, ref: str) -> str:
        chance, at = self.chance, self.attribute("r", ref)
        more = chance.choice(["<extLst><c r='A1'><v>7</v></c></extLst>", "<v>9</v>", "<f>1</f>"]) if self.odd() else ""
        match chance.randrange(6):
            case 0:
                return self.element(
                    "c", at + self.attribute("t", "s"), self.element("v", "", chance.choice("01")) + more
                )
            case 1:
                inside = self.element("is", "", self.element("t", "", self.text('a<b & "甲" 1')))
                return self.element("c", at + self.attribute("t", "inlineStr"), inside + more)
            case 2:
                inside = self.element("f", "", self.text('A1&"x"')) + self.element("v", "", self.text("_x000D_y"))
                return self.element("c", at + self.attribute("t", "str"), inside + more)
            case 3:
                return f"<{self.prefix}c{at}/>"
            case _:
                number = self.text(chance.choice(["1", "251", "310", "-2.5E3", "0"]))
                return self.element("c", at, self.element("v", "", number) + more)

    def sheet(self) -> bytes:
        self.prefix = "x:" if self.odd() else ""
        rows = ""
        for row in range(1, 4):
            refs = [f"{letter}{row}" for letter in "ABC"]
            if self.odd(0.5):
                refs[2] = refs[1]
            if self.odd(0.5):
                refs.reverse()
            rows += self.element("row", self.attribute("r", str(row)), "".join(map(self.cell, refs)))
        before = "<extLst><row r='1'><c r='A1'><v>310</v></c></row></extLst>" if self.odd() else ""
        before += "<!-- <sheetData> -->" if self.odd() else ""
        behind = f"<{self.prefix}sheetData/>" if self.odd() else ""
        space = f' xmlns{":x" if self.prefix else ""}="{MAIN}"'
        tag = f"{self.prefix}worksheet"
        return f"<{tag}{space}>{before}{self.element('sheetData', '', rows)}{behind}</{tag}>".encode()


def plainly(data: bytes) -> Told | None:
    """What ElementTree tells of a sheet; None where something is said twice."""
    bare = f"{{{MAIN}}}"
    tables = ElementTree.fromstring(data).findall(f"{bare}sheetData")
    if len(tables) != 1:
        return None
    seen: dict[str, tuple[str | None, str | None] | None] = {}
    for cell in tables[0].iterfind(f"{bare}row/{bare}c"):
        ref, kind = cell.get("r", ""), cell.get("t", "n")
        parts = {name: cell.findall(bare + name) for name in ("v", "f", "is")}
        if ref in seen or any(len(nodes) > 1 for nodes in parts.values()):
            return None
        value = parts["v"][0].text if parts["v"] else None
        if parts["is"]:
            value = "".join(node.text or "" for node in parts["is"][0].iter(f"{bare}t"))
        elif kind == "s" and value is not None:
            value = STRINGS[int(value)]
        elif kind == "str":
            value = (value or "").replace("_x000D_", "\n")
        seen[ref] = (value, parts["f"][0].text if parts["f"] else None) if any(parts.values()) else None
    return {ref: told for ref, told in seen.items() if told is not None}


def test_every_spelling_is_read_as_an_xml_parser_reads_it_or_refused() -> None:
    buffer = io.BytesIO()
    Workbook().save(buffer)
    base = replaced(buffer.getvalue(), {"xl/sharedStrings.xml": SHARED})
    read = refused = 0
    for seed in range(COUNT):
        xml = Writer(seed, (0.0, 0.003, 0.02, 0.05)[seed % 4]).sheet()
        try:
            cells = open_workbook(replaced(base, {"xl/worksheets/sheet1.xml": xml})).cells("Sheet", None).cells
        except Refused as reason:
            refused += 1
            assert reason.code in ("XK-F002", "XK-F022"), (seed, xml)
            assert seed % 4, "what spreadsheet programs write is never refused"
            continue
        read += 1
        assert {ref: (raw.text, raw.formula) for ref, raw in cells.items()} == plainly(xml), (seed, xml)
    assert read > COUNT // 2
    assert refused > COUNT // 40
