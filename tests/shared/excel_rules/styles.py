"""Shared strings and styles."""

from __future__ import annotations

import re
from collections import Counter, defaultdict

from shared.excel_rules.model import (
    BUILTIN_FORMATS,
    FONTS,
    NS,
    STYLE_ORDER,
    Base,
    M,
    format_faults,
    local,
)


class StyleRules(Base):
    """Shared strings and styles."""

    def shared_strings(self, book: str) -> None:
        part = self.target(book, "sharedStrings")
        if not part or part not in self.xml:
            return
        tree = self.xml[part]
        items = tree.findall("m:si", NS)
        unique = tree.get("uniqueCount")
        if unique and int(unique) != len(items):
            self.report("W", "S01", part, "", f"uniqueCount {unique}, {len(items)} strings")
        for n, si in enumerate(items):
            text = "".join(t.text or "" for t in si.iter(f"{{{M}}}t"))
            self.text(part, f"si {n}", text)
            self.strings.append(text)

    def styles(self, book: str) -> None:
        part = self.target(book, "styles")
        self.count: dict[str, int] = defaultdict(int)
        self.dxfs = 0
        self.table_styles: set[str] = set()
        self.formats: dict[int, str] = {}
        self.xf_formats: list[int] = []
        if not part or part not in self.xml:
            self.report("W", "Y01", "", "", "no styles part")
            return
        tree = self.xml[part]
        self.order(part, tree, STYLE_ORDER, "Y01")
        for tag in ("numFmts", "fonts", "fills", "borders", "cellStyleXfs", "cellXfs", "cellStyles", "dxfs"):
            block = tree.find(f"m:{tag}", NS)
            if block is None:
                if tag not in ("numFmts", "dxfs"):
                    self.report("W", "Y02", part, tag, "missing")
                continue
            self.count[tag] = len(block)
            if block.get("count") and int(block.get("count")) != len(block):
                self.report("W", "Y02", part, tag, f"count {block.get('count')}, has {len(block)}")
        for tag, most in (
            ("fonts", 1024),
            ("fills", 65_430),
            ("borders", 65_430),
            ("cellXfs", 65_430),
            ("numFmts", 250),
        ):
            if self.count[tag] > most:
                self.report(
                    "E" if tag != "numFmts" else "W", "Y03", part, tag, f"{self.count[tag]}, Excel takes {most}"
                )
        for fmt in tree.findall("m:numFmts/m:numFmt", NS):
            key, code = int(fmt.get("numFmtId")), fmt.get("formatCode") or ""
            if key in self.formats:
                self.report("E", "Y04", part, str(key), "numFmtId twice")
            if key < 164 and key not in BUILTIN_FORMATS:
                self.report("W", "Y04", part, str(key), "own number format with a reserved id")
            self.formats[key] = code
            for what in format_faults(code):
                self.report("E", "Y05", part, code, what)
        fills = tree.findall("m:fills/m:fill", NS)
        for n, wanted in enumerate(("none", "gray125")):
            pattern = fills[n].find("m:patternFill", NS) if len(fills) > n else None
            if pattern is not None and pattern.get("patternType", "none") != wanted:
                self.report(
                    "W", "Y06", part, f"fill {n}", f"is {pattern.get('patternType')}, Excel always shows {wanted} there"
                )
        known = {**dict.fromkeys(BUILTIN_FORMATS, 1), **self.formats}
        for block in ("cellStyleXfs", "cellXfs"):
            for n, xf in enumerate(tree.findall(f"m:{block}/m:xf", NS)):
                for attr, tag in (
                    ("fontId", "fonts"),
                    ("fillId", "fills"),
                    ("borderId", "borders"),
                    ("xfId", "cellStyleXfs"),
                ):
                    if (
                        xf.get(attr)
                        and int(xf.get(attr)) >= self.count[tag]
                        and not (attr == "xfId" and block == "cellStyleXfs")
                    ):
                        self.report(
                            "E", "Y07", part, f"{block} {n}", f"{attr} {xf.get(attr)}, there are {self.count[tag]}"
                        )
                number = int(xf.get("numFmtId") or 0)
                if number not in known:
                    self.report("E", "Y07", part, f"{block} {n}", f"numFmtId {number} is not defined")
                if block == "cellXfs":
                    self.xf_formats.append(number)
                alignment = xf.find("m:alignment", NS)
                if alignment is not None and (
                    int(alignment.get("indent") or 0) > 250
                    or int(alignment.get("textRotation") or 0) not in (*range(181), 255)
                ):
                    self.report("E", "Y08", part, f"{block} {n}", "indent above 250 or rotation above 180")
        for n, font in enumerate(tree.findall("m:fonts/m:font", NS)):
            size, name = font.find("m:sz", NS), font.find("m:name", NS)
            if size is not None and not 1 <= float(size.get("val")) <= 409:
                self.report("E", "Y09", part, f"font {n}", f"size {size.get('val')}")
            if name is not None and (not name.get("val") or len(name.get("val")) > 31):
                self.report("E", "Y09", part, f"font {n}", f"name {name.get('val')!r}, 1 to 31 characters")
            elif name is not None and name.get("val").lower() not in FONTS:
                self.report("L", "Y10", part, f"font {n}", f"{name.get('val')} is not on every Chinese Windows")
            for tag, times in Counter(e.tag for e in font).items():
                if times > 1:
                    self.report("E", "Y09", part, f"font {n}", f"{local(tag)} twice")
        styles = Counter((s.get("name") or "").lower() for s in tree.findall("m:cellStyles/m:cellStyle", NS))
        for name, times in styles.items():
            if times > 1:
                self.report("E", "Y11", part, name, "cell style twice")
        for s in tree.findall("m:cellStyles/m:cellStyle", NS):
            if int(s.get("xfId") or 0) >= self.count["cellStyleXfs"]:
                self.report("E", "Y11", part, s.get("name") or "", "xfId out of range")
        self.dxfs = self.count["dxfs"]
        for n, dxf in enumerate(tree.findall("m:dxfs/m:dxf", NS)):
            order = [local(e) for e in dxf]
            right = [t for t in ("font", "numFmt", "fill", "alignment", "border", "protection", "extLst") if t in order]
            if order != right:
                self.report("E", "Y12", part, f"dxf {n}", f"children in the order {order}")
            fill = dxf.find("m:fill/m:patternFill", NS)
            if (
                fill is not None
                and fill.get("patternType") == "solid"
                and fill.find("m:bgColor", NS) is None
                and fill.find("m:fgColor", NS) is not None
            ):
                self.report(
                    "L",
                    "Y12",
                    part,
                    f"dxf {n}",
                    "solid fill with fgColor alone: Excel draws conditional fills with bgColor",
                )
        for color in tree.iter():
            if (
                isinstance(color.tag, str)
                and color.get("rgb") is not None
                and not re.match(r"^[0-9A-Fa-f]{8}$", color.get("rgb"))
            ):
                self.report("E", "Y13", part, local(color), f"rgb {color.get('rgb')}")
        self.table_styles = {s.get("name") or "" for s in tree.findall("m:tableStyles/m:tableStyle", NS)}
