"""The workbook part: sheets, defined names, the calculation chain."""

from __future__ import annotations

import re
from collections import Counter

from shared.excel_rules.model import (
    BAD_CHARS,
    BOOK_ORDER,
    BUILTIN_NAMES,
    MAX_ROW,
    NAME,
    NS,
    Base,
    M,
    R,
    Sheet,
    area,
    col_no_safe,
    split_union,
    utf16,
)


class BookRules(Base):
    """The workbook part: sheets, defined names, the calculation chain."""

    def workbook(self, part: str) -> None:
        tree = self.xml[part]
        self.book_part = part
        self.order(part, tree, BOOK_ORDER, "B01")
        ids, rids = Counter(), Counter()
        for s in tree.findall("m:sheets/m:sheet", NS):
            name, rid = s.get("name") or "", s.get(f"{{{R}}}id") or ""
            ids[s.get("sheetId")] += 1
            rids[rid] += 1
            if not 1 <= int(s.get("sheetId") or 0) <= 65_534:
                self.report("E", "B02", part, name, f"sheetId {s.get('sheetId')}")
            if not 1 <= utf16(name) <= 31:
                self.report("E", "B03", part, name, f"sheet name of {utf16(name)} characters, 31 at most")
            if re.search(r"[\[\]:*?/\\]", name) or name.startswith("'") or name.endswith("'") or BAD_CHARS.search(name):
                self.report("E", "B03", part, name, "sheet name with a character that Excel forbids")
            if name.lower() == "history":
                self.report("E", "B03", part, name, "the sheet name History is reserved")
            target = self.rels.get(part, {}).get(rid, (None, "", False))
            if target[0] is None or target[0] not in self.xml:
                self.report("E", "B04", part, name, f"r:id {rid} leads nowhere")
                continue
            self.sheets.append(Sheet(name, target[0], s.get("state") or "visible", self.xml[target[0]]))
        for counter, what in ((ids, "sheetId"), (rids, "r:id"), (Counter(s.name.lower() for s in self.sheets), "name")):
            for key, times in counter.items():
                if times > 1:
                    self.report("E", "B04", part, str(key), f"{what} of two sheets")
        if self.sheets and not any(s.state == "visible" for s in self.sheets):
            self.report("E", "B05", part, "", "no visible sheet")
        view = tree.find("m:bookViews/m:workbookView", NS)
        active = int(view.get("activeTab") or 0) if view is not None else 0
        if active >= len(self.sheets):
            self.report("E", "B05", part, "", f"activeTab {active} of {len(self.sheets)} sheets")
        elif self.sheets and self.sheets[active].state != "visible":
            self.report("E", "B05", part, self.sheets[active].name, "the active sheet is hidden")
        if view is not None and int(view.get("firstSheet") or 0) >= max(1, len(self.sheets)):
            self.report("E", "B05", part, "", f"firstSheet {view.get('firstSheet')}")
        chosen = [
            n
            for n, s in enumerate(self.sheets)
            for v in s.root.findall("m:sheetViews/m:sheetView", NS)
            if v.get("tabSelected") in ("1", "true")
        ]
        if len(chosen) > 1:
            self.report(
                "W",
                "B06",
                part,
                "",
                f"{len(chosen)} sheets are selected as a group: what is typed goes into all of them",
            )
        if chosen and active not in chosen:
            self.report("W", "B06", part, "", f"activeTab is {active} and selected is {chosen}")
        for n in chosen:
            if self.sheets[n].state != "visible":
                self.report("W", "B06", part, self.sheets[n].name, "a hidden sheet is selected")

    def gather_tables(self) -> None:
        self.table_parts: dict[str, Sheet] = {}
        for sheet in self.sheets:
            for rid in sheet.root.findall("m:tableParts/m:tablePart", NS):
                target = self.rels.get(sheet.part, {}).get(rid.get(f"{{{R}}}id") or "", (None,))[0]
                if target not in self.xml:
                    self.report("E", "T01", sheet.part, "", "tablePart leads nowhere")
                    continue
                self.table_parts[target] = sheet
                t = self.xml[target]
                where = area(t.get("ref") or "")
                columns = [c.get("name") or "" for c in t.findall("m:tableColumns/m:tableColumn", NS)]
                name = t.get("displayName") or ""
                if name.lower() in self.tables:
                    self.report("E", "T02", target, name, "two tables of this name")
                if where:
                    self.tables[name.lower()] = (sheet.name, where, columns)
            block = sheet.root.find("m:tableParts", NS)
            if block is not None and block.get("count") and int(block.get("count")) != len(block):
                self.report("W", "T01", sheet.part, "", "tableParts count")
        tree = self.xml[self.book_part]
        for d in tree.findall("m:definedNames/m:definedName", NS):
            scope = int(d.get("localSheetId")) if d.get("localSheetId") else None
            self.names.setdefault((scope, (d.get("name") or "").lower()), d.text or "")

    def defined_names(self, part: str) -> None:
        tree, seen = self.xml[part], Counter()
        for d in tree.findall("m:definedNames/m:definedName", NS):
            name, text = d.get("name") or "", (d.text or "").strip()
            scope = int(d.get("localSheetId")) if d.get("localSheetId") else None
            seen[(scope, name.lower())] += 1
            if scope is not None and scope >= len(self.sheets):
                self.report("E", "N01", part, name, f"localSheetId {scope} of {len(self.sheets)} sheets")
                continue
            if name.lower().startswith("_xlnm."):
                if name.lower() not in BUILTIN_NAMES:
                    self.report("E", "N02", part, name, "no built-in name")
            else:
                self.name_rules("N03", part, name)
                if name.lower() in self.tables:
                    self.report("E", "N04", part, name, "a table has this name")
            if not text:
                self.report("E", "N05", part, name, "refers to nothing")
                continue
            if text.startswith("="):
                self.report("E", "N05", part, name, "begins with =")
            if "#REF!" in text:
                self.report("W", "N05", part, name, f"refers to {text}")
            if utf16(d.get("comment") or "") > 255:
                self.report("E", "N05", part, name, "comment longer than 255")
            self.formula(f"name {name}", part, text, scope, kind="name")
            if name.lower() == "_xlnm.print_titles":
                for piece in split_union(text):
                    ref = piece.rsplit("!", 1)[-1].replace("$", "")
                    if not re.match(r"^([A-Z]+:[A-Z]+|\d+:\d+)$", ref):
                        self.report("E", "N06", part, name, f"{piece} is neither whole rows nor whole columns")
            if name.lower() in ("_xlnm.print_area", "_xlnm.print_titles") and scope is not None:
                for piece in split_union(text):
                    sheet = piece.rsplit("!", 1)[0].strip("'").replace("''", "'") if "!" in piece else ""
                    if sheet.lower() != self.sheets[scope].name.lower():
                        self.report(
                            "E", "N06", part, name, f"{piece} is on another sheet than {self.sheets[scope].name}"
                        )
        for (_, name), times in seen.items():
            if times > 1:
                self.report("E", "N07", part, name, "name twice in one scope (names ignore case)")
        for n, sheet in enumerate(self.sheets):
            auto = sheet.root.find("m:autoFilter", NS)
            text = self.names.get((n, "_xlnm._filterdatabase"))
            if auto is not None and text is None:
                self.report(
                    "L",
                    "N08",
                    sheet.part,
                    auto.get("ref") or "",
                    "autoFilter without a _FilterDatabase name: LibreOffice and WPS may not show it",
                )
            if auto is None and text is not None:
                self.report("W", "N08", part, sheet.name, "_FilterDatabase without an autoFilter")
            if auto is not None and text is not None and area(text.rsplit("!", 1)[-1]) != area(auto.get("ref") or ""):
                self.report(
                    "W", "N08", part, sheet.name, f"_FilterDatabase {text} and autoFilter {auto.get('ref')} differ"
                )

    def name_rules(self, rule: str, part: str, name: str) -> None:
        if not name or utf16(name) > 255:
            self.report("E", rule, part, name, "a name has 1 to 255 characters")
        elif not NAME.match(name) or " " in name:
            self.report("E", rule, part, name, "a character that names may not have")
        elif (
            (found := re.match(r"^([A-Za-z]{1,3})(\d{1,7})$", name))
            and (col_no_safe(found[1]) or 0)
            and 1 <= int(found[2]) <= MAX_ROW
        ):
            self.report("E", rule, part, name, "reads as a cell")
        elif re.match(r"^(r|c|r\d*c\d*|r\d+|c\d+)$", name, re.I):
            self.report("E", rule, part, name, "reads as an R1C1 reference")
        elif name.upper() in ("TRUE", "FALSE"):
            self.report("E", rule, part, name, "is a truth value")
        for odd in re.findall(r"[^\w.\\?]", name):
            self.report("W", rule, part, name, f"character {odd!r} in a name")

    def calc_chain(self, book: str) -> None:
        part = self.target(book, "calcChain")
        if part is None or part not in self.xml:
            return
        arrays = {
            s.part: [area(f.get("ref") or "") for f in s.root.iter(f"{{{M}}}f") if f.get("t") in ("array", "dataTable")]
            for s in self.sheets
        }
        by_id: dict[str, Sheet] = {}
        for s, sheet in zip(self.xml[book].findall("m:sheets/m:sheet", NS), self.sheets, strict=False):
            by_id[s.get("sheetId") or ""] = sheet
        current = None
        for c in self.xml[part]:
            current = c.get("i") or current
            sheet = by_id.get(current or "")
            if sheet is None:
                self.report("E", "K01", part, c.get("r") or "", f"sheet {current} is not there")
            elif sheet.cells.get(c.get("r") or "", ("", None, None))[2] is None and not any(
                a and (w := area(c.get("r") or "")) and w.within(a) for a in arrays[sheet.part]
            ):
                self.report("E", "K01", part, c.get("r") or "", f"names a cell without a formula on {sheet.name}")
