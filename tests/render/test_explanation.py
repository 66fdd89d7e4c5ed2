"""What `why` says, for a finding of every sort."""

from __future__ import annotations

from dataclasses import replace

import pytest
from samples import AMOUNT, COMPETENCE, FULL, LABELS, OPEN, REACHED, WAIVED

from policyengine.decision.explanation import why
from policyengine.decision.findings import SECTIONS

ALL = [*FULL.findings, OPEN, COMPETENCE, AMOUNT, WAIVED]


def test_as_it_reads(golden):
    golden("why.txt", "\n\n".join("\n".join(why(FULL.as_of, one, LABELS)) for one in ALL))


@pytest.mark.parametrize("one", ALL, ids=lambda one: f"{one.section}-{one.id}-{one.status}")
def test_about_five_sentences(one):
    lines = why(FULL.as_of, one)
    assert 2 <= len(lines) <= 8
    assert all(line.endswith(".") and line[0].isupper() and "\n" not in line for line in lines)
    assert any("policies/bytekast/" in line for line in lines)
    assert not any("None" in line or "Decimal" in line for line in lines)


@pytest.mark.parametrize("cls", SECTIONS.values(), ids=list(SECTIONS))
def test_every_status_has_words(cls):
    one = next(found for found in FULL.findings if isinstance(found, cls))
    for status in cls.statuses:
        text = " ".join(why(FULL.as_of, replace(one, status=status)))
        assert "_" not in text.replace("`", "").split("Rule:")[0]


def test_a_level_that_is_not_reached_names_what_the_measure_alone_would_give():
    level = replace(REACHED, status="none", level=None, level_title=None, room=None)
    assert "although the measure alone would give Silver" in why(FULL.as_of, level)[0]


def test_reasons_have_a_subject_and_say_a_value_once():
    texts = {
        "has a team": "holds",
        "due is 2 Nov 2026": "value",
        "sent is 3 Nov 2026, after 2 Nov 2026 (due)": "fails",
    }
    because = tuple(AMOUNT.because[0]._replace(text=text, outcome=outcome) for text, outcome in texts.items())
    told = why(FULL.as_of, replace(REACHED, because=because, requirements=()))
    assert "Because it has a team." in told
    assert "But sent is 3 Nov 2026, after 2 Nov 2026 (due)." in told
