"""The values of FEEL and what can be done with them.

In and out: Python values (`Decimal`, `str`, `bool`, `None`) and those that Python lacks (dates of any year,
durations, ranges, functions, and `Unknown`, which remembers what is missing). All of feel uses it.
"""
