"""Static analysis of programs: no record is given, records are found.

In: one linked program, or two. Out: the values at which rules change their mind (`thresholds`), the smallest
record that two programs treat differently, or a proof that there is none (`witness`, `equivalence`).
Everything is worked out on the graph; no kind is known by name. `change`, `verify` and the commands above
them import it.
"""
