"""WHAT IT IS WORTH, and why: engines, the assessment read off the evaluated cells, trace and audit.

In come an issue, an engine and a submission; out goes an `Assessment`. It restates no rule. Only `trace` and `audit`,
which open the workbook that a run left, know a file format.
"""
