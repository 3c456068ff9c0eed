"""What a workbook of ours is on paper: size of print, pages, words with room; for every scheme, a huge one too."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook
from shared.printing import printed, without_room
from shared.tables import sampled

from xlkpi.scheme.lint import usable_scheme
from xlkpi.workbook.master import write_master
from xlkpi.workbook.sheets.assessment import TITLE as SIGNED
from xlkpi.workbook.sheets.whole import plan_workbook

SHIPPED = ("service-assessment", "service-monthly", "dealer-monthly")
OTHERS = sorted((Path(__file__).parents[2] / "shared" / "schemes").iterdir())
LEAST = 8.0  # points on paper that people can read
ITEMS = 128


def huge(folder: Path) -> Path:
    """A scheme of 128 items with clauses; no page can hold it."""
    folder.mkdir()
    fields = "".join(f"  项目{n}: {{en: F{n}, type: count, target: true, minimum: 0}}\n" for n in range(ITEMS))
    items = "".join(
        f"  - item: 细项{n}\n    points: 1\n    text: 完成得满分；未完成的按比例得分，超额不加\n"
        f"    score: {{proportional: 项目{n}_完成率}}\n"
        f"    clauses:\n    - {{require: 项目{n}_完成率>=20%, else: 否决, text: 完成率 <20%：否决}}\n"
        for n in range(ITEMS)
    )
    text = (
        f'scheme: huge\ntitle: 大方案\nen: Huge\nversion: "1"\nvalid: {{from: 2026-01}}\nfields:\n{fields}'
        f"groups:\n- group: 全部指标\n  points: {ITEMS}\n  items:\n{items}"
        "grades:\n- {grade: 甲, at_least: 60}\n- {grade: 乙, at_least: 0}\n"
    )
    (folder / "scheme.yaml").write_text(text, "utf-8")
    return folder


@pytest.fixture(
    scope="module", params=sampled([*SHIPPED, *OTHERS, None], 3), ids=lambda p: Path(p).name if p else "huge"
)
def master(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Workbook:
    name = request.param or huge(tmp_path_factory.mktemp("schemes") / "huge")
    return load_workbook(io.BytesIO(write_master(plan_workbook(*usable_scheme(str(name))))))


def test_the_signed_sheet_is_printed_large_enough_to_read(master: Workbook) -> None:
    pages = printed(master[SIGNED])
    assert len(pages) == 2, "the table with its signatures, and the sentences"
    for page in pages:
        assert page.smallest >= LEAST, page


def test_the_signed_sheet_of_a_shipped_scheme_is_one_page_and_one_of_sentences(master: Workbook) -> None:
    if master[SIGNED].max_row < 2 * ITEMS:
        assert [page.pages for page in printed(master[SIGNED])] == [1, 1]


def test_no_words_are_cut_off(master: Workbook) -> None:
    assert not [told for sheet in master if sheet.sheet_state == "visible" for told in without_room(sheet)]
