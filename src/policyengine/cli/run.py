"""Runs a command, and turns every error into a message and an exit code."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Sequence

import click

from policyengine.cli.console import give_up, settle, write_out
from policyengine.cli.exit_codes import BUG, INTERRUPTED, NOBODY_READS, OK, UNUSABLE, CommandError, GoneError
from policyengine.cli.group import commands
from policyengine.render.width import clean


def run(arguments: Sequence[str]) -> int:
    """Runs one command line (without the name of the program) and returns its exit code; never raises."""
    with contextlib.suppress(AttributeError, ValueError, OSError):
        sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        result = commands.main(list(arguments), prog_name="policyengine", standalone_mode=False)
        write_out("")
    except CommandError as error:
        settle(sys.stdout)
        return _tell(error.message, error.help, error.code)
    except click.exceptions.NoArgsIsHelpError as error:
        return _print(error.format_message(), UNUSABLE)
    except click.UsageError as error:
        return _tell(*_in_our_words(error), UNUSABLE)
    except click.ClickException as error:
        return _tell(error.format_message(), None, UNUSABLE)
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except (GoneError, BrokenPipeError):
        return _nobody_reads()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else BUG
    except BaseException as bug:  # a panic of a library in Rust is no `Exception`
        return _bug(bug)
    return result if isinstance(result, int) else OK


def _print(text: str, code: int) -> int:
    try:
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()
    except OSError:
        give_up(sys.stderr)
    return code


def _tell(message: str, help: str | None, code: int) -> int:
    if not message:
        return code
    return _print(f"error: {clean(message)}" + (f"\nhelp: {clean(help)}" if help else ""), code)


def _in_our_words(error: click.UsageError) -> tuple[str, str]:
    """Returns a message of click as a sentence in our style, and where to look it up."""
    look_up = f"`{error.ctx.command_path if error.ctx else 'policyengine'} --help` lists the options"
    if isinstance(error, click.NoSuchOption):
        near = _near(error.possibilities)
        return f"there is no option `{error.option_name}`", near or look_up
    if isinstance(error, click.exceptions.NoSuchCommand):
        near = _near(error.possibilities)
        return f"there is no command `{error.command_name}`", near or look_up
    if isinstance(error, click.MissingParameter):
        name = error.param.make_metavar(error.ctx) if error.param and error.ctx else "a value"
        option = isinstance(error.param, click.Option)
        what = f"`{error.param.opts[0]} {name}`" if option and error.param else f"`{name}`"
        return f"{what} is missing", look_up
    message = error.message if isinstance(error, click.BadParameter) else error.format_message()
    return (message[:1].lower() + message[1:]).rstrip("."), look_up


def _near(possibilities: Sequence[str] | None) -> str | None:
    return f"did you mean `{possibilities[0]}`?" if possibilities else None


def _nobody_reads() -> int:
    give_up(sys.stdout)
    return NOBODY_READS


def _bug(bug: BaseException) -> int:
    import traceback

    if os.environ.get("POLICYENGINE_DEBUG"):
        traceback.print_exception(bug)
    last = traceback.extract_tb(bug.__traceback__)[-1]
    at = f"{os.path.basename(last.filename)}:{last.lineno}"
    text = " ".join(str(bug).split())[:200]
    message = f"this is a bug in policyengine: {type(bug).__name__} at {at}" + (f": {text}" if text else "")
    return _print(f"{message}\nhelp: POLICYENGINE_DEBUG=1 shows where it comes from; please report it", BUG)
