"""Copies of source documents: read into words, and compared with the ledger of an earlier copy.

In: the bytes of a text, a page of HTML, Markdown, a PDF or a .docx; the statements of a ledger. Out: passages
with their words (`readers`), a first ledger (`first_ledger`), and what became of each statement in the copy
(`matching`). Libraries for PDF, .docx and Markdown are loaded when such a copy is read. Nothing here opens a
file; reports and the command line import this package.
"""
