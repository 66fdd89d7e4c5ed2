"""A first mapping for an export: the nearest facts for its columns, and the formats that its values prove.

Nothing is guessed: what the values do not prove stands under `open`, with examples, for a person to decide.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher

from policyengine.dataclass import dataclass
from policyengine.diagnostics import listed
from policyengine.policy.export_formats import Convert, date_reader, number_reader
from policyengine.policy.facts import Fact
from policyengine.policy.mapping import DATES, NUMBERS
from policyengine.policy.vocabulary import Vocabulary
from policyengine.text import literal_guesses

_NEAR, _SURE = 72, 95
"""How near, in per cent, a name is that may be meant, and one that surely is."""
_PATTERNS = (
    "YYYY-MM-DD HH:mm", "YYYY-MM-DD HH:mm:ss", "M/D/YYYY h:mm A", "M/D/YYYY, h:mm A", "D/M/YYYY HH:mm",
    "D.M.YYYY HH:mm", "YYYY/MM/DD", "D-M-YYYY", "M-D-YYYY", "D MMM YYYY", "MMM D, YYYY",
)  # fmt: skip
_NOTHING = ("n/a", "#n/a", "na", "-", "--", "none", "null", "(no value)", "(none)", "(blank)", "tbd", "?")
_TRUTH = {"yes": "true", "y": "true", "no": "false", "n": "false", "ja": "true", "nein": "false"}
_WIDE, _WORD = 3, 4
"""Of so many columns a row with one value is seldom a record; words of so many letters say what one is."""
_UNITS = ("$", "€", "£", "US$", "USD", "EUR", "GBP", "CHF", "ZAR")
_SEPARATORS = (";", "|", ",", "/")
_SIMPLE = re.compile(r"[A-Za-z][A-Za-z0-9 _./()-]*[A-Za-z0-9_.)]|[A-Za-z]")
_WORDS = frozenset({"true", "false", "yes", "no", "on", "off", "null", "none", "y", "n"})
_OTHERS = ("key", "number")
_LONG = {
    "acct": "account", "accts": "accounts", "acv": "annual_contract_value", "addr": "address",
    "amt": "amount", "arr": "annual_recurring_revenue", "asp": "average_selling_price", "avg": "average",
    "cert": "certificate", "certs": "certificates", "ctry": "country", "curr": "currency", "ccy": "currency",
    "cust": "customer", "custs": "customers", "dept": "department", "desc": "description", "disc": "discount",
    "dt": "date", "est": "estimated", "inv": "invoice", "ltv": "lifetime_value", "mgr": "manager",
    "mo": "month", "mos": "months", "mrr": "monthly_recurring_revenue", "mth": "month", "no": "number",
    "nos": "number", "nr": "number", "num": "number", "opp": "opportunity", "opps": "opportunities",
    "oppty": "opportunity", "org": "organization", "pct": "percent", "ph": "phone", "prod": "product",
    "pymt": "payment", "qtr": "quarter", "qtrs": "quarters", "qty": "quantity", "rep": "representative",
    "rev": "revenue", "tcv": "total_contract_value", "tel": "phone", "yr": "year", "yrs": "years",
    "ytd": "year_to_date",
}  # fmt: skip
"""What usual abbreviations in the heads of exports stand for."""
_SIGNS = {"#": " number ", "%": " percent "}


@dataclass(frozen=True, slots=True)
class Guess:
    """What a column is: its fact and keys of the mapping; what is open about it."""

    head: str
    fact: str
    keys: dict[str, object]
    empty: tuple[str, ...] = ()
    open: str | None = None


def first_mapping(
    id: str, title: str, entity: str, vocabulary: Vocabulary, names: Sequence[str],
    columns: Sequence[Sequence[str]],
) -> str:  # fmt: skip
    """The mapping as YAML; `columns` are the values of each column of the export."""
    facts = {name: fact for name, fact in vocabulary.entities[entity].facts.items() if fact.is_given}
    joins, open_ones = _joins(vocabulary, entity, names, columns)
    left = [i for i, name in enumerate(names) if name and name not in joins.values()]
    chosen = _nearest(facts, vocabulary.entities[entity].title, entity, [(i, names[i]) for i in left])
    below = _below(vocabulary, entity)
    rest = [(i, names[i]) for i in left if i not in chosen]
    key = vocabulary.entities[entity].key
    if key is not None and all(fact != key for fact, _ in chosen.values()):
        apart = [i for i, _ in rest if _tells_apart(columns[i])]
        chosen |= dict.fromkeys(apart[:1], (key, 0))
        rest = [each for each in rest if each[0] not in apart[:1]]
    chosen |= {i: (fact, 0) for i, (fact, _) in _nearest(below, "", entity, rest).items()}
    facts |= below
    guesses = [_guess(names[i], fact, facts[fact], columns[i]) for i, (fact, _) in sorted(chosen.items())]
    for i, (fact, score) in sorted(chosen.items()):
        if score < _SURE:
            one = f", of the one item of `{fact.partition('.')[0]}` in a row" if "." in fact else ""
            alike = "" if one else " The names are only alike"
            open_ones[names[i]] = f"is it {facts[fact].title}{one}?{alike}"
    ignored = [names[i] for i in left if i not in chosen]
    given = {fact for fact, _ in chosen.values()}
    absent = [name for name in facts if name not in given and "." not in name]
    asked = [(each.head, each.open) for each in guesses if each.open]
    asked += [(each.head, f"is {listed(each.empty, 3)} no value?") for each in guesses if each.empty]
    asked += [*_footers(names, columns), *_unmatched(ignored, absent)]
    for head, question in asked:
        open_ones[head] = f"{open_ones[head]}; {question}" if head in open_ones else question
    empty = list(dict.fromkeys(word for each in guesses for word in each.empty))
    return "\n".join(_lines(id, title, entity, joins, guesses, empty, ignored, open_ones, absent)) + "\n"


def likely_entity(
    vocabulary: Vocabulary, names: Sequence[str], columns: Sequence[Sequence[str]]
) -> tuple[str, str | None]:
    """What a row of an export is, and the column that tells it: several rows of a record are a list of it."""
    root = vocabulary.root
    key, heads = vocabulary.entities[root].key, [(i, name) for i, name in enumerate(names) if name]
    own = {name: fact for name, fact in vocabulary.entities[root].facts.items() if name == key}
    told = next(iter(_nearest(own, vocabulary.entities[root].title, root, heads)), None)
    if told is None or _tells_apart([cell for cell in columns[told] if cell]):
        return root, None
    near = {
        each: len(_nearest(dict(declared.facts), declared.title, each, heads))
        for each, declared in vocabulary.entities.items()
        if declared.within == root
    }
    best = max(near, key=near.__getitem__, default=root)
    return (best, names[told]) if near.get(best, 0) > 1 else (root, None)


def _lines(
    id: str, title: str, entity: str, joins: dict[str, str], guesses: Iterable[Guess], empty: Sequence[str],
    ignored: Sequence[str], open_ones: dict[str, str], absent: Sequence[str],
) -> Iterator[str]:  # fmt: skip
    yield from ("kind: mapping", f"id: {id}", f"title: {_yaml(title)}", f"for: {entity}")
    if joins:
        yield f"joins: {_flow(joins)}"
    yield "columns:"
    for each in guesses:
        told = {"fact": each.fact, **each.keys}
        yield f"  {_yaml(each.head)}: {_flow(told) if each.keys else each.fact}"
    if empty:
        yield f"empty: [{', '.join(map(_yaml, empty))}]"
    if ignored:
        yield f"ignored: [{', '.join(map(_yaml, ignored))}]"
    if open_ones:
        yield "open:"
        yield from (f"  {_yaml(head)}: {_yaml(reason)}" for head, reason in open_ones.items())
    if absent:
        yield f"# Not in the export: {', '.join(absent)}"


def _flow(values: dict[str, object] | dict[str, str]) -> str:
    parts = []
    for name, value in values.items():
        truth = value in ("true", "false")
        text = _flow(value) if isinstance(value, dict) else str(value) if truth else _yaml(str(value))
        parts.append(f"{_yaml(name)}: {text}")
    return "{" + ", ".join(parts) + "}"


def _yaml(text: str) -> str:
    """A text as YAML has it; in quotes unless it is plain."""
    if _SIMPLE.fullmatch(text) and text.lower() not in _WORDS and "://" not in text:
        return text
    return json.dumps(text, ensure_ascii=False)


def _tells_apart(cells: Sequence[str]) -> bool:
    """Whether no two rows have the same value."""
    return bool(cells) and all(cells) and len(set(cells)) == len(cells)


# Which column is which fact


def _below(vocabulary: Vocabulary, entity: str) -> dict[str, Fact]:
    """The facts of what stands in a record, for rows that each hold one of it."""
    return {
        f"{child.list}.{name}": fact
        for _, child in vocabulary.children(entity)
        for name, fact in child.facts.items()
        if fact.is_given and name != child.key
    }


def _nearest(
    facts: dict[str, Fact], title: str, entity: str, heads: Sequence[tuple[int, str]]
) -> dict[int, tuple[str, int]]:
    """The nearest fact for each column and how near it is, each once: the nearest pairs first."""
    pairs = []
    for i, head in heads:
        word = bare = _plain(head)
        for owner in (_plain(title), _plain(entity), "record", "company"):
            bare = bare.removeprefix(f"{owner}_")
        for name, fact in facts.items():
            score = max(_alike(each, name, fact) for each in {word, bare})
            if score >= _NEAR:
                pairs.append((-score, i, name))
    found: dict[int, tuple[str, int]] = {}
    taken: set[str] = set()
    for score, i, name in sorted(pairs):
        if i not in found and name not in taken:
            found[i] = name, -score
            taken.add(name)
    return found


def _plain(text: str) -> str:
    """A name in small letters, its abbreviations written out, with one name for what is a day: `Acct #` is
    `account_number`, `Set-up dt.` is `set_up_on`.
    """
    for sign, word in _SIGNS.items():
        text = text.replace(sign, word)
    words = (literal_guesses.identifier(text, "_") or "").split("_")
    return re.sub(r"_(date|day)$", "_on", "_".join(_LONG.get(word, word) for word in words))


def _alike(word: str, name: str, fact: Fact) -> int:
    """How near a head is to a fact, in per cent; one that has some of its words is not sure."""
    told, name = _plain(fact.title), _plain(name.rpartition(".")[2])
    if not word or word in (name, told):
        return 100 if word else 0
    if any(_shares_words(set(word.split("_")), set(each.split("_"))) for each in (name, told) if each):
        return 80
    return max(int(100 * SequenceMatcher(None, word, each).ratio()) for each in (name, told))


def _shares_words(head: set[str], fact: set[str]) -> bool:
    """Whether a head has all the words of a fact, or a fact all of a head that make up a third of its own."""
    return head >= fact or (head <= fact and 3 * len(head) >= len(fact))


def _footers(names: Sequence[str], columns: Sequence[Sequence[str]]) -> Iterator[tuple[str, str]]:
    """Whether rows of which only the first cell says something are records, or the foot of a report."""
    rows = zip(*columns, strict=True) if len(names) >= _WIDE else ()
    alone = [row[0].strip() for row in rows if row[0].strip() and not any(map(str.strip, row[1:]))]
    if alone and 2 * len(alone) < len(columns[0]):
        told = f"is a row a record in which nothing else stands, such as {_few(list(dict.fromkeys(alone)))}?"
        yield names[0], f"{told} `skipped: [{_yaml(alone[0].split()[0])}]` leaves out rows that begin so"


def _unmatched(ignored: Sequence[str], absent: Sequence[str]) -> Iterator[tuple[str, str]]:
    """What is asked about columns that are like no fact, while facts have no column."""
    near: dict[str, list[str]] = {}
    for head in ignored:
        parts = {each for each in _plain(head).split("_") if len(each) >= _WORD}
        near[head] = [name for name in absent if parts & set(name.split("_"))]
        if near[head]:
            yield head, f"no column is found for {listed(near[head], 3)}; is it this one?"
    rest = [name for name in absent if not any(name in each for each in near.values())]
    left = [head for head in ignored if not near[head]]
    if left and rest:
        yield left[0], f"no column is found for {listed(rest, 5)}; is it one of {listed(left, 5)}?"


def _joins(
    vocabulary: Vocabulary, entity: str, names: Sequence[str], columns: Sequence[Sequence[str]]
) -> tuple[dict[str, str], dict[str, str]]:
    """The columns that name what a row belongs to; what is open about them."""
    joins: dict[str, str] = {}
    open_ones: dict[str, str] = {}
    for above in vocabulary.lineage(entity)[1:]:
        declared = vocabulary.entities[above]
        words = {above, declared.title, "company", "account"}
        wanted = {
            _plain(f"{word} {end}".strip()) for word in words for end in ("", str(declared.key), *_OTHERS)
        }
        found = [name for name in names if _plain(name) in wanted]
        ends = {str(declared.key), *_OTHERS}
        alike = [
            name for i, name in enumerate(names)
            if (parts := _plain(name).split("_"))[-1] in ends
            and {each.lower() for each in words} & set(parts) and not _tells_apart(columns[i])
        ]  # fmt: skip
        if not found and len(alike) == 1:
            joins[above] = alike[0]
            open_ones[alike[0]] = f"does it name the {declared.title} of a row? The names are only alike"
        elif len(found) == 1:
            joins[above] = found[0]
        else:
            joins[above] = found[0] if found else "?"
            several = f"one of {listed(found)}" if found else "no column is called like it"
            open_ones[joins[above]] = f"which column names the {declared.title} of a row? {several}"
    return joins, open_ones


# What the values prove


def _guess(head: str, name: str, fact: Fact, cells: Sequence[str]) -> Guess:
    values = list(dict.fromkeys(cell.strip() for cell in cells if cell.strip()))
    empty = tuple(each for each in values if each.casefold() in _NOTHING)
    if fact.scalar in ("text", "enum") and any(each in (fact.values or {}) for each in empty):
        empty = ()
    values = [each for each in values if each not in empty]
    if fact.is_list:
        return _list(head, name, values, empty)
    if fact.scalar == "date":
        return _date(head, name, values, empty)
    if fact.single.is_number:
        return _number(head, name, fact, values, empty)
    if fact.scalar == "boolean":
        return _words(head, name, values, empty, {"true": "true", "false": "false"}, _TRUTH)
    if fact.values is not None:
        known = {literal_guesses.identifier(word, "_") or word: value for value, title in fact.values.items()
                 for word in (value, title)}  # fmt: skip
        return _words(head, name, values, empty, {value: value for value in fact.values}, known)
    return Guess(head, name, {})


def _few(values: Sequence[str]) -> str:
    return listed(values, 3)


def _fits(convert: Convert, values: Sequence[str]) -> bool:
    try:
        for each in values:
            convert(each)
    except ValueError:
        return False
    return True


def _most_fit(readers: dict[str, Convert], values: Sequence[str], what: str) -> str:
    """What is open where no one format fits all values: of the format that most fit, those that do not."""
    bad = {name: [each for each in values if not _fits(read, [each])] for name, read in readers.items()}
    best = min(bad, key=lambda name: len(bad[name]))
    most = f"; `{best}` fits all but" if len(bad[best]) < len(values) else ", such as"
    return f"no one format of {what} fits all values{most} {_few(bad[best])}"


def _whole(read: Convert) -> Convert:
    """The same for a fact that takes whole numbers."""

    def whole(text: str) -> str:
        found = read(text)
        if "." in found:
            raise ValueError(found)
        return found

    return whole


def _date(head: str, name: str, values: Sequence[str], empty: tuple[str, ...]) -> Guess:
    found = [each for each in (*DATES, *_PATTERNS) if _fits(date_reader(each), values)] if values else []
    if not values or found == ["iso"]:
        return Guess(head, name, {}, empty)
    if len(found) == 1:
        return Guess(head, name, {"format": found[0]}, empty)
    if not found:
        told = _most_fit({each: date_reader(each) for each in (*DATES, *_PATTERNS)}, values, "dates")
        return Guess(head, name, {}, empty, told)
    told = f"{' or '.join(found)}? All values are both, such as {_few(values)}"
    return Guess(head, name, {"format": found[0]}, empty, told)


def _number(head: str, name: str, fact: Fact, values: Sequence[str], empty: tuple[str, ...]) -> Guess:
    common = max(_UNITS, key=lambda unit: sum(unit in each for each in values))
    unit = common if values and all(common in each for each in values) else None
    keys: dict[str, object] = {} if unit is None else {"unit": unit}
    percent = fact.scalar == "rate" and bool(values) and not any("%" in each for each in values)
    bare = [each.rstrip("% ") for each in values]

    def reader(format: str | None) -> Convert:
        read = number_reader(format, unit)
        return _whole(read) if fact.single.is_whole else read

    plain = _fits(reader(None), bare) and not any(re.search(r"\.\d{3}$", each) for each in bare)
    open_one = None
    if not plain:
        found = [each for each in NUMBERS if _fits(reader(each), bare)]
        if found:
            keys["format"] = found[0]
        if len(found) > 1:
            open_one = f"{' or '.join(found)}? All values are both, such as {_few(values)}"
        elif not found:
            if 2 * sum(common in each for each in values) > len(values):
                unit = keys["unit"] = common
            open_one = _most_fit({each: reader(each) for each in NUMBERS}, bare, "numbers")
    if percent and open_one is None:
        open_one = f'is {values[0]} a share or per cent? With `unit: "%"` it is {values[0]} %'
    return Guess(head, name, keys, empty, open_one)


def _words(
    head: str, name: str, values: Sequence[str], empty: tuple[str, ...], own: dict[str, str],
    known: dict[str, str],
) -> Guess:  # fmt: skip
    """Words that mean values of a fact, which has its own and some that are known."""
    found: dict[str, object] = {}
    strange = []
    for each in values:
        meant = known.get(each.casefold()) or known.get(literal_guesses.identifier(each, "_") or "")
        if each in own or (own.get(each.lower()) and "true" in own):
            continue
        if meant is None:
            strange.append(each)
        else:
            found[each] = meant
    told = f"what do {_few(strange)} mean? One of {listed(list(own))}" if strange else None
    return Guess(head, name, {"values": found} if found else {}, empty, told)


def _list(head: str, name: str, values: Sequence[str], empty: tuple[str, ...]) -> Guess:
    found = [each for each in _SEPARATORS if any(each in value for value in values)]
    if not found or found == [";"]:
        return Guess(head, name, {}, empty)
    told = f"do several of {listed(found)} separate its values? Such as {_few(values)}"
    return Guess(head, name, {"separator": found[0]}, empty, told if len(found) > 1 else None)
