"""The commands, each loaded only when it is called."""

from __future__ import annotations

from importlib import import_module

import click

COMMANDS = {
    "check": "Find everything that can be wrong in a program, without a record.",
    "evaluate": "Evaluate partner records: what applies to each.",
    "why": "Explain one finding: conditions, values, lines, clauses.",
    "advance": "Move an opportunity to its next stage, or show what blocks it.",
    "test": "Run the policy tests: records with the expected decisions.",
    "diff": "Explain a change of policies, with a record that shows it.",
    "plan": "Show whom a change of policies affects, and what it costs.",
    "schema": "Print the JSON Schemas of policies, records and decisions.",
    "code": "Explain the code of a mistake.",
    "init": "Make a small program to start from.",
}


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

        click.echo(f"policyengine {VERSION}")
        ctx.exit()


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 nothing to report, 1 something was found, 2 unusable input, "
    "3 the policies have mistakes, 4 a bug of policyengine.",
)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Print the version."
)
def commands() -> None:
    """Partner programmes as code that their owner can read."""
