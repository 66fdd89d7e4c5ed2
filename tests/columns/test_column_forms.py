"""Every function has a column form, or is known to be computed by rows; whoever adds one decides which."""

from __future__ import annotations

from policyengine.engine.columns.calls import COLUMN_FORMS
from policyengine.feel.functions import LIBRARY

BY_ROWS = """
after, all, any, before, calendar periods, coincides, concatenate, contains, context, context merge,
context put, date and time, day of year, days of series, duration, during, ends with, even, exp, finished
by, finishes, get entries, get value, includes, index of, insert before, is, last, last of series, list
replace, log, matches, mean, mean by days, median, meets, met by, mode, month of year, next of series, nth
occurrence, number, occurrence number, occurrences until, odd, on day before, on day from, overlaps,
overlaps after, overlaps before, period label, product, range, remove, replace, reverse, sort, split,
sqrt, started by, starts, starts with, stddev, string, string join, string length, sublist, substring,
substring after, substring before, time, trim, union, week of year, years and months duration
"""


def test_every_function_has_a_column_form_or_is_computed_by_rows() -> None:
    by_rows = {" ".join(name.split()) for name in BY_ROWS.split(",")}
    assert by_rows.isdisjoint(COLUMN_FORMS)
    assert by_rows | COLUMN_FORMS.keys() == LIBRARY.keys()
