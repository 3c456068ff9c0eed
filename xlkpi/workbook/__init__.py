"""HOW IT LOOKS: from a compiled scheme to the master workbook, and from the master to one dealer's copy.

In come a scheme and its formulas; out go the plan, the `Layout` (the one map that writer and reader share), the master,
stamped copies and patched packages. It knows nothing of who is on the roster and never judges a figure.
"""
