"""What Excel and WPS would refuse, repair, calculate otherwise or draw badly in an .xlsx or .xlsm.

`violations(data)` lists them. Rules come from ECMA-376, [MS-OI29500], Excel's published limits and the issue lists of
libraries that write workbooks; on workbooks that Excel itself saved they raise no violation of level E.
"""

from __future__ import annotations

import io
import zipfile

from shared.excel_rules.book import BookRules
from shared.excel_rules.formulas import FormulaRules
from shared.excel_rules.inputs import InputRules
from shared.excel_rules.model import Violation
from shared.excel_rules.objects import ObjectRules
from shared.excel_rules.package import PackageRules
from shared.excel_rules.sheet import SheetRules
from shared.excel_rules.styles import StyleRules

__all__ = ["Violation", "violations"]


def violations(data: bytes) -> list[Violation]:
    """All violations of a workbook."""
    return _Book(data).check()


class _Book(PackageRules, StyleRules, BookRules, SheetRules, InputRules, ObjectRules, FormulaRules):
    """A workbook with every rule."""

    def check(self) -> list[Violation]:
        try:
            with zipfile.ZipFile(io.BytesIO(self.data)) as archive:
                self.package(archive)
        except zipfile.BadZipFile as error:
            self.report("E", "P01", "", "", f"not a zip archive: {error}")
            return self.found
        book = next((t for k, (t, y, e) in self.rels.get("", {}).items() if y.endswith("/officeDocument")), None)
        if book is None or book not in self.xml:
            self.report("E", "P04", "_rels/.rels", "", "no officeDocument relationship that leads to a part")
            return self.found
        self.properties()
        self.shared_strings(book)
        self.styles(book)
        self.workbook(book)
        self.gather_tables()
        for number, sheet in enumerate(self.sheets):
            self.sheet(number, sheet)
        self.defined_names(book)
        self.calc_chain(book)
        self.charts()
        self.info()
        return self.found
