"""A linked program and a record to a decision.

`reference` is the meaning, as short as it can be; `rows` is the same as generated Python, for one record;
`columns` is the same as Polars expressions, for many. In: a `Program` and a `Record`, or a batch of them.
Out: a `Decision`, or rows of the findings table. What lies above asks this package and computes nothing.
"""
