"""Formulas: syntax, limits, functions, references."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from openpyxl.formula import Tokenizer
from openpyxl.formula.tokenizer import Token
from openpyxl.utils import FORMULAE

from shared.excel_rules.model import (
    ARITY,
    BAD_CHARS,
    CRITERIA,
    DYNAMIC,
    FUTURE,
    LOCALE_CODES,
    TAKES_RANGE,
    WHOLE_ARRAY,
    Area,
    Base,
    area,
    needs_quotes,
    utf16,
)


@lru_cache(100_000)
def tokens_of(text: str) -> tuple[Token, ...]:
    """A formula's tokens; the workbooks of a scheme have theirs in common."""
    plain = re.sub(r"'[\[\]#@']", "xx", text) if "[" in text else text  # escapes in structured references
    return tuple(t for t in Tokenizer("=" + plain).items if t.type != "WHITE-SPACE" or t.subtype == "INTERSECT")


class FormulaRules(Base):
    """Formulas: syntax, limits, functions, references."""

    def formula(
        self,
        place: str,
        part: str,
        text: str,
        number: int | None,
        array: bool = False,
        kind: str = "cell",
        anchor: Area | None = None,
    ) -> None:
        sheet = self.sheets[number].name if number is not None and number < len(self.sheets) else ""
        if utf16(text) > 8192:
            self.report("E", "F02", part, place, f"formula of {utf16(text)} characters, 8,192 at most")
        if text.lstrip().startswith("=") and kind != "validation":
            self.report("E", "F01", part, place, "begins with = : " + text[:40])
        if BAD_CHARS.search(text):
            self.report("E", "F01", part, place, "control character in a formula")
        try:
            tokens = tokens_of(text)
        except Exception as error:
            self.report("E", "F01", part, place, f"cannot be parsed: {error}: {text[:60]}")
            return
        stack: list[list[Any]] = []  # [function, argument number, empty so far]
        depth = size = operand_run = 0
        previous = None
        for position, t in enumerate(tokens):
            if t.type == "OPERAND":
                operand_run += 1
                if previous is not None and (previous.type == "OPERAND" or (previous.subtype == "CLOSE")):
                    self.report(
                        "E", "F01", part, place, f"two operands without an operator near {t.value[:20]!r}: {text[:60]}"
                    )
                if t.subtype == "TEXT":
                    inner = t.value[1:-1].replace('""', '"')
                    size += 3 + 2 * utf16(inner)
                    if utf16(inner) > 255:
                        self.report(
                            "E", "F03", part, place, f"text of {utf16(inner)} characters in a formula, 255 at most"
                        )
                    if "\n" in inner:
                        self.report("I", "F03", part, place, "line break in a text of a formula")
                    if (
                        stack
                        and stack[-1][0] == "TEXT"
                        and stack[-1][1] == 2
                        and LOCALE_CODES.search(re.sub(r'"[^"]*"|\\.', "", inner))
                    ):
                        self.report(
                            "C", "F21", part, place, f"TEXT format {inner!r}: date letters and General differ by locale"
                        )
                    if (
                        stack
                        and stack[-1][0] in CRITERIA
                        and stack[-1][1] in CRITERIA[stack[-1][0]]
                        and re.search(r"[*?~]", inner)
                    ):
                        self.report("C", "F22", part, place, f"wildcard in {inner!r}")
                elif t.subtype == "NUMBER":
                    size += 9
                    if len(t.value.replace(".", "").lstrip("0").split("E")[0]) > 15:
                        self.report("C", "F23", part, place, f"number of more than 15 digits: {t.value}")
                elif t.subtype == "ERROR":
                    size += 2
                    if t.value == "#REF!":
                        self.report("W", "F04", part, place, f"#REF! in {text[:60]}")
                elif t.subtype == "RANGE":
                    size += 13
                    self.reference(place, part, t.value, number, stack, array, kind, text, tokens, position)
                if stack:
                    stack[-1][2] = False
            elif t.type == "FUNC" and t.subtype == "OPEN":
                name = t.value[:-1].upper().lstrip("@")
                self.seen_functions[name] += 1
                self.function(place, part, name, kind)
                if stack:
                    stack[-1][2] = False
                stack.append([name, 1, True])
                depth = max(depth, sum(1 for s in stack if s[0]))
                size += 4
            elif t.type == "SEP" and stack:
                if t.value == ";":
                    self.report("E", "F01", part, place, f"semicolon between arguments: {text[:60]}")
                stack[-1][1] += 1
                stack[-1][2] = True
            elif t.subtype == "CLOSE":
                if not stack:
                    self.report("E", "F01", part, place, f"bracket too many: {text[:60]}")
                    break
                name, count, empty = stack.pop()
                if name:
                    count = 0 if count == 1 and empty else count
                    least, most = ARITY.get(name.replace("_XLFN.", ""), (0, 255))
                    if not least <= count <= (most or 255):
                        self.report(
                            "E",
                            "F05",
                            part,
                            place,
                            f"{name} with {count} arguments, takes {least} to {most or 255}: {text[:60]}",
                        )
            elif t.type == "PAREN":
                stack.append(["", 1, True])
            elif t.type.startswith("OPERATOR"):
                size += 1
                if previous is not None and previous.type == "OPERATOR-INFIX" and t.type == "OPERATOR-INFIX":
                    self.report("E", "F01", part, place, f"two operators: {text[:60]}")
            previous = t
        if stack:
            self.report("E", "F01", part, place, f"bracket is not closed: {text[:60]}")
        if depth > 64:
            self.report("E", "F06", part, place, f"{depth} functions within each other, 64 at most")
        if size > 16_384:
            self.report("E", "F07", part, place, f"about {size} bytes of tokens, 16,384 at most")
        if kind in ("format", "validation") and re.search(r"(?<![\w.])\[\d+\]", text):
            self.report("E", "F08", part, place, "another workbook in a format or validation")
        if (
            tokens
            and kind == "cell"
            and len(tokens) == 1
            and tokens[0].type == "OPERAND"
            and tokens[0].subtype == "TEXT"
        ):
            self.report("I", "F09", part, place, f"formula is only a text: {text[:30]}")
        del sheet, operand_run

    def function(self, place: str, part: str, name: str, kind: str) -> None:
        bare = re.sub(r"^(_XLFN\.|_XLWS\.|_XLUDF\.)+", "", name)
        if bare in FUTURE:
            if not name.startswith("_XLFN."):
                self.report(
                    "E", "F10", part, place, f"{bare} wants the prefix _xlfn. in a file: #NAME? until it is typed anew"
                )
            self.report("C", "F11", part, place, f"{bare} is not in Excel 2010 and older, nor in every WPS")
            if bare in DYNAMIC:
                self.report("C", "F11", part, place, f"{bare} returns a dynamic array")
        elif bare not in FORMULAE and bare not in ARITY and not bare.startswith("ISO."):
            self.report("E", "F10", part, place, f"{bare} is no function of Excel")
        if bare in ("INDIRECT", "OFFSET", "NOW", "TODAY", "RAND", "RANDBETWEEN", "CELL", "INFO"):
            self.report("C", "F12", part, place, f"{bare} is volatile")

    def reference(
        self,
        place: str,
        part: str,
        value: str,
        number: int | None,
        stack: list[list[Any]],
        array: bool,
        kind: str,
        text: str,
        tokens: list[Any],
        position: int,
    ) -> None:
        bare = value
        if "[" in value and not re.match(r"^'?\[\d+\]", value):
            table = value.split("[", 1)[0]
            if table and table.rsplit("!", 1)[-1].lower() not in self.tables:
                self.report("E", "F13", part, place, f"table {table} is not there")
            elif table:
                columns = [c.lower() for c in self.tables[table.lower()][2]]
                for name in re.findall(r"\[([^\[\]#@]+)\]", value[len(table) :]):
                    if name.strip().lower() not in columns:
                        self.report("E", "F13", part, place, f"table {table} has no column {name}")
            if kind in ("format", "validation"):
                self.report("E", "F13", part, place, "structured reference in a format or validation")
            size_area = None
        elif value in ("TRUE", "FALSE"):
            return
        else:
            if "!" in value:
                name, bare = value.rsplit("!", 1)
                quoted = name.startswith("'")
                plain = name[1:-1].replace("''", "'") if quoted else name
                pieces = plain.split(":") if not quoted or ":" in plain else [plain]
                for piece in pieces:
                    if not any(s.name.lower() == piece.lower() for s in self.sheets):
                        self.report("E", "F14", part, place, f"sheet {piece} is not there: {value}")
                if not quoted and needs_quotes(plain):
                    self.report("E", "F14", part, place, f"sheet name wants apostrophes: {value}")
                if kind == "format":
                    self.report(
                        "C",
                        "R05",
                        part,
                        place,
                        "a conditional format refers to another sheet: Excel 2007 and some WPS drop it",
                    )
                if kind == "validation":
                    self.report("C", "V08", part, place, "a validation refers to another sheet: not in Excel 2007")
            size_area = area(bare)
            if size_area is None:
                if re.match(r"^\$?[A-Za-z]{1,3}\$?\d+(:|$)", bare):
                    self.report("E", "F15", part, place, f"reference outside the sheet: {value}")
                    return
                lookup = self.names.get((number, bare.lower()), self.names.get((None, bare.lower())))
                if lookup is None:
                    if bare.lower() in self.tables:
                        size_area = self.tables[bare.lower()][1]
                    else:
                        self.report("E", "F16", part, place, f"name {bare} is not defined: {text[:60]}")
                        return
                else:
                    size_area = area(lookup.rsplit("!", 1)[-1]) if "," not in lookup else None
            elif kind == "name" and "$" not in bare and not place.startswith("chart "):
                self.report("W", "F17", part, place, f"relative reference in a name: {value}")
        if size_area is not None and not size_area.single and kind != "name":
            self.scalar(place, part, value, stack, array, kind, text, tokens, position)
        around = [tokens[n].type for n in (position - 1, position + 1) if 0 <= n < len(tokens)]
        if (
            stack
            and stack[-1][0] in CRITERIA
            and stack[-1][1] in CRITERIA[stack[-1][0]]
            and not any(a.startswith("OPERATOR") for a in around)
        ):
            self.report(
                "C",
                "F22",
                part,
                place,
                f"{stack[-1][0]} with {value} as criterion: *, ?, ~, <, >, = at the head are not taken literally",
            )

    def scalar(
        self,
        place: str,
        part: str,
        value: str,
        stack: list[list[Any]],
        array: bool,
        kind: str,
        text: str,
        tokens: list[Any],
        at: int,
    ) -> None:
        """A range of several cells where one value is wanted: it intersects in old Excel, spills in new Excel."""
        if array or any(s[0] in WHOLE_ARRAY for s in stack):
            return
        functions = [s for s in stack if s[0]]
        if not functions:
            if len(tokens) == 1 and kind == "validation":
                return
            self.report(
                "C", "F18", part, place, f"{value} alone in a formula: implicit intersection or spill: {text[:60]}"
            )
            return
        top = stack[-1]
        takes = TAKES_RANGE.get(functions[-1][0].replace("_XLFN.", ""), set())
        around = [tokens[n] for n in (at - 1, at + 1) if 0 <= n < len(tokens)]
        operated = any(t.type.startswith("OPERATOR") for t in around)
        if operated or (top[0] and 0 not in takes and top[1] not in takes):
            self.report(
                "C", "F18", part, place, f"range {value} where one value is wanted ({functions[-1][0]}): {text[:60]}"
            )
