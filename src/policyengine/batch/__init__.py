"""Whole partner bases: tables of records in, tables of findings out, whatever the number of records.

In: files of records (CSV, Parquet, JSON, NDJSON, with tables of children beside them) or Arrow batches. Out:
tables of findings, and of rejects with their reasons, written whole or not at all. `inputs` and `typed` read,
`engines` choose rows or columns for each batch, `sinks` write, `run` goes through all of it. Only the command
line and `spark` import it. All tables need the extra `batch`; YAML, JSON and NDJSON records do not.
"""
