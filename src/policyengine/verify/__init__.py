"""The vendor's own tests of its policies, as data: records, a day, and what the decision must say.

A test file is read (`testfile`), its expectations are checked against the shape of a decision (`parts`,
`expectations`) and the words of the program (`words`), its records are found (`prepare`), and each
decision is compared with what was expected of it (`compare`, `run`). `suite` does this for whole files.
"""
