"""The reference engine: every rule read off the values of one record by walking trees.

In: a linked program and a record. Out: a decision. It is short, since it says what programs mean: `rows` and
`columns` are compared with it, and `why --all` shows its steps. It decides nothing for a user.
"""
