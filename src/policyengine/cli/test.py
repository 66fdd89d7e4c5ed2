"""`policyengine test`: the vendor's own tests of its policies."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

import click

from policyengine.cli.codes import FOUND, NOT_COMPILED, OK, UNUSABLE, CommandError
from policyengine.cli.console import Console
from policyengine.cli.files import deliver, unreadable
from policyengine.cli.options import SETTINGS, Output, color_option, output_option
from policyengine.cli.summaries import append_summary
from policyengine.render.github import github
from policyengine.render.junit import junit
from policyengine.render.outcome_reports import outcome_notes, outcome_suites, outcome_summary
from policyengine.render.outcomes import outcomes_json, outcomes_text
from policyengine.render.summary import markdown
from policyengine.verify.suite import Opened, Outcome, Programs, open_file, run_opened

_ENDINGS = ("_test.yaml", "_test.yml")
_PLACES = ("fixtures", "policies")


@click.command("test", context_settings=SETTINGS)
@click.argument("paths", metavar="[PATH]...", nargs=-1)
@click.option(
    "--filter", "glob", metavar="GLOB",
    help="Only tests whose name, file or program fits, such as 'bytekast' or '*renewal*'.",
)  # fmt: skip
@output_option("text", "json", "junit", "github")
@color_option
def command(paths: tuple[str, ...], glob: str | None, outputs: tuple[Output, ...], color: str) -> int:
    """Run policy tests: records, and what the decisions about them must say.

    PATH is a file `*_test.yaml`, or a folder with some in it or below; without one they are looked for in
    `fixtures` and `policies`. The exit code is 1 if a test fails, 2 if there is nothing to run or a test
    cannot be read, 3 if a program does not compile.
    """
    console = Console.of(color)
    files = _all_files(paths)
    programs = Programs()
    opened = _wanted([open_file(str(file), programs) for file in files], glob)
    outcomes = [run_opened(each) for each in opened]
    deliver(outputs or (Output("text"),), lambda form, paint: _render(outcomes, form, paint), console, files)
    append_summary(markdown(outcome_summary(outcomes)), outputs)
    return _code(outcomes)


def _all_files(paths: tuple[str, ...]) -> list[Path]:
    files = [file for path in map(Path, paths or _default()) for file in _files(path)]
    if not files:
        where = " and ".join(f"`{path}`" for path in paths or _default())
        raise CommandError(
            f"there is no policy test in {where}", help="a file of tests is called `<something>_test.yaml`"
        )
    return list(dict.fromkeys(files))


def _default() -> list[str]:
    return [place for place in _PLACES if Path(place).is_dir()] or ["."]


def _files(path: Path) -> Iterator[Path]:
    try:
        if path.is_dir():
            found = (each for each in sorted(path.rglob("*")) if each.name.endswith(_ENDINGS))
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
    """The files with the tests that fit; files that cannot be used stay, files of other tests do not."""
    if glob is None:
        return list(opened)
    kept = [each.only(lambda *names: _fits(glob, names)) for each in opened]
    kept = [each for each in kept if each.tests or each.diagnostics or each.uncompiled]
    if not kept:
        raise CommandError(
            f"no test fits `{glob}`",
            help="it is held against the names of tests, files and programs; `*` stands for anything",
        )
    return kept


def _fits(glob: str, names: Sequence[str]) -> bool:
    pattern = glob.casefold()
    if not set(pattern) & set("*?["):
        pattern = f"*{pattern}*"
    return any(fnmatchcase(name.casefold(), pattern) for name in names)


def _render(outcomes: Sequence[Outcome], form: str, color: bool) -> str:
    if form == "json":
        return json.dumps(outcomes_json(outcomes), indent=2, ensure_ascii=False)
    if form == "junit":
        return junit(outcome_suites(outcomes), "policy tests")
    if form == "github":
        return github(outcome_notes(outcomes))
    return outcomes_text(outcomes, color=color)


def _code(outcomes: Sequence[Outcome]) -> int:
    if any(outcome.uncompiled for outcome in outcomes):
        return NOT_COMPILED
    if any(outcome.diagnostics or not outcome.results for outcome in outcomes):
        return UNUSABLE
    failed = any(result.status == "failed" for outcome in outcomes for result in outcome.results)
    return FOUND if failed else OK
