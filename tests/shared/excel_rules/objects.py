"""Drawings, comments and charts."""

from __future__ import annotations

import re
from collections import Counter

from shared.excel_rules.model import (
    ERRORS,
    MAX_COL,
    MAX_ROW,
    NS,
    OFFICE,
    XDR,
    Base,
    C,
    M,
    R,
    Sheet,
    V,
    area,
    each,
    letters,
    local,
    namespace,
)


class ObjectRules(Base):
    """Drawings, comments and charts."""

    def drawings(self, sheet: Sheet) -> None:
        for tag in ("drawing", "legacyDrawing", "legacyDrawingHF", "picture"):
            for e in sheet.root.findall(f"m:{tag}", NS):
                rel = self.rels.get(sheet.part, {}).get(e.get(f"{{{R}}}id") or "")
                if rel is None:
                    self.report("E", "J01", sheet.part, tag, f"r:id {e.get(f'{{{R}}}id')} leads nowhere")
                    continue
                wanted = {
                    "drawing": "drawing",
                    "legacyDrawing": "vmlDrawing",
                    "legacyDrawingHF": "vmlDrawing",
                    "picture": "image",
                }[tag]
                if rel[1].rsplit("/", 1)[-1] != wanted:
                    self.report("E", "J01", sheet.part, tag, f"leads to a {rel[1].rsplit('/', 1)[-1]}")
                if tag == "drawing" and rel[0] in self.xml:
                    self.drawing(rel[0])

    def drawing(self, part: str) -> None:
        tree, ids, names = self.xml[part], Counter(), Counter()
        for anchor in tree:
            if not isinstance(anchor.tag, str) or namespace(anchor) != XDR:
                continue
            ends = {}
            for tag in ("from", "to"):
                e = anchor.find(f"xdr:{tag}", NS)
                if e is not None:
                    c, r = int(e.findtext("xdr:col", "0", NS)), int(e.findtext("xdr:row", "0", NS))
                    ends[tag] = (c, int(e.findtext("xdr:colOff", "0", NS)), r, int(e.findtext("xdr:rowOff", "0", NS)))
                    if not (0 <= c < MAX_COL and 0 <= r < MAX_ROW):
                        self.report("E", "J02", part, tag, f"column {c}, row {r}")
            if len(ends) == 2 and (ends["to"][:2] < ends["from"][:2] or ends["to"][2:] < ends["from"][2:]):
                self.report("E", "J02", part, "", f"anchor runs backwards: {ends}")
            for e in anchor.iter(f"{{{XDR}}}cNvPr"):
                ids[e.get("id")] += 1
                names[e.get("name")] += 1
                if not e.get("name"):
                    self.report("W", "J03", part, str(e.get("id")), "object without a name")
            if anchor.find("xdr:clientData", NS) is None:
                self.report("E", "J03", part, "", "anchor without clientData")
            for e in anchor.iter():
                for key, value in e.attrib.items():
                    if key.startswith(f"{{{R}}}") and value and value not in self.rels.get(part, {}):
                        self.report("E", "J04", part, value, "relationship is not there")
        for key, times in ids.items():
            if times > 1:
                self.report("W", "J03", part, str(key), "object id twice")

    def comments(self, sheet: Sheet) -> None:
        target = self.target(sheet.part, "comments")
        legacy = sheet.root.find("m:legacyDrawing", NS)
        vml_rel = None
        if legacy is not None:
            vml_rel = self.rels.get(sheet.part, {}).get(legacy.get(f"{{{R}}}id") or "", (None,))[0]
        notes: set[tuple[int, int]] = set()
        if target and target in self.xml:
            tree = self.xml[target]
            authors = tree.findall("m:authors/m:author", NS)
            for c in tree.findall("m:commentList/m:comment", NS):
                where = area(c.get("ref") or "")
                if where is None or not where.single:
                    self.report("E", "O01", target, c.get("ref") or "", "comment on what is no cell")
                    continue
                key = (where.r1 - 1, where.c1 - 1)
                if key in notes:
                    self.report("E", "O01", target, c.get("ref"), "two comments on one cell")
                notes.add(key)
                if int(c.get("authorId") or 0) >= len(authors):
                    self.report("E", "O01", target, c.get("ref"), f"author {c.get('authorId')} of {len(authors)}")
                text = "".join(t.text or "" for t in c.iter(f"{{{M}}}t"))
                self.text(target, c.get("ref"), text)
                for t in c.iter(f"{{{M}}}t"):
                    if (
                        t.text
                        and t.text != t.text.strip()
                        and t.get("{http://www.w3.org/XML/1998/namespace}space") != "preserve"
                    ):
                        self.report(
                            "W",
                            "O02",
                            target,
                            c.get("ref"),
                            "blanks or line breaks at the ends are lost without xml:space",
                        )
            if sheet.root.find("m:legacyDrawing", NS) is None:
                self.report("E", "O03", sheet.part, "", "comments without legacyDrawing: Excel drops them")
        if vml_rel and vml_rel in self.xml:
            shapes: set[tuple[int, int]] = set()
            ids: Counter[str] = Counter()
            blocks = {
                n
                for e in self.xml[vml_rel].iter(f"{{{OFFICE}}}idmap")
                for n in (e.get("data") or e.get(f"{{{V}}}data") or "").split(",")
                if n
            }
            for s in self.xml[vml_rel].iter(f"{{{V}}}shape"):
                ids[s.get("id") or ""] += 1
                if (
                    blocks
                    and (found := re.match(r"^_x0000_s(\d+)$", s.get("id") or ""))
                    and str(int(found[1]) // 1024) not in blocks
                ):
                    self.report("W", "O04", vml_rel, s.get("id"), f"shape id outside the idmap {sorted(blocks)}")
                data = s.find("x:ClientData", NS)
                if data is None or data.get("ObjectType") != "Note":
                    continue
                row, column = data.findtext("x:Row", "", NS), data.findtext("x:Column", "", NS)
                if not row.strip().isdigit() or not column.strip().isdigit():
                    self.report("E", "O04", vml_rel, s.get("id") or "", "note without row and column")
                    continue
                key = (int(row), int(column))
                if key in shapes:
                    self.report("W", "O04", vml_rel, s.get("id") or "", f"two notes at {key}")
                shapes.add(key)
                anchor = data.findtext("x:Anchor", "", NS)
                if anchor and len(re.findall(r"-?\d+", anchor)) != 8:
                    self.report("E", "O04", vml_rel, s.get("id") or "", f"anchor {anchor!r}")
                elif anchor:
                    n = [int(k) for k in re.findall(r"-?\d+", anchor)]
                    if n[4:6] < n[0:2] or n[6:8] < n[2:4] or min(n) < 0:
                        self.report("W", "O04", vml_rel, s.get("id") or "", f"anchor runs backwards: {anchor}")
            for key, times in ids.items():
                if times > 1:
                    self.report("E", "O04", vml_rel, key, "shape id twice")
            for key in notes - shapes:
                self.report(
                    "E",
                    "O05",
                    vml_rel,
                    f"{letters(key[1] + 1)}{key[0] + 1}",
                    "comment without a VML shape: Excel drops or repairs it",
                )
            for key in shapes - notes:
                if target:
                    self.report("W", "O05", vml_rel, f"{letters(key[1] + 1)}{key[0] + 1}", "VML note without a comment")
        elif notes:
            self.report("E", "O03", sheet.part, "", "comments without a VML drawing")

    def charts(self) -> None:
        modern = not self.app_version.startswith("12.")
        for part, tree in self.xml.items():
            if tree.tag != f"{{{C}}}chartSpace":
                continue
            ids: set[str] = set()
            for axis in each(tree, C, ("catAx", "valAx", "dateAx", "serAx")):
                key = axis.find("c:axId", NS).get("val")
                if key in ids:
                    self.report("E", "X01", part, key, "axis id twice")
                ids.add(key)
                if axis.find("c:delete", NS) is None and modern:
                    self.report("L", "X05", part, key, "axis without <c:delete val=0>: newer Excel hides it")
            crosses = {
                a.find("c:crossAx", NS).get("val")
                for a in each(tree, C, ("catAx", "valAx", "dateAx"))
                if a.find("c:crossAx", NS) is not None
            }
            for key in crosses - ids:
                self.report("E", "X01", part, str(key), "crossAx leads to no axis")
            used = {
                e.get("val")
                for p in tree.iter(f"{{{C}}}plotArea")
                for k in p
                if local(k).endswith("Chart")
                for e in k.findall("c:axId", NS)
            }
            for key in used - ids:
                self.report("E", "X01", part, str(key), "axId without an axis")
            for attr in ("idx", "order"):
                for key, times in Counter(s.find(f"c:{attr}", NS).get("val") for s in tree.iter(f"{{{C}}}ser")).items():
                    if times > 1:
                        self.report("E", "X02", part, key, f"series {attr} twice")
            cached = True
            for ref in each(tree, C, ("numRef", "strRef", "multiLvlStrRef")):
                text = ref.findtext("c:f", "", NS)
                self.formula(f"chart {text[:40]}", part, text, None, kind="name")
                for cache in ("numCache", "strCache"):
                    c = ref.find(f"c:{cache}", NS)
                    if c is not None:
                        count = int(c.find("c:ptCount", NS).get("val"))
                        if any(int(p.get("idx")) >= count for p in c.findall("c:pt", NS)):
                            self.report("E", "X03", part, text, "cached point beyond ptCount")
                        for p in c.findall("c:pt", NS):
                            if cache == "numCache":
                                try:
                                    float(p.findtext("c:v", "", NS))
                                except ValueError:
                                    if p.findtext("c:v", "", NS) not in ERRORS:
                                        self.report(
                                            "E", "X03", part, text, f"numCache holds {p.findtext('c:v', '', NS)!r}"
                                        )
                if (
                    ref.tag.endswith("numRef")
                    and self.texts(text)
                    and any(ref in list(cat) for cat in tree.iter(f"{{{C}}}cat"))
                    and ref.find("c:numCache", NS) is None
                ):
                    self.report(
                        "L",
                        "X04",
                        part,
                        text,
                        "categories are texts and are given as numRef: some programs show 1, 2, 3",
                    )
                if not any(ref.find(f"c:{k}", NS) is not None for k in ("numCache", "strCache", "multiLvlStrCache")):
                    cached = False
            if not cached:
                self.report(
                    "L", "X04", part, "", "series without cached values: empty in previews that do not calculate"
                )
            for tag, what in (("title", "title"), ("legend", "legend")):
                for e in tree.iter(f"{{{C}}}{tag}"):
                    if e.find("c:overlay", NS) is None and modern:
                        self.report(
                            "L", "X05", part, what, f"{what} without <c:overlay val=0>: Excel draws it over the plot"
                        )
            if tree.find("c:roundedCorners", NS) is None and modern:
                self.report("L", "X05", part, "", "no <c:roundedCorners val=0>: newer Excel rounds the frame")
            for kind in ("barChart", "lineChart"):
                for e in tree.iter(f"{{{C}}}{kind}"):
                    sers = e.findall("c:ser", NS)
                    if (
                        e.find("c:varyColors", NS) is None
                        and modern
                        and len(sers) == 1
                        and sers[0].find("c:spPr", NS) is None
                    ):
                        self.report("L", "X05", part, kind, "no varyColors: one colour a point")

    def texts(self, text: str) -> bool:
        if "!" not in text:
            return False
        name, ref = text.rsplit("!", 1)
        sheet = next((s for s in self.sheets if s.name == name.strip("'").replace("''", "'")), None)
        where = area(ref)
        if sheet is None or where is None:
            return False
        return any(sheet.cells.get(f"{letters(c)}{r}", ("n",))[0] in ("s", "str", "inlineStr")
                   for c in range(where.c1, where.c2 + 1)
                   for r in range(where.r1, min(where.r2, where.r1 + 200) + 1))  # fmt: skip

    def info(self) -> None:
        calc = self.xml[self.book_part].find("m:calcPr", NS)
        if self.formulas and (calc is None or calc.get("fullCalcOnLoad") not in ("1", "true")):
            self.report(
                "I", "B07", self.book_part, "", "no fullCalcOnLoad: stored values are shown until something changes"
            )
        if calc is not None and calc.get("iterate") in ("1", "true"):
            self.report("C", "B07", self.book_part, "", "iterative calculation")
        if (
            self.sheets
            and self.xml[self.book_part].find("m:workbookPr", NS) is not None
            and self.xml[self.book_part].find("m:workbookPr", NS).get("date1904") in ("1", "true")
        ):
            self.report("C", "B07", self.book_part, "", "dates from 1904")
        if not self.app_version:
            self.report("I", "D02", "docProps/app.xml", "", "no AppVersion")
