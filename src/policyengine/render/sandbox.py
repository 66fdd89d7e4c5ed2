"""Templates of HTML pages: sandboxed, escaped, bounded; no other file is read that they ask for."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from importlib import resources
from typing import TYPE_CHECKING, Any, NamedTuple

from policyengine.render.style import clean_isolated

if TYPE_CHECKING:
    from jinja2.sandbox import ImmutableSandboxedEnvironment

_LONGEST = 20_000_000
"""So many characters a page may have."""


class Style(NamedTuple):
    """A style sheet of ours, and the digest by which a page lets it pass."""

    text: Any
    digest: str


def environment() -> ImmutableSandboxedEnvironment:
    """The environment of our own templates and of those of a vendor."""
    from jinja2 import StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    class Environment(ImmutableSandboxedEnvironment):
        intercepted_binops = frozenset({"*", "**", "%"})

        def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
            """Works an operator out; texts and lists are not multiplied, and powers are not taken."""
            plain = all(isinstance(each, int | float) for each in (left, right))
            if operator == "**" or (operator == "*" and not plain):
                raise OverflowError(f"`{operator}` is not for templates")
            return super().call_binop(context, operator, left, right)

    return Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, finalize=_shown
    )


def own_template(name: str) -> str:
    """The text of a template of ours."""
    return (resources.files("policyengine.render") / "templates" / name).read_text(encoding="utf-8")


def own_style(name: str) -> Style:
    """A style sheet of ours."""
    from markupsafe import Markup

    text = own_template(name)
    return Style(Markup(text), base64.b64encode(hashlib.sha256(text.encode()).digest()).decode())


def filled(template: Any, values: Mapping[str, Any]) -> str:
    """What a template gives; raises `OverflowError` for more than a page holds."""
    found: list[str] = []
    size = 0
    for part in template.generate(**values):
        size += len(part)
        if size > _LONGEST:
            raise OverflowError(f"the page has more than {_LONGEST:,} characters")
        found.append(part)
    return "".join(found)


def _shown(value: object) -> object:
    """Texts of policies and records as harmless text; what is markup of ours stays as it is."""
    return clean_isolated(value) if type(value) is str else value
