"""The archive: parts, content types, relationships, document properties."""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections import Counter
from xml.etree import ElementTree

from shared.excel_rules.model import (
    CT,
    MC,
    VT,
    Base,
    local,
    utf16,
)


class PackageRules(Base):
    """The archive: parts, content types, relationships, document properties."""

    def package(self, archive: zipfile.ZipFile) -> None:
        names = [info.filename for info in archive.infolist() if not info.filename.endswith("/")]
        for name, count in Counter(name.lower() for name in names).items():
            if count > 1:
                self.report("E", "P02", name, "", "the part is there twice (part names ignore case)")
        for info in archive.infolist():
            if info.flag_bits & 1:
                self.report("E", "P01", info.filename, "", "encrypted zip entry")
            if info.compress_type not in (0, 8):
                self.report(
                    "E", "P01", info.filename, "", f"compression method {info.compress_type}; only stored and deflate"
                )
            if "\\" in info.filename or info.filename.startswith("/") or not info.filename.isascii():
                self.report("E", "P01", info.filename, "", "backslash, leading slash or non-ASCII in a part's name")
            if info.filename.endswith("/"):
                continue
            data = self.raw[info.filename] = archive.read(info)
            if info.filename.endswith((".xml", ".rels", ".vml")):
                try:
                    tree = ElementTree.fromstring(data)
                    if b"<!DOCTYPE" in data:
                        self.report("E", "P03", info.filename, "", "has a DTD; Excel refuses it")
                    self.xml[info.filename] = tree
                except ElementTree.ParseError as error:
                    level = "W" if info.filename.endswith(".vml") else "E"
                    self.report(level, "P03", info.filename, "", f"not well-formed: {error}")
        self.content_types(names)
        self.relationships(names)
        for name, tree in self.xml.items():
            prefixes = (tree.get(f"{{{MC}}}Ignorable") or "").split()
            for prefix in prefixes:
                if f"xmlns:{prefix}=".encode() not in self.raw[name]:
                    self.report("E", "P07", name, "", f"mc:Ignorable names the prefix {prefix}, which is not declared")

    def content_types(self, names: list[str]) -> None:
        part = "[Content_Types].xml"
        if part not in self.xml:
            self.report("E", "P05", part, "", "missing")
            return
        defaults, overrides = {}, {}
        for element in self.xml[part]:
            if element.tag == f"{{{CT}}}Default":
                key = element.get("Extension", "").lower()
                if key in defaults:
                    self.report("E", "P05", part, key, "extension is declared twice")
                defaults[key] = element.get("ContentType")
            elif element.tag == f"{{{CT}}}Override":
                key = element.get("PartName", "")
                if key.lower() in (k.lower() for k in overrides):
                    self.report("E", "P05", part, key, "part is declared twice")
                if key.lstrip("/") not in names:
                    self.report("E", "P05", part, key, "declares a part that is not there")
                overrides[key] = element.get("ContentType")
        for name in names:
            if name == part:
                continue
            kind = overrides.get("/" + name) or defaults.get(name.rsplit(".", 1)[-1].lower())
            if kind is None:
                self.report("E", "P05", part, name, "part without a content type")
            else:
                self.types[name] = kind
                if kind == "application/xml" and name.startswith("xl/") and "customXml" not in name:
                    self.report("W", "P05", part, name, "an xl/ part has only application/xml")
                if name.startswith("xl/") and name.endswith(".bin") and "vba" in name and "vba" not in kind.lower():
                    self.report("E", "P05", part, name, f"VBA project with content type {kind}")

    def relationships(self, names: list[str]) -> None:
        reached: set[str] = {"[Content_Types].xml"}
        for name in names:
            if not name.endswith(".rels"):
                continue
            reached.add(name)
            folder, base = posixpath.split(name)
            source = posixpath.join(posixpath.dirname(folder), base[: -len(".rels")]).lstrip("/")
            if source and source not in names:
                self.report("E", "P06", name, "", f"relationships of a part that is not there: {source}")
            table: dict[str, tuple[str, str, bool]] = {}
            for rel in self.xml.get(name, ()):
                key, target, kind = rel.get("Id"), rel.get("Target", ""), rel.get("Type", "")
                if key in table:
                    self.report("E", "P06", name, key, "relationship id twice")
                if not key or not re.match(r"^[A-Za-z_][\w.-]*$", key):
                    self.report("E", "P06", name, str(key), "relationship id is no XML name")
                outside = rel.get("TargetMode") == "External"
                if not outside:
                    target = target.split("#")[0]
                    target = (
                        target[1:]
                        if target.startswith("/")
                        else posixpath.normpath(posixpath.join(posixpath.dirname(source), target))
                    )
                    if target not in names and rel.get("Target", "").startswith("#"):
                        pass  # a place in this workbook
                    elif target not in names:
                        self.report("E", "P06", name, key or "", f"leads to {target}, which is not there")
                    reached.add(target)
                elif utf16(target) > 2083:
                    self.report("E", "H03", name, key or "", "external target longer than 2,083 characters")
                table[key or ""] = (target, kind, outside)
            self.rels[source] = table
            for kind, count in Counter(k for _, k, _ in table.values()).items():
                if (
                    kind.rsplit("/", 1)[-1]
                    in ("comments", "drawing", "officeDocument", "styles", "sharedStrings", "theme", "calcChain")
                    and count > 1
                ):
                    self.report("E", "P06", name, "", f"{count} relationships of type {kind.rsplit('/', 1)[-1]}")
        for name in names:
            if name not in reached:
                self.report("W", "P08", name, "", "orphan: no relationship leads to it")

    def properties(self) -> None:
        tree = self.xml.get("docProps/custom.xml")
        if tree is not None:
            pids, names = Counter(), Counter()
            for p in tree:
                pids[p.get("pid")] += 1
                names[(p.get("name") or "").lower()] += 1
                if (p.get("fmtid") or "").upper() != "{D5CDD505-2E9C-101B-9397-08002B2CF9AE}":
                    self.report("E", "D01", "docProps/custom.xml", p.get("name") or "", f"fmtid {p.get('fmtid')}")
                if not (p.get("pid") or "").isdigit() or int(p.get("pid")) < 2:
                    self.report(
                        "E", "D01", "docProps/custom.xml", p.get("name") or "", f"pid {p.get('pid')}, must be 2 or more"
                    )
                if utf16(p.get("name") or "") > 255 or any(utf16(c.text or "") > 255 for c in p):
                    self.report("W", "D01", "docProps/custom.xml", p.get("name") or "", "name or value longer than 255")
            for what, counter in (("pid", pids), ("name", names)):
                for key, count in counter.items():
                    if count > 1:
                        self.report("E", "D01", "docProps/custom.xml", str(key), f"{what} twice")
        tree = self.xml.get("docProps/app.xml")
        if tree is not None:
            for _name in ("HeadingPairs", "TitlesOfParts"):
                for vector in tree.iter(f"{{{VT}}}vector"):
                    if vector.get("size") != str(len(vector)):
                        self.report(
                            "E",
                            "D02",
                            "docProps/app.xml",
                            "",
                            f"vector says {vector.get('size')} and has {len(vector)}",
                        )
                        break
            version = tree.find("{*}AppVersion")
            self.app_version = (version.text or "") if version is not None else ""
            if version is not None and not re.match(r"^\d{1,2}\.\d{1,4}$", version.text or ""):
                self.report(
                    "W", "D02", "docProps/app.xml", "", f"AppVersion {version.text!r} is not of the form XX.YYYY"
                )
        tree = self.xml.get("docProps/core.xml")
        if tree is not None:
            for tag, count in Counter(e.tag for e in tree).items():
                if count > 1:
                    self.report("E", "D03", "docProps/core.xml", local(tag), "element twice; Excel reports corruption")
            for e in tree:
                if local(e) in ("created", "modified"):
                    if not re.match(r"^\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d+)?Z?)?", e.text or ""):
                        self.report("E", "D03", "docProps/core.xml", "", f"date {e.text!r}")
                    if not any(k.endswith("}type") for k in e.attrib):
                        self.report("E", "D03", "docProps/core.xml", "", "dcterms date without xsi:type")
