"""Where `formulas` gives another value than Excel, LibreOffice and formualizer: patched through its public interface.

Found by tests/oracle; without these the second opinion would differ from the first on clean files.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import cache
from typing import Any, Final

_WIDE: Final = Context(prec=400)  # every double has its place in it


@cache
def correct() -> None:
    """Replace ROUND, TEXT and TRIM in `formulas`. Call it before a workbook is loaded."""
    import formulas  # noqa: PLC0415 - heavy, and only wanted on request
    from formulas.functions import wrap_ufunc  # noqa: PLC0415 - heavy, and only wanted on request
    from formulas.functions.text import xtext  # noqa: PLC0415 - heavy, and only wanted on request

    functions = formulas.get_functions()
    functions["ROUND"] = wrap_ufunc(round_half_away)
    functions["TRIM"] = wrap_ufunc(_trim, input_parser=lambda *arguments: arguments)
    functions["TEXT"] = wrap_ufunc(_text_of(xtext), input_parser=lambda *arguments: arguments)


def round_half_away(value: float, digits: float) -> float:
    """Excel's ROUND: half away from zero on fifteen digits (9.99975 is 9.9998 at four; `formulas` says 9.9997)."""
    exact = Decimal(f"{value:.15g}")
    return float(exact.quantize(Decimal(1).scaleb(-int(digits)), ROUND_HALF_UP, _WIDE))


def _text_of(xtext: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def text(value: Any, shape: Any) -> Any:
        """TEXT, rounded half away from zero (`formulas`: to even); "#,##0" of a number below one is "0", not "0,"."""
        code = str(shape)
        if isinstance(value, float | int) and not isinstance(value, bool) and set(code) & {"0", "#"}:
            decimals = re.search(r"\.([0#]+)", code)
            value = round_half_away(value, len(decimals[1] if decimals else "") + 2 * code.count("%"))
            code = code.replace("#,##0", "0") if abs(value) < 1 else code
        return xtext(value, code)

    return text


def _trim(text: Any) -> str:
    """TRIM, which also leaves one space only between words."""
    return " ".join(word for word in str(text).split(" ") if word)
