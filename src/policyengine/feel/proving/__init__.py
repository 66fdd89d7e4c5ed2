"""What can be said of a condition without any record.

In: typed conditions and the bounds of the facts. Out: whether one always or never holds, with the reason.
`check` warns with it; it decides nothing about a record.
"""
