"""The types of expressions, and the signatures of functions.

In and out: types as plain values, which `describe` calls by their names in messages. `relations` says which
types go together, `conform` whether a value is of a type, `properties` what stands after a dot, and
`signatures` what an entry of the registry of functions is. Anybody may import it.
"""
