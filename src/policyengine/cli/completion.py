"""What shells complete that belongs to programs: their folders, findings, and the names in them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import click

from policyengine.cli.options import FileName, today
from policyengine.files import MANIFEST

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from policyengine.api import Program

_MOST, _DEEPEST = 50, 4


class ProgramName(FileName):
    """The folder of a program; shells complete folders that hold one, and else files."""

    name = "program"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Returns the programs below the folder that one is in, after the request to complete files."""
        from click.shell_completion import CompletionItem

        found = super().shell_complete(ctx, param, incomplete)
        if ctx.params.get(str(param.name)):  # a record, where several words may stand
            return found
        begun = (each for each in _programs(".") if each.startswith(incomplete))
        return [*found, *map(CompletionItem, islice(begun, _MOST))]


def _programs(start: str) -> Iterator[str]:
    """The folders of programs, none within another one."""
    for where, folders, files in os.walk(start):
        folder = os.path.relpath(where, start)
        folders[:] = sorted(each for each in folders if each[0] not in "._" and each != "node_modules")
        if MANIFEST in files:
            yield folder
        if MANIFEST in files or folder.count(os.sep) >= _DEEPEST:
            folders.clear()


PROGRAM = ProgramName()


class OfProgram(click.ParamType):  # type: ignore[type-arg]
    """A name out of the program that stands before it; others are left to the command."""

    name = "word"

    def __init__(self, names: Callable[[Program, click.Context], Iterable[str]]) -> None:
        self._names = names

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Returns the names that begin so; none where the program cannot be read."""
        from click.shell_completion import CompletionItem

        from policyengine.api import load

        # Behind an option that lacks its value nothing is a parameter yet
        named = ctx.params.get("program") or next((each for each in ctx.args if each[:1] != "-"), "")
        opened = load(str(named), as_of=ctx.params.get("as_of") or today())
        names = dict.fromkeys(self._names(opened, ctx)) if opened.ok else ()
        return [CompletionItem(name) for name in names if name.startswith(incomplete)]


def _findings(program: Program, ctx: click.Context) -> Iterator[str]:
    from policyengine.decision.decision import nested

    file = ctx.params.get("file")
    records = program.read(Path(str(file))).records if file else ()
    decided = program.evaluate(records[0]).findings if records else ()
    yield from (each.reference for each in nested(decided))


def _stages(program: Program, ctx: click.Context) -> Iterator[str]:
    for unit in program.linked.units:
        yield from (stage.id for stage in getattr(unit.policy, "stages", ()))


def _entities(program: Program, ctx: click.Context) -> Iterable[str]:
    declared = program.linked.declarations
    return () if declared is None else declared.entities


def _parties(program: Program, ctx: click.Context) -> Iterable[str]:
    declared = program.linked.declarations
    return () if declared is None else declared.parties


FINDING, STAGE, ENTITY, PARTY = map(OfProgram, (_findings, _stages, _entities, _parties))
