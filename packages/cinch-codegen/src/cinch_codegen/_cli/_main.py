"""The console script: its commands, and how an error looks."""

import logging
import sys

import click

from cinch_client import CinchError
from cinch_codegen import __version__
from cinch_codegen._cli._generate import generate
from cinch_codegen._cli._quickstart import quickstart
from cinch_codegen._cli._speech import Notes, say, say_error
from cinch_codegen._errors import CodegenError

_FAILED, _INTERRUPTED = 2, 130


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, message="cinch-codegen %(version)s")
def commands() -> None:
    """Turn the schema of a CinchDB database into a typed Python package."""


commands.add_command(generate)
commands.add_command(quickstart)


def main() -> None:
    """Run the command of ``sys.argv`` and exit: 0 done or nothing to do, 1 differs, 2 error, 130 interrupted."""
    sys.exit(_run())


def _run() -> int:
    logging.getLogger("cinch_client").addHandler(Notes())
    try:
        code = commands.main(prog_name="cinch-codegen", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        say(error.format_message())
    except click.UsageError as error:
        path = error.ctx.command_path if error.ctx else "cinch-codegen"
        say_error(error.format_message(), hint=f"{path} --help lists what there is")
    except click.ClickException as error:
        say_error(error.format_message())
    except CodegenError as error:
        say_error(str(error), hint=error.hint)
    except CinchError as error:
        say_error(str(error))
    except (KeyboardInterrupt, click.Abort):
        return _INTERRUPTED
    else:
        return code if isinstance(code, int) else 0
    return _FAILED
