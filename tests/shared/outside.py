"""Assessed workbooks that lead outside, with a seal that is in order: whoever has one can make another."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from shared.packages import zipped
from xlkpi.workbook.package import unpack
from xlkpi.workbook.seal import sealed

RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
TYPE = "application/vnd.openxmlformats-officedocument."
BOOK, SHEET = "xl/workbook.xml", "xl/worksheets/sheet3.xml"
Parts = dict[str, bytes]


def _before(parts: Parts, name: str, end: str, xml: str) -> None:
    assert end.encode() in parts[name], f"{name} has no {end}"
    parts[name] = parts[name].replace(end.encode(), xml.encode() + end.encode(), 1)


def _relate(parts: Parts, of: str, key: str, kind: str, target: str) -> None:
    folder, _, file = of.rpartition("/")
    name = f"{folder}/_rels/{file}.rels"
    parts.setdefault(name, f'<Relationships xmlns="{PACKAGE}"></Relationships>'.encode())
    mode = ' TargetMode="External"' if "://" in target else ""
    xml = f'<Relationship Id="{key}" Type="{RELATIONS}/{kind}" Target="{target}"{mode}/>'
    _before(parts, name, "</Relationships>", xml)


def _add(parts: Parts, name: str, kind: str, xml: str) -> None:
    parts[name] = xml.encode()
    _before(parts, "[Content_Types].xml", "</Types>", f'<Override PartName="/{name}" ContentType="{TYPE}{kind}+xml"/>')


def _picture(parts: Parts, url: str) -> None:
    _before(parts, SHEET, "</worksheet>", f'<drawing xmlns:r="{RELATIONS}" r:id="p"/>')
    _relate(parts, SHEET, "p", "drawing", "../drawings/drawing9.xml")
    here = "".join(f"<xdr:{n}>{v}</xdr:{n}>" for n, v in (("col", 1), ("colOff", 0), ("row", 1), ("rowOff", 0)))
    a = "http://schemas.openxmlformats.org/drawingml/2006/"
    picture = (
        f'<xdr:wsDr xmlns:xdr="{a}spreadsheetDrawing" xmlns:a="{a}main"><xdr:oneCellAnchor><xdr:from>{here}</xdr:from>'
        '<xdr:ext cx="99" cy="99"/><xdr:pic><xdr:nvPicPr><xdr:cNvPr id="2" name="P"/><xdr:cNvPicPr/></xdr:nvPicPr>'
        f'<xdr:blipFill><a:blip xmlns:r="{RELATIONS}" r:link="l"/><a:stretch><a:fillRect/></a:stretch></xdr:blipFill>'
        '<xdr:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="99999" cy="99999"/></a:xfrm><a:prstGeom prst="rect"/>'
        "</xdr:spPr></xdr:pic><xdr:clientData/></xdr:oneCellAnchor></xdr:wsDr>"
    )
    _add(parts, "xl/drawings/drawing9.xml", "drawing", picture)
    _relate(parts, "xl/drawings/drawing9.xml", "l", "image", f"{url}/picture.png")


def _background(parts: Parts, url: str) -> None:
    _before(parts, SHEET, "</worksheet>", f'<picture xmlns:r="{RELATIONS}" r:id="b"/>')
    _relate(parts, SHEET, "b", "image", f"{url}/background.png")


def _object(parts: Parts, url: str) -> None:
    link = '<oleObject progId="Word.Document.12" link="x" oleUpdate="OLEUPDATE_ALWAYS" shapeId="1025" r:id="o"/>'
    _before(parts, SHEET, "</worksheet>", f'<oleObjects xmlns:r="{RELATIONS}">{link}</oleObjects>')
    _relate(parts, SHEET, "o", "oleObject", f"{url}/object.docx")


def _workbook(parts: Parts, url: str) -> None:
    xml = f'<externalReferences><externalReference xmlns:r="{RELATIONS}" r:id="x"/></externalReferences>'
    _before(parts, BOOK, "<definedNames>", xml)
    _relate(parts, BOOK, "x", "externalLink", "externalLinks/externalLink1.xml")
    book = f'<externalBook xmlns:r="{RELATIONS}" r:id="l"><sheetNames><sheetName val="S"/></sheetNames></externalBook>'
    name = "xl/externalLinks/externalLink1.xml"
    _add(parts, name, "spreadsheetml.externalLink", f'<externalLink xmlns="{MAIN}">{book}</externalLink>')
    _relate(parts, name, "l", "externalLinkPath", f"{url}/linked.xlsx")
    _formula("[1]S!A1")(parts, url)


def _query(parts: Parts, url: str) -> None:
    web = f'<webPr sourceData="1" parsePre="1" consecutive="1" url="{url}/query.html" htmlTables="1"/>'
    connection = f'<connection id="1" name="C" type="4" refreshedVersion="3" refreshOnLoad="1">{web}</connection>'
    xml = f'<connections xmlns="{MAIN}">{connection}</connections>'
    _add(parts, "xl/connections.xml", "spreadsheetml.connections", xml)
    _relate(parts, BOOK, "c", "connections", "connections.xml")
    table = f'<queryTable xmlns="{MAIN}" name="C" refreshOnLoad="1" connectionId="1" autoFormatId="16"/>'
    _add(parts, "xl/queryTables/queryTable1.xml", "spreadsheetml.queryTable", table)
    _relate(parts, SHEET, "q", "queryTable", "../queryTables/queryTable1.xml")


def _formula(text: str) -> Callable[[Parts, str], None]:
    def put(parts: Parts, url: str) -> None:
        formula = text.replace("URL", url)
        _before(parts, SHEET, "</sheetData>", f'<row r="900"><c r="A900"><f>{formula}</f></c></row>')

    return put


REFUSED = {
    "a linked picture": _picture, "a linked background": _background, "a linked object": _object,
    "another workbook": _workbook, "a query": _query,
}  # fmt: skip
FORMULAS = {
    "WEBSERVICE": _formula('WEBSERVICE("URL/service")'), "IMAGE": _formula('IMAGE("URL/image.png")'),
    "HYPERLINK": _formula('HYPERLINK("URL/link","x")'), "another file": _formula("'URL/[file.xlsx]S'!A1"),
}  # fmt: skip


def leading_outside(assessed: bytes, name: str, url: str) -> bytes:
    """An assessed workbook with something that leads to an address, sealed again."""
    parts = unpack(assessed)
    {**REFUSED, **FORMULAS}[name](parts, url)
    return sealed(zipped(parts.items()))


@contextmanager
def listening() -> Iterator[tuple[str, list[str]]]:
    """An address of this machine, and what is asked for there."""
    requests: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def __getattr__(self, name: str) -> Callable[[], None]:
            if not name.startswith("do_"):
                raise AttributeError(name)
            return self.answer

        def answer(self) -> None:
            requests.append(f"{self.command} {self.path}")
            self.send_error(404)

        def log_message(self, *_: object) -> None:
            """Nothing is printed."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", requests
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
