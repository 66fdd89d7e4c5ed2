"""What an editor asks of texts that change: the program that they make, what is wrong, what a place means.

In: texts by path, over a folder. Out: diagnostics, places of names, completions, edits. Nothing here knows a
protocol; only the command line imports it. `workspace` is the way in.
"""
