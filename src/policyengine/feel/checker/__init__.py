"""The static types of expressions: what is wrong with one before any record is seen.

In: a syntax tree, the types of the names in sight, and the functions that may be called. Out: the type of
every part, the names that are used, and diagnostics with what to write instead (`checker.check`).
`check_calls`, `check_names` and `check_operators` are parts of it; nobody else imports them. The linker
and `face` check every expression; evaluation asks for the type of a function literal.
"""
