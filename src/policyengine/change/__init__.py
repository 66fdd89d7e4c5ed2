"""Two versions of a program: what differs, in words, and on whom it shows.

In: two linked programs, and for a plan the records of a partner base and a period. Out: a `Comparison`, one
`Change` for each part with a sentence and a witness, and a `Plan`, with its counts, sums and causes. `render`
shows both; the command line asks for them.
"""
