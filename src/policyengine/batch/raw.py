"""Records as they were read, before the facts of a program type them, and where each came from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import field
from decimal import Decimal

from policyengine.batch.lines import Unusable
from policyengine.dataclass import dataclass
from policyengine.diagnostics import Code
from policyengine.policy.vocabulary import Vocabulary
from policyengine.program.record import Record
from policyengine.program.record_codes import unknown_fact
from policyengine.source import composed
from policyengine.text import literal_guesses

_DIGITS = 15
_TABLE = "id,name\nA-1,Alpha\n"

UNKNOWN_COLUMN = Code(
    id="BATCH001",
    title="a column that is not a fact",
    why="A misspelt column would count as missing in every record, and its values would be read by nobody.",
    bad="active_acounts as the head of a column",
    good="active_accounts",
    example="folder",
)
CELLS = Code(
    id="BATCH002",
    title="a row with more or fewer cells than the head",
    why="Its values would be read as wrong facts.",
    bad=f"{_TABLE}A-2,Beta,Gamma\n",
    good=f'{_TABLE}A-2,"Beta,Gamma"\n',
    example="folder",
)
BROKEN = Code(
    id="BATCH003",
    title="a row that cannot be read",
    why="A quote that nothing closes, a NUL character or a byte that is not UTF-8 is damage; what it was is "
    "not guessed.",
    bad=f'{_TABLE}A-2,"Beta\n',
    good=f"{_TABLE}A-2,Beta\n",
    example="folder",
)
ORPHAN = Code(
    id="BATCH004",
    title="a row that belongs to no record",
    why="A row of a child table names the record that it belongs to; without it the row is lost.",
    bad="A-2 under `partner` in accounts.csv, and no A-2 in partners.csv",
    good="A-1, which is there",
    example="folder",
)
SAME_RECORD = Code(
    id="BATCH005",
    title="two records with the same key",
    why="It is not decided which of them is right, so neither is evaluated.",
    bad=f"{_TABLE}A-1,Beta\n",
    good=f"{_TABLE}A-2,Beta\n",
    example="folder",
)
TWICE = Code(
    id="BATCH006",
    title="a list that is given both in the record and in a table of its own",
    why="The two could contradict each other.",
    bad="accounts in partners.ndjson and in accounts.csv",
    good="one of them",
    example="folder",
)
NOT_EXACT = Code(
    id="BATCH007",
    title="a binary number that is not an exact decimal",
    why="Amounts are exact from file to file; a binary fraction is not the number that somebody wrote.",
    bad="a column of doubles that holds the sum of 0.1 and 0.2",
    good="a column of decimals",
    example="folder",
)
NO_VALUE = Code(
    id="BATCH008",
    title="a formula without a value",
    why="A workbook keeps the value of a formula beside it. One that was never worked out has none, and one "
    "that gives an error has no value either; neither is an empty cell.",
    bad="=Budget!B7 in a workbook that a script saved, or #DIV/0!",
    good="the same workbook, opened and saved in Excel",
    example="folder",
)
CODES = (UNKNOWN_COLUMN, CELLS, BROKEN, ORPHAN, SAME_RECORD, TWICE, NOT_EXACT, NO_VALUE)


@dataclass(frozen=True, slots=True)
class Reject:
    """One mistake that keeps a record from being evaluated, and where it stands.

    `line` is the line of a text file, the number of the row elsewhere. `record` is the number of the record
    in what was read, None for a row that belongs to none. `cell` is that of a workbook: `Partners!F12`.
    `other` is the file and line of another record, which the end of the reason will name.
    """

    file: str
    line: int
    key: str | None
    fact: str | None
    code: str
    reason: str
    help: str | None = None
    record: int | None = None
    cell: str | None = None
    other: tuple[str, int] | None = None


REJECT_COLUMNS = ("file", "line", "key", "fact", "code", "reason", "help", "cell")


@dataclass(slots=True)
class Raw:
    """A record, or something within one, as read. With `textual` all values are cells of a text table.

    `lists` holds what stands in tables beside it. `faults` are what was wrong already when it was read,
    `ready` is the record where it was typed then.
    """

    file: str
    line: int
    values: dict[str, object]
    textual: bool = False
    lists: dict[str, list[Raw]] = field(default_factory=dict)
    faults: list[Reject] = field(default_factory=list)
    ready: Record | None = None


@dataclass(frozen=True, slots=True)
class Numbered:
    """A good record: its number, and what it was read from."""

    number: int
    record: Record
    raw: Raw
    key: str | None


def key_text(value: object) -> str | None:
    """The key of a record, as a text with composed accents; None where there is none."""
    text = "" if value is None else str(value)
    return composed(text) if text.strip() else None


Owned = tuple[tuple[str, ...], Raw]
"""A row of a child table with the keys of what it belongs to, outermost first."""


def exact_decimal(value: float, name: str, raw: Raw, help: str) -> Decimal | None:
    """A binary number as the decimal that somebody wrote: one of up to 15 digits comes back unchanged.

    None for another one, which is a fault of the record.
    """
    exact = Decimal(repr(value))
    if exact.is_finite() and len(exact.normalize().as_tuple().digits) <= _DIGITS:
        return exact
    reason = f"`{name}` is the binary number {value!r}, which is not an exact decimal"
    raw.faults.append(Reject(raw.file, raw.line, None, name, NOT_EXACT.id, reason, help))
    return None


# The head of a table: which column is which fact, and which name the record that a row belongs to.

_MOST = 20
"""So many columns are named that are wrong."""


@dataclass(frozen=True, slots=True)
class Head:
    """What the columns of a table are, in their order; None is one that is not read.

    `owners` are the columns that name the record, and what stands in it down to the parent of a row;
    `unnamed` are so many at the end that have no name, and may hold nothing.
    """

    columns: tuple[str | None, ...]
    owners: tuple[int, ...] = ()
    unnamed: int = 0


def read_head(
    names: Sequence[str], file: str, vocabulary: Vocabulary, entity: str, ignored: Iterable[str],
    *, may_trail: bool = False,
) -> Head:  # fmt: skip
    """The head for rows of an entity; raises `Unusable` with all that is wrong with it.

    With `may_trail` there may be columns without a name at the end.
    """
    words = [name.strip() for name in names]
    skipped = frozenset(ignored)
    unnamed = trailing(words) if may_trail and "" not in skipped else 0
    owners = _owners(words, vocabulary, entity, file)
    named = len(words) - unnamed
    columns = tuple(
        None if word in skipped or i in owners or i >= named else word for i, word in enumerate(words)
    )
    _check(words, columns, file, vocabulary, entity)
    return Head(columns, owners, unnamed)


def known_columns(vocabulary: Vocabulary, entity: str, ignored: Iterable[str]) -> Iterator[str]:
    """The names that a head for rows of an entity may have."""
    yield from vocabulary.entities[entity].facts
    yield from ignored
    for above in vocabulary.lineage(entity)[1:]:
        yield from owner_names(vocabulary, above)


def owner_names(vocabulary: Vocabulary, above: str) -> tuple[str, ...]:
    """The names of a column that names what a row belongs to: `partner_id` or `partner`."""
    return f"{above}_{vocabulary.entities[above].key}", above, above.replace("-", "_")


def trailing(words: Sequence[str]) -> int:
    """So many names at the end are empty."""
    return next((i for i, word in enumerate(reversed(words)) if word), len(words))


def _check(
    words: Sequence[str], columns: Sequence[str | None], file: str, vocabulary: Vocabulary, entity: str
) -> None:
    facts = vocabulary.entities[entity].facts
    lists = {str(child.list) for _, child in vocabulary.children(entity)}
    wrong: list[tuple[str, str | None]] = []
    first = {word: i for i, word in reversed(list(enumerate(words)))}
    for i, word in enumerate(columns):
        if word is None or (word in facts and facts[word].is_given and first[word] == i):
            continue
        if len(wrong) == _MOST:
            wrong.append(("and more of the kind", None))
            break
        if not word:
            wrong.append((f"column {i + 1} has no name", "`--ignore ''` leaves it out"))
        elif first[word] < i:
            wrong.append((f"the column `{word}` is there twice", None))
        elif word in lists:
            wrong.append((f"`{word}` is a list", f"give it as a table of its own: `--table {word}=FILE`"))
        else:
            found = unknown_fact(None, word, vocabulary, entity)
            wrong.append((found.message, found.help))
    given = {word for word in columns if word}
    for name, fact in facts.items():
        if fact.required and fact.is_given and name not in given:
            wrong.append((f"the column `{name}` is not there, and no record may be without it", None))
    if wrong:
        raise _unusable(file, wrong)


def _unusable(file: str, wrong: Sequence[tuple[str, str | None]]) -> Unusable:
    last = {help: i for i, (_, help) in enumerate(wrong) if help}  # what is to be said once is said once
    text = "; ".join(
        message + (f" ({help})" if help and last[help] == i else "")
        for i, (message, help) in enumerate(wrong)
    )
    return Unusable(
        f"`{file}`: {text} [{UNKNOWN_COLUMN.id}]",
        "correct the head of the table, or read it by a mapping, which `policyengine map` writes; "
        "`--ignore NAME` leaves out a column that is not for the program",
    )


def _owners(words: Sequence[str], vocabulary: Vocabulary, entity: str, file: str) -> tuple[int, ...]:
    """For every entity above, outermost first: the column `partner_id` or `partner` that names it."""
    found: list[int] = []
    facts = vocabulary.entities[entity].facts
    for above in reversed(vocabulary.lineage(entity)[1:]):
        key = vocabulary.entities[above].key
        names = owner_names(vocabulary, above)
        at = next((words.index(name) for name in names if name in words and name not in facts), None)
        if key is None or at is None:
            title = vocabulary.entities[entity].title
            help = f"add the column `{above}` with its key" if key else f"`{above}` has no key to name it by"
            meant = (word for word in words if literal_guesses.identifier(word, "_") in names)
            raise Unusable(
                f"`{file}` does not say which {vocabulary.entities[above].title} each {title} belongs to",
                next((f"write `{above}` instead of `{word}`" for word in meant if key), help),
            )
        found.append(at)
    return tuple(found)
