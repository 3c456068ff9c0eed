"""What the MONTH came to: its results as data, every dealer's standing, who sent what, and the history of months.

In come assessments; out go standings, scores.json, the return list and the store. It draws nothing.
"""
