"""Values in words."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from policyengine.decision.findings import Subject
from policyengine.decision.wording import every, join, plural, rate, short_name, spell, subject_name


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (rate(Decimal("0.2")), "20 %"),
        (rate(Decimal("0.125")), "12.5 %"),
        (rate(Decimal("1")), "100 %"),
        (rate(Decimal("0")), "0 %"),
        (every("P1M"), "every month"),
        (every("P3M"), "every 3 months"),
        (every("P1Y6M"), "every P1Y6M"),
        (every("calendar quarter"), "every calendar quarter"),
        (join([]), ""),
        (join(["a"]), "a"),
        (join(["a", "b", "c"]), "a, b and c"),
        (plural(1, "policy"), "1 policy"),
        (plural(2, "policy"), "2 policies"),
        (plural(2, "day"), "2 days"),
        (spell(None), "not known"),
        (spell(True), "yes"),
        (spell(date(2027, 1, 2)), "2 Jan 2027"),
        (spell(Decimal("1E+3")), "1,000"),
        (spell([]), "none"),
        (subject_name(Subject("partner", None)), "the partner"),
        (subject_name(Subject("partner", "acme")), "acme"),
        (subject_name(Subject("customer", "C-2", "Harbour", root=False)), "customer Harbour (C-2)"),
        (subject_name(Subject("sales_deal", None, None, root=False, position=3)), "sales deal #3"),
        (short_name(Subject("customer", "C-2", "Harbour", root=False)), "Harbour (C-2)"),
        (short_name(Subject("customer", "C-2", None, root=False)), "C-2"),
    ],
)
def test_words(made, expected):
    assert made == expected
