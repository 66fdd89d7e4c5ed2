"""Changes of ledgers: a sentence for each statement, and never a change of meaning."""

from __future__ import annotations

import pytest

from policyengine.change.comparison_json import to_json
from policyengine.change.program_comparison import compare
from support import program_of

PROGRAM = """\
kind: program
id: shop
title: Shop
sources: {terms: {title: Terms}}
parties: {partner: the partner}
entities: {partner: {title: partner, facts: {staff: {type: count, title: staff}}}}
---
kind: obligations
id: duties
title: Duties
for: partner
source: {document: terms}
obligations: [{id: review, title: Review, met_when: staff > 1}, {id: team, title: Team, met_when: staff > 2}]
"""
LEDGER = """\
kind: statements
document: terms
statements:
  - {id: s1, section: Start, row: 1, says: reviews, encoded: [duties/review]}
  - {id: s2, says: teams, open: not read}
  - {id: s3, says: "two", encoded: [duties/team]}
"""
CASES = [
    (("open: not read", "encoded: [duties/team]"),
     "The statement `s2` (“teams”) stands for `duties/team`; before, it was open (not read)"),
    (("[duties/review]", "[duties/review, duties/team]"),
     "The statement `s1` (“reviews”) stands for `duties/review` and `duties/team`; before, it stood for "
     "`duties/review`"),
    (("  - {id: s2, says: teams, open: not read}\n", ""),
     "The statement `s2` is gone: “teams”, which was open (not read)"),
    (("says: teams", "says: groups"), "The statement `s2` (“groups”) was told as “teams”"),
    (("row: 1", "row: 2"), "The statement `s1` (“reviews”) stands in Start, row 2; before, in Start, row 1"),
    (("says: teams", "says: teams, fingerprint: 1-0123456789abcdef-0123456789abcdef"),
     "The statement `s2` (“teams”) has different words in the document"),
    ((LEDGER, ""), "The ledger is dropped, with 3 statements"),
]  # fmt: skip


@pytest.mark.parametrize(("edit", "said"), CASES)
def test_a_change_of_a_ledger_is_one_sentence_of_wording(edit, said):
    new = LEDGER.replace(*edit)
    found = compare(
        program_of(LEDGER, base=PROGRAM).linked, program_of(*([new] if new else []), base=PROGRAM).linked
    )
    assert found.changed == ()
    assert [(each.title, each.sentence) for each in found.wording] == [("Terms", said)]
    assert [each["sentence"] for each in to_json(found)["wording"]] == [said]


def test_a_new_ledger():
    found = compare(program_of(base=PROGRAM).linked, program_of(LEDGER, base=PROGRAM).linked)
    assert [each.sentence for each in found.wording] == ["“Terms” has a ledger now, of 3 statements"]
