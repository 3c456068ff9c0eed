"""The button in Excel. The control workbook `xlkpi.excel.xlsm` runs `import xlkpi.excel;xlkpi.excel.main()`."""

from __future__ import annotations


def main() -> None:
    """What the macro calls: xlwings finds the control workbook that called, and the button is pressed."""
    import gc  # noqa: PLC0415

    import xlwings  # noqa: PLC0415 - the package is read on machines without Excel too

    from xlkpi.excel.attach import spare_others  # noqa: PLC0415
    from xlkpi.excel.button import press  # noqa: PLC0415

    spare_others()
    gc.freeze()  # what is loaded by now stays until this process ends, after one press: no need to search it again
    press(xlwings.Book.caller())
