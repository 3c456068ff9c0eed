"""A sampler of mutants, run by hand: what do the tests not notice?

    python -m tests.mutation --seed 1 --count 40 --modules xlkpi/month/standing.py xlkpi/shown/ranking/lists.py

The repository is copied to a folder of its own; there, one at a time, a place of a module is altered (an operator, an
operand, a condition, a filter, a constant, an argument, a statement), the tests that fit the module run until the first
failure, and what survives is printed. Whether a survivor is equivalent is for a person to say.
"""
