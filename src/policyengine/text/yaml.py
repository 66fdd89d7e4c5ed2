"""Parses YAML to located documents.

It uses the events of PyYAML's parser, which do not recurse on deep nesting (its C composer does). All scalars
stay text, so `NO`, `012` and `12:30` reach the schema as written.
"""

from __future__ import annotations

from collections.abc import Iterator

import yaml

from policyengine.dataclass import dataclass
from policyengine.diagnostics import Diagnostic
from policyengine.source import Source
from policyengine.text import decode as decoding
from policyengine.text import yaml_builder
from policyengine.text.decode import FORBIDDEN, decode, forbidden_character
from policyengine.text.document import Document
from policyengine.text.yaml_builder import MAX_DEPTH, Builder
from policyengine.text.yaml_slips import DOUBTFUL_COMMENT, SYNTAX

__all__ = ["CODES", "MAX_DEPTH", "MAX_NODES", "Yaml", "decode", "read_yaml"]

MAX_NODES = 100_000

CODES = (*decoding.CODES, SYNTAX, DOUBTFUL_COMMENT, FORBIDDEN, *yaml_builder.CODES)

_LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


@dataclass(frozen=True, slots=True)
class Yaml:
    """The result of parsing: the readable documents, and all mistakes."""

    documents: tuple[Document, ...]
    diagnostics: tuple[Diagnostic, ...]


def read_yaml(source: Source, *, max_nodes: int = MAX_NODES) -> Yaml:
    """Parses all documents of a text; leaves out documents without a value.

    Never raises. Parsing continues after a duplicate key, a tag and the like, and stops at the first syntax
    error; documents before it are returned. `max_nodes` limits the number of values, aliases expanded.
    """
    base = 1 if source.text.startswith("\ufeff") else 0
    unseen = forbidden_character(source, base)
    if unseen is not None:
        return Yaml((), (unseen,))
    builder = Builder(source, base, max_nodes)
    for event in _events(source.text[base:] if base else source.text):
        if isinstance(event, Exception):
            builder.fail(event)
        else:
            builder.feed(event)
        if builder.stopped:
            break
    return Yaml(tuple(builder.documents), tuple(builder.diagnostics))


def _events(text: str) -> Iterator[yaml.Event | Exception]:
    """The events of the parser; the last one may be its error."""
    try:
        loader = _LOADER(text)
        while (event := loader.get_event()) is not None:
            yield event
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        yield error
