"""Every function has a column form, or is known to be computed by rows; whoever adds one decides which."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from policyengine.engine.columns.calls import COLUMN_FORMS
from policyengine.engine.columns.emitter import Emitter
from policyengine.engine.columns.terms import Const
from policyengine.feel.functions import LIBRARY
from policyengine.feel.syntax import build
from policyengine.source import Source

BY_ROWS = """
add business days, after, all, any, before, best among, calendar periods, coincides, concatenate,
contains, context, context merge, context put, date and time, day of year, days of series, duration,
during, ends with, even, exp, finished by, finishes, get entries, get value, includes, index of, insert
before, is, is known, last, last of series, links back, list replace, log, matches, mean, mean by days,
median, meets, met by, mode, month of year, next of series, nth occurrence, number, occurrence number,
occurrences until, odd, on day before, on day from, overlaps, overlaps after, overlaps before, period
label, place among, product, range, remove, replace, reverse, sort, split, sqrt, started by, starts,
starts with, stddev, string, string join, string length, sublist, substring, substring after, substring
before, time, trim, union, value at place, week of year, years and months duration
"""


def test_every_function_has_a_column_form_or_is_computed_by_rows() -> None:
    by_rows = {" ".join(name.split()) for name in BY_ROWS.split(",")}
    assert by_rows.isdisjoint(COLUMN_FORMS)
    assert by_rows | COLUMN_FORMS.keys() == LIBRARY.keys()


def test_names_of_an_expression_that_is_gone_are_not_those_of_another() -> None:
    """Expressions that lowering makes for one question are short-lived; others take their place in memory."""
    emitter, span = Emitter(Nowhere(), date(2026, 11, 21), {}), Source("none", "x").span(0, 1)  # type: ignore[arg-type]
    for name in ("a", "b"):
        asked = [build.call("is nothing", build.name(name, span), span=span) for _ in range(100)]
        assert {emitter._fixed(each) for each in asked} == {Const(name == "a")}
        del asked


class Nowhere:
    """A scope in which `a` is nothing."""

    def find(self, name: str) -> Const | None:
        """Nothing for `a`; what `b` is differs from row to row."""
        return Const(None if name == "a" else Decimal(1))
