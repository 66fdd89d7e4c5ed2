"""What functions give, from the types of their arguments."""

from __future__ import annotations

from collections.abc import Sequence

from policyengine.feel.types.types import ANY, ListOf, Type


def same(arguments: Sequence[Type]) -> Type:
    """The type of the first argument."""
    return arguments[0] if arguments else ANY


def item(arguments: Sequence[Type]) -> Type:
    """The type of the items of the first argument, or of that itself if it is no list."""
    first = same(arguments)
    return first.item if isinstance(first, ListOf) else first


def listed(arguments: Sequence[Type]) -> Type:
    """A list like the first argument."""
    return ListOf(item(arguments))


def joined(arguments: Sequence[Type]) -> Type:
    """A list like the arguments if they all have one type, else a list of anything."""
    kinds = {argument.item if isinstance(argument, ListOf) else argument for argument in arguments}
    return ListOf(kinds.pop() if len(kinds) == 1 else ANY)
