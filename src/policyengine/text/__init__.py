"""YAML and JSON in, located data out: every value remembers where it stands.

In: a `Source`. Out: a `Document`, whose scalars are plain text with a span for every key and value, or
diagnostics that say what to write instead (`literal_guesses` has what was probably meant). No type is known
here and no policy; everything above may import it.
"""
