"""A dealer's file COMES BACK: guard, reader, identity, typed values, what was changed.

In come a file's bytes and the issue; out goes a `Submission` with findings, or `Unusable`. It never scores, and shares
only the layout and the marker with `workbook`.
"""
