"""实绩: figures from headquarters' own systems, dealer by field. Where the list has a figure, that one scores.

The headings of another system are mapped once: what it calls 进厂台数 is the scheme's 接车台次.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from xlkpi.findings import Finding, most_serious_first
from xlkpi.headquarters.field_columns import one_row_a_dealer, read_field_rows
from xlkpi.headquarters.identity import Origin
from xlkpi.headquarters.lists import Listed
from xlkpi.headquarters.table import Files
from xlkpi.headquarters.words import folded
from xlkpi.intake import quantity
from xlkpi.issue import Actual, Dealer
from xlkpi.scheme.model import Scheme
from xlkpi.values import Absence

MAPPING: Final = "实绩对照"
_WITH_UNIT: Final = re.compile(r"(.+?)\s*[(（\[【/](.+?)[)）\]】]?")


def read_actuals(
    paths: Files, scheme: Scheme, roster: Mapping[str, Dealer], month: str = "", *,
    headings: Mapping[str, str] | None = None, anyway: bool = False,
) -> Listed[dict[str, Actual]]:  # fmt: skip
    """Headquarters' figures by dealer and field, each with its file and cell. A blank is left out: the dealer's own
    counts. A cell that is not understood is a question, and 无法读取 in the dealer's stead.

    Args:
        paths: the list, or several.
        scheme: the scheme.
        roster: the month's dealers.
        month: the month that is assessed, as YYYY-MM; a list of another one is refused. Blank: any.
        headings: what the system calls its columns, with the fields' names or labels.
        anyway: headquarters insists on a list of another month, scheme or kind.
    """
    fields = scheme.by("dealer")
    known = {folded(text): name for name, entry in fields.items() for text in (name, entry.label) if text}
    mapped: dict[str, list[str]] = {}
    strangers = []
    for heading, target in (headings or {}).items():
        if (name := known.get(folded(target))) is None:
            strangers.append(Finding("XK-T135", MAPPING, facts={"column": heading, "found": target}))
        else:
            mapped.setdefault(name, []).append(_without_unit(heading))
    origin = Origin("actuals", scheme.name, scheme.version, month)
    read = one_row_a_dealer(read_field_rows(paths, origin, fields, roster, anyway=anyway, headings=mapped), roster)
    actuals = {
        dealer: {
            name: Actual(value, f"{read.places[dealer].file} {read.places[dealer].place(name)}")
            for name, value in row.items()
            if value is not Absence.MISSING
        }
        for dealer, row in read.rows.items()
    }
    return Listed(actuals, most_serious_first([*strangers, *read.findings]), read.refused)


def _without_unit(heading: str) -> str:
    """A heading without the unit behind it, so that 产值(万元) is read in 万元."""
    match = _WITH_UNIT.fullmatch(heading)
    unit = folded(match[2]) if match else ""
    return match[1] if match and (unit == "%" or quantity.is_unit(unit)) else heading
