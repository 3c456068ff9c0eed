"""HEADQUARTERS' own side: its lists, its forms, issuing a month.

In come roster, targets, inspections, plan, earlier values and waivers as people keep them; out go typed rows with
findings, and the month's blanks. It never reads a dealer's file.
"""
