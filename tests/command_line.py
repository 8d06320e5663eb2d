"""The command line ``safelight`` as tests run it: in this process, since a new one takes seconds to import torch."""

from click.testing import CliRunner, Result

from learning.command_line import main


def safelight(*arguments: object) -> Result:
    """Run the command line; a test looks at the exit status and the output."""
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def safelight_output(*arguments: object) -> str:
    """Run a command that is to succeed, and return what it prints."""
    result = safelight(*arguments)
    assert result.exit_code == 0, result.output
    return result.output
