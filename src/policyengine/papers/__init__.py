"""Papers: what people are handed about a program or a decision, as plain data without a layout.

In: a program, a record and its decision. Out: a `Paper`, sections of sentences and tables in one language.
`blocks` has the parts, `language` the words; `render` lays a paper out as HTML, PDF or text. Templates of a
vendor get the same data.
"""
