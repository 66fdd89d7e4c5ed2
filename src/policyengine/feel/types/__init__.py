"""The static types of expressions.

In: a syntax tree and the types of the names in sight. Out: the type of every part, or diagnostics.
`types` says what types there are, `signatures` how functions declare theirs, `checker` does the work.
"""
