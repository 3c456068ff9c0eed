"""The button in Excel. The control workbook `xlkpi.excel.xlsm` runs `import xlkpi.excel;xlkpi.excel.main()`.

In comes an open workbook or a folder; out go its sheets of scores, or the month's files. It judges nothing itself and
writes only into workbooks that the reviewer named.
"""

from __future__ import annotations


def main() -> None:
    """What the macro calls: xlwings finds the control workbook that called, and the button is pressed."""
    import gc  # noqa: PLC0415 - only where a macro calls

    import xlwings  # noqa: PLC0415 - the package is read on machines without Excel too

    # the process ends after one press: collecting garbage every 700 objects costs a tenth of the time
    gc.set_threshold(100_000)
    from xlkpi.excel.attach import keep_other_excels_open  # noqa: PLC0415 - needs xlwings
    from xlkpi.excel.button import press  # noqa: PLC0415 - needs xlwings

    keep_other_excels_open()
    press(xlwings.Book.caller())
