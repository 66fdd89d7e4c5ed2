"""FEEL text to a syntax tree, and back.

In: a text. Out: immutable nodes (`tree`), each with its span, or diagnostics that say what to write.
Anybody may build and read trees; only this package reads text.
"""
