"""Tampering: kinds of changes to a filled workbook that somebody makes who can unprotect sheets and edit its parts.

Each kind changes one thing at random. `INVISIBLE` are those that nobody sees who opens the file and that need not be
told; of all others something must be said.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import escape
from random import Random

from shared.packages import put, zipped

from xlkpi.intake.reader import open_workbook
from xlkpi.issue import Issue
from xlkpi.values import CellKind, Place, RawCell, column_letters, column_row
from xlkpi.workbook.layout import Role
from xlkpi.workbook.package import unpack
from xlkpi.workbook.sheets.marker import Marker

BOOK, STYLES, CUSTOM = "xl/workbook.xml", "xl/styles.xml", "docProps/custom.xml"
MADE_UP = ("达标", "已核实", "免考核", "按上月口径", "100", "合格（已豁免）")


@dataclass
class Copy:
    """A filled workbook being changed: its parts as texts, and what the form has where."""

    issue: Issue
    dealer: str
    parts: dict[str, str]
    binary: dict[str, bytes]
    sheets: dict[str, str]  # title: part
    held: dict[Place, RawCell]
    random: Random

    @classmethod
    def of(cls, issue: Issue, dealer: str, data: bytes, random: Random) -> Copy:
        raw, book = unpack(data), open_workbook(data)
        held = {cell.place: cell for sheet in book.sheets for cell in book.cells(sheet, None).cells.values()}
        texts = {name: part.decode() for name, part in raw.items() if name.endswith((".xml", ".rels"))}
        binary = {name: part for name, part in raw.items() if name not in texts}
        return cls(issue, dealer, texts, binary, dict(book.sheets), held, random)

    def data(self) -> bytes:
        return zipped(((name, text.encode()) for name, text in self.parts.items()), level=1)

    # ------------------------------------------------------------ places

    def any(self, *roles: Role) -> Place:
        return self.random.choice([slot.place for slot in self.issue.layout.of(*roles)])

    def name(self, *roles: Role) -> str:
        return self.random.choice([slot.name for slot in self.issue.layout.of(*roles)])

    def formula(self, sheet: str = "") -> Place:
        return self.random.choice([place for place in self.issue.layout.formulas if sheet in ("", place.sheet)])

    def word(self, sheet: str = "", column: str = "") -> Place:
        """A cell with words of headquarters'."""
        fixed = self.issue.layout.fixed_refs
        return self.random.choice(
            sorted(
                place
                for place, raw in self.held.items()
                if place.ref in fixed.get(place.sheet, ())
                and raw.text
                and len(raw.text) > 1
                and not raw.text.isdecimal()
                and sheet in ("", place.sheet)
                and column in ("", place.ref.rstrip("0123456789"))
            )
        )

    # ------------------------------------------------------------ changes

    def edit(self, part: str, pattern: str, new: str | Callable[[re.Match[str]], str], *, all_: bool = False) -> None:
        changed, count = re.subn(pattern, new, self.parts[part], count=0 if all_ else 1, flags=re.S)
        assert count, f"{part} has no {pattern}"
        assert changed != self.parts[part], f"{pattern}: nothing changes"
        self.parts[part] = changed

    def sheet(self, title: str, pattern: str, new: str | Callable[[re.Match[str]], str], *, all_: bool = False) -> None:
        self.edit(self.sheets[title], pattern, new, all_=all_)

    def style_of(self, place: Place) -> str:
        found = re.search(rf'<c r="{place.ref}"[^>]*? s="(\d+)"', self.parts[self.sheets[place.sheet]])
        assert found is not None, place
        return found[1]

    def put(self, place: Place, body: str, kind: str = "", style: str = "") -> None:
        part = self.sheets[place.sheet]
        mark = f' t="{kind}"' if kind else ""
        tail = f">{body}</c>" if body else "/>"
        cell = f'<c r="{place.ref}" s="{style or self.style_of(place)}"{mark}{tail}'
        self.parts[part] = put(self.parts[part], place.ref, cell)

    def put_text(self, place: Place, text: str) -> None:
        self.put(place, f"<is><t>{escape(text)}</t></is>", "inlineStr")

    def section(self, name: str) -> str:
        """A section of the styles."""
        found = re.search(rf"<{name}.*?</{name}>", self.parts[STYLES], re.S)
        assert found is not None, name
        return found[0]

    def restyle(self, place: Place, change: Callable[[str], str]) -> None:
        """Give a cell a style of its own, made of the one that it has."""
        styles = re.findall(r"<xf [^>]*?/>|<xf .*?</xf>", self.section("cellXfs"), re.S)
        changed = change(styles[int(self.style_of(place))])
        self.edit(STYLES, "</cellXfs>", lambda _: f"{changed}</cellXfs>")
        self.sheet(place.sheet, rf'(<c r="{place.ref}"[^>]*? s=")\d+"', rf'\g<1>{len(styles)}"')

    def reformat(self, place: Place, code: str) -> None:
        number = 900 + len(re.findall("<numFmt ", self.parts[STYLES]))
        self.edit(
            STYLES, "</numFmts>", lambda _: f'<numFmt formatCode="{escape(code)}" numFmtId="{number}"/></numFmts>'
        )
        self.restyle(place, lambda xf: re.sub(r'numFmtId="\d+"', f'numFmtId="{number}"', xf))

    def refont(self, place: Place, font: str) -> None:
        count = len(re.findall("<font>", self.section("fonts")))
        self.edit(STYLES, "</fonts>", lambda _: f"<font>{font}<name val='微软雅黑'/></font></fonts>")
        self.restyle(place, lambda xf: re.sub(r'fontId="\d+"', f'fontId="{count}"', xf))

    def redefine(self, name: str, text: str) -> None:
        self.edit(BOOK, rf'(<definedName name="{re.escape(name)}">)[^<]*', lambda found: found[1] + escape(text))

    def define(self, name: str, text: str, more: str = "") -> None:
        self.edit(
            BOOK,
            "</definedNames>",
            lambda _: f'<definedName name="{name}"{more}>{escape(text)}</definedName></definedNames>',
        )

    def remark(self, change: Callable[[Marker], Marker]) -> None:
        """Another marker, in all three places."""
        marker = Marker.read(self.held[self.issue.layout.place("_xlkpi_cell")].text or "")
        assert marker is not None
        old, new = escape(str(marker)), escape(str(change(marker)))
        for part in (BOOK, CUSTOM, self.sheets["_xlkpi"]):
            self.parts[part] = self.parts[part].replace(old, new)

    def relate(self, title: str, kind: str, target: str) -> None:
        """Relate a part to a sheet; gives it the key rIdX."""
        folder, _, file = self.sheets[title].rpartition("/")
        rels = f"{folder}/_rels/{file}.rels"
        empty = '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"></Relationships>'
        relation = (
            '<Relationship Id="rIdX" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/'
            f'{kind}" Target="{target}"/>'
        )
        self.parts[rels] = self.parts.get(rels, empty).replace("</Relationships>", f"{relation}</Relationships>")


def _area(place: Place) -> str:
    column, row = column_row(place.ref)
    return f"'{place.sheet}'!${column_letters(column)}${row}"


Kind = Callable[[Copy], None]
KINDS: dict[str, Kind] = {}
INVISIBLE: set[str] = set()
FORMULA_NAMES = (Role.SCORE, Role.BASE, Role.TARGET, Role.DEDUCTION, Role.VETO, Role.CONSTANT)


def kind(name: str, *, seen: bool = True) -> Callable[[Kind], Kind]:
    def keep(change: Kind) -> Kind:
        KINDS[name] = change
        if not seen:
            INVISIBLE.add(name)
        return change

    return keep


def each(prefix: str, given: dict[str, Callable[[Copy], None]]) -> None:
    for name, change in given.items():
        kind(f"{prefix}: {name}")(change)


# ------------------------------------------------------------------ names

each(
    "a name",
    {
        "of a formula is a number": lambda c: c.redefine(c.name(*FORMULA_NAMES), str(c.random.randint(1, 100))),
        "of a formula is another cell": lambda c: c.redefine(c.name(*FORMULA_NAMES), _area(c.any(Role.ANSWER))),
        "of a formula is a text": lambda c: c.redefine(c.name(*FORMULA_NAMES), '"100"'),
        "of the total is 100": lambda c: c.redefine("总分", "100"),
        "of a target is the answer": lambda c: c.redefine(c.name(Role.TARGET), _area(c.any(Role.ANSWER))),
        "of the dealer is another cell": lambda c: c.redefine("经销商名称", _area(c.any(Role.ANSWER))),
        "of an answer is its target": lambda c: _to_target(c, 1),
        "of four answers is their target": lambda c: _to_target(c, 4),
        "of an answer is another's": lambda c: _to_other(c),
        "of an answer is a number": lambda c: c.redefine(c.name(Role.ANSWER), "999"),
        "of an answer is a score": lambda c: c.redefine(c.name(Role.ANSWER), _area(c.any(Role.SCORE))),
        "of an answer is a cell outside": lambda c: c.redefine(c.name(Role.ANSWER), "'填报'!$Z$99"),
        "of one sheet shadows an answer": lambda c: c.define(c.name(Role.ANSWER), "1", ' localSheetId="2"'),
        "of one sheet shadows a target": lambda c: c.define(c.name(Role.TARGET), "1", ' localSheetId="2"'),
        "of one sheet shadows the total": lambda c: c.define("总分", "100", ' localSheetId="2"'),
        "of one sheet shadows a score, hidden": lambda c: c.define(
            c.name(Role.SCORE), "15", ' hidden="1" localSheetId="2"'
        ),
    },
)


def _to_target(copy: Copy, count: int) -> None:
    aimed = [slot for slot in copy.issue.layout.of(Role.TARGET) if slot.field in copy.issue.layout.slots]
    for slot in copy.random.sample(aimed, count):
        copy.redefine(slot.field, _area(slot.place))


def _to_other(copy: Copy) -> None:
    one, other = copy.random.sample(list(copy.issue.layout.of(Role.ANSWER)), 2)
    copy.redefine(one.name, _area(other.place))


@kind("a name of an answer is deleted", seen=False)
def _(copy: Copy) -> None:
    copy.edit(BOOK, rf'<definedName name="{re.escape(copy.name(Role.ANSWER))}">[^<]*</definedName>', "")


@kind("a name of somebody's own", seen=False)
def _(copy: Copy) -> None:
    copy.define("我的合计", "1+1")


# ------------------------------------------------------------------ whose it is

each(
    "the marker",
    {
        "says another dealer": lambda c: c.remark(lambda m: m._replace(dealer="D002")),
        "says another month": lambda c: c.remark(lambda m: m._replace(month="2026-10")),
        "says another version": lambda c: c.remark(lambda m: m._replace(version="2099.1")),
        "has another seal": lambda c: c.remark(lambda m: m._replace(seal=f"{c.random.getrandbits(128):032x}")),
        "has no seal": lambda c: c.remark(lambda m: m._replace(seal="")),
        "says another dealer in one place": lambda c: c.edit(CUSTOM, r"\|D001\|", "|D002|"),
        "is gone from the name": lambda c: c.edit(
            BOOK, r'<definedName [^>]*name="_xlkpi"[^>]*>[^<]*</definedName>', ""
        ),
    },
)
IDENTITY = ("经销商代码", "经销商名称", "考核月份", "填报截止日", "联系人", "区域")


def _identity(copy: Copy) -> Place:
    places = [slot.place for slot in copy.issue.layout.of(Role.IDENTITY) if slot.name != "_xlkpi_cell"]
    return copy.random.choice([place for place in places if place in copy.held])


each(
    "本店资料",
    {
        "is another": lambda c: c.put_text(_identity(c), "别的店"),
        "is deleted": lambda c: c.put(_identity(c), ""),
        "is a formula": lambda c: c.put(_identity(c), '<f>"别的店"</f><v>别的店</v>', "str"),
    },
)

# ------------------------------------------------------------------ words

SHEETS = ("填报", "绩效考核表", "说明", "指标分析", "本店资料", "计分过程")


def _rewritten(sheet: str) -> Kind:
    return lambda copy: copy.put_text(copy.word(sheet), copy.random.choice(MADE_UP))


each("a word is rewritten", {sheet: _rewritten(sheet) for sheet in SHEETS})
each(
    "a word",
    {
        "of the labels": lambda c: c.put_text(c.word("填报", "B"), c.random.choice(MADE_UP)),
        "of 口径": lambda c: c.put_text(c.word("填报", "C"), c.random.choice(MADE_UP)),
        "of the units": lambda c: c.put_text(_unit(c), "万元"),
        "is deleted": lambda c: c.put(c.word(), ""),
        "is a formula": lambda c: c.put(c.word(), '<f>"达标"</f><v>达标</v>', "str"),
        "loses a character": lambda c: _shortened(c),
        "is in two places at once": lambda c: _swapped_words(c),
        "has come into a blank of the form": lambda c: c.put_text(_blank(c), "已按特批"),
    },
)


def _unit(copy: Copy) -> Place:
    return copy.random.choice([Place("填报", f"D{slot.place.ref[1:]}") for slot in copy.issue.layout.of(Role.ANSWER)])


def _shortened(copy: Copy) -> None:
    place = copy.word()
    text = copy.held[place].text or ""
    bare = [number for number, character in enumerate(text) if not character.isspace()]
    at = copy.random.choice(bare)
    copy.put_text(place, text[:at] + text[at + 1 :])


def _swapped_words(copy: Copy) -> None:
    one = copy.word("填报", "B")
    other = next(place for place in iter(lambda: copy.word("填报", "B"), None) if place != one)
    for place, source in ((one, other), (other, one)):
        copy.put_text(place, copy.held[source].text or "")


def _blank(copy: Copy) -> Place:
    fixed = copy.issue.layout.fixed_refs
    merged = {
        (title, cell)
        for title, part in copy.sheets.items()
        for first, last in re.findall(r'<mergeCell ref="([A-Z]+\d+):([A-Z]+\d+)"', copy.parts[part])
        for cell in (first, last)
    }
    blank = [
        Place(sheet, ref)
        for sheet in SHEETS
        for ref in sorted(fixed.get(sheet, ()))
        if Place(sheet, ref) not in copy.held
    ]
    return copy.random.choice([place for place in blank if (place.sheet, place.ref) not in merged])


# ------------------------------------------------------------------ targets, numbers, formulas

each(
    "a target",
    {
        "is less": lambda c: c.put(c.any(Role.TARGET), f"<v>{c.random.randint(1, 99)}</v>"),
        "is deleted": lambda c: c.put(c.any(Role.TARGET), ""),
        "is a word": lambda c: c.put_text(c.any(Role.TARGET), "不适用"),
        "is a formula": lambda c: c.put(c.any(Role.TARGET), "<f>1+1</f><v>2</v>"),
    },
)


def _number(copy: Copy) -> Place:
    return copy.random.choice(list(copy.issue.layout.numbers))


each(
    "a locked number",
    {
        "is another": lambda c: c.put(_number(c), "<v>99</v>"),
        "is deleted": lambda c: c.put(_number(c), ""),
        "is a word": lambda c: c.put_text(_number(c), "免"),
    },
)


def _all_as_values(copy: Copy) -> None:
    sheet = copy.random.choice(sorted({place.sheet for place in copy.issue.layout.formulas}))
    copy.sheet(sheet, r"<f>[^<]*</f>", "", all_=True)


each(
    "a formula",
    {
        "is a value": lambda c: c.put(c.formula(), "<v>100</v>"),
        "gives a constant": lambda c: c.put(c.formula(), "<f>50+50</f><v>100</v>"),
        "is deleted": lambda c: c.put(c.formula(), ""),
        "has a term more": lambda c: _longer(c),
        "of the total is a value": lambda c: c.put(c.issue.layout.place("总分"), "<v>100</v>"),
        "says that all is well": lambda c: c.put(c.any(Role.CHECK), '<f>"通过"</f><v>通过</v>', "str"),
        "of a whole sheet is a value": _all_as_values,
    },
)


def _longer(copy: Copy) -> None:
    place = copy.formula()
    copy.put(place, f"<f>({escape(copy.issue.layout.formulas[place])})+10</f><v>100</v>")


@kind("检查情况 filled in by the dealer")
def _(copy: Copy) -> None:
    copy.put_text(copy.any(Role.INSPECTION), "完成")


@kind("a figure beside the form")
def _(copy: Copy) -> None:
    copy.sheet(
        "填报", r"</sheetData>", '<row r="99"><c r="B99" t="inlineStr"><is><t>总分 100</t></is></c></row></sheetData>'
    )


# ------------------------------------------------------------------ number formats

FORMATS = {
    "another figure": '"100"', "nothing": ";;;", "thousandths": "0,", "a nought more": '0"0"', "white": "[White]0",
    "a hundred times as much": "0%", "another figure above a limit": '[>1]"99.9";0', "a word": '"达标"',
    "millionths": "0.0,,", "nothing for what is not negative": ";-0;", "a unit": '0"万"', "a prefix": '"1"0',
    "a date": "yyyy-mm-dd"
}  # fmt: skip


def _figure(copy: Copy) -> Place:
    refs = copy.issue.layout.figure_refs
    figures = [
        place
        for place, raw in sorted(copy.held.items())
        if place.ref in refs.get(place.sheet, ()) and raw.kind is CellKind.NUMBER
    ]
    return copy.random.choice(figures)


def _formatted(code: str) -> Kind:
    return lambda copy: copy.reformat(_figure(copy), code)


each("a format shows", {name: _formatted(code) for name, code in FORMATS.items()})


@kind("a format shows another total")
def _(copy: Copy) -> None:
    copy.reformat(copy.issue.layout.place("总分"), f'"{copy.random.randint(90, 100)}.0"')


@kind("a format put on by a condition")
def _(copy: Copy) -> None:
    dxfs = len(re.findall("<dxf>", copy.parts[STYLES]))
    copy.edit(STYLES, "</dxfs>", '<dxf><numFmt numFmtId="990" formatCode="&quot;100&quot;"/></dxf></dxfs>')
    rule = f'<cfRule dxfId="{dxfs}" priority="1" type="expression"><formula>TRUE</formula></cfRule>'
    ref = copy.issue.layout.place("总分").ref
    copy.sheet(
        copy.issue.layout.place("总分").sheet, "<conditionalFormatting",
        f'<conditionalFormatting sqref="{ref}">{rule}</conditionalFormatting><conditionalFormatting',
    )  # fmt: skip


# ------------------------------------------------------------------ what hides and covers

each(
    "nobody reads",
    {
        "white on white": lambda c: _white(c),
        "an answer in the colour of its cell": lambda c: c.refont(
            c.random.choice([s.place for s in c.issue.layout.of(Role.ANSWER) if s.place in c.held]),
            "<sz val='11'/><color rgb='FFFFF2CC'/>",
        ),
        "tiny letters": lambda c: c.refont(c.word(), "<sz val='1'/><color rgb='FF000000'/>"),
    },
)


def _white(copy: Copy) -> None:
    place = copy.word()
    copy.refont(place, "<sz val='10'/><color rgb='FFFFFFFF'/>")
    copy.restyle(place, lambda xf: re.sub(r'fillId="\d+"', 'fillId="0"', xf))


def _visible(copy: Copy) -> str:
    return copy.random.choice(("填报", "绩效考核表", "指标分析", "计分过程", "本店资料"))


def _state(copy: Copy, state: str) -> None:
    title = _visible(copy)
    copy.edit(BOOK, rf'(<sheet [^>]*name="{title}"[^>]*state=")visible', rf"\g<1>{state}")


def _row_with(attributes: str) -> Kind:
    def change(copy: Copy) -> None:
        sheet = copy.random.choice(("绩效考核表", "计分过程", "本店资料"))
        row = copy.random.choice(
            sorted({int(p.ref.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")) for p in copy.held if p.sheet == sheet})
        )
        copy.sheet(sheet, rf'<row ([^>]*)r="{row}"', rf'<row r="{row}" {attributes}')

    return change


def _column_with(attributes: str) -> Kind:
    def change(copy: Copy) -> None:
        sheet = copy.random.choice(("绩效考核表", "计分过程", "本店资料"))
        copy.sheet(sheet, r"<cols>.*?</cols>", f'<cols><col min="2" max="3" {attributes}/></cols>')

    return change


def _swapped_titles(copy: Copy) -> None:
    one, other = copy.random.sample(("填报", "绩效考核表", "指标分析", "计分过程", "本店资料"), 2)
    text = copy.parts[BOOK].replace(f'name="{one}" sheetId', 'name="\0" sheetId')
    copy.parts[BOOK] = text.replace(f'name="{other}" sheetId', f'name="{one}" sheetId').replace("\0", other)


def _reordered(copy: Copy) -> None:
    sheets = re.findall(r"<sheet [^>]*/>", copy.parts[BOOK])
    one, other = copy.random.sample(sheets[:6], 2)
    text = copy.parts[BOOK].replace(one, "\0").replace(other, one)
    copy.parts[BOOK] = text.replace("\0", other)


def _copied(copy: Copy) -> None:
    """填报 once more, with other figures in it."""
    text = copy.parts[copy.sheets["填报"]]
    for slot in copy.issue.layout.of(Role.ANSWER):
        text = re.sub(rf'(<c r="{slot.place.ref}"[^>]*>)<v>[^<]*</v>', r"\g<1><v>987654</v>", text)
    copy.parts["xl/worksheets/sheet77.xml"] = text
    kind_ = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet"
    relation = f'<Relationship Id="rId77" Type="{kind_}" Target="worksheets/sheet77.xml"/>'
    copy.edit("xl/_rels/workbook.xml.rels", "</Relationships>", f"{relation}</Relationships>")
    namespace = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
    copy.edit(BOOK, "</sheets>", f'<sheet {namespace} name="填报 (2)" sheetId="77" r:id="rId77"/></sheets>')


def _drawn(copy: Copy) -> None:
    sheet = copy.random.choice(("填报", "绩效考核表"))
    namespace = "http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing"
    corner = "<xdr:col>1</xdr:col><xdr:colOff>0</xdr:colOff><xdr:row>2</xdr:row><xdr:rowOff>0</xdr:rowOff>"
    copy.parts["xl/drawings/drawing77.xml"] = (
        f'<xdr:wsDr xmlns:xdr="{namespace}"><xdr:twoCellAnchor><xdr:from>{corner}</xdr:from><xdr:to>{corner}</xdr:to>'
        "<xdr:sp><xdr:txBody/></xdr:sp><xdr:clientData/></xdr:twoCellAnchor></xdr:wsDr>"
    )
    copy.relate(sheet, "drawing", "../drawings/drawing77.xml")
    namespace = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
    copy.sheet(sheet, "</worksheet>", f'<drawing {namespace} r:id="rIdX"/></worksheet>')


def _merged(copy: Copy) -> None:
    copy.sheet("绩效考核表", "</mergeCells>", '<mergeCell ref="G9:J12"/></mergeCells>')


each(
    "the sheets",
    {
        "one is hidden": lambda c: _state(c, "hidden"),
        "one is very hidden": lambda c: _state(c, "veryHidden"),
        "two have each other's title": _swapped_titles,
        "stand in another order": _reordered,
        "one is renamed": lambda c: c.edit(BOOK, 'name="绩效考核表" sheetId', 'name="考核表" sheetId'),
        "one is there twice": _copied,
        "a row is hidden": _row_with('hidden="1"'),
        "a row is 0 high": _row_with('ht="0" customHeight="1"'),
        "a column is hidden": _column_with('hidden="1" width="9"'),
        "a column is 0 wide": _column_with('width="0" customWidth="1"'),
        "cells are merged": _merged,
        "something is drawn over them": _drawn,
        "protection is removed": lambda c: c.sheet(_visible(c), r"<sheetProtection[^>]*/>", ""),
        "validations are removed": lambda c: c.sheet("填报", r"<dataValidations.*?</dataValidations>", ""),
        "a prompt is another": lambda c: c.sheet("填报", r'prompt="[^"]*"', 'prompt="这一项不用填"'),
    },
)


def drawn(issue: Issue, dealer: str, data: bytes, count: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """So many tampered copies: every kind in turn, each time at another place; the kind and the file."""
    random = Random(seed)
    first = Copy.of(issue, dealer, data, random)
    kinds = sorted(KINDS)
    for number in range(count):
        if number % len(kinds) == 0:
            random.shuffle(kinds)
        name = kinds[number % len(kinds)]
        copy = Copy(issue, dealer, dict(first.parts), first.binary, first.sheets, first.held, random)
        KINDS[name](copy)
        yield name, copy.data()
