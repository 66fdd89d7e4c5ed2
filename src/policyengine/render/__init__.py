"""Values in, text out: terminal, JSON, Markdown, HTML, and the forms of build servers.

In: decisions, comparisons, plans, results of tests, diagnostics. Out: text. Nothing is worked out or read
here, and nothing is printed; what a reader sees is the same on any day. The command line imports it.
"""
