"""Where a dealer answers a warning: two columns of 问题清单 in a marked copy, a closed reason and free words."""

from __future__ import annotations

from typing import Final

TITLE: Final = "问题清单"
HEAD_ROW: Final = 4
PLACES, CODES, REASONS_IN, WORDS_IN = "C", "G", "H", "I"
"""The columns with the places, the codes, the reasons and the words."""
HEADINGS: Final = ("答复", "答复说明")
REASONS: Final = ("属实：一次性", "属实：业务有变化", "属实：季节或节假日", "口径不同", "其他（请说明）")
"""Why a figure is as it is although it was warned of."""
NEEDS_WORDS: Final = frozenset({"口径不同", "其他（请说明）"})
MOST_WORDS: Final = 200
