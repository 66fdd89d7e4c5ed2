"""The mistakes that an expression can have."""

from __future__ import annotations

from policyengine.diagnostics import Code, Severity


def _when(expression: str) -> str:
    """A policy of the example program with this expression as a condition."""
    quoted = expression.replace("'", "''")
    return f"""kind: obligations
id: example
title: Example
for: partner
obligations:
  - {{id: a, title: A, when: '{quoted}', decided_by: vendor}}
"""


SYNTAX = Code(
    id="FEEL001",
    title="an expression cannot be read",
    why="Something is missing or has no meaning in its place, so nobody can say what the rule is.",
    bad=_when("active_accounts >= "),
    good=_when("active_accounts >= 10"),
)
OPERATOR = Code(
    id="FEEL002",
    title="an operator of another language",
    why="FEEL writes `=`, `and`, `or` and `not(...)`; signs of programming languages are not part of it.",
    bad=_when("active_accounts == 5"),
    good=_when("active_accounts = 5"),
)
QUOTES = Code(
    id="FEEL003",
    title="the wrong quotation marks",
    why="A text stands between straight double quotes; anything else could be part of a name.",
    bad=_when("name = 'Acme'"),
    good=_when('name = "Acme"'),
)
UNCLOSED = Code(
    id="FEEL004",
    title="something is opened and not closed",
    why="Without the closing quote or bracket it cannot be said what belongs inside.",
    bad=_when("(active_accounts + 1 > 5"),
    good=_when("(active_accounts + 1) > 5"),
)
LIMIT = Code(
    id="FEEL005",
    title="an expression that is too large",
    why="Expressions are bounded in length, depth and digits, so that reading any policy ends soon.",
    bad=_when("active_accounts > 1e9999"),
    good=_when("active_accounts > 1e3"),
)
LITERAL = Code(
    id="FEEL006",
    title="a date, time or duration that does not exist",
    why="`@` reads a date, a time or a duration in ISO form; anything else would silently be nothing.",
    bad=_when('renewal_on < @"2026-02-30"'),
    good=_when('renewal_on < @"2026-02-28"'),
)
TWICE = Code(
    id="FEEL007",
    title="a name given twice",
    why="Two entries of one name contradict each other.",
    bad=_when("{a: 1, a: 2}.a = 1"),
    good=_when("{a: 1, b: 2}.a = 1"),
)
UNKNOWN_NAME = Code(
    id="FEEL010",
    title="a name that nothing has",
    why="A misspelt fact would be missing for every record, and its rule would never be decided.",
    bad=_when("active_account > 5"),
    good=_when("active_accounts > 5"),
)
UNKNOWN_PROPERTY = Code(
    id="FEEL011",
    title="a property that the value does not have",
    why="The name after the dot must be a fact of the record or a part of the value before it.",
    bad=_when("renewal_on.years = 2026"),
    good=_when("renewal_on.year = 2026"),
)
UNKNOWN_CHOICE = Code(
    id="FEEL012",
    title="a choice that does not exist",
    why="The fact has a closed list of values; a comparison with any other text can never be true.",
    bad=_when('competence_rating = "positve"'),
    good=_when('competence_rating = "positive"'),
)
NEVER_EQUAL = Code(
    id="FEEL013",
    title="a comparison of things that are never equal",
    why="Values of different types are never the same, so the comparison says nothing.",
    bad=_when('active_accounts = "5"'),
    good=_when("active_accounts = 5"),
)
WRONG_TYPE = Code(
    id="FEEL014",
    title="an operation that these values do not have",
    why="Arithmetic and order are defined between values that belong together only.",
    bad=_when("renewal_on + 90 > renewal_on"),
    good=_when('renewal_on + @"P90D" > renewal_on'),
)
MIXED_UNITS = Code(
    id="FEEL015",
    title="units that do not go together",
    why="An amount and a rate, or amounts in two currencies, cannot be added or compared.",
    bad=_when("fee + rate > 100"),
    good=_when("fee * rate > 100"),
)
UNKNOWN_FUNCTION = Code(
    id="FEEL016",
    title="a function that does not exist",
    why="Only the functions of FEEL and those of policies can be called.",
    bad=_when("totl(accounts.monthly_fee) > 100"),
    good=_when("sum(accounts.monthly_fee) > 100"),
)
ARGUMENTS = Code(
    id="FEEL017",
    title="wrong arguments of a function",
    why="A function called with the wrong number or types of arguments has no result.",
    bad=_when("contains(name) = true"),
    good=_when('contains(name, "Acme")'),
)
EXPECTED = Code(
    id="FEEL018",
    title="a value of a different type is needed",
    why="A condition must be true or false, and a formula must give the type of its fact.",
    bad=_when("active_accounts + 1"),
    good=_when("active_accounts + 1 > 5"),
)
NULL = Code(
    id="FEEL019",
    title="a comparison with null",
    why="A missing fact is unknown, and comparing it stays unknown; `is defined` asks whether it is there.",
    bad=_when("renewal_on != null"),
    good=_when("is defined(renewal_on)"),
)
CONSTANT = Code(
    id="FEEL020",
    title="a comparison that is always the same",
    why="A comparison that no fact can change is a mistake in most cases; `true` and `false` say it plainly.",
    bad=_when("active_accounts = active_accounts"),
    good=_when("active_accounts = 5"),
)
ALWAYS_OR_NEVER = Code(
    id="FEEL021",
    title="a condition that is always true or never",
    why="A condition that no record can change decides nothing; `true` and `false` say it plainly.",
    bad=_when("active_accounts >= 0"),
    good=_when("active_accounts >= 1"),
    severity=Severity.WARNING,
)

SELF = Code(
    id="FEEL022",
    title="a filter that compares an item with itself",
    why="In a filter a name that the items have means the item's, on both sides of a comparison, and never "
    "that of the one who asks. So the filter keeps all items or none.",
    bad=_when("count(accounts[monthly_fee > monthly_fee / 2]) > 2"),
    good=_when("count(accounts[monthly_fee > fee / 2]) > 2"),
    severity=Severity.WARNING,
)

CODES = (
    SYNTAX, OPERATOR, QUOTES, UNCLOSED, LIMIT, LITERAL, TWICE, UNKNOWN_NAME, UNKNOWN_PROPERTY, UNKNOWN_CHOICE,
    NEVER_EQUAL, WRONG_TYPE, MIXED_UNITS, UNKNOWN_FUNCTION, ARGUMENTS, EXPECTED, NULL, CONSTANT,
    ALWAYS_OR_NEVER, SELF,
)  # fmt: skip
