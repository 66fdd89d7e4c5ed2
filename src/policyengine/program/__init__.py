"""A folder of policies to a linked program, and documents to records.

In: sources. Out: a `Linked` program for a day (`load`): its `graph` holds every expression under a name, with
its type and place, and the rules that read findings off them. `record_reader` types records by the facts
that the program declares, and gives their JSON Schema. Mistakes are diagnostics in both. The engine and
everything above it import this package.
"""
