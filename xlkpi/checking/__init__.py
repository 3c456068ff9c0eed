"""Checking BEFORE scoring: what is wrong, what is not plausible, what a resubmission changed, and the marked copy.

In come files and an issue; out go findings by file, and the dealer's own workbook with its cells marked. It gives no
points.
"""
