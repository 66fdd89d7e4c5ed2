"""The only generator of Python: an expression as source, for `policyengine.feel.compile` and `engine/rows`.

In: a syntax tree, and the `Surroundings` that say what its names are. Out: `Code`, which gives the value or
`Unknown`; in plain FEEL, where nothing is unknown, the value or null. Every form has source: what Python has
no operator for is a call of `runtime`, which works on the values at hand as the reference evaluator does.
The reference evaluator answers instead only where

- an expression nests loops, filters and functions more than `writer.NESTED` deep,
- a number grows out of bounds, or the work passes its limit, while the generated code runs,
- a context brings a function of its own under the name of a built-in one that was worked out beforehand.
"""
