"""Static analysis of conditions: those that hold always, or never.

In: typed conditions and the bounds of the facts. Out: whether one always or never holds, with the reason.
`check` warns with it; it decides nothing about a record.
"""
