"""自检.html: a page that tells a dealer, offline in a browser, what headquarters' `check` would say.

An issue, its key and the page's parts come in, one HTML file for all dealers goes out. The page runs `inside` and the
rooms up to `checking` unchanged; it holds no figure of a dealer that its own workbook does not unlock.
"""
