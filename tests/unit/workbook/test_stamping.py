"""Blanks are stamped one after another from the same text: quick, and no file tells which was made before it."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from itertools import permutations
from typing import NamedTuple
from xml.etree.ElementTree import fromstring

import pytest
from shared.monthly import Monthly, contents, plain_value

from xlkpi.values import CellContent, CellFault, Place
from xlkpi.workbook import stamp
from xlkpi.workbook.package import Block, block, unpack
from xlkpi.workbook.sheets.marker import MARKER_BLANK, MARKER_CELL
from xlkpi.workbook.stamp import Stamper, cell_body

CACHE = re.compile(rb"<numCache>.*?</numCache>", re.S)
CHART = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
CELL = re.compile(r'<c r="([A-Z]+\d+)"([^>]*?)(?:/>|>(.*?)</c>)', re.S)
LOCKED = "维修产值_前1月"


class Given(NamedTuple):
    """What a file is stamped with."""

    values: Mapping[Place, CellContent]
    marker: str
    known: Mapping[Place, CellContent]


@pytest.fixture(scope="module")
def given(dealership: Monthly) -> dict[str, Given]:
    """Blanks of two dealers, one where earlier months are known, locked and not, a filled workbook, an empty one."""
    issue, layout = dealership.issue, dealership.issue.layout
    history = {slot.name: 1234.5 + n for n, slot in enumerate(layout.inputs) if slot.role == "history"}
    later = dealership.but(history={"D001": {**history, LOCKED: 4321.0}}).issue
    assert layout.place(LOCKED) in layout.locked_like
    blanks = {
        name: Given({**known, **dealership.engine.evaluate(known)}, of.marker(code), known)
        for name, of, code in (("甲店", issue, "D001"), ("乙店", issue, "D002"), ("次月", later, "D001"))
        if (known := of.stamped(code))
    }
    answers = {name: plain_value(field) for name, field in dealership.scheme.by("dealer").items()}
    answers |= {"接车台次_备注": "=1+1 <&> 两行\n字"}
    orders = [{"日期": 46327.0, "修理单号": f"R{n}", "工时": n / 4, "零件销售": 12.5} for n in range(150)]
    done = dealership.judge(answers, orders)
    odd = {layout.place("接车台次_上月"): True, layout.place("总分"): CellFault("#DIV/0!")}
    return {
        **blanks,
        "未锁": blanks["次月"]._replace(known={}),
        "填好": Given({**done.cells, **odd}, issue.marker("D001"), {}),
        "空": Given({}, "a|b|c|<&\">|d", {}),
    }  # fmt: skip


@pytest.fixture(scope="module")
def stamper(dealership: Monthly) -> Stamper:
    return Stamper(dealership.issue.layout, dealership.issue.master, level=6)


@pytest.fixture(scope="module")
def alone(dealership: Monthly, given: Mapping[str, Given]) -> dict[str, bytes]:
    """Each file as the first that is stamped."""
    issue = dealership.issue
    return {name: Stamper(issue.layout, issue.master, level=6).stamp(*one) for name, one in given.items()}


def test_a_files_bytes_do_not_tell_what_was_stamped_before(
    given: Mapping[str, Given], stamper: Stamper, alone: Mapping[str, bytes]
) -> None:
    assert len(set(alone.values())) == len(given)
    for pair in permutations(given, 2):
        for name in pair:
            assert stamper.stamp(*given[name]) == alone[name], pair


def test_nor_where_only_one_cell_differs(given: Mapping[str, Given], dealership: Monthly, stamper: Stamper) -> None:
    """Text is compressed with an eye on what stands before it: a cell at the end of a stretch concerns the next one."""
    values, marker, known = given["甲店"]
    for place in dealership.issue.layout.stamped_places[::149]:
        one = {**values, place: 98765.0}
        stamper.stamp(*given["填好"])  # in which nearly everything differs
        alone = stamper.stamp(one, marker, known)
        with zipfile.ZipFile(io.BytesIO(alone)) as archive:
            assert archive.testzip() is None
        stamper.stamp(values, marker, known)
        assert stamper.stamp(one, marker, known) == alone, place


def test_a_file_that_cannot_be_made_leaves_the_next_one_right(
    given: Mapping[str, Given], stamper: Stamper, alone: Mapping[str, bytes]
) -> None:
    values, marker, known = given["甲店"]
    stamper.stamp(*given["乙店"])
    with pytest.raises(ValueError, match="NaN"):
        stamper.stamp({**values, next(reversed(values)): float("nan")}, marker, known)
    with pytest.raises(UnicodeEncodeError):
        stamper.stamp(values, "\ud800", known)
    assert stamper.stamp(values, marker, known) == alone["甲店"]


def test_what_is_stamped_is_the_master_with_its_cells_replaced(
    dealership: Monthly, given: Mapping[str, Given], alone: Mapping[str, bytes]
) -> None:
    quick = Stamper(dealership.issue.layout, dealership.issue.master)
    for name, one in given.items():
        plain = dict(_plainly(dealership, one))
        stamped = unpack(alone[name])
        assert stamped == unpack(quick.stamp(*one))
        assert {part: CACHE.sub(b"", data) for part, data in stamped.items()} == plain, name


def test_charts_keep_the_figures_of_their_cells(given: Mapping[str, Given], alone: Mapping[str, bytes]) -> None:
    figures = 0
    for name, (values, _, _) in given.items():
        for part, data in unpack(alone[name]).items():
            for chart in fromstring(data).iter(f"{CHART}numRef") if part.startswith("xl/charts/") else ():
                sheet, ((column, first), (_, last)) = _area(str(chart.findtext(f"{CHART}f")))
                kept = {int(str(p.get("idx"))): float(str(p.findtext(f"{CHART}v"))) for p in chart.iter(f"{CHART}pt")}
                cells = [values.get(Place(sheet, f"{column}{row}")) for row in range(first, last + 1)]
                known = {at: value for at, value in enumerate(cells) if isinstance(value, float | int)}
                assert kept == pytest.approx(known), (name, part)
                figures += len(kept)
    assert figures > 20


def _area(formula: str) -> tuple[str, list[tuple[str, int]]]:
    """A sheet and the corners of a range on it."""
    sheet, cells = formula.rsplit("!", 1)
    return sheet.strip("'"), [(ref.strip("$").split("$")[0], int(ref.split("$")[-1])) for ref in cells.split(":")]


def _plainly(monthly: Monthly, given: Given) -> Iterator[tuple[str, bytes]]:
    """The parts as they are when the whole text of every sheet is gone through for each file."""
    layout = monthly.issue.layout
    master = unpack(monthly.issue.master)
    sheets = dict(_sheets(master))
    varying = set(layout.stamped_places)
    values = {**given.values, layout.place(MARKER_CELL): given.marker}
    styles = {
        Place(sheet, found[1]): found[2]
        for part, sheet in sheets.items()
        for found in CELL.finditer(master[part].decode())
    }

    for name, data in master.items():
        if name not in sheets:
            quoted = given.marker.replace('"', '""') if name == "xl/workbook.xml" else given.marker
            marker = quoted.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
            yield name, data.replace(MARKER_BLANK.encode(), marker.encode())
            continue

        def cell(found: re.Match[str], sheet: str = sheets[name]) -> str:
            place = Place(sheet, found[1])
            if place not in varying:
                return found[0]
            locked = place in given.known and place in layout.locked_like
            style = re.search(r' s="\d+"', styles[layout.locked_like[place] if locked else place])
            formula = re.search(r"<f.*</f>|<f[^>]*/>", found[3] or "", re.S)
            body = cell_body(formula[0] if formula else "", values.get(place))
            return f'<c r="{place.ref}"{style[0] if style else ""}{body}'

        yield name, CELL.sub(cell, data.decode()).encode()


def _sheets(parts: Mapping[str, bytes]) -> Iterator[tuple[str, str]]:
    """Parts of sheets with their titles."""
    targets = re.findall(rb'<Relationship (?=[^>]*Id="([^"]*)")[^>]*Target="/?(?:xl/)?([^"]*)"',
                         parts["xl/_rels/workbook.xml.rels"])  # fmt: skip
    named = dict(targets)
    for sheet in re.findall(rb"<sheet [^>]*>", parts["xl/workbook.xml"]):
        (title,), (rid,) = re.findall(rb' name="([^"]*)"', sheet), re.findall(rb' r:id="([^"]*)"', sheet)
        yield f"xl/{named[rid].decode()}", title.decode()


def test_zipfile_and_openpyxl_read_it(given: Mapping[str, Given], alone: Mapping[str, bytes]) -> None:
    for data in alone.values():
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            assert archive.testzip() is None
    stand = contents(alone["次月"], values=True)
    numbers = {place: value for place, value in given["次月"].values.items() if type(value) is float}
    assert len(numbers) > 1000
    assert {place: stand[place.sheet][place.ref] for place in numbers} == numbers


@pytest.mark.parametrize("name", ["甲店", "次月"])
def test_a_blank_weighs_little_even_with_all_earlier_months_in_it(name: str, alone: Mapping[str, bytes]) -> None:
    assert 150_000 < len(alone[name]) < 210_000


# ------------------------------------------------------------------ only what differs is compressed


@pytest.fixture
def compressed(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The stretches that are compressed from here on."""
    seen: list[bytes] = []

    def counted(data: bytes, before: bytes, level: int) -> Block:
        seen.append(data)
        return block(data, before, level)

    monkeypatch.setattr(stamp, "block", counted)
    return seen


def test_the_next_dealers_blank_is_compressed_where_it_differs(
    given: Mapping[str, Given], stamper: Stamper, compressed: list[bytes]
) -> None:
    stamper.stamp(*given["甲店"])
    compressed.clear()
    data = stamper.stamp(*given["乙店"])
    whole = sum(map(len, unpack(data).values()))
    assert sum(map(len, compressed)) < whole / 4
    mine = [part for part in compressed if "乙店".encode() in part or b"D002" in part]
    assert mine, "the dealer's own name and code are among it"


def test_a_cell_costs_its_own_stretch_and_at_most_the_next(
    given: Mapping[str, Given], dealership: Monthly, stamper: Stamper, compressed: list[bytes]
) -> None:
    values, marker, known = given["甲店"]
    stamper.stamp(values, marker, known)
    compressed.clear()
    stamper.stamp(values, marker, known)
    marked = len(compressed)
    assert marked == 2, "the marker's stretches are made anew for each file"
    for name in ("接车台次", "总分", LOCKED):
        compressed.clear()
        stamper.stamp({**values, dealership.issue.layout.place(name): 98765.0}, marker, known)
        assert 1 <= len(compressed) - marked <= 2, name
        assert any(b"<v>98765</v>" in part for part in compressed)
        stamper.stamp(values, marker, known)


def test_long_text_that_never_varies_is_compressed_once(
    given: Mapping[str, Given], dealership: Monthly, compressed: list[bytes]
) -> None:
    """Rules of validation and names are a quarter of a blank's text."""
    anew = Stamper(dealership.issue.layout, dealership.issue.master, level=6)
    anew.stamp(*given["甲店"])
    long = [part for part in compressed if len(part) > 50_000]
    assert len(long) == 2
    assert any(b"<dataValidations" in part for part in long)
    compressed.clear()
    for name in ("次月", "填好", "空"):
        anew.stamp(*given[name])
    assert len(compressed) > 100
    assert not [part for part in compressed if part in long]
