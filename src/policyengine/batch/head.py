"""The head of a table: which column is which fact, and which name the record that a row belongs to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from policyengine.batch.lines import Unusable
from policyengine.batch.raw import UNKNOWN_COLUMN
from policyengine.dataclass import dataclass
from policyengine.policy.vocabulary import Vocabulary
from policyengine.program.record_codes import unknown_fact

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
    unnamed = _trailing(words) if may_trail and "" not in skipped else 0
    owners = _owners(words, vocabulary, entity, file)
    named = len(words) - unnamed
    columns = tuple(
        None if word in skipped or i in owners or i >= named else word for i, word in enumerate(words)
    )
    _check(words, columns, file, vocabulary, entity)
    return Head(columns, owners, unnamed)


def _trailing(words: Sequence[str]) -> int:
    return next((i for i, word in enumerate(reversed(words)) if word), len(words))


def _check(
    words: Sequence[str], columns: Sequence[str | None], file: str, vocabulary: Vocabulary, entity: str
) -> None:
    facts = vocabulary.entities[entity].facts
    lists = {str(child.list) for _, child in vocabulary.children(entity)}
    wrong: list[tuple[str, str | None]] = []
    first = {word: i for i, word in reversed(list(enumerate(words)))}
    for i, word in enumerate(columns):
        if word is None or (word in facts and facts[word].formula is None and first[word] == i):
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
        if fact.required and fact.formula is None and name not in given:
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
        "correct the head of the table; `--ignore NAME` leaves out a column that is not for the program",
    )


def _owners(words: Sequence[str], vocabulary: Vocabulary, entity: str, file: str) -> tuple[int, ...]:
    """For every entity above, outermost first: the column `partner_id` or `partner` that names it."""
    found: list[int] = []
    facts = vocabulary.entities[entity].facts
    for above in reversed(vocabulary.lineage(entity)[1:]):
        key = vocabulary.entities[above].key
        names = [f"{above}_{key}", above, above.replace("-", "_")]
        at = next((words.index(name) for name in names if name in words and name not in facts), None)
        if key is None or at is None:
            title = vocabulary.entities[entity].title
            raise Unusable(
                f"`{file}` does not say which {vocabulary.entities[above].title} each {title} belongs to",
                f"add the column `{above}` with its key" if key else f"`{above}` has no key to name it by",
            )
        found.append(at)
    return tuple(found)
