"""Taking a workbook's package apart and putting it together again, also in ways that no program would."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterable, Mapping

from xlkpi.intake.reader import open_workbook, place_of
from xlkpi.workbook.package import unpack


def edited(data: bytes, **changes: Callable[[str], str]) -> bytes:
    """Change XML parts by a function each; the keys are those of PARTS."""
    parts = unpack(data)
    changed = {PARTS[key]: change(parts[PARTS[key]].decode()).encode() for key, change in changes.items()}
    assert all(parts[name] != part for name, part in changed.items()), "the edit changes nothing"
    return replaced(data, changed)


PARTS = {
    "workbook": "xl/workbook.xml", "relations": "xl/_rels/workbook.xml.rels", "custom": "docProps/custom.xml",
    "guide": "xl/worksheets/sheet1.xml", "entry": "xl/worksheets/sheet2.xml", "types": "[Content_Types].xml",
    "assessment": "xl/worksheets/sheet3.xml",
}  # fmt: skip


def replaced(data: bytes, parts: Mapping[str, bytes], level: int = 9) -> bytes:
    """Replace or add whole parts."""
    return zipped({**unpack(data), **parts}.items(), level)


def without(data: bytes, *names: str) -> bytes:
    """Leave parts out."""
    return zipped((name, part) for name, part in unpack(data).items() if name not in names)


def zipped(parts: Iterable[tuple[str, bytes]], level: int = 9) -> bytes:
    """An archive written by the standard library, parts in this order."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=level) as archive:
        for name, data in parts:
            archive.writestr(name, data)
    return buffer.getvalue()


def put(text: str, ref: str, cell: str) -> str:
    """Replace a cell of a sheet's XML that stands there already; `cell` is its new XML."""
    changed, count = re.subn(rf'<c r="{ref}"[^>]*?(?:/>|>.*?</c>)', lambda _: cell, text, count=1, flags=re.S)
    assert count == 1, f"no cell {ref}"
    return changed


def ref_of(data: bytes, name: str) -> str:
    """Where a name of the workbook stands."""
    place = place_of(open_workbook(data).names[name])
    assert place is not None, name
    return place.ref


def put_answer(data: bytes, name: str, inside: str, attributes: str = "") -> bytes:
    """Replace an answer's cell on the sheet that dealers fill in: its attributes and what stands inside."""
    ref = ref_of(data, name)
    return edited(data, entry=lambda text: put(text, ref, f'<c r="{ref}"{attributes}>{inside}</c>'))


def moved(data: bytes, main: str, *, decoy: bool = False) -> bytes:
    """The workbook's own part under another name, to which its relations lead; a decoy may stay where it was."""
    parts = unpack(data)
    folder, _, name = main.rpartition("/")
    old, relations = parts.pop(PARTS["workbook"]), parts.pop(PARTS["relations"]).decode()
    relations = re.sub(r'Target="/?(?:xl/)?([^"]+)"', r'Target="/xl/\1"', relations)
    parts[main] = old
    parts[f"{folder}/_rels/{name}.rels".lstrip("/")] = relations.encode()
    parts["_rels/.rels"] = re.sub(rb'Target="/?xl/workbook.xml"', f'Target="{main}"'.encode(), parts["_rels/.rels"])
    types = parts["[Content_Types].xml"].decode()
    parts["[Content_Types].xml"] = types.replace('PartName="/xl/workbook.xml"', f'PartName="/{main}"').encode()
    if decoy:
        parts[PARTS["workbook"]], parts[PARTS["relations"]] = old, b"<Relationships/>"
    return zipped(parts.items())
