"""Whole partner bases: tables of records in, tables of findings out, whatever the number of records."""
