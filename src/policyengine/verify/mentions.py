"""Which tests of a program name a rule: those to look at when the rule may have to change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from policyengine.dataclass import dataclass
from policyengine.diagnostics import Diagnostic
from policyengine.files import read_file
from policyengine.source import Span
from policyengine.text.document import Mapping as MappingNode
from policyengine.text.document import Node, Scalar, Sequence
from policyengine.text.yaml import read_yaml
from policyengine.verify.suite import ENDINGS

_WORDS = ("name", "skip", "todo")
"""Keys of a test whose values are sentences."""


@dataclass(frozen=True, slots=True)
class Mention:
    """A test by its name, and where it stands."""

    name: str
    at: Span


class Mentions:
    """The tests of some folders, found by the ids and facts that they name."""

    def __init__(self, folders: Iterable[Path]) -> None:
        self._tests: dict[str, list[Mention]] = {}
        files = {
            path for folder in folders for path in sorted(folder.rglob("*")) if path.name.endswith(ENDINGS)
        }
        for path in sorted(files):
            source = read_file(path)
            for document in () if isinstance(source, Diagnostic) else read_yaml(source).documents:
                tests = document.at(("tests",))
                for i, node in enumerate(tests.items if isinstance(tests, Sequence) else ()):
                    name = document.plain(("tests", i, "name"))
                    mention = Mention(str(name or f"test {i + 1}"), document.key_span(("tests", i, "name")))
                    for word in set(_words(node)):
                        self._tests.setdefault(word, []).append(mention)

    def of(self, ids: Iterable[str]) -> tuple[Mention, ...]:
        """The tests that name one of these, in the order of files."""
        found = {id(each): each for word in ids for each in self._tests.get(word, ())}
        return tuple(sorted(found.values(), key=lambda each: (each.at.source.name, each.at.start)))


def _words(node: Node) -> Iterator[str]:
    """What a test names: keys, and single values."""
    if isinstance(node, Scalar):
        yield node.text
    elif isinstance(node, MappingNode):
        for key, entry in node.entries.items():
            yield key
            if key not in _WORDS:
                yield from _words(entry.value)
    else:
        for item in node.items:
            yield from _words(item)
