"""The reference evaluator: the meaning of an expression.

In: a syntax tree and a scope of names. Out: its value, `Unknown` where a missing fact decides.
It walks the tree; generated code and columns are compared with it.
"""
