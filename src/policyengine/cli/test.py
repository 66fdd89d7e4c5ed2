"""`policyengine test`: the vendor's own tests of its policies."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

import click

from policyengine.cli import VERSION
from policyengine.cli.completion import PROGRAM
from policyengine.cli.console import Console, Progress
from policyengine.cli.exit_codes import FOUND, NOT_COMPILED, OK, UNUSABLE, CommandError
from policyengine.cli.file_io import deliver, unreadable, watch_option, workspace, write_text
from policyengine.cli.options import FILE, Output, Percent, color_option, output_option, subcommand
from policyengine.decision.wording import plural
from policyengine.render.ci_formats import FORMS
from policyengine.render.suite_report import Examined, examined_json, examined_text, published
from policyengine.verify.suite import (
    ENDINGS,
    Opened,
    Programs,
    Ready,
    SuiteResult,
    misnamed_files,
    open_file,
    run_opened,
)

if TYPE_CHECKING:
    from policyengine.verify.coverage import Coverage
    from policyengine.verify.mutation import Mutation

_PLACES = ("fixtures", "policies")
_BESIDE = "beside"
"""The value of `--suggest` without a file: beside the tests of each program."""
_SUGGESTED = "suggested_test.yaml"
_HEAD = """\
# unreviewed: written by `policyengine test --suggest`. Each test says what the policies say today, and would
# notice a change that no other test does. Is it what they should say? Then keep it, in words of your own.
kind: test
program: {program}
as_of: {as_of}
tests:
"""


@subcommand("test", "policyengine test acme", "policyengine test acme --coverage --mutate")
@click.argument("paths", metavar="[PATH]...", nargs=-1, type=PROGRAM)
@click.option(
    "--filter", "glob", metavar="GLOB",
    help="Only tests whose name, file or program fits, such as 'bytekast' or '*renewal*'.",
)  # fmt: skip
@click.option("--coverage", is_flag=True, help="Show the lines that no test exercises.")
@click.option("--fail-under", type=Percent(), metavar="PERCENT", help="Exit code 1 below this coverage.")
@click.option(
    "--mutate", is_flag=True, help="Make small mistakes in the policies, and show those that no test notices."
)
@click.option(
    "--fail-under-noticed", type=Percent(), metavar="PERCENT",
    help="Exit code 1 if fewer of these mistakes are noticed.",
)  # fmt: skip
@click.option(
    "--suggest", is_flag=False, flag_value=_BESIDE, metavar="[FILE]", type=FILE,
    help="Write tests that notice them to a new file (default: beside the tests).",
)  # fmt: skip
@output_option("text", "json", *FORMS)
@color_option
@watch_option
def command(
    paths: tuple[str, ...], glob: str | None, coverage: bool, fail_under: Decimal | None,
    mutate: bool, fail_under_noticed: Decimal | None, suggest: str | None,
    outputs: tuple[Output, ...], color: str,
) -> int:  # fmt: skip
    """Run policy tests: records, and what the decisions about them must say.

    PATH is a file `*_test.yaml`, or a folder with some in it or below; without one they are looked for in
    `fixtures` and `policies`. The exit code is 1 if a test fails, 2 if there is nothing to run or a test
    cannot be read, 3 if a program does not compile.
    """
    console = Console.of(color)
    files = _all_files(paths)
    programs = Programs()
    opened = _wanted(_with_misnamed([open_file(str(file), programs) for file in files], paths), glob)
    groups = _by_program(opened)
    written = _suggested_files(suggest, {name: Path(group[0].file).parent for name, group in groups.items()})
    outcomes = [run_opened(each) for each in opened]
    usable = groups if _code(outcomes) in (OK, FOUND) else {}
    covers = coverage or fail_under is not None
    mutates = mutate or suggest is not None or fail_under_noticed is not None
    examined = Examined(
        outcomes,
        _coverage(usable, programs) if covers else (),
        _mutation(usable, programs) if mutates else (),
    )
    read = {*files, *_read(opened, programs), *map(Path, groups)}
    deliver(outputs or (Output("text"),), lambda form, paint: _render(examined, form, paint), console, read)
    for line in _write_suggestions(examined.mutation, written):
        console.err(line)
    if _all_skipped(outcomes):
        console.err("nothing was examined: every test is skipped")
    return _code(outcomes) or _below(examined, fail_under, fail_under_noticed)


def _by_program(opened: Sequence[Opened]) -> dict[str, list[Opened]]:
    groups: dict[str, list[Opened]] = {}
    for each in opened:
        if each.tests:
            groups.setdefault(each.program, []).append(each)
    return groups


def _read(opened: Sequence[Opened], programs: Programs) -> Iterator[Path]:
    """Yields the files of policies and records that the tests use, also those that cannot be read."""
    for name in {each.program for each in opened if each.program}:
        yield from (Path(source.name) for source in programs.sources(name))
    records = (test.test.record for each in opened for test in each.tests)
    yield from {Path(record.source.name) for record in records if record is not None}


def _coverage(groups: Mapping[str, Sequence[Opened]], programs: Programs) -> list[Coverage]:
    from policyengine.verify.coverage import coverage

    return [coverage(tests[0].program, programs.sources(name), tests) for name, tests in _tests(groups)]


def _mutation(groups: Mapping[str, Sequence[Opened]], programs: Programs) -> list[Mutation]:
    from policyengine.verify.mutation import mutate

    return [
        mutate(tests[0].program, programs.sources(name), tests, Progress(f"mutants of {name}"))
        for name, tests in _tests(groups)
    ]


def _tests(groups: Mapping[str, Sequence[Opened]]) -> Iterator[tuple[str, list[Ready]]]:
    for name, group in groups.items():
        yield name, [test for each in group for test in each.tests]


def _below(examined: Examined, fail_under: Decimal | None, fail_under_noticed: Decimal | None) -> int:
    covered = [
        100 * each.met < fail_under * each.total for each in examined.coverage if fail_under is not None
    ]
    noticed = [
        100 * each.noticed < fail_under_noticed * each.total
        for each in examined.mutation
        if fail_under_noticed is not None
    ]
    return FOUND if any((*covered, *noticed)) else OK


def _all_files(paths: tuple[str, ...]) -> list[Path]:
    files = [file for path in map(Path, paths or _default()) for file in _files(path)]
    if not files:
        where = " and ".join(f"`{path}`" for path in paths or _default())
        raise CommandError(
            f"there is no policy test in {where}", help="a file of tests is called `<something>_test.yaml`"
        )
    return list(dict.fromkeys(files))


def _with_misnamed(opened: Sequence[Opened], paths: tuple[str, ...]) -> list[Opened]:
    """Adds the files of tests that have another name, unless they are a mistake of a program already."""
    told = {found.span.source.name for each in opened for found in each.uncompiled if found.span}
    folders = [path for path in map(Path, paths or _default()) if path.is_dir()]
    misnamed = (found for folder in folders for found in misnamed_files(folder))
    return [*opened, *(each for each in misnamed if each.file not in told)]


def _default() -> list[str]:
    return [place for place in _PLACES if Path(place).is_dir()] or ["."]


def _files(path: Path) -> Iterator[Path]:
    try:
        if path.is_dir():
            found = (each for each in sorted(path.rglob("*")) if each.name.endswith(ENDINGS))
            yield from (each for each in found if not _hidden(each.relative_to(path)))
        else:
            path.stat()
            yield path
    except OSError as error:
        raise unreadable(path, error) from None
    except ValueError:
        raise CommandError("a file name may not hold a NUL character") from None


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def _wanted(opened: Sequence[Opened], glob: str | None) -> list[Opened]:
    """Keeps the tests that match, and files that cannot be used."""
    if glob is None:
        return list(opened)
    kept = [each.only(lambda *names: _fits(glob, names)) for each in opened]
    kept = [each for each in kept if each.tests or each.diagnostics or each.uncompiled]
    if not kept:
        raise CommandError(
            f"no test fits `{glob}`",
            help="it selects by names of tests, files and programs; `*` matches anything",
        )
    return kept


def _fits(glob: str, names: Sequence[str]) -> bool:
    pattern = glob.casefold()
    if not set(pattern) & set("*?["):
        pattern = f"*{pattern}*"
    return any(fnmatchcase(name.casefold(), pattern) for name in names)


def _render(examined: Examined, form: str, color: bool) -> str:
    if form == "json":
        return json.dumps(examined_json(examined), indent=2, ensure_ascii=False)
    if form in FORMS:
        return published(examined, VERSION).render(form, workspace())
    return examined_text(examined, color=color)


def _code(outcomes: Sequence[SuiteResult]) -> int:
    if any(outcome.uncompiled for outcome in outcomes):
        return NOT_COMPILED
    if any(outcome.diagnostics or not outcome.results for outcome in outcomes) or _all_skipped(outcomes):
        return UNUSABLE
    failed = any(result.status == "failed" for outcome in outcomes for result in outcome.results)
    return FOUND if failed else OK


def _all_skipped(outcomes: Sequence[SuiteResult]) -> bool:
    found = [result.status for outcome in outcomes for result in outcome.results]
    return bool(found) and set(found) == {"skipped"}


# Suggested tests: a file for each program, never over one that is there


def _suggested_files(suggest: str | None, folders: dict[str, Path]) -> dict[str, Path]:
    """Returns the file of suggested tests for each program, by its folder; fails if one exists."""
    if suggest is None:
        return {}
    if suggest != _BESIDE and len(folders) > 1:
        raise CommandError(
            f"one file cannot hold tests of {plural(len(folders), 'program')}",
            help="without a file, each program gets one of its own beside its tests",
        )
    found = {
        each: tests / _SUGGESTED if suggest == _BESIDE else Path(suggest) for each, tests in folders.items()
    }
    for path in found.values():
        if not path.name.endswith(ENDINGS):
            help = "a file of tests is called `<something>_test.yaml`; `--suggest` takes its file next"
            raise CommandError(f"`{path}` would not be found as a file of tests", help=help)
        if not path.parent.is_dir():
            raise CommandError(f"`{path.parent}` is not a folder")
        if path.exists():
            raise CommandError(f"`{path}` is there already", help="move its tests to where they belong first")
    return found


def _write_suggestions(mutations: Sequence[Mutation], files: dict[str, Path]) -> list[str]:
    """Writes the suggested tests; returns a line for each file."""
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
