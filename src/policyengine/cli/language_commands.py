"""What an editor asks the language server to do: pin records, run tests, explain findings, plan a change.

All of it is answered for the texts as they are in the editor, saved or not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcException

from policyengine.api import Program
from policyengine.change.period import days_of
from policyengine.cli.console import Console
from policyengine.cli.exit_codes import CommandError
from policyengine.cli.git import repository_of
from policyengine.cli.language_server import PolicyServer, path_of
from policyengine.cli.options import TableOptions
from policyengine.cli.plan import plan_of
from policyengine.cli.population import read_population
from policyengine.cli.revisions import open_versions
from policyengine.cli.versions import Version, version_at, version_on_disk
from policyengine.cli.why import list_findings
from policyengine.decision.wording import plural, status_words
from policyengine.editing.lenses import Pinned
from policyengine.editing.workspace import ProgramFolder
from policyengine.files import Folder
from policyengine.program.record import Record
from policyengine.render.suite_report import Examined, examined_text
from policyengine.verify.suite import Opened, SuiteResult, run_opened

PIN, RUN_TESTS = "policyengine.pin", "policyengine.runTests"
FINDINGS, EXPLAIN, PLAN = "policyengine.findingsOf", "policyengine.explain", "policyengine.planText"
SAVED = "saved"
"""What a plan compares with, where no revision is named: the files on disk."""


def _failed(message: str) -> JsonRpcException:
    return JsonRpcException(message, lsp.LSPErrorCodes.RequestFailed)


def _pin(ls: PolicyServer, *files: Any) -> int:
    """Pins the records of files, by their paths; without any, none are pinned."""
    paths = [Path(each) for each in (files[0] if files and isinstance(files[0], list) else files)]
    ls.pinned = Pinned(paths) if paths else None
    ls.workspace_code_lens_refresh(None)
    return len(ls.pinned.sources) if ls.pinned is not None else 0


def _run_tests(ls: PolicyServer, tests: list[list[str]]) -> str:
    """Runs tests, each by its file and its name; tells the editor how many pass, and returns the report."""
    names: dict[str, set[str]] = {}
    for file, name in tests:
        names.setdefault(file, set()).add(name)
    opened = ((ls.texts.tests(Path(file)), wanted) for file, wanted in names.items())
    outcomes = [_run(each, wanted) for each, wanted in opened if each is not None]
    report = examined_text(Examined(outcomes), color=False)
    results = [each.status for outcome in outcomes for each in outcome.results]
    failed = len(results) - results.count("passed") - results.count("todo") - results.count("skipped")
    broken = any(each.uncompiled or each.diagnostics for each in outcomes)
    kind = lsp.MessageType.Error if failed or broken else lsp.MessageType.Info
    ls.window_show_message(lsp.ShowMessageParams(kind, report.rstrip().rpartition("\n")[2]))
    return report


def _run(opened: Opened, wanted: set[str]) -> SuiteResult:
    return run_opened(opened.only(lambda name, *_: name in wanted))


def _opened(ls: PolicyServer, uri: str) -> tuple[ProgramFolder, Pinned, Program]:
    """The program around a text and the pinned records; a sentence where one of them is not to be had."""
    folder = ls.texts.folder(path_of(uri))
    if folder is None:
        raise _failed("the open file lies in no program: no folder around it has a `program.yaml`")
    if ls.pinned is None:
        raise _failed("no records are pinned")
    program = folder.load.loaded
    if not program.ok:
        raise _failed(f"the policies have mistakes: {plural(len(program.diagnostics), 'mistake')}")
    return folder, ls.pinned, program


def _key(program: Program, record: Record, place: int) -> str:
    """What a pinned record is called: by its key, else by its place among them."""
    key = program.vocabulary.entities[record.entity].key
    return str(record.facts.get(key) or place + 1) if key is not None else str(place + 1)


def _findings(ls: PolicyServer, uri: str) -> list[dict[str, Any]]:
    """The findings of each pinned record, by the names that `why` takes."""
    _, pinned, program = _opened(ls, uri)
    return [
        {
            "record": _key(program, record, i),
            "findings": [
                {"name": each.reference, "title": each.title, "status": status_words(each.status)}
                for each in program.evaluate(record).findings
            ],
        }
        for i, record in enumerate(pinned.records(program))
    ]


def _explain(ls: PolicyServer, uri: str, *which: str) -> str:
    """Explains a finding of the pinned record with a key, by its name; without a name, lists what there is.

    Without a key it is the first record.
    """
    key, finding = [*which, "", ""][:2]
    folder, pinned, program = _opened(ls, uri)
    records = enumerate(pinned.records(program))
    record = next((each for i, each in records if key in ("", _key(program, each, i))), None)
    if record is None:
        raise _failed(f"no pinned record is called `{key}`")
    if not finding:
        return "\n".join(list_findings(program.evaluate(record).findings))
    try:
        return "\n".join(program.why(record, finding)).replace(f"{folder.root}/", "")
    except ValueError as error:
        raise _failed(str(error)) from None


def _plan(ls: PolicyServer, uri: str, *how: str) -> str:
    """Whom the text as it is hits among the pinned records, compared with the saved one or a revision.

    It is Markdown, or a page (`html`).
    """
    since, form = [*how, *(SAVED, "markdown")[len(how) :]][:2]
    folder, pinned, program = _opened(ls, uri)
    console = Console.of("never")
    options = TableOptions(
        tuple(map(str, pinned.files)), (), (), (), None, None, "auto", False, None
    )  # fmt: skip
    try:
        versions = _before(folder, since), _named("the text as it is", _as_it_is(folder))
        programs = open_versions(versions, program.as_of, console)
        population = read_population(*programs, options, console, show=False, public=False)
        found = plan_of(versions, programs, population, days_of("P12M", program.as_of))
    except CommandError as error:
        raise _failed("; ".join(filter(None, (error.message, error.help)))) from None
    if form == "html":
        from policyengine.render.plan_html import plan_html

        return plan_html(found, None)
    from policyengine.render.plan_markdown import plan_markdown

    return plan_markdown(found)


def _as_it_is(folder: ProgramFolder) -> Version:
    return Version(str(folder.root), Folder(folder.load.sources, folder.load.mistakes))


def _before(folder: ProgramFolder, since: str) -> Version:
    """The program as it is saved, or as it was in a revision."""
    if since == SAVED:
        return _named("the saved text", version_on_disk(folder.root))
    repository = repository_of(str(folder.root))
    return _named(since, version_at(repository, repository.commit(since), since))


def _named(name: str, version: Version) -> Version:
    """A version by a name for people, its files by their paths in the folder."""
    return replace(version.within(), name=name)


COMMANDS: Mapping[str, Callable[..., Any]] = {
    PIN: _pin, RUN_TESTS: _run_tests, FINDINGS: _findings, EXPLAIN: _explain, PLAN: _plan,
}  # fmt: skip
