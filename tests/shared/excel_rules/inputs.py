"""Conditional formats, data validations, links and printing of a sheet."""

from __future__ import annotations

import re
from collections import Counter

from shared.excel_rules.model import (
    MAX_COL,
    MAX_ROW,
    NS,
    SQ,
    Area,
    Base,
    R,
    Sheet,
    area,
    letters,
    local,
    needs_quotes,
    operands,
    utf16,
)


class InputRules(Base):
    """Conditional formats, data validations, links and printing of a sheet."""

    def formatting(self, number: int, sheet: Sheet) -> None:
        priorities: Counter[str] = Counter()
        ranges: list[tuple[Area, str]] = []
        for block in sheet.root.findall("m:conditionalFormatting", NS):
            first = None
            for ref in (block.get("sqref") or "").split():
                where = area(ref)
                if where is None or not SQ.match(ref):
                    self.report("E", "R01", sheet.part, ref, "conditional format on what is no range")
                else:
                    first = first or where
                    ranges.append((where, ref))
            if first is None:
                self.report("E", "R01", sheet.part, "", "conditional format without a range")
            for rule in block.findall("m:cfRule", NS):
                kind, place = rule.get("type") or "", f"{block.get('sqref')[:40]} {rule.get('type')}"
                priorities[rule.get("priority") or ""] += 1
                if not (rule.get("priority") or "").isdigit() or int(rule.get("priority")) < 1:
                    self.report("E", "R02", sheet.part, place, f"priority {rule.get('priority')}")
                if rule.get("dxfId") is not None and int(rule.get("dxfId")) >= self.dxfs:
                    self.report("E", "R02", sheet.part, place, f"dxfId {rule.get('dxfId')} of {self.dxfs}")
                texts = [f.text or "" for f in rule.findall("m:formula", NS)]
                if kind == "expression" and len(texts) != 1:
                    self.report("E", "R03", sheet.part, place, f"{len(texts)} formulas")
                if (kind == "cellIs" and not 1 <= len(texts) <= 2) or (kind == "cellIs" and not rule.get("operator")):
                    self.report("E", "R03", sheet.part, place, "cellIs needs an operator and one or two formulas")
                if kind in ("containsText", "notContainsText", "beginsWith", "endsWith") and not rule.get("text"):
                    self.report("E", "R03", sheet.part, place, "needs its text")
                if kind in ("colorScale", "dataBar", "iconSet"):
                    inner = rule.find(f"m:{kind}", NS)
                    points = [] if inner is None else inner.findall("m:cfvo", NS)
                    colors = [] if inner is None else inner.findall("m:color", NS)
                    if kind == "colorScale" and not (2 <= len(points) == len(colors) <= 3):
                        self.report("E", "R04", sheet.part, place, f"{len(points)} points and {len(colors)} colours")
                    if kind == "dataBar" and not (len(points) == 2 and len(colors) == 1):
                        self.report("E", "R04", sheet.part, place, f"{len(points)} points and {len(colors)} colours")
                    if kind == "iconSet" and len(points) != int((inner.get("iconSet") or "3TrafficLights1")[0]):
                        self.report("E", "R04", sheet.part, place, f"{len(points)} points of {inner.get('iconSet')}")
                    for p in points:
                        if p.get("type") in ("num", "percent", "percentile", "formula") and p.get("val") is None:
                            self.report("E", "R04", sheet.part, place, "cfvo without val")
                elif kind and kind not in ("expression", "cellIs") and rule.get("dxfId") is None:
                    self.report("I", "R02", sheet.part, place, "rule without a format")
                for text in texts:
                    self.formula(f"format {place}", sheet.part, text, number, kind="format", anchor=first)
        for key, times in priorities.items():
            if times > 1:
                self.report("W", "R02", sheet.part, "", f"priority {key} of {times} rules")

    def validations(self, number: int, sheet: Sheet) -> None:
        block = sheet.root.find("m:dataValidations", NS)
        if block is None:
            return
        if len(block) == 0:
            self.report("E", "V01", sheet.part, "", "empty <dataValidations>")
        if block.get("count") and int(block.get("count")) != len(block):
            self.report("W", "V01", sheet.part, "", f"count {block.get('count')}, has {len(block)}")
        taken: list[tuple[Area, str]] = []
        for d in block:
            place, first = d.get("sqref") or "", None
            for ref in place.split():
                where = area(ref)
                if where is None or not SQ.match(ref):
                    self.report("E", "V02", sheet.part, ref, "validation on what is no range")
                    continue
                first = first or where
                for other, name in taken:
                    if other.meets(where):
                        self.report(
                            "W",
                            "V02",
                            sheet.part,
                            ref,
                            f"two validations on one cell ({name}); Excel repairs or takes one",
                        )
                taken.append((where, ref))
                for merge in sheet.areas.get("merge", ()):
                    if merge.meets(where) and not where.within(merge) and not merge.within(where):
                        self.report("W", "V02", sheet.part, ref, "validation meets a merge in part")
            if first is None:
                self.report("E", "V02", sheet.part, place, "validation without a range")
            for attr, most in (("promptTitle", 32), ("prompt", 255), ("errorTitle", 32), ("error", 255)):
                if utf16(d.get(attr) or "") > most:
                    self.report(
                        "E", "V03", sheet.part, place, f"{attr} has {utf16(d.get(attr))} characters, {most} at most"
                    )
            if 225 < utf16(d.get("error") or "") <= 255:
                self.report("W", "V03", sheet.part, place, "error text above 225 characters: Excel's dialog takes 225")
            kind = d.get("type") or "none"
            one, two = d.find("m:formula1", NS), d.find("m:formula2", NS)
            if kind not in ("none",) and (one is None or not (one.text or "").strip()):
                self.report("E", "V04", sheet.part, place, f"type {kind} without formula1")
            if (
                kind in ("whole", "decimal", "date", "time", "textLength")
                and (d.get("operator") or "between") in ("between", "notBetween")
                and (two is None or not (two.text or ""))
            ):
                self.report("E", "V04", sheet.part, place, "between without formula2")
            for f in (one, two):
                text = (f.text or "") if f is not None else ""
                if not text:
                    continue
                if utf16(text) > (257 if text.startswith('"') else 255):  # 255 without the quotation marks of a list
                    self.report("E", "V05", sheet.part, place, f"formula of {utf16(text)} characters, 255 at most")
                if text.startswith("="):
                    self.report("E", "V05", sheet.part, place, "formula begins with =")
                literal = kind == "list" and text.startswith('"')
                if literal:
                    if '""' in text[1:-1] or '"' in text[1:-1].replace('""', ""):
                        self.report("W", "V06", sheet.part, place, "quotation marks inside a list")
                    items = text[1:-1].split(",")
                    if any(i != i.strip() for i in items):
                        self.report(
                            "W", "V06", sheet.part, place, "list items with blanks at their ends; Excel trims them"
                        )
                    if any(not i.strip() for i in items):
                        self.report("W", "V06", sheet.part, place, "an empty item in the list")
                elif "{" in text and re.sub(r'"[^"]*"', "", text).count("{") != 0:
                    self.report("E", "V05", sheet.part, place, "array constants are not allowed in a validation")
                else:
                    self.formula(f"validation {place}", sheet.part, text, number, kind="validation", anchor=first)
                    if kind == "custom" and (d.get("allowBlank") or "0") in ("1", "true"):
                        others = [
                            t
                            for t in operands(text)
                            if not (
                                area(t.replace("$", ""))
                                and first
                                and area(t) == Area(first.c1, first.r1, first.c1, first.r1)
                            )
                        ]
                        if others:
                            self.report(
                                "W",
                                "V07",
                                sheet.part,
                                place,
                                f"allowBlank, and refers to {others[0]}: Excel accepts all while that is blank",
                            )
                    if (
                        kind == "custom"
                        and first
                        and (words := re.findall(r'(?i)\b[A-Z]{1,3}\d+="([^"]+)"', text.replace("$", "")))
                    ):
                        cell = f"{letters(first.c1)}{first.r1}"
                        if re.match(r"(?i)\s*OR\(", text) and re.search(
                            rf"(?i)\b(INT|MOD|ROUND|ROUNDUP|ROUNDDOWN|TRUNC|ABS|VALUE|DAY|MONTH)\({cell}\b|{cell}[-+*/]",
                            text.replace("$", ""),
                        ):
                            self.report(
                                "W",
                                "V09",
                                sheet.part,
                                place,
                                f"{words[0]!r} is to be allowed, yet arithmetic makes the OR an error: {text[:60]}",
                            )
                    if (
                        kind == "list"
                        and not text.startswith('"')
                        and (a := area(text.rsplit("!", 1)[-1])) is not None
                        and a.c1 != a.c2
                        and a.r1 != a.r2
                    ):
                        self.report("E", "V05", sheet.part, place, "a list range must be one row or one column")
        if len(block) > 65_534:
            self.report("E", "V01", sheet.part, "", "more than 65,534 validations")

    def hyperlinks(self, sheet: Sheet) -> None:
        links = sheet.root.findall("m:hyperlinks/m:hyperlink", NS)
        block = sheet.root.find("m:hyperlinks", NS)
        if block is not None and not links:
            self.report("E", "H01", sheet.part, "", "empty <hyperlinks>")
        if len(links) > 65_530:
            self.report("E", "H01", sheet.part, "", f"{len(links)} hyperlinks, 65,530 at most")
        taken: Counter[str] = Counter()
        for h in links:
            ref = h.get("ref") or ""
            taken[ref] += 1
            if area(ref) is None:
                self.report("E", "H01", sheet.part, ref, "hyperlink on what is no range")
            rid = h.get(f"{{{R}}}id")
            if rid is not None and rid not in self.rels.get(sheet.part, {}):
                self.report("E", "H02", sheet.part, ref, f"relationship {rid} is not there")
            if rid is None and not h.get("location"):
                self.report("E", "H02", sheet.part, ref, "leads nowhere")
            for attr, most in (("location", 2083), ("tooltip", 255), ("display", 2083)):
                if utf16(h.get(attr) or "") > most:
                    self.report("E", "H03", sheet.part, ref, f"{attr} longer than {most}")
            where = h.get("location")
            if where and rid is None:
                if where.startswith("#"):
                    self.report("W", "H04", sheet.part, ref, "location begins with #")
                self.location(sheet.part, ref, where)
        for ref, times in taken.items():
            if times > 1:
                self.report("W", "H01", sheet.part, ref, "two hyperlinks on one cell")

    def location(self, part: str, ref: str, where: str) -> None:
        if "!" in where:
            name, cell = where.rsplit("!", 1)
            quoted = name.startswith("'") and name.endswith("'")
            plain = name[1:-1].replace("''", "'") if quoted else name
            sheet = next((s for s in self.sheets if s.name.lower() == plain.lower()), None)
            if sheet is None:
                self.report("W", "H04", part, ref, f"leads to the sheet {plain}, which is not there")
            elif sheet.state != "visible":
                self.report("W", "H04", part, ref, f"leads to the hidden sheet {plain}")
            if not quoted and needs_quotes(plain):
                self.report("W", "H04", part, ref, f"{plain} wants apostrophes")
            if area(cell) is None and (None, cell.lower()) not in self.names:
                self.report("W", "H04", part, ref, f"leads to {cell}, which is no cell")
        elif (None, where.lower()) not in self.names and area(where) is None and where.lower() not in self.tables:
            self.report("W", "H04", part, ref, f"leads to {where}, which is no name")

    def printing(self, sheet: Sheet) -> None:
        part, setup = sheet.part, sheet.root.find("m:pageSetup", NS)
        if setup is not None:
            if setup.get("scale") and not 10 <= int(setup.get("scale")) <= 400:
                self.report("E", "G01", part, "", f"scale {setup.get('scale')}")
            for attr in ("fitToWidth", "fitToHeight"):
                if setup.get(attr) and not 0 <= int(setup.get(attr)) <= 32_767:
                    self.report("E", "G01", part, "", f"{attr} {setup.get(attr)}")
            if setup.get(f"{{{R}}}id") and setup.get(f"{{{R}}}id") not in self.rels.get(part, {}):
                self.report("E", "G01", part, "", "printer settings lead nowhere")
        margins = sheet.root.find("m:pageMargins", NS)
        if margins is not None and any(
            not 0 <= float(margins.get(k) or 0) < 49 for k in ("left", "right", "top", "bottom", "header", "footer")
        ):
            self.report("E", "G02", part, "", "page margin below 0 or above 49 inches")
        texts = sheet.root.find("m:headerFooter", NS)
        for e in texts if texts is not None else ():
            if utf16(e.text or "") > 255:
                self.report("E", "G03", part, local(e), f"{utf16(e.text)} characters, 255 at most")
            for code in re.findall(r"&(.)", (e.text or "").replace("&&", "")):
                if code not in 'LCRPNDTFAZGKBIUESXYOH"+-0123456789':
                    self.report("W", "G03", part, local(e), f"code &{code}")
        for tag, most in (("rowBreaks", MAX_ROW), ("colBreaks", MAX_COL)):
            block = sheet.root.find(f"m:{tag}", NS)
            if block is None:
                continue
            brks = block.findall("m:brk", NS)
            if int(block.get("count") or len(brks)) != len(brks) or len(brks) > 1026:
                self.report("E", "G04", part, tag, f"count {block.get('count')}, has {len(brks)}; 1,026 at most")
            if int(block.get("manualBreakCount") or 0) > len(brks):
                self.report("W", "G04", part, tag, "manualBreakCount")
            for b in brks:
                if not 0 < int(b.get("id") or 0) < most:
                    self.report("E", "G04", part, tag, f"break at {b.get('id')}")
        guard = sheet.root.find("m:sheetProtection", NS)
        filtered = sheet.root.find("m:autoFilter", NS) is not None or any(
            on == sheet.name for on, _, _ in self.tables.values()
        )
        if (
            guard is not None
            and guard.get("sheet") in ("1", "true")
            and filtered
            and (guard.get("autoFilter") or "1") in ("1", "true")
        ):
            self.report(
                "W",
                "G06",
                part,
                sheet.name,
                "filter buttons on a protected sheet that forbids filtering (autoFilter=1)",
            )
        if guard is not None and guard.get("password") and not re.match(r"^[0-9A-Fa-f]{4}$", guard.get("password")):
            self.report("E", "G05", part, "", "password hash is not four hex digits")
