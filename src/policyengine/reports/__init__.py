"""Lists about a whole partner base, for those who work with it: who is overdue, who is about to lose a level.

In: the decisions of a program for many records. Out: `Listing`, a table with heads, kinds of values and rows;
`render` writes it as text, Markdown and CSV, `batch` as a workbook. `cli` imports it.
"""
