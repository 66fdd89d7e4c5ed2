"""Words of the language by what people call them: keys, types, kinds of policy and fixed values.

A word that is not known is first looked up here, by meaning, and then by its spelling. Several words of the
language may have one synonym (`from` of a fact is its `min`): that counts which the place knows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache

from policyengine.diagnostics import nearest

_SYNONYMS: Mapping[str, str] = {
    # the head of a policy
    "until_including": "until to till through thru end ends ended expires expires_on expiry expiration "
    "valid_until valid_to valid_till valid_through end_date ends_on end_on effective_until effective_to "
    "last_day last_date in_force_until bis",
    "from": "valid_from effective effective_from effective_date start starts start_date starts_on since "
    "begin begins begins_on valid_since in_force_from applies_from from_date from_day ab",
    "title": "name label caption heading headline display_name text description designation titel",
    "note": "notes description comment comments remark remarks explanation reason rationale details hint doc",
    "for": "entity applies_to subject scope target concerns about each",
    "kind": "type policy policy_type class",
    "basis": "status certainty",
    "section": "clause paragraph page chapter article number heading row",
    "document": "doc file contract name title agreement",
    # conditions
    "when": "who whom for condition conditions if criteria criterion test where check applies_if expression "
    "rule formula wenn",
    "applies_when": "applies applicable applies_if only_if if condition",
    "any": "any_of either or one_of",
    "all": "all_of both and",
    "none": "none_of neither not nor",
    "at_least": "minimum min atleast n_of",
    # levels
    "measure": "metric measured_by measures based_on score kpi fact points",
    "requires": "requirements requirement required prerequisites conditions needs criteria must",
    "levels": "tiers ranks grades statuses steps level",
    "otherwise": "default else fallback default_level",
    "grants": "benefits benefit rewards perks gives brings entitlements discounts grant advantages",
    "discount": "rebate reduction percent percentage rate off rabatt",
    "on": "for items item products product of applies_to",
    "level": "tier name status rank grade reached result",
    # billing and obligations
    "charges": "fees prices items positions lines",
    "amount": "price fee cost costs value charge sum total net gross",
    "item": "product service article",
    "every": "frequency interval period recurrence recurs repeat repeats cycle each rhythm billing_period",
    "due_on": "due due_date deadline due_by by date pay_on payable_on due_at until day",
    "first_due": "start starts starting first from begins first_on first_due_on first_date start_date",
    "starting": "start starts first from begins start_date starting_on",
    "obligations": "tasks duties deadlines todos reminders items activities",
    "party": "owner responsible who assignee actor by",
    "met_when": "done_when done fulfilled_when completed_when complete_when satisfied_when met condition "
    "when done_if met_if fulfilled_if",
    "decided_by": "approved_by approver decider confirmed_by judged_by reviewer approval approves",
    # waivers
    "waivers": "exceptions exemptions waived dispensations",
    "why": "reason because rationale justification grounds",
    "approved_by": "approver approved signed_off_by granted_by by decided_by authorised_by authorized_by",
    "ticket": "reference ref case approval_id link issue",
    # tables
    "hit": "hit_policy hitpolicy",
    "inputs": "input conditions columns in keys facts",
    "outputs": "output results out",
    "rows": "rules entries lines cases bands",
    "then": "output result value gives return",
    "default": "else otherwise fallback",
    "up_to": "to max until upper limit upto at_most through including",
    "below": "under less_than before",
    "rate": "percent percentage share factor",
    "of": "on measure fact input value requirement waives what target level gate obligation",
    "mode": "method calculation",
    "graduated": "progressive marginal sliced staggered tiered incremental gestaffelt",
    "slab": "flat whole volume all total block",
    "unique": "u exactly_one one",
    "first": "f top",
    "collect list": "c list",
    "collect sum": "sum c+",
    "collect min": "min c<",
    "collect max": "max c>",
    "collect count": "count c#",
    # who does what, stages
    "columns": "column",
    "by": "fact on column measure of",
    "activities": "rows tasks duties items lines",
    "responsible": "accountable r a owner responsibility party who doer",
    "consulted": "c consult",
    "informed": "i inform",
    "signs_off": "approves approver approved_by s sign_off signoff",
    "stages": "steps states statuses phases",
    "stage": "status state field fact",
    "leave_when": "when conditions exit_when exit exit_criteria requires gate gates leave_if "
    "leave exit_conditions",
    "next": "next_stage next_stages to then goes_to transitions next_steps",
    "final": "last end terminal closed is_final is_last done",
    # the program
    "type": "datatype data_type kind format",
    "values": "options choices enum allowed allowed_values members",
    "min": "minimum at_least lowest from least",
    "max": "maximum at_most highest to most",
    "formula": "expression calculation calculated computed derived value equation calc",
    "within": "parent belongs_to in inside part_of",
    "list": "plural list_name collection",
    "parties": "roles actors participants partners",
    "key": "primary_key identifier id_field",
    "facts": "fields attributes properties columns data",
    "sources": "documents references",
    "items": "products services articles",
    "entities": "objects records classes models",
    "informative": "unused info only_info",
    "url": "link href address web",
    "dated": "date day of_date",
    # types
    "text": "string str varchar char email url",
    "money": "currency amount price eur usd decimal cost",
    "boolean": "bool yes/no yes_no yesno flag logical true/false ja/nein truth bit",
    "count": "int quantity natural",
    "integer": "int whole long",
    "number": "float double decimal numeric real",
    "date": "datetime timestamp date_time day time",
    "period": "duration interval timespan timedelta",
    "enum": "choice select option category enumeration dropdown one_of",
    # kinds
    "tiers": "levels level ranks grades status ladder",
    "table": "lookup decision_table decisiontable bands rates rules price_list matrix_table dmn",
    "pipeline": "workflow stages process funnel states",
    "matrix": "raci responsibilities roles who_does_what activities",
    "billing": "charges pricing fees invoice invoicing prices",
    "program": "programme config configuration settings project",
    # tests
    "expect": "expected result results output outcome then should expects",
    "record": "input given data facts partner inputs",
    "as_of": "date day on today asof",
    "with": "changes overrides change",
    "cases": "examples rows",
    "todo": "pending xfail",
}
_LIST = re.compile(r"(?:list|array|set)(?:[_ ]of[_ ]|[<\[(]|$)(?P<item>\w*)[>\])]?|(?P<of>\w+)\[\]")
_PLURAL = re.compile(r"(?P<item>\w+)s")


@cache
def _by_synonym() -> Mapping[str, Sequence[str]]:
    found: dict[str, list[str]] = {}
    for word, synonyms in _SYNONYMS.items():
        for synonym in synonyms.split():
            found.setdefault(synonym, []).append(word)
    return found


def meant(word: str, known: Iterable[str], first: Iterable[str] = ()) -> str | None:
    """The known word that means the same as `word`, or is spelled like it; None without one.

    Those of `first`, which are most likely meant, come before the others.
    """
    wanted, others = tuple(first), tuple(known)
    for among in (wanted, others):
        found = same_meaning(word, among)
        if found is not None:
            return found
    return nearest(word, others)


def same_meaning(word: str, known: Sequence[str]) -> str | None:
    """The known word that means the same as `word`; None without one."""
    folded = word.casefold().strip().replace("-", "_").replace(" ", "_")
    for synonym in (folded, folded.replace("_", "")):
        found = next((each for each in _by_synonym().get(synonym, ()) if each in known), None)
        if found is not None:
            return found
    items = _LIST.fullmatch(folded) or _PLURAL.fullmatch(folded)
    if items is None or "list of text" not in known:
        return None
    if items.re is _PLURAL and items["item"] not in known:
        return None
    item = next((each for each in items.groups() if each), "text").removesuffix("s")
    return f"list of {item if item in known else same_meaning(item, known) or 'text'}"
