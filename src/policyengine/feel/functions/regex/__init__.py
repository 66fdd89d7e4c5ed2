"""Regular expressions as XPath has them, with work that is bounded whatever the pattern.

In: the text of a pattern, and a text. Out: the places of matches, or `Failed`. Only `functions.patterns`
imports it. Python's own `re` differs in its classes and escapes, and can take forever on a hostile pattern.
"""
