"""What PEOPLE LOOK AT: terminal, letters, ranking workbook, report, PDF.

In come a month's results as they stand; out go pages. Nothing is computed here that another page could show
differently.
"""
