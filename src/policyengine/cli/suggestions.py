"""Files of suggested tests: one for each program, never over a file that is there."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from policyengine.cli.codes import CommandError
from policyengine.cli.files import write_text
from policyengine.decision.wording import plural

if TYPE_CHECKING:
    from policyengine.verify.mutation import Mutation

BESIDE = "beside"
"""The value of `--suggest` without a file: beside the tests of each program."""
ENDINGS = ("_test.yaml", "_test.yml")
"""What the names of files of tests end with."""
NAME = "suggested_test.yaml"
_HEAD = """\
# unreviewed: written by `policyengine test --suggest`. Each test says what the policies say today, and would
# notice a change that no other test does. Is it what they should say? Then keep it, in words of your own.
kind: test
program: {program}
as_of: {as_of}
tests:
"""


def targets(suggest: str | None, folders: dict[str, Path]) -> dict[str, Path]:
    """The file for each program, by its folder; an error if one is there already."""
    if suggest is None:
        return {}
    if suggest != BESIDE and len(folders) > 1:
        raise CommandError(
            f"one file cannot hold tests of {plural(len(folders), 'program')}",
            help="leave the file out, and each program gets its own, beside its tests",
        )
    found = {each: tests / NAME if suggest == BESIDE else Path(suggest) for each, tests in folders.items()}
    for path in found.values():
        if not path.name.endswith(ENDINGS):
            help = "a file of tests is called `<something>_test.yaml`; `--suggest` takes its file next"
            raise CommandError(f"`{path}` would not be found as a file of tests", help=help)
        if not path.parent.is_dir():
            raise CommandError(f"`{path.parent}` is not a folder")
        if path.exists():
            raise CommandError(f"`{path}` is there already", help="move its tests to where they belong first")
    return found


def write_suggestions(mutations: Sequence[Mutation], files: dict[str, Path]) -> list[str]:
    """Write the suggested tests; what was written, one line each."""
    lines = []
    for mutation in mutations:
        path = files.get(mutation.program)
        made = [each.suggestion for each in mutation.missed if each.suggestion is not None]
        if path is None or not made:
            continue
        program = os.path.relpath(mutation.program, path.parent)
        head = _HEAD.format(program=program, as_of=made[0].as_of)
        write_text(path, head + "\n\n".join(each.text for each in made))
        lines.append(f"wrote {plural(len(made), 'suggested test')} to `{path}`, to be reviewed")
    return lines
