"""What number formats show (formats.yaml), and that no code, however odd, raises or takes long."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from shared.tables import table

from xlkpi.intake.formats import rendered, section_for, sections
from xlkpi.scheme.lined import read

TABLE = read(Path(__file__).with_name("formats.yaml").read_text("utf-8"))
ROWS = [tuple(row) for rows in TABLE.values() for row in rows]


@table("code, number, shown", ROWS)
def test_a_format_shows_what_the_table_says(code: str, number: float, shown: str | None) -> None:
    seen = rendered(code, number)
    assert (seen if seen is None else seen.strip()) == shown


def test_the_table_is_large() -> None:
    assert len(set(ROWS)) >= 150


def test_dates_and_times_are_known_by_their_letters() -> None:
    for code in ("yyyy-mm-dd", 'm"月"d"日"', "[h]:mm", "h:mm AM/PM", "[$-804]aaaa", "上午/下午h:mm"):
        section = section_for(code, 46143.0)
        assert section is not None
        assert section.date
    for code in ("0", '0"d"', "0\\d", "[Red]0", "G/通用格式", "0.0E+0", "[$-409]0"):
        section = section_for(code, 46143.0)
        assert section is not None
        assert not section.date


@settings(max_examples=300, deadline=None)
@given(st.text('0#?.,%;[]<>="\\_*!@E+-/ymd万G ', max_size=300), st.floats(allow_nan=False, allow_infinity=False))
def test_no_code_raises(code: str, number: float) -> None:
    rendered(code, number)
    found = sections(code)
    assert found is None or 1 <= len(found) <= 4
