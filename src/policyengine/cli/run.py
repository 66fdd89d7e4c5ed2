"""Runs a command, and turns every error into a message and an exit code."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING

import click

from policyengine.cli.console import give_up, settle, write_out
from policyengine.cli.exit_codes import BUG, INTERRUPTED, NOBODY_READS, OK, UNUSABLE, CommandError, GoneError
from policyengine.cli.options import HELP
from policyengine.render.style import clean

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


def run(arguments: Sequence[str]) -> int:
    """Runs one command line (without the name of the program) and returns its exit code; never raises."""
    with contextlib.suppress(AttributeError, ValueError, OSError):
        sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        result = commands.main(list(arguments), prog_name="policyengine", standalone_mode=False)
        write_out("")
    except CommandError as error:
        return _tell(error.message, error.help, error.code)
    except click.exceptions.NoArgsIsHelpError as error:
        return _print(error.format_message(), UNUSABLE)
    except click.UsageError as error:
        return _tell(*_in_our_words(error), UNUSABLE)
    except click.ClickException as error:
        return _tell(error.format_message(), None, UNUSABLE)
    except (click.Abort, KeyboardInterrupt):
        return _print("error: interrupted", INTERRUPTED)
    except (GoneError, BrokenPipeError):
        give_up(sys.stdout)
        return _print("note: the rest of the output is not written, since nobody reads it", NOBODY_READS)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else BUG
    except BaseException as bug:  # a panic of a library in Rust is no `Exception`
        return _bug(bug)
    return result if isinstance(result, int) else OK


def _print(text: str, code: int) -> int:
    settle(sys.stdout)
    try:
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()
    except OSError:
        give_up(sys.stderr)
    return code


def _tell(message: str, help: str | None, code: int) -> int:
    if not message:  # it has been said
        settle(sys.stdout)
        return code
    return _print(f"error: {clean(message)}" + (f"\nhelp: {clean(help)}" if help else ""), code)


def _in_our_words(error: click.UsageError) -> tuple[str, str]:
    """Returns a message of click as a sentence in our style, and where to look it up."""
    look_up = f"`{error.ctx.command_path if error.ctx else 'policyengine'} --help` lists the options"
    if isinstance(error, click.NoSuchOption):
        known = error.option_name in _OTHER_OPTIONS
        near = _near(_meant(error) if known else error.possibilities)
        return f"there is no option `{error.option_name}`", near or look_up
    if isinstance(error, click.exceptions.NoSuchCommand):
        near = _near(_OTHER_NAMES.get(error.command_name) or error.possibilities)
        return f"there is no command `{error.command_name}`", near or look_up.replace("options", "commands")
    if isinstance(error, click.MissingParameter):
        name = error.param.make_metavar(error.ctx) if error.param and error.ctx else "a value"
        option = isinstance(error.param, click.Option)
        what = f"`{error.param.opts[0]} {name}`" if option and error.param else f"`{name}`"
        return f"{what} is missing", look_up
    message = error.message if isinstance(error, click.BadParameter) else error.format_message()
    return (message[:1].lower() + message[1:]).rstrip("."), look_up


def _near(possibilities: Sequence[str] | None) -> str | None:
    if isinstance(possibilities, str):
        possibilities = [possibilities]
    return f"did you mean `{possibilities[0]}`?" if possibilities else None


def _meant(error: click.NoSuchOption) -> str | None:
    """Returns what the command has for an option that other tools have; None if it has no such thing."""
    instead = _OTHER_OPTIONS.get(error.option_name, "")
    name, _, value = instead.partition(" ")
    options = [each for each in error.ctx.command.params if name in each.opts] if error.ctx else []
    takes = (name != "-o" or not value or value in getattr(each.type, "formats", ()) for each in options)
    return instead if any(takes) else None


def _bug(bug: BaseException) -> int:
    import traceback

    if os.environ.get("POLICYENGINE_DEBUG"):
        traceback.print_exception(bug)
    last = traceback.extract_tb(bug.__traceback__)[-1]
    at = f"{os.path.basename(last.filename)}:{last.lineno}"
    text = " ".join(str(bug).split())[:200]
    message = f"this is a bug in policyengine: {type(bug).__name__} at {at}" + (f": {text}" if text else "")
    return _print(f"{message}\nhelp: POLICYENGINE_DEBUG=1 shows where it comes from; please report it", BUG)


# The commands, each loaded only when it is called.

COMMANDS = {
    "check": "Find everything that can be wrong in a program, without a record.",
    "evaluate": "Evaluate partner records: what applies to each.",
    "report": "List over a whole base who is overdue, about to lose a level, close to the next.",
    "forecast": "Show what time alone changes until a day, over a whole base.",
    "map": "Write a first mapping for the export of another system.",
    "calendar": "Write what falls due as a calendar file.",
    "letter": "Write the letter to a partner, as PDF, HTML or text.",
    "pack": "Write the pack for the review of a partner's quarter, or of all partners.",
    "pages": "Write the programme for its readers, as pages of HTML or a PDF.",
    "why": "Explain one finding: conditions, values, lines, clauses.",
    "advance": "Move a deal to its next stage, or show what blocks it.",
    "test": "Run the policy tests: records with the expected decisions.",
    "diff": "Explain a change of policies, with a record that shows it.",
    "plan": "Show whom a change of policies affects, and what it costs.",
    "sources": "Show what became of each statement of the source documents.",
    "verify": "Decide again what a receipt keeps, and tell what changed since.",
    "schema": "Print the JSON Schemas of policies, records and decisions.",
    "code": "Explain the code of a mistake.",
    "fmt": "Write YAML files in one layout.",
    "lsp": "Serve editors: mistakes while you type, completion, hover, fixes.",
    "init": "Make a small program to start from.",
}

_OTHER_NAMES = {
    "validate": "check", "lint": "check", "compile": "check", "run": "evaluate",
    "eval": "evaluate", "decide": "evaluate", "apply": "evaluate", "calculate": "evaluate", "explain": "why",
    "trace": "why", "move": "advance", "next": "advance", "coverage": "test --coverage",
    "mutate": "test --mutate", "compare": "diff", "changes": "diff", "impact": "plan", "simulate": "plan",
    "preview": "plan", "ledger": "sources", "statements": "sources", "new": "init", "create": "init",
    "start": "init", "error": "code", "format": "fmt", "language-server": "lsp",
    "server": "lsp", "editor": "lsp", "version": "--version", "help": "--help",
}  # fmt: skip
"""What other tools call these commands."""

_OTHER_OPTIONS = {
    **dict.fromkeys(("--date", "--day", "--on", "--at", "--today", "--now", "--asof"), "--as-of"),
    **{f"--{form}": f"-o {form}" for form in ("text", "json", "ndjson", "csv", "parquet", "markdown", "html",
                                              "sarif", "junit", "github")},
    **dict.fromkeys(("--out", "--file", "--write-to"), "-o"),
    **dict.fromkeys(("--verbose", "--steps", "--trace"), "--all"),
    **dict.fromkeys(("--strict", "--werror"), "--fail-on warning"),
    **dict.fromkeys(("--stage", "--next"), "--to"),
    **dict.fromkeys(("--id", "--subject"), "--key"),
    **dict.fromkeys(("--no-color", "--no-colour", "--plain"), "--color never"),
    "--colour": "--color", "--only": "--filter", "--output-format": "-o",
}  # fmt: skip
"""What other tools call these options."""


class LazyGroup(click.Group):
    """A group that imports the module of a command when the command is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Returns the names, in the order of the help."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Returns the command of that name, or None."""
        if cmd_name not in COMMANDS:
            return None
        command = import_module(f"policyengine.cli.{cmd_name}").command
        assert isinstance(command, click.Command)
        return command

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Returns the commands and options that begin so, without loading a command."""
        from click.shell_completion import CompletionItem

        names = [(name, text) for name, text in COMMANDS.items() if name.startswith(incomplete)]
        commands = [CompletionItem(name, help=text) for name, text in names]
        return [*commands, *click.Command.shell_complete(self, ctx, incomplete)]

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Returns the command that the arguments name; suggestions import no other command."""
        name = args[0]
        if name not in COMMANDS and not name.startswith("-"):
            raise click.exceptions.NoSuchCommand(name, possibilities=COMMANDS, ctx=ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Writes the list of commands in the help."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


def _version(ctx: click.Context, param: click.Parameter, wanted: bool) -> None:
    if wanted:
        from policyengine.cli import VERSION

        write_out(f"policyengine {VERSION}\n")
        ctx.exit()


@click.group(
    cls=LazyGroup,
    epilog="\b\nExamples:\n  policyengine init acme\n  policyengine check acme\n"
    "  policyengine evaluate acme acme/records/example.yaml\n\n"
    "Exit codes: 0 nothing to report, 1 something was found, 2 unusable input, "
    "3 the policies have mistakes, 4 a bug of policyengine, 130 interrupted, 141 nobody reads the output.",
)
@click.option(
    "-V",
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_version,
    help="Print the version.",
)
def commands() -> None:
    """Partner programmes as code that their owner can read."""


commands.params.append(HELP)
