"""Expressions as generated Python: what `policyengine.feel.compile` gives.

Everything that plain FEEL can say has generated source. The reference evaluator answers instead only where

- an expression nests loops, filters and functions more than `emit.NESTED` deep,
- a number grows out of bounds, or the work passes its limit, while the generated code runs,
- a context brings a function of its own under the name of a built-in one that was worked out beforehand.
"""
