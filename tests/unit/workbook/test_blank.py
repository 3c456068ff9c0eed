"""A strict look at dealer-monthly's blank as a package: what makes Excel offer a repair, and what makes it heavy."""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import combinations
from pathlib import Path
from xml.etree.ElementTree import Element, fromstring

import pytest
from openpyxl import load_workbook
from openpyxl.utils import range_boundaries
from shared.judges import formula_cells, saved_by_libreoffice
from shared.monthly import MONTH, ORDERS, SHEETS, Monthly, contents
from shared.packages import replaced, without

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
TYPES = "{http://schemas.openxmlformats.org/package/2006/content-types}"
OFFICE = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing}"
CHART = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
LIGHT = 210_000  # bytes


class Package:
    """The parts of a workbook, parsed."""

    def __init__(self, data: bytes):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            self.names = archive.namelist()
            self.parts = {name: archive.read(name) for name in self.names}

    def xml(self, name: str) -> Element:
        return fromstring(self.parts[name])

    def relations(self) -> Iterator[tuple[str, str, str, str]]:
        """Source part, id, kind and target of every relation inside the package."""
        for name in self.names:
            if name.endswith(".rels"):
                folder, file = posixpath.split(name)
                source = posixpath.join(posixpath.dirname(folder), file.removesuffix(".rels"))
                for relation in self.xml(name):
                    if relation.get("TargetMode") != "External":
                        target = str(relation.get("Target"))
                        base = posixpath.dirname(source)
                        whole = (
                            target[1:] if target.startswith("/") else posixpath.normpath(posixpath.join(base, target))
                        )
                        yield source, str(relation.get("Id")), str(relation.get("Type")).rsplit("/", 1)[1], whole

    def sheets(self) -> dict[str, str]:
        """Sheet titles with their parts, hidden sheets too."""
        targets = {rid: target for source, rid, _, target in self.relations() if source == "xl/workbook.xml"}
        sheets = self.xml("xl/workbook.xml").iter(f"{MAIN}sheet")
        return {str(sheet.get("name")): targets[str(sheet.get(f"{OFFICE}id"))] for sheet in sheets}

    def of_kind(self, kind: str) -> dict[str, list[str]]:
        """Targets of a kind of relation by the part that they belong to."""
        found: dict[str, list[str]] = {}
        for source, _, what, target in self.relations():
            if what == kind:
                found.setdefault(source, []).append(target)
        return found


@pytest.fixture(scope="module")
def blank(dealership: Monthly) -> bytes:
    return dealership.blanks["D001"]


@pytest.fixture(scope="module")
def package(blank: bytes) -> Package:
    return Package(blank)


# ------------------------------------------------------------------ parts


def _lacks_type(package: Package) -> list[str]:
    types = package.xml("[Content_Types].xml")
    defaults = {str(entry.get("Extension")).lower() for entry in types.iter(f"{TYPES}Default")}
    overrides = [str(entry.get("PartName")) for entry in types.iter(f"{TYPES}Override")]
    assert [name for name, count in Counter(overrides).items() if count > 1] == []
    unknown = [name for name in overrides if name.removeprefix("/") not in package.parts]
    parts = (name for name in package.names if name != "[Content_Types].xml")
    return unknown + [n for n in parts if f"/{n}" not in overrides and n.rsplit(".", 1)[-1].lower() not in defaults]


def _dangling(package: Package) -> list[str]:
    return [f"{source} → {target}" for source, _, _, target in package.relations() if target not in package.parts]


def test_every_part_has_one_content_type(package: Package) -> None:
    assert [name for name, count in Counter(n.casefold() for n in package.names).items() if count > 1] == []
    assert _lacks_type(package) == []
    # an .xml part must not get by on the default alone: to Excel it would be nothing in particular
    types = {
        str(e.get("PartName")): str(e.get("ContentType"))
        for e in package.xml("[Content_Types].xml").iter(f"{TYPES}Override")
    }
    assert [
        n for n in package.names if n.endswith(".xml") and n != "[Content_Types].xml" and f"/{n}" not in types
    ] == []
    assert all(types[f"/{part}"].endswith("worksheet+xml") for part in package.sheets().values())


def test_every_relation_has_its_target(package: Package) -> None:
    relations = list(package.relations())
    assert len(relations) > 20
    assert _dangling(package) == []
    assert [key for key, count in Counter((source, rid) for source, rid, _, _ in relations).items() if count > 1] == []
    assert [source for source, *_ in relations if source and source not in package.parts] == []
    reached = {target for *_, target in relations}
    assert {n for n in package.names if not n.endswith(".rels")} - reached == {"[Content_Types].xml"}


def test_every_id_that_a_part_names_is_a_relation(package: Package) -> None:
    known = {(source, rid) for source, rid, _, _ in package.relations()}
    named = {
        (name, rid)
        for name in package.names
        if name.endswith(".xml")
        for rid in re.findall(r'\br:(?:id|embed|link)="([^"]*)"', package.parts[name].decode())
    }
    assert len(named) >= 15
    assert named <= known


def test_the_look_finds_what_is_wrong(blank: bytes, package: Package) -> None:
    chart = next(name for name in package.names if "/charts/" in name)
    assert any(chart in found for found in _dangling(Package(without(blank, chart))))
    assert _lacks_type(Package(replaced(blank, {"xl/stray.bin": b"x"}))) == ["xl/stray.bin"]


# ------------------------------------------------------------------ names, sheets, shapes


def test_no_two_names_are_one(package: Package) -> None:
    names = [
        (str(n.get("name")).casefold(), n.get("localSheetId"))
        for n in package.xml("xl/workbook.xml").iter(f"{MAIN}definedName")
    ]
    assert len(names) > 500
    assert [name for name, count in Counter(names).items() if count > 1] == []
    tables = [package.xml(part) for part in package.names if "/tables/" in part]
    shown = [str(table.get("displayName")).casefold() for table in tables]
    assert not {name for name, _ in names} & set(shown)  # a table's name and a defined name are of one kind to Excel
    assert len({table.get("id") for table in tables}) == len(tables) == len(set(shown)) == 1


def test_names_of_cells_lead_to_sheets_that_are_there(package: Package) -> None:
    sheets = package.sheets()
    for name in package.xml("xl/workbook.xml").iter(f"{MAIN}definedName"):
        text = name.text or ""
        assert "#REF" not in text
        for area in text.split(","):
            if "!" in area:
                assert area.rsplit("!", 1)[0].strip("'") in sheets, text


def test_sheets(package: Package) -> None:
    titles = list(package.sheets())
    assert titles == [*SHEETS, "_xlkpi"]
    assert all(0 < len(title) <= 31 and not set(title) & set("[]:*?/\\") for title in titles)
    assert len({title.casefold() for title in titles}) == len(titles)
    sheets = list(package.xml("xl/workbook.xml").iter(f"{MAIN}sheet"))
    assert len({sheet.get("sheetId") for sheet in sheets}) == len(sheets)
    assert [sheet.get("name") for sheet in sheets if sheet.get("state") == "veryHidden"] == ["_xlkpi"]


def test_shapes_and_charts(package: Package, blank: bytes) -> None:
    drawings = package.of_kind("drawing")
    (sheet,) = drawings  # 看板 alone has one
    assert sheet == package.sheets()["看板"]
    (drawing,) = drawings[sheet]
    ids = [shape.get("id") for shape in package.xml(drawing).iter(f"{DRAWING}cNvPr")]
    charts = package.of_kind("chart")[drawing]
    assert len(ids) == len(set(ids)) == len(charts) == len(set(charts)) == 4
    texts = contents(blank)
    for chart in charts:
        areas = [formula.text or "" for formula in package.xml(chart).iter(f"{CHART}f")]
        assert areas
        for area in areas:
            title, cells = area.rsplit("!", 1)
            title = title.strip("'")
            assert title in package.sheets()
            left, top, right, bottom = range_boundaries(cells.replace("$", ""))
            assert left == right
            filled = [row for row in range(top, bottom + 1) if texts[title].get(_ref(left, row)) is not None]
            assert filled, area  # a series over nothing draws nothing


def _ref(column: int, row: int) -> str:
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return f"{letters}{row}"


# ------------------------------------------------------------------ the table


def test_the_table_is_what_stands_in_the_cells(package: Package, dealership: Monthly, blank: bytes) -> None:
    tables = package.of_kind("table")
    (sheet,) = tables
    assert sheet == package.sheets()[ORDERS]
    table = package.xml(tables[sheet][0])
    left, top, right, bottom = range_boundaries(str(table.get("ref")))
    slot = dealership.issue.layout.tables[ORDERS]
    assert (top, bottom) == (slot.first - 1, slot.last)
    assert (bottom - top) == dealership.scheme.tables[ORDERS].rows
    cells = contents(blank)[ORDERS]
    heads = [cells.get(_ref(column, top)) for column in range(left, right + 1)]
    columns = list(table.iter(f"{MAIN}tableColumn"))
    assert [column.get("name") for column in columns] == heads == list(slot.columns)
    assert table.find(f"{MAIN}tableColumns").get("count") == str(len(columns))
    assert len({column.get("id") for column in columns}) == len(columns)
    filtered = table.find(f"{MAIN}autoFilter")
    assert filtered is None or filtered.get("ref") == table.get("ref")
    named = load_workbook(io.BytesIO(blank)).defined_names
    for heading, letter in slot.columns.items():
        assert named[f"{ORDERS}_{heading}"].attr_text == f"'{ORDERS}'!${letter}${slot.first}:${letter}${slot.last}"


# ------------------------------------------------------------------ each sheet


def test_no_two_merged_ranges_overlap(package: Package) -> None:
    count = 0
    for part in package.sheets().values():
        root = package.xml(part)
        merged = [range_boundaries(str(cell.get("ref"))) for cell in root.iter(f"{MAIN}mergeCell")]
        count += len(merged)
        around = root.find(f"{MAIN}mergeCells")
        assert around is None or around.get("count") in (None, str(len(merged)))
        for (a, b, c, d), (e, f, g, h) in combinations(merged, 2):
            assert c < e or g < a or d < f or h < b, f"{part}: {(a, b, c, d)} and {(e, f, g, h)}"
        for table in package.of_kind("table").get(part, []):  # a merged cell in a table is a repair
            e, f, g, h = range_boundaries(str(package.xml(table).get("ref")))
            assert all(c < e or g < a or d < f or h < b for a, b, c, d in merged)
    assert count > 50


def test_cells_stand_in_order_and_once(package: Package) -> None:
    for part in package.sheets().values():
        last_row = 0
        for row in package.xml(part).iter(f"{MAIN}row"):
            number = int(str(row.get("r")))
            assert number > last_row
            last_row = number
            columns = [range_boundaries(str(cell.get("r"))) for cell in row]
            assert all(top == number for _, top, *_ in columns)
            assert [c for c, *_ in columns] == sorted({c for c, *_ in columns})


def test_validations(package: Package, dealership: Monthly) -> None:
    for title, part in package.sheets().items():
        root = package.xml(part)
        around = root.find(f"{MAIN}dataValidations")
        rules = list(root.iter(f"{MAIN}dataValidation"))
        assert around is None or around.get("count") == str(len(rules))
        areas = [range_boundaries(area) for rule in rules for area in str(rule.get("sqref")).split()]
        for (a, b, c, d), (e, f, g, h) in combinations(areas, 2):
            assert c < e or g < a or d < f or h < b
        for rule in rules:
            assert 0 < len(rule.get("prompt", "x")) <= 255
            assert len(rule.get("error", "")) <= 255
            assert len(rule.get("promptTitle", "")) <= 32
            assert len(rule.get("errorTitle", "")) <= 32
            for formula in rule:
                assert len(formula.text or "") <= (255 if rule.get("type") == "list" else 8192)
        wanted = {"填报": len(dealership.scheme.by("dealer")), ORDERS: len(dealership.scheme.tables[ORDERS].columns)}
        if title in wanted:
            assert len(rules) == wanted[title]


def test_formulas_and_texts_fit(blank: bytes) -> None:
    formulas = formula_cells(blank)
    assert len(formulas) > 2000
    assert max(map(len, formulas.values())) <= 8192
    assert max(_strings(formulas)) <= 255  # the longest text that Excel takes inside a formula
    assert max(_depth(text) for text in formulas.values()) <= 64
    assert max(len(c) for cells in contents(blank).values() for c in cells.values() if isinstance(c, str)) <= 32767


def _strings(formulas: Mapping[object, str]) -> Iterator[int]:
    yield from (len(text) for formula in formulas.values() for text in re.findall(r'"((?:[^"]|"")*)"', formula))


def _depth(text: str) -> int:
    """The deepest nesting of brackets."""
    deepest = depth = 0
    for sign in re.sub(r'"(?:[^"]|"")*"', "", text):
        depth += (sign == "(") - (sign == ")")
        deepest = max(deepest, depth)
    return deepest


def test_conditional_formats_have_their_styles(package: Package) -> None:
    root = package.xml("xl/styles.xml")
    shapes = len(root.find(f"{MAIN}dxfs") or [])
    formats = len(root.find(f"{MAIN}cellXfs") or [])
    assert shapes
    for part in package.sheets().values():
        sheet = package.xml(part)
        rules = list(sheet.iter(f"{MAIN}cfRule"))
        assert all(int(str(rule.get("dxfId"))) < shapes for rule in rules)
        assert all(int(cell.get("s", "0")) < formats for cell in sheet.iter(f"{MAIN}c"))


# ------------------------------------------------------------------ as a whole


@pytest.mark.parametrize("dealer", ["D001", "D002"])
def test_weighs_little(dealership: Monthly, dealer: str) -> None:
    assert len(dealership.blanks[dealer]) < LIGHT


def test_opens_in_openpyxl(blank: bytes, dealership: Monthly) -> None:
    book = load_workbook(io.BytesIO(blank))
    assert book.sheetnames == [*SHEETS, "_xlkpi"]
    assert len(book["看板"]._charts) == 4
    assert list(book[ORDERS].tables) == [f"{ORDERS}表"]
    assert formula_cells(blank) == dict(dealership.issue.layout.formulas)


@pytest.mark.oracle
@pytest.mark.slow
def test_opens_in_libreoffice(blank: bytes, dealership: Monthly, tmp_path: Path) -> None:
    saved = saved_by_libreoffice({"blank": blank}, tmp_path)["blank"]
    book = load_workbook(io.BytesIO(saved))
    assert book.sheetnames == [*SHEETS, "_xlkpi"]
    assert formula_cells(saved).keys() == dealership.issue.layout.formulas.keys()
    assert len(book["看板"]._charts) == 4


def test_two_dealers_differ_in_what_must_differ(dealership: Monthly) -> None:
    """Identity, targets and last values stand on one sheet; others differ only where a formula shows them."""
    first, second = (Package(data) for data in dealership.blanks.values())
    assert first.names == second.names
    unlike = {name for name in first.names if first.parts[name] != second.parts[name]}
    sheets = first.sheets()
    showing = {"填报", "看板", "说明", "绩效考核表"}  # dealer's name in the head
    assert {sheets["本店资料"], sheets["_xlkpi"], "docProps/custom.xml", "xl/workbook.xml"} <= unlike
    assert unlike <= {sheets[s] for s in (*showing, "本店资料", "_xlkpi")} | {"docProps/custom.xml", "xl/workbook.xml"}
    for part in unlike:  # and there, in nothing but the dealer's code, name and region
        texts = [p.parts[part].decode() for p in (first, second)]
        for ours, theirs in (("D001", "D002"), ("甲店", "乙店"), ("华东", "华南")):
            texts[0] = texts[0].replace(ours, theirs)
        assert texts[0] == texts[1], part
    assert MONTH in first.parts["docProps/custom.xml"].decode()
