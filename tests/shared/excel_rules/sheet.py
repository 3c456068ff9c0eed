"""A sheet: views, columns, rows, cells, merges, filters, tables."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

from shared.excel_rules.model import (
    ERRORS,
    MAX_COL,
    MAX_ROW,
    NS,
    SHEET_ORDER,
    Area,
    Base,
    M,
    Sheet,
    area,
    letters,
    local,
    utf16,
)


class SheetRules(Base):
    """A sheet: views, columns, rows, cells, merges, filters, tables."""

    def sheet(self, number: int, sheet: Sheet) -> None:
        root, part = sheet.root, sheet.part
        if local(root) != "worksheet":
            return
        self.order(part, root, SHEET_ORDER, "W01")
        self.view(sheet)
        self.columns(sheet)
        self.rows(number, sheet)
        self.merges(sheet)
        self.filters(sheet)
        self.table_rules(sheet)
        self.formatting(number, sheet)
        self.validations(number, sheet)
        self.hyperlinks(sheet)
        self.printing(sheet)
        self.drawings(sheet)
        self.comments(sheet)

    def view(self, sheet: Sheet) -> None:
        part = sheet.part
        dimension = sheet.root.find("m:dimension", NS)
        if dimension is not None and area(dimension.get("ref") or "") is None:
            self.report("E", "W02", part, "", f"dimension {dimension.get('ref')}")
        for view in sheet.root.findall("m:sheetViews/m:sheetView", NS):
            pane = view.find("m:pane", NS)
            for zoom in ("zoomScale", "zoomScaleNormal"):
                if view.get(zoom) and not (view.get(zoom) == "0" or 10 <= int(view.get(zoom)) <= 400):
                    self.report("E", "W03", part, "", f"{zoom} {view.get(zoom)}")
            panes = Counter(s.get("pane") or "topLeft" for s in view.findall("m:selection", NS))
            for name, times in panes.items():
                if times > 1:
                    self.report("E", "W03", part, name, "two selections of one pane")
            for s in view.findall("m:selection", NS):
                for ref in (s.get("sqref") or "A1").split():
                    if area(ref) is None:
                        self.report("E", "W03", part, ref, "selection outside the sheet")
                if s.get("activeCell") and area(s.get("activeCell")) is None:
                    self.report("E", "W03", part, s.get("activeCell"), "active cell outside the sheet")
            if pane is None:
                for name in panes:
                    if name != "topLeft":
                        self.report("E", "W03", part, name, "selection of a pane, and there is none")
            else:
                x, y = float(pane.get("xSplit") or 0), float(pane.get("ySplit") or 0)
                have = (
                    {"topLeft"}
                    | ({"topRight"} if x else set())
                    | ({"bottomLeft"} if y else set())
                    | ({"bottomRight"} if x and y else set())
                )
                if (pane.get("activePane") or "topLeft") not in have:
                    self.report("E", "W03", part, "", f"activePane {pane.get('activePane')} does not exist")
                for name in panes:
                    if name not in have:
                        self.report("E", "W03", part, name, "selection of a pane that does not exist")
                if not x and not y:
                    self.report("E", "W03", part, "", "pane without a split")
                corner = area(pane.get("topLeftCell") or "A1")
                if corner is None:
                    self.report("E", "W03", part, "", f"topLeftCell {pane.get('topLeftCell')}")
                elif pane.get("state") == "frozen" and ((x and corner.c1 <= x) or (y and corner.r1 <= y)):
                    self.report("W", "W03", part, "", f"topLeftCell {pane.get('topLeftCell')} lies in the frozen part")

    def columns(self, sheet: Sheet) -> None:
        last = 0
        blocks = sheet.root.findall("m:cols", NS)
        if len(blocks) == 1 and len(blocks[0]) == 0:
            self.report("E", "W04", sheet.part, "", "empty <cols>")
        for c in sheet.root.findall("m:cols/m:col", NS):
            low, high = int(c.get("min")), int(c.get("max"))
            if low <= last or high < low or high > MAX_COL:
                self.report("E", "W04", sheet.part, f"{low}:{high}", "columns overlap, run backwards or lie outside")
            last = high
            if c.get("width") and not 0 <= float(c.get("width")) <= 255:
                self.report("E", "W04", sheet.part, f"{low}:{high}", f"width {c.get('width')}")
            if int(c.get("style") or 0) >= max(1, self.count["cellXfs"]):
                self.report("E", "W04", sheet.part, f"{low}:{high}", f"style {c.get('style')}")
            if int(c.get("outlineLevel") or 0) > 7:
                self.report("E", "W04", sheet.part, f"{low}:{high}", "outline level above 7")

    def rows(self, number: int, sheet: Sheet) -> None:
        part, last_row = sheet.part, 0
        shared: set[str] = set()
        uncached = 0
        for row in sheet.root.iterfind("m:sheetData/m:row", NS):
            at = int(row.get("r") or last_row + 1)
            if at <= last_row or at > MAX_ROW:
                self.report("E", "W05", part, f"row {at}", "rows out of order, twice or outside")
            last_row = at
            if row.get("ht") and not 0 <= float(row.get("ht")) <= 409.5:
                self.report("E", "W05", part, f"row {at}", f"height {row.get('ht')}")
            if int(row.get("s") or 0) >= max(1, self.count["cellXfs"]):
                self.report("E", "W05", part, f"row {at}", f"style {row.get('s')}")
            last = 0
            for c in row:
                if c.tag != f"{{{M}}}c":
                    continue
                ref = c.get("r")
                where = area(ref) if ref else Area(last + 1, at, last + 1, at)
                if where is None or not where.single:
                    self.report("E", "W06", part, str(ref), "not a cell of the sheet")
                    continue
                if where.r1 != at or where.c1 <= last:
                    self.report("E", "W06", part, str(ref), "cell in the wrong row, out of order or twice")
                last = where.c1
                if int(c.get("s") or 0) >= max(1, self.count["cellXfs"]):
                    self.report("E", "W06", part, str(ref), f"style {c.get('s')}, there are {self.count['cellXfs']}")
                uncached += self.cell(number, sheet, c, str(ref), shared)
        if uncached:
            self.report(
                "L",
                "F30",
                part,
                sheet.name,
                f"{uncached} formulas without a stored value: blank in Protected View and in phone previews",
            )

    def cell(self, number: int, sheet: Sheet, c: Any, ref: str, shared: set[str]) -> bool:
        part, kind = sheet.part, c.get("t") or "n"
        v, f, inline = c.find("m:v", NS), c.find("m:f", NS), c.find("m:is", NS)
        value = v.text if v is not None else None
        order = [local(e) for e in c if isinstance(e.tag, str)]
        if order != [t for t in ("f", "v", "is", "extLst") if t in order]:
            self.report("E", "W07", part, ref, f"children in the order {order}")
        if kind not in ("b", "n", "e", "s", "str", "inlineStr", "d"):
            self.report("E", "W07", part, ref, f"t={kind}")
        if inline is not None and kind != "inlineStr":
            self.report("E", "W07", part, ref, f"<is> in a cell of type {kind}")
        if kind == "inlineStr":
            if f is not None:
                self.report("E", "W07", part, ref, "inline string and formula in one cell")
            if v is not None:
                self.report("E", "W07", part, ref, "inline string with <v>")
            if inline is not None:
                value = "".join(t.text or "" for run in inline if local(run) != "rPh" for t in run.iter(f"{{{M}}}t"))
                for t in inline.iter(f"{{{M}}}t"):
                    if (
                        t.text
                        and (t.text != t.text.strip())
                        and t.get("{http://www.w3.org/XML/1998/namespace}space") != "preserve"
                    ):
                        self.report("W", "W08", part, ref, "blanks at the ends are lost without xml:space=preserve")
                self.text(part, ref, value)
        elif value is not None:
            if kind == "n" and value != "":
                try:
                    if float(value) in (float("inf"), float("-inf")) or float(value) != float(value) or "_" in value:
                        raise ValueError
                except ValueError:
                    self.report("E", "W09", part, ref, f"{value!r} is no number")
            elif kind == "n" and v is not None:
                self.report("W", "W09", part, ref, "empty <v/> in a number cell")
            elif kind == "s":
                if not value.isdigit() or int(value) >= len(self.strings):
                    self.report("E", "W09", part, ref, f"shared string {value} of {len(self.strings)}")
                else:
                    value = self.strings[int(value)]
            elif kind == "b" and value not in ("0", "1"):
                self.report("E", "W09", part, ref, f"truth value {value!r}")
            elif kind == "e" and value not in ERRORS:
                self.report("E", "W09", part, ref, f"error value {value!r}")
            elif kind == "d" and not re.match(r"^\d{4}-\d\d-\d\d", value):
                self.report("E", "W09", part, ref, f"date {value!r}")
            elif kind == "str":
                self.text(part, ref, value)
                if f is None:
                    self.report("I", "W09", part, ref, "t=str without a formula")
        formula = None
        if f is not None:
            formula = f.text or ""
            if f.get("t") == "shared":
                if f.text:
                    shared.add(f.get("si") or "")
                    if area(f.get("ref") or "") is None:
                        self.report("E", "F20", part, ref, "shared formula without a range")
                elif f.get("si") not in shared:
                    self.report("E", "F20", part, ref, f"shared formula {f.get('si')} has no master before it")
            if f.get("t") == "array" and area(f.get("ref") or "") is None:
                self.report("E", "F20", part, ref, "array formula without a range")
            if formula:
                self.formulas += 1
                self.formula(ref, part, formula, number, array=f.get("t") == "array")
            elif f.get("t") != "shared":
                self.report("E", "F01", part, ref, "empty formula")
        sheet.cells[ref] = (kind, value, formula)
        return f is not None and (v is None or (value or "") == "") and kind == "n"

    def merges(self, sheet: Sheet) -> None:
        block = sheet.root.find("m:mergeCells", NS)
        if block is None:
            return
        if len(block) == 0:
            self.report("E", "W10", sheet.part, "", "empty <mergeCells>")
        if block.get("count") and int(block.get("count")) != len(block):
            self.report("W", "W10", sheet.part, "", f"count {block.get('count')}, has {len(block)}")
        taken: dict[tuple[int, int], str] = {}
        for m in block:
            where = area(m.get("ref") or "")
            if where is None:
                self.report("E", "W10", sheet.part, m.get("ref") or "", "not a range")
                continue
            if where.single:
                self.report("E", "W10", sheet.part, m.get("ref"), "merge of one cell")
            for r in range(where.r1, min(where.r2, where.r1 + 5000) + 1):
                for c in range(where.c1, min(where.c2, where.c1 + 500) + 1):
                    if (r, c) in taken:
                        self.report("E", "W10", sheet.part, m.get("ref"), f"overlaps {taken[r, c]}")
                        break
                    taken[r, c] = m.get("ref")
                else:
                    continue
                break
            sheet.areas.setdefault("merge", []).append(where)
        for ref, (_, value, formula) in sheet.cells.items():
            a = area(ref)
            if (
                a
                and (a.r1, a.c1) in taken
                and taken[a.r1, a.c1].split(":")[0] != ref
                and (formula or value not in (None, ""))
            ):
                self.report(
                    "W", "W11", sheet.part, ref, f"content under the merge {taken[a.r1, a.c1]}: invisible in Excel"
                )

    def filters(self, sheet: Sheet) -> None:
        auto = sheet.root.find("m:autoFilter", NS)
        if auto is None:
            return
        where = area(auto.get("ref") or "")
        if where is None:
            self.report("E", "W12", sheet.part, auto.get("ref") or "", "autoFilter is no range")
            return
        for name, (on, table, _) in self.tables.items():
            if on == sheet.name and table.meets(where):
                self.report("E", "W12", sheet.part, auto.get("ref"), f"autoFilter meets the table {name}")
        for column in auto.findall("m:filterColumn", NS):
            if int(column.get("colId")) > where.c2 - where.c1:
                self.report("E", "W12", sheet.part, auto.get("ref"), f"filterColumn {column.get('colId')} outside")

    def table_rules(self, sheet: Sheet) -> None:
        ids: Counter[str] = Counter()
        seen: list[tuple[str, Area]] = []
        for part, owner in self.table_parts.items():
            ids[self.xml[part].get("id") or ""] += 1
            if owner is not sheet:
                continue
            t = self.xml[part]
            name, where = t.get("displayName") or "", area(t.get("ref") or "")
            self.name_rules("T02", part, name)
            if (t.get("name") or name) != name:
                self.report("W", "T02", part, name, f"name is {t.get('name')}")
            if any(n == name.lower() for _, n in self.names):
                self.report("E", "T02", part, name, "a defined name is the same")
            if where is None:
                self.report("E", "T03", part, name, f"ref {t.get('ref')}")
                continue
            header = int(t.get("headerRowCount") or 1)
            totals = int(t.get("totalsRowCount") or 0)
            if where.r2 - where.r1 + 1 < header + totals + 1:
                self.report("E", "T03", part, name, "a table needs a row of data")
            columns = t.findall("m:tableColumns/m:tableColumn", NS)
            block = t.find("m:tableColumns", NS)
            if block is not None and block.get("count") and int(block.get("count")) != len(columns):
                self.report("E", "T04", part, name, f"tableColumns count {block.get('count')}, has {len(columns)}")
            if len(columns) != where.c2 - where.c1 + 1:
                self.report("E", "T04", part, name, f"{len(columns)} columns for a width of {where.c2 - where.c1 + 1}")
            for key, times in Counter(c.get("id") for c in columns).items():
                if times > 1:
                    self.report("E", "T04", part, name, f"column id {key} twice")
            for key, times in Counter((c.get("name") or "").lower() for c in columns).items():
                if times > 1:
                    self.report("E", "T04", part, name, f"two columns are called {key}")
            for n, c in enumerate(columns):
                caption = (
                    (c.get("name") or "").replace("_x000a_", "\n").replace("_x000A_", "\n").replace("_x000d_", "\r")
                )
                if utf16(caption) > 255 or not caption:
                    self.report("E", "T04", part, name, f"column name of {utf16(caption)} characters")
                if header:
                    ref = f"{letters(where.c1 + n)}{where.r1}"
                    kind, text, formula = sheet.cells.get(ref, ("n", None, None))
                    if formula is not None:
                        self.report("E", "T05", part, ref, "formula in a header cell")
                    elif kind not in ("s", "inlineStr", "str") or (text or "") != caption:
                        self.report("E", "T05", part, ref, f"header cell {text!r} (t={kind}), column {caption!r}")
                for tag in ("calculatedColumnFormula", "totalsRowFormula"):
                    if (g := c.find(f"m:{tag}", NS)) is not None and g.text:
                        self.formula(f"{name}[{caption}]", part, g.text, None)
            auto = t.find("m:autoFilter", NS)
            if auto is not None:
                inner = area(auto.get("ref") or "")
                if inner is None or inner != Area(where.c1, where.r1, where.c2, where.r2 - totals):
                    self.report("E", "T06", part, name, f"autoFilter {auto.get('ref')} of a table {t.get('ref')}")
                if not header:
                    self.report("E", "T06", part, name, "autoFilter without a header row")
            for merge in sheet.areas.get("merge", ()):
                if merge.meets(where):
                    self.report("E", "T07", part, name, "merged cells in a table")
            for other, there in seen:
                if there.meets(where):
                    self.report("E", "T07", part, name, f"overlaps the table {other}")
            seen.append((name, where))
            info = t.find("m:tableStyleInfo", NS)
            if (
                info is not None
                and info.get("name")
                and not re.match(r"^TableStyle(Light|Medium|Dark)\d+$", info.get("name"))
                and info.get("name") not in self.table_styles
            ):
                self.report("W", "T08", part, name, f"table style {info.get('name')} is not known")
        for key, times in ids.items():
            if times > 1 and sheet is self.sheets[0]:
                self.report("E", "T02", "", key, "table id twice in the workbook")
