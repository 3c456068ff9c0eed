"""WHAT is asked and how it is judged: the scheme's model, its files, names, formulas and rules."""
