"""The vendor's own tests of its policies, as data: records, a day, and what the decision must say.

In: test files and the programs that they test. Out: results, what the tests leave out, and the mistakes that
they do not notice. `testfile` and `expectations` read, `prepare` finds the records, `runner` evaluates and
`mismatches` compares; `suite` goes through whole files. `coverage` lists what no test shows, `mutation`
changes policies to see whether a test fails. `render` and the command line import it.
"""
