"""The master's formulas compiled to Python: each shape of formula once, evaluated one dealer at a time.

`syntax` reads a formula into a tree, `program` resolves names and orders the cells, `shapes` writes one Python function
for each shape of formula (`calls` its function calls), `excel` holds Excel's rules for values, `functions` and
`criteria` its functions, `engine` runs it all.
Nothing here needs a compiled library: it also runs where there is only Python.
"""
