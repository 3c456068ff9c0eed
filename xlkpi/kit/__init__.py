"""The kit for Windows: one folder with Python and everything else, for who has neither Python nor a terminal.

The user's download of the official embeddable Python and the locked wheels come in, a zip goes out. `installed` is what
检查安装.bat runs. Nothing here knows of schemes, workbooks or scores.
"""
