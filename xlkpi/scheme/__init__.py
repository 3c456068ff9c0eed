"""WHAT is asked and how it is judged.

In come a scheme's YAML files, packs and rules; out go a checked `Scheme` and its compiled formulas, with every mistake
named by file and line. It knows no workbook, no dealer and no month.
"""
